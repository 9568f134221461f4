"""Instants as text."""

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.cli.times import ago, iso, iso_or_none, local
from p2pshare.limits import INTEGER_MAX


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_392_375_999, "2026-11-23T00:06:15Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59Z"),
        (253_402_300_800_000, "9999-12-31T23:59:59Z"),
    ],
)
def test_iso(time_ms: int, text: str) -> None:
    assert iso(time_ms) == iso_or_none(time_ms) == text


def test_an_unknown_instant_stays_unknown() -> None:
    assert iso_or_none(None) is None


@given(st.integers(0, INTEGER_MAX), st.integers(-14 * 60, 14 * 60))
def test_no_instant_is_too_great(time_ms: int, minutes: int) -> None:
    assert len(iso(time_ms)) == 20
    assert len(local(time_ms, timezone(timedelta(minutes=minutes)))) == 16


def test_local_is_the_clock_on_the_wall() -> None:
    assert local(1_795_392_375_999, UTC) == "2026-11-23 00:06"
    assert local(1_795_392_375_999, timezone(timedelta(hours=2))) == "2026-11-23 02:06"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86_400, "1 day ago"),
    ],
)
def test_ago(seconds: int, said: str) -> None:
    assert ago(1_000_000_000, 1_000_000_000 + seconds * 1000) == said
