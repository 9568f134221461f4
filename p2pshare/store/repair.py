"""Mending rows that the audit found damaged, with the same entry from a peer.

An entry's id names its exact header, so a peer's copy either is the entry or is refused. Which rows
are damaged is ``store.audit``'s finding; ``node`` asks the links for them.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from p2pshare.log.body import body_hash
from p2pshare.log.entry import Header, signature_verifies, subject_of
from p2pshare.log.stretch import ReadEntry
from p2pshare.store.append import AddedEntry
from p2pshare.store.feeds import FeedCache

HEADER_DAMAGED: Final = "header"
BODY_DAMAGED: Final = "body"
SIGNATURE_DAMAGED: Final = "signature"
"""The words of ``damaged.what``: the worst that is wrong with an entry. A fold leaves the first
out, reads the second as if it were not in hand, and is not concerned by the third."""


def owed_entries(connection: sqlite3.Connection) -> dict[int, set[bytes]]:
    """By circle number, the ids whose body, or a sound header or signature, is lacking."""
    found: dict[int, set[bytes]] = defaultdict(set)
    for circle, identifier in connection.execute(
        "SELECT f.circle, e.id FROM owed AS o JOIN entries AS e ON e.number = o.entry"
        " JOIN feeds AS f ON f.number = e.feed"
        " UNION SELECT f.circle, d.id FROM damaged AS d JOIN entries AS e ON e.number = d.entry"
        " JOIN feeds AS f ON f.number = e.feed"
    ):
        found[circle].add(identifier)
    return found


def mark_damaged(connection: sqlite3.Connection, identifiers: Iterable[bytes], what: str) -> None:
    """Remember that these entries are damaged (``what``: a word from above), to be asked for."""
    connection.executemany(
        "INSERT OR IGNORE INTO damaged (entry, id, what)"
        " SELECT number, id, ? FROM entries WHERE id = ?",
        [(what, identifier) for identifier in identifiers],
    )


def repair_entry(
    connection: sqlite3.Connection, feeds: FeedCache, entry: ReadEntry
) -> AddedEntry | None:
    """Put a damaged entry right with ``entry``, whose signature must verify; None if it was not.

    Header, signature and every column that follows from them are written anew; the body too, if
    it came along. An entry whose body is damaged stays so until a peer has one.
    """
    row = connection.execute(
        "SELECT d.entry, e.feed FROM damaged AS d JOIN entries AS e ON e.number = d.entry"
        " WHERE d.id = ?",
        (entry.identifier,),
    ).fetchone()
    if row is None:
        return None
    number, feed = row
    header, signed = entry.header, entry.signed
    if not signature_verifies(header.feed, signed.signature, entry.identifier):
        return None
    connection.execute(
        "UPDATE entries SET id = ?, seq = ?, time_ms = ?, subject = ?, kind = ?, header = ?,"
        " signature = ?, signature_checked = 1 WHERE number = ?",
        (
            entry.identifier,
            header.seq,
            header.time_ms,
            subject_of(header, entry.identifier),
            header.kind,
            signed.header,
            signed.signature,
            number,
        ),
    )
    if signed.body is not None:
        connection.execute(
            "INSERT OR REPLACE INTO bodies (entry, body) VALUES (?, ?)", (number, signed.body)
        )
        connection.execute("DELETE FROM owed WHERE entry = ?", (number,))
    elif _has_false_body(connection, number, header):
        connection.execute("UPDATE damaged SET what = ? WHERE entry = ?", (BODY_DAMAGED, number))
        return AddedEntry(number, feeds.row(feed), entry)
    connection.execute("DELETE FROM damaged WHERE entry = ?", (number,))
    return AddedEntry(number, feeds.row(feed), entry)


def _has_false_body(connection: sqlite3.Connection, number: int, header: Header) -> bool:
    """Whether the body that is held of an entry is not the one its header names."""
    row = connection.execute("SELECT body FROM bodies WHERE entry = ?", (number,)).fetchone()
    if row is None:
        return False
    return not isinstance(row[0], bytes) or body_hash(row[0]) != header.body_hash
