"""Whom to dial and when, as a script with a clock of its own."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.net.peers import (
    BACKOFF_SECONDS_MAX,
    ENDPOINTS_PER_TARGET_MAX,
    FAILURES_MAX,
    FIRST_DIAL_SECONDS,
    PeerBook,
    Source,
)
from p2pshare.net.transport import Endpoint

OWN, ADA, BEN = bytes(32), bytes([1]) * 32, bytes([2]) * 32
HERE, THERE = Endpoint("192.168.1.2", 7000), Endpoint("192.168.1.3", 7000)
LATER = 10_000.0


def book(**options):
    return PeerBook(OWN, Random(1), **options)


def test_a_typed_address_is_dialled_at_once_and_a_discovered_one_in_a_moment() -> None:
    peers = book()
    peers.typed(HERE, 0.0)
    peers.discovered("ada", [THERE], 0.0)
    assert [target.endpoint for target in peers.due(0.0)] == [HERE]
    assert 0 < peers.next_due() <= FIRST_DIAL_SECONDS
    assert [target.endpoint for target in peers.due(FIRST_DIAL_SECONDS)] == [THERE]
    assert peers.next_due() is None


def test_a_remembered_one_is_pinned_and_the_own_is_never_remembered() -> None:
    peers = book()
    peers.remembered(ADA, [HERE], 0.0)
    peers.remembered(OWN, [THERE], 0.0)
    (target,) = peers.due(LATER)
    assert (target.expected_device, target.source) == (ADA, Source.REMEMBERED)


def test_at_most_eight_are_held_and_typed_ones_come_first() -> None:
    peers = book()
    for number in range(30):
        peers.discovered(f"n{number}", [Endpoint("10.0.0.1", 1 + number)], 0.0)
    peers.typed(HERE, 0.0)
    first = peers.due(LATER)
    assert len(first) == 8
    assert HERE in [target.endpoint for target in first]
    assert peers.due(LATER) == []
    peers.succeeded(first[0], ADA)
    assert peers.due(LATER) == []
    peers.unlinked(ADA, LATER)
    assert peers.due(LATER + 9) == []
    peers.ended(first[0])
    assert len(peers.due(LATER)) == 1


def test_the_choice_is_random() -> None:
    chosen = set()
    for seed in range(20):
        peers = PeerBook(OWN, Random(seed))
        for number in range(30):
            peers.discovered(f"n{number}", [Endpoint("10.0.0.1", 1 + number)], 0.0)
        chosen |= {target.name for target in peers.due(LATER)}
    assert len(chosen) > 25


def test_one_place_known_twice_is_dialled_once() -> None:
    peers = book()
    peers.discovered("ada", [HERE], 0.0)
    peers.remembered(ADA, [HERE], 0.0)
    peers.typed(HERE, 0.0)
    assert [target.source for target in peers.due(LATER)] == [Source.TYPED]
    assert peers.due(LATER) == []


def test_no_dial_to_a_device_that_is_linked() -> None:
    peers = book()
    peers.remembered(ADA, [HERE], 0.0)
    peers.linked(ADA)
    assert peers.due(LATER) == []
    assert peers.next_due() is None
    peers.unlinked(ADA, LATER)
    assert peers.due(LATER) == []
    assert len(peers.due(LATER + 1)) == 1


def test_who_was_met_behind_an_endpoint_is_left_alone_while_linked() -> None:
    peers = book()
    peers.discovered("x", [HERE], 0.0)
    (target,) = peers.due(LATER)
    peers.linked(ADA)
    peers.met(target, ADA, LATER)
    assert peers.due(LATER + 100) == []
    peers.unlinked(ADA, LATER + 100)
    assert len(peers.due(LATER + 102)) == 1


def test_oneself_is_met_once() -> None:
    peers = book()
    peers.typed(HERE, 0.0)
    (target,) = peers.due(0.0)
    peers.met(target, OWN, 0.0)
    assert peers.next_due() is None
    assert peers.due(LATER) == []


def test_failures_are_tried_less_and_less_often_and_then_forgotten() -> None:
    peers = book()
    peers.discovered("x", [HERE], 0.0)
    now, waits = 1.0, []
    for number in range(1, FAILURES_MAX + 1):
        (target,) = peers.due(now)
        forgotten = peers.failed(target, now)
        assert forgotten == (number == FAILURES_MAX)
        if not forgotten:
            waits.append(target.not_before - now)
            now = target.not_before
    assert all(wait <= BACKOFF_SECONDS_MAX for wait in waits)
    assert waits[0] <= 2
    assert waits[-1] >= BACKOFF_SECONDS_MAX / 2
    assert len(peers) == 0


def test_what_a_person_typed_is_never_forgotten() -> None:
    peers = book()
    peers.typed(HERE, 0.0)
    now = 0.0
    for _ in range(100):
        (target,) = peers.due(now)
        assert not peers.failed(target, now)
        now = peers.next_due()
    assert target.not_before <= now + BACKOFF_SECONDS_MAX


def test_a_failing_endpoint_gives_the_turn_to_the_next() -> None:
    peers = book()
    peers.discovered("x", [HERE, THERE], 0.0)
    seen = []
    now = 1.0
    for _ in range(4):
        (target,) = peers.due(now)
        seen.append(target.endpoint)
        peers.failed(target, now)
        now = target.not_before
    assert seen == [HERE, THERE, HERE, THERE]


def test_another_network_is_another_chance() -> None:
    peers = book()
    peers.typed(HERE, 0.0)
    now = 0.0
    for _ in range(8):
        (target,) = peers.due(now)
        peers.failed(target, now)
        now = peers.next_due()
    peers.network_changed(now - 20)
    assert peers.next_due() <= now - 20 + FIRST_DIAL_SECONDS
    assert target.failures == 0


def test_a_new_address_of_a_known_instance_is_tried_soon() -> None:
    peers = book()
    peers.discovered("x", [HERE], 0.0)
    (target,) = peers.due(1.0)
    peers.failed(target, 1.0)
    peers.discovered("x", [HERE], 1.1)
    assert peers.due(1.1) == []
    peers.discovered("x", [THERE], 1.2)
    assert [one.endpoint for one in peers.due(1.2)] == [THERE]


def test_goodbye_ends_the_dialling() -> None:
    peers = book()
    peers.discovered("x", [HERE], 0.0)
    peers.gone("x")
    peers.gone("unknown")
    assert peers.due(LATER) == []


def test_coming_and_going_by_mdns_gets_nobody_more_dials() -> None:
    peers = book(dialled_max=2)
    for number in range(50):
        peers.discovered(str(number), [Endpoint("10.0.0.1", number + 1)], 0.0)
        for target in peers.due(LATER):
            peers.succeeded(target, bytes([number + 1]) * 32)
        peers.gone(str(number))
    assert len(peers) == sum(target.held for target in peers.targets) == 2
    for target in peers.targets:
        peers.ended(target)
    assert len(peers) == 0


def test_an_instance_without_endpoints_is_nothing() -> None:
    peers = book()
    peers.discovered("x", [], 0.0)
    assert len(peers) == 0


def test_endpoints_of_one_target_are_bounded() -> None:
    peers = book()
    peers.discovered("x", [Endpoint("10.0.0.1", port) for port in range(1, 50)], 0.0)
    (target,) = peers.targets
    assert len(target.endpoints) == ENDPOINTS_PER_TARGET_MAX


def test_a_flood_cannot_grow_the_book_nor_push_out_what_was_typed_or_remembered() -> None:
    peers = book(targets_max=20)
    peers.typed(HERE, 0.0)
    peers.remembered(ADA, [THERE], 0.0)
    for number in range(1000):
        peers.discovered(f"n{number}", [Endpoint("10.0.0.1", 1 + number)], 0.0)
    assert len(peers) == 21
    sources = [target.source for target in peers.targets]
    assert sources.count(Source.TYPED) == sources.count(Source.REMEMBERED) == 1
    peers.remembered(BEN, [Endpoint("10.0.0.2", 1)], 0.0)
    assert len(peers) == 21


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=120), st.randoms())
def test_any_history_keeps_the_limits(history, random) -> None:
    peers = PeerBook(OWN, random, dialled_max=3, targets_max=8)
    now = 0.0
    dialling, held = [], []
    for what, number in history:
        now += 0.5
        device = bytes([number + 1]) * 32
        if what == 0:
            peers.discovered(str(number), [Endpoint("10.0.0.1", number + 1)], now)
        elif what == 1:
            peers.gone(str(number))
        elif what == 2:
            dialling += peers.due(now)
        elif what == 3 and dialling:
            peers.failed(dialling.pop(), now)
        elif what == 4 and dialling:
            target = dialling.pop()
            peers.succeeded(target, device)
            held.append((target, device))
        elif what == 5 and held:
            target, device = held.pop()
            peers.unlinked(device, now)
            peers.ended(target)
        assert len(dialling) + len(held) <= 3
        assert len(peers) <= 8


@pytest.mark.parametrize("now", [0.0, 5.0])
def test_next_due_never_names_what_is_being_dialled(now) -> None:
    peers = book()
    peers.typed(HERE, now)
    assert peers.next_due() == now
    peers.due(now)
    assert peers.next_due() is None
