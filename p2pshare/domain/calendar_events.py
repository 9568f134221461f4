"""What of one's agreements belongs into a calendar, and how it is said there.

A loan, from either side, and a session are each one event that keeps its ``uid`` for good. It comes
again with a greater ``sequence`` whenever somebody has signed something about it, so that a
calendar which reads the file twice changes what it has and doubles nothing (RFC 5545 sections
3.8.4.7 and 3.8.7.4). What was cancelled or declined is said for KEPT_MS longer, so that calendars
take it out.

Peers' texts are made harmless here. How it is written is ``node.exports.calendar_file``'s. This
module must not read a clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.days import DAY_MS, Zone, instant_ms, parse_day
from p2pshare.domain.loan import ACCEPTED as LOAN_ACCEPTED
from p2pshare.domain.loan import CANCELLED, DECLINED, LOAN
from p2pshare.domain.reminder_texts import named
from p2pshare.domain.session import ACCEPTED as SESSION_ACCEPTED
from p2pshare.domain.session import SESSION
from p2pshare.domain.text import shown
from p2pshare.domain.views import AgreementView
from p2pshare.limits import DAY_MINUTES

#: How long after its last move what is over, or will not be, is still said.
KEPT_MS: Final = 90 * DAY_MS

#: When on the day before, for what has no time of day.
_MORNING: Final = timedelta(hours=9)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)

_PROMISED: Final = frozenset({(LOAN.kind, LOAN_ACCEPTED), (SESSION.kind, SESSION_ACCEPTED)})
_OFF: Final = frozenset({DECLINED, CANCELLED})
#: The last day that leaves room for the day after it, which ends a whole-day event.
_LAST_DAY: Final = date.max - _DAY
_LAST_MS: Final = 253_402_214_400_000


class Status(StrEnum):
    """RFC 5545 section 3.8.1.11."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Revision:
    """How often something was signed about an agreement, and when last (ms)."""

    moves: int
    changed_ms: int


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event. ``starts`` and ``ends`` (exclusive) are both days, or both instants in UTC.

    ``alarm`` is how long after the start, negative for before, somebody wants to be reminded, with
    ``alarm_text``; None if there is nothing to be reminded of any more. ``takes_time``: the person
    is not free for something else meanwhile.
    """

    uid: str
    sequence: int
    changed_ms: int
    status: Status
    starts: date
    ends: date
    summary: str
    description: str
    takes_time: bool
    alarm: timedelta | None
    alarm_text: str


def calendar_events(
    views: Iterable[AgreementView],
    revisions: Mapping[str, Revision],
    person: str,
    now_ms: int,
    zone: Zone,
) -> list[CalendarEvent]:
    """The events of ``person`` (hex), in the order of ``views``.

    ``revisions`` are by agreement. Days and minutes are on the clocks of ``zone``.
    """
    found = []
    for view in views:
        revision = revisions.get(view.agreement)
        if person not in (view.owner, view.asker) or revision is None:
            continue
        if view.kind in (LOAN.kind, SESSION.kind) and _is_said(view, revision, now_ms):
            found.append(_event(view, revision, person, zone))
    return found


def _is_said(view: AgreementView, revision: Revision, now_ms: int) -> bool:
    is_asked = view.state in AGREEMENTS[view.kind].asked
    return is_asked or _is_promised(view) or now_ms - revision.changed_ms <= KEPT_MS


def _is_promised(view: AgreementView) -> bool:
    """Whether it is to come, or under way."""
    return (view.kind, view.state) in _PROMISED or view.state in AGREEMENTS[view.kind].held


def _event(view: AgreementView, revision: Revision, person: str, zone: Zone) -> CalendarEvent:
    table = AGREEMENTS[view.kind]
    status = Status.CONFIRMED
    if view.state in _OFF:
        status = Status.CANCELLED
    elif view.state in table.asked:
        status = Status.TENTATIVE
    starts, ends = _span(view, zone)
    alarm, alarm_text = _alarm(view, person, starts, ends)
    return CalendarEvent(
        uid=f"{view.agreement}@p2pshare",
        sequence=max(0, revision.moves - 1),
        changed_ms=revision.changed_ms,
        status=status,
        starts=starts,
        ends=ends,
        summary=_summary(view, person),
        description=f"{_state_words(view, person)}\n{view.kind} {view.agreement[:8]} in p2pshare",
        takes_time=view.kind == SESSION.kind,
        alarm=alarm if _is_promised(view) else None,
        alarm_text=alarm_text,
    )


def _span(view: AgreementView, zone: Zone) -> tuple[date, date]:
    """Whole days as days, other times as instants; at least a day or a minute long."""
    if (view.from_minute, view.until_minute) == (0, DAY_MINUTES):
        first = min(parse_day(view.from_day), _LAST_DAY)
        last = min(max(first, parse_day(view.until_day)), _LAST_DAY)
        return first, last + _DAY
    begins = _instant(view.from_day, view.from_minute, zone)
    ends = _instant(view.until_day, view.until_minute, zone)
    return begins, max(ends, begins + timedelta(minutes=1))


def _instant(day: str, minute: int, zone: Zone) -> datetime:
    time_ms = min(instant_ms(day, minute, zone), _LAST_MS)
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=time_ms)


def _alarm(view: AgreementView, person: str, starts: date, ends: date) -> tuple[timedelta, str]:
    """Borrowers think of bringing it back, lenders of having it ready, both of a session."""
    whole_days = not isinstance(starts, datetime)
    day_before = _MORNING - _DAY if whole_days else -_DAY
    title = shown(view.title)
    if view.kind == SESSION.kind:
        other = view.asker_name if person == view.owner else view.owner_name
        return (day_before if whole_days else -_HOUR), f"{title} with {named(other)}"
    if person == view.owner:
        return day_before, f"{named(view.asker_name)} will come for {title}"
    length = ends - starts
    to_last = length - _DAY if whole_days else length
    return to_last + day_before, f"{title} goes back to {named(view.owner_name)}"


def _summary(view: AgreementView, person: str) -> str:
    title = shown(view.title)
    if view.quantity > 1:
        title = f"{title} ({view.quantity} of them)"
    if view.kind == SESSION.kind:
        other = view.asker_name if person == view.owner else view.owner_name
        return f"{title} with {named(other)}"
    if person == view.owner:
        return f"{title}, lent to {named(view.asker_name)}"
    return f"{title}, borrowed from {named(view.owner_name)}"


def _state_words(view: AgreementView, person: str) -> str:
    words = view.state.replace("_", " ")
    if view.state in AGREEMENTS[view.kind].asked:
        return "Waiting for your answer." if person == view.owner else "Waiting for an answer."
    return f"{words.capitalize()}."
