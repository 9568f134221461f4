"""domain.overspending: what was signed apart and past the limit only together, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.overspending import SignedPayment, find_overspent, latest
from p2pshare.limits import OVERSPENDING_LINES_MAX

LIMIT = 1200
LAPTOP, PHONE = b"laptop", b"phone"


def paid(name, minutes, *knew, feed=LAPTOP):
    return SignedPayment(
        entry_id=name.encode().ljust(32, b"."),
        feed=feed,
        minutes=minutes,
        knew=tuple(one.entry_id for one in knew),
    )


def names(payments):
    return [payment.entry_id.rstrip(b".").decode() for payment in payments]


# --- what it is -----------------------------------------------------------------------------------


def test_two_computers_apart_go_past_the_limit_together():
    home = paid("home", 1000)
    market = paid("market", 900, feed=PHONE)
    found = find_overspent(0, [home, market], LIMIT)
    assert (found.by, found.limit, names(found.apart)) == (700, LIMIT, ["home", "market"])


def test_within_the_limit_nobody_is_blamed_for_several_computers():
    payments = [paid("home", 600), paid("market", 600, feed=PHONE)]
    assert find_overspent(0, payments, LIMIT) is None
    assert find_overspent(0, payments, LIMIT - 1).by == 1
    assert find_overspent(0, payments, None) is None


def test_one_computer_past_the_limit_did_it_knowingly():
    first = paid("first", 1000)
    assert find_overspent(0, [first, paid("second", 900, first)], LIMIT) is None


def test_what_knew_of_the_other_computer_did_it_knowingly():
    """A restored backup, or a phone that has met the laptop, goes on in another feed."""
    home = paid("home", 1000)
    assert find_overspent(0, [home, paid("market", 900, home, feed=PHONE)], LIMIT) is None


def test_a_copied_folder_forks_its_feed_and_both_ends_show():
    common = paid("common", 200)
    one, other = paid("one", 700, common), paid("other", 800, common)
    found = find_overspent(0, [common, one, other], LIMIT)
    assert (found.by, names(found.apart)) == (500, ["one", "other"])


def test_a_later_payment_that_names_both_does_not_hide_it():
    home, market = paid("home", 1000), paid("market", 900, feed=PHONE)
    back = paid("paid back", 60, home, market)
    found = find_overspent(0, [home, market, back], LIMIT)
    assert (found.by, names(found.apart)) == (700, ["home", "market"])


def test_it_heals_when_enough_is_received():
    payments = [paid("home", 1000), paid("market", 900, feed=PHONE)]
    assert find_overspent(699, payments, LIMIT).by == 1
    assert find_overspent(700, payments, LIMIT) is None


def test_what_no_longer_counts_still_hands_on_what_it_knew():
    """A revoked payment between two others is no reason to take them for signed apart."""
    home = paid("home", 1000)
    revoked = paid("revoked", 0, home, feed=PHONE)
    market = paid("market", 900, revoked, feed=b"new phone")
    assert find_overspent(0, [home, revoked, market], LIMIT) is None


def test_past_so_many_lines_no_payment_is_taken_to_have_known_of_another():
    def with_lines(count):
        first = paid("first", 20)
        others = [paid(str(number), 20, first, feed=bytes([number])) for number in range(count)]
        return [first, *others, paid("knows all", 20, first, *others)]

    few = with_lines(OVERSPENDING_LINES_MAX)
    assert find_overspent(0, few, 20 * (len(few) - 1)) is None
    many = with_lines(OVERSPENDING_LINES_MAX + 1)
    assert len(find_overspent(0, many, 20 * (len(many) - 1)).apart) == len(many)


# --- against a reading of the words with sets -----------------------------------------------------


@st.composite
def histories(draw):
    """Payments of a few feeds, each after some of those before it, and now and then a fork."""
    payments = []
    for number in range(draw(st.integers(1, 12))):
        knew = draw(st.lists(st.sampled_from(payments), max_size=3)) if payments else []
        payments.append(
            paid(f"{draw(st.integers(0, 2**16))} {number}", draw(st.integers(0, 900)), *knew)
        )
    return payments


def ancestry(payments):
    """Of each entry id, itself and all that it knew, by a walk."""
    found = {}
    for payment in payments:
        found[payment.entry_id] = {payment.entry_id}.union(*(found[one] for one in payment.knew))
    return found


@given(histories(), st.integers(0, 3000), st.integers(0, 2000), st.randoms())
def test_it_says_what_the_words_say_in_any_order(payments, received, limit, randomly):
    knew = ancestry(payments)
    minutes = {payment.entry_id: payment.minutes for payment in payments}

    def balance(entries):
        return received - sum(minutes[one] for one in entries)

    within = [one for one in minutes if balance(knew[one]) >= -limit]
    shuffled = list(payments)
    randomly.shuffle(shuffled)
    found = find_overspent(received, shuffled, limit)
    if balance(within) >= -limit:
        assert found is None
        return
    assert found.by == -limit - balance(within)
    last = [one for one in within if not any(one in knew[o] for o in within if o != one)]
    assert len(last) > 1
    shared = set.intersection(*(knew[one] for one in last))
    expected = sorted(one for one in within if one not in shared and minutes[one])
    assert [one.entry_id for one in found.apart] == expected


@given(histories(), st.randoms())
def test_the_latest_are_those_nobody_knew_of(payments, randomly):
    knew = ancestry(payments)
    expected = sorted(
        one.entry_id
        for one in payments
        if not any(one.entry_id in knew[o.entry_id] for o in payments if o is not one)
    )
    randomly.shuffle(payments)
    assert latest(payments) == expected


@given(histories(), st.integers(0, 3000))
def test_one_computer_that_knows_all_it_wrote_never_overspends_apart(payments, received):
    chain = []
    for payment in payments:
        before = (chain[-1].entry_id,) if chain else ()
        chain.append(replace(payment, knew=before))
    assert find_overspent(received, chain, LIMIT) is None


@pytest.mark.parametrize("limit", [0, LIMIT])
def test_nothing_paid_is_nothing_overspent(limit):
    assert find_overspent(0, [], limit) is None
    assert find_overspent(60, [], limit) is None


# --- a life of several computers that keep to the rule --------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "pay", "pay", "pay", "receive", "meet"]),
        st.integers(0, 2),
        st.integers(1, 6).map(lambda part: part * 150),
    ),
    min_size=6,
    max_size=40,
)


class Computer:
    """One of somebody's computers: what it holds, and the rule that it keeps."""

    def __init__(self):
        self.received, self.payments = {}, {}
        self.last = None

    def pay(self, name, minutes, feed):
        balance = sum(self.received.values()) - sum(one.minutes for one in self.payments.values())
        if balance - minutes < -LIMIT:
            return
        knew = {*latest(self.payments.values()), *([] if self.last is None else [self.last])}
        payment = SignedPayment(name.encode().ljust(32, b"."), feed, minutes, tuple(knew))
        self.payments[payment.entry_id] = payment
        self.last = payment.entry_id

    def take_all_of(self, other):
        self.received.update(other.received)
        self.payments.update(other.payments)


@given(STEPS)
def test_who_keeps_to_the_rule_is_past_the_limit_only_by_signing_apart(steps):
    computers = [Computer() for _ in range(3)]
    for number, (what, place, minutes) in enumerate(steps):
        computer = computers[place]
        if what == "pay":
            computer.pay(str(number), minutes, bytes([place]))
        elif what == "receive":
            computer.received[number] = minutes
        else:
            computer.take_all_of(computers[minutes // 150 % 3])
    together = Computer()
    for computer in computers:
        alone = sum(computer.received.values())
        paid_here = list(computer.payments.values())
        if len({payment.feed for payment in paid_here}) == 1:
            assert find_overspent(alone, paid_here, LIMIT) is None, "no computer sees it alone"
        together.take_all_of(computer)
    received = sum(together.received.values())
    payments = list(together.payments.values())
    past = sum(payment.minutes for payment in payments) - received - LIMIT
    found = find_overspent(received, payments, LIMIT)
    assert (0 if found is None else found.by) == max(0, past)
    if found is not None:
        assert len({payment.feed for payment in found.apart}) > 1
