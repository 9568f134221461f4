"""The system's clock tells the time; the manual one only what it was told."""

import time

import pytest

from p2pshare.clock import Clock, ManualClock, SystemClock


def test_system_clock_is_this_computers() -> None:
    clock: Clock = SystemClock()
    before = time.time_ns() // 1_000_000
    assert before <= clock.time_ms() <= time.time_ns() // 1_000_000
    assert clock.monotonic() <= time.monotonic()


def test_manual_clock_stands_still_until_told() -> None:
    clock: Clock = ManualClock(start_ms=5_000)
    assert [clock.time_ms(), clock.time_ms()] == [5_000, 5_000]
    assert clock.monotonic() == 0.0


def test_manual_clock_moves_both() -> None:
    clock = ManualClock(start_ms=5_000)
    clock.advance(1.5)
    clock.advance(0)
    assert (clock.time_ms(), clock.monotonic()) == (6_500, 1.5)


def test_manual_clock_never_goes_back() -> None:
    clock = ManualClock()
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    assert clock.monotonic() == 0.0
