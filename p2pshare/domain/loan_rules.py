"""The rules of loans: asking, promising, keeping it longer (DESIGN section 6).

On top of what holds for every agreement (``domain.agreement_rules``): the listing's policy and its
terms bound the days, and an accept or a grant signs the instant by which the thing must be back.

This module must not query: the caller passes in every agreement it has to look at.
"""

from typing import Final

from p2pshare import limits
from p2pshare.domain import days
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import LoanRequest
from p2pshare.domain.agreement_rules import (
    Shelf,
    check_free,
    check_move,
    check_offered_quantity,
    check_open,
    check_parts,
    draft_move,
    settling,
)
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.commands import MoveAgreement, RequestLoan
from p2pshare.domain.days import Span, Zone
from p2pshare.domain.drafts import Draft, checked, clean_note
from p2pshare.domain.listing import ListingState
from p2pshare.domain.loan import LOAN
from p2pshare.domain.terms import check_days, machine_form
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.errors import DomainError

PROMISING: Final = frozenset({"accept", "grant"})
"""The moves that promise days: only they are judged beside the other agreements of a shelf."""


def request_loan(
    listing: ListingState,
    listing_header: bytes,
    command: RequestLoan,
    today: str,
    missing: str | None = None,
) -> Draft:
    """The request to borrow ``listing``, whose creating header is carried along.

    ``today`` is the borrower's local day; ``missing`` says which induction they lack, if any.
    Raises DomainError with the reason in one line.
    """
    check_open(listing, command.person, today, TransactionType.BORROW_LEND)
    span = _asked_span(listing, command, today)
    quantity = check_offered_quantity(listing, command.quantity)
    check_length(listing, listing.terms, span, today)
    if missing is not None:
        raise DomainError(missing)
    request = LoanRequest(
        listing=listing.listing,
        listing_header=listing_header,
        title=listing.title,
        terms=listing.terms,
        quantity=quantity,
        from_day=span.from_day,
        until_day=span.until_day or span.from_day,
        from_minute=span.from_minute,
        until_minute=span.until_minute,
        note=clean_note(command.note),
    )
    return checked(Draft(LOAN.kind_of("request"), request))


def move_loan(
    loan: AgreementState, command: MoveAgreement, now_ms: int, zone: Zone, shelf: Shelf
) -> Draft:
    """The entry that makes ``command.move`` of ``loan``; ``zone`` is the acting person's.

    Raises DomainError with the reason.
    """
    match command.move:
        case "accept":
            return accept_loan(loan, command, now_ms, zone, shelf)
        case "renew":
            return _renew(loan, command, now_ms, zone, shelf.listing)
        case "grant":
            return _grant(loan, command, now_ms, zone, shelf)
        case "settle":
            return draft_move(LOAN, loan, settling(loan, command), now_ms)
        case _:
            draft = draft_move(LOAN, loan, command, now_ms)
            check_parts(draft.body, shelf.listing)
            return draft


def accept_loan(
    loan: AgreementState, command: MoveAgreement, now_ms: int, zone: Zone, shelf: Shelf
) -> Draft:
    """The promise: signs the end of the until day as ``due_at_ms`` and the terms once more.

    Raises DomainError where the thing is promised or out, and where the request is not what the
    listing allows.
    """
    check_move(LOAN, loan, command.person, "accept", now_ms)
    today, minute = days.day_of(now_ms, zone), days.minute_of(now_ms, zone)
    span = Span(loan.from_day, loan.until_day, loan.from_minute, loan.until_minute)
    start, end = days.span_minutes(span)
    if end is None or end <= start:
        raise DomainError("the days asked for end before they begin; decline it")
    if (loan.until_day, loan.until_minute) <= (today, minute):
        raise DomainError("the days asked for have passed; decline it and wait for a new request")
    if days.days_between(loan.from_day, loan.until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"it is asked for longer than {limits.LOAN_DAYS_MAX} days; decline it")
    if shelf.listing is None:
        # Who asks brings the header of the listing, and may have made it up.
        raise DomainError("the offer it asks for is not on this computer; decline it")
    if shelf.missing is not None:
        raise DomainError(f"whoever asks lacks something: {shelf.missing}")
    wanted = _wanted(loan, loan.until_day, loan.until_minute)
    check_free(wanted, shelf.others(loan), shelf.elsewhere, shelf.listing, today, minute)
    due_at_ms = days.end_ms(loan.until_day, loan.until_minute, zone)
    return draft_move(LOAN, loan, command, now_ms, due_at_ms=due_at_ms, terms=loan.terms)


def _renew(
    loan: AgreementState,
    command: MoveAgreement,
    now_ms: int,
    zone: Zone,
    listing: ListingState | None,
) -> Draft:
    """Asking to keep it longer, as far as policy and terms let one hope."""
    check_move(LOAN, loan, command.person, "renew", now_ms)
    if command.until is None:
        raise DomainError("say until when you would like to keep it")
    until = _moment(command.until)
    if until <= (loan.until_day, loan.until_minute):
        raise DomainError(f"it is yours until {loan.until_day} anyway; choose a later day")
    if until[0] < days.day_of(now_ms, zone):
        raise DomainError("that day is past; choose a later one")
    if listing is not None:
        _check_renewable(loan, listing, until[0])
    return draft_move(LOAN, loan, command, now_ms)


def _grant(
    loan: AgreementState, command: MoveAgreement, now_ms: int, zone: Zone, shelf: Shelf
) -> Draft:
    """Lending it longer: until the moment asked for, or an earlier one that the lender names."""
    check_move(LOAN, loan, command.person, "grant", now_ms)
    until = _moment(command.until) if command.until is not None else loan.asked_until
    if until is None or until <= (loan.until_day, loan.until_minute):
        raise DomainError(f"it is lent until {loan.until_day} anyway; choose a later day")
    _check_whole_length(loan, until[0])
    if shelf.listing is not None:
        now = days.day_of(now_ms, zone), days.minute_of(now_ms, zone)
        wanted = _wanted(loan, *until)
        check_free(wanted, shelf.others(loan), shelf.elsewhere, shelf.listing, *now)
    return draft_move(
        LOAN,
        loan,
        command,
        now_ms,
        until_day=until[0],
        until_minute=until[1],
        due_at_ms=days.end_ms(*until, zone),
    )


def _check_renewable(loan: AgreementState, listing: ListingState, until_day: str) -> None:
    most = listing.policy.renewals
    granted = sum(1 for one in loan.signatures if one.move == "grant")
    if most is not None and granted >= most:
        raise DomainError(f"its owner lends it longer at most {most} times; give it back")
    _check_whole_length(loan, until_day)


def _check_whole_length(loan: AgreementState, until_day: str) -> None:
    """Who asks for more days may run another program than ours, and have named any day."""
    if days.days_between(loan.from_day, until_day) > limits.LOAN_DAYS_MAX:
        raise DomainError(f"a loan is at most {limits.LOAN_DAYS_MAX} days long; choose fewer")


def check_length(listing: ListingState, terms: tuple[str, ...], span: Span, today: str) -> None:
    """Raise DomainError for more days than policy and terms allow."""
    until_day = span.until_day or span.from_day
    length = days.days_between(span.from_day, until_day)
    if length > limits.LOAN_DAYS_MAX:
        raise DomainError(f"a loan is at most {limits.LOAN_DAYS_MAX} days long; choose fewer")
    longest = listing.policy.longest_days
    if longest is not None and length > longest:
        latest = days.add_days(span.from_day, longest)
        raise DomainError(
            f"its owner lends it for at most {longest} days; choose {latest} or earlier"
        )
    check_days(machine_form(terms), span.from_day, until_day, today)


def _asked_span(listing: ListingState, command: RequestLoan, today: str) -> Span:
    from_day, from_minute = today, None
    if command.from_day is not None:
        from_day, from_minute = days.parse_moment(command.from_day, "the first day")
    if from_day < today:
        raise DomainError(f"the first day is past; choose {today} or later")
    until_minute: int | None = None
    if command.until_day is not None:
        until_day, until_minute = days.parse_moment(command.until_day, "the last day")
    elif from_minute is not None:
        until_day = from_day
    else:
        until_day = days.add_days(from_day, _default_days(listing))
    if (from_minute, until_minute) != (None, None) and not listing.policy.by_hour:
        raise DomainError("that is lent by the day; leave the time of day out")
    span = Span(
        from_day,
        until_day,
        0 if from_minute is None else from_minute,
        limits.DAY_MINUTES if until_minute is None else until_minute,
    )
    if until_day < from_day:
        raise DomainError(f"the last day is before the first; choose {from_day} or later")
    start, end = days.span_minutes(span)
    if end is not None and end <= start:
        raise DomainError("it would end before it begins; choose a later time")
    return span


def _default_days(listing: ListingState) -> int:
    bounds = (listing.policy.longest_days, machine_form(listing.terms).longest_days)
    return min(
        limits.LOAN_DAYS_DEFAULT,
        *(bound for bound in bounds if bound is not None),
        limits.LOAN_DAYS_MAX,
    )


def _moment(text: str) -> tuple[str, int]:
    day, minute = days.parse_moment(text, "the last day")
    return day, limits.DAY_MINUTES if minute is None else minute


def _wanted(loan: AgreementState, until_day: str, until_minute: int) -> BusyPeriod:
    return BusyPeriod(
        loan.from_day,
        until_day,
        loan.quantity,
        False,
        loan.agreement[: limits.PROMISE_TAG_BYTES],
        loan.from_minute,
        until_minute,
    )
