"""Calendar days: strict ISO text, the end of a day in milliseconds, periods that overlap.

A day is text, ``YYYY-MM-DD``, in bodies, states and commands alike; this fixed width sorts and
compares as time does, so a fold needs no calendar. Days are local to the person who writes them;
where a day becomes an instant (a due date), the caller passes the zone. A span is inclusive in its
days and says from which minute of the first until which of the last; it is open-ended when its
``until_day`` is None.

This module must not read a clock or the computer's time zone.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple, TypeAlias

from p2pshare.errors import DomainError
from p2pshare.limits import DAY_MINUTES

#: A zone: a tzinfo, or whole minutes east of UTC.
Zone: TypeAlias = tzinfo | int

DAY_MS: Final = 24 * 60 * 60 * 1000
FIRST_YEAR: Final = 1970
LAST_DAY: Final = date.max.isoformat()
_MINUTE_MS: Final = 60_000
_LAST_MINUTE: Final = (date.max.toordinal() + 1) * DAY_MINUTES
_EPOCH_ORDINAL: Final = date(FIRST_YEAR, 1, 1).toordinal()
_LAST_WALL_MS: Final = (date.max.toordinal() - _EPOCH_ORDINAL + 1) * DAY_MS - 1000
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMED_DAY = re.compile(r"(?P<day>[0-9-]{10})[T ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})")


class Span(NamedTuple):
    """A stretch of local time: from a minute of a day until a minute of a day (exclusive)."""

    from_day: str
    until_day: str | None
    from_minute: int = 0
    until_minute: int = DAY_MINUTES


def is_day(text: str) -> bool:
    """Whether ``text`` is a real calendar date YYYY-MM-DD of the years 1970 to 9999."""
    if _ISO_DAY.fullmatch(text) is None:
        return False
    try:
        return date.fromisoformat(text).year >= FIRST_YEAR
    except ValueError:
        return False


def parse_day(text: str, what: str = "the day") -> date:
    """The date that ``text`` names; ``what`` names the field in the refusal (DomainError)."""
    if not is_day(text):
        raise DomainError(f"{what} must be a date like 2026-11-23")
    return date.fromisoformat(text)


def parse_moment(text: str, what: str = "the day") -> tuple[str, int | None]:
    """The day that ``text`` names and the minute of it, or None for the whole day.

    Reads ``2026-11-23``, ``2026-11-23T14:30`` and ``2026-11-23 14:30``; 24:00 is the end of a day.
    Raises DomainError, in which ``what`` names the field.
    """
    match = _TIMED_DAY.fullmatch(text)
    if match is None:
        parse_day(text, what)
        return text, None
    parse_day(match["day"], what)
    minute = int(match["hour"]) * 60 + int(match["minute"])
    if minute > DAY_MINUTES or int(match["minute"]) > 59:
        raise DomainError(f"{what} has no time like that; write it as 2026-11-23T14:30")
    return match["day"], minute


def format_moment(day: str, minute: int) -> str:
    """``day`` with the time of day, as ``parse_moment`` reads it."""
    hour, rest = divmod(minute, 60)
    return f"{day}T{hour:02}:{rest:02}"


def moments(span: Span) -> tuple[str, str | None]:
    """From and until as text: days where the span is made of whole ones, else moments."""
    if (span.from_minute, span.until_minute) == (0, DAY_MINUTES):
        return span.from_day, span.until_day
    start = format_moment(span.from_day, span.from_minute)
    if span.until_day is None:
        return start, None
    return start, format_moment(span.until_day, span.until_minute)


def format_day(day: date) -> str:
    """``day`` as YYYY-MM-DD."""
    return day.isoformat()


def add_days(day: str, count: int) -> str:
    """The day ``count`` days after ``day`` (before it, if negative).

    Raises DomainError where the calendar ends.
    """
    try:
        moved = parse_day(day) + timedelta(days=count)
    except OverflowError:
        raise DomainError("that day is beyond the calendar; choose an earlier one") from None
    if moved.year < FIRST_YEAR:
        raise DomainError("that day is before 1970; choose a later one")
    return format_day(moved)


def days_between(start: str, end: str) -> int:
    """How many days ``end`` is after ``start``; negative if it is before. Both are days."""
    return parse_day(end).toordinal() - parse_day(start).toordinal()


def end_of_day_ms(day: str, zone: Zone) -> int:
    """The last millisecond of ``day`` in ``zone``, since 1970-01-01T00:00:00Z.

    On a day when summer time begins or ends, the offset at its end decides.
    """
    parsed = parse_day(day)
    next_midnight_ms = (parsed.toordinal() + 1 - _EPOCH_ORDINAL) * DAY_MS
    if isinstance(zone, int):
        offset_ms = zone * _MINUTE_MS
    else:
        last_second = datetime(parsed.year, parsed.month, parsed.day, 23, 59, 59, tzinfo=zone)
        offset_ms = _offset_ms(last_second)
    return max(0, next_midnight_ms - 1 - offset_ms)


def end_ms(day: str, minute: int, zone: Zone) -> int:
    """When what lasts until that minute of ``day`` is due: of a whole day its last millisecond."""
    return end_of_day_ms(day, zone) if minute == DAY_MINUTES else instant_ms(day, minute, zone)


def instant_ms(day: str, minute: int, zone: Zone) -> int:
    """When the clocks of ``zone`` show ``minute`` (0 to 1440) of ``day``, since 1970-01-01T00:00Z.

    A time that is left out when summer time begins is as much later as clocks are put forward; of
    one that comes twice, the first.
    """
    wall_ms = (parse_day(day).toordinal() - _EPOCH_ORDINAL) * DAY_MS + minute * _MINUTE_MS
    if isinstance(zone, int):
        offset_ms = zone * _MINUTE_MS
    else:
        wall = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=min(wall_ms, _LAST_WALL_MS))
        offset_ms = _offset_ms(wall.replace(tzinfo=zone))
    return max(0, wall_ms - offset_ms)


def day_of(time_ms: int, zone: Zone) -> str:
    """The local day on which ``time_ms`` falls in ``zone``.

    Raises DomainError for a time outside the years 1970 to 9999.
    """
    return format_day(_local(time_ms, zone).date())


def minute_of(time_ms: int, zone: Zone) -> int:
    """The minute (0 to 1439) of its local day at which ``time_ms`` falls in ``zone``.

    Raises DomainError as ``day_of`` does.
    """
    moment = _local(time_ms, zone)
    return moment.hour * 60 + moment.minute


def covers(from_day: str, until_day: str | None, day: str) -> bool:
    """Whether the inclusive period from ``from_day`` until ``until_day`` holds ``day``."""
    return from_day <= day and (until_day is None or day <= until_day)


def overlap(first: Span, second: Span) -> Span | None:
    """What two spans have in common, or None if that is nothing."""
    start = max((first.from_day, first.from_minute), (second.from_day, second.from_minute))
    ends = [
        (span.until_day, span.until_minute)
        for span in (first, second)
        if span.until_day is not None
    ]
    if not ends:
        return Span(start[0], None, start[1])
    end = min(ends)
    if _minutes(*end) <= _minutes(*start):
        return None
    return Span(start[0], end[0], start[1], end[1])


def span_minutes(span: Span) -> tuple[int, int | None]:
    """The first minute of ``span`` and the one after its last, counted from a fixed day."""
    end = None if span.until_day is None else _minutes(span.until_day, span.until_minute)
    return _minutes(span.from_day, span.from_minute), end


def span_of_minutes(start: int, end: int | None) -> Span:
    """The span that ``span_minutes`` would give these minutes for; midnight ends the day before.

    What lies beyond the calendar, as a peer may say it does, is taken for its last minute.
    """
    from_ordinal, from_minute = divmod(min(start, _LAST_MINUTE - 1), DAY_MINUTES)
    from_day = format_day(date.fromordinal(from_ordinal))
    if end is None:
        return Span(from_day, None, from_minute)
    until_ordinal, until_minute = divmod(min(end, _LAST_MINUTE) - 1, DAY_MINUTES)
    return Span(
        from_day, format_day(date.fromordinal(until_ordinal)), from_minute, until_minute + 1
    )


def _minutes(day: str, minute: int) -> int:
    return parse_day(day).toordinal() * DAY_MINUTES + minute


def _local(time_ms: int, zone: Zone) -> datetime:
    try:
        if isinstance(zone, int):
            moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=time_ms, minutes=zone)
        else:
            utc = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=time_ms)
            moment = utc.astimezone(zone)
    except OverflowError:
        raise DomainError("that time is beyond the calendar; check the clock") from None
    if moment.year < FIRST_YEAR:
        raise DomainError("that time is before 1970; check the clock")
    return moment


def _offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset // timedelta(milliseconds=1)
