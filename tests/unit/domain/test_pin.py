"""PINs: which are possible, and that guessing takes longer than anybody stands at a desk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.pin import clean_pin, remaining_ms, wait_ms
from p2pshare.errors import DomainError
from p2pshare.limits import (
    PIN_DIGITS_MAX,
    PIN_DIGITS_MIN,
    PIN_TRIES_FREE,
    PIN_WAIT_FIRST_MS,
    PIN_WAIT_MAX_MS,
)

DAY_MS = 24 * 60 * 60 * 1000


@pytest.mark.parametrize("pin", ["4711", " 0815 ", "13579246"])
def test_a_pin(pin: str) -> None:
    assert clean_pin(pin) == pin.strip()


@pytest.mark.parametrize(
    "pin", ["", "471", "471147114", "47a1", "4 711", "٤٧١١", "4711\n1", "-471"]
)
def test_both_sides_of_the_length_and_nothing_but_digits(pin: str) -> None:
    with pytest.raises(DomainError, match="4 to 8 digits"):
        clean_pin(pin)


@pytest.mark.parametrize("pin", ["0000", "7777777", "1234", "34567", "4321", "098765", "7890"])
def test_the_first_guesses_are_refused(pin: str) -> None:
    with pytest.raises(DomainError, match="among the first"):
        clean_pin(pin)


def test_how_long_a_wrong_pin_makes_wait() -> None:
    assert [wait_ms(wrong) for wrong in range(PIN_TRIES_FREE)] == [0] * PIN_TRIES_FREE
    minutes = [wait_ms(PIN_TRIES_FREE + more) // 60_000 for more in range(8)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert wait_ms(PIN_TRIES_FREE) == PIN_WAIT_FIRST_MS
    assert wait_ms(10**6) == PIN_WAIT_MAX_MS
    assert (PIN_DIGITS_MIN, PIN_DIGITS_MAX) == (4, 8)


@given(st.lists(st.integers(0, 2**53), max_size=30), st.integers(0, 2**53))
def test_nobody_waits_longer_than_the_whole_whatever_the_clock_does(
    wrong_at: list[int], now_ms: int
) -> None:
    remaining = remaining_ms(wrong_at, now_ms)
    assert 0 <= remaining <= wait_ms(len(wrong_at))
    if wrong_at and now_ms <= wrong_at[-1]:
        assert remaining == wait_ms(len(wrong_at))
    assert remaining_ms(wrong_at, now_ms + remaining) == 0 or now_ms < wrong_at[-1]


def test_who_guesses_without_a_pause_gets_far_in_no_time_worth_the_while() -> None:
    """Tries as early as is possible, for a week: about a sixtieth of the PINs of four digits."""
    wrong_at: list[int] = []
    now_ms = 0
    while now_ms < 7 * DAY_MS:
        now_ms += remaining_ms(wrong_at, now_ms)
        wrong_at.append(now_ms)
    assert 100 < len(wrong_at) < 10_000 / 50
