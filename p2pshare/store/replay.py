"""The trees of all feeds made again from the headers, in the order in which entries arrived.

``store.rebuild`` hands in every examined entry in the order of its number. Columns of ``entries``
and rows of ``feeds`` that are not what the headers say are mended; ``branches``, ``tips`` and the
people's usage are made anew by the code that made them first (``store.places``). What cannot be
placed at all is StoreDamaged: then only ``store.salvage`` helps.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from p2pshare.errors import LogError, StoreDamaged
from p2pshare.log.keys import SIGNATURE_BYTES
from p2pshare.log.stretch import read_certificate
from p2pshare.log.tree import ROOT_BRANCH
from p2pshare.store.examine import Examined
from p2pshare.store.feeds import FEED_COLUMNS, feed_values
from p2pshare.store.places import Parent, add_tip, branch_after, find_parent, size_of


@dataclass(frozen=True, slots=True)
class _Feed:
    feed: bytes
    circle: int
    person: bytes


class Replay:
    """Remakes the trees within one write transaction; ``branches`` and ``tips`` are emptied."""

    def __init__(self, connection: sqlite3.Connection, circles: Mapping[bytes, int]) -> None:
        self._connection = connection
        self._circles = circles
        self._feeds: dict[int, _Feed] = {}
        self._usage: dict[tuple[int, bytes], tuple[int, int]] = {}
        self._last: tuple[bytes, Parent] | None = None
        self._forks: dict[tuple[Any, Any], tuple[Any, Any]] = {
            (feed, branch): (parent, fork_seq)
            for feed, branch, parent, fork_seq in connection.execute(
                "SELECT feed, branch, parent, fork_seq FROM branches"
            )
        }
        connection.execute("DELETE FROM branches")
        connection.execute("DELETE FROM tips")
        connection.execute("DELETE FROM usage")

    def take(self, examined: Examined) -> int:
        """Place one entry and mend its row; the number of its feed. Raises StoreDamaged."""
        if examined.identifier is None:
            raise StoreDamaged(f"nothing tells any more which entry row {examined.row.number} was")
        if examined.header is None:
            place = self._place_damaged(examined, examined.identifier)
        else:
            place = self._place(examined)
            self._mend(examined, place)
        self._last = examined.identifier, place
        self._count(examined, place.feed)
        return place.feed

    def finish(self) -> None:
        """Write what is left: the last tip, the usage; feeds that no entry opens go."""
        self._end_run()
        for (number,) in self._connection.execute("SELECT number FROM feeds").fetchall():
            if number not in self._feeds:
                self._connection.execute("DELETE FROM feeds WHERE number = ?", (number,))
        self._connection.executemany(
            "INSERT INTO usage (circle, person, entries, bytes) VALUES (?, ?, ?, ?)",
            [(*key, *used) for key, used in self._usage.items()],
        )

    def _place(self, examined: Examined) -> Parent:
        number, header = examined.row.number, examined.entry.header
        if header.seq == 0:
            self._end_run()
            return Parent(number, self._open(examined), ROOT_BRANCH, 0)
        if self._last is not None and self._last[0] == header.previous:
            parent, branch = self._last[1], self._last[1].branch
        else:
            self._end_run()
            found = find_parent(self._connection, header.previous)
            if found is None:
                raise StoreDamaged(f"the entry before entry {number} is missing")
            parent = found
            branch, _ = branch_after(self._connection, parent)
        feed = self._feeds.get(parent.feed)
        if (
            feed is None
            or feed.feed != header.feed
            or self._circles.get(header.circle) != feed.circle
            or header.seq != parent.seq + 1
        ):
            raise StoreDamaged(f"entry {number} does not follow the one before it")
        return Parent(number, parent.feed, branch, header.seq)

    def _open(self, examined: Examined) -> int:
        """The number of the feed that a whole ``feed.open`` opens; its row is put right."""
        entry, connection = examined.entry, self._connection
        row = connection.execute(
            f"SELECT number, {FEED_COLUMNS} FROM feeds WHERE open_entry = ?", (entry.identifier,)
        ).fetchone()
        if entry.signed.body is None:
            if row is None:
                raise StoreDamaged("a feed is opened by nobody")
            return self._keep(row)
        circle = self._circles.get(entry.header.circle)
        if circle is None:
            raise StoreDamaged("a feed is of a circle that is not known here")
        try:
            certificate = read_certificate(entry)
        except LogError as error:
            raise StoreDamaged(f"a feed has no certificate: {error}") from error
        values = feed_values(entry.header.feed, circle, entry.identifier, certificate)
        number = examined.row.feed if row is None else row[0]
        if not isinstance(number, int) or number in self._feeds:
            raise StoreDamaged("nothing tells the number of a feed any more")
        if row is None or row[1:] != values:
            connection.execute(
                f"INSERT OR REPLACE INTO feeds (number, {FEED_COLUMNS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (number, *values),
            )
        self._feeds[number] = _Feed(entry.header.feed, circle, certificate.person)
        return number

    def _keep(self, row: tuple[Any, ...]) -> int:
        """Take the row of a feed as it is, where its ``feed.open`` is damaged."""
        number: int = row[0]
        feed, circle, person = row[1:4]
        if not isinstance(feed, bytes) or not isinstance(person, bytes):
            raise StoreDamaged(f"row {number} of the table feeds is damaged")
        self._feeds[number] = _Feed(feed, circle, person)
        return number

    def _place_damaged(self, examined: Examined, identifier: bytes) -> Parent:
        """The place of an entry whose header is damaged, by its columns alone."""
        row, connection = examined.row, self._connection
        self._end_run()
        if row.seq == 0:
            opened = connection.execute(
                f"SELECT number, {FEED_COLUMNS} FROM feeds WHERE open_entry = ?", (identifier,)
            ).fetchone()
            if opened is None:
                raise StoreDamaged("a feed is opened by nobody")
            return Parent(row.number, self._keep(opened), ROOT_BRANCH, 0)
        seq = row.seq - 1 if isinstance(row.seq, int) else None
        place = (row.branch, seq)
        if self._at(row.feed, *place) is None:
            place = self._forks.get((row.feed, row.branch), place)
        parent = self._at(row.feed, *place)
        if parent is None or parent.seq != seq or parent.feed not in self._feeds:
            raise StoreDamaged(f"nothing tells any more what entry {row.number} followed")
        branch, _ = branch_after(connection, parent)
        return Parent(row.number, parent.feed, branch, parent.seq + 1)

    def _at(self, feed: object, branch: object, seq: object) -> Parent | None:
        row = self._connection.execute(
            "SELECT number, feed, branch, seq FROM entries"
            " WHERE feed = ? AND branch = ? AND seq = ?",
            (feed, branch, seq),
        ).fetchone()
        return None if row is None else Parent(*row)

    def _mend(self, examined: Examined, place: Parent) -> None:
        """Write the columns of an entry that are not what its header says."""
        row = examined.row
        identifier, seq, time_ms, subject, kind = examined.true_columns
        true = (identifier, place.feed, place.branch, seq, time_ms, subject, kind)
        present = (
            row.identifier,
            row.feed,
            row.branch,
            row.seq,
            row.time_ms,
            row.subject,
            row.kind,
        )
        if present != true:
            self._connection.execute(
                "UPDATE entries SET id = ?, feed = ?, branch = ?, seq = ?, time_ms = ?,"
                " subject = ?, kind = ? WHERE number = ?",
                (*true, row.number),
            )

    def _end_run(self) -> None:
        """The entry taken last may be a tip: the next one does not follow it."""
        if self._last is not None:
            add_tip(self._connection, self._last[1].number, self._last[1].feed)
            self._last = None

    def _count(self, examined: Examined, number: int) -> None:
        row, feed = examined.row, self._feeds[number]
        if examined.header is not None:
            size = size_of(row.header, examined.header)
        else:
            known = [len(part) for part in (row.header, row.body) if isinstance(part, bytes)]
            size = sum(known) + SIGNATURE_BYTES
        entries, used = self._usage.get((feed.circle, feed.person), (0, 0))
        self._usage[feed.circle, feed.person] = (entries + 1, used + size)
