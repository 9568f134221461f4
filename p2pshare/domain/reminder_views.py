"""A reminder, and how things stand for the person who is reminded: frozen values.

``store.reminders`` gathers a ``Situation``, ``domain.reminders`` makes a plan of it. As in
``domain.views``, ids are hex text, and times are in milliseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.hour_views import OverspentView
from p2pshare.domain.matching_views import MatchView
from p2pshare.domain.views import AgreementView

#: Peers may sign any instant. What is not between these (the years 1971 and 9000) reminds nobody,
#: so that no zone and no day more leads beyond the calendar.
FIRST_MS: Final = 31_536_000_000
LAST_MS: Final = 221_845_392_000_000


class Reason(StrEnum):
    """Why somebody is reminded: the words that programs see."""

    BEFORE_DUE = "before-due"
    DUE = "due"
    OVERDUE = "overdue"
    SOMEONE_WAITS = "someone-waits"
    YOUR_TURN = "your-turn"
    WANT_OFFERED = "want-offered"
    SESSION = "session"
    REQUEST = "request"
    RENEWAL = "renewal"
    LATE_ELSEWHERE = "late-elsewhere"
    OVERSPENT = "overspent"


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to be told once, from ``due_ms`` on and before ``until_ms``.

    ``about`` is a hex id: of an agreement, of the offer that fits a want, or of a payment. ``key``
    is the same whenever it is the same occasion. ``text`` is harmless to show.
    """

    reason: Reason
    about: str
    due_ms: int
    until_ms: int
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class ListingDays:
    """What the owner of a listing has published: how many there are, what is promised, who waits.

    ``waiting`` is how many are in the queue, ``changed_ms`` when that was last said.
    """

    quantity: int
    periods: tuple[BusyPeriod, ...]
    waiting: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand for ``person`` (hex): all that reminders follow from.

    ``agreements`` are those in which the person takes part; ``listings`` are by hex id, at least
    those of what the person has borrowed or was promised. ``matches`` are what the person wants and
    somebody offers now, ``overspent`` what concerns the person of who spent too many hours.
    """

    person: str
    agreements: Sequence[AgreementView] = ()
    listings: Mapping[str, ListingDays] = field(default_factory=dict)
    matches: Sequence[MatchView] = ()
    overspent: Sequence[OverspentView] = ()
