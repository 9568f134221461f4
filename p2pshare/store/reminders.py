"""What reminders need of the ledger, and what is kept of them: settings, and what was told.

A family of ``store.queries``, and beside it the few writes. What was told to whom, and the quiet
hours, are local to an installation: never sent, never folded. Which reminders there are is
``domain.reminders``'s.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from p2pshare.domain.calendar_events import Revision
from p2pshare.domain.quiet_hours import QUIET_HOURS, QuietHours, parse_quiet_hours
from p2pshare.domain.reminder_views import ListingDays
from p2pshare.store.busy import busy_periods_of
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.local import own_persons, read_circles
from p2pshare.store.settings import QUIET_HOURS as QUIET_HOURS_SETTING
from p2pshare.store.settings import read_setting, write_setting


class Reminders:
    """Reads for reminders and for the calendar file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def quiet_hours(self) -> QuietHours:
        """When nobody here is reminded of anything."""
        said = read_setting(self._connection, QUIET_HOURS_SETTING)
        return QUIET_HOURS if said is None else parse_quiet_hours(said)

    def hosted(self) -> list[str]:
        """The persons (hex) who use this computer."""
        return [person.hex() for person in own_persons(self._connection)]

    def circles(self) -> list[str]:
        """The circles (hex) this installation is in."""
        return [one.circle.hex() for one in read_circles(self._connection)]

    def told(self, person: str) -> frozenset[str]:
        """The keys of what a person (hex) hosted here was reminded of."""
        return frozenset(
            key
            for (key,) in self._connection.execute(
                "SELECT key FROM told_reminders WHERE person = ?", (bytes.fromhex(person),)
            )
        )

    def listing_days(self, listings: Sequence[str]) -> dict[str, ListingDays]:
        """What the owners of these listings (hex) have published of them; none for unknown ones."""
        busy = busy_periods_of(self._connection, listings)
        found: dict[str, ListingDays] = {}
        for chunk in chunks(listings):
            waiting = dict(
                self._connection.execute(
                    f"SELECT listing, count(*) FROM waiting WHERE listing IN ({marks(chunk)})"
                    " GROUP BY listing",
                    chunk,
                ).fetchall()
            )
            for listing, quantity in self._connection.execute(
                f"SELECT listing, quantity FROM listings WHERE listing IN ({marks(chunk)})", chunk
            ).fetchall():
                found[listing] = ListingDays(
                    quantity=quantity,
                    periods=tuple(busy.get(listing, ())),
                    waiting=waiting.get(listing, 0),
                    changed_ms=self._busy_since_ms(listing),
                )
        return found

    def _busy_since_ms(self, listing: str) -> int:
        """When something was last said about who has the listing and who waits for it."""
        row = self._connection.execute(
            "SELECT coalesce(max(min(time_ms, received_ms)), 0) FROM entries"
            " WHERE subject = ? AND kind = 'listing.busy'",
            (bytes.fromhex(listing),),
        ).fetchone()
        return int(row[0])

    def revisions(self, agreements: Sequence[str]) -> dict[str, Revision]:
        """How often and when last anything was signed about agreements (hex).

        Counted in the log and not in what it folds into: a move that comes to light later may take
        others out of the fold, and a calendar must not take that for an older state.
        """
        found: dict[str, Revision] = {}
        for chunk in chunks(agreements):
            for subject, entries, changed_ms in self._connection.execute(
                "SELECT subject, count(*), max(min(time_ms, received_ms)) FROM entries"
                f" WHERE subject IN ({marks(chunk)}) GROUP BY subject",
                [bytes.fromhex(agreement) for agreement in chunk],
            ):
                found[subject.hex()] = Revision(entries, changed_ms)
        return found


def set_quiet_hours(connection: sqlite3.Connection, quiet: QuietHours) -> None:
    """Remind nobody here in these hours."""
    write_setting(connection, QUIET_HOURS_SETTING, str(quiet))


def mark_told(
    connection: sqlite3.Connection, person: str, keys: Iterable[str], told_ms: int
) -> list[str]:
    """Note that a person (hex) was reminded of ``keys``; those of them that are news."""
    return [
        key
        for key in keys
        if connection.execute(
            "INSERT OR IGNORE INTO told_reminders (person, key, told_ms) VALUES (?, ?, ?)",
            (bytes.fromhex(person), key, told_ms),
        ).rowcount
    ]


def forget_told(
    connection: sqlite3.Connection, person: str, keys: Collection[str], before_ms: int
) -> int:
    """Forget what a person (hex) was told before ``before_ms`` unless it is in ``keys``; how much.

    ``keys`` are those that may still be due.
    """
    old = connection.execute(
        "SELECT key FROM told_reminders WHERE person = ? AND told_ms < ?",
        (bytes.fromhex(person), before_ms),
    ).fetchall()
    past = [(bytes.fromhex(person), key) for (key,) in old if key not in keys]
    connection.executemany("DELETE FROM told_reminders WHERE person = ? AND key = ?", past)
    return len(past)
