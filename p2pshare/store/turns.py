"""Which listings an owner's computer has to look after, and what is asked and waited for there.

For ``node.entailing`` and ``node.acts_holds``, inside the transaction that writes; what people read
is ``store.bookings``'. Ids come back as bytes.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from p2pshare.domain.hold import HOLD, OPEN, TAKEN
from p2pshare.domain.loan import LOAN
from p2pshare.store.feeds import chunks, marks


def listings_waited_for(connection: sqlite3.Connection, owner: bytes) -> list[tuple[bytes, bytes]]:
    """(circle, listing) of an owner's listings where time alone may give us something to do.

    Somebody waits in a queue, or has asked for what is lent without asking the owner.
    """
    waiting, asked = sorted(OPEN), sorted(LOAN.asked)
    rows = connection.execute(
        "SELECT DISTINCT circle, listing FROM agreements WHERE owner = ? AND kind = ?"
        f" AND underlying_state IN ({marks(waiting)})"
        " UNION SELECT DISTINCT a.circle, a.listing FROM agreements AS a"
        " JOIN listings AS l ON l.listing = a.listing AND l.owner = a.owner"
        f" WHERE a.owner = ? AND a.kind = ? AND a.underlying_state IN ({marks(asked)})"
        " AND json_extract(l.policy, '$.automatic') = 1",
        (owner.hex(), HOLD.kind, *waiting, owner.hex(), LOAN.kind, *asked),
    )
    return [(bytes.fromhex(circle), bytes.fromhex(listing)) for circle, listing in rows]


def owned_among(
    connection: sqlite3.Connection, owner: bytes, listings: Sequence[str]
) -> list[tuple[bytes, bytes]]:
    """(circle, listing) of those of these listings (hex) that are the owner's."""
    return [
        (bytes.fromhex(circle), bytes.fromhex(listing))
        for chunk in chunks(listings)
        for circle, listing in connection.execute(
            f"SELECT circle, listing FROM listings WHERE owner = ? AND listing IN ({marks(chunk)})",
            (owner.hex(), *chunk),
        )
    ]


def asked_loans(connection: sqlite3.Connection, listing: bytes, at_most: int) -> list[bytes]:
    """The loans of a listing that are asked for and not answered, as they came here."""
    states = sorted(LOAN.asked)
    return _ids(
        connection.execute(
            "SELECT agreement FROM agreements WHERE listing = ? AND kind = ?"
            f" AND underlying_state IN ({marks(states)}) ORDER BY rowid LIMIT ?",
            (listing.hex(), LOAN.kind, *states, at_most),
        )
    )


def holds_in_queue(
    connection: sqlite3.Connection, listing: bytes, published: Iterable[bytes]
) -> list[bytes]:
    """The holds of a listing that wait, and those whose tokens are published, however they ended.

    ``published`` are at most HOLDS_MAX of each of the owner's computers.
    """
    states = sorted(OPEN)
    found = dict.fromkeys(
        _ids(
            connection.execute(
                "SELECT agreement FROM agreements WHERE listing = ? AND kind = ?"
                f" AND underlying_state IN ({marks(states)}) ORDER BY agreement",
                (listing.hex(), HOLD.kind, *states),
            )
        )
    )
    for chunk in chunks([token.hex() for token in published]):
        rows = connection.execute(
            "SELECT agreement FROM agreements WHERE listing = ? AND kind = ?"
            f" AND queue_tag IN ({marks(chunk)}) ORDER BY agreement",
            (listing.hex(), HOLD.kind, *chunk),
        )
        found.update(dict.fromkeys(_ids(rows)))
    return list(found)


def holds_of(
    connection: sqlite3.Connection, listing: bytes, holders: Iterable[bytes], states: Iterable[str]
) -> list[bytes]:
    """The holds of a listing that these persons have, in these states."""
    named = sorted(states)
    return [
        hold
        for chunk in chunks([holder.hex() for holder in holders])
        for hold in _ids(
            connection.execute(
                f"SELECT agreement FROM agreements WHERE asker IN ({marks(chunk)}) AND kind = ?"
                f" AND underlying_state IN ({marks(named)}) AND listing = ? ORDER BY agreement",
                (*chunk, HOLD.kind, *named, listing.hex()),
            )
        )
    ]


def holds_taken(
    connection: sqlite3.Connection, listing: bytes, holders: Iterable[bytes]
) -> list[bytes]:
    """The holds of a listing by which these persons took their turn."""
    return holds_of(connection, listing, holders, (TAKEN,))


def _ids(rows: Iterable[tuple[str]]) -> list[bytes]:
    return [bytes.fromhex(agreement) for (agreement,) in rows]
