"""Taking over what was before: rows of members, loans and hours, sealed to who brings them.

Works within the one transaction of ``node.importing``. A row that was taken over before is known by
what the other program calls it, wherever it was brought in (``store.history``), so that the same
file adds nothing on any computer of the person; a row that says otherwise than last time is added,
and is what is shown from then on. Here too is how it is forgotten, the whole of it or one member's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from p2pshare.domain import rules
from p2pshare.domain.alike import bare
from p2pshare.domain.history import (
    HistoryHours,
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    Packing,
    is_news,
    member_text,
    split_member_text,
)
from p2pshare.domain.lists.cells import line
from p2pshare.domain.lists.formats import FORMATS, Use
from p2pshare.domain.lists.history_reading import HistoryReading, PastRow
from p2pshare.errors import DomainError, QuotaExceeded, UnknownReference
from p2pshare.log.body import sealed_payload_max
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import Ledger
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.history import HistoryQueries, Kept
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
    packing = _packing(writing, queries, person, reading.kind, reading.source, now_ms)
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
    _write(writing, person, packing, progress)
    return outcome


def forget_history(
    ledger: Ledger,
    person: bytes,
    *,
    circle: bytes | None = None,
    source: str | None = None,
    member: str | None = None,
) -> int:
    """Erase what a person brought along: all of it, all from one source, or all about one member.

    A member is named by number, address or name. Entries are erased whole, so that what they say of
    others is signed anew in the same transaction. How many rows are gone. Raises DomainError if
    there is nothing such or two members have that name, UnknownReference, KeyLocked, or another
    StoreError or NodeError.
    """
    where = OPEN_CIRCLE if circle is None else circle
    with ledger.ingest.batch(durable=True) as batch:
        if person not in local.own_persons(batch.connection):
            raise UnknownReference("that person is not hosted on this computer")
        writing = Writing(batch, ledger.keys, person, where, ledger.clock)
        queries = ledger.queries.history
        kept = queries.kept(person.hex(), where.hex())
        if source is not None:
            kept = [one for one in kept if bare(one.source) == bare(source)]
        names = None if member is None else _names_of(member, kept)
        gone = [one for one in kept if names is None or _is_about(one, names)]
        if not gone:
            raise DomainError("there is no such history of yours here")
        touched = {one.history for one in gone}
        _sign_anew(writing, queries, person, kept, gone, touched, ledger.clock.time_ms())
        entries = [
            entry
            for history in sorted(touched)
            for entry in writing.states.erasable(where, history, person)[1]
        ]
        for draft in rules.forget(entries):
            writing.write(draft)
        report = batch.finish(by_peer=False)
    ledger.ingest.settle(report, own=True)
    return len({(one.kind, one.source, one.row.ref) for one in gone})


def _sign_anew(
    writing: Writing,
    queries: HistoryQueries,
    person: bytes,
    kept: list[Kept],
    gone: list[Kept],
    touched: set[bytes],
    now_ms: int,
) -> None:
    """Keep what the entries that are to be erased say of others, where it is what is shown now."""
    forgotten = {id(one) for one in gone}
    latest = {(one.kind, one.source, one.row.ref): one for one in kept}
    staying: dict[tuple[str, str], list[HistoryRow]] = defaultdict(list)
    for (kind, source, _), one in latest.items():
        if one.history in touched and id(one) not in forgotten:
            staying[kind, source].append(one.row)
    for (kind, source), rows in staying.items():
        packing = _packing(writing, queries, person, kind, source, now_ms)
        for row in rows:
            packing.add(row)
        _write(writing, person, packing, None)


def _packing(
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


def _write(
    writing: Writing,
    person: bytes,
    packing: Packing,
    progress: Callable[[int, int], None] | None,
) -> None:
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


def _names_of(member: str, kept: Iterable[Kept]) -> set[tuple[str, str]]:
    """(source, what it calls this member), all of them and nobody else's.

    Raises DomainError if two members are called ``member``.
    """
    called: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    wanted = _form(member)
    names = set()
    for one in kept:
        names.add((one.source, wanted))
        match one.row:
            case HistoryMember() as row:
                # An address is the same person in every list, a number only in its own.
                who = ("", _form(row.email)) if row.email else (one.source, _form(row.ref))
                texts = {row.ref, row.name, row.email, member_text(row.name, row.email)}
            case HistoryLoan() as row if split_member_text(row.member)[1]:
                name, email = split_member_text(row.member)
                who, texts = ("", _form(email)), {row.member, name, email}
            case _:
                continue
        called[who].update((one.source, _form(text)) for text in texts if text)
    meant = [who for who, said in called.items() if any(name == wanted for _, name in said)]
    if len(meant) > 1:
        raise DomainError("several members are called so; say the number or the address")
    for who in meant:
        others = {name for other, said in called.items() if other != who for name in said}
        names.update(called[who] - others)
    return names


def _is_about(one: Kept, names: set[tuple[str, str]]) -> bool:
    match one.row:
        case HistoryMember() as row:
            said = (row.ref, row.name, row.email)
        case HistoryHours() as row:
            said = (row.member, row.receiver, "")
        case HistoryLoan() as row:
            said = (row.member, "", "")
    return any((one.source, _form(name)) in names for name in said if name)


def _form(name: str) -> str:
    """How names are compared where it matters whose they are: letter by letter, in any case."""
    return line(name).casefold()
