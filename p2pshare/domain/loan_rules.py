"""The rules of loans: asking, moving, promising nothing twice (DESIGN section 6).

The part of ``domain.rules`` that is about agreements; callers import it from there. What the table
of ``domain.agreement`` allows is asked first; what spans several loans of a listing comes on top.

This module must not query: the caller passes in every loan it has to look at.
"""

from collections.abc import Callable, Iterable

import msgspec

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import AgreementState, AgreementTable, allowed_moves
from p2pshare.domain.bodies import (
    BusyPeriod,
    ListingBusy,
    LoanAccept,
    LoanRequest,
)
from p2pshare.domain.commands import MoveLoan, RequestLoan
from p2pshare.domain.days import Zone
from p2pshare.domain.drafts import Draft, check_quantity, checked, clean_note
from p2pshare.domain.listing import ListingState, conflicts, merged
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import ExchangeType, TransactionType
from p2pshare.errors import DomainError


def request_loan(
    listing: ListingState, listing_header: bytes, command: RequestLoan, today: str
) -> Draft:
    """The request to borrow ``listing``, whose creating header is carried along.

    ``today`` is the borrower's local day. Raises DomainError with the reason in one line.
    """
    if listing.owner == command.person:
        raise DomainError("that is your own listing; ask for somebody else's")
    if listing.exchange_type is not ExchangeType.OFFER:
        raise DomainError("that is a want; only an offer can be borrowed")
    if TransactionType.BORROW_LEND not in listing.transaction_types:
        raise DomainError("that offer is not for lending; talk to its owner")
    if listing.closed:
        raise DomainError("that offer is closed; look for another one")
    if listing.expired(today):
        raise DomainError(f"that offer ended on {listing.expires}; look for another one")
    from_day, until_day = _loan_days(command, today)
    quantity = check_quantity(command.quantity)
    if quantity > listing.quantity:
        raise DomainError(f"only {listing.quantity} of that are offered; ask for fewer")
    request = LoanRequest(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        terms=listing.terms,
        quantity=quantity,
        from_day=from_day,
        until_day=until_day,
        note=clean_note(command.note),
    )
    return checked(Draft(LOAN.kind_of("request"), request))


def move_agreement(
    table: AgreementTable, state: AgreementState, person: bytes, move: str, now_ms: int
) -> None:
    """Raise DomainError, saying what is possible instead, unless ``person`` may ``move`` now."""
    if state.role_of(person) is None:
        raise DomainError(f"only the {' and the '.join(table.roles)} can do that")
    if move not in table.moves:
        raise DomainError(f"there is no move {move}; there are {', '.join(table.moves[1:])}")
    possible = tuple(dict.fromkeys(row.move for row in allowed_moves(table, state, person, now_ms)))
    if move in possible:
        return
    if state.signed(move, person):
        raise DomainError(f"you have signed {move} already")
    role = state.role_of(person)
    instead = f"possible now: {', '.join(possible)}" if possible else "no move is possible now"
    raise DomainError(
        f"{move} is not possible for the {role} while it is {_plain(state.underlying)}; {instead}"
    )


def noted_move(
    table: AgreementTable, state: AgreementState, command: MoveLoan, now_ms: int
) -> Draft:
    """The entry that makes ``command.move`` of any agreement whose move says no more than a note.

    Raises DomainError unless the person may make it now, and for a move that must say more.
    """
    move_agreement(table, state, command.person, command.move, now_ms)
    fields = {"note": clean_note(command.note)}
    try:
        body = msgspec.convert(fields, table.body_of(command.move))
    except msgspec.ValidationError:
        raise DomainError(f"{command.move} has to say more than a note") from None
    return checked(Draft(table.kind_of(command.move), body))


def move_loan(
    loan: AgreementState,
    command: MoveLoan,
    now_ms: int,
    zone: Zone,
    others: Iterable[AgreementState],
    listing_quantity: int,
    elsewhere: Iterable[BusyPeriod] = (),
) -> Draft:
    """The entry that makes ``command.move`` of ``loan``.

    ``others`` are the loans of the same listing that its owner knows (``loan`` itself may be among
    them), ``elsewhere`` the periods that another computer of the owner has promised for loans not
    known here yet, ``listing_quantity`` how many things there are, ``zone`` the acting person's.
    An accept signs the end of the until day there as ``due_at_ms``. Raises DomainError with the
    reason.
    """
    if command.move != "accept":
        return noted_move(LOAN, loan, command, now_ms)
    move_agreement(LOAN, loan, command.person, command.move, now_ms)
    note = clean_note(command.note)
    today = days.day_of(now_ms, zone)
    if loan.until_day < loan.from_day:
        raise DomainError("the days asked for end before they begin; decline it")
    if loan.until_day < today:
        raise DomainError("the days asked for have passed; decline it and wait for a new request")
    if days.days_between(loan.from_day, loan.until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"it is asked for longer than {limits.LOAN_DAYS_MAX} days; decline it")
    _check_free(loan, others, elsewhere, listing_quantity, today)
    due_at_ms = days.end_of_day_ms(loan.until_day, zone)
    return checked(Draft(LOAN.kind_of("accept"), LoanAccept(due_at_ms=due_at_ms, note=note)))


def busy_periods(
    table: AgreementTable,
    agreements: Iterable[AgreementState],
    tag: Callable[[bytes], bytes],
    elsewhere: Iterable[BusyPeriod] = (),
) -> Draft:
    """The ``listing.busy`` entry that tells of these agreements of one listing, without names.

    ``tag`` gives the 8 bytes that tell an agreement (its id) from others and reveal nothing of it.
    ``elsewhere`` are periods told of by another computer of the owner, of agreements that are not
    known here yet: they stand. Only the states of ``table.promises`` count, those of
    ``table.out`` as out of the house. Should there be more than BUSY_PERIODS_MAX, what is out and
    what comes soonest is told.
    """
    known = (
        BusyPeriod(
            agreement.from_day,
            agreement.until_day,
            agreement.quantity,
            agreement.underlying in table.out,
            tag(agreement.agreement),
        )
        for agreement in agreements
        if agreement.underlying in table.promises
    )
    periods = merged((*elsewhere, *known))
    soonest = sorted(periods, key=lambda period: not period.out)[: limits.BUSY_PERIODS_MAX]
    return Draft("listing.busy", ListingBusy(periods=merged(soonest)))


def _check_free(
    loan: AgreementState,
    others: Iterable[AgreementState],
    elsewhere: Iterable[BusyPeriod],
    quantity: int,
    today: str,
) -> None:
    """Refuse a promise of more things than there are; what is overdue is away until it is back."""
    promised = [
        other
        for other in others
        if other.agreement != loan.agreement
        and other.listing == loan.listing
        and other.underlying in LOAN.promises
    ]
    if len(promised) >= limits.BUSY_PERIODS_MAX:
        raise DomainError("too many loans of that listing are promised; close some of them first")
    periods = [*elsewhere, *(_taken(other, today) for other in promised)]
    asked = (max(loan.from_day, today), loan.until_day)
    for clash in conflicts(quantity, [*periods, _taken(loan, today)]):
        common = days.overlap(asked, clash)
        if common is not None:
            raise DomainError(
                f"that overlaps what you promised or have lent, from {common[0]}"
                f" until {common[1]}; decline it, or get the thing back first"
            )


def _taken(loan: AgreementState, today: str) -> BusyPeriod:
    """The days that ``loan`` takes: open-ended while it is out beyond its last day."""
    out = loan.underlying in LOAN.out
    until = None if out and loan.until_day < today else loan.until_day
    tag = loan.agreement[: limits.PROMISE_TAG_BYTES]  # never leaves this device
    return BusyPeriod(loan.from_day, until, loan.quantity, out, tag)


def _loan_days(command: RequestLoan, today: str) -> tuple[str, str]:
    from_day = today if command.from_day is None else command.from_day
    days.parse_day(from_day, "the first day")
    if from_day < today:
        raise DomainError(f"the first day is past; choose {today} or later")
    if command.until_day is None:
        return from_day, days.add_days(from_day, limits.LOAN_DAYS_DEFAULT)
    days.parse_day(command.until_day, "the last day")
    if command.until_day < from_day:
        raise DomainError(f"the last day is before the first; choose {from_day} or later")
    if days.days_between(from_day, command.until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"a loan is at most {limits.LOAN_DAYS_MAX} days long; choose fewer")
    return from_day, command.until_day


def _plain(state: str) -> str:
    return state.replace("_", " ")
