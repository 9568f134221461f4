"""A copy of a ledger as it is at one moment, to look at without holding up those who write.

Small ones are copied into memory, others into a temporary file that SQLite removes.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from p2pshare.errors import StoreBusy, StoreError

_MEMORY_BYTES: Final = 128 * 1024 * 1024
_VALUE_BYTES_MAX: Final = 16 * 1024 * 1024
_BUSY_SECONDS: Final = 30.0


def open_to_look(path: Path) -> sqlite3.Connection:
    """A read-only connection to a file that may be damaged: any text can be read, whatever bytes.

    Raises SQLITE_DAMAGE of ``store.database``, or StoreError if the file cannot be opened at all.
    """
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
        )
    except sqlite3.OperationalError as error:
        raise StoreError(f"the ledger cannot be used: {error}") from error
    tolerate(connection)
    return connection


def tolerate(connection: sqlite3.Connection) -> None:
    """Have a connection read whatever it finds, and refuse values no ledger has."""
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_BYTES_MAX)
    connection.execute("PRAGMA cell_size_check = ON")


def copy_of(path: Path) -> sqlite3.Connection:
    """A connection to a copy of the ledger at ``path``; it is gone when the connection is closed.

    Raises SQLITE_DAMAGE of ``store.database``, StoreBusy or StoreError.
    """
    # An empty name is a temporary file of SQLite's own, deleted with the connection.
    copy = sqlite3.connect(
        ":memory:" if path.stat().st_size <= _MEMORY_BYTES else "", isolation_level=None
    )
    try:
        with closing(open_to_look(path)) as source:
            source.backup(copy)
        tolerate(copy)
        copy.execute("PRAGMA temp_store = MEMORY")
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
    except sqlite3.OperationalError as error:
        copy.close()
        if "locked" in str(error) or "busy" in str(error):
            raise StoreBusy("another program is using the ledger; try again") from error
        raise
    except BaseException:
        copy.close()
        raise
    return copy
