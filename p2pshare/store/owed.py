"""What a transaction changed about what is owed, at the cost of what it changed.

How much is owed is in strangers' hands: who withholds bodies has them owed by the hundred thousand,
and a transaction that counted them all would make every later one slow. So temporary triggers note
the entries that become owed or damaged, or cease to be, each as it was before. ``store.repair``
says what owed means and reads all of it, which is for the start.
"""

import sqlite3
from typing import Final

_IS_IN: Final = "EXISTS (SELECT 1 FROM {} WHERE entry = {})"

_WATCH: Final = (
    "CREATE TEMP TABLE owed_before (entry INTEGER PRIMARY KEY, was INTEGER NOT NULL)",
    *(
        f"CREATE TEMP TRIGGER owed_before_{table}_{event.lower()} AFTER {event} ON main.{table}"
        f" WHEN NOT {_IS_IN.format('owed_before', f'{row}.entry')} BEGIN"
        f" INSERT INTO owed_before (entry, was) VALUES ({row}.entry, {was}); END"
        for table, other in (("owed", "damaged"), ("damaged", "owed"))
        for event, row, was in (
            ("INSERT", "NEW", _IS_IN.format(other, "NEW.entry")),
            ("DELETE", "OLD", "1"),
        )
    ),
)


def watch_owed(connection: sqlite3.Connection) -> None:
    """Note what becomes owed or settled from now on; within the transaction that is to be told."""
    watched = connection.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'owed_before'")
    if watched.fetchone() is None:
        for statement in _WATCH:
            connection.execute(statement)
    else:
        connection.execute("DELETE FROM temp.owed_before")


def owed_changes(
    connection: sqlite3.Connection,
) -> tuple[dict[int, set[bytes]], dict[int, set[bytes]]]:
    """By circle number, the ids that are owed since ``watch_owed``, and those no longer owed."""
    owed: dict[int, set[bytes]] = {}
    settled: dict[int, set[bytes]] = {}
    for circle, identifier, was, now in connection.execute(
        f"SELECT f.circle, e.id, w.was, {_IS_IN.format('owed', 'w.entry')}"
        f" OR {_IS_IN.format('damaged', 'w.entry')} FROM temp.owed_before AS w"
        " JOIN entries AS e ON e.number = w.entry JOIN feeds AS f ON f.number = e.feed"
    ):
        if was != now:
            (owed if now else settled).setdefault(circle, set()).add(identifier)
    return owed, settled
