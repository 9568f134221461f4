"""node.local_zone: this computer's clocks in summer and in winter."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.days import day_of, end_of_day_ms, instant_ms, minute_of
from p2pshare.node.local_zone import LOCAL_ZONE

LivesIn = Callable[[str], ZoneInfo]


@pytest.fixture
def lives_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[LivesIn]:
    def move(name: str) -> ZoneInfo:
        monkeypatch.setenv("TZ", name)
        time.tzset()
        return ZoneInfo(name)

    yield move
    monkeypatch.undo()
    time.tzset()


PLACES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


@pytest.mark.parametrize("place", PLACES)
def test_it_is_the_zone_of_the_place(place: str, lives_in: LivesIn) -> None:
    zone = lives_in(place)

    @given(st.integers(31_622_400_000, 2_100_000_000_000))
    def same(time_ms: int) -> None:
        assert day_of(time_ms, LOCAL_ZONE) == day_of(time_ms, zone)
        assert minute_of(time_ms, LOCAL_ZONE) == minute_of(time_ms, zone)
        there = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(LOCAL_ZONE)
        assert there.timestamp() == pytest.approx(time_ms / 1000)
        assert there.utcoffset() == there.astimezone(zone).utcoffset()

    same()


def test_a_loan_is_due_at_midnight_in_winter_though_it_was_asked_for_in_summer(
    lives_in: LivesIn,
) -> None:
    zone = lives_in("Europe/Berlin")
    for day in ("2026-07-01", "2026-10-25", "2026-12-01", "2026-03-29"):
        assert end_of_day_ms(day, LOCAL_ZONE) == end_of_day_ms(day, zone)
        for minute in (0, 150, 1080, 1440):
            assert instant_ms(day, minute, LOCAL_ZONE) == instant_ms(day, minute, zone)


@pytest.mark.parametrize("place", PLACES)
def test_the_ends_of_the_calendar(place: str, lives_in: LivesIn) -> None:
    lives_in(place)
    for day in ("1970-01-01", "1972-02-29", "9996-02-29", "9999-12-31"):
        assert instant_ms(day, 1440, LOCAL_ZONE) > 0
        assert end_of_day_ms(day, LOCAL_ZONE) > 0


def test_without_a_moment_there_is_no_offset(lives_in: LivesIn) -> None:
    lives_in("Europe/Berlin")
    assert LOCAL_ZONE.utcoffset(None) is LOCAL_ZONE.dst(None) is LOCAL_ZONE.tzname(None) is None
    summer = datetime(2026, 7, 1, 12, tzinfo=LOCAL_ZONE)
    assert (summer.tzname(), summer.utcoffset()) == ("CEST", timedelta(hours=2))
