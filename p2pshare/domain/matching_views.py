"""What of matching, demand and use people and programs are shown: frozen values.

Made by ``store.matching`` and ``store.statistics``; as in ``domain.views``, ids are hex text, times
milliseconds, and texts as they were signed.
"""

from dataclasses import dataclass
from typing import Final

SEARCH_PREFIX: Final = "search-"
"""A saved search is named ``search-3``: it is in no log and has no id, only a number here."""


@dataclass(frozen=True, slots=True)
class SavedSearchView:
    """What a person hosted here is always looking for, as it was typed, in a category or in any."""

    number: int
    person: str
    text: str
    category: str
    added_ms: int

    @property
    def want(self) -> str:
        """What it is called where others have the id of a want."""
        return f"{SEARCH_PREFIX}{self.number}"

    @property
    def title(self) -> str:
        """What it looks for."""
        return self.text or self.category


@dataclass(frozen=True, slots=True)
class MatchView:
    """An offer of somebody else that is what a person hosted here wants.

    ``want`` is a listing, or the name of a saved search; ``wanted_by`` wants it, ``person`` offers
    it. It is so since ``since_ms``, when the later of the two was written or changed.
    """

    want: str
    want_title: str
    wanted_by: str
    offer: str
    offer_title: str
    person: str
    person_name: str
    circle: str
    why: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class DemandView:
    """In a category, how many wants nobody here has an offer for, and of how many people."""

    category: str
    wants: int
    people: int


@dataclass(frozen=True, slots=True)
class UsageView:
    """How much a thing was out: loans that began, and days of all of them together.

    ``last_out`` is the last local day on which it was out, or None if it never was; ``idle_days``
    how many days it has been in since then, or since it was first offered.
    """

    listing: str
    title: str
    loans: int
    days_out: int
    last_out: str | None
    idle_days: int
