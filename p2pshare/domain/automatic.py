"""Saying yes without asking: what a listing's policy lets the owner's computer accept by itself.

A request is judged as if it were asked for now (``domain.loan_rules``), and then as the owner's own
accept would be. Whoever asks may run another program than ours: nothing of what a request says was
checked by anybody before. What is refused here is left for the owner, who may still accept it.
"""

from collections.abc import Iterable
from dataclasses import replace

from p2pshare.domain import days
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_rules import Shelf, check_offered_quantity, check_open
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.commands import MoveAgreement
from p2pshare.domain.days import Span, Zone
from p2pshare.domain.drafts import Draft
from p2pshare.domain.loan_rules import accept_loan, check_length
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.errors import DomainError
from p2pshare.limits import DAY_MINUTES


def accept_automatically(
    loan: AgreementState,
    now_ms: int,
    zone: Zone,
    shelf: Shelf,
    kept_back: Iterable[BusyPeriod] = (),
) -> Draft:
    """The owner's accept of ``loan``, if policy and rules allow it without the owner.

    ``zone`` is the owner's; ``kept_back`` is what is reserved for others (``hold_rules.reserved``).
    Raises DomainError, saying why it is left for the owner.
    """
    asker, owner = loan.parties
    listing = shelf.listing
    if listing is None or listing.owner != owner or not listing.policy.automatic:
        raise DomainError("that is accepted by its owner and not by itself")
    today = days.day_of(now_ms, zone)
    check_open(listing, asker, today, TransactionType.BORROW_LEND)
    check_offered_quantity(listing, loan.quantity)
    if loan.terms != listing.terms:
        raise DomainError("it was asked for on other terms than it is offered on")
    if not listing.policy.by_hour and (loan.from_minute, loan.until_minute) != (0, DAY_MINUTES):
        raise DomainError("that is lent by the day")
    span = Span(loan.from_day, loan.until_day, loan.from_minute, loan.until_minute)
    check_length(listing, listing.terms, span, today)
    accept = MoveAgreement(person=owner, agreement=loan.agreement, move="accept")
    kept = replace(shelf, elsewhere=(*shelf.elsewhere, *kept_back))
    return accept_loan(loan, accept, now_ms, zone, kept)
