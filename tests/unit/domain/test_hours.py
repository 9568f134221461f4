"""domain.hours: payments, balances, and hours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit, ListingClose, Share
from p2pshare.domain.hours import (
    Payment,
    balances,
    check_minutes,
    format_minutes,
    parse_hours,
    payments_of,
)
from p2pshare.errors import DomainError
from p2pshare.limits import MINUTES_PER_PAYMENT_MAX


def made_by(entry, *others):
    return payments_of(entry.entry_id[:16], [*others, entry])


def pay(make, author, payer, payee, minutes, **fields):
    body = HoursPay(payer=payer, payee=payee, minutes=minutes, **fields)
    return made_by(make.entry(author, "hours.pay", body))


def split(make, author, payer, shares, **fields):
    parts = tuple(Share(payee, minutes) for payee, minutes in shares)
    return make.entry(author, "hours.split", HoursSplit(payer=payer, shares=parts, **fields))


@pytest.mark.parametrize("minutes", [1, 90, MINUTES_PER_PAYMENT_MAX])
def test_a_payment_by_the_payer_holds(make, ada, ben, minutes):
    (payment,) = pay(make, ada, ada, ben, minutes)
    assert (payment.payer, payment.payee, payment.minutes) == (ada, ben, minutes)
    assert payment.payment == payment.entry_id[:16]


def test_a_payment_says_what_it_was(make, ada, ben):
    (plain,) = pay(make, ada, ada, ben, 5)
    assert (plain.gift, plain.corrects, plain.confirmed, plain.desk) == (False, None, False, False)
    (full,) = pay(make, ada, ada, ben, 5, gift=True, corrects=b"c" * 16, desk=True)
    assert (full.gift, full.corrects, full.confirmed, full.desk) == (True, b"c" * 16, False, True)
    (odd,) = pay(make, ada, ada, ben, 5, corrects=b"short")
    assert odd.corrects is None


def test_others_cannot_pay_from_an_account_and_nobody_pays_themselves(make, ada, ben):
    assert pay(make, ben, ada, ben, 60) == ()
    assert pay(make, ada, ada, ada, 60) == ()


@pytest.mark.parametrize("minutes", [0, MINUTES_PER_PAYMENT_MAX + 1])
def test_impossible_amounts_are_no_payment(make, ada, ben, minutes):
    assert pay(make, ada, ada, ben, minutes) == ()
    assert made_by(split(make, ada, ada, [(ben, minutes), (b"c" * 32, 5)])) == ()


def test_other_bodies_are_no_payment(make, ada, ben):
    assert made_by(make.entry(ada, "hours.pay", ListingClose())) == ()
    assert made_by(make.entry(ada, "hours.pay", None)) == ()
    assert made_by(make.entry(ada, "hours.confirm", HoursConfirm())) == ()
    assert payments_of(b"n" * 16, [split(make, ada, ada, [(ben, 5)])]) == (), "not in hand"


def test_a_payment_about_another_one_is_none(make, ada, ben):
    """Only what creates a subject moves hours, so that a payment is counted once."""
    first = make.entry(ada, "hours.pay", HoursPay(payer=ada, payee=ben, minutes=5))
    second = make.entry(ada, "hours.pay", HoursPay(payer=ada, payee=ben, minutes=7))
    assert [payment.minutes for payment in made_by(first, second)] == [5]


def test_a_split_is_a_payment_for_each(make, ada, ben):
    cleo = make.person("Cleo")
    entry = split(make, ada, ada, [(ben, 40), (cleo, 20)], gift=True, desk=True)
    found = made_by(entry)
    assert [(one.payee, one.minutes, one.place) for one in found] == [(ben, 40, 0), (cleo, 20, 1)]
    assert {one.payment for one in found} == {entry.entry_id[:16]}
    assert all(one.gift and one.desk and one.corrects is None for one in found)
    assert len(made_by(split(make, ada, ada, [(ben, 40)]))) == 1


def test_a_split_with_a_fault_moves_nothing(make, ada, ben):
    cleo = make.person("Cleo")
    for shares in ([(ben, 5), (ben, 5)], [(ben, 5), (ada, 5)], [(ben, 5), (cleo, 0)], []):
        assert made_by(split(make, ada, ada, shares)) == ()
    assert made_by(split(make, ben, ada, [(cleo, 5)])) == ()


def test_who_was_paid_confirms_and_nobody_else(make, ada, ben):
    cleo, dan = make.person("Cleo"), make.person("Dan")
    entry = split(make, ada, ada, [(ben, 40), (cleo, 20)])

    def confirmed(*authors):
        signed = [
            make.entry(author, "hours.confirm", HoursConfirm(), after=[entry]) for author in authors
        ]
        return [one.confirmed for one in made_by(entry, *signed)]

    assert confirmed() == confirmed(ada, dan) == [False, False]
    assert confirmed(cleo, cleo) == [False, True]
    assert confirmed(ben, dan, cleo) == [True, True]
    absent = make.entry(ben, "hours.confirm", None)
    assert [one.confirmed for one in made_by(entry, absent)] == [False, False]


PEOPLE = st.integers(0, 5).map(lambda number: bytes([number]) * 32)
MINUTES = st.one_of(st.integers(0, 2), st.integers(0, MINUTES_PER_PAYMENT_MAX + 2))
ATTEMPTS = st.lists(
    st.tuples(PEOPLE, PEOPLE, st.lists(st.tuples(PEOPLE, MINUTES), min_size=1, max_size=4)),
    max_size=20,
)


@given(ATTEMPTS, st.randoms(use_true_random=False))
def test_whatever_is_signed_hours_sum_to_zero(make, attempts, randomly):
    payments = []
    for author, payer, shares in attempts:
        payments.extend(made_by(split(make, author, payer, shares)))
        payments.extend(pay(make, author, payer, *shares[0]))
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


def test_no_hours_at_all_only_where_that_is_meant():
    assert parse_hours("0", least=0) == 0
    with pytest.raises(DomainError, match="at least one minute"):
        check_minutes(0)
    with pytest.raises(DomainError, match="at least one minute"):
        check_minutes(-1, least=0)


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
