"""node.acts_hours: what is signed, what the limit refuses, and what a computer knew of others."""

from contextlib import closing

import pytest
from unit.node.computers import Computer, meet

from p2pshare.domain.commands import (
    ConfirmHours,
    CorrectHours,
    PayHours,
    SetHourLimits,
    SplitHours,
)
from p2pshare.domain.hour_rules import Flag, HourLimits
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import decode_header
from p2pshare.node.ingest import Arrival

CIRCLE = OPEN_CIRCLE.hex()


@pytest.fixture
def pair(tmp_path):
    """Ada's computer and Ben's, who have met."""
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        a.ada, b.ben = a.add("Ada"), b.add("Ben")
        meet(a, b)
        yield a, b


def done(computer, command):
    return computer.perform(command)[0].subject


def pay(computer, payer, payee, minutes, **fields):
    return done(computer, PayHours(person=payer, payee=payee, minutes=minutes, **fields))


def minutes(computer, *people, circle=CIRCLE):
    accounts = computer.queries.accounts
    return [accounts.balance(person.hex(), circle).minutes for person in people]


def parts(computer, payment):
    return computer.queries.accounts.payment(payment.hex())


def header_of(computer, payment):
    (header,) = computer.database.connection.execute(
        "SELECT header FROM entries WHERE subject = ? ORDER BY number LIMIT 1", (payment,)
    ).fetchone()
    return decode_header(header)


# --- what is signed -------------------------------------------------------------------------------


def test_a_gift_arrives_and_is_confirmed_by_who_received_it(pair):
    a, b = pair
    payment = pay(a, a.ada, b.ben, 90, gift=True)
    meet(a, b)
    assert done(b, ConfirmHours(person=b.ben, payment=payment)) == payment
    meet(a, b)
    for computer in pair:
        (part,) = parts(computer, payment)
        assert (part.minutes, part.gift, part.confirmed) == (90, True, True)
        assert minutes(computer, a.ada, b.ben) == [-90, 90]
    with pytest.raises(DomainError, match="confirmed that payment already"):
        b.perform(ConfirmHours(person=b.ben, payment=payment))
    with pytest.raises(DomainError, match="only who received"):
        a.perform(ConfirmHours(person=a.ada, payment=payment))


def test_a_split_pays_all_at_once_and_each_confirms_their_part(pair):
    a, b = pair
    cleo = b.add("Cleo")
    meet(a, b)
    payment = done(a, SplitHours(person=a.ada, shares=((b.ben, 40), (cleo, 20))))
    meet(a, b)
    b.perform(ConfirmHours(person=cleo, payment=payment))
    meet(a, b)
    for computer in pair:
        assert [part.confirmed for part in parts(computer, payment)] == [False, True]
        assert minutes(computer, a.ada, b.ben, cleo) == [-60, 40, 20]


def test_a_correction_is_signed_by_whoever_has_to_move_hours(pair):
    a, b = pair
    payment = pay(a, a.ada, b.ben, 90)
    meet(a, b)
    with pytest.raises(DomainError, match="only who received it can pay some back"):
        a.perform(CorrectHours(person=a.ada, payment=payment, minutes=60))
    back = done(b, CorrectHours(person=b.ben, payment=payment, minutes=60))
    meet(a, b)
    assert [part.corrects for part in parts(a, back)] == [payment]
    assert minutes(a, a.ada, b.ben) == minutes(b, a.ada, b.ben) == [-60, 60]
    with pytest.raises(DomainError, match=f"correct the first payment, {payment.hex()}"):
        b.perform(CorrectHours(person=b.ben, payment=back, minutes=10))
    a.perform(CorrectHours(person=a.ada, payment=payment, minutes=120))
    meet(a, b)
    assert minutes(b, a.ada, b.ben) == [-120, 120]


def test_a_closed_circle_has_accounts_of_its_own(pair):
    a, b = pair
    circles = [computer.add_closed_circle("Street", b"s" * 32) for computer in pair]
    payment = pay(a, a.ada, b.ben, 90, circle=circles[0])
    meet(a, b)
    b.perform(ConfirmHours(person=b.ben, payment=payment))
    b.perform(CorrectHours(person=b.ben, payment=payment, minutes=60))
    meet(a, b)
    for computer in pair:
        assert minutes(computer, a.ada, b.ben) == [0, 0]
        assert minutes(computer, a.ada, b.ben, circle=circles[0].hex()) == [-60, 60]
    with pytest.raises(UnknownReference, match="no such payment"):
        b.perform(ConfirmHours(person=b.ben, payment=payment, circle=OPEN_CIRCLE))


def test_what_is_no_payment_is_neither_confirmed_nor_corrected(pair):
    a, _ = pair
    drill = a.offer(a.ada)
    for subject in (drill, b"x" * 16):
        with pytest.raises(UnknownReference, match="no such payment"):
            a.perform(ConfirmHours(person=a.ada, payment=subject))
        with pytest.raises(UnknownReference, match="no such payment"):
            a.perform(CorrectHours(person=a.ada, payment=subject, minutes=5))


# --- limits ---------------------------------------------------------------------------------------


def test_past_the_hard_limit_nothing_is_written(pair):
    a, b = pair
    pay(a, a.ada, b.ben, 1200)
    count = a.count()
    for command in (
        PayHours(person=a.ada, payee=b.ben, minutes=1),
        SplitHours(person=a.ada, shares=((b.ben, 1),)),
    ):
        with pytest.raises(DomainError, match="the limit here is 20 h"):
            a.perform(command)
    assert a.count() == count
    meet(a, b)
    pay(b, b.ben, a.ada, 1)
    meet(a, b)
    pay(a, a.ada, b.ben, 1)


def test_limits_are_set_for_the_folder_and_sign_nothing(pair):
    a, b = pair
    count = a.count()
    a.perform(SetHourLimits(person=a.ada, soft=30, hard=60))
    assert a.count() == count
    assert a.queries.accounts.limits() == HourLimits(soft=30, hard=60)
    with pytest.raises(DomainError, match="the limit here is 1 h"):
        pay(a, a.ada, b.ben, 61)
    with pytest.raises(DomainError, match="soft limit comes before"):
        a.perform(SetHourLimits(person=a.ada, soft=90))
    a.perform(SetHourLimits(person=a.ada, hard=None))
    pay(a, a.ada, b.ben, 5000)
    assert b.queries.accounts.limits() == HourLimits()


def test_paying_back_goes_past_the_limit(pair):
    """Ben has spent what Ada paid him by mistake, and still gives it back."""
    a, b = pair
    payment = pay(a, a.ada, b.ben, 600)
    meet(a, b)
    pay(b, b.ben, b.add("Cleo"), 1800)
    b.perform(CorrectHours(person=b.ben, payment=payment, minutes=0))
    assert b.queries.accounts.member(b.ben.hex(), CIRCLE).minutes == -1800
    meet(a, b)
    assert a.queries.accounts.overspent(CIRCLE) == []


# --- two computers of one person ------------------------------------------------------------------


@pytest.fixture
def three(pair, tmp_path):
    """Ada's laptop, Ben's computer, and Ada's phone."""
    a, b = pair
    with closing(Computer(tmp_path / "phone")) as phone:
        phone.host(a, a.ada, "Ada")
        meet(a, b, phone)
        yield a, b, phone


def test_computers_apart_from_each_other_spend_twice_and_everybody_sees_it(three):
    a, b, phone = three
    at_home = pay(a, a.ada, b.ben, 1080)
    at_market = pay(phone, a.ada, b.ben, 900)
    for computer in (a, phone):
        assert computer.queries.accounts.overspent(CIRCLE) == []
    meet(a, b, phone)
    for computer in (a, b, phone):
        (found,) = computer.queries.accounts.overspent(CIRCLE, concerning=b.ben.hex())
        assert (found.name, found.minutes, found.limit, found.balance) == ("Ada", 780, 1200, -1980)
        assert {one.payment for one in found.payments} == {at_home.hex(), at_market.hex()}
        assert computer.queries.accounts.member(a.ada.hex(), CIRCLE).flag is Flag.OVERSPENT
        assert minutes(computer, a.ada, b.ben) == [-1980, 1980]
    with pytest.raises(DomainError, match="below zero"):
        pay(phone, a.ada, b.ben, 1)
    pay(b, b.ben, a.ada, 780)
    meet(a, b, phone)
    assert phone.queries.accounts.overspent(CIRCLE) == []


def test_a_computer_that_has_met_the_other_says_what_it_knew(three):
    a, b, phone = three
    first = pay(a, a.ada, b.ben, 600)
    assert header_of(a, first).after == ()
    meet(a, b, phone)
    second = pay(phone, a.ada, b.ben, 600)
    named = header_of(phone, second).after
    assert [entry[:16] for entry in named] == [first]
    meet(a, b, phone)
    with pytest.raises(DomainError, match="below zero"):
        pay(a, a.ada, b.ben, 1)
    for computer in (a, b, phone):
        computer.perform(SetHourLimits(person=next(iter(computer.own_persons())), soft=0, hard=900))
        assert computer.queries.accounts.overspent(CIRCLE) == [], "each knew what it did"
        assert computer.queries.accounts.member(a.ada.hex(), CIRCLE).flag is Flag.HARD


def test_a_payment_waits_for_what_it_names_and_then_counts(three):
    a, b, phone = three
    pay(a, a.ada, b.ben, 60)
    meet(a, phone)
    pay(phone, a.ada, b.ben, 30)
    only_phones = {
        place: entries
        for place, entries in phone.all_entries().items()
        if place not in a.all_entries() or len(entries) > len(a.all_entries()[place])
    }
    for (circle, _), entries in only_phones.items():
        b.receive([Arrival(circle, entries)])
    assert minutes(b, a.ada, b.ben) == [0, 0], "neither: the sum is zero at every moment"
    meet(a, b, phone)
    assert minutes(b, a.ada, b.ben) == [-90, 90]
