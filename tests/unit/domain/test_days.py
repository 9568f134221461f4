"""domain.days: strict days, their ends, and periods."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain import days
from p2pshare.domain.days import Span
from p2pshare.errors import DomainError


class SummerEnds(tzinfo):
    """Two hours east of UTC until 2026-10-25 03:00 local, one hour from then on (Berlin's rule)."""

    def utcoffset(self, moment):
        local = (moment.year, moment.month, moment.day, moment.hour)
        return timedelta(hours=2 if local < (2026, 10, 25, 3) else 1)

    def dst(self, moment):
        return self.utcoffset(moment) - timedelta(hours=1)


SOME_DAY = st.dates(date(1970, 1, 1), date(9999, 12, 31)).map(date.isoformat)


@pytest.mark.parametrize("text", ["1970-01-01", "2024-02-29", "9999-12-31"])
def test_real_days(text):
    assert days.is_day(text)
    assert days.format_day(days.parse_day(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *["1969-12-31", "2023-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "2026-1-1"],
        *["20261123", "2026-W48-1", "2026-11-23\n", " 2026-11-23", "٢٠٢٦-11-23", "", "tomorrow"],
    ],
)
def test_everything_else_is_no_day(text):
    assert not days.is_day(text)
    with pytest.raises(DomainError, match="the last day must be a date like"):
        days.parse_day(text, "the last day")


@given(st.text())
def test_is_day_never_raises(text):
    days.is_day(text)


def test_adding_days_stops_where_the_calendar_does():
    assert days.add_days("2024-02-28", 2) == "2024-03-01"
    assert days.add_days("2024-03-01", -1) == "2024-02-29"
    with pytest.raises(DomainError, match="beyond the calendar"):
        days.add_days("9999-12-31", 1)
    with pytest.raises(DomainError, match="before 1970"):
        days.add_days("1970-01-01", -1)


def test_the_end_of_a_day_by_offset():
    assert days.end_of_day_ms("1970-01-01", 0) == days.DAY_MS - 1
    assert days.end_of_day_ms("1970-01-02", 60) == 2 * days.DAY_MS - 1 - 3_600_000
    assert days.end_of_day_ms("1970-01-01", 14 * 60) == 10 * 3_600_000 - 1


def test_the_end_of_a_day_when_summer_time_ends():
    berlin = SummerEnds()
    # 2026-10-25 has 25 hours in Berlin: it ends at 23:00 UTC, the day before at 22:00 UTC.
    ends = datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert days.end_of_day_ms("2026-10-25", berlin) == int(ends.timestamp() * 1000) - 1
    before = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert days.end_of_day_ms("2026-10-24", berlin) == int(before.timestamp() * 1000) - 1


@given(SOME_DAY, st.sampled_from([0, 60, -210, 345, UTC]))
def test_the_last_millisecond_belongs_to_the_day_and_the_next_does_not(day, zone):
    if not "1970-01-02" <= day <= "9999-12-29":
        return
    end = days.end_of_day_ms(day, zone)
    assert days.day_of(end, zone) == day
    assert days.day_of(end + 1, zone) == days.add_days(day, 1)


BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.one_of(st.integers(-14 * 60, 14 * 60), st.sampled_from([UTC, BERLIN]))


@given(st.dates(date(1970, 1, 2), date(9999, 12, 30)).map(date.isoformat), ZONES)
def test_a_day_begins_when_the_one_before_it_ends(day, zone):
    begins = days.instant_ms(day, 0, zone)
    assert days.day_of(begins, zone) == day
    assert days.minute_of(begins, zone) == 0
    assert begins == days.instant_ms(days.add_days(day, -1), 1440, zone)
    assert begins == days.end_of_day_ms(days.add_days(day, -1), zone) + 1


@given(
    st.dates(date(1970, 1, 2), date(2100, 12, 30)).map(date.isoformat),
    st.integers(0, 1439),
    ZONES,
)
def test_a_minute_of_a_day_is_on_that_day_and_the_next_is_no_earlier(day, minute, zone):
    instant = days.instant_ms(day, minute, zone)
    assert days.day_of(instant, zone) == day
    assert instant <= days.instant_ms(day, minute + 1, zone) + 60 * 60 * 1000
    assert days.minute_of(instant, zone) >= minute
    if isinstance(zone, int):
        assert days.minute_of(instant, zone) == minute


def test_the_hour_that_is_left_out_and_the_hour_that_comes_twice():
    spring = days.instant_ms("2026-03-29", 2 * 60 + 30, BERLIN)
    assert datetime.fromtimestamp(spring / 1000, BERLIN).strftime("%H:%M") == "03:30"
    autumn = days.instant_ms("2026-10-25", 2 * 60 + 30, BERLIN)
    assert datetime.fromtimestamp(autumn / 1000, UTC).strftime("%H:%M") == "00:30"


def test_the_end_of_the_calendar_is_an_instant_too():
    last = days.instant_ms("9999-12-31", 1440, BERLIN)
    assert last == days.instant_ms("9999-12-31", 1440, 60)
    assert days.instant_ms("1970-01-01", 0, 60) == 0


def test_times_outside_the_calendar_are_refused():
    with pytest.raises(DomainError, match="beyond the calendar"):
        days.day_of(2**53, 0)
    with pytest.raises(DomainError, match="before 1970"):
        days.day_of(0, -60)


@given(SOME_DAY, SOME_DAY)
def test_text_sorts_as_time_does(first, second):
    assert (first < second) == (days.days_between(first, second) > 0)


@given(*[st.tuples(SOME_DAY, st.none() | SOME_DAY)] * 2, SOME_DAY)
def test_an_overlap_holds_exactly_the_common_days(first, second, day):
    both = days.covers(*first, day) and days.covers(*second, day)
    common = days.overlap(Span(*first), Span(*second))
    assert (common is not None and days.covers(*common[:2], day)) == both
    assert days.overlap(Span(*second), Span(*first)) == common


def test_periods_are_inclusive_and_may_be_open():
    fifth_on = Span("2026-01-05", None)
    assert days.overlap(Span("2026-01-01", "2026-01-05"), fifth_on) == Span(*["2026-01-05"] * 2)
    assert days.overlap(Span("2026-01-01", "2026-01-04"), fifth_on) is None
    assert days.overlap(Span("2026-01-01", None), fifth_on) == fifth_on


def test_a_morning_and_an_afternoon_do_not_overlap():
    morning = Span("2026-01-05", "2026-01-05", 9 * 60, 12 * 60)
    afternoon = Span("2026-01-05", "2026-01-06", 12 * 60, 10 * 60)
    assert days.overlap(morning, afternoon) is None
    longer = morning._replace(until_minute=13 * 60)
    assert days.overlap(longer, afternoon) == Span("2026-01-05", "2026-01-05", 720, 780)


MOMENT = st.tuples(SOME_DAY, st.integers(0, 1439))


@given(MOMENT, MOMENT)
def test_a_span_comes_back_from_its_minutes(start, end):
    start, end = sorted((start, end))
    span = Span(start[0], end[0], start[1], end[1] + 1)
    assert days.span_of_minutes(*days.span_minutes(span)) == span
    endless = Span(start[0], None, start[1])
    assert days.span_of_minutes(*days.span_minutes(endless)) == endless


@pytest.mark.parametrize("until_day", [None, "9999-12-31"])
def test_what_begins_when_the_calendar_ends_is_its_last_minute(until_day):
    beyond = days.Span("9999-12-31", until_day, 1440)
    start, end = days.span_minutes(beyond)
    assert days.span_of_minutes(start, end) == days.Span("9999-12-31", until_day, 1439)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23", ("2026-11-23", None)),
        ("2026-11-23T14:30", ("2026-11-23", 870)),
        ("2026-11-23 00:00", ("2026-11-23", 0)),
        ("2026-11-23T24:00", ("2026-11-23", 1440)),
    ],
)
def test_a_moment_is_a_day_with_or_without_a_time(text, moment):
    assert days.parse_moment(text) == moment
    if moment[1] is not None:
        assert days.parse_moment(days.format_moment(*moment)) == moment


@pytest.mark.parametrize(
    "text", ["2026-11-23T24:01", "2026-11-23T12:60", "2026-02-30T12:00", "tomorrow", "T12:00"]
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(DomainError):
        days.parse_moment(text)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span("2026-11-23", "2026-11-28"), ("2026-11-23", "2026-11-28")),
        (Span("2026-11-23", None), ("2026-11-23", None)),
        (Span("2026-11-23", None, 540), ("2026-11-23T09:00", None)),
        (Span("2026-11-23", "2026-11-23", 0, 540), ("2026-11-23T00:00", "2026-11-23T09:00")),
    ],
)
def test_whole_days_are_days_and_others_moments(span, expected):
    assert days.moments(span) == expected
