"""domain.automatic: what may be accepted without asking, however a request was made."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.agreement_rules import Shelf
from p2pshare.domain.automatic import accept_automatically
from p2pshare.domain.bodies import BusyPeriod, LoanPolicy
from p2pshare.domain.commands import MoveAgreement, RequestLoan
from p2pshare.domain.days import add_days, end_of_day_ms, format_moment
from p2pshare.domain.loan import LOAN
from p2pshare.domain.loan_rules import move_loan, request_loan
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
NOW_MS = end_of_day_ms(TODAY, 0) - 12 * 3_600_000
POLICY = LoanPolicy(automatic=True, longest_days=7)


@pytest.fixture(scope="session")
def asked(make, ada, ben):
    """A request of Ben's for Ada's drill, as any program may have written it."""

    def build(*path, **fields):
        request = make.request(**{"terms": ("clean",), "from_day": TODAY, **fields})
        entries = make.loan(ben, ada, path, request=request)
        return fold_agreement(LOAN, entries[0], ada, entries[1:])

    return build


@pytest.fixture(scope="session")
def listing(drill):
    return replace(drill, policy=POLICY)


def accept(loan, listing, *, kept=(), **shelf):
    return accept_automatically(loan, NOW_MS, 0, Shelf(listing, **shelf), kept)


def test_it_is_the_owner_s_accept_with_the_day_it_is_due(asked, listing):
    kind, body = accept(asked(), listing)
    assert kind == "loan.accept"
    assert body.due_at_ms == end_of_day_ms("2026-11-28", 0)
    assert body.terms == ("clean",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"policy": LoanPolicy()}, "by its owner and not by itself"),
        ({"closed": True}, "closed"),
        ({"expires": "2026-11-22"}, "ended on"),
        ({"transaction_types": ("receive-donate",)}, "not for lending"),
        ({"terms": ("clean", "adults")}, "other terms"),
        ({"quantity": 1}, "only 1 of that"),
    ],
)
def test_what_the_offer_does_not_say_yes_to(asked, listing, changes, reason):
    quantity = 2 if "quantity" in changes else 1
    with pytest.raises(DomainError, match=reason):
        accept(asked(quantity=quantity), replace(listing, **changes))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"until_day": add_days(TODAY, 8)}, "at most 7 days"),
        ({"from_day": "2020-01-01"}, "at most 7 days"),
        ({"from_day": "2026-11-29", "until_day": "2026-11-28"}, "end before they begin"),
        ({"from_day": "2026-11-20", "until_day": "2026-11-22"}, "have passed"),
        ({"from_minute": 540}, "lent by the day"),
        ({"until_minute": 540}, "lent by the day"),
        ({"terms": ()}, "other terms"),
    ],
)
def test_what_no_program_of_ours_would_ask_for(asked, listing, fields, reason):
    with pytest.raises(DomainError, match=reason):
        accept(asked(**fields), listing)


def test_the_longest_loan_is_still_one(asked, listing):
    assert accept(asked(until_day=add_days(TODAY, 7)), listing)


def test_by_the_hour_where_the_owner_lends_so(asked, listing):
    by_hour = replace(listing, policy=LoanPolicy(automatic=True, by_hour=True))
    assert accept(asked(from_minute=780, until_day=TODAY, until_minute=840), by_hour)
    with pytest.raises(DomainError, match="have passed"):
        accept(asked(from_minute=540, until_day=TODAY, until_minute=600), by_hour)


def test_what_is_promised_kept_back_or_lacking_is_left_for_the_owner(asked, listing):
    other = replace(asked(("lender", "accept")), agreement=b"B" * 16)
    with pytest.raises(DomainError, match="overlaps"):
        accept(asked(), listing, agreements=(other,))
    kept = BusyPeriod(TODAY, None, 1, False, b"token--1")
    with pytest.raises(DomainError, match="overlaps"):
        accept(asked(), listing, kept=[kept])
    assert accept(asked(), replace(listing, quantity=2), kept=[kept])
    with pytest.raises(DomainError, match="lacks something"):
        accept(asked(), listing, missing="this needs an induction by Ada")
    with pytest.raises(DomainError, match="not by itself"):
        accept(asked(), None)


def test_what_was_answered_is_not_answered_again(asked, listing):
    with pytest.raises(DomainError, match="signed accept already"):
        accept(asked(("lender", "accept")), listing)
    with pytest.raises(DomainError, match="no move is possible"):
        accept(asked(("borrower", "cancel")), listing)


MINUTES = st.sampled_from([0, 540, 600, 1440])
POLICIES = st.builds(
    LoanPolicy,
    automatic=st.booleans(),
    longest_days=st.none() | st.integers(1, 9),
    by_hour=st.booleans(),
    buffer_minutes=st.sampled_from([0, 60, 1440]),
)


@given(
    policy=POLICIES,
    first=st.integers(-3, 4),
    length=st.integers(-1, 10),
    minutes=st.tuples(MINUTES, MINUTES),
    quantity=st.integers(1, 3),
    terms=st.sampled_from([("clean",), ("clean", "BORROW-7D/1"), ("ASK-A-DAY-BEFORE/1",)]),
)
def test_what_is_accepted_could_have_been_asked_for_and_accepted_by_hand(
    asked, drill, ada, ben, policy, first, length, minutes, quantity, terms
):
    from_day = add_days(TODAY, first)
    until_day = add_days(from_day, length)
    offered = replace(drill, policy=policy, quantity=2, terms=terms)
    loan = asked(
        terms=terms,
        from_day=from_day,
        until_day=until_day,
        from_minute=minutes[0],
        until_minute=minutes[1],
        quantity=quantity,
    )
    try:
        accepted = accept(loan, offered)
    except DomainError:
        return
    assert policy.automatic
    by_hand = MoveAgreement(person=ada, agreement=loan.agreement, move="accept")
    assert move_loan(loan, by_hand, NOW_MS, 0, Shelf(offered)) == accepted
    if first < 0:
        return  # it was asked for before
    whole = minutes == (0, 1440)
    request = RequestLoan(
        person=ben,
        listing=loan.listing,
        from_day=from_day if whole else format_moment(from_day, minutes[0]),
        until_day=until_day if whole else format_moment(until_day, minutes[1]),
        quantity=quantity,
    )
    body = request_loan(offered, b"header", request, TODAY).body
    assert (body.from_day, body.until_day, body.from_minute, body.until_minute) == (
        *(from_day, until_day),
        *minutes,
    )
