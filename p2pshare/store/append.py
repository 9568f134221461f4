"""Appending verified entries to the log tables: rows, bodies, branches, tips, quotas.

``StretchAppender`` lives for one write transaction. It checks what needs other entries (is the
previous one in hand, does it follow, is there room) and the one signature; ``log.stretch`` checked
the rest. It decides nothing about whether an entry counts, and folds nothing: ``store.derive``
says which subjects the added entries concern.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from p2pshare.errors import ChainBroken, LogError
from p2pshare.limits import FOLDER_BYTES_MAX, PERSON_BYTES_MAX, PERSON_ENTRIES_MAX
from p2pshare.log.entry import SignedEntry, signature_verifies, subject_of
from p2pshare.log.stretch import ReadEntry, check_end, read_certificate, read_stretch
from p2pshare.log.tree import ROOT_BRANCH
from p2pshare.store.feeds import FeedCache, FeedRow, chunks, insert_feed, marks
from p2pshare.store.places import Parent, add_tip, branch_after, find_parent, size_of


@dataclass(frozen=True, slots=True)
class Quota:
    """What one person may fill in one circle, and what the folder may hold in all."""

    entries: int = PERSON_ENTRIES_MAX
    bytes: int = PERSON_BYTES_MAX
    folder_bytes: int = FOLDER_BYTES_MAX


class Outcome(Enum):
    """What became of a stretch."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    MISSING_PREVIOUS = "missing previous"
    REFUSED = "refused"
    OVER_QUOTA = "over quota"


@dataclass(frozen=True, slots=True)
class StretchResult:
    """The outcome, the entries that are new, and the reason where something was not stored."""

    outcome: Outcome
    feed: bytes = b""
    new: tuple[ReadEntry, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AddedEntry:
    """An entry whose header or body this transaction added: its row, its feed's row, itself."""

    number: int
    feed: FeedRow
    entry: ReadEntry


@dataclass(slots=True)
class Added:
    """What a transaction added to the log so far."""

    entries: list[AddedEntry] = field(default_factory=list)
    bodies: list[AddedEntry] = field(default_factory=list)
    feeds: list[FeedRow] = field(default_factory=list)
    forked: set[tuple[bytes, int]] = field(default_factory=set)


class StretchAppender:
    """Appends stretches within the write transaction that is open on ``connection``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        feeds: FeedCache,
        circles: Mapping[bytes, int],
        *,
        received_ms: int,
        quota: Quota,
    ) -> None:
        self._connection = connection
        self._feeds = feeds
        self._circles = circles
        self._received_ms = received_ms
        self._quota = quota
        self._usage: dict[tuple[int, bytes], tuple[int, int]] = {}
        self._any_owed = bool(
            connection.execute("SELECT EXISTS (SELECT 1 FROM owed)").fetchone()[0]
        )
        self._next_number: int = connection.execute(
            "SELECT coalesce(max(number), 0) + 1 FROM entries"
        ).fetchone()[0]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        page_size = connection.execute("PRAGMA page_size").fetchone()[0]
        self._folder_full = pages * page_size > quota.folder_bytes
        self.added = Added()

    def append(
        self, circle: bytes, stretch: Sequence[SignedEntry], *, own: bool = False
    ) -> StretchResult:
        """Store what is new of a stretch that arrived for ``circle``.

        What is signed here (``own``) is stored in a full folder too: strangers may fill it, and
        must not silence those who live in it. Raises nothing for what a peer may send: a breach is
        an outcome with its reason.
        """
        try:
            entries = read_stretch(stretch)
            if entries[0].header.circle != circle or circle not in self._circles:
                raise ChainBroken("the entries are of another circle")
            return self._append(entries, own=own)
        except LogError as error:
            return StretchResult(Outcome.REFUSED, reason=str(error))

    def _append(self, entries: list[ReadEntry], *, own: bool) -> StretchResult:
        feed = entries[0].header.feed
        held = self._count_held(entries)
        if held and self._any_owed:
            self._fill_owed(entries[:held])
        fresh = entries[held:]
        if not fresh:
            return StretchResult(Outcome.DUPLICATE, feed)
        first = fresh[0]
        circle = self._circles[first.header.circle]
        parent = None
        if first.header.seq == 0:
            certificate = read_certificate(first)
            person = certificate.person
        else:
            parent = find_parent(self._connection, first.header.previous)
            if parent is None:
                return StretchResult(Outcome.MISSING_PREVIOUS, feed)
            row = self._feeds.row(parent.feed)
            if row.feed != feed or row.circle != circle or first.header.seq != parent.seq + 1:
                raise ChainBroken("the entry does not follow the one it names")
            person = row.person
        # The one signature is checked before anything is written: a refused stretch leaves nothing.
        check_end(fresh)
        if own:
            # Signed after the transaction began, and not received before: whoever is shown the
            # earlier of both times sees the same as everybody else.
            self._received_ms = max(self._received_ms, fresh[-1].header.time_ms)
        is_full = self._folder_full and not own
        kept = [] if is_full else self._within_quota(circle, person, fresh)
        if kept:
            if parent is None:
                row = insert_feed(self._connection, feed, circle, first.identifier, certificate)
                self._feeds.add(row)
                self.added.feeds.append(row)
            self._insert(row, parent, kept)
        if len(kept) < len(fresh):
            return StretchResult(
                Outcome.OVER_QUOTA, feed, tuple(kept), "there is no room for more of this person"
            )
        return StretchResult(Outcome.STORED, feed, tuple(kept))

    def fill_body(self, entry: ReadEntry) -> bool:
        """Store the body of a held entry whose body was owed; whether it was."""
        return self._fill_owed([entry]) > 0

    def write_usage(self) -> None:
        """Write the people's usage back; the last step of the transaction."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO usage (circle, person, entries, bytes) VALUES (?, ?, ?, ?)",
            [(*key, *used) for key, used in self._usage.items()],
        )

    def _count_held(self, entries: list[ReadEntry]) -> int:
        """How many of the first entries are in hand: an entry never is without its ancestors."""
        if not self._is_held(entries[0].identifier):
            return 0
        if self._is_held(entries[-1].identifier):
            return len(entries)
        identifiers = [entry.identifier for entry in entries]
        return sum(
            int(
                self._connection.execute(
                    f"SELECT count(*) FROM entries WHERE id IN ({marks(chunk)})", chunk
                ).fetchone()[0]
            )
            for chunk in chunks(identifiers)
        )

    def _is_held(self, identifier: bytes) -> bool:
        found = self._connection.execute("SELECT 1 FROM entries WHERE id = ?", (identifier,))
        return found.fetchone() is not None

    def _fill_owed(self, entries: list[ReadEntry]) -> int:
        """Store bodies that were owed of held entries; how many."""
        filled = 0
        for entry in entries:
            if entry.signed.body is None:
                continue
            row = self._connection.execute(
                "SELECT e.number, e.feed FROM entries AS e JOIN owed AS o ON o.entry = e.number"
                " WHERE e.id = ?",
                (entry.identifier,),
            ).fetchone()
            if row is None:
                continue
            number, feed = row
            self._connection.execute(
                "INSERT INTO bodies (entry, body) VALUES (?, ?)", (number, entry.signed.body)
            )
            self._connection.execute("DELETE FROM owed WHERE entry = ?", (number,))
            self.added.bodies.append(AddedEntry(number, self._feeds.row(feed), entry))
            filled += 1
        return filled

    def _within_quota(self, circle: int, person: bytes, fresh: list[ReadEntry]) -> list[ReadEntry]:
        """The first entries there is room for, ending at one whose signature verifies."""
        entries, size = self._usage_of(circle, person)
        room = 0
        for entry in fresh:
            entry_size = size_of(entry.signed.header, entry.header)
            if entries + 1 > self._quota.entries or size + entry_size > self._quota.bytes:
                break
            entries, size, room = entries + 1, size + entry_size, room + 1
        if room < len(fresh):
            while room and not signature_verifies(
                fresh[room - 1].header.feed,
                fresh[room - 1].signed.signature,
                fresh[room - 1].identifier,
            ):
                room -= 1
        return fresh[:room]

    def _usage_of(self, circle: int, person: bytes) -> tuple[int, int]:
        known = self._usage.get((circle, person))
        if known is None:
            row = self._connection.execute(
                "SELECT entries, bytes FROM usage WHERE circle = ? AND person = ?",
                (circle, person),
            ).fetchone()
            known = (row[0], row[1]) if row else (0, 0)
        return known

    def _insert(self, row: FeedRow, parent: Parent | None, entries: list[ReadEntry]) -> None:
        branch = ROOT_BRANCH if parent is None else self._branch_after(row, parent)
        last = len(entries) - 1
        entry_rows = []
        body_rows = []
        owed_rows = []
        size = 0
        number = self._next_number
        for index, entry in enumerate(entries):
            header, signed = entry.header, entry.signed
            entry_rows.append(
                (
                    number,
                    entry.identifier,
                    row.number,
                    branch,
                    header.seq,
                    header.time_ms,
                    self._received_ms,
                    subject_of(header, entry.identifier),
                    header.kind,
                    signed.header,
                    signed.signature,
                    1 if index == last else 0,
                )
            )
            if signed.body is None:
                owed_rows.append((number,))
            else:
                body_rows.append((number, signed.body))
            size += size_of(signed.header, header)
            self.added.entries.append(AddedEntry(number, row, entry))
            number += 1
        self._next_number = number
        connection = self._connection
        connection.executemany(
            "INSERT INTO entries (number, id, feed, branch, seq, time_ms, received_ms, subject,"
            " kind, header, signature, signature_checked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entry_rows,
        )
        connection.executemany("INSERT INTO bodies (entry, body) VALUES (?, ?)", body_rows)
        if owed_rows:
            connection.executemany("INSERT INTO owed (entry) VALUES (?)", owed_rows)
            self._any_owed = True
        add_tip(connection, number - 1, row.number)
        used_entries, used_bytes = self._usage_of(row.circle, row.person)
        self._usage[row.circle, row.person] = (used_entries + len(entries), used_bytes + size)

    def _branch_after(self, row: FeedRow, parent: Parent) -> int:
        """The branch of what follows ``parent``: its own if it was a tip, else a new one."""
        branch, is_new = branch_after(self._connection, parent)
        if is_new:
            self._feeds.forget_standing(row.number)
            self.added.forked.add((row.feed, row.circle))
        return branch
