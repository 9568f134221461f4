"""domain.hours: payments, balances, and hours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import HoursPay, ListingClose
from p2pshare.domain.hours import (
    Payment,
    balances,
    format_minutes,
    parse_hours,
    payment_of,
)
from p2pshare.errors import DomainError
from p2pshare.limits import MINUTES_PER_PAYMENT_MAX


def pay(make, author, payer, payee, minutes):
    return payment_of(
        make.entry(author, "hours.pay", HoursPay(payer=payer, payee=payee, minutes=minutes))
    )


@pytest.mark.parametrize("minutes", [1, 90, MINUTES_PER_PAYMENT_MAX])
def test_a_payment_by_the_payer_holds(make, ada, ben, minutes):
    payment = pay(make, ada, ada, ben, minutes)
    assert (payment.payer, payment.payee, payment.minutes) == (ada, ben, minutes)
    assert payment.payment == payment.entry_id[:16]


def test_others_cannot_pay_from_an_account_and_nobody_pays_themselves(make, ada, ben):
    assert pay(make, ben, ada, ben, 60) is None
    assert pay(make, ada, ada, ada, 60) is None


@pytest.mark.parametrize("minutes", [0, MINUTES_PER_PAYMENT_MAX + 1])
def test_impossible_amounts_are_no_payment(make, ada, ben, minutes):
    assert pay(make, ada, ada, ben, minutes) is None


def test_other_bodies_are_no_payment(make, ada):
    assert payment_of(make.entry(ada, "hours.pay", ListingClose())) is None
    assert payment_of(make.entry(ada, "hours.pay", None)) is None


PEOPLE = st.integers(0, 5).map(lambda number: bytes([number]) * 32)
ATTEMPTS = st.lists(
    st.tuples(PEOPLE, PEOPLE, PEOPLE, st.integers(0, MINUTES_PER_PAYMENT_MAX + 2)), max_size=20
)


@given(ATTEMPTS, st.randoms(use_true_random=False))
def test_whatever_is_signed_hours_sum_to_zero(make, attempts, randomly):
    made = [pay(make, *attempt) for attempt in attempts]
    payments = [payment for payment in made if payment is not None]
    accounts = balances(payments)
    assert sum(accounts.values()) == 0
    for person, balance in accounts.items():
        received = sum(payment.minutes for payment in payments if payment.payee == person)
        paid = sum(payment.minutes for payment in payments if payment.payer == person)
        assert balance == received - paid
    shuffled = [*payments, *payments]
    randomly.shuffle(shuffled)
    assert balances(shuffled) == accounts


def test_balances_may_be_negative(ada, ben):
    payment = Payment(payment=b"p" * 16, payer=ada, payee=ben, minutes=90, entry_id=b"p" * 32)
    assert balances([payment]) == {ada: -90, ben: 90}


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *[("1", 60), ("1.5", 90), ("1,5", 90), ("1:30", 90), ("90m", 90), ("1h30", 90)],
        *[("0.25", 15), ("1h", 60), ("2 hours", 120), ("1 h 30 min", 90), ("45 min", 45)],
        *[("0:01", 1), (" 1H30M ", 90), ("10000", MINUTES_PER_PAYMENT_MAX), ("1h5", 65)],
    ],
)
def test_hours_as_people_write_them(text, minutes):
    assert parse_hours(text) == minutes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *[(text, "write hours as") for text in ("", "x", "-1", "1:60", "1.", ".5", "1e3", "٣")],
        *[(text, "write hours as") for text in ("1:3", "1h60", "9" * 13, "1.5:30", "1 2")],
        *[(text, "whole minutes") for text in ("1.33", "0,001")],
        *[(text, "at least one minute") for text in ("0", "0m", "0:00")],
        *[(text, "at most 10000 hours") for text in ("10000:01", "600001m", "10001", "9" * 12)],
    ],
)
def test_what_is_not_hours_is_refused_with_a_hint(text, reason):
    with pytest.raises(DomainError, match=reason):
        parse_hours(text)


@given(st.text())
def test_nothing_typed_raises_anything_else(text):
    try:
        minutes = parse_hours(text)
    except DomainError:
        return
    assert 1 <= minutes <= MINUTES_PER_PAYMENT_MAX


@given(st.integers(1, MINUTES_PER_PAYMENT_MAX))
def test_what_is_shown_can_be_typed(minutes):
    assert parse_hours(format_minutes(minutes)) == minutes


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 min"), (45, "45 min"), (60, "1 h"), (90, "1 h 30 min"), (-125, "-2 h 5 min")],
)
def test_minutes_for_people(minutes, text):
    assert format_minutes(minutes) == text
