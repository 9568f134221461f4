"""The audit: headers, signatures, chains and bodies verified again, tables compared with a rebuild.

``PRAGMA integrity_check`` misses damaged rows (DESIGN section 10), so nothing here is taken from a
column that a hash or a signature can tell. All is done on a copy of one moment, so that others may
write meanwhile; what is damaged is noted in the ledger afterwards, so that ``node`` asks for it.
Whatever the damage, it becomes a fault in the report and never an error.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from p2pshare.errors import LogError, StoreError, StoreTooNew
from p2pshare.log.keys import ReadingKey
from p2pshare.log.stretch import read_certificate
from p2pshare.store.audit_tables import check_local, check_structure, compare_tables, keep_tables
from p2pshare.store.copying import copy_of
from p2pshare.store.database import (
    FOLD_VERSION,
    SCHEMA_VERSION,
    SQLITE_DAMAGE,
    Database,
    stored_versions,
)
from p2pshare.store.examine import Examined, Examiner, read_rows
from p2pshare.store.faults import Fault
from p2pshare.store.migrations import migrate
from p2pshare.store.rebuild import note_damage, remake

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """How many entries, signatures, feeds, bodies and tables were checked, and what is wrong."""

    entries: int
    signatures: int
    chains: int
    bodies: int
    tables: int
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def audit(
    path: Path,
    keys: Sequence[ReadingKey],
    *,
    note: bool = True,
    progress: Progress | None = None,
) -> AuditReport:
    """Check the ledger in the file at ``path``, for a reader with ``keys``.

    ``note``: remember damaged entries in the ledger, where it can be written. Raises StoreTooNew,
    StoreBusy, or StoreError if there is no file.
    """
    if not path.is_file():
        raise StoreError(f"there is no ledger at {path}")
    work = _Audit(keys, progress)
    try:
        with closing(copy_of(path)) as copy:
            work.run(copy)
    except SQLITE_DAMAGE as error:
        work.fault("file", path.name, f"the file cannot be read: {error}")
    if note and (work.damaged or work.owed or work.noted):
        with suppress(StoreError), closing(Database(path)) as database:
            _note(database, work)
    return work.report()


def _note(database: Database, work: "_Audit") -> None:
    """Remember in the ledger what its node should ask other computers for."""
    with database.transaction(durable=False) as connection:
        note_damage(connection, work.damaged, keep_signatures=False)
        connection.executemany(
            "INSERT OR IGNORE INTO owed (entry) VALUES (?)", [(number,) for number in work.owed]
        )


@dataclass(slots=True)
class _Audit:
    """The work and the counts of one audit."""

    keys: Sequence[ReadingKey]
    progress: Progress | None
    faults: list[Fault] = field(default_factory=list)
    damaged: list[Examined] = field(default_factory=list)
    owed: list[int] = field(default_factory=list)
    noted: bool = False
    folded_anew: bool = False
    entries: int = 0
    signatures: int = 0
    chains: int = 0
    bodies: int = 0
    tables: int = 0
    names: dict[int, str] = field(default_factory=dict)

    def report(self) -> AuditReport:
        return AuditReport(
            entries=self.entries,
            signatures=self.signatures,
            chains=self.chains,
            bodies=self.bodies,
            tables=self.tables,
            faults=tuple(self.faults),
        )

    def fault(self, what: str, where: str, text: str) -> None:
        self.faults.append(Fault(what, where, text))

    def run(self, copy: sqlite3.Connection) -> None:
        """Check a copy of the ledger, which is changed on the way.

        Raises StoreTooNew, and SQLITE_DAMAGE where the rest cannot be read.
        """
        user_version, fold_version = stored_versions(copy)
        if user_version > SCHEMA_VERSION or (fold_version or 0) > FOLD_VERSION:
            raise StoreTooNew("the ledger was written by a newer p2pshare")
        self.faults.extend(check_structure(copy))
        if user_version < SCHEMA_VERSION and not self.faults:
            migrate(copy)  # the copy alone: the file stays as it is
        if not fold_version:
            self.fault("table", "ledger", "nobody knows which version folded the rows; rebuild")
        self.folded_anew = 0 < (fold_version or 0) < FOLD_VERSION
        self._check_log(copy)
        self.faults.extend(check_local(copy))
        self._check_tables(copy)

    def _check_log(self, copy: sqlite3.Connection) -> None:
        """Headers, signatures, bodies and chains, entry by entry in the order they came."""
        row = copy.execute("SELECT count(*), (SELECT count(*) FROM damaged) FROM entries")
        total, noted = row.fetchone()
        self.noted = bool(noted)
        self.chains = copy.execute("SELECT count(*) FROM feeds").fetchone()[0]
        chains = _Chains(self)
        examiner = Examiner(copy, signatures=True)
        try:
            for batch in read_rows(copy):
                for entry_row in batch:
                    self._check_entry(examiner.examine(entry_row), chains)
                if self.progress is not None:
                    self.progress(self.entries, total)
        except StoreError as error:
            self.fault("file", "entries", str(error))
        if self.entries != total:
            self.fault("file", "entries", f"{self.entries} of {total} entries can be read")
        for (number,) in copy.execute(
            "SELECT entry FROM bodies WHERE entry NOT IN (SELECT number FROM entries)"
        ):
            self.fault("body", f"row {number}", "it is a body without its entry")

    def _check_entry(self, examined: Examined, chains: "_Chains") -> None:
        self.entries += 1
        row, identifier = examined.row, examined.identifier
        name = f"row {row.number}" if identifier is None else identifier.hex()
        self.names[row.number] = name
        self.bodies += row.has_body
        for what, text in examined.damage.items():
            self.fault(what, name, text)
        if examined.damage:
            self.damaged.append(examined)
        if examined.header is None:
            chains.take_damaged(examined)
            return
        self.signatures += 1
        if row.signature_checked not in (0, 1):
            self.fault("column", name, "the mark of the signature is neither 0 nor 1")
        present = (row.identifier, row.seq, row.time_ms, row.subject, row.kind)
        if present != examined.true_columns:
            self.fault("column", name, "a column is not what the header says")
        chains.take(examined, name)

    def _check_tables(self, copy: sqlite3.Connection) -> None:
        """Trees, derived tables and folded rows against those that the log gives."""
        if any(fault.what == "file" for fault in self.faults):
            return
        for number in copy.execute(
            "SELECT t.entry FROM tips AS t JOIN entries AS e ON e.number = t.entry"
            " WHERE e.signature_checked = 0"
        ):
            name = self.names.get(number[0], f"row {number[0]}")
            if not any(fault.where == name for fault in self.faults):
                self.fault("column", name, "the signature of a tip is marked as unchecked")
        kept = keep_tables(copy, folded=not self.folded_anew)
        try:
            remake(copy, self.keys)
        except StoreError as error:
            self.fault("table", "rebuild", f"the tables cannot be made again: {error}")
            return
        self.tables, faults, self.owed = compare_tables(copy, kept, self.names)
        told = {(fault.what, fault.where) for fault in self.faults}
        self.faults.extend(fault for fault in faults if (fault.what, fault.where) not in told)


_UNKNOWN: Final = (None, None, None)


class _Chains:
    """Checks that each entry follows the one it names, and each feed has its certificate."""

    def __init__(self, work: _Audit) -> None:
        self._work = work
        self._places: dict[bytes, tuple[int | None, bytes | None, bytes | None]] = {}
        self._names: dict[bytes, bytes] = {}

    def take_damaged(self, examined: Examined) -> None:
        """An entry that is in hand, though its header cannot be read."""
        if examined.identifier is not None:
            self._places[examined.identifier] = _UNKNOWN

    def take(self, examined: Examined, name: str) -> None:
        """The next entry whose header is whole."""
        entry = examined.entry
        header = entry.header
        # Feeds and circles are few: one object each, however many entries.
        feed = self._names.setdefault(header.feed, header.feed)
        circle = self._names.setdefault(header.circle, header.circle)
        self._places[entry.identifier] = (header.seq, feed, circle)
        if header.seq == 0:
            if "body" in examined.damage:
                return
            try:
                read_certificate(entry)
            except LogError as error:
                self._work.fault("chain", name, str(error))
            return
        before = self._places.get(header.previous)
        if before is None:
            self._work.fault("chain", name, "the entry before it is not in hand")
        elif before is not _UNKNOWN and before != (header.seq - 1, feed, circle):
            self._work.fault("chain", name, "it does not follow the entry before it")
