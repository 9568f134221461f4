"""What belongs to this installation and is never sent: circles, own persons and feeds, peers.

Neighbours: ``node.keystore`` holds the keys these rows speak of; ``node.authoring`` decides when a
feed is retired. Nothing here is folded, and nothing here is lost by a rebuild.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from p2pshare.log.certificate import OPEN_CIRCLE, OPEN_CIRCLE_NAME

REMEMBERED_ADDRESSES_MAX: Final = 256
REFUSED_FEEDS_MAX: Final = 4096
"""Feeds cost nothing to make, so that those over quota must not fill the file."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle this installation is in; the open one has no secret."""

    number: int
    circle: bytes
    name: str
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class RememberedAddress:
    """An address at which a device (32 bytes) answered, last at ``worked_ms``."""

    address: str
    port: int
    device: bytes
    worked_ms: int


def ensure_open_circle(connection: sqlite3.Connection) -> None:
    """Be in "Everyone nearby", which every installation is."""
    connection.execute(
        "INSERT OR IGNORE INTO circles (circle, name, secret) VALUES (?, ?, NULL)",
        (OPEN_CIRCLE, OPEN_CIRCLE_NAME),
    )


def add_circle(connection: sqlite3.Connection, circle: bytes, name: str, secret: bytes) -> None:
    """Be in a closed circle; a second time renames it."""
    connection.execute(
        "INSERT INTO circles (circle, name, secret) VALUES (?, ?, ?)"
        " ON CONFLICT (circle) DO UPDATE SET name = excluded.name",
        (circle, name, secret),
    )


def read_circles(connection: sqlite3.Connection) -> list[Circle]:
    """Every circle this installation is in, the oldest first."""
    return [
        Circle(*row)
        for row in connection.execute(
            "SELECT number, circle, name, secret FROM circles ORDER BY number"
        )
    ]


def add_own_person(
    connection: sqlite3.Connection,
    person: bytes,
    name: str,
    added_ms: int,
    *,
    desk: bool = False,
) -> None:
    """Host a person on this device; ``desk``: they have none, and come to the keeper's to sign."""
    connection.execute(
        "INSERT OR IGNORE INTO own_persons (person, name, added_ms, desk) VALUES (?, ?, ?, ?)",
        (person, name, added_ms, int(desk)),
    )


def is_at_desk(connection: sqlite3.Connection, person: bytes) -> bool:
    """Whether what a person signs on this device is signed at the desk of a library."""
    row = connection.execute("SELECT desk FROM own_persons WHERE person = ?", (person,)).fetchone()
    return row is not None and row[0] == 1


def desk_persons(connection: sqlite3.Connection) -> set[bytes]:
    """The persons who are hosted at the desk."""
    return {
        person for (person,) in connection.execute("SELECT person FROM own_persons WHERE desk = 1")
    }


def rename_own_person(connection: sqlite3.Connection, person: bytes, name: str) -> None:
    """Remember the name a hosted person now goes by."""
    connection.execute("UPDATE own_persons SET name = ? WHERE person = ?", (name, person))


def own_persons(connection: sqlite3.Connection) -> dict[bytes, str]:
    """The persons this device hosts and their names, in the order they came."""
    return dict(connection.execute("SELECT person, name FROM own_persons ORDER BY added_ms, rowid"))


def add_own_feed(connection: sqlite3.Connection, feed: bytes, circle: bytes, person: bytes) -> None:
    """Remember that this installation writes ``feed``."""
    connection.execute(
        "INSERT INTO own_feeds (feed, circle, person, retired) VALUES (?, ?, ?, 0)",
        (feed, circle, person),
    )


def current_feed(connection: sqlite3.Connection, circle: bytes, person: bytes) -> bytes | None:
    """The feed this installation writes for a person in a circle, or None if it has none yet."""
    row = connection.execute(
        "SELECT feed FROM own_feeds WHERE circle = ? AND person = ? AND retired = 0"
        " ORDER BY rowid DESC LIMIT 1",
        (circle, person),
    ).fetchone()
    return None if row is None else row[0]


def own_feeds(connection: sqlite3.Connection) -> set[bytes]:
    """Every feed this installation has ever written."""
    return {feed for (feed,) in connection.execute("SELECT feed FROM own_feeds")}


def retire_feed(connection: sqlite3.Connection, feed: bytes) -> bool:
    """Never write to ``feed`` again (it was written elsewhere too); whether that is news."""
    changed = connection.execute(
        "UPDATE own_feeds SET retired = 1 WHERE feed = ? AND retired = 0", (feed,)
    )
    return changed.rowcount > 0


def retire_all_feeds(connection: sqlite3.Connection) -> int:
    """Retire every feed of this installation; how many were in use."""
    changed = connection.execute("UPDATE own_feeds SET retired = 1 WHERE retired = 0")
    return changed.rowcount


def remember_address(
    connection: sqlite3.Connection, address: str, port: int, device: bytes, now_ms: int
) -> None:
    """Note an address that worked; the longest unused ones give way."""
    connection.execute(
        "INSERT OR REPLACE INTO peers (address, port, device, worked_ms) VALUES (?, ?, ?, ?)",
        (address, port, device, now_ms),
    )
    connection.execute(
        "DELETE FROM peers WHERE rowid NOT IN"
        " (SELECT rowid FROM peers ORDER BY worked_ms DESC LIMIT ?)",
        (REMEMBERED_ADDRESSES_MAX,),
    )


def remembered_addresses(connection: sqlite3.Connection) -> list[RememberedAddress]:
    """The addresses that worked, the latest first."""
    return [
        RememberedAddress(*row)
        for row in connection.execute(
            "SELECT address, port, device, worked_ms FROM peers ORDER BY worked_ms DESC"
        )
    ]


def refuse_feed(connection: sqlite3.Connection, circle: int, feed: bytes, reason: str) -> None:
    """Note that the person of ``feed`` is over quota; the oldest notes give way."""
    connection.execute(
        "INSERT OR REPLACE INTO refused_feeds (circle, feed, reason) VALUES (?, ?, ?)",
        (circle, feed, reason),
    )
    connection.execute(
        "DELETE FROM refused_feeds WHERE rowid <= (SELECT max(rowid) FROM refused_feeds) - ?",
        (REFUSED_FEEDS_MAX,),
    )


def refused_feeds(connection: sqlite3.Connection) -> set[tuple[bytes, bytes]]:
    """(circle, feed) of the feeds that were cut or not taken, the latest REFUSED_FEEDS_MAX."""
    return set(
        connection.execute(
            "SELECT c.circle, r.feed FROM refused_feeds AS r JOIN circles AS c"
            " ON c.number = r.circle"
        )
    )


def note_links(connection: sqlite3.Connection, links: Iterable[tuple[str, str]]) -> None:
    """Replace what is noted of the running node's links: (device, address), as text."""
    connection.execute("DELETE FROM links")
    connection.executemany("INSERT INTO links (device, address) VALUES (?, ?)", links)


def noted_links(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """(device, address) of the running node's links; means nothing while none is running."""
    return connection.execute("SELECT device, address FROM links ORDER BY rowid").fetchall()
