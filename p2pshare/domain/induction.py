"""Training gates: who has been shown how to use a thing, and by whom.

An owner can ask for an *induction* before something is used (the laser cutter). It is a statement
in the clear, ``induction.grant``, signed by a *witness*: the owner, or somebody the listing names.
The fold takes every statement as it is; whether its author is a witness is judged when it is read,
for that spans subjects and follows the listing as it stands now. A witness who forgets the
statement takes it back; one whom the owner no longer names has no say any more.

Used by the rules of loans and sessions, by ``store.inductions`` and ``node.acts_inductions``. This
module must not query: the caller passes in the listing and the statements about it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from p2pshare.domain.bodies import InductionGrant
from p2pshare.domain.commands import GrantInduction
from p2pshare.domain.drafts import Draft, checked
from p2pshare.domain.listing import ListingState
from p2pshare.domain.ordering import FoldEntry
from p2pshare.domain.terms import machine_form
from p2pshare.domain.views import ListingView
from p2pshare.errors import DomainError

GRANT_KIND: Final = "induction.grant"

_Id = TypeVar("_Id", bytes, str)

#: So much of an id stands for somebody whose name is not known.
_ID_CHARACTERS: Final = 8


@dataclass(frozen=True)
class Induction:
    """A statement that ``witness`` has shown ``person`` (32 bytes each) how to use ``listing``.

    ``induction`` is its id (16 bytes). Whether it is valid, ``valid_inductions`` says.
    """

    induction: bytes
    listing: bytes
    person: bytes
    witness: bytes
    entry_id: bytes


def induction_of(entry: FoldEntry) -> Induction | None:
    """The statement that a counted creating ``induction.grant`` entry makes, or None.

    The witness is its author; nobody witnesses for themselves.
    """
    body = entry.body
    if not isinstance(body, InductionGrant) or body.person == entry.author:
        return None
    return Induction(
        induction=entry.entry_id[:16],
        listing=body.listing,
        person=body.person,
        witness=entry.author,
        entry_id=entry.entry_id,
    )


def needs_induction(listing: ListingState | ListingView) -> bool:
    """Whether an owner wants people to be shown how first: by its flag, or by its terms."""
    return listing.induction or machine_form(listing.terms).training_needed


def may_witness(person: _Id, owner: _Id, named: Collection[_Id]) -> bool:
    """Whether ``person`` may show others how: the owner, and whom the listing names."""
    return person == owner or person in named


def witnesses_of(listing: ListingState) -> tuple[bytes, ...]:
    """Who may show others how: the owner, then those the listing names, each once."""
    return tuple(dict.fromkeys((listing.owner, *listing.witnesses)))


def valid_inductions(
    listing: ListingState, statements: Iterable[Induction]
) -> tuple[Induction, ...]:
    """Those of ``statements`` that are about ``listing`` and by one of its witnesses, by id."""
    valid = {
        one.induction: one
        for one in statements
        if one.listing == listing.listing
        and may_witness(one.witness, listing.owner, listing.witnesses)
    }
    return tuple(valid[induction] for induction in sorted(valid))


def missing_induction(
    listing: ListingState,
    person: bytes,
    statements: Iterable[Induction],
    names: Mapping[bytes, str],
) -> str | None:
    """What keeps ``person`` from using ``listing``, and whom to ask; None if nothing does.

    Witnesses need no induction themselves. ``names`` are those of the witnesses, as far as they
    are known.
    """
    if not needs_induction(listing) or may_witness(person, listing.owner, listing.witnesses):
        return None
    if any(one.person == person for one in valid_inductions(listing, statements)):
        return None
    witnesses = [names.get(one) or short_id(one) for one in witnesses_of(listing)]
    whom = "ask them for one" if len(witnesses) == 1 else "ask one of them"
    return f"this needs an induction by {one_of(witnesses)}; {whom}"


def grant_induction(
    listing: ListingState, command: GrantInduction, statements: Iterable[Induction]
) -> Draft:
    """The statement that ``command.person`` has shown ``command.inducted`` how.

    ``statements`` are those about the listing that are known. Another witness may say it too: then
    it still holds when the first one's no longer does. Raises DomainError with the reason.
    """
    witnesses = witnesses_of(listing)
    if not needs_induction(listing):
        raise DomainError("no induction is needed for that; everybody may ask for it")
    if command.person not in witnesses:
        raise DomainError("only its owner, or a witness the owner names, can say that")
    if command.inducted == command.person:
        raise DomainError("nobody can witness for themselves; you may use it anyway")
    if command.inducted in witnesses:
        raise DomainError("they may show others how to use it, and need no induction themselves")
    said = (one for one in statements if one.listing == listing.listing)
    if any((one.witness, one.person) == (command.person, command.inducted) for one in said):
        raise DomainError("you have said so already")
    grant = InductionGrant(listing=listing.listing, person=command.inducted)
    return checked(Draft(GRANT_KIND, grant))


def one_of(names: Sequence[str]) -> str:
    """One or more names as a choice: ``Ada``, ``Ada or Ben``, ``Ada, Ben or Cleo``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def short_id(person: bytes) -> str:
    """What stands for somebody whose name is not known."""
    return person.hex()[:_ID_CHARACTERS]
