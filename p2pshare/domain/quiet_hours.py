"""Quiet hours: the part of the day in which nobody is reminded of anything.

A setting of an installation, in local time, that may span midnight. What falls due inside them is
told when they end. Used by ``domain.reminders``; ``store.reminders`` keeps the setting. This module
must not read a clock.
"""

import re
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.days import Zone, add_days, day_of, instant_ms, minute_of
from p2pshare.errors import DomainError

_MINUTE_MS: Final = 60_000
_NONE: Final = "off"
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-\u2013\s]\s*([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``from_minute`` to ``until_minute`` of the local day; if they are equal, never."""

    from_minute: int
    until_minute: int

    def __str__(self) -> str:
        if self.from_minute == self.until_minute:
            return _NONE
        return f"{clock_text(self.from_minute)}-{clock_text(self.until_minute)}"

    def covers(self, time_ms: int, zone: Zone) -> bool:
        """Whether it is quiet at ``time_ms`` in ``zone``. Raises DomainError as ``day_of``."""
        minute = minute_of(time_ms, zone)
        if self.from_minute <= self.until_minute:
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute

    def over_ms(self, time_ms: int, zone: Zone) -> int:
        """``time_ms``, or if it is quiet then, when that is over.

        Raises DomainError as ``day_of``, and where the calendar ends.
        """
        if not self.covers(time_ms, zone):
            return time_ms
        day = day_of(time_ms, zone)
        if minute_of(time_ms, zone) >= self.until_minute:
            day = add_days(day, 1)
        over_ms = max(time_ms, instant_ms(day, self.until_minute, zone))
        while self.covers(over_ms, zone):  # the hour before the end comes twice in autumn
            over_ms += _MINUTE_MS - over_ms % _MINUTE_MS
        return over_ms


QUIET_HOURS: Final = QuietHours(21 * 60, 8 * 60)
"""The quiet hours of who has set none."""

NO_QUIET_HOURS: Final = QuietHours(0, 0)


def parse_quiet_hours(text: str) -> QuietHours:
    """The quiet hours of ``21:00-08:00``, or of ``off``. Raises DomainError for anything else."""
    if text.strip().lower() == _NONE:
        return NO_QUIET_HOURS
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise DomainError(f"quiet hours are written like {QUIET_HOURS}, or {_NONE} for none")
    begins, ends = (_minute(*match.group(*pair)) for pair in ((1, 2), (3, 4)))
    if begins == ends:
        raise DomainError(f"quiet hours cannot begin and end together; {_NONE} turns them off")
    return QuietHours(begins, ends)


def clock_text(minute: int) -> str:
    """``08:30`` for a minute of the day; 24:00 for the last midnight."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(hours: str, minutes: str) -> int:
    hour, minute = int(hours), int(minutes)
    if hour > 23 or minute > 59:
        raise DomainError(f"{hours}:{minutes} is no time of day; it ends at 23:59")
    return hour * 60 + minute
