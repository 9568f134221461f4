"""What people do with loans, gifts, sessions and repairs: from commands to sealed entries.

What follows on an owner's computer without anybody asking (promised days, automatic acceptance,
turns) is ``node.entailing``'s.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from p2pshare.domain import commands, gift_rules, loan_rules
from p2pshare.domain.agreement import AGREEMENTS, AgreementState
from p2pshare.domain.agreement_rules import Shelf, draft_move
from p2pshare.domain.drafts import Draft
from p2pshare.domain.gift import GIFT
from p2pshare.domain.gift_rules import move_gift, request_gift
from p2pshare.domain.loan import LOAN
from p2pshare.domain.loan_rules import move_loan, request_loan
from p2pshare.domain.repair import REPAIR, RETIRED
from p2pshare.domain.repair_rules import check_own, fixer_wanted, move_repair, open_repair
from p2pshare.domain.rules import close_listing, put_listing
from p2pshare.domain.session import SESSION
from p2pshare.domain.session_rules import move_session, request_session
from p2pshare.node.acting import Act, Acting, Done
from p2pshare.node.acts_holds import take_turn_of
from p2pshare.store.lookup import listing_header


def _request_loan(acting: Acting, command: commands.RequestLoan) -> Done:
    listing = acting.listing(command.listing)
    header = listing_header(acting.writing.connection, command.listing)
    missing = acting.missing(listing, command.person)
    draft = request_loan(listing, header, command, acting.today(), missing)
    loan = acting.writing.write_sealed(draft, (command.person, listing.owner))
    take_turn_of(acting, command.listing)
    return Done(loan)


def _request_gift(acting: Acting, command: commands.RequestGift) -> Done:
    listing = acting.listing(command.listing)
    header = listing_header(acting.writing.connection, command.listing)
    busy = acting.writing.states.busy(acting.writing.circle, command.listing)
    draft = request_gift(listing, header, command, acting.today(), busy)
    return Done(acting.writing.write_sealed(draft, (command.person, listing.owner)))


def _request_session(acting: Acting, command: commands.RequestSession) -> Done:
    listing = acting.listing(command.listing)
    header = listing_header(acting.writing.connection, command.listing)
    missing = acting.missing(listing, command.person)
    draft = request_session(listing, header, command, acting.today(), missing)
    return Done(acting.writing.write_sealed(draft, (command.person, listing.owner)))


def _open_repair(acting: Acting, command: commands.OpenRepair) -> Done:
    listing = acting.listing(command.listing)
    header = listing_header(acting.writing.connection, command.listing)
    check_own(listing, command.person)
    want = None
    if command.fixer:
        want = acting.writing.write(put_listing(fixer_wanted(listing, command), acting.today()))
    draft = open_repair(listing, header, command, acting.today(), want)
    return Done(acting.writing.write_sealed(draft, (command.person,)))


def _move(acting: Acting, command: commands.MoveAgreement) -> Done:
    state = acting.agreement(command.agreement)
    acting.check_photos(command.photos)
    draft = _MOVES.get(state.kind, _move_plainly)(acting, state, command)
    acting.writing.write_sealed(draft, dict.fromkeys(state.parties), subject=command.agreement)
    if state.kind == REPAIR.kind:
        _end_repair(acting, state, command)
    return Done(command.agreement)


def _end_repair(acting: Acting, before: AgreementState, command: commands.MoveAgreement) -> None:
    """Close what a finished repair leaves behind: the want, and the offer of a retired thing."""
    after = acting.agreement(command.agreement)
    if after.underlying in (REPAIR.states - REPAIR.promises) | {RETIRED}:
        want = getattr(before.opening, "want", None)
        if want is not None:
            _close_if_open(acting, want)
    if after.underlying == RETIRED:
        listing = acting.writing.states.listing(acting.writing.circle, before.listing)
        if listing is not None and before.quantity >= listing.quantity:
            _close_if_open(acting, before.listing)


def _close_if_open(acting: Acting, listing: bytes) -> None:
    state = acting.writing.states.listing(acting.writing.circle, listing)
    if state is not None and not state.closed:
        command = commands.CloseListing(person=acting.person, listing=listing)
        acting.writing.write(close_listing(state, command), subject=listing)


def _shelf(acting: Acting, state: AgreementState, move: str, promising: frozenset[str]) -> Shelf:
    """What the rules of a move look at: all that is promised only where it promises more."""
    if move in promising:
        return acting.shelf(state.listing, state.parties[0])
    return Shelf(acting.writing.states.listing(acting.writing.circle, state.listing))


def _move_loan(acting: Acting, state: AgreementState, command: commands.MoveAgreement) -> Draft:
    shelf = _shelf(acting, state, command.move, loan_rules.PROMISING)
    return move_loan(state, command, acting.now_ms(), acting.zone, shelf)


def _move_gift(acting: Acting, state: AgreementState, command: commands.MoveAgreement) -> Draft:
    shelf = _shelf(acting, state, command.move, gift_rules.PROMISING)
    return move_gift(state, command, acting.now_ms(), acting.zone, shelf)


def _move_session(acting: Acting, state: AgreementState, command: commands.MoveAgreement) -> Draft:
    return move_session(state, command, acting.now_ms())


def _move_repair(acting: Acting, state: AgreementState, command: commands.MoveAgreement) -> Draft:
    return move_repair(state, command, acting.now_ms())


def _move_plainly(acting: Acting, state: AgreementState, command: commands.MoveAgreement) -> Draft:
    """A kind that has no rules of its own beyond its table."""
    return draft_move(AGREEMENTS[state.kind], state, command, acting.now_ms())


_MOVES: Final[Mapping[str, Callable[[Acting, AgreementState, commands.MoveAgreement], Draft]]] = (
    MappingProxyType(
        {
            LOAN.kind: _move_loan,
            GIFT.kind: _move_gift,
            SESSION.kind: _move_session,
            REPAIR.kind: _move_repair,
        }
    )
)

ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {
        commands.RequestLoan: _request_loan,
        commands.RequestGift: _request_gift,
        commands.RequestSession: _request_session,
        commands.OpenRepair: _open_repair,
        commands.MoveAgreement: _move,
    }
)
"""The acts of this family, by command."""
