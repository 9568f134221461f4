"""Instants as text."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.cli.times import ago, instant, iso, iso_or_none, local
from p2pshare.domain.days import Zone
from p2pshare.errors import DomainError
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
    ("typed", "zone", "is_that"),
    [
        ("2026-11-23T00:06:15Z", 120, "2026-11-23T00:06:15Z"),
        ("2026-11-23T02:06:15+02:00", 0, "2026-11-23T00:06:15Z"),
        ("2026-11-23T02:06", 120, "2026-11-23T00:06:00Z"),
        ("2026-11-23 02:06", timezone(timedelta(hours=2)), "2026-11-23T00:06:00Z"),
        ("2026-07-01T02:00", ZoneInfo("Europe/Berlin"), "2026-07-01T00:00:00Z"),
        ("2026-11-23", 60, "2026-11-23T22:59:59Z"),
        ("1970-01-01T00:30", 60, "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59-14:00", 0, "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_as_it_is_typed(typed: str, zone: Zone, is_that: str) -> None:
    assert iso(instant(typed, zone)) == is_that


@pytest.mark.parametrize("typed", ["", "tomorrow", "18:00", "2026-13-01T00:00", "1969-12-31T12:00"])
def test_what_is_no_instant_is_refused(typed: str) -> None:
    with pytest.raises(DomainError, match="like 2026-11-2"):
        instant(typed, 0)


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
