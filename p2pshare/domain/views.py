"""What people and programs are shown: frozen values, read from the folded tables.

Made by ``store.queries``, handed out by the node's facade, printed by ``cli`` and drawn by
``ui``. Ids are hex text. Times are milliseconds and always min(signed time, time received), so
that nobody's clock can put an entry into the future. Texts are as signed: ``domain.text.shown``
makes them safe.
"""

from dataclasses import dataclass
from typing import Any

from p2pshare.domain.bodies import NO_POLICY, LoanPolicy
from p2pshare.domain.days import Span
from p2pshare.limits import DAY_MINUTES


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person met in some circle; ``own`` if hosted on this device.

    ``forked``: a feed of theirs was continued on two computers (a copied folder); all of it counts.
    ``desk``: hosted here as a member who comes to the desk to sign.
    """

    person: str
    name: str
    last_seen_ms: int | None
    own: bool
    forked: bool = False
    desk: bool = False


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed of a person: ``here`` if this installation writes it, ``tips`` its last entries.

    ``revoked``: a revocation is held, and what it leaves is all that counts. ``last_ms`` is the
    time of the last entry.
    """

    feed: str
    circle: str
    entries: int
    tips: tuple[str, ...]
    here: bool
    revoked: bool
    last_ms: int


@dataclass(frozen=True, slots=True)
class ListingView:
    """An offer or want; ``available`` is how many are free on the day asked about."""

    listing: str
    exchange_type: str
    item_type: str
    transaction_type: tuple[str, ...]
    title: str
    description: str
    category: str
    tags: tuple[str, ...]
    quantity: int
    available: int
    expires: str | None
    photos: tuple[str, ...]
    terms: tuple[str, ...]
    person: str
    person_name: str
    circle: str
    closed: bool
    updated_ms: int
    own: bool
    parts: tuple[str, ...] = ()
    policy: LoanPolicy = NO_POLICY
    induction: bool = False
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedMoveView:
    """A move somebody signed, and what they noted with it.

    ``details`` are what it says beside the note (a condition, missing parts), by name; ``desk``:
    it was signed at the desk of a library.
    """

    move: str
    person: str
    at_ms: int
    note: str
    details: tuple[tuple[str, Any], ...] = ()
    desk: bool = False


@dataclass(frozen=True, slots=True)
class AgreementView:
    """A loan or another agreement, as its parties see it.

    ``conflict`` means that the owner promised more of the listing on these days than there is;
    ``denied`` names entries that a revocation took. ``asker`` is the borrower of a loan, ``owner``
    its lender. ``from_minute`` and ``until_minute`` are minutes of the first and the last day;
    ``asked_until`` is the moment until which more time was asked for and not answered, as text,
    ``offered_until_ms`` how long a turn is offered, and ``minutes`` what a session took.
    """

    agreement: str
    kind: str
    listing: str
    title: str
    owner: str
    owner_name: str
    asker: str
    asker_name: str
    state: str
    underlying_state: str
    quantity: int
    from_day: str
    until_day: str
    note: str
    due_at_ms: int | None
    closed_ms: int | None
    overdue: bool
    conflict: bool
    denied: tuple[str, ...]
    signed_by: tuple[SignedMoveView, ...]
    circle: str
    terms: tuple[str, ...] = ()
    from_minute: int = 0
    until_minute: int = DAY_MINUTES
    asked_until: str | None = None
    offered_until_ms: int | None = None
    minutes: int | None = None

    @property
    def span(self) -> Span:
        """The time it is for."""
        return Span(self.from_day, self.until_day, self.from_minute, self.until_minute)


@dataclass(frozen=True, slots=True)
class HoldView:
    """Somebody who waits for a thing; ``state`` is waiting or offered.

    ``position`` is their place among those ``waiting``, from 1, or None while the owner's computer
    has not seen them; ``offered_until_ms`` is how long it is their turn, or None.
    """

    hold: str
    listing: str
    title: str
    person: str
    person_name: str
    owner: str
    owner_name: str
    state: str
    position: int | None
    waiting: int
    offered_until_ms: int | None
    circle: str


@dataclass(frozen=True, slots=True)
class InductionView:
    """A statement that ``witness`` has shown ``person`` how to use a listing.

    ``valid``: the listing is known, and the witness is its owner or named by it today.
    """

    induction: str
    circle: str
    listing: str
    title: str
    person: str
    person_name: str
    witness: str
    witness_name: str
    at_ms: int
    valid: bool


@dataclass(frozen=True, slots=True)
class BalanceView:
    """A person's account of hours in a circle."""

    circle: str
    person: str
    minutes: int


@dataclass(frozen=True, slots=True)
class CircleView:
    """A circle this installation is in, and how much of it is in hand."""

    circle: str
    name: str
    entries: int
    feeds: int
    digest: str
