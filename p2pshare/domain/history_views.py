"""What was before, as people and programs are shown it. Each value names where it is from.

In the style of ``domain.views``: ids are hex text, texts are as signed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PastView:
    """A loan, or hours that were given, as another program had listed it; nobody else signed it.

    ``what`` is "loan" or "hours". ``item`` is what was lent, or what the hours were for, and
    ``listing`` what it has become here, or empty. ``member`` borrowed, or gave hours to
    ``receiver``; both have the name where the list of members tells it. Of hours ``from_day`` is
    the day; ``minutes`` is None of a loan. ``ref`` is empty where the other program has no name for
    it.
    """

    history: str
    what: str
    source: str
    ref: str
    item: str
    listing: str
    member: str
    receiver: str
    from_day: str
    until_day: str
    returned_day: str
    minutes: int | None
    note: str
    person: str
    circle: str


@dataclass(frozen=True, slots=True)
class PastMemberView:
    """Somebody who was a member of another program's library."""

    history: str
    source: str
    ref: str
    name: str
    email: str
    telephone: str
    joined: str
    note: str
    person: str
    circle: str
