"""Small look-ups that writing needs, inside the transaction that writes.

What people read goes through ``store.queries``; what is folded through ``store.states``.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.entry import SEALED_KINDS, SUBJECT_BYTES
from p2pshare.store.feeds import chunks, marks


def circle_of_subject(connection: sqlite3.Connection, subject: bytes) -> bytes | None:
    """The circle of the entry that created a subject, or None if it is not in hand."""
    row = connection.execute(
        "SELECT c.circle FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
        " JOIN circles AS c ON c.number = f.circle WHERE e.subject = ?"
        " AND substr(e.id, 1, ?) = e.subject LIMIT 1",
        (subject, SUBJECT_BYTES),
    ).fetchone()
    return None if row is None else row[0]


def listing_header(connection: sqlite3.Connection, listing: bytes) -> bytes:
    """The header of the entry that created a listing. Raises UnknownReference."""
    row = connection.execute(
        "SELECT header FROM entries WHERE subject = ? AND substr(id, 1, ?) = subject",
        (listing, SUBJECT_BYTES),
    ).fetchone()
    if row is None:
        raise UnknownReference("there is no such listing here")
    header: bytes = row[0]
    return header


def reading_keys_of(connection: sqlite3.Connection, person: bytes, circle: int) -> list[bytes]:
    """The public reading keys of a person in a circle, the newest feeds' first (at most 3)."""
    return [
        key
        for (key,) in connection.execute(
            "SELECT reading_key FROM feeds WHERE person = ? AND circle = ?"
            " GROUP BY reading_key ORDER BY max(number) DESC LIMIT 3",
            (person, circle),
        )
    ]


def agreements_in_promise(
    connection: sqlite3.Connection, listing: bytes, promises: Iterable[str]
) -> list[bytes]:
    """The agreements about a listing whose state promises days of it."""
    states = sorted(promises)
    return [
        bytes.fromhex(agreement)
        for (agreement,) in connection.execute(
            "SELECT agreement FROM agreements WHERE listing = ?"
            f" AND underlying_state IN ({marks(states)}) ORDER BY agreement",
            (listing.hex(), *states),
        )
    ]


def agreements_about(connection: sqlite3.Connection, listing: bytes) -> list[bytes]:
    """Every agreement about a listing, whatever its state."""
    return [
        bytes.fromhex(agreement)
        for (agreement,) in connection.execute(
            "SELECT agreement FROM agreements WHERE listing = ?", (listing.hex(),)
        )
    ]


def sealed_subjects(connection: sqlite3.Connection) -> list[bytes]:
    """The subjects of which the sealed entry that created them is in hand, readable or not."""
    return [
        subject
        for (subject,) in connection.execute(
            # In the words of the index that holds just the openings.
            f"SELECT subject FROM entries WHERE kind IN ({marks(SEALED_KINDS)})"
            " AND subject = substr(id, 1, 16)",
            SEALED_KINDS,
        )
    ]


def last_entry_of(
    connection: sqlite3.Connection,
    circle: bytes,
    feed: bytes,
    person: bytes,
    identifier: bytes | None,
) -> tuple[int, bytes]:
    """(seq, id) of the entry that a revocation of a person's feed is to name.

    The one with ``identifier``, else the feed's last one. Raises UnknownReference if the feed is
    not the person's, and DomainError if it is forked and no entry was named.
    """
    rows = connection.execute(
        "SELECT e.seq, e.id, e.number IN (SELECT entry FROM tips) FROM entries AS e"
        " JOIN feeds AS f ON f.number = e.feed JOIN circles AS c ON c.number = f.circle"
        " WHERE c.circle = ? AND f.feed = ? AND f.person = ? ORDER BY e.seq",
        (circle, feed, person),
    ).fetchall()
    if not rows:
        raise UnknownReference("that person has no such feed in this circle")
    if identifier is not None:
        named = [(seq, one) for seq, one, _ in rows if one == identifier]
        if not named:
            raise UnknownReference("that feed has no such entry here")
        return named[0]
    tips = [(seq, one) for seq, one, is_tip in rows if is_tip]
    if len(tips) > 1:
        raise DomainError("that feed is forked; name the last entry that is to count")
    return tips[0]


def listings_told_busy(connection: sqlite3.Connection, owner: bytes) -> list[tuple[bytes, bytes]]:
    """(circle, listing) of an owner's listings of which promised days or a queue are published."""
    return [
        (bytes.fromhex(circle), bytes.fromhex(listing))
        for circle, listing in connection.execute(
            "SELECT l.circle, l.listing FROM listings AS l WHERE l.owner = ? AND (EXISTS"
            " (SELECT 1 FROM busy_periods AS p WHERE p.listing = l.listing) OR EXISTS"
            " (SELECT 1 FROM waiting AS w WHERE w.listing = l.listing))",
            (owner.hex(),),
        )
    ]


def listings_with_agreements(
    connection: sqlite3.Connection, owner: bytes, agreements: Sequence[str] | None
) -> list[tuple[bytes, bytes]]:
    """(circle, listing) of an owner's listings that these agreements (hex), or any, are about."""
    query = (
        "SELECT DISTINCT a.circle, a.listing FROM agreements AS a"
        " JOIN listings AS l ON l.listing = a.listing AND l.owner = a.owner WHERE a.owner = ?"
    )
    if agreements is None:
        rows = connection.execute(query, (owner.hex(),)).fetchall()
    else:
        rows = [
            row
            for chunk in chunks(agreements)
            for row in connection.execute(
                f"{query} AND a.agreement IN ({marks(chunk)})", (owner.hex(), *chunk)
            )
        ]
    return [(bytes.fromhex(circle), bytes.fromhex(listing)) for circle, listing in set(rows)]
