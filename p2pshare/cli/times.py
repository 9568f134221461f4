"""Instants for people, on the local clock; for programs they are ``domain.instants``'.

Times in the ledger are milliseconds that peers have signed, so any of 0 to 2^53 may come; what is
beyond the calendar is shown as its end. Days are text already and need nothing of this.
"""

from datetime import UTC, datetime, tzinfo
from typing import Final

from p2pshare.domain.instants import LAST_SECOND, iso, iso_or_none

__all__ = ["ago", "iso", "iso_or_none", "local"]

#: A day less, so that no time zone leads beyond the calendar.
_LAST_LOCAL_SECOND: Final = LAST_SECOND - 86_400


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
