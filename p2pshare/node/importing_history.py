"""Taking over what was before: rows of members, loans and hours, sealed to who brings them.

Works within the one transaction of ``node.importing``. A row that was taken over before is known by
what the other program calls it, wherever it was brought in (``store.history``), so that the same
file adds nothing on any computer of the person; a row that says otherwise than last time is added,
and is what is shown from then on. ``node.forgetting_history`` is how it goes again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from p2pshare.domain.alike import bare
from p2pshare.domain.history import (
    HistoryLoan,
    HistoryRow,
    Packing,
    is_news,
)
from p2pshare.domain.lists.cells import line
from p2pshare.domain.lists.formats import FORMATS, Use
from p2pshare.domain.lists.history_reading import HistoryReading, PastRow
from p2pshare.errors import DomainError, QuotaExceeded
from p2pshare.log.body import sealed_payload_max
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.history import HistoryQueries
from p2pshare.store.imports import open_listings, read_imported, source_of
from p2pshare.store.lookup import reading_keys_of

_LISTING_BYTES: Final = 16


@dataclass(slots=True)
class HistoryOutcome:
    """How many rows were new, said otherwise, or were known; and (row, why) of those refused."""

    imported: int = 0
    updated: int = 0
    known: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)


def take_history(
    writing: Writing,
    queries: HistoryQueries,
    person: bytes,
    reading: HistoryReading,
    now_ms: int,
    progress: Callable[[int, int], None] | None = None,
) -> HistoryOutcome:
    """Sign what is new in a list, sealed to the person; ``queries`` read the same transaction.

    Raises QuotaExceeded if there is no room for all of it, KeyLocked, or another NodeError.
    """
    outcome = HistoryOutcome()
    known = queries.known(person.hex(), writing.circle.hex(), reading.kind, reading.source)
    items = _Items(writing, person) if reading.rows else None
    packing = packing_for(writing, queries, person, reading.kind, reading.source, now_ms)
    for one in reading.rows:
        row = one.past if items is None else items.recognised(one)
        before = known.get(row.ref)
        if before is not None and not is_news(row, before):
            outcome.known += 1
            continue
        try:
            packing.add(row)
        except DomainError as error:
            outcome.rejected.append((one.row, str(error)))
            continue
        if before is None:
            outcome.imported += 1
        else:
            outcome.updated += 1
    write_packed(writing, person, packing, progress)
    return outcome


class _Items:
    """What has become here of the items that another program lists."""

    def __init__(self, writing: Writing, person: bytes) -> None:
        connection, circle = writing.connection, writing.circle
        imported = read_imported(connection, person, circle)
        self._imported = {source: row.listing for source, row in imported.items()}
        self._open: set[bytes] = set()
        self._titles: dict[str, list[bytes]] = defaultdict(list)
        for listing, fields in open_listings(connection, person, circle):
            self._open.add(listing)
            self._titles[bare(fields.title)].append(listing)
        self._found: dict[tuple[str, str], bytes] = {}

    def recognised(self, one: PastRow) -> HistoryRow:
        """The row, with the listing that its item is now, where that is certain."""
        row = one.past
        if not isinstance(row, HistoryLoan):
            return row
        key = (one.item_key, row.item)
        if key not in self._found:
            self._found[key] = self._listing(*key)
        listing = self._found[key]
        return msgspec.structs.replace(row, listing=listing) if listing else row

    def _listing(self, item_key: str, title: str) -> bytes:
        if item_key:
            by_key = {
                self._imported[source]
                for source in map(source_of, _keys(item_key))
                if source in self._imported
            }
            if len(by_key) == 1:
                return by_key.pop()
            try:
                named = bytes.fromhex(item_key)
            except ValueError:
                named = b""
            if len(named) == _LISTING_BYTES and named in self._open:
                return named
        by_title = self._titles.get(bare(title), [])
        return by_title[0] if len(by_title) == 1 else b""


def _keys(item_key: str) -> Iterable[str]:
    """What the row of this item was known by, whichever list of things it came with."""
    for form in FORMATS.values():
        for column in form.columns:
            if column.use is Use.KEY:
                yield "\0".join((form.name, column.names[0], line(item_key)))


def packing_for(
    writing: Writing,
    queries: HistoryQueries,
    person: bytes,
    kind: str,
    source: str,
    now_ms: int,
) -> Packing:
    """Bodies that are later than all that the person brought along before."""
    taken_ms = max(now_ms, queries.last_taken_ms(person.hex()) + 1)
    number = next(
        one.number for one in local.read_circles(writing.connection) if one.circle == writing.circle
    )
    readers = reading_keys_of(writing.connection, person, number)
    return Packing(kind, source, taken_ms, sealed_payload_max(max(1, len(readers))))


def write_packed(
    writing: Writing,
    person: bytes,
    packing: Packing,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Sign what was packed, sealed to the person. Raises QuotaExceeded if there is no room."""
    drafts = packing.drafts()
    for done, draft in enumerate(drafts):
        if progress is not None:
            progress(done, len(drafts))
        try:
            writing.write_sealed(draft, (person,))
        except QuotaExceeded as error:
            raise QuotaExceeded(
                "nothing was imported: your part of this circle's ledger is full; import a shorter"
                " list"
            ) from error
    if progress is not None:
        progress(len(drafts), len(drafts))
