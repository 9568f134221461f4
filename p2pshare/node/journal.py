"""The ledger as a live node uses it: its own writes, peers' and other processes', in one order.

Runs on the writing thread. Every write answers with ``Change``: what to publish and what to tell.
Other processes on the folder are noticed by PRAGMA data_version (DESIGN section 10): their
entries are found by their row numbers and published as if written here. Knows nothing of sync or
sockets.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from p2pshare.domain.commands import Command
from p2pshare.domain.induction import GRANT_KIND
from p2pshare.errors import NodeError, StoreError
from p2pshare.limits import LIST_BYTES_MAX
from p2pshare.log.entry import OWN_SEALED_KIND, SEALED_KIND, SignedEntry, decode_header
from p2pshare.log.frontier import Tips
from p2pshare.log.stretch import ReadEntry
from p2pshare.node.authoring import Performed
from p2pshare.node.importing import ImportResult, Progress, import_list
from p2pshare.node.ingest import Arrival, IngestReport, NewEntry
from p2pshare.node.ledger import Ledger
from p2pshare.node.whole_file import read_bounded
from p2pshare.store import local
from p2pshare.store.blobs import (
    Thumbnail,
    add_fetched_photo,
    keep_thumbnail,
    wanted_photos,
)
from p2pshare.store.feeds import circle_numbers, tips_of
from p2pshare.store.folded_tables import AGREEMENTS, FOLDED, INDUCTIONS, LISTINGS, FoldedTable
from p2pshare.store.history import HISTORY_TABLES
from p2pshare.store.repair import mark_damaged, owed_entries
from p2pshare.store.rows import RowChange
from p2pshare.store.states import LISTING_KIND

logger: Final = logging.getLogger("p2pshare.node.journal")

_TABLES_OF: Final[Mapping[str, tuple[FoldedTable, ...]]] = {
    LISTING_KIND: (LISTINGS,),
    GRANT_KIND: (INDUCTIONS,),
    SEALED_KIND: (AGREEMENTS,),
    # Once it is forgotten nobody can tell what its author had sealed.
    OWN_SEALED_KIND: (AGREEMENTS, *HISTORY_TABLES.values()),
}
"""The tables in which a forgotten subject had rows, or one of which it had, by its header's kind.
"""


@dataclass(slots=True)
class Change:
    """What one step changed: the report of what was asked, and reports of what came with it.

    ``entailed`` are own entries that followed (promised days), ``foreign`` what other processes had
    written in the meantime.
    """

    report: IngestReport
    entailed: list[IngestReport] = field(default_factory=list)
    foreign: IngestReport | None = None

    def followed(self) -> list[IngestReport]:
        """Everything but the report of what was asked, in the order of writing."""
        return self.entailed if self.foreign is None else [*self.entailed, self.foreign]


@dataclass(slots=True)
class Seen:
    """What others have done to the ledger: ``report`` of their writing, ``circles`` they joined,
    and the (circle, hash, whether no listing shows it) of ``photos`` that they want to be fetched.
    """

    report: IngestReport
    circles: list[bytes]
    photos: list[tuple[bytes, bytes, bool]]


class Journal:
    """All writes of a live node. Not thread-safe: one thread uses it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._connection = ledger.database.connection
        self._last_number = self._max_number()
        self._data_version = ledger.database.data_version()
        self._owed = {circle: set(ids) for circle, ids in self.owed().items()}

    def perform(self, command: Command, passphrase: bytes | None) -> tuple[Performed, Change]:
        """Do what a person asks. Raises as ``Ledger.perform``."""
        performed, *entailed = self.ledger.perform(command, passphrase)
        change = Change(performed.report, [one.report for one in entailed])
        return performed, self._with_foreign(change)

    def import_list(
        self,
        person: bytes,
        file: Path,
        form: str | None,
        dry_run: bool,
        progress: Progress | None,
        source: str | None = None,
    ) -> tuple[ImportResult, Change]:
        """Take in a list of another program, all of it or nothing; on trial nothing is changed.

        Raises as ``node.importing.import_list``, and NodeError if the file cannot be read.
        """
        if not file.is_file():  # opening a pipe would wait for its writer
            raise NodeError(f"{file.name} is not a file; choose one that was exported as CSV")
        result = import_list(
            self.ledger,
            person,
            read_bounded(file, LIST_BYTES_MAX),
            form=form,
            source=source,
            dry_run=dry_run,
            progress=progress,
        )
        if result.report is None:
            return result, self._with_foreign(Change(IngestReport()))
        return result, self._with_foreign(self._entailing(result.report))

    def receive(self, arrivals: Sequence[Arrival]) -> Change:
        """Take in what a peer sent. Raises StoreError."""
        report = self.ledger.receive(list(arrivals))
        return self._with_foreign(self._entailing(report))

    def repair(self, circle: bytes, entries: Sequence[SignedEntry]) -> Change:
        """Take in entries that were asked for by id. Raises StoreError."""
        report = self.ledger.ingest.repair(circle, entries)
        return self._with_foreign(self._entailing(report))

    def begin(self) -> Change:
        """The first step of a node: what a crash left undone, and the time, is written now."""
        return self._followed(None)

    def tend(self) -> Change:
        """What follows from the time alone: turns that lapse, things that are free again."""
        return self._followed(IngestReport())

    def _followed(self, report: IngestReport | None) -> Change:
        followed = self.ledger.entail(report, timely=True)
        return self._with_foreign(Change(IngestReport(), [one.report for one in followed]))

    def look(self, *, always: bool = False) -> Seen | None:
        """What was written past this journal since the last step, or None.

        By other processes; with ``always`` also by whoever used ``self.ledger`` directly. Raises
        StoreTooNew if a newer p2pshare has the ledger now, or another StoreError.
        """
        version = self.ledger.database.data_version()
        if version == self._data_version and not always:
            return None
        self._data_version = version
        with self.ledger.database.snapshot():
            self.ledger.database.check_versions()
            report = self._foreign(frozenset())
            owed = self.owed()
            photos = wanted_photos(self._connection)
        circles = [circle for circle in owed if circle not in self._owed]
        for circle, now in owed.items():
            before = frozenset(self._owed.get(circle, ()))
            if now != before:
                report.owed[circle], report.settled[circle] = now - before, before - now
        self._owed = {circle: set(now) for circle, now in owed.items()}
        if not (report.new or report.changes or report.owed or circles or photos):
            return None
        return Seen(report, circles, photos)

    def mark_damaged(self, circle: bytes, damaged: Mapping[bytes, str]) -> None:
        """Remember entries of a circle that were found damaged, and what is wrong with each."""
        self._owed.setdefault(circle, set()).update(damaged)
        with self.ledger.database.transaction(durable=False) as connection:
            for identifier, what in damaged.items():
                mark_damaged(connection, [identifier], what)

    def add_photo(self, circle: bytes, data: bytes) -> bool:
        """Keep a photo that a peer sent, if it is still shown in the circle; whether so.

        Raises TooLarge or StoreError.
        """
        with self.ledger.database.transaction(durable=False) as connection:
            return add_fetched_photo(connection, data, circle)

    def keep_thumbnail(self, photo: bytes, thumbnail: Thumbnail) -> None:
        """Remember what the gate made of a photo. Raises StoreError."""
        with self.ledger.database.transaction(durable=False) as connection:
            keep_thumbnail(connection, photo, thumbnail)

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

    def close(self) -> None:
        """Note that there are no links any more, if that can be written, and close the ledger."""
        try:
            self.note_links([])
        except StoreError as error:
            logger.info("the ledger was closed without a last note: %s", error)
        finally:
            self.ledger.close()

    def become_another(self) -> bytes:
        """A copy of this folder was met: a new device key, and new feeds from now on; the key."""
        with self.ledger.database.transaction(durable=True) as connection:
            local.retire_all_feeds(connection)
        # Last: killed before this, the node meets the copy again and does the rest.
        return self.ledger.keys.draw_device_key().public

    def _entailing(self, report: IngestReport) -> Change:
        return Change(report, [one.report for one in self.ledger.entail(report)])

    def _with_foreign(self, change: Change) -> Change:
        """Add what other processes wrote before or between our own transactions."""
        own = frozenset(
            new.entry.identifier
            for report in (change.report, *change.entailed)
            for new in report.new
        )
        for report in (change.report, *change.entailed):
            for circle in report.owed.keys() | report.settled.keys():
                owed = self._owed.setdefault(circle, set())
                owed.update(report.owed.get(circle, ()))
                owed.difference_update(report.settled.get(circle, ()))
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
            for forgotten in self._forgotten_by(number):
                report.changes.extend(self._rows_about(forgotten, person))
        report.frontier = tips
        return report

    def _forgotten_by(self, erasure: int) -> list[bytes]:
        """The subjects of the entries that an erasure (its number) names."""
        rows = self._connection.execute(
            "SELECT DISTINCT t.subject FROM erasures AS r JOIN entries AS t ON t.id = r.target"
            " WHERE r.entry = ?",
            (erasure,),
        )
        return [subject for (subject,) in rows]

    def _rows_about(self, subject: bytes, person: bytes) -> list[RowChange]:
        """The folded rows that a subject, or its author, has or had: they may have changed."""
        found = []
        for table in FOLDED:
            key = person.hex() if table.by_circle else subject.hex()
            row = self._connection.execute(
                f'SELECT 1 FROM {table.name} WHERE "{table.key}" = ? LIMIT 1', (key,)
            ).fetchone()
            if row is not None:
                found.append(RowChange(table.name, key, added=False, removed=False))
        if not any(change.key == subject.hex() for change in found):
            found.extend(self._rows_gone(subject))
        return found

    def _rows_gone(self, subject: bytes) -> list[RowChange]:
        """The rows that a subject without any may have had, if anybody ever wrote of it."""
        row = self._connection.execute(
            "SELECT kind FROM entries WHERE subject = ? AND substr(id, 1, 16) = subject", (subject,)
        ).fetchone()
        tables = () if row is None else _TABLES_OF.get(row[0], ())
        return [RowChange(table.name, subject.hex(), added=False, removed=True) for table in tables]
