"""Everything a person can do, as frozen values (DESIGN section 3: page -> bridge.submit(command)).

The window and the command line build these, the node's facade takes them, ``domain.rules`` turns
them into bodies to sign. Every command names the person who acts, for a device hosts several.
Days are text (YYYY-MM-DD) exactly as the person entered them; the rules check everything, so a
command may be built from anything typed.

This module must not decide anything.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, TypeVar

from p2pshare.domain.bodies import NO_POLICY, LoanPolicy
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType


class Unchanged(Enum):
    """The type of ``UNCHANGED``: a field of an edit that stays as it is."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED

_Value = TypeVar("_Value")
Edit: TypeAlias = _Value | Unchanged


@dataclass(frozen=True, kw_only=True)
class AddPerson:
    """A new person on this device, with a new key; ``desk``: a member who signs with a PIN here."""

    name: str
    desk: bool = False


@dataclass(frozen=True, kw_only=True)
class PersonCommand:
    """The root of all that one person does. ``person`` is 32 bytes.

    ``circle`` is where (32 bytes); None means the circle of the subject, or for something new the
    open one.
    """

    person: bytes
    circle: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class SetName(PersonCommand):
    """Be called ``name`` from now on."""

    name: str


@dataclass(frozen=True, kw_only=True)
class AddListing(PersonCommand):
    """A new offer or want. No ``transaction_types`` means the usual one of the item type.

    ``photos`` are SHA-256 of blobs that are stored already.
    """

    exchange_type: ExchangeType
    title: str
    item_type: ItemType = ItemType.GOOD
    transaction_types: tuple[TransactionType, ...] = ()
    description: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    quantity: int = 1
    expires: str | None = None
    photos: tuple[bytes, ...] = ()
    terms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    policy: LoanPolicy = NO_POLICY
    induction: bool = False
    witnesses: tuple[bytes, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EditListing(PersonCommand):
    """Change the fields that are given; an edit of a closed listing opens it again."""

    listing: bytes
    title: Edit[str] = UNCHANGED
    item_type: Edit[ItemType] = UNCHANGED
    transaction_types: Edit[tuple[TransactionType, ...]] = UNCHANGED
    description: Edit[str] = UNCHANGED
    category: Edit[str] = UNCHANGED
    tags: Edit[tuple[str, ...]] = UNCHANGED
    quantity: Edit[int] = UNCHANGED
    expires: Edit[str | None] = UNCHANGED
    photos: Edit[tuple[bytes, ...]] = UNCHANGED
    terms: Edit[tuple[str, ...]] = UNCHANGED
    parts: Edit[tuple[str, ...]] = UNCHANGED
    policy: Edit[LoanPolicy] = UNCHANGED
    induction: Edit[bool] = UNCHANGED
    witnesses: Edit[tuple[bytes, ...]] = UNCHANGED


@dataclass(frozen=True, kw_only=True)
class CloseListing(PersonCommand):
    """Take a listing of one's own down."""

    listing: bytes


@dataclass(frozen=True, kw_only=True)
class RequestLoan(PersonCommand):
    """Ask to borrow. Without days: from today, as long as the policy allows or LOAN_DAYS_DEFAULT.

    The days may have times (``2026-11-28T09:00``) where the owner lends by the hour.
    """

    listing: bytes
    from_day: str | None = None
    until_day: str | None = None
    quantity: int = 1
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestGift(PersonCommand):
    """Ask for something that is given away."""

    listing: bytes
    quantity: int = 1
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestSession(PersonCommand):
    """Ask for, or answer a want with, ``minutes`` of somebody's time; ``at`` is a day or a moment.

    Without ``at`` it is today.
    """

    listing: bytes
    at: str | None = None
    minutes: int | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AddHold(PersonCommand):
    """Wait for a thing that is lent: be told when it is one's turn."""

    listing: bytes


@dataclass(frozen=True, kw_only=True)
class DropHold(PersonCommand):
    """Wait no longer for a thing."""

    listing: bytes


@dataclass(frozen=True, kw_only=True)
class OpenRepair(PersonCommand):
    """Take ``quantity`` of one's own things off the shelf; ``fixer``: also ask for somebody."""

    listing: bytes
    quantity: int = 1
    note: str = ""
    fixer: bool = False


@dataclass(frozen=True, kw_only=True)
class MoveAgreement(PersonCommand):
    """Make one move of an agreement, by its name in the table (``hand-over``).

    What a move can say beside its note is as in ``agreement_bodies``; None and empty say nothing.
    ``until`` is a day or a moment.
    """

    agreement: bytes
    move: str
    note: str = ""
    until: str | None = None
    minutes: int | None = None
    condition: str | None = None
    checked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    photos: tuple[bytes, ...] = ()
    instead: str | None = None
    what: str | None = None
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class GrantInduction(PersonCommand):
    """State that one has shown ``inducted`` (32 bytes) how to use what ``listing`` offers."""

    listing: bytes
    inducted: bytes


@dataclass(frozen=True, kw_only=True)
class PayHours(PersonCommand):
    """Give ``payee`` whole ``minutes`` of one's account; ``gift``: for nothing in return."""

    payee: bytes
    minutes: int
    gift: bool = False


@dataclass(frozen=True, kw_only=True)
class SplitHours(PersonCommand):
    """Give several people hours at once: a payee (32 bytes) and whole minutes for each."""

    shares: tuple[tuple[bytes, int], ...]
    gift: bool = False


@dataclass(frozen=True, kw_only=True)
class ConfirmHours(PersonCommand):
    """Sign a ``payment`` (16 bytes) that one has received."""

    payment: bytes


@dataclass(frozen=True, kw_only=True)
class CorrectHours(PersonCommand):
    """Sign the difference to what a ``payment`` should have been, in whole ``minutes``.

    ``payee`` says whose part of a split is meant; None is one's own, or the only one.
    """

    payment: bytes
    minutes: int
    payee: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class SetHourLimits(PersonCommand):
    """Let accounts go so many minutes below zero on this computer; None is no limit."""

    soft: Edit[int | None] = UNCHANGED
    hard: Edit[int | None] = UNCHANGED


@dataclass(frozen=True, kw_only=True)
class SaveSearch(PersonCommand):
    """Go on looking, on this computer, for offers of ``text``, in a ``category`` or in any."""

    text: str = ""
    category: str = ""


@dataclass(frozen=True, kw_only=True)
class DropSearch(PersonCommand):
    """Look no more for what the saved search of that ``number`` looks for."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Forget(PersonCommand):
    """Erase what one wrote about ``subject`` (16 bytes)."""

    subject: bytes


@dataclass(frozen=True, kw_only=True)
class RevokeFeed(PersonCommand):
    """Let nothing of ``feed`` (32 bytes) count after ``last_entry``, from now on and for ever.

    Without ``last_entry`` (an entry id) everything of it that is here counts, and nothing else.
    """

    feed: bytes
    last_entry: bytes | None = None


Command: TypeAlias = (
    AddPerson
    | SetName
    | AddListing
    | EditListing
    | CloseListing
    | RequestLoan
    | RequestGift
    | RequestSession
    | AddHold
    | DropHold
    | OpenRepair
    | MoveAgreement
    | GrantInduction
    | PayHours
    | SplitHours
    | ConfirmHours
    | CorrectHours
    | SetHourLimits
    | SaveSearch
    | DropSearch
    | Forget
    | RevokeFeed
)
