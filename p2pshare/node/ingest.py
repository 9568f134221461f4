"""THE path by which entries enter the ledger: verify, append, derive, fold, in one transaction.

Own entries (``node.authoring``) and peers' (``node.network``) both come through here. Nothing is
published or sent before the transaction has committed: callers act on the report that is returned
after it. This module decides no rule; it joins ``store``'s parts in their one order.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from p2pshare.clock import Clock
from p2pshare.errors import LogError
from p2pshare.log.entry import SignedEntry, decode_header
from p2pshare.log.frontier import Tips
from p2pshare.log.keys import ReadingKey
from p2pshare.log.stretch import ReadEntry, read_entry
from p2pshare.store import local
from p2pshare.store.append import Outcome, Quota, StretchAppender, StretchResult
from p2pshare.store.blobs import delete_unused, note_used
from p2pshare.store.database import Database
from p2pshare.store.derive import Derivation
from p2pshare.store.feeds import FeedCache, circle_numbers, tips_of
from p2pshare.store.folded_tables import AGREEMENT_PHOTOS, AGREEMENTS, LISTING_PHOTOS
from p2pshare.store.folding import Folder
from p2pshare.store.notes import (
    ERASED_IN_LOG,
    PROMISES_UNPUBLISHED,
    empty_log,
    leave_note,
    read_note,
)
from p2pshare.store.opened import OpenedBodies
from p2pshare.store.owed import owed_changes, watch_owed
from p2pshare.store.repair import repair_entry
from p2pshare.store.rows import RowChange
from p2pshare.store.states import SubjectStates


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stretch as it came from a peer, for the circle (32 bytes) it was sent in."""

    circle: bytes
    stretch: Sequence[SignedEntry]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry that was not in the ledger before."""

    circle: bytes
    person: bytes
    entry: ReadEntry


@dataclass(slots=True)
class IngestReport:
    """What one committed transaction changed.

    ``results`` has one outcome per stretch, in order. ``frontier`` has the new tips of each feed
    that grew. ``returned`` are own entries that this installation did not know, ``forked`` the
    (circle, feed) that split, ``owed`` and ``settled`` (by circle) the ids whose bodies are lacking
    from now on or no longer, ``repaired`` the ids whose body or damaged row was mended,
    ``erased`` how many bodies were deleted. ``promises_note`` is the note that ``changes`` alone
    may have changed promised days; empty where an earlier process left more to look at.
    """

    results: list[StretchResult] = field(default_factory=list)
    new: list[NewEntry] = field(default_factory=list)
    frontier: dict[bytes, dict[bytes, Tips]] = field(default_factory=dict)
    changes: list[RowChange] = field(default_factory=list)
    returned: list[NewEntry] = field(default_factory=list)
    forked: set[tuple[bytes, bytes]] = field(default_factory=set)
    retired: set[bytes] = field(default_factory=set)
    repaired: list[bytes] = field(default_factory=list)
    owed: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    settled: dict[bytes, frozenset[bytes]] = field(default_factory=dict)
    erased: int = 0
    promises_note: str = ""


class IngestBatch:
    """The work of one write transaction; ``finish`` is its last step."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        keys: Sequence[ReadingKey],
        received_ms: int,
        quota: Quota,
        opened: OpenedBodies,
    ) -> None:
        self.connection = connection
        self.feeds = FeedCache(connection)
        self.circles = circle_numbers(connection)
        self._circle_ids = {number: circle for circle, number in self.circles.items()}
        self._keys = keys
        self._received_ms = received_ms
        self._opened = opened
        self.states = SubjectStates(connection, self.feeds, self.circles, keys, opened)
        self._appender = StretchAppender(
            connection, self.feeds, self.circles, received_ms=received_ms, quota=quota
        )
        self._own_feeds = local.own_feeds(connection)
        self._report = IngestReport()
        watch_owed(connection)

    @property
    def appended(self) -> int:
        """How many stretches were appended so far: no place has changed while it has not."""
        return len(self._report.results)

    def append(
        self, circle: bytes, stretch: Sequence[SignedEntry], *, own: bool = False
    ) -> StretchResult:
        """Append a stretch; what a peer did wrong is in the result. ``own``: it is signed here."""
        result = self._appender.append(circle, stretch, own=own)
        self._report.results.append(result)
        self.states.changed()
        if result.outcome is Outcome.OVER_QUOTA:
            local.refuse_feed(self.connection, self.circles[circle], result.feed, result.reason)
        return result

    def repair(self, circle: bytes, entry: SignedEntry) -> bool:
        """Take the body of an owed entry, or the whole of a damaged one; whether it helped."""
        try:
            read = read_entry(entry)
        except LogError:
            return False
        if read.header.circle != circle:
            return False
        self.states.changed()
        helped = self._appender.fill_body(read)
        mended = repair_entry(self.connection, self.feeds, read)
        if mended is not None:
            self._appender.added.bodies.append(mended)
            self._opened.forget()  # it may have been opened while it was damaged
        if helped or mended is not None:
            self._report.repaired.append(read.identifier)
        return helped or mended is not None

    def finish(self, *, by_peer: bool) -> IngestReport:
        """Derive and fold what was appended. ``by_peer``: own entries among it are news."""
        added, report = self._appender.added, self._report
        derivation = Derivation(self.connection, self.feeds, self.circles)
        derivation.take(added)
        derivation.owe_uncovered()
        folder = Folder(self.connection, self.feeds, self.circles, self._keys, self._opened)
        folded = folder.fold(derivation.in_order(added))
        if folded.erased:
            self._opened.forget()
        self._appender.write_usage()
        report.changes = folded.changes
        report.erased = folded.erased
        self._settle_photos()
        self._leave_notes()
        for one in added.entries:
            new = NewEntry(self._circle_ids[one.feed.circle], one.feed.person, one.entry)
            report.new.append(new)
            if by_peer and one.feed.feed in self._own_feeds:
                report.returned.append(new)
        for feed, number in {(one.feed.feed, one.feed.circle) for one in added.entries}:
            tips = tips_of(self.connection, feed, number)
            report.frontier.setdefault(self._circle_ids[number], {})[feed] = tips
        report.forked = {(self._circle_ids[circle], feed) for feed, circle in added.forked}
        self._settle_owed()
        self._retire()
        return report

    def _leave_notes(self) -> None:
        """Have a crash before the next steps (``settle``, publishing promised days) made up for."""
        if self._report.erased:
            leave_note(self.connection, ERASED_IN_LOG)
        if any(change.table == AGREEMENTS.name for change in self._report.changes):
            earlier = read_note(self.connection, PROMISES_UNPUBLISHED)
            value = leave_note(self.connection, PROMISES_UNPUBLISHED)
            self._report.promises_note = value if earlier is None else ""

    def _settle_photos(self) -> None:
        """Delete the photos that nothing shows any more, in the transaction that made it so."""
        showing = (LISTING_PHOTOS.name, AGREEMENT_PHOTOS.name)
        changes = [one for one in self._report.changes if one.table in showing]
        if changes:
            note_used(self.connection)
        if not all(one.added for one in changes) and delete_unused(
            self.connection, self._received_ms
        ):
            leave_note(self.connection, ERASED_IN_LOG)

    def _settle_owed(self) -> None:
        """Report the difference that this transaction made to what is owed."""
        owed, settled = owed_changes(self.connection)
        for number in owed.keys() | settled.keys():
            circle = self._circle_ids[number]
            self._report.owed[circle] = frozenset(owed.get(number, ()))
            self._report.settled[circle] = frozenset(settled.get(number, ()))

    def _retire(self) -> None:
        """Stop writing own feeds that were written elsewhere too: a copy of them lives on."""
        written = {new.entry.header.feed for new in self._report.returned}
        written.update(feed for _, feed in self._report.forked if feed in self._own_feeds)
        for feed in written:
            if local.retire_feed(self.connection, feed):
                self._report.retired.add(feed)


class Ingest:
    """Opens write transactions on the ledger and runs batches in them."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        keys: Callable[[], Sequence[ReadingKey]],
        quota: Quota | None = None,
    ) -> None:
        """``keys`` gives the reading keys of the persons hosted here, as they are now."""
        self.database = database
        self._clock = clock
        self._keys = keys
        self._quota = quota or Quota()
        self._opened = OpenedBodies()

    @contextmanager
    def batch(self, *, durable: bool) -> Iterator[IngestBatch]:
        """A write transaction with a batch in it; the caller calls ``finish`` in the block."""
        with self.database.transaction(durable=durable) as connection:
            yield IngestBatch(
                connection,
                keys=self._keys(),
                received_ms=self._clock.time_ms(),
                quota=self._quota,
                opened=self._opened,
            )

    def receive(self, arrivals: Sequence[Arrival]) -> IngestReport:
        """Take in what peers sent. Raises StoreError; a peer's breach is an outcome.

        Own entries that come back are committed durably: a place must not be used twice.
        """
        with self.batch(durable=self._has_own(arrivals)) as batch:
            for arrival in arrivals:
                batch.append(arrival.circle, arrival.stretch)
            report = batch.finish(by_peer=True)
        return self.settle(report)

    def repair(self, circle: bytes, entries: Iterable[SignedEntry]) -> IngestReport:
        """Take in entries that were asked for by id: owed bodies and damaged rows."""
        with self.batch(durable=False) as batch:
            for entry in entries:
                batch.repair(circle, entry)
            report = batch.finish(by_peer=True)
        return self.settle(report)

    def settle(self, report: IngestReport, *, own: bool = False) -> IngestReport:
        """The last step after a commit: erased words leave the file, also another process's.

        ``own``: a person of this computer wrote it, and waits for that.
        """
        erased = report.erased > 0
        empty_log(self.database, patient=erased, at_once=own and erased)
        return report

    def _has_own(self, arrivals: Sequence[Arrival]) -> bool:
        own = local.own_feeds(self.database.connection)
        if not own:
            return False
        for arrival in arrivals:
            try:
                header = decode_header(arrival.stretch[0].header) if arrival.stretch else None
            except LogError:
                continue
            if header is not None and header.feed in own:
                return True
        return False
