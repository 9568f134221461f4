"""A new ledger from what can still be read of one whose structure is damaged.

Rows are read one by one where SQLite cannot read them together; what a hash or a signature vouches
for goes through the same appending as what peers send. The damaged file is kept beside the new one
under another name. What could not be read is fetched again from peers, which is why no feed of this
installation goes on being written: its last entries may be among what was lost.

The caller makes sure that nobody else uses the folder meanwhile.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from p2pshare.errors import LogError, StoreDamaged
from p2pshare.limits import INTEGER_MAX, STRETCH_ENTRIES_MAX
from p2pshare.log.body import check_body
from p2pshare.log.certificate import OPEN_CIRCLE, closed_circle
from p2pshare.log.entry import (
    ID_BYTES,
    ZERO_ID,
    Header,
    SignedEntry,
    decode_header,
    entry_id,
    signature_verifies,
)
from p2pshare.log.keys import SIGNATURE_BYTES, ReadingKey
from p2pshare.store import local
from p2pshare.store.append import Quota, StretchAppender
from p2pshare.store.audit_tables import check_structure, false_local_rows
from p2pshare.store.copying import open_to_look
from p2pshare.store.database import SQLITE_DAMAGE, Database
from p2pshare.store.feeds import FeedCache, circle_numbers
from p2pshare.store.first_pages import graft_first_pages
from p2pshare.store.notes import PROMISES_UNPUBLISHED, leave_note
from p2pshare.store.rebuild import Progress, rebuild

_STEP: Final = 256
_NO_LIMIT: Final = Quota(entries=INTEGER_MAX, bytes=INTEGER_MAX, folder_bytes=INTEGER_MAX)
_LOCAL: Final = {
    "own_persons": "person, name, added_ms",
    "own_feeds": "feed, circle, person, retired",
    "peers": "address, port, device, worked_ms",
    "refused_feeds": "circle, feed, reason",
    "blobs": "hash, size, data",
    "ledger": "name, value",
}
#: Tables and columns that a ledger written by an earlier version need not have.
_LATER: Final = {
    "imported_rows": "person, circle, source, listing, digest",
    "own_persons": "person, name, added_ms, desk",
    "saved_searches": "number, person, text, category, added_ms",
    "told_reminders": "person, key, told_ms",
}


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How many entries the new ledger has, and under which name the damaged file is kept."""

    entries: int
    kept: Path


def rebuild_file(
    path: Path, keys: Sequence[ReadingKey], progress: Progress | None = None
) -> Salvaged | int:
    """Rebuild the ledger at ``path``: in place (how many entries), or salvaged where it must be.

    Raises StoreError: StoreTooNew, StoreBusy, or StoreDamaged if nothing at all can be read.
    """
    finish_salvage(path)
    if _is_sound(path):
        try:
            with closing(Database(path)) as database:
                return rebuild(database, keys, progress)
        except StoreDamaged:
            pass  # the rows hang together no more: take what stands on its own
    return salvage(path, keys, progress)


def _is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with the structure of the file."""
    try:
        with closing(open_to_look(path)) as connection:
            faults = [fault for fault in check_structure(connection) if fault.what == "file"]
    except SQLITE_DAMAGE:
        return False
    return not faults


def salvage(path: Path, keys: Sequence[ReadingKey], progress: Progress | None = None) -> Salvaged:
    """Put a new ledger in the place of a damaged one, with what can be read of it.

    Raises StoreError.
    """
    new = path.with_name(f"{path.name}.salvaged")
    grafted = path.with_name(f"{path.name}.grafted")
    _remove(new)
    try:
        graft_first_pages(path, grafted)
        readable, _, source = max(
            (_readable_rows(one), one == path, one) for one in (path, grafted)
        )
        if not readable:
            raise StoreDamaged("nothing of the ledger can be read; restore it from a backup")
        with closing(open_to_look(source)) as old, closing(Database(new)) as database:
            old.execute("PRAGMA cell_size_check = OFF")
            _copy_local(old, database)
            _copy_log(old, database)
            entries = rebuild(database, keys, progress)
            database.truncate_log()
    except BaseException:
        _remove(new)
        raise
    finally:
        _remove(grafted)
    new.replace(_ready(path))
    _remove(new)
    return Salvaged(entries, finish_salvage(path))


def finish_salvage(path: Path) -> Path:
    """Put a salvaged ledger that is ready in its place; where the damaged one is kept, if it was.

    Whoever opens the ledger calls it first: a process killed between these steps leaves the folder
    without a ledger, or with one that lacks its write-ahead log, until the next one goes on here.
    """
    ready = _ready(path)
    if not ready.exists():
        return path
    kept = _keep_aside(path)
    ready.replace(path)
    return kept


def _ready(path: Path) -> Path:
    """The name under which a salvaged ledger is whole: from then on the old one is in its way."""
    return path.with_name(f"{path.name}.ready")


def _readable_rows(path: Path) -> int:
    """How many circles and headers can be read of a file: 0 where its tables are not found."""
    try:
        with closing(open_to_look(path)) as old:
            for table in ("bodies", *_LOCAL):
                old.execute(f"SELECT 1 FROM {table} LIMIT 0")
            found = [*_rows(old, "entries", "header"), *_rows(old, "circles", "circle")]
    except SQLITE_DAMAGE:
        return 0
    return sum(isinstance(row[1], bytes) for row in found)


def _keep_aside(path: Path) -> Path:
    """Give the damaged file and its write-ahead log another name."""
    number = 1
    while path.with_name(f"{path.name}.damaged-{number}").exists():
        number += 1
    kept = path.with_name(f"{path.name}.damaged-{number}")
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        log.rename(kept.with_name(f"{kept.name}-wal"))
    if path.exists():
        path.rename(kept)
    _remove(path)  # an empty log and the shared memory are nothing of their own
    return kept


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


# --- reading what can be read ---------------------------------------------------------------


def _rows(old: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """(rowid, columns) of every row of a table that SQLite can still give."""
    try:
        last = old.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0]
    except SQLITE_DAMAGE:
        last = None
    end = _last_row(old, table) if not isinstance(last, int) else last
    start = 1
    while start <= end:
        yield from _range(old, table, columns, start, min(start + _STEP - 1, end))
        start += _STEP


def _last_row(old: sqlite3.Connection, table: str) -> int:
    """About where a table ends, where its last row cannot be read: one row fits in no less."""
    try:
        pages = old.execute("PRAGMA page_count").fetchone()[0]
        size = old.execute("PRAGMA page_size").fetchone()[0]
    except SQLITE_DAMAGE:
        return 0
    return min(int(pages) * int(size) // 16, 1_000_000)


def _range(
    old: sqlite3.Connection, table: str, columns: str, first: int, last: int
) -> Iterator[tuple[Any, ...]]:
    """The rows between two numbers; halved again and again where they cannot be read together."""
    try:
        rows = old.execute(
            f"SELECT rowid, {columns} FROM {table} WHERE rowid BETWEEN ? AND ?", (first, last)
        ).fetchall()
    except SQLITE_DAMAGE:
        if first == last:
            return
        middle = (first + last) // 2
        yield from _range(old, table, columns, first, middle)
        yield from _range(old, table, columns, middle + 1, last)
        return
    yield from rows


# --- local tables ---------------------------------------------------------------------------


def _copy_local(old: sqlite3.Connection, database: Database) -> None:
    """Take over what belongs to this installation, row by row, where it is what it can be."""
    with database.transaction(durable=True) as connection:
        # A circle's id follows from its secret, which is what cannot be made again.
        for number, name, secret in _rows(old, "circles", "name, secret"):
            true = OPEN_CIRCLE if secret is None else None
            if isinstance(secret, bytes) and len(secret) == ID_BYTES:
                true = closed_circle(secret)
            if true is None:
                continue
            connection.execute(
                "INSERT OR IGNORE INTO circles (number, circle, name, secret) VALUES (?, ?, ?, ?)",
                (number, true, _plain(name), secret),
            )
        local.ensure_open_circle(connection)
        later = {table: columns for table, columns in _LATER.items() if _has(old, table, columns)}
        for table, columns in {**_LOCAL, **later}.items():
            places = ", ".join("?" * (columns.count(",") + 1))
            for _, *row in _rows(old, table, columns):
                connection.execute(
                    f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})",
                    [_plain(value) for value in row],
                )
        _drop_false_rows(connection)
        # Own photos stay until what shows them has been fetched again.
        connection.execute("INSERT OR IGNORE INTO unused_photos (hash) SELECT hash FROM blobs")
        local.retire_all_feeds(connection)
        leave_note(connection, PROMISES_UNPUBLISHED)


def _has(old: sqlite3.Connection, table: str, columns: str) -> bool:
    try:
        old.execute(f"SELECT {columns} FROM {table} LIMIT 0")
    except sqlite3.DatabaseError:
        return False
    return True


def _plain(value: Any) -> Any:
    """A value as it can be written: what was no text cannot be said any more."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return value


def _drop_false_rows(connection: sqlite3.Connection) -> None:
    for table, number in false_local_rows(connection):
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))


# --- the log --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """An entry whose header could be read."""

    identifier: bytes
    header: Header
    signed: SignedEntry
    received_ms: int


def _copy_log(old: sqlite3.Connection, database: Database) -> None:
    """Append every entry that hangs together with its feed: own feeds first."""
    with database.transaction(durable=True) as connection:
        feeds = FeedCache(connection)
        circles = circle_numbers(connection)
        appender = StretchAppender(connection, feeds, circles, received_ms=0, quota=_NO_LIMIT)
        own = local.own_feeds(connection)
        by_feed = _found_entries(old, _bodies(old))
        for feed in sorted(by_feed, key=lambda one: (one not in own, one)):
            for stretch in _stretches(by_feed[feed]):
                appender.append(stretch[0].header.circle, [one.signed for one in stretch])
            connection.executemany(
                "UPDATE entries SET received_ms = ? WHERE id = ?",
                [(one.received_ms, one.identifier) for one in by_feed[feed]],
            )
        appender.write_usage()


def _bodies(old: sqlite3.Connection) -> dict[int, bytes]:
    return {
        number: body for number, body in _rows(old, "bodies", "body") if isinstance(body, bytes)
    }


def _found_entries(old: sqlite3.Connection, bodies: dict[int, bytes]) -> dict[bytes, list[_Found]]:
    """The entries with a whole header, by feed."""
    found: dict[bytes, dict[bytes, _Found]] = defaultdict(dict)
    columns = "header, signature, received_ms"
    for number, data, signature, received_ms in _rows(old, "entries", columns):
        if not isinstance(data, bytes):
            continue
        try:
            header = decode_header(data)
        except LogError:
            continue
        if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
            signature = bytes(SIGNATURE_BYTES)
        body = bodies.get(number)
        if body is not None:
            try:
                check_body(body, header.body_hash, header.body_size)
            except LogError:
                body = None
        identifier = entry_id(data)
        received = received_ms if isinstance(received_ms, int) else header.time_ms
        signed = SignedEntry(data, signature, body)
        found[header.feed].setdefault(identifier, _Found(identifier, header, signed, received))
    return {feed: list(entries.values()) for feed, entries in found.items()}


def _stretches(entries: Sequence[_Found]) -> Iterator[list[_Found]]:
    """The entries of one feed as stretches, each after what it stands on; others are left out."""
    followers: dict[bytes, list[_Found]] = defaultdict(list)
    for one in entries:
        followers[one.header.previous].append(one)
    begin = followers.get(ZERO_ID, [])[::-1]
    while begin:
        run = [begin.pop()]
        while following := followers.get(run[-1].identifier):
            begin.extend(following[1:])
            run.append(following[0])
        yield from _cut(run)


def _cut(run: Sequence[_Found]) -> Iterator[list[_Found]]:
    """A run of entries in stretches that end at a signature that verifies."""
    start = 0
    while start < len(run):
        end = min(start + STRETCH_ENTRIES_MAX, len(run))
        while end > start and not signature_verifies(
            run[end - 1].header.feed, run[end - 1].signed.signature, run[end - 1].identifier
        ):
            end -= 1
        if end == start:
            return
        yield list(run[start:end])
        start = end
