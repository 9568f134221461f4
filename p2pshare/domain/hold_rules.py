"""The rules of holds: waiting for a thing, whose turn it is, and the order that the owner keeps.

On top of what holds for every agreement (``domain.agreement_rules``). Who waits writes ``add`` and
``drop``, and ``take`` by asking for the loan; what the owner writes follows from the clock and from
what is on the shelf (``due_moves``), and is written by the owner's computer while it is on
(``node.entailing``). The order is published as tags, without names (``queue``).

This module must not query, read a clock or draw a token: the caller passes all of that in.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from p2pshare import limits
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import HoldAdd, HoldMove, HoldOffer
from p2pshare.domain.agreement_rules import check_open
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.commands import AddHold
from p2pshare.domain.drafts import Draft, checked
from p2pshare.domain.hold import HOLD, OFFERED, OPEN, TAKEN, WAITING, queue_tag
from p2pshare.domain.listing import ListingState
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.errors import DomainError

HOUR_MS: Final = 60 * 60 * 1000


class OwnerMove(NamedTuple):
    """A move of a hold (its id, 16 bytes) that the owner's computer is to write."""

    hold: bytes
    draft: Draft


def add_hold(
    listing: ListingState,
    listing_header: bytes,
    command: AddHold,
    today: str,
    token: bytes,
    holds: Iterable[AgreementState],
    waiting: int,
) -> Draft:
    """The entry by which a person waits for ``listing``, whose creating header is carried along.

    ``token`` are 8 random bytes, ``holds`` those of the listing that the person knows of, and
    ``waiting`` how many wait as the owner has published. Raises DomainError with the reason.
    """
    check_open(listing, command.person, today, TransactionType.BORROW_LEND)
    if any(_is_open_hold_of(one, command.person) for one in holds):
        raise DomainError("you are waiting for that already; holds shows your place")
    if waiting >= limits.HOLDS_MAX:
        raise DomainError("too many people wait for that; try again in a few days")
    add = HoldAdd(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        quantity=1,
        from_day=today,
        until_day=today,
        token=token,
    )
    return checked(Draft(HOLD.kind_of("add"), add))


def open_holds(holds: Iterable[AgreementState], person: bytes) -> list[AgreementState]:
    """The places in a queue that ``person`` has among ``holds``.

    More than one only if two of their computers did not know of each other. Raises DomainError if
    there is none.
    """
    found = [one for one in holds if _is_open_hold_of(one, person)]
    if not found:
        raise DomainError("you are not waiting for that")
    return found


def drop_hold() -> Draft:
    """The move by which a person leaves a queue."""
    return _move("drop")


def turn_of(holds: Iterable[AgreementState], person: bytes, now_ms: int) -> AgreementState | None:
    """The hold by which it is the turn of ``person`` now, or None."""
    return next(
        (
            one
            for one in holds
            if _is_open_hold_of(one, person)
            and one.underlying == OFFERED
            and not _has_passed(one, now_ms)
        ),
        None,
    )


def take_turn() -> Draft:
    """The move by which a person who asks for a thing takes the turn that was offered to them."""
    return _move("take")


# --- the owner's side -------------------------------------------------------------------------


def queue(holds: Iterable[AgreementState], published: Sequence[bytes]) -> tuple[bytes, ...]:
    """The tags of those who wait, in order, as the owner publishes them.

    ``holds`` are those about one listing that this computer of the owner knows. Who stands in the
    ``published`` queue keeps that place; who is new comes after them, by the time they signed, then
    by the id. Each person has one place. A published tag of a hold that is not known here was put
    there by another computer of the owner, and stays.
    """
    known = {tag_of(one): one for one in holds}
    newcomers = sorted((one for tag, one in known.items() if tag not in published), key=_first_come)
    order = [*published, *(tag_of(one) for one in newcomers)]
    persons: set[bytes] = set()
    tags: dict[bytes, None] = {}
    for tag in order:
        hold = known.get(tag)
        if hold is not None:
            if hold.underlying not in OPEN or hold.parties[0] in persons:
                continue
            persons.add(hold.parties[0])
        tags[tag] = None
    return tuple(tags)[: limits.HOLDS_MAX]


def position(tag: bytes, published: Sequence[bytes]) -> int | None:
    """The place of a hold in the published queue, from 1; None until its owner has seen it."""
    return published.index(tag) + 1 if tag in published else None


def due_moves(
    listing: ListingState,
    holds: Sequence[AgreementState],
    loans: Iterable[AgreementState],
    tags: Sequence[bytes],
    free: int,
    today: str,
    now_ms: int,
) -> list[OwnerMove]:
    """What the owner's computer has to write about the queue now, in this order.

    Turns that have passed lapse; who has got the thing, and everybody if the offer is closed, is
    taken out; and of those who wait, the first are offered a turn each, until
    ``listing.policy.hold_hours`` from now, for as many things as are ``free`` and not offered to
    somebody. What somebody has asked for whose turn it was is theirs until it is answered.
    ``holds`` and ``loans`` are those of the listing, ``tags`` its ``queue``. Doing it twice is
    harmless: what was written leaves nothing to do.
    """
    loans = list(loans)
    takers = {one.parties[0] for one in holds if one.underlying == TAKEN}
    free -= sum(one.quantity for one in loans if is_taking(one, takers))
    having = {
        one.parties[0] for one in loans if one.underlying in LOAN.promises and one.from_day <= today
    }
    moves: list[OwnerMove] = []
    waiting: dict[bytes, AgreementState] = {}
    offered = 0
    for hold in holds:
        if hold.underlying not in OPEN:
            continue
        if listing.closed or hold.parties[0] in having:
            moves.append(OwnerMove(hold.agreement, _move("remove")))
        elif hold.underlying == WAITING:
            waiting[tag_of(hold)] = hold
        elif _has_passed(hold, now_ms):
            moves.append(OwnerMove(hold.agreement, _move("lapse")))
        else:
            offered += 1
    if listing.closed or listing.expired(today):
        return moves
    until_ms = now_ms + listing.policy.hold_hours * HOUR_MS
    next_ones = [waiting[tag] for tag in tags if tag in waiting]
    for hold in next_ones[: max(0, free - offered)]:
        offer = checked(Draft(HOLD.kind_of("offer"), HoldOffer(offered_until_ms=until_ms)))
        moves.append(OwnerMove(hold.agreement, offer))
    return moves


def reserved(
    holds: Iterable[AgreementState], asker: bytes, today: str, now_ms: int
) -> list[BusyPeriod]:
    """What is kept back while it is the turn of others than ``asker``.

    One thing each, from today on: what they will ask for is not known yet. An owner who decides by
    themselves may still give it to somebody else.
    """
    return [
        BusyPeriod(today, None, 1, False, tag_of(one))
        for one in holds
        if one.underlying == OFFERED and one.parties[0] != asker and not _has_passed(one, now_ms)
    ]


def is_taking(loan: AgreementState, takers: Collection[bytes]) -> bool:
    """Whether ``loan`` is asked for, and not answered, by one of those who took their turn."""
    return loan.underlying in LOAN.asked and loan.parties[0] in takers


def _is_open_hold_of(hold: AgreementState, person: bytes) -> bool:
    return hold.kind == HOLD.kind and hold.underlying in OPEN and hold.parties[0] == person


def _has_passed(hold: AgreementState, now_ms: int) -> bool:
    return hold.offered_until_ms is None or now_ms > hold.offered_until_ms


def tag_of(hold: AgreementState) -> bytes:
    """What stands for a hold in its queue; the opening of every hold has a token."""
    assert isinstance(hold.opening, HoldAdd)
    return queue_tag(hold.opening.token)


def _first_come(hold: AgreementState) -> tuple[int, bytes]:
    return hold.signatures[0].time_ms, hold.agreement


def _move(move: str) -> Draft:
    return checked(Draft(HOLD.kind_of(move), HoldMove()))
