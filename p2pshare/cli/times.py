"""Instants as text: ISO 8601 in UTC for programs, the local clock for people.

Times in the ledger are milliseconds that peers have signed, so any of 0 to 2^53 may come; what is
beyond the calendar is shown as its end. Days are text already and need nothing of this.
"""

from datetime import UTC, datetime, tzinfo
from typing import Final

#: 9999-12-31T23:59:59Z, and a day less, so that no time zone leads beyond the calendar.
_LAST_SECOND: Final = 253_402_300_799
_LAST_LOCAL_SECOND: Final = _LAST_SECOND - 86_400


def iso(time_ms: int) -> str:
    """``2026-11-23T00:06:15Z`` for milliseconds since the epoch, to the second below."""
    second = min(max(0, time_ms // 1000), _LAST_SECOND)
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(time_ms: int | None) -> str | None:
    """``iso``, or None for an instant that is not known."""
    return None if time_ms is None else iso(time_ms)


def local(time_ms: int, zone: tzinfo | None = None) -> str:
    """``2026-11-23 01:06`` on the clock of this computer, or of ``zone``."""
    second = min(max(86_400, time_ms // 1000), _LAST_LOCAL_SECOND)
    return datetime.fromtimestamp(second, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def ago(time_ms: int, now_ms: int) -> str:
    """How long before ``now_ms`` that was, in the one unit that says most: ``3 hours ago``."""
    seconds = max(0, now_ms - time_ms) // 1000
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = seconds // length
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
