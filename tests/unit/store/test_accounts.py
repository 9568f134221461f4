"""Accounts of hours: balances, limits, statements, hours spent apart, in any order of arrival."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.random_worlds import PERSONS, worlds
from unit.store.world_kit import START_MS, YEAR_MS, Reader, World, deliver, person_of

from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit, Share
from p2pshare.domain.commands import SetHourLimits
from p2pshare.domain.hour_rules import DEFAULT_LIMITS, Flag, HourLimits, set_limits
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.accounts import write_limits
from p2pshare.store.rebuild import rebuild

ADA, BEN, CLEO, DAN = PERSONS
CIRCLE = OPEN_CIRCLE.hex()
ORDER = st.integers(0, 2**16)
few = settings(max_examples=max(20, settings().max_examples // 5))


def split(world, feed, payer, *shares, **place):
    parts = tuple(Share(payee.id, minutes) for payee, minutes in shares)
    return world.write(feed, "hours.split", HoursSplit(payer=payer.id, shares=parts), **place)


def correct(world, feed, payer, payee, minutes, corrects, **place):
    body = HoursPay(payer=payer.id, payee=payee.id, minutes=minutes, corrects=corrects.subject)
    return world.write(feed, "hours.pay", body, **place)


def confirm(world, feed, payment):
    return world.write(
        feed, "hours.confirm", HoursConfirm(), subject=payment.subject, after=[payment]
    )


def reading(world):
    reader = Reader()
    reader.take_all(world)
    return reader


def minutes_of(reader, *people):
    accounts = reader.queries.accounts
    return [accounts.balance(person.id.hex(), CIRCLE).minutes for person in people]


def set_on(reader, **limits):
    with reader.database.transaction(durable=False) as connection:
        write_limits(connection, HourLimits(**limits))


def overspent(reader, **asked):
    return reader.queries.accounts.overspent(CIRCLE, **asked)


# --- balances -------------------------------------------------------------------------------------


def test_hours_are_summed_for_each_person_and_circle():
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.pay(ben, BEN, ADA, 60)
    split(world, ada, ADA, (CLEO, 25), (BEN, 5))
    world.pay(ada, BEN, ADA, 1000)  # in another's name
    split(world, ada, ADA, (BEN, 5), (ADA, 5))  # in part to oneself
    with reading(world) as reader:
        assert minutes_of(reader, ADA, BEN, CLEO, DAN) == [30, -55, 25, 0]
        accounts = reader.queries.accounts
        assert accounts.balance(ADA.id.hex(), "00" * 32).minutes == 0
        (only,) = accounts.balances(ADA.id.hex())
        assert (only.circle, only.minutes) == (CIRCLE, 30)


def test_everybody_met_is_listed_with_those_who_owe_most_first():
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.profile(ada, "Ada")
    world.profile(ben, "Ben")
    world.pay(ada, ADA, CLEO, 600)
    with reading(world) as reader:
        listed = reader.queries.accounts.members(CIRCLE)
        assert [(one.name, one.minutes, one.flag) for one in listed] == [
            ("Ada", -600, Flag.SOFT),
            ("Ben", 0, Flag.NONE),
            ("", 600, Flag.NONE),
        ]
        assert reader.queries.accounts.member(ADA.id.hex(), CIRCLE) == listed[0]
        assert reader.queries.accounts.members("00" * 32) == []


@few
@given(world=worlds(), order=ORDER)
def test_whatever_is_signed_hours_sum_to_zero_at_every_moment(world, order):
    """With forks, revocations, doubles, splits, corrections, and bodies that come late."""

    def check(reader):
        members = reader.queries.accounts.members(CIRCLE)
        assert sum(member.minutes for member in members) == 0
        assert sum(minutes_of(reader, *PERSONS)) == 0

    with Reader() as reader, Reader() as other:
        deliver(world, reader, order, observe=check)
        deliver(world, other, order + 1)
        for one in (reader, other):
            set_on(one, soft=0, hard=60)
        assert reader.queries.accounts.members(CIRCLE) == other.queries.accounts.members(CIRCLE)
        before = [_without_times(one) for one in overspent(reader)]
        assert [_without_times(one) for one in overspent(other)] == before
        rebuild(reader.database, reader.keys)
        assert [_without_times(one) for one in overspent(reader)] == before
        for person in PERSONS:
            _check_statement(reader, person)


def _check_statement(reader, person):
    """It begins at nothing, ends at the balance, and a part of it says the same."""
    statement = reader.queries.accounts.statement
    lines = statement(person.id.hex(), CIRCLE)
    balance = 0
    for line in lines:
        balance += line.minutes if line.payee == person.id.hex() else -line.minutes
        assert line.balance == balance
    assert [balance] == minutes_of(reader, person)
    times = [line.at_ms for line in lines]
    assert times == sorted(times)
    for first, last in itertools.product(times[::3], repeat=2):
        part = [line for line in lines if first <= line.at_ms <= last]
        assert statement(person.id.hex(), CIRCLE, from_ms=first, until_ms=last) == part


def _without_times(view):
    """What does not depend on when it was received."""
    payments = sorted((one.payment, one.payee, one.minutes, one.feed) for one in view.payments)
    return view.person, view.minutes, view.limit, view.balance, payments


# --- limits ---------------------------------------------------------------------------------------


def test_limits_are_a_setting_of_this_folder():
    world = World()
    ada = world.open_feed(ADA)
    world.pay(ada, ADA, BEN, 100)
    with reading(world) as reader:
        accounts = reader.queries.accounts
        assert accounts.limits() == DEFAULT_LIMITS
        assert accounts.member(ADA.id.hex(), CIRCLE).flag is Flag.NONE
        for soft, hard, flag in ((100, 200, Flag.SOFT), (50, 100, Flag.HARD), (None, 0, Flag.HARD)):
            set_on(reader, soft=soft, hard=hard)
            assert accounts.limits() == HourLimits(soft=soft, hard=hard)
            assert accounts.member(ADA.id.hex(), CIRCLE).flag is flag
        set_on(reader, soft=None, hard=None)
        assert accounts.limits() == HourLimits(soft=None, hard=None)
        lowered = set_limits(accounts.limits(), SetHourLimits(person=ADA.id, hard=90))
        assert lowered == HourLimits(soft=None, hard=90)


# --- payments and statements ----------------------------------------------------------------------


def test_a_payment_is_read_with_all_its_parts_and_what_corrects_it():
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    paid = split(world, ada, ADA, (BEN, 40), (CLEO, 20))
    back = correct(world, ben, BEN, ADA, 10, paid, after=[paid])
    confirm(world, ben, paid)
    confirm(world, ada, paid)
    with reading(world) as reader:
        accounts = reader.queries.accounts
        parts = accounts.payment(paid.subject.hex())
        assert [(one.payee, one.minutes, one.place, one.confirmed) for one in parts] == [
            (BEN.id, 40, 0, True),
            (CLEO.id, 20, 1, False),
        ]
        (correction,) = accounts.corrections(paid.subject.hex())
        assert (correction.payment, correction.corrects) == (back.subject, paid.subject)
        assert accounts.circle_of(paid.subject.hex()) == CIRCLE
        assert accounts.circle_of("00" * 16) is None
        assert accounts.payment("00" * 16) == accounts.corrections("00" * 16) == ()


def test_a_statement_has_every_payment_with_the_balance_after_it():
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.profile(ada, "Ada")
    first = world.pay(ben, BEN, ADA, 60, time_ms=START_MS - 3000)
    second = split(world, ada, ADA, (BEN, 40), (CLEO, 25), time_ms=START_MS - 2000)
    third = correct(world, ben, BEN, ADA, 10, second, time_ms=START_MS - 1000)
    world.pay(ben, BEN, CLEO, 7)
    with reading(world) as reader:
        statement = reader.queries.accounts.statement
        lines = statement(ADA.id.hex(), CIRCLE)
        assert [(one.payment, one.payee_name, one.minutes, one.balance) for one in lines] == [
            (first.subject.hex(), "Ada", 60, 60),
            (second.subject.hex(), "", 40, 20),
            (second.subject.hex(), "", 25, -5),
            (third.subject.hex(), "Ada", 10, 5),
        ]
        assert [line.corrects for line in lines] == [None, None, None, second.subject.hex()]
        assert [line.place for line in lines] == [0, 0, 1, 0]
        assert {line.payer for line in lines} == {ADA.id.hex(), BEN.id.hex()}
        assert [one.minutes for one in statement(CLEO.id.hex(), CIRCLE)] == [25, 7]
        middle = statement(ADA.id.hex(), CIRCLE, from_ms=START_MS - 2000, until_ms=START_MS - 2000)
        assert middle == lines[1:3], "both ends are inclusive, the balance goes on"
        assert statement(ADA.id.hex(), CIRCLE, from_ms=START_MS) == []
        assert statement(ADA.id.hex(), "00" * 32) == []


def test_nobodys_clock_puts_a_payment_into_the_future():
    world = World()
    ada = world.open_feed(ADA)
    world.pay(ada, ADA, BEN, 60, time_ms=START_MS + 10 * YEAR_MS)
    with reading(world) as reader:
        (line,) = reader.queries.accounts.statement(BEN.id.hex(), CIRCLE)
        assert line.at_ms == START_MS


# --- hours spent apart ----------------------------------------------------------------------------


def apart(*, knowing=False, fork=False):
    """Ada pays Ben 18 hours from one computer, and Cleo 18 from another."""
    world = World()
    laptop = world.open_feed(ADA)
    world.profile(laptop, "Ada")
    common = world.pay(laptop, ADA, DAN, 10)
    home = world.pay(laptop, ADA, BEN, 1080)
    if fork:
        market = world.pay(laptop, ADA, CLEO, 1080, follow=common)
    else:
        phone = world.open_feed(ADA)
        after = [home] if knowing else [common]
        market = world.pay(phone, ADA, CLEO, 1080, after=after)
    return world, common, home, market


@pytest.mark.parametrize("fork", [False, True])
@given(order=ORDER)
@few
def test_hours_spent_apart_show_once_both_are_in_hand(fork, order):
    world, _, home, market = apart(fork=fork)
    with Reader() as reader:
        deliver(world, reader, order)
        (found,) = overspent(reader)
        assert (found.person, found.name) == (ADA.id.hex(), "Ada")
        assert (found.minutes, found.limit, found.balance) == (970, 1200, -2170)
        assert {one.payment for one in found.payments} == {
            home.subject.hex(),
            market.subject.hex(),
        }
        assert {one.payee for one in found.payments} == {BEN.id.hex(), CLEO.id.hex()}
        assert len({one.feed for one in found.payments}) == (1 if fork else 2)
        assert reader.queries.accounts.member(ADA.id.hex(), CIRCLE).flag is Flag.OVERSPENT


def test_each_computer_alone_shows_nothing():
    world, common, home, market = apart()
    laptop, phone = world.feeds
    with Reader() as reader:
        reader.take([laptop.opening, world.entries[1], common, home], [phone.opening])
        assert overspent(reader) == []
        reader.take([market])
        assert len(overspent(reader)) == 1


def test_who_knew_of_the_other_computer_is_at_the_limit_and_not_apart():
    world, *_ = apart(knowing=True)
    with reading(world) as reader:
        assert overspent(reader) == []
        assert reader.queries.accounts.member(ADA.id.hex(), CIRCLE).flag is Flag.HARD


def test_it_is_told_to_those_it_concerns():
    world, *_ = apart()
    with reading(world) as reader:
        for person, concerned in ((ADA, True), (BEN, True), (CLEO, True), (DAN, False)):
            assert bool(overspent(reader, concerning=person.id.hex())) is concerned
        assert len(overspent(reader, person=ADA.id.hex())) == 1
        assert overspent(reader, person=BEN.id.hex()) == []
        set_on(reader, soft=None, hard=None)
        assert overspent(reader) == []


@few
@given(order=ORDER)
def test_a_revoked_computer_no_longer_counts_and_hides_nothing_it_knew(order):
    world, *_ = apart(knowing=True)
    phone = world.feeds[1]
    third = world.open_feed(ADA)
    world.pay(third, ADA, CLEO, 100, after=[phone.last])
    world.revoke(third, ADA, phone.opening)
    with Reader() as reader:
        deliver(world, reader, order)
        assert minutes_of(reader, ADA) == [-1190]
        set_on(reader, soft=0, hard=1189)
        assert overspent(reader) == [], "the third knew of the first, by the second"


def test_what_a_new_payment_names():
    world, common, home, market = apart()
    laptop, phone = world.feeds
    with Reader() as reader:

        def latest(feed):
            return reader.queries.accounts.latest_payments(ADA.id, OPEN_CIRCLE, feed.key.public)

        reader.take([laptop.opening, world.entries[1], common, home])
        assert latest(laptop) == [], "the chain says it"
        reader.take([phone.opening, market])
        assert latest(laptop) == [market.identifier]
        assert latest(phone) == [home.identifier]
        feeds = [world.open_feed(ADA) for _ in range(4)]
        for feed in feeds:
            reader.take([feed.opening, world.pay(feed, ADA, BEN, 1)])
        assert len(latest(laptop)) == 4, "as many as a header holds"
        last = world.pay(feeds[0], ADA, BEN, 1, after=[home, market, feeds[1].last])
        reader.take([last])
        named = {last.identifier, feeds[2].last.identifier, feeds[3].last.identifier}
        assert set(latest(laptop)) == named
        assert set(latest(feeds[0])) == named - {last.identifier}


def test_people_are_told_apart():
    """Two neighbours far below zero, each by one computer, are two who owe and nothing else."""
    world = World()
    for person, (payee, minutes) in itertools.product(
        (ADA, BEN), ((CLEO, 1000), (person_of(9), 1000))
    ):
        feeds = [feed for feed in world.feeds if feed.author is person]
        world.pay(feeds[0] if feeds else world.open_feed(person), person, payee, minutes)
    with reading(world) as reader:
        assert overspent(reader) == []
        flags = [one.flag for one in reader.queries.accounts.members(CIRCLE)[:2]]
        assert flags == [Flag.HARD, Flag.HARD]
