"""Instants as ISO 8601 text in UTC: in exports, and in what programs are printed.

An instant is milliseconds since 1970-01-01T00:00:00Z as peers have signed it, so any of 0 to 2^53
may come; what is beyond the calendar becomes its end. Local days are ``domain.days``'.
"""

from datetime import UTC, datetime
from typing import Final

#: 9999-12-31T23:59:59Z.
LAST_SECOND: Final = 253_402_300_799


def iso(time_ms: int) -> str:
    """``2026-11-23T00:06:15Z`` for milliseconds since the epoch, to the second below."""
    second = min(max(0, time_ms // 1000), LAST_SECOND)
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(time_ms: int | None) -> str | None:
    """``iso``, or None for an instant that is not known."""
    return None if time_ms is None else iso(time_ms)
