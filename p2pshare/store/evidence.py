"""Entries as they were signed, for whoever must show them to a third person (receipts).

Exact bytes, as they came. What they mean is read through ``store.states``. Reads only.
"""

import sqlite3
from typing import Final

from p2pshare.errors import UnknownReference
from p2pshare.log.entry import SignedEntry

_BODY: Final = " LEFT JOIN bodies AS b ON b.entry = e.number"


def entry_with_id(connection: sqlite3.Connection, identifier: bytes) -> tuple[SignedEntry, int]:
    """The entry with this id, and the number of the feed it stands in. Raises UnknownReference."""
    row = connection.execute(
        f"SELECT e.header, e.signature, b.body, e.feed FROM entries AS e{_BODY} WHERE e.id = ?",
        (identifier,),
    ).fetchone()
    if row is None:
        raise UnknownReference("an entry that proves it has not arrived here yet")
    return SignedEntry(*row[:3]), int(row[3])


def opening_of(connection: sqlite3.Connection, feed: int) -> SignedEntry:
    """The ``feed.open`` of the feed with this number. Raises UnknownReference."""
    row = connection.execute(
        "SELECT e.header, e.signature, b.body FROM entries AS e"
        f" JOIN feeds AS f ON f.number = e.feed AND f.open_entry = e.id{_BODY}"
        " WHERE f.number = ?",
        (feed,),
    ).fetchone()
    if row is None:
        raise UnknownReference("the entry that opens a feed is not here")
    return SignedEntry(*row)
