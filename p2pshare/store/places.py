"""Where an entry goes in its feed's tree, as rows of ``branches`` and ``tips``; what it takes up.

The one implementation: ``store.append`` uses it as entries arrive and ``store.rebuild`` when it
makes the trees again. Entries are placed in the order of their numbers, so both give the same rows.
"""

import sqlite3
from dataclasses import dataclass

from p2pshare.log.entry import Header
from p2pshare.log.keys import SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class Parent:
    """The row of the entry that another one follows; ``feed`` is a number of ``feeds``."""

    number: int
    feed: int
    branch: int
    seq: int


def find_parent(connection: sqlite3.Connection, previous: bytes) -> Parent | None:
    """The row of the entry with this id, or None if it is not in hand."""
    row = connection.execute(
        "SELECT number, feed, branch, seq FROM entries WHERE id = ?", (previous,)
    ).fetchone()
    return None if row is None else Parent(*row)


def branch_after(connection: sqlite3.Connection, parent: Parent) -> tuple[int, bool]:
    """The branch of what follows ``parent``, which is no tip any more, and whether it is new.

    It is the parent's own branch if nothing followed the parent yet.
    """
    removed = connection.execute("DELETE FROM tips WHERE entry = ?", (parent.number,))
    if removed.rowcount:
        return parent.branch, False
    branch: int = connection.execute(
        "SELECT coalesce(max(branch), 0) + 1 FROM branches WHERE feed = ?", (parent.feed,)
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO branches (feed, branch, parent, fork_seq) VALUES (?, ?, ?, ?)",
        (parent.feed, branch, parent.branch, parent.seq),
    )
    return branch, True


def add_tip(connection: sqlite3.Connection, entry: int, feed: int) -> None:
    """Nothing follows this entry (its number) of this feed (its number) yet."""
    connection.execute("INSERT INTO tips (entry, feed) VALUES (?, ?)", (entry, feed))


def size_of(header_bytes: bytes, header: Header) -> int:
    """The bytes that an entry takes of its person's quota, held or erased."""
    return len(header_bytes) + SIGNATURE_BYTES + header.body_size
