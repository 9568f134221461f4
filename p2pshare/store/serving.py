"""Reading the log for peers: stretches after what they hold, entries by id, ids, blobs.

Answers the reads that ``sync`` asks for; types of ``log`` only, since ``sync`` and ``store`` do
not know each other (``node.effects`` joins them). Reads only. A stretch ends at an entry whose
signature verifies (docs/protocol.md section 3), and no header or body is given out that is not what
its hash says: what a peer would refuse is reported as damaged, to be mended.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.body import body_hash
from p2pshare.log.entry import SignedEntry, entry_id, signature_verifies
from p2pshare.log.frontier import Tips
from p2pshare.store.feeds import chunks, marks, tips_of
from p2pshare.store.repair import BODY_DAMAGED, HEADER_DAMAGED, SIGNATURE_DAMAGED

_ENTRY_OVERHEAD_BYTES: Final = 16


@dataclass(slots=True)
class ServedFeed:
    """What was read of one feed, up to the room there was.

    ``held`` tells whether the feed is here at all, ``ended`` whether all of it was read,
    ``unknown`` which of the peer's ids are not in hand. ``broken`` feeds cannot be read on: no
    signature holds.
    """

    feed: bytes
    tips: Tips = ()
    stretches: list[tuple[SignedEntry, ...]] = field(default_factory=list)
    unknown: tuple[bytes, ...] = ()
    held: bool = True
    ended: bool = True
    broken: bool = False


class LogReader:
    """Reads one circle of the log on a connection of its own.

    ``damaged`` collects the ids of entries that were met and what is wrong with each, in the words
    of ``store.repair``.
    """

    def __init__(self, connection: sqlite3.Connection, circle: int) -> None:
        self._connection = connection
        self._circle = circle
        self.damaged: dict[bytes, str] = {}
        self.room = 0

    def read_feed(self, feed: bytes, held: Sequence[bytes], *, every: bool) -> ServedFeed:
        """The entries of ``feed`` that do not precede ``held``, as far as ``room`` (bytes) goes.

        Unless ``every`` id is named in ``held``, nothing is read if one of them is unknown here.
        ``room`` shrinks by what was read.
        """
        numbers = [
            number
            for (number,) in self._connection.execute(
                "SELECT number FROM feeds WHERE feed = ? AND circle = ? ORDER BY number",
                (feed, self._circle),
            )
        ]
        served = ServedFeed(feed, held=bool(numbers))
        if not numbers:
            return served
        served.tips = tips_of(self._connection, feed, self._circle)
        places = self._places(held, numbers)
        served.unknown = tuple(one for one in held if one not in places)
        if served.unknown and not every:
            return served
        for number in numbers:
            own = [place[1:] for place in places.values() if place[0] == number]
            if not self._read_tree(number, own, served):
                break
        return served

    def _places(
        self, identifiers: Sequence[bytes], numbers: Sequence[int]
    ) -> dict[bytes, tuple[int, int, int]]:
        """(feed row, branch, seq) of those ids that are entries of these feed rows."""
        found = {}
        for chunk in chunks(identifiers):
            for identifier, number, branch, seq in self._connection.execute(
                f"SELECT id, feed, branch, seq FROM entries WHERE id IN ({marks(chunk)})", chunk
            ):
                if number in numbers:
                    found[identifier] = (number, branch, seq)
        return found

    def _read_tree(self, number: int, held: Sequence[tuple[int, ...]], served: ServedFeed) -> bool:
        """Read what one ``feed.open``'s tree has beyond ``held`` (branch, seq); False to stop."""
        branches = {
            branch: (parent, fork_seq)
            for branch, parent, fork_seq in self._connection.execute(
                "SELECT branch, parent, fork_seq FROM branches WHERE feed = ?", (number,)
            )
        }
        covered: dict[int, int] = {}
        for branch, seq in held:
            while covered.get(branch, -1) < seq:
                covered[branch] = seq
                if branch not in branches:
                    break
                branch, seq = branches[branch]
        # A branch is numbered after the one it hangs on, so the order is that of the chain.
        for branch in (0, *sorted(branches)):
            start = covered.get(branch, branches[branch][1] if branch in branches else -1)
            if not self._read_branch(number, branch, start, served):
                return False
        return True

    def _read_branch(self, number: int, branch: int, after: int, served: ServedFeed) -> bool:
        while True:
            if self.room <= 0:
                more = self._connection.execute(
                    "SELECT 1 FROM entries WHERE feed = ? AND branch = ? AND seq > ? LIMIT 1",
                    (number, branch, after),
                ).fetchone()
                served.ended = more is None
                return served.ended
            rows = self._connection.execute(
                "SELECT e.seq, e.header, e.signature, b.body, e.signature_checked, e.id"
                " FROM entries AS e LEFT JOIN bodies AS b ON b.entry = e.number"
                " WHERE e.feed = ? AND e.branch = ? AND e.seq > ? ORDER BY e.seq LIMIT ?",
                (number, branch, after, STRETCH_ENTRIES_MAX),
            ).fetchall()
            if not rows:
                return True
            entries = self._sound(rows)
            count = self._stretch_length(served.feed, rows[: len(entries)])
            if not count:
                served.broken, served.ended = True, False
                return False
            served.stretches.append(tuple(entries[:count]))
            self.room -= sum(map(_size, rows[:count]))
            after = int(rows[count - 1][0])

    def _sound(self, rows: Sequence[tuple[Any, ...]]) -> list[SignedEntry]:
        """The first entries of ``rows`` up to one that is not what its id says.

        A body that is not what its header says is left out as if it were owed; a ``feed.open``
        without its body would be refused, so it is given out whole or not at all.
        """
        entries = []
        for seq, header, signature, body, _, identifier in rows:
            if not _is_header(header, identifier):
                self.damaged[identifier] = HEADER_DAMAGED
                break
            sound = self._sound_body(identifier, header, body)
            if sound is None and seq == 0:
                break
            entries.append(SignedEntry(header, signature, sound))
        return entries

    def _sound_body(self, identifier: bytes, header: bytes, body: bytes | None) -> bytes | None:
        """The body, if there is one and its hash is the one in the header."""
        # The header is sound, so 32 bytes of it that are this hash are its field body_hash.
        if body is None or (isinstance(body, bytes) and body_hash(body) in header):
            return body
        self.damaged[identifier] = BODY_DAMAGED
        return None

    def _stretch_length(self, feed: bytes, rows: Sequence[tuple[Any, ...]]) -> int:
        """How many rows make the next stretch: about ``room``, ending at a signature that holds."""
        aim, size = 0, 0
        while aim < len(rows) and size < self.room:
            size += _size(rows[aim])
            aim += 1
        for end in (*range(max(aim, 1), len(rows) + 1), *range(aim - 1, 0, -1)):
            _, _, signature, _, is_checked, identifier = rows[end - 1]
            if is_checked or signature_verifies(feed, signature, identifier):
                return int(end)
            self.damaged.setdefault(identifier, SIGNATURE_DAMAGED)
        return 0

    def held_ids(self, feed: bytes) -> tuple[bytes, ...]:
        """Every entry id held of a feed."""
        return tuple(
            identifier
            for (identifier,) in self._connection.execute(
                "SELECT e.id FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
                " WHERE f.feed = ? AND f.circle = ? ORDER BY e.seq",
                (feed, self._circle),
            )
        )

    def read_entries(
        self, identifiers: Sequence[bytes]
    ) -> tuple[tuple[SignedEntry, ...], tuple[bytes, ...]]:
        """The entries that are here, and the ids of those that are not here whole.

        An entry whose body or whose signature is lacking is in both: the other one is not withheld.
        So the signature of an entry that was erased can be mended.
        """
        found: dict[bytes, SignedEntry] = {}
        whole: set[bytes] = set()
        for chunk in chunks(identifiers):
            for identifier, feed, header, signature, body, is_checked in self._connection.execute(
                "SELECT e.id, f.feed, e.header, e.signature, b.body, e.signature_checked"
                " FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
                " LEFT JOIN bodies AS b ON b.entry = e.number"
                f" WHERE f.circle = ? AND e.id IN ({marks(chunk)})",
                (self._circle, *chunk),
            ):
                if not _is_header(header, identifier):
                    self.damaged[identifier] = HEADER_DAMAGED
                    continue
                sound = self._sound_body(identifier, header, body)
                is_signed = is_checked or signature_verifies(feed, signature, identifier)
                if not is_signed:
                    self.damaged.setdefault(identifier, SIGNATURE_DAMAGED)
                if is_signed or sound is not None:
                    found[identifier] = SignedEntry(header, signature, sound)
                if is_signed and sound is not None:
                    whole.add(identifier)
        missing = tuple(one for one in identifiers if one not in whole)
        return tuple(found.values()), missing


def _is_header(header: object, identifier: bytes) -> bool:
    return isinstance(header, bytes) and entry_id(header) == identifier


def _size(row: tuple[Any, ...]) -> int:
    body = row[3]
    return len(row[1]) + len(row[2]) + (0 if body is None else len(body)) + _ENTRY_OVERHEAD_BYTES
