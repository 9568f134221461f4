"""Notes of what must still follow a transaction, so that a crash in between is made up for.

A note is left inside the transaction that makes it true and removed once what it asks for is done;
whoever opens the ledger or writes next finds it otherwise. Each has a value of its own, so that
nobody removes a note that another process has left since. Kept in the table ``ledger``.
"""

import os
import sqlite3
from contextlib import suppress
from typing import Final

from p2pshare.errors import StoreBusy, StoreTooNew
from p2pshare.store.database import Database
from p2pshare.store.settings import read_setting, write_setting

ERASED_IN_LOG: Final = "erased_in_log"
"""Erased bytes may stand in the file or its write-ahead log still."""

PROMISES_UNPUBLISHED: Final = "promises_unpublished"
"""Agreements have changed, and whether the promised days did was not looked at yet."""


def leave_note(connection: sqlite3.Connection, name: str) -> str:
    """Leave a note, in place of an earlier one of that name; its value."""
    value = os.urandom(8).hex()
    write_setting(connection, name, value)
    return value


def read_note(connection: sqlite3.Connection, name: str) -> str | None:
    """The value of the note of that name, or None if there is none."""
    return read_setting(connection, name)


def remove_note(database: Database, name: str, value: str) -> None:
    """Remove a note, unless it was left anew. If that cannot be done now, it stays."""
    with suppress(StoreBusy, StoreTooNew), database.transaction(durable=False) as connection:
        connection.execute("DELETE FROM ledger WHERE name = ? AND value = ?", (name, value))


def empty_log(database: Database, *, patient: bool = True, at_once: bool = False) -> bool:
    """Have erased bytes leave the file and its write-ahead log, if a note says there are some.

    ``patient``: wait a little for readers. ``at_once``: read the whole file for what is left of
    them even if that was done just now, because somebody here asked for it. Whether nothing is
    left; if a reader holds it, or a look is not due yet, the note stays for the next write.
    """
    note = read_note(database.connection, ERASED_IN_LOG)
    if note is None:
        return True
    is_due = at_once or database.wipe_is_due()
    if not (is_due or patient) or not database.truncate_log(patient=patient):
        return False
    if not is_due or not database.wipe_unused():
        return False
    remove_note(database, ERASED_IN_LOG, note)
    return True
