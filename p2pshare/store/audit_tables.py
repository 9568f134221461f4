"""The audit's checks of what is no entry: the file's structure, its local tables, what was derived.

``store.audit`` calls these on its copy of the ledger, and keeps the tables aside before it makes
them again. Nothing here raises but SQLITE_DAMAGE, where the rest cannot be read.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from hashlib import sha256
from typing import Any, Final

from p2pshare.log.certificate import OPEN_CIRCLE, closed_circle
from p2pshare.store.database import SCHEMA_VERSION, SQLITE_DAMAGE
from p2pshare.store.faults import Fault
from p2pshare.store.feeds import FEED_COLUMNS
from p2pshare.store.folded_tables import FOLDED
from p2pshare.store.migrations import migrate
from p2pshare.store.settings import can_be

_ENTRY_COLUMNS: Final = "number, id, feed, branch, seq, time_ms, subject, kind"

COMPARED: Final = {
    "entries": _ENTRY_COLUMNS,
    "feeds": f"number, {FEED_COLUMNS}",
    "branches": "feed, branch, parent, fork_seq",
    "tips": "entry, feed",
    "owed": "entry",
    "dependencies": "needed, circle, subject",
    "revocations": "entry, circle, person, feed, last_entry",
    "erasures": "entry, target",
    "usage": "circle, person, entries, bytes",
    **{table.name: ", ".join(f'"{column}"' for column in table.columns) for table in FOLDED},
}
"""The tables that are compared with those made again, with the columns that the log decides."""


def check_structure(copy: sqlite3.Connection) -> list[Fault]:
    """What SQLite finds wrong, and whether the tables are those of the file's schema version."""
    faults = [
        Fault("file", "ledger.db", text)
        for (text,) in copy.execute("PRAGMA integrity_check(20)")
        if text != "ok"
    ]
    version = int(copy.execute("PRAGMA user_version").fetchone()[0])
    if _schema(copy) != _true_schema(version if 0 < version < SCHEMA_VERSION else SCHEMA_VERSION):
        faults.append(Fault("file", "sqlite_master", "the tables are not those p2pshare makes"))
        return faults
    try:
        # Compares the index with the rows it is about (https://sqlite.org/fts5.html section 6.4).
        copy.execute("INSERT INTO listings_fts (listings_fts, rank) VALUES ('integrity-check', 1)")
    except SQLITE_DAMAGE as error:
        faults.append(Fault("table", "listings_fts", f"the search index is damaged: {error}"))
    return faults


def _schema(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    ).fetchall()


@cache
def _true_schema(version: int) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, version)
        return _schema(fresh)


_Check = Callable[[tuple[Any, ...]], bool]


def check_local(copy: sqlite3.Connection) -> list[Fault]:
    """Whether each value in the local tables is what it can be."""
    return [
        Fault("table", table, f"row {number} is damaged")
        for table, number in false_local_rows(copy)
    ]


def false_local_rows(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """(table, rowid) of the rows of local tables in which a value is what it cannot be."""
    checks: dict[str, tuple[str, _Check]] = {
        "circles": ("circle, name, secret", _is_circle),
        "own_persons": (
            "person, name, added_ms, desk",
            lambda row: (
                _id(row[0]) and _text(row[1]) and isinstance(row[2], int) and row[3] in (None, 0, 1)
            ),
        ),
        "own_feeds": (
            "feed, circle, person, retired",
            lambda row: all(map(_id, row[:3])) and row[3] in (0, 1),
        ),
        "ledger": ("name, value", lambda row: all(map(_text, row)) and can_be(*row)),
        "peers": (
            "address, port, device, worked_ms",
            lambda row: (
                _text(row[0])
                and isinstance(row[1], int)
                and 0 < row[1] < 65536
                and _id(row[2])
                and isinstance(row[3], int)
            ),
        ),
        "refused_feeds": (
            "circle, feed, reason",
            lambda row: isinstance(row[0], int) and _id(row[1]) and _text(row[2]),
        ),
        "blobs": ("hash, size, data", _is_blob),
        "imported_rows": (
            "person, circle, source, listing, digest",
            lambda row: all(map(_id, row[:3])) and _id(row[3], 16) and _text(row[4]),
        ),
        "unused_photos": (
            "hash, added_ms",
            lambda row: _id(row[0]) and (row[1] is None or isinstance(row[1], int)),
        ),
        "wanted_photos": ("circle, hash", lambda row: all(map(_id, row))),
        "saved_searches": (
            "number, person, text, category, added_ms",
            lambda row: (
                isinstance(row[0], int)
                and _id(row[1])
                and all(map(_text, row[2:4]))
                and isinstance(row[4], int)
            ),
        ),
        "told_reminders": (
            "person, key, told_ms",
            lambda row: _id(row[0]) and _text(row[1]) and isinstance(row[2], int),
        ),
        "thumbnails": (
            "hash, data, refusal",
            lambda row: _id(row[0]) and isinstance(row[1], bytes) and _text(row[2]),
        ),
    }
    return [
        (table, number)
        for table, (columns, is_right) in checks.items()
        for number, *row in connection.execute(f"SELECT rowid, {columns} FROM {table}")
        if not is_right(tuple(row))
    ]


def _is_circle(row: tuple[Any, ...]) -> bool:
    circle, name, secret = row
    if not _text(name):
        return False
    if secret is None:
        return bool(circle == OPEN_CIRCLE)
    return isinstance(secret, bytes) and bool(closed_circle(secret) == circle)


def _is_blob(row: tuple[Any, ...]) -> bool:
    digest, size, data = row
    return isinstance(data, bytes) and len(data) == size and sha256(data).digest() == digest


def _id(value: object, size: int = 32) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _text(value: object) -> bool:
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def keep_tables(copy: sqlite3.Connection, *, folded: bool) -> list[str]:
    """Put what is to be compared aside, in temporary tables; the names of the tables.

    Not ``folded``: rows that an older version folded say what it knew, and are made anew when this
    one opens the file.
    """
    left_out = () if folded else {table.name for table in FOLDED}
    kept = [table for table in COMPARED if table not in left_out]
    for table in kept:
        copy.execute(
            f"CREATE TEMP TABLE kept_{table} AS SELECT {COMPARED[table]} FROM main.{table}"
        )
    return kept


def compare_tables(
    copy: sqlite3.Connection, kept: list[str], names: dict[int, str]
) -> tuple[int, list[Fault], list[int]]:
    """(tables compared, faults, entries to be noted as owed), after the tables were made again.

    ``names`` are the ids of entries by number, as they are to be shown.
    """
    faults: list[Fault] = []
    told = _missing(copy, "entries")
    for number in told:
        text = "a column is not what the headers say"
        faults.append(Fault("column", names.get(number, f"row {number}"), text))
    # Made again, it is owed; kept, it is not: nothing covers it, and nobody asks for it.
    lost = [
        number
        for number in _missing(copy, "owed")
        if copy.execute("SELECT 1 FROM bodies WHERE entry = ?", (number,)).fetchone() is None
    ]
    for number in lost:
        text = "it is neither held, nor erased, nor asked for"
        faults.append(Fault("body", names.get(number, f"row {number}"), text))
    for table in kept:
        if table == "entries":
            continue
        made = _count(copy, table, f"main.{table}", f"temp.kept_{table}")
        found = _count(copy, table, f"temp.kept_{table}", f"main.{table}")
        if table == "owed":
            made -= len(lost)
        if made or found:
            text = f"{found} rows are not what the entries give, {made} are missing"
            faults.append(Fault("table", table, text))
    return len(kept), faults, lost


def _missing(copy: sqlite3.Connection, table: str) -> list[int]:
    """The first column of the rows that were made again and had not been there."""
    columns = COMPARED[table]
    return [
        row[0]
        for row in copy.execute(
            f"SELECT {columns} FROM main.{table} EXCEPT SELECT {columns} FROM temp.kept_{table}"
        )
    ]


def _count(copy: sqlite3.Connection, table: str, one: str, other: str) -> int:
    """How many rows ``one`` has that ``other`` has not, rows that stand several times included."""
    columns = COMPARED[table]
    grouped = "SELECT {0}, count(*) FROM {1} GROUP BY {0}"
    row = copy.execute(
        f"SELECT count(*) FROM ({grouped.format(columns, one)} EXCEPT"
        f" {grouped.format(columns, other)})"
    ).fetchone()
    return int(row[0])
