"""What a person signed to pay in a circle, and what each payment knew: for ``domain.overspending``.

Reads the log, and not the folded rows alone: a payment that no longer counts still hands on what it
knew, and which payment came before another in a feed stands nowhere else. Reads only.
"""

import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from p2pshare.domain.hours import PAYMENT_KINDS
from p2pshare.domain.overspending import SignedPayment
from p2pshare.limits import OVERSPENDING_LINES_MAX
from p2pshare.log.entry import Header
from p2pshare.log.tree import Branch, Position, path_to
from p2pshare.store.feeds import FeedCache, marks

_header: Final = msgspec.msgpack.Decoder(Header)
"""For headers that were checked when they were stored."""


def in_several_lines(connection: sqlite3.Connection, person: bytes, circle: bytes) -> bool:
    """Whether a person has more than one feed in a circle, or a forked one."""
    return bool(_several(connection, "c.circle = ? AND f.person = ?", (circle, person)))


def persons_in_several_lines(connection: sqlite3.Connection, circle: bytes) -> list[bytes]:
    """The persons with more than one feed in a circle, or a forked one, ascending."""
    return _several(connection, "c.circle = ?", (circle,))


def _several(connection: sqlite3.Connection, where: str, values: tuple[bytes, ...]) -> list[bytes]:
    return [
        person
        for (person,) in connection.execute(
            "SELECT f.person FROM feeds AS f JOIN circles AS c ON c.number = f.circle"
            f" LEFT JOIN branches AS b ON b.feed = f.number WHERE {where}"
            " GROUP BY f.person HAVING count(*) > 1 OR count(b.feed) > 0 ORDER BY f.person",
            values,
        )
    ]


def signed_payments(
    connection: sqlite3.Connection, person: bytes, circle: bytes
) -> list[SignedPayment]:
    """Every payment a person wrote in a circle; with 0 minutes where it does not count."""
    minutes = {
        bytes.fromhex(entry): paid
        for entry, paid in connection.execute(
            "SELECT entry, sum(minutes) FROM payments WHERE circle = ? AND payer = ?"
            " GROUP BY entry",
            (circle.hex(), person.hex()),
        )
    }
    feeds: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for number, *row in connection.execute(
        "SELECT e.feed, f.feed, e.branch, e.seq, e.id, e.header FROM feeds AS f"
        " JOIN circles AS c ON c.number = f.circle JOIN entries AS e ON e.feed = f.number"
        " WHERE f.person = ? AND c.circle = ?"
        f" AND e.kind IN ({marks(PAYMENT_KINDS)}) ORDER BY e.seq",
        (person, circle, *PAYMENT_KINDS),
    ):
        feeds[number].append(tuple(row))
    cache = FeedCache(connection)
    found = []
    for number, rows in feeds.items():
        chain = _Chain(cache.branches(number))
        for feed, branch, seq, identifier, header in rows:
            knew = (*chain.before(branch, seq), *_header.decode(header).after)
            chain.add(branch, seq, identifier)
            found.append(SignedPayment(identifier, feed, minutes.get(identifier, 0), knew))
    return found


class _Chain:
    """The payments of one feed as they are walked in the order of seq, forks included.

    A feed that is forked more often than ``domain.overspending`` tells apart has no chain here:
    walking so many forks for each payment could take as long as somebody likes.
    """

    def __init__(self, branches: Mapping[int, Branch]) -> None:
        self._branches = branches
        self._seqs: dict[int, list[int]] = defaultdict(list)
        self._entries: dict[int, list[bytes]] = defaultdict(list)

    def add(self, branch: int, seq: int, identifier: bytes) -> None:
        self._seqs[branch].append(seq)
        self._entries[branch].append(identifier)

    def before(self, branch: int, seq: int) -> tuple[bytes, ...]:
        """The last payment that was added before this place, on its way to the feed's first."""
        if len(self._branches) > OVERSPENDING_LINES_MAX:
            return ()
        for on_branch, up_to in path_to(self._branches, Position(branch, seq)).items():
            place = bisect_right(self._seqs[on_branch], up_to)
            if place:
                return (self._entries[on_branch][place - 1],)
        return ()
