"""What a folder remembers by name, in the table ``ledger``: settings, beside versions and notes.

Local: never sent, never folded. Families of queries (``store.reminders``, ``accounts``,
``saved_searches``) say what their settings mean; the names stand here, so that no two are the same
and the audit knows what each can be.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Final

HOURS_SOFT_LIMIT: Final = "hours_soft_limit_minutes"
HOURS_HARD_LIMIT: Final = "hours_hard_limit_minutes"
QUIET_HOURS: Final = "quiet_hours"
LAST_SAVED_SEARCH: Final = "last_saved_search"
"""The number of a search that was dropped is not given again."""

_NUMBER: Final = r"[0-9]{1,15}"
_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    HOURS_SOFT_LIMIT: re.compile(rf"{_NUMBER}|none"),
    HOURS_HARD_LIMIT: re.compile(rf"{_NUMBER}|none"),
    QUIET_HOURS: re.compile(rf"{_TIME}-{_TIME}|off"),
    LAST_SAVED_SEARCH: re.compile(_NUMBER),
}


def read_setting(connection: sqlite3.Connection, name: str) -> str | None:
    """The value of that name, or None if none is set."""
    row = connection.execute("SELECT value FROM ledger WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def write_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Set the value of that name; the caller holds the transaction."""
    connection.execute("INSERT OR REPLACE INTO ledger (name, value) VALUES (?, ?)", (name, value))


def can_be(name: str, value: str) -> bool:
    """Whether a row of the table is what this program can have written."""
    pattern = _PATTERNS.get(name)
    return pattern is None or pattern.fullmatch(value) is not None
