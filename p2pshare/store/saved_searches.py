"""Saved searches: what persons hosted here are always looking for. Local, never sent or folded.

``domain.searches`` decides what may be saved; ``store.matching`` looks for the offers.
"""

import sqlite3
from collections.abc import Sequence

from p2pshare.domain.matching_views import SavedSearchView
from p2pshare.store.feeds import marks
from p2pshare.store.settings import LAST_SAVED_SEARCH, read_setting, write_setting


def save_search(
    connection: sqlite3.Connection, person: bytes, text: str, category: str, added_ms: int
) -> int:
    """Keep a search of a person; its number."""
    number = 1 + int(read_setting(connection, LAST_SAVED_SEARCH) or 0)
    write_setting(connection, LAST_SAVED_SEARCH, str(number))
    connection.execute(
        "INSERT INTO saved_searches (number, person, text, category, added_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        (number, person, text, category, added_ms),
    )
    return number


def drop_search(connection: sqlite3.Connection, person: bytes, number: int) -> bool:
    """Forget a search of a person; whether there was one of that number."""
    dropped = connection.execute(
        "DELETE FROM saved_searches WHERE number = ? AND person = ?", (number, person)
    )
    return dropped.rowcount > 0


def read_searches(connection: sqlite3.Connection, persons: Sequence[str]) -> list[SavedSearchView]:
    """The saved searches of persons (hex), the oldest first."""
    return [
        SavedSearchView(number, person.hex(), text, category, added_ms)
        for number, person, text, category, added_ms in connection.execute(
            "SELECT number, person, text, category, added_ms FROM saved_searches"
            f" WHERE person IN ({marks(persons)}) ORDER BY number",
            [bytes.fromhex(person) for person in persons],
        )
    ]
