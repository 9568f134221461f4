"""The rules of repairs: a ticket for one's own things, and the want that asks for a fixer.

On top of what holds for every agreement (``domain.agreement_rules``). A ticket takes the thing off
the shelf though it is promised to somebody: that shows as a conflict, which they have to know of.
"""

from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import RepairOpen
from p2pshare.domain.agreement_rules import check_offered_quantity, draft_move
from p2pshare.domain.commands import AddListing, MoveAgreement, OpenRepair
from p2pshare.domain.drafts import Draft, checked, clean_note
from p2pshare.domain.listing import ListingState
from p2pshare.domain.repair import REPAIR
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError
from p2pshare.limits import TITLE_CHARACTERS_MAX

FIXER_CATEGORY = "repair"


def open_repair(
    listing: ListingState,
    listing_header: bytes,
    command: OpenRepair,
    today: str,
    want: bytes | None = None,
) -> Draft:
    """The ticket for ``command.quantity`` of ``listing``; ``want`` is the listing for a fixer.

    Raises DomainError with the reason in one line.
    """
    check_own(listing, command.person)
    ticket = RepairOpen(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        quantity=check_offered_quantity(listing, command.quantity),
        from_day=today,
        until_day=today,
        want=want,
        note=clean_note(command.note),
    )
    return checked(Draft(REPAIR.kind_of("open"), ticket))


def check_own(listing: ListingState, person: bytes) -> None:
    """Raise DomainError unless ``listing`` is a thing that ``person`` offers."""
    if listing.owner != person:
        raise DomainError("only its owner can open a repair; report the damage to them")
    if listing.exchange_type is not ExchangeType.OFFER or listing.item_type is not ItemType.GOOD:
        raise DomainError("only a thing that you offer can be repaired")


def fixer_wanted(listing: ListingState, command: OpenRepair) -> AddListing:
    """The want by which somebody who can repair ``listing`` is asked for."""
    title = f"Fixer wanted: {listing.title}"[:TITLE_CHARACTERS_MAX]
    return AddListing(
        person=command.person,
        circle=command.circle,
        exchange_type=ExchangeType.WANT,
        item_type=ItemType.SERVICE,
        title=title,
        description=command.note,
        category=FIXER_CATEGORY,
    )


def move_repair(repair: AgreementState, command: MoveAgreement, now_ms: int) -> Draft:
    """The entry that makes ``command.move``. Raises DomainError with the reason."""
    return draft_move(REPAIR, repair, command, now_ms)
