"""Gathering what a fold reads: the entries of subjects, whether they count, are covered, are owed.

Turns rows of the log tables into ``domain.ordering.FoldEntry`` values. An entry that does not
count, is covered by an erasure, waits, or cannot be read keeps its place in the order and has no
body (docs/protocol.md section 5). What is known to be damaged is left out until it is repaired.
Writes nothing; ``store.folding`` acts on what is found here.
"""

import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from p2pshare.domain.bodies import KINDS, Body, decode_payload, decode_sealed_payload
from p2pshare.errors import StoreDamaged
from p2pshare.log.body import clear_payload, open_body
from p2pshare.log.entry import OWN_SEALED_KIND, SUBJECT_BYTES, Header
from p2pshare.log.keys import ReadingKey
from p2pshare.log.standing import Denial, Standing
from p2pshare.log.tree import ROOT_BRANCH, Branch, Position
from p2pshare.store.derive import ERASE_KIND
from p2pshare.store.feeds import FeedCache, FeedRow, chunks, marks
from p2pshare.store.opened import Opened, OpenedBodies
from p2pshare.store.repair import BODY_DAMAGED, HEADER_DAMAGED

_header: Final = msgspec.msgpack.Decoder(Header)


@dataclass(slots=True)
class Gathered:
    """One entry of a subject with all that decides its part in the fold.

    ``erased_by`` has the persons whose counting erasures name it. ``kind`` and ``body`` are the
    true ones. ``unread`` is a clear body as stored, until somebody asks for ``body``: a listing may
    have thousands of entries that say what no longer holds.
    """

    number: int
    identifier: bytes
    feed: FeedRow
    position: Position
    header: Header
    has_body: bool
    kind: str
    read: Body | None
    unread: bytes | None
    standing: Standing
    denial: Denial | None
    waits_for: tuple[bytes, ...] = ()
    erased_by: frozenset[bytes] = frozenset()
    own_previous: tuple[bytes, ...] = ()

    @property
    def body(self) -> Body | None:
        """What it says; None where that is not in hand or says nothing to this reader."""
        if self.unread is not None:
            self.read = decode_payload(self.kind, clear_payload(self.unread))
            self.unread = None
        return self.read

    @property
    def creates(self) -> bool:
        """Whether it is the entry that created its subject."""
        return not self.header.subject


@dataclass(slots=True)
class GatheredSubject:
    """The entries of one subject in one circle; ``needs`` collects ids it depends on."""

    circle: int
    subject: bytes
    entries: list[Gathered] = field(default_factory=list)
    needs: set[bytes] = field(default_factory=set)

    @property
    def creating(self) -> Gathered | None:
        """The entry that created the subject, if it is in hand."""
        for entry in self.entries:
            if entry.creates and entry.identifier[:SUBJECT_BYTES] == self.subject:
                return entry
        return None


class Gatherer:
    """Reads subjects for the fold, within one transaction, for a reader with ``keys``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        feeds: FeedCache,
        keys: Sequence[ReadingKey],
        opened: OpenedBodies | None = None,
    ) -> None:
        self._connection = connection
        self._feeds = feeds
        self._keys = keys
        self._opened = opened or OpenedBodies()
        self._opened.use(keys)

    def gather(self, circle: int, subjects: Sequence[bytes]) -> list[GatheredSubject]:
        """The subjects (at most CHUNK of them) with their entries of that circle."""
        rows = self._connection.execute(
            "SELECT e.number, e.id, e.feed, e.branch, e.seq, e.subject, e.header, b.body, d.what"
            " FROM entries AS e LEFT JOIN bodies AS b ON b.entry = e.number"
            " LEFT JOIN damaged AS d ON d.entry = e.number"
            f" WHERE e.subject IN ({marks(subjects)}) ORDER BY e.number",
            subjects,
        ).fetchall()
        self._feeds.load({row[2] for row in rows})
        opened = self._open_agreements(circle, rows)
        found = {subject: GatheredSubject(circle, subject) for subject in subjects}
        for number, identifier, feed_number, branch, seq, subject, data, body, damage in rows:
            feed = self._feeds.row(feed_number)
            if feed.circle != circle or damage == HEADER_DAMAGED:
                continue
            header = _decode(data, number)
            position = Position(branch, seq)
            kind, read, unread = header.kind, None, None
            if header.sealed:
                kind, read = opened.get(number, (header.kind, None))
            elif damage != BODY_DAMAGED and header.kind in KINDS:
                unread = body
            standing = self._feeds.standing(feed_number)
            found[subject].entries.append(
                Gathered(
                    number=number,
                    identifier=identifier,
                    feed=feed,
                    position=position,
                    header=header,
                    has_body=body is not None,
                    kind=kind,
                    read=read,
                    unread=unread,
                    standing=standing,
                    denial=standing.denial(position, header.time_ms),
                )
            )
        gathered = list(found.values())
        self._find_waiting(gathered)
        self._find_erased(gathered)
        for one in gathered:
            self._link_own(one.entries)
        return gathered

    def _open_agreements(
        self, circle: int, rows: Iterable[tuple[Any, ...]]
    ) -> dict[int, tuple[str, Body]]:
        """The true kind and body of the sealed entries that this reader can read, by number.

        Opening costs far more than sealing nonsense does. So the moves of an agreement are tried
        only if its creating entry opens: without that nobody can tell what they belong to.
        """
        creating: list[tuple[int, bytes, bytes, Header, bytes]] = []
        moves: list[tuple[int, bytes, bytes, Header, bytes]] = []
        for number, identifier, feed_number, _, _, subject, data, body, damage in rows:
            if body is None or damage in (HEADER_DAMAGED, BODY_DAMAGED):
                continue
            if self._feeds.row(feed_number).circle != circle:
                continue
            header = _decode(data, number)
            if header.sealed:
                creates = not header.subject and identifier[:SUBJECT_BYTES] == subject
                (creating if creates else moves).append((number, identifier, subject, header, body))
        opened: dict[int, tuple[str, Body]] = {}
        readable: set[bytes] = set()
        for number, identifier, subject, header, body in creating:
            said = self._open(identifier, header, body)
            if said is not None:
                opened[number] = said
                readable.add(subject)
        for number, identifier, subject, header, body in moves:
            if subject in readable:
                said = self._open(identifier, header, body)
                if said is not None:
                    opened[number] = said
        return opened

    def _open(self, identifier: bytes, header: Header, body: bytes) -> Opened:
        if identifier in self._opened:
            return self._opened.get(identifier)
        return self._opened.keep(identifier, self._open_anew(header, body))

    def _open_anew(self, header: Header, body: bytes) -> Opened:
        payload = open_body(
            body, self._keys, circle=header.circle, feed=header.feed, previous=header.previous
        )
        said = None if payload is None else decode_sealed_payload(payload)
        if said is None:
            return None
        # What others may rely on is never in what its author alone can erase, nor the reverse.
        by_author = KINDS[said[0]].erasable == "own"
        return said if by_author == (header.kind == OWN_SEALED_KIND) else None

    def _find_waiting(self, gathered: Sequence[GatheredSubject]) -> None:
        """Mark the entries that come after one that is not in hand in their circle."""
        later = [entry for one in gathered for entry in one.entries if entry.header.after]
        if not later:
            return
        named = {identifier for entry in later for identifier in entry.header.after}
        # Nearly always they are of the same subjects.
        held = {(entry.identifier, entry.feed.circle) for one in gathered for entry in one.entries}
        known = {identifier for identifier, _ in held}
        for chunk in chunks(named - known):
            rows = self._connection.execute(
                f"SELECT id, feed FROM entries WHERE id IN ({marks(chunk)})", chunk
            ).fetchall()
            self._feeds.load({feed for _, feed in rows})
            held.update((identifier, self._feeds.row(feed).circle) for identifier, feed in rows)
        for entry in later:
            entry.waits_for = tuple(
                identifier
                for identifier in entry.header.after
                if (identifier, entry.feed.circle) not in held
            )

    def _find_erased(self, gathered: Iterable[GatheredSubject]) -> None:
        """Mark the entries that counting erasures of the same circle name, with their persons."""
        if not self._connection.execute("SELECT EXISTS (SELECT 1 FROM erasures)").fetchone()[0]:
            return
        entries = {entry.identifier: entry for one in gathered for entry in one.entries}
        erased_by: dict[bytes, set[bytes]] = defaultdict(set)
        for chunk in chunks(entries):
            for target, feed_number, branch, seq, time_ms in self._connection.execute(
                "SELECT x.target, e.feed, e.branch, e.seq, e.time_ms FROM erasures AS x"
                " JOIN entries AS e ON e.number = x.entry"
                f" WHERE x.target IN ({marks(chunk)})",
                chunk,
            ).fetchall():
                feed = self._feeds.row(feed_number)
                standing = self._feeds.standing(feed_number)
                if (
                    feed.circle == entries[target].feed.circle
                    and standing.denial(Position(branch, seq), time_ms) is None
                    and standing.in_scope(ERASE_KIND, None)
                ):
                    erased_by[target].add(feed.person)
        for target, persons in erased_by.items():
            entries[target].erased_by = frozenset(persons)

    def _link_own(self, entries: list[Gathered]) -> None:
        """Give each entry its nearest ancestor of the same feed within the subject."""
        if len(entries) < 2:
            return
        by_feed: dict[int, list[Gathered]] = defaultdict(list)
        for entry in entries:
            by_feed[entry.feed.number].append(entry)
        for number, own in by_feed.items():
            if len(own) > 1:
                _link_own_feed(own, self._feeds.standing(number).branches)


def _decode(header: bytes, number: int) -> Header:
    """A header that was checked when it was stored."""
    try:
        return _header.decode(header)
    except (msgspec.DecodeError, TypeError) as error:
        raise StoreDamaged(f"entry {number} of the ledger is damaged; run the audit") from error


def _link_own_feed(own: list[Gathered], branches: Mapping[int, Branch]) -> None:
    """Link the entries of one feed; a step per entry and per branch, however it is forked."""
    on_branch: dict[int, list[Gathered]] = defaultdict(list)
    for entry in sorted(own, key=lambda entry: entry.position.seq):
        on_branch[entry.position.branch].append(entry)
    before_fork: dict[int, bytes | None] = {ROOT_BRANCH: None}

    def last_up_to(branch: int, seq: int) -> bytes | None:
        """The last entry of ``own`` at or before this place on exactly this branch."""
        entries = on_branch[branch]
        index = bisect_right(entries, seq, key=lambda entry: entry.position.seq)
        return entries[index - 1].identifier if index else None

    def settle(branch: int) -> bytes | None:
        """The nearest entry of ``own`` before ``branch`` began, found without recursion."""
        path = []
        while branch not in before_fork:
            path.append(branch)
            branch = branches[branch].parent
        for unsettled in reversed(path):
            place = branches[unsettled]
            before_fork[unsettled] = (
                last_up_to(place.parent, place.fork_seq) or before_fork[place.parent]
            )
        return before_fork[path[0] if path else branch]

    for branch, entries in list(on_branch.items()):
        previous = settle(branch)
        for entry in entries:
            entry.own_previous = () if previous is None else (previous,)
            previous = entry.identifier
