"""Wrong PINs are counted where no restart and no other process forgets them."""

import os
import stat
from pathlib import Path

import pytest

from p2pshare.clock import ManualClock
from p2pshare.errors import KeyLocked, NodeError, TooManyTries
from p2pshare.limits import PIN_OPEN_SECONDS_MAX, PIN_TRIES_FREE
from p2pshare.node.keystore import KeyStore
from p2pshare.node.pins import PinGuard, has_pin

MINUTE_MS = 60_000
BEN = b"b" * 32


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


def guess(store: KeyStore, person: bytes, count: int = PIN_TRIES_FREE) -> None:
    for number in range(count):
        with pytest.raises(KeyLocked, match="does not open"):
            store.unlock(person, b"%04d" % number)


def test_after_some_wrong_ones_even_the_right_one_waits(tmp_path: Path, clock: ManualClock) -> None:
    store = KeyStore(tmp_path, clock=clock)
    ben = store.add_person(b"4711", pin=True).public
    store.lock(ben)
    guess(store, ben)
    for wait in (1, 2, 4):
        with pytest.raises(
            TooManyTries, match="wait a minute" if wait == 1 else f"wait {wait} min"
        ):
            store.unlock(ben, b"4711")
        clock.advance(wait * 60 - 0.001)
        with pytest.raises(TooManyTries, match="wait a minute"):
            store.unlock(ben, b"4711")
        clock.advance(0.001)
        guess(store, ben, 1)
    clock.advance(8 * 60)
    store.unlock(ben, b"4711")
    store.lock(ben)
    guess(store, ben, PIN_TRIES_FREE - 1)  # counted from the beginning again
    store.unlock(ben, b"4711")


def test_a_pin_is_asked_for_again_after_a_while(tmp_path: Path, clock: ManualClock) -> None:
    store = KeyStore(tmp_path, clock=clock)
    ben = store.add_person(b"4711", pin=True).public
    ada = store.add_person(b"correct horse").public
    clock.advance(PIN_OPEN_SECONDS_MAX - 1)
    assert store.person_key(ben).public == ben
    clock.advance(1)
    with pytest.raises(KeyLocked, match="give the passphrase or PIN"):
        store.person_key(ben)
    assert store.person_key(ada).public == ada
    store.unlock(ben, b"4711")
    clock.advance(PIN_OPEN_SECONDS_MAX - 1)
    assert store.person_key(ben).public == ben
    store.lock(ben)
    with pytest.raises(KeyLocked):
        store.person_key(ben)


def test_another_process_knows_of_it(tmp_path: Path, clock: ManualClock) -> None:
    ben = KeyStore(tmp_path, clock=clock).add_person(b"4711", pin=True).public
    for number in range(PIN_TRIES_FREE):
        guess(KeyStore(tmp_path, clock=clock), ben, 1)
        assert number < PIN_TRIES_FREE
    with pytest.raises(TooManyTries):
        KeyStore(tmp_path, clock=clock).unlock(ben, b"4711")
    with pytest.raises(TooManyTries):
        KeyStore(tmp_path, lambda _: b"4711", clock).person_key(ben)
    clock.advance(60)
    assert KeyStore(tmp_path, lambda _: b"4711", clock).person_key(ben).public == ben


def test_a_pin_that_is_handed_over_is_tried_once(tmp_path: Path, clock: ManualClock) -> None:
    ben = KeyStore(tmp_path, clock=clock).add_person(b"4711", pin=True).public
    right = KeyStore(tmp_path, lambda _: b"4711", clock)
    feed = right.add_feed(ben)
    assert right.feed_key(feed.public, ben).public == feed.public
    wrong = KeyStore(tmp_path, lambda _: b"1147", clock)
    for _ in range(PIN_TRIES_FREE):
        with pytest.raises(KeyLocked, match="does not open"):
            wrong.feed_key(feed.public, ben)
    right_again = KeyStore(tmp_path, lambda _: b"4711", clock)
    with pytest.raises(TooManyTries):
        right_again.feed_key(feed.public, ben)
    assert right.feed_key(feed.public, ben).public == feed.public, "it was proven before"


def test_passphrases_and_open_keys_are_not_counted(tmp_path: Path, clock: ManualClock) -> None:
    store = KeyStore(tmp_path, clock=clock)
    ada = store.add_person(b"correct horse").public
    store.lock(ada)
    guess(store, ada, 2 * PIN_TRIES_FREE)
    store.unlock(ada, b"correct horse")
    cyn = store.add_person().public
    store.unlock(cyn, b"whatever")
    assert store.person_key(cyn).public == cyn
    assert [store.has_pin(one) for one in (ada, cyn)] == [False, False]


def test_the_clock_set_back_locks_nobody_out_for_long(tmp_path: Path, clock: ManualClock) -> None:
    store = KeyStore(tmp_path, clock=clock)
    ben = store.add_person(b"4711", pin=True).public
    store.lock(ben)
    guess(store, ben)
    early = ManualClock(clock.time_ms() - 1000 * MINUTE_MS)
    with pytest.raises(TooManyTries, match="wait a minute"):
        KeyStore(tmp_path, clock=early).unlock(ben, b"4711")


def test_what_is_no_time_counts_as_a_wrong_pin_of_now(tmp_path: Path, clock: ManualClock) -> None:
    guard = PinGuard(tmp_path, clock)
    guard.watch(BEN)
    path = next(tmp_path.iterdir())
    path.write_bytes(b"x\n" * (PIN_TRIES_FREE - 1))
    guard.check(BEN)
    path.write_bytes(b"\xff\n" + b"9" * 5000 + b"\n" + b"x\n" * PIN_TRIES_FREE)
    with pytest.raises(TooManyTries, match="wait 4 minutes"):
        guard.check(BEN)
    guard.forget(BEN)
    guard.check(BEN)


def test_who_has_a_pin(tmp_path: Path, clock: ManualClock) -> None:
    guard = PinGuard(tmp_path, clock)
    assert not guard.watches(BEN)
    guard.check(BEN)
    guard.watch(BEN)
    guard.watch(BEN)
    assert guard.watches(BEN)
    assert has_pin(tmp_path, BEN)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_the_file_is_private(tmp_path: Path, clock: ManualClock) -> None:
    PinGuard(tmp_path, clock).watch(BEN)
    assert stat.S_IMODE(next(tmp_path.iterdir()).stat().st_mode) == 0o600


def test_where_none_can_be_counted_none_is_tried(tmp_path: Path, clock: ManualClock) -> None:
    store = KeyStore(tmp_path, clock=clock)
    ben = store.add_person(b"4711", pin=True).public
    store.lock(ben)
    path = tmp_path / f"wrong-pins-{ben.hex()}"
    path.unlink()
    path.mkdir()
    with pytest.raises(NodeError, match="cannot be counted"):
        store.unlock(ben, b"4711")
    with pytest.raises(NodeError, match="cannot be counted"):
        PinGuard(tmp_path, clock).forget(ben)
    with pytest.raises(NodeError, match="cannot be counted"):
        PinGuard(tmp_path, clock).count_try(ben)
