"""The ledger as a live node uses it: its own writes, peers' and other processes', in one order.

Runs on the writing thread. Every write answers with ``Change``: what to publish and what to tell.
Other processes on the folder are noticed by PRAGMA data_version (DESIGN section 10): their
entries are found by their row numbers and published as if written here. Knows nothing of sync or
sockets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from p2pshare.domain.commands import Command
from p2pshare.log.entry import SignedEntry, decode_header
from p2pshare.log.frontier import Tips
from p2pshare.log.stretch import ReadEntry
from p2pshare.node.authoring import Performed
from p2pshare.node.ingest import Arrival, IngestReport, NewEntry
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.blobs import add_blob
from p2pshare.store.feeds import circle_numbers, tips_of
from p2pshare.store.repair import mark_damaged, owed_entries
from p2pshare.store.rows import FOLDED, RowChange


@dataclass(slots=True)
class Change:
    """What one step changed: the report of what was asked, and reports of what came with it.

    ``entailed`` are own entries that followed (promised days), ``foreign`` what other processes had
    written in the meantime.
    """

    report: IngestReport
    entailed: list[IngestReport] = field(default_factory=list)
    foreign: IngestReport | None = None


class Journal:
    """All writes of a live node. Not thread-safe: one thread uses it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._connection = ledger.database.connection
        self._last_number = self._max_number()
        self._data_version = ledger.database.data_version()

    def perform(self, command: Command, passphrase: bytes | None) -> tuple[Performed, Change]:
        """Do what a person asks. Raises as ``Ledger.perform``."""
        performed, *entailed = self.ledger.perform(command, passphrase)
        change = Change(performed.report, [one.report for one in entailed])
        return performed, self._with_foreign(change)

    def receive(self, arrivals: Sequence[Arrival]) -> Change:
        """Take in what a peer sent. Raises StoreError."""
        report = self.ledger.receive(list(arrivals))
        return self._with_foreign(self._entailing(report))

    def repair(self, circle: bytes, entries: Sequence[SignedEntry]) -> Change:
        """Take in entries that were asked for by id. Raises StoreError."""
        report = self.ledger.ingest.repair(circle, entries)
        return self._with_foreign(self._entailing(report))

    def begin(self) -> Change:
        """The first step of a node: what a crash left undone is written now."""
        return self._with_foreign(Change(IngestReport(), self.ledger.author.publish_busy()))

    def look(self) -> IngestReport | None:
        """What other processes have written since the last step, or None."""
        version = self.ledger.database.data_version()
        if version == self._data_version:
            return None
        self._data_version = version
        report = self._foreign(frozenset())
        return report if report.new or report.changes else None

    def mark_damaged(self, identifiers: Sequence[bytes]) -> None:
        """Remember entries whose signatures were found not to hold."""
        with self.ledger.database.transaction(durable=False) as connection:
            mark_damaged(connection, identifiers, "signature")

    def add_blob(self, data: bytes) -> bytes:
        """Keep a blob; its hash. Raises TooLarge or StoreError."""
        with self.ledger.database.transaction(durable=False) as connection:
            return add_blob(connection, data)

    def owed(self) -> dict[bytes, frozenset[bytes]]:
        """By circle, the ids whose bodies, headers or signatures are lacking."""
        owed = owed_entries(self._connection)
        return {
            circle: frozenset(owed.get(number, ()))
            for circle, number in circle_numbers(self._connection).items()
        }

    def remember_address(self, address: str, port: int, device: bytes) -> None:
        """Note an address at which a device was linked."""
        with self.ledger.database.transaction(durable=False) as connection:
            local.remember_address(connection, address, port, device, self.ledger.clock.time_ms())

    def note_links(self, links: Sequence[tuple[str, str]]) -> None:
        """Note which (device, address) are linked, for ``status`` in other processes."""
        with self.ledger.database.transaction(durable=False) as connection:
            local.note_links(connection, links)

    def become_another(self) -> bytes:
        """A copy of this folder was met: a new device key, and new feeds from now on; the key."""
        key = self.ledger.keys.draw_device_key()
        with self.ledger.database.transaction(durable=True) as connection:
            local.retire_all_feeds(connection)
        return key.public

    def _entailing(self, report: IngestReport) -> Change:
        return Change(report, [one.report for one in self.ledger.entail(report)])

    def _with_foreign(self, change: Change) -> Change:
        """Add what other processes wrote before or between our own transactions."""
        own = frozenset(
            new.entry.identifier
            for report in (change.report, *change.entailed)
            for new in report.new
        )
        before = self._last_number
        if self._max_number() - before != len(own):
            change.foreign = self._foreign(own)
        self._last_number = self._max_number()
        self._data_version = self.ledger.database.data_version()
        return change

    def _max_number(self) -> int:
        row = self._connection.execute("SELECT coalesce(max(number), 0) FROM entries").fetchone()
        return int(row[0])

    def _foreign(self, own: frozenset[bytes]) -> IngestReport:
        """The entries after the last known one that are not ``own``, as a report."""
        report = IngestReport()
        circles = {number: circle for circle, number in circle_numbers(self._connection).items()}
        rows = self._connection.execute(
            "SELECT e.number, e.id, e.header, e.signature, b.body, f.circle, f.feed, f.person,"
            " e.subject FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
            " LEFT JOIN bodies AS b ON b.entry = e.number WHERE e.number > ? ORDER BY e.number",
            (self._last_number,),
        ).fetchall()
        tips: dict[bytes, dict[bytes, Tips]] = {}
        for row in rows:
            number, identifier, header, signature, body, circle_number, feed, person, subject = row
            self._last_number = max(self._last_number, number)
            if identifier in own or circle_number not in circles:
                continue
            circle = circles[circle_number]
            entry = ReadEntry(
                identifier, decode_header(header), SignedEntry(header, signature, body)
            )
            report.new.append(NewEntry(circle, person, entry))
            if feed not in tips.setdefault(circle, {}):
                tips[circle][feed] = tips_of(self._connection, feed, circle_number)
            report.changes.extend(self._rows_about(subject, person))
        report.frontier = tips
        return report

    def _rows_about(self, subject: bytes, person: bytes) -> list[RowChange]:
        """The folded rows that a subject, or its author, has: they may have changed."""
        found = []
        for table in FOLDED:
            key = person.hex() if table.by_circle else subject.hex()
            row = self._connection.execute(
                f'SELECT 1 FROM {table.name} WHERE "{table.key}" = ? LIMIT 1', (key,)
            ).fetchone()
            if row is not None:
                found.append(RowChange(table.name, key, added=False, removed=False))
        return found
