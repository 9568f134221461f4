"""domain.hour_rules: limits, paying, splitting, confirming, correcting."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit
from p2pshare.domain.commands import (
    ConfirmHours,
    CorrectHours,
    PayHours,
    SetHourLimits,
    SplitHours,
)
from p2pshare.domain.hour_rules import (
    DEFAULT_LIMITS,
    Account,
    Flag,
    HourLimits,
    confirm_hours,
    correct_hours,
    corrected_minutes,
    even_shares,
    flag_of,
    minutes_past,
    pay_hours,
    set_limits,
    split_hours,
)
from p2pshare.domain.hours import Payment, balances
from p2pshare.errors import DomainError
from p2pshare.limits import MINUTES_PER_PAYMENT_MAX, SHARES_MAX

EVEN = Account(0)
NO_LIMITS = HourLimits(soft=None, hard=None)
DRILL = b"p" * 16


def refused(words, rule, *arguments, **named):
    with pytest.raises(DomainError, match=words):
        rule(*arguments, **named)


def paid(payer, payee, minutes, payment=DRILL, **fields):
    return Payment(payment, payer, payee, minutes, payment * 2, **fields)


@pytest.fixture(scope="module")
def cleo(make):
    return make.person("Cleo")


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "flag"),
    [
        *[(0, Flag.NONE), (-599, Flag.NONE), (-600, Flag.SOFT), (-1199, Flag.SOFT)],
        *[(-1200, Flag.HARD), (-5000, Flag.HARD), (5000, Flag.NONE)],
    ],
)
def test_people_at_their_limits_are_flagged(minutes, flag):
    assert flag_of(Account(minutes)) is flag
    assert flag_of(Account(minutes, NO_LIMITS)) is Flag.NONE


def test_how_far_past_a_limit():
    assert [minutes_past(minutes, 600) for minutes in (0, -600, -601, 700)] == [0, 0, 1, 0]
    assert minutes_past(-601, None) == 0


def test_limits_are_set_and_taken_away(ada):
    def after(current=DEFAULT_LIMITS, **changes):
        return set_limits(current, SetHourLimits(person=ada, **changes))

    assert after(soft=60) == HourLimits(soft=60, hard=1200)
    assert after(hard=None) == HourLimits(soft=600, hard=None)
    assert after(soft=None) == HourLimits(soft=None, hard=1200)
    assert after(hard=0) == HourLimits(soft=0, hard=0), "the soft one comes along"
    assert after() == DEFAULT_LIMITS
    assert after(soft=5000, hard=None) == HourLimits(soft=5000, hard=None)
    for changes in ({"soft": 1201}, {"soft": 700, "hard": 600}):
        with pytest.raises(DomainError, match="soft limit comes before"):
            after(**changes)
    for minutes in (-1, MINUTES_PER_PAYMENT_MAX + 1):
        with pytest.raises(DomainError, match="a limit is 0 to 10000 h"):
            after(hard=minutes)


# --- paying ---------------------------------------------------------------------------------------


def test_a_payment(ada, ben):
    command = PayHours(person=ada, payee=ben, minutes=90)
    assert pay_hours(command, EVEN) == ("hours.pay", HoursPay(payer=ada, payee=ben, minutes=90))
    assert pay_hours(replace(command, gift=True), EVEN).body.gift
    refused("cannot pay yourself", pay_hours, replace(command, payee=ada), EVEN)
    refused("at least one minute", pay_hours, replace(command, minutes=0), EVEN)
    refused("at most 10000 hours", pay_hours, replace(command, minutes=600_001), EVEN)
    refused("cannot be written", pay_hours, replace(command, payee=b"short"), EVEN)


@given(st.integers(-3000, 3000), st.integers(1, 3000), st.integers(0, 3000))
def test_nobody_pays_past_the_hard_limit_and_everybody_up_to_it(ada, ben, minutes, paying, hard):
    account = Account(minutes, HourLimits(soft=0, hard=hard))
    command = PayHours(person=ada, payee=ben, minutes=paying)
    split = SplitHours(person=ada, shares=((ben, paying),))
    if minutes - paying >= -hard:
        assert pay_hours(command, account).body.minutes == paying
        assert split_hours(split, account).body.shares[0].minutes == paying
    else:
        refused("below zero, and the limit here is", pay_hours, command, account)
        refused("below zero, and the limit here is", split_hours, split, account)


def test_the_refusal_says_how_much_can_be_paid(ada, ben):
    command = PayHours(person=ada, payee=ben, minutes=120)
    refused("pay 1 h at most, or give some hours", pay_hours, command, Account(-1140))
    refused("22 h below zero.* is 20 h; first give", pay_hours, command, Account(-1200))
    assert pay_hours(command, Account(-100_000, NO_LIMITS))


def test_a_split(make, ada, ben, cleo):
    command = SplitHours(person=ada, shares=((ben, 40), (cleo, 20)), gift=True)
    kind, body = split_hours(command, EVEN)
    assert kind == "hours.split"
    assert isinstance(body, HoursSplit)
    assert [(share.payee, share.minutes) for share in body.shares] == [(ben, 40), (cleo, 20)]
    assert (body.payer, body.gift) == (ada, True)
    refused("leave yourself out", split_hours, replace(command, shares=((ada, 5),)), EVEN)
    refused("named twice", split_hours, replace(command, shares=((ben, 5), (ben, 5))), EVEN)
    refused("name the people", split_hours, replace(command, shares=()), EVEN)
    refused("one minute", split_hours, replace(command, shares=((ben, 0), (cleo, 5))), EVEN)
    refused("is 20 h", split_hours, replace(command, shares=((ben, 900), (cleo, 900))), EVEN)
    crowd = tuple((make.person(str(number)), 1) for number in range(SHARES_MAX))
    assert len(split_hours(replace(command, shares=crowd), EVEN).body.shares) == SHARES_MAX
    refused("at most 32", split_hours, replace(command, shares=(*crowd, (ben, 1))), EVEN)


@given(st.integers(1, MINUTES_PER_PAYMENT_MAX), st.integers(1, SHARES_MAX))
def test_an_even_split_gives_everything_and_no_two_differ_by_more_than_a_minute(minutes, count):
    payees = [bytes([number]) * 32 for number in range(count)]
    if minutes < count:
        refused("less than a minute", even_shares, minutes, payees)
        return
    shares = even_shares(minutes, payees)
    parts = [part for _, part in shares]
    assert [payee for payee, _ in shares] == payees
    assert sum(parts) == minutes
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True), "the rest goes to the first ones"


# --- confirming -----------------------------------------------------------------------------------


def test_who_received_confirms_once(ada, ben, cleo):
    parts = [paid(ada, ben, 40), paid(ada, cleo, 20, confirmed=True)]
    assert confirm_hours(ConfirmHours(person=ben, payment=DRILL), parts) == (
        "hours.confirm",
        HoursConfirm(),
    )
    refused("only who received", confirm_hours, ConfirmHours(person=ada, payment=DRILL), parts)
    refused("confirmed that", confirm_hours, ConfirmHours(person=cleo, payment=DRILL), parts)


# --- correcting -----------------------------------------------------------------------------------


def correct(person, minutes, parts, corrections=(), account=EVEN, payee=None, **named):
    command = CorrectHours(person=person, payment=DRILL, minutes=minutes, payee=payee)
    return correct_hours(command, parts, corrections, account, **named)


def test_too_much_is_paid_back_by_who_received_it(ada, ben):
    draft = correct(ben, 60, [paid(ada, ben, 90, gift=True)])
    expected = HoursPay(payer=ben, payee=ada, minutes=30, corrects=DRILL)
    assert draft == ("hours.pay", expected)
    assert correct(ben, 0, [paid(ada, ben, 90)]).body.minutes == 90
    refused("only who received it can pay some back", correct, ada, 60, [paid(ada, ben, 90)])


def test_too_little_is_added_by_who_paid(ada, ben):
    draft = correct(ada, 120, [paid(ada, ben, 90, gift=True)])
    expected = HoursPay(payer=ada, payee=ben, minutes=30, corrects=DRILL, gift=True)
    assert draft == ("hours.pay", expected)
    refused("only who paid can add", correct, ben, 120, [paid(ada, ben, 90)])


def test_others_correct_nothing_and_what_is_right_needs_nothing(ada, ben, cleo):
    refused("only the two people", correct, cleo, 60, [paid(ada, ben, 90)])
    refused("comes to 1 h 30 min already", correct, ada, 90, [paid(ada, ben, 90)])
    refused("not paid by it", correct, ada, 60, [paid(ada, ben, 90)], payee=cleo)


def test_earlier_corrections_are_taken_into_account(ada, ben, cleo):
    back = paid(ben, ada, 30, b"1" * 16, corrects=DRILL)
    of_another = paid(ben, ada, 30, b"2" * 16, corrects=b"x" * 16)
    by_others = paid(cleo, ada, 30, b"3" * 16, corrects=DRILL)
    known = (back, of_another, by_others)
    assert corrected_minutes(paid(ada, ben, 90), known) == 60
    refused("comes to 1 h already", correct, ben, 60, [paid(ada, ben, 90)], known)
    assert correct(ada, 90, [paid(ada, ben, 90)], known).body.minutes == 30
    assert correct(ben, 0, [paid(ada, ben, 90)], known).body.minutes == 60


def test_a_correction_is_not_corrected_but_the_first_payment(ada, ben, cleo):
    first = paid(ada, ben, 90, b"f" * 16)
    back = paid(ben, ada, 30, corrects=b"f" * 16)
    refused("correct the first payment, 6666", correct, ben, 10, [back], corrected=[first])
    elsewhere = paid(cleo, ada, 90, b"f" * 16)
    assert correct(ben, 40, [back], corrected=[elsewhere]).body.minutes == 10, "it names nothing"


def test_a_split_is_corrected_for_each_who_was_paid(ada, ben, cleo):
    parts = [paid(ada, ben, 40), paid(ada, cleo, 20, place=1)]
    assert correct(cleo, 10, parts).body == HoursPay(
        payer=cleo, payee=ada, minutes=10, corrects=DRILL
    )
    assert correct(ada, 50, parts, payee=ben).body.minutes == 10
    refused("say whose part", correct, ada, 50, parts)
    refused("only the two people", correct, ben, 10, parts, payee=cleo)


def test_paying_back_is_never_too_much_and_adding_may_be(ada, ben):
    spent = Account(-1200)
    assert correct(ben, 0, [paid(ada, ben, 90)], account=spent).body.minutes == 90
    refused("is 20 h; first give", correct, ada, 120, [paid(ada, ben, 90)], account=spent)


def test_a_correction_is_no_larger_than_a_payment(ada, ben):
    most = MINUTES_PER_PAYMENT_MAX
    rich = Account(most, NO_LIMITS)
    refused("at most 10000 hours", correct, ada, most + 1, [paid(ada, ben, 90)], account=rich)
    more = [paid(ada, ben, most, bytes([n]) * 16, corrects=DRILL) for n in range(2)]
    refused("at most 10000 hours", correct, ben, 0, [paid(ada, ben, most)], more)


@given(
    st.integers(1, 500),
    st.lists(st.tuples(st.integers(0, 500), st.booleans()), max_size=6),
)
def test_after_a_correction_the_payment_comes_to_what_was_said(ada, ben, first, wishes):
    """Whoever has to sign does; whatever was said before, the last word is what was paid."""
    part = paid(ada, ben, first)
    signed = []
    for number, (minutes, tried_by_payer) in enumerate(wishes):
        people = (ada, ben) if tried_by_payer else (ben, ada)
        for person in people:
            try:
                kind, body = correct(person, minutes, [part], signed, Account(10_000))
            except DomainError:
                continue
            assert kind == "hours.pay"
            identifier = bytes([number]) * 16
            signed.append(
                paid(body.payer, body.payee, body.minutes, identifier, corrects=body.corrects)
            )
        assert corrected_minutes(part, signed) == minutes
        assert balances([part, *signed]) == {ada: -minutes, ben: minutes}
