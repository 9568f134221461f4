"""Times that people read and type, on the local clock; for programs: ``domain.instants``.

Times in the ledger are milliseconds that peers have signed, so any of 0 to 2^53 may come; what is
beyond the calendar is shown as its end. Days are text already and need nothing of this.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from p2pshare.domain.days import Zone, end_of_day_ms, is_day, parse_day
from p2pshare.domain.instants import LAST_SECOND, iso, iso_or_none
from p2pshare.errors import DomainError

__all__ = ["ago", "instant", "iso", "iso_or_none", "local"]

#: A day less, so that no time zone leads beyond the calendar.
_LAST_LOCAL_SECOND: Final = LAST_SECOND - 86_400


def local(time_ms: int, zone: tzinfo | None = None) -> str:
    """``2026-11-23 01:06`` on the clock of this computer, or of ``zone``."""
    second = min(max(86_400, time_ms // 1000), _LAST_LOCAL_SECOND)
    return datetime.fromtimestamp(second, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def instant(text: str, zone: Zone) -> int:
    """The instant (ms) that somebody typed in ISO 8601, on the clocks of ``zone`` if it names none.

    A day alone means its end. Raises DomainError.
    """
    if is_day(text):
        return end_of_day_ms(text, zone)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DomainError(
            "a time is written like 2026-11-28T18:00, 2026-11-28T17:00Z or 2026-11-28"
        ) from None
    parse_day(moment.date().isoformat(), "the time")
    if moment.tzinfo is None:
        offset = timezone(timedelta(minutes=zone)) if isinstance(zone, int) else zone
        moment = moment.replace(tzinfo=offset)
    return max(0, (moment - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1))


def ago(time_ms: int, now_ms: int) -> str:
    """How long before ``now_ms`` that was, in the one unit that says most: ``3 hours ago``."""
    seconds = max(0, now_ms - time_ms) // 1000
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = seconds // length
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
