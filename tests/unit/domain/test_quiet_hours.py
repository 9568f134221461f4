"""domain.quiet_hours: what is quiet, and when that is over."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.days import DAY_MS, minute_of
from p2pshare.domain.quiet_hours import (
    NO_QUIET_HOURS,
    QUIET_HOURS,
    QuietHours,
    clock_text,
    parse_quiet_hours,
)
from p2pshare.errors import DomainError

MINUTES = st.integers(0, 1439)
TIMES = st.integers(DAY_MS, 4_000_000_000_000)
ZONES = st.one_of(
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from([UTC, *map(ZoneInfo, ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo"))]),
)


def at(text, zone=UTC):
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_the_night_is_quiet_and_the_day_is_not():
    assert QUIET_HOURS.over_ms(at("2026-11-23T20:59:59"), 0) == at("2026-11-23T20:59:59")
    assert QUIET_HOURS.over_ms(at("2026-11-23T21:00:00"), 0) == at("2026-11-24T08:00:00")
    assert QUIET_HOURS.over_ms(at("2026-11-24T07:59:59"), 0) == at("2026-11-24T08:00:00")
    assert QUIET_HOURS.over_ms(at("2026-11-24T08:00:00"), 0) == at("2026-11-24T08:00:00")
    nap = QuietHours(13 * 60, 15 * 60)
    assert nap.over_ms(at("2026-11-24T13:30:00"), 0) == at("2026-11-24T15:00:00")
    assert nap.over_ms(at("2026-11-24T15:00:00"), 0) == at("2026-11-24T15:00:00")


@given(TIMES, MINUTES, MINUTES, ZONES)
def test_it_is_over_soon_and_then_it_is_not_quiet(time_ms, begins, ends, zone):
    quiet = QuietHours(begins, ends)
    over_ms = quiet.over_ms(time_ms, zone)
    assert time_ms <= over_ms <= time_ms + DAY_MS + 60 * 60 * 1000
    assert not quiet.covers(over_ms, zone)
    assert (over_ms == time_ms) == (not quiet.covers(time_ms, zone))


@given(TIMES, st.integers(0, 2 * DAY_MS), MINUTES, MINUTES, ZONES)
def test_what_came_first_is_told_first(time_ms, later, begins, ends, zone):
    quiet = QuietHours(begins, ends)
    if isinstance(zone, int):
        assert quiet.over_ms(time_ms, zone) <= quiet.over_ms(time_ms + later, zone)


@given(TIMES, MINUTES, MINUTES)
def test_it_begins_at_its_first_minute_and_not_at_its_last(time_ms, begins, ends):
    quiet = QuietHours(begins, ends)
    covered = (minute_of(time_ms, 0) - begins) % 1440 < (ends - begins) % 1440
    assert quiet.covers(time_ms, 0) == covered


@given(TIMES, ZONES)
def test_without_quiet_hours_nothing_waits(time_ms, zone):
    assert NO_QUIET_HOURS.over_ms(time_ms, zone) == time_ms


def test_the_hour_that_comes_twice_ends_once():
    berlin = ZoneInfo("Europe/Berlin")
    quiet = QuietHours(22 * 60, 2 * 60 + 30)
    second_two_ten = at("2026-10-25T01:10:00")
    assert quiet.covers(second_two_ten, berlin)
    assert quiet.over_ms(second_two_ten, berlin) == at("2026-10-25T01:30:00")


@given(MINUTES, MINUTES)
def test_what_is_written_is_read_again(begins, ends):
    quiet = QuietHours(begins, ends)
    read = parse_quiet_hours(str(quiet))
    assert read == quiet if begins != ends else read == NO_QUIET_HOURS


def test_how_it_may_be_written():
    assert parse_quiet_hours(" 9:00 \u2013 17:30 ") == QuietHours(9 * 60, 17 * 60 + 30)
    assert parse_quiet_hours("21:00 08:00") == QUIET_HOURS
    assert parse_quiet_hours("OFF") == NO_QUIET_HOURS
    assert clock_text(24 * 60) == "24:00"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at night", "written like 21:00-08:00"),
        ("21:00", "written like"),
        ("24:00-08:00", "24:00 is no time of day"),
        ("21:00-07:60", "07:60 is no time of day"),
        ("21:00-21:00", "off turns them off"),
        ("٢١:00-08:00", "written like"),
    ],
)
def test_everything_else_is_refused(text, said):
    with pytest.raises(DomainError, match=said):
        parse_quiet_hours(text)
