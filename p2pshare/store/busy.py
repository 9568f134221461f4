"""The promised periods of listings and who waits for them, as their owners told everybody.

Shared by the families of queries, which have nothing else in common. Reads only.
"""

import sqlite3
from collections.abc import Sequence

from p2pshare.domain.bodies import BusyPeriod
from p2pshare.store.feeds import chunks, marks


def busy_periods_of(
    connection: sqlite3.Connection, listings: Sequence[str]
) -> dict[str, list[BusyPeriod]]:
    """The promised periods of these listings (hex), in order of days; none for those without."""
    found: dict[str, list[BusyPeriod]] = {}
    for chunk in chunks(listings):
        for listing, from_day, until_day, quantity, out, tag, *minutes in connection.execute(
            "SELECT listing, from_day, until_day, quantity, out, tag, from_minute, until_minute"
            f" FROM busy_periods WHERE listing IN ({marks(chunk)}) ORDER BY number",
            chunk,
        ):
            period = BusyPeriod(
                from_day, until_day, quantity, bool(out), bytes.fromhex(tag), *minutes
            )
            found.setdefault(listing, []).append(period)
    return found


def queue_of(connection: sqlite3.Connection, listing: str) -> list[str]:
    """The tags (hex) of those who wait for a listing, in their order."""
    return [
        token
        for (token,) in connection.execute(
            "SELECT token FROM waiting WHERE listing = ? ORDER BY place", (listing,)
        )
    ]
