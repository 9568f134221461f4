"""Feeds in the log tables: who a feed speaks for, its branches, its tips and its standing.

A row of ``feeds`` is one ``feed.open``; a feed key with two of them has two rows. Rows and
standings are cached for one transaction at a time (``FeedCache``): another process may have
changed them.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

from p2pshare.errors import StoreDamaged
from p2pshare.log.certificate import Certificate
from p2pshare.log.frontier import Frontier, Tip, Tips
from p2pshare.log.standing import Standing
from p2pshare.log.tree import Branch, Position

_Item = TypeVar("_Item")

CHUNK: Final = 500
"""How many parameters a query takes at once."""


def chunks(items: Iterable[_Item], size: int = CHUNK) -> Iterator[list[_Item]]:
    """``items`` in lists of at most ``size``."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def marks(items: Sequence[object]) -> str:
    """As many question marks as there are items, for an IN (...)."""
    return ",".join("?" * len(items))


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One ``feed.open``: the author of every entry under it."""

    number: int
    feed: bytes
    circle: int
    person: bytes
    reading_key: bytes
    kinds: tuple[str, ...]
    listings: tuple[bytes, ...]
    expires_ms: int | None
    last_seq: int | None


_COLUMNS: Final = "number, feed, circle, person, reading_key, kinds, listings, expires_ms, last_seq"


def _feed_row(row: tuple[Any, ...]) -> FeedRow:
    number, feed, circle, person, reading_key, kinds, listings, expires_ms, last_seq = row
    try:
        return FeedRow(
            number=number,
            feed=feed,
            circle=circle,
            person=person,
            reading_key=reading_key,
            kinds=tuple(json.loads(kinds)),
            listings=tuple(bytes.fromhex(one) for one in json.loads(listings)),
            expires_ms=expires_ms,
            last_seq=last_seq,
        )
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"row {number} of the table feeds is damaged") from error


FEED_COLUMNS: Final = (
    "feed, circle, person, open_entry, reading_key, kinds, listings, expires_ms, last_seq"
)


def feed_values(
    feed: bytes, circle: int, open_entry: bytes, certificate: Certificate
) -> tuple[Any, ...]:
    """The values of FEED_COLUMNS for a ``feed.open`` with this certificate."""
    return (
        feed,
        circle,
        certificate.person,
        open_entry,
        certificate.reading_key,
        json.dumps(certificate.kinds),
        json.dumps([one.hex() for one in certificate.listings]),
        certificate.expires_ms,
        certificate.last_seq,
    )


def insert_feed(
    connection: sqlite3.Connection,
    feed: bytes,
    circle: int,
    open_entry: bytes,
    certificate: Certificate,
) -> FeedRow:
    """Add the row of a new ``feed.open`` (a verified certificate) and return it."""
    cursor = connection.execute(
        f"INSERT INTO feeds ({FEED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        feed_values(feed, circle, open_entry, certificate),
    )
    return FeedRow(
        number=cursor.lastrowid or 0,
        feed=feed,
        circle=circle,
        person=certificate.person,
        reading_key=certificate.reading_key,
        kinds=certificate.kinds,
        listings=certificate.listings,
        expires_ms=certificate.expires_ms,
        last_seq=certificate.last_seq,
    )


class FeedCache:
    """Feed rows, branches and standings as they are within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[int, FeedRow] = {}
        self._standings: dict[int, Standing] = {}
        self._all_whole: bool | None = None

    def add(self, row: FeedRow) -> None:
        """Remember a row just inserted."""
        self._rows[row.number] = row

    def load(self, numbers: Iterable[int]) -> None:
        """Read the rows with these numbers, a few queries for all."""
        missing = [number for number in numbers if number not in self._rows]
        for chunk in chunks(missing):
            for row in self._connection.execute(
                f"SELECT {_COLUMNS} FROM feeds WHERE number IN ({marks(chunk)})", chunk
            ):
                self._rows[row[0]] = _feed_row(row)

    def row(self, number: int) -> FeedRow:
        """The row with this number."""
        if number not in self._rows:
            self.load([number])
        return self._rows[number]

    def rows_of(self, feed: bytes) -> list[FeedRow]:
        """Every row of a feed key: none, one, or several where it was opened twice."""
        found = [
            _feed_row(row)
            for row in self._connection.execute(
                f"SELECT {_COLUMNS} FROM feeds WHERE feed = ? ORDER BY number", (feed,)
            )
        ]
        for row in found:
            self._rows[row.number] = row
        return found

    def forget_standing(self, number: int) -> None:
        """Read the standing of this row anew when it is next asked for."""
        self._standings.pop(number, None)
        self.forget_whole()

    def forget_whole(self) -> None:
        """A revocation or a fork was added: look again whether there are any."""
        self._all_whole = None

    def standing(self, number: int) -> Standing:
        """What decides whether the entries under this row count."""
        known = self._standings.get(number)
        if known is None:
            known = self._standings[number] = self._read_standing(self.row(number))
        return known

    def branches(self, number: int) -> dict[int, Branch]:
        """The branches of this row but the first."""
        return {
            branch: Branch(parent, fork_seq)
            for branch, parent, fork_seq in self._connection.execute(
                "SELECT branch, parent, fork_seq FROM branches WHERE feed = ?", (number,)
            )
        }

    def _is_all_whole(self) -> bool:
        """Whether nothing is revoked and nothing forked here, as in nearly all ledgers."""
        if self._all_whole is None:
            revoked, forked = self._connection.execute(
                "SELECT EXISTS (SELECT 1 FROM revocations), EXISTS (SELECT 1 FROM branches)"
            ).fetchone()
            self._all_whole = not revoked and not forked
        return self._all_whole

    def _read_standing(self, row: FeedRow) -> Standing:
        if self._is_all_whole():
            return _standing(row, {}, ())
        revoked_at: list[Position | None] = []
        for last_feed, branch, seq in self._connection.execute(
            "SELECT DISTINCT e.feed, e.branch, e.seq FROM revocations AS r"
            " LEFT JOIN entries AS e ON e.id = r.last_entry"
            " WHERE r.feed = ? AND r.circle = ? AND r.person = ?",
            (row.feed, row.circle, row.person),
        ):
            revoked_at.append(Position(branch, seq) if last_feed == row.number else None)
        return _standing(row, self.branches(row.number), revoked_at)


def _standing(
    row: FeedRow, branches: dict[int, Branch], revoked_at: Iterable[Position | None]
) -> Standing:
    return Standing(
        kinds=frozenset(row.kinds),
        listings=frozenset(row.listings),
        expires_ms=row.expires_ms,
        last_seq=row.last_seq,
        branches=branches,
        revoked_at=tuple(revoked_at),
    )


def circle_numbers(connection: sqlite3.Connection) -> dict[bytes, int]:
    """The number of each circle this ledger is in."""
    return dict(connection.execute("SELECT circle, number FROM circles"))


def tips_of(connection: sqlite3.Connection, feed: bytes, circle: int) -> Tips:
    """The tips of a feed key in a circle, ascending; empty if it is unknown."""
    return tuple(
        sorted(
            (seq, identifier)
            for seq, identifier in connection.execute(
                "SELECT e.seq, e.id FROM feeds AS f JOIN tips AS t ON t.feed = f.number"
                " JOIN entries AS e ON e.number = t.entry WHERE f.feed = ? AND f.circle = ?",
                (feed, circle),
            )
        )
    )


def read_frontier(connection: sqlite3.Connection, circle: int) -> Frontier:
    """The tips of every feed of a circle."""
    heads: dict[bytes, list[Tip]] = {}
    for feed, seq, identifier in connection.execute(
        "SELECT f.feed, e.seq, e.id FROM tips AS t JOIN entries AS e ON e.number = t.entry"
        " JOIN feeds AS f ON f.number = t.feed WHERE f.circle = ?",
        (circle,),
    ):
        heads.setdefault(feed, []).append((seq, identifier))
    return Frontier({feed: tuple(sorted(tips)) for feed, tips in heads.items()})
