"""Instants as ISO 8601 text, whatever somebody signed."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.instants import LAST_SECOND, iso, iso_or_none
from p2pshare.limits import INTEGER_MAX


@given(st.integers(-INTEGER_MAX, INTEGER_MAX))
def test_any_instant_is_read_again_to_the_second(time_ms: int) -> None:
    text = iso(time_ms)
    assert len(text) == len("2026-11-23T00:06:15Z")
    second = min(max(0, time_ms // 1000), LAST_SECOND)
    assert datetime.fromisoformat(text).timestamp() == second


@given(st.integers(0, INTEGER_MAX), st.integers(0, INTEGER_MAX))
def test_texts_sort_as_instants_do(first: int, second: int) -> None:
    assert (iso(first) < iso(second)) <= (first < second)


@pytest.mark.parametrize("time_ms", [0, 1_795_392_375_999])
def test_what_is_not_known_is_none(time_ms: int) -> None:
    assert iso_or_none(time_ms) == iso(time_ms)
    assert iso_or_none(None) is None
