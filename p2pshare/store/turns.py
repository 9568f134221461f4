"""Which listings an owner's computer has to look after, and what is asked and waited for there.

For ``node.entailing`` and ``node.acts_holds``, inside the transaction that writes; what people read
is ``store.bookings``'. Ids come back as bytes.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from p2pshare.domain.agreement_rules import takes
from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.bookings import Moment, fits, free_now, strangers_periods
from p2pshare.domain.hold import HOLD, OFFERED, OPEN, TAKEN
from p2pshare.domain.listing import as_it_stands
from p2pshare.domain.loan import LOAN
from p2pshare.store.bookings import claims_about
from p2pshare.store.busy import busy_periods_of
from p2pshare.store.feeds import chunks, marks

REQUESTS_PER_LISTING: Final = 100
"""So many unanswered requests for one thing are looked at, the earliest; a flood is the owner's."""


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


def listings_due(
    connection: sqlite3.Connection, owner: bytes, now: Moment, now_ms: int
) -> list[tuple[bytes, bytes]]:
    """(circle, listing) of an owner's listings where time has brought something, by their rows.

    A turn has passed, somebody waits for what is free now, or what was asked for is free. Whether
    anything is to be written shows only when all of it is read; but a library with a hundred queues
    need not read all of them at each step.
    """
    return [
        (circle, listing)
        for circle, listing in listings_waited_for(connection, owner)
        if _is_due(connection, owner, listing.hex(), now, now_ms)
    ]


def _is_due(
    connection: sqlite3.Connection, owner: bytes, listing: str, now: Moment, now_ms: int
) -> bool:
    row = connection.execute(
        "SELECT quantity, policy, closed FROM listings WHERE listing = ?", (listing,)
    ).fetchone()
    if row is None:
        return False
    quantity, closed = row[0], bool(row[2])
    policy = msgspec.json.decode(row[1], type=LoanPolicy)
    states = sorted(OPEN)
    holds = connection.execute(
        "SELECT underlying_state, offered_until_ms FROM agreements WHERE listing = ? AND kind = ?"
        f" AND underlying_state IN ({marks(states)})",
        (listing, HOLD.kind, *states),
    ).fetchall()
    turns = [until_ms for state, until_ms in holds if state == OFFERED]
    if (holds and closed) or any(until_ms < now_ms for until_ms in turns):
        return True
    claims = claims_about(connection, listing, [owner.hex()])
    told = busy_periods_of(connection, [listing]).get(listing, [])
    taken = [period for claim in claims if (period := takes(claim, *now)) is not None]
    taken += [as_it_stands(period, *now) for period in strangers_periods(claims, told)]
    rest = policy.buffer_minutes
    if len(holds) > len(turns) and free_now(quantity, rest, taken, now) > len(turns):
        return True
    if not policy.automatic:
        return False
    asked = [one for one in claims if one.kind == LOAN.kind and one.underlying in LOAN.asked]
    return any(fits(one, quantity, rest, taken) for one in asked[:REQUESTS_PER_LISTING])


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


def writes_elsewhere(connection: sqlite3.Connection, circle: bytes, person: bytes) -> bool:
    """Whether a person has a feed in a circle that this installation has never written."""
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM feeds AS f JOIN circles AS c ON c.number = f.circle"
        " WHERE c.circle = ? AND f.person = ? AND f.feed NOT IN (SELECT feed FROM own_feeds))",
        (circle, person),
    ).fetchone()
    return bool(found[0])


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
    """The holds of a listing that wait, and those whose tags are published, however they ended.

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
    for chunk in chunks([tag.hex() for tag in published]):
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
