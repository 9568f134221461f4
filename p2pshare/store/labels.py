"""What people are shown beside an id: what a person is called, and when an entry was written.

Shared by every family of queries. Ids are hex text. Reads only; this module must not know what the
ids were found for.
"""

import sqlite3
from collections.abc import Collection

from p2pshare.store.feeds import chunks, marks


def names_of(connection: sqlite3.Connection, persons: Collection[str]) -> dict[str, str]:
    """Person -> name, of those met; empty text where no name is known yet."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted(set(persons))):
        found.update(
            connection.execute(
                f"SELECT person, max(name) FROM persons WHERE person IN ({marks(chunk)})"
                " GROUP BY person",
                chunk,
            ).fetchall()
        )
    return found


def times_of(connection: sqlite3.Connection, entries: Collection[str]) -> dict[str, int]:
    """Entry -> min(signed time, time received) in ms, of those in hand."""
    found: dict[str, int] = {}
    for chunk in chunks(sorted(set(entries))):
        for identifier, at_ms in connection.execute(
            f"SELECT id, min(time_ms, received_ms) FROM entries WHERE id IN ({marks(chunk)})",
            [bytes.fromhex(entry) for entry in chunk],
        ):
            found[identifier.hex()] = at_ms
    return found
