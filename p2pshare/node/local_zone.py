"""The time zone of this computer with its summer time, as the operating system knows it.

``datetime.astimezone`` would give the offset of one moment only, and then a loan that is due, or a
session that is held, after the clocks have changed would be an hour off. Asks the operating system
for each moment; must not be imported by what is pure.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

#: Systems convert times of the first and the last years of the calendar badly, or not at all; the
#: year nearest to them stands in.
_FIRST_YEAR: Final = 1971
_LAST_YEAR: Final = 9998


class LocalZone(tzinfo):
    """A tzinfo that asks the system. Its offset without a moment is None, as of every such zone."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far the clocks are ahead of UTC when they show ``moment`` (fold as in PEP 495)."""
        return None if moment is None else _askable(moment).astimezone().utcoffset()

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Unknown: the system tells only the whole offset."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """What the system calls the zone then."""
        return None if moment is None else _askable(moment).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """``moment``, which says UTC, on these clocks. Raises OverflowError where they end."""
        offset = _askable(moment).replace(tzinfo=UTC).astimezone().utcoffset()
        wall = (moment + (offset or timedelta())).replace(tzinfo=self, fold=0)
        return wall if wall.utcoffset() == offset else wall.replace(fold=1)


def _askable(moment: datetime) -> datetime:
    """``moment`` without a zone, in a year that the system can tell of."""
    bare = moment.replace(tzinfo=None)
    year = min(max(bare.year, _FIRST_YEAR), _LAST_YEAR)
    if bare.year == year:
        return bare
    return bare.replace(year=year, day=min(bare.day, 28))  # it may have no 29 February


LOCAL_ZONE: Final = LocalZone()
