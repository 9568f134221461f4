"""Importing a list of another program: every row through the rules and the one ingest, or none.

One transaction takes the whole list (``domain.lists`` reads it), so that a failure leaves nothing
half done and a trial can be undone. Which row became which listing is remembered
(``store.imports``): the same file again adds nothing, a changed file changes what it says
otherwise, and what was changed here by hand stays unless the file says something new of it.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec

from p2pshare.domain import rules
from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.categories import Categories
from p2pshare.domain.commands import AddListing, CloseListing, EditListing
from p2pshare.domain.listing import ListingState
from p2pshare.domain.lists.history_reading import HistoryReading, read_history
from p2pshare.domain.lists.opening import open_list
from p2pshare.domain.lists.reading import ListedRow, ListReading, read_listings
from p2pshare.domain.lists.rows import PassedRow
from p2pshare.errors import DomainError, QuotaExceeded, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.categories import bundled_categories
from p2pshare.node.importing_history import take_history
from p2pshare.node.ingest import IngestReport
from p2pshare.node.ledger import Ledger
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.imports import (
    ImportedRow,
    note_imported,
    open_listings,
    read_imported,
    source_of,
)

Progress = Callable[[int, int], None]
"""Is told how many rows of how many are done; what it raises undoes the import."""

_PROGRESS_STEP: Final = 100
_DIGEST_DIGITS: Final = 16

#: What a row decides of its listing; the names are those of the commands, bodies and states.
_FIELDS: Final = (
    *("exchange_type", "item_type", "transaction_types", "title", "description", "category"),
    *("tags", "quantity", "expires"),
)
#: The digest of a row that the other program has taken out of use, and whose listing is closed.
_CLOSED: Final = ""


@dataclass(frozen=True, slots=True)
class RowRemark:
    """Why a row (its number in a spreadsheet) was skipped or rejected."""

    row: int
    reason: str


@dataclass(slots=True)
class ImportResult:
    """What became of a list, and how it was read.

    ``skipped`` counts rows that say nothing new and those that are not to be offered, which are
    told in ``passed``. ``report`` is what was written; None after a trial.
    """

    format: str
    encoding: str
    remarks: tuple[str, ...] = ()
    imported: int = 0
    updated: int = 0
    skipped: int = 0
    passed: list[RowRemark] = field(default_factory=list)
    rejected: list[RowRemark] = field(default_factory=list)
    report: IngestReport | None = None


class _OnTrial(Exception):
    """Undoes the transaction of a trial."""


def import_list(
    ledger: Ledger,
    person: bytes,
    data: bytes,
    *,
    circle: bytes | None = None,
    form: str | None = None,
    source: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Take in a file as the listings of a hosted person; ``dry_run`` says what would happen.

    ``form`` is one of ``FORMAT_NAMES`` or ``HISTORY_FORMAT_NAMES``, or None to recognise it. A list
    of members, loans or hours becomes history; ``source`` is what to call its origin. Raises
    DomainError if nothing of the file can be read, QuotaExceeded if there is no room for all of it,
    UnknownReference, KeyLocked, or another StoreError or NodeError; then nothing is imported.
    """
    opened = open_list(data, form)
    reading: ListReading | HistoryReading
    if opened.header.format.past is None:
        reading = read_listings(opened)
    else:
        reading = read_history(opened, source)
    result = ImportResult(reading.format, reading.encoding, reading.remarks)
    where = OPEN_CIRCLE if circle is None else circle
    try:
        with ledger.ingest.batch(durable=True) as batch:
            if person not in local.own_persons(batch.connection):
                raise UnknownReference("that person is not hosted on this computer")
            writing = Writing(batch, ledger.keys, person, where, ledger.clock)
            if isinstance(reading, ListReading):
                work = _Import(writing, person, ledger.today(), bundled_categories(), result)
                work.take(reading, progress)
            else:
                _take_history(ledger, writing, person, reading, result, progress)
            report = batch.finish(by_peer=False)
            if dry_run:
                raise _OnTrial
    except _OnTrial:
        return result
    result.report = ledger.ingest.settle(report)
    return result


def _take_history(
    ledger: Ledger,
    writing: Writing,
    person: bytes,
    reading: HistoryReading,
    result: ImportResult,
    progress: Progress | None,
) -> None:
    """Write what a list tells of the past, and say what became of its rows."""
    outcome = take_history(
        writing, ledger.queries.history, person, reading, ledger.clock.time_ms(), progress
    )
    result.imported, result.updated = outcome.imported, outcome.updated
    result.passed = [RowRemark(one.row, one.reason) for one in reading.skipped]
    result.skipped = outcome.known + len(result.passed)
    refused = [*((one.row, one.reason) for one in reading.rejected), *outcome.rejected]
    result.rejected = [RowRemark(*one) for one in sorted(refused)]


class _Import:
    """The work on one list of things and skills, within one transaction."""

    def __init__(
        self,
        writing: Writing,
        person: bytes,
        today: str,
        categories: Categories,
        result: ImportResult,
    ) -> None:
        self._writing = writing
        self._person = person
        self._today = today
        self._categories = categories
        self._result = result
        self._known = read_imported(writing.connection, person, writing.circle)
        self._noted: dict[bytes, ImportedRow] = {}
        self._unclaimed: dict[str, list[bytes]] | None = None

    def take(self, reading: ListReading, progress: Progress | None) -> None:
        """Write what the rows say, in their order. Raises QuotaExceeded."""
        steps: list[ListedRow | PassedRow] = sorted(
            [*reading.rows, *reading.skipped], key=lambda one: one.row
        )
        for done, step in enumerate(steps):
            if progress is not None and done % _PROGRESS_STEP == 0:
                progress(done, len(steps))
            try:
                if isinstance(step, ListedRow):
                    self._take_row(step)
                else:
                    self._take_passed(step)
            except DomainError as error:
                self._result.rejected.append(RowRemark(step.row, str(error)))
            except QuotaExceeded as error:
                raise QuotaExceeded(
                    f"nothing was imported: your part of this circle's ledger is full at row"
                    f" {step.row}; import a shorter list"
                ) from error
        if progress is not None:
            progress(len(steps), len(steps))
        self._result.rejected += [RowRemark(one.row, one.reason) for one in reading.rejected]
        self._result.rejected.sort(key=lambda one: one.row)
        note_imported(self._writing.connection, self._person, self._writing.circle, self._noted)

    # --- one row --------------------------------------------------------------------------------

    def _take_row(self, row: ListedRow) -> None:
        """Add its listing, change it, or find that nothing is new. Raises DomainError."""
        command = self._command(row)
        draft = rules.put_listing(command, self._today)
        put = draft.body
        if not isinstance(put, ListingPut):
            raise TypeError("a new listing is put")
        source, digests = source_of(row.key), _digests(put)
        said = json.dumps(digests)
        known = self._known.get(source)
        if known is None:
            listing = self._claim(said)
            if listing is not None:
                self._result.skipped += 1
            else:
                listing = self._writing.write(draft)
                self._result.imported += 1
            self._noted[source] = ImportedRow(listing, said)
        elif known.digest == said:
            self._result.skipped += 1
        else:
            self._change(row, source, known, command, put, digests)

    def _command(self, row: ListedRow) -> AddListing:
        """What the row asks for, with a category of ours where it names one."""
        fields = row.fields
        named = [fields.category] if fields.category else fields.tags
        category = self._categories.first_of(named)
        return AddListing(
            person=self._person,
            circle=self._writing.circle,
            exchange_type=fields.exchange_type,
            item_type=fields.item_type,
            transaction_types=fields.transaction_types,
            title=fields.title,
            description=fields.description,
            category=fields.category if category is None else category.id,
            tags=fields.tags,
            quantity=fields.quantity,
            expires=fields.expires,
        )

    def _change(
        self,
        row: ListedRow,
        source: bytes,
        known: ImportedRow,
        command: AddListing,
        put: ListingPut,
        digests: dict[str, str],
    ) -> None:
        """Bring to its listing what the row says otherwise than last time."""
        state = self._listing(row.row, known.listing)
        if state is None:
            return
        returns = known.digest == _CLOSED
        if state.closed and not returns:
            self._pass(row.row, "its listing was closed here")
            return
        if state.exchange_type != put.exchange_type:
            raise DomainError("what is offered cannot become what is wanted; close its listing")
        before = {} if returns else _read_digests(known.digest)
        news = [name for name in _FIELDS if before.get(name) != digests[name]]
        if not state.closed and all(getattr(state, one) == getattr(put, one) for one in news):
            self._result.skipped += 1
        else:
            changes: dict[str, Any] = {
                name: getattr(command, name) for name in news if name != "exchange_type"
            }
            edit = EditListing(
                person=self._person, circle=self._writing.circle, listing=known.listing, **changes
            )
            self._writing.write(rules.edit_listing(state, edit, self._today), known.listing)
            self._result.updated += 1
        self._noted[source] = ImportedRow(known.listing, json.dumps(digests))

    def _take_passed(self, row: PassedRow) -> None:
        """A row that is not offered: its listing, if it became one, is taken down."""
        source = source_of(row.key)
        known = self._known.get(source) if row.key else None
        if known is None or known.digest == _CLOSED:
            self._pass(row.row, row.reason)
            return
        state = self._listing(row.row, known.listing)
        if state is None:
            return
        if state.closed:  # by hand: it stays so when the row comes back
            self._pass(row.row, row.reason)
            return
        command = CloseListing(
            person=self._person, circle=self._writing.circle, listing=known.listing
        )
        self._writing.write(rules.close_listing(state, command), known.listing)
        self._noted[source] = ImportedRow(known.listing, _CLOSED)
        self._result.updated += 1

    def _listing(self, row: int, listing: bytes) -> ListingState | None:
        """The state of an imported listing; None, and the row passed over, if it is gone."""
        state = self._writing.states.listing(self._writing.circle, listing)
        if state is None:
            self._pass(row, "its listing was forgotten here")
        return state

    def _pass(self, row: int, reason: str) -> None:
        self._result.skipped += 1
        self._result.passed.append(RowRemark(row, reason))

    def _claim(self, said: str) -> bytes | None:
        """An open listing of the person that says the same and came from no row that is known.

        So that a list can be imported again after a restore, which knows of no earlier import.
        """
        if self._unclaimed is None:
            claimed = {row.listing for row in self._known.values()}
            self._unclaimed = defaultdict(list)
            for listing, fields in open_listings(
                self._writing.connection, self._person, self._writing.circle
            ):
                if listing not in claimed:
                    self._unclaimed[json.dumps(_digests(fields))].append(listing)
        same = self._unclaimed.get(said)
        return same.pop(0) if same else None


def _digests(put: object) -> dict[str, str]:
    """A short hash of each field that a row decides."""
    return {
        name: sha256(msgspec.json.encode(getattr(put, name))).hexdigest()[:_DIGEST_DIGITS]
        for name in _FIELDS
    }


def _read_digests(digest: str) -> dict[str, str]:
    """The hashes of a row's fields as they were noted; none where the note is damaged."""
    try:
        return msgspec.json.decode(digest, type=dict[str, str])
    except ValueError:
        return {}
