"""The rules of gifts: asking for what is given away, and promising it once (DESIGN section 2).

On top of what holds for every agreement (``domain.agreement_rules``). What is given is gone: it is
promised from its day on without an end.
"""

from collections.abc import Iterable
from typing import Final

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import GiftRequest
from p2pshare.domain.agreement_rules import (
    Shelf,
    check_free,
    check_move,
    check_offered_quantity,
    check_open,
    check_parts,
    draft_move,
)
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.commands import MoveAgreement, RequestGift
from p2pshare.domain.days import Zone
from p2pshare.domain.drafts import Draft, checked, clean_note
from p2pshare.domain.gift import GIFT
from p2pshare.domain.listing import ListingState
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.errors import DomainError

PROMISING: Final = frozenset({"accept"})
"""The moves that promise a thing: only they are judged beside the other agreements of a shelf."""


def request_gift(
    listing: ListingState,
    listing_header: bytes,
    command: RequestGift,
    today: str,
    busy: Iterable[BusyPeriod] = (),
) -> Draft:
    """The request to be given ``listing``, whose creating header is carried along.

    ``today`` is the local day, ``busy`` what its owner has published. Raises DomainError with the
    reason in one line.
    """
    check_open(listing, command.person, today, TransactionType.RECEIVE_DONATE)
    quantity = check_offered_quantity(listing, command.quantity)
    gone = sum(one.quantity for one in busy if one.out and one.until_day is None)
    if quantity > listing.quantity - gone:
        raise DomainError("so many are not left: given away already, or in repair")
    request = GiftRequest(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        terms=listing.terms,
        quantity=quantity,
        from_day=today,
        until_day=today,
        note=clean_note(command.note),
    )
    return checked(Draft(GIFT.kind_of("request"), request))


def move_gift(
    gift: AgreementState, command: MoveAgreement, now_ms: int, zone: Zone, shelf: Shelf
) -> Draft:
    """The entry that makes ``command.move`` of ``gift``. Raises DomainError with the reason."""
    check_move(GIFT, gift, command.person, command.move, now_ms)
    if command.move == "accept":
        if shelf.listing is None:
            raise DomainError("the offer it asks for is not on this computer; decline it")
        today = days.day_of(now_ms, zone)
        tag = gift.agreement[: limits.PROMISE_TAG_BYTES]
        wanted = BusyPeriod(today, None, gift.quantity, False, tag)
        minute = days.minute_of(now_ms, zone)
        check_free(wanted, shelf.others(gift), shelf.elsewhere, shelf.listing, today, minute)
    draft = draft_move(GIFT, gift, command, now_ms)
    check_parts(draft.body, shelf.listing)
    return draft
