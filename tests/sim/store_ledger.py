"""The real store and the real ingest as a simulated node's ledger, in SQLite in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.ledger import ReadEntriesResult, ReadResult, Stored

from p2pshare.clock import ManualClock
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.log.frontier import Frontier
from p2pshare.node.ingest import Arrival, Ingest
from p2pshare.store import local
from p2pshare.store.append import Quota
from p2pshare.store.database import Database
from p2pshare.store.feeds import circle_numbers, read_frontier
from p2pshare.store.repair import mark_damaged, owed_entries
from p2pshare.store.serving import LogReader, ServedFeed
from p2pshare.sync.events import FeedRead, Outcome, StretchOutcome
from p2pshare.sync.messages import ServedStatus, Stretch, Wanted


@dataclass
class StoreLedger:
    """The open circle only, and nobody hosted: a relay, as the community kiosk is one."""

    quota: Quota | None = None
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.database = Database(":memory:")
        with self.database.transaction(durable=False) as connection:
            local.ensure_open_circle(connection)
        self.ingest = Ingest(self.database, self.clock, list, self.quota)
        self.number = circle_numbers(self.database.connection)[OPEN_CIRCLE]

    def close(self) -> None:
        self.database.close()

    def frontier(self) -> Frontier:
        return read_frontier(self.database.connection, self.number)

    def owed(self) -> frozenset[bytes]:
        return frozenset(owed_entries(self.database.connection).get(self.number, ()))

    def store_stretches(self, stretches: Sequence[Stretch]) -> Stored:
        report = self.ingest.receive([Arrival(OPEN_CIRCLE, stretch) for stretch in stretches])
        return Stored(
            tuple(
                StretchOutcome(Outcome[one.outcome.name], len(one.new), one.reason)
                for one in report.results
            ),
            report.frontier.get(OPEN_CIRCLE, {}),
            report.owed.get(OPEN_CIRCLE, frozenset()),
            report.settled.get(OPEN_CIRCLE, frozenset()),
        )

    def store_entries(self, entries: Sequence[SignedEntry]) -> frozenset[bytes]:
        report = self.ingest.repair(OPEN_CIRCLE, entries)
        return report.settled.get(OPEN_CIRCLE, frozenset()).union(report.repaired)

    def read_stretches(self, wants: Sequence[Wanted], bytes_aim: int) -> ReadResult:
        reader = self._reader()
        reader.room = bytes_aim
        stretches: list[Stretch] = []
        ended: list[FeedRead] = []
        for wanted in wants:
            if reader.room <= 0:
                break
            served = reader.read_feed(wanted.feed, wanted.held, every=wanted.every)
            stretches.extend(served.stretches)
            if (status := _status(served, wanted)) is not None:
                ended.append(FeedRead(wanted.feed, status, served.tips, served.unknown))
        return ReadResult(tuple(stretches), tuple(ended), self._damaged(reader))

    def read_entries(self, ids: Sequence[bytes]) -> ReadEntriesResult:
        reader = self._reader()
        entries, missing = reader.read_entries(ids)
        return ReadEntriesResult(entries, missing, self._damaged(reader))

    def held_ids(self, feed: bytes) -> tuple[bytes, ...]:
        return self._reader().held_ids(feed)

    def count(self) -> int:
        """How many entries are held."""
        (count,) = self.database.connection.execute("SELECT count(*) FROM entries").fetchone()
        return int(count)

    def _reader(self) -> LogReader:
        return LogReader(self.database.connection, self.number)

    def _damaged(self, reader: LogReader) -> frozenset[bytes]:
        if reader.damaged:
            with self.database.transaction(durable=False) as connection:
                mark_damaged(connection, sorted(reader.damaged), "signature")
        return frozenset(reader.damaged)


def _status(served: ServedFeed, wanted: Wanted) -> ServedStatus | None:
    if not served.held or served.broken:
        return ServedStatus.NOT_AVAILABLE
    if served.unknown and not wanted.every:
        return ServedStatus.UNKNOWN_TIPS
    return ServedStatus.COMPLETE if served.ended else None
