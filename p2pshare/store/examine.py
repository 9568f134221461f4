"""Looking at the rows of entries as if nothing in them could be trusted.

Used by ``store.audit``, which tells what it finds, and by ``store.rebuild``, which mends what
follows from a header and leaves damaged rows out. A value may have any type here: a flipped bit in
a record turns bytes into text or a number. Writes nothing.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from p2pshare.errors import LogError, StoreDamaged
from p2pshare.log.body import check_body
from p2pshare.log.certificate import FEED_OPEN_KIND
from p2pshare.log.entry import (
    ID_BYTES,
    Header,
    SignedEntry,
    decode_header,
    entry_id,
    signature_verifies,
    subject_of,
)
from p2pshare.log.keys import SIGNATURE_BYTES
from p2pshare.log.stretch import ReadEntry
from p2pshare.store.repair import BODY_DAMAGED, HEADER_DAMAGED, SIGNATURE_DAMAGED

BATCH: Final = 1000
"""How many entries are read at once."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A row of ``entries`` with its body, as it was read."""

    number: int
    identifier: Any
    feed: Any
    branch: Any
    seq: Any
    time_ms: Any
    subject: Any
    kind: Any
    header: Any
    signature: Any
    signature_checked: Any
    body: Any
    has_body: int


@dataclass(frozen=True, slots=True)
class Examined:
    """What is true of an entry's row.

    ``identifier`` is the entry's true id, None if nothing tells it any more. ``header`` is None and
    ``identifier`` may still be known where the header is damaged. ``damage`` has each word of
    ``store.repair`` that applies, with the reason, the worst first.
    """

    row: EntryRow
    identifier: bytes | None
    header: Header | None
    damage: dict[str, str]

    @property
    def entry(self) -> ReadEntry:
        """The entry without what is damaged; the header must be whole."""
        if self.header is None or self.identifier is None:
            raise ValueError("a damaged header has no entry")
        body = None if BODY_DAMAGED in self.damage else self.row.body
        signed = SignedEntry(self.row.header, self.row.signature, body)
        return ReadEntry(self.identifier, self.header, signed)

    @property
    def true_columns(self) -> tuple[bytes, int, int, bytes, str]:
        """(id, seq, time_ms, subject, kind) as they follow from the header, which must be whole."""
        entry = self.entry
        header = entry.header
        subject = subject_of(header, entry.identifier)
        return entry.identifier, header.seq, header.time_ms, subject, header.kind


def read_rows(connection: sqlite3.Connection) -> Iterator[list[EntryRow]]:
    """All entries in the order of their numbers, in batches. Raises StoreDamaged, sqlite3.Error.

    The caller may change rows of a batch that it was given.
    """
    last = 0
    while True:
        rows = [
            EntryRow(*row)
            for row in connection.execute(
                "SELECT e.number, e.id, e.feed, e.branch, e.seq, e.time_ms, e.subject, e.kind,"
                " e.header, e.signature, e.signature_checked, b.body, b.entry IS NOT NULL"
                " FROM entries AS e LEFT JOIN bodies AS b ON b.entry = e.number"
                " WHERE e.number > ? ORDER BY e.number LIMIT ?",
                (last, BATCH),
            )
        ]
        if not rows:
            return
        numbers = [row.number for row in rows]
        if numbers[0] <= last or any(one >= other for one, other in pairwise(numbers)):
            raise StoreDamaged("the rows of the table entries are not in order")
        last = numbers[-1]
        yield rows


class Examiner:
    """Examines rows of one ledger; with ``signatures``, verifies every signature too."""

    def __init__(self, connection: sqlite3.Connection, *, signatures: bool) -> None:
        self._connection = connection
        self._signatures = signatures

    def examine(self, row: EntryRow) -> Examined:
        """What is true and what is damaged of one row. Raises sqlite3.Error."""
        header, reason = _read_header(row.header)
        stored = row.identifier if _is_bytes(row.identifier, ID_BYTES) else None
        if header is not None:
            computed = entry_id(row.header)
            if computed == stored or self._is_right(row, header, computed):
                return Examined(row, computed, header, self._damage(row, computed, header))
            reason = "the header does not have the id of its row"
        known = stored if stored is not None and self._names(row, stored) else None
        return Examined(row, known, None, {HEADER_DAMAGED: reason})

    def _damage(self, row: EntryRow, identifier: bytes, header: Header) -> dict[str, str]:
        damage: dict[str, str] = {}
        if row.has_body:
            reason = _body_fault(row.body, header)
            if reason:
                damage[BODY_DAMAGED] = reason
        if not _is_bytes(row.signature, SIGNATURE_BYTES):
            damage[SIGNATURE_DAMAGED] = "the signature is not 64 bytes"
        elif self._signatures and not signature_verifies(header.feed, row.signature, identifier):
            damage[SIGNATURE_DAMAGED] = "the signature does not verify"
        return damage

    def _is_right(self, row: EntryRow, header: Header, computed: bytes) -> bool:
        """Whether a header is right though its row has another id: signed, or followed."""
        if _is_bytes(row.signature, SIGNATURE_BYTES) and signature_verifies(
            header.feed, row.signature, computed
        ):
            return True
        return self._is_followed(row, computed)

    def _names(self, row: EntryRow, stored: bytes) -> bool:
        """Whether the id in a row is right though its header is not: signed, or followed."""
        feed = self._connection.execute(
            "SELECT feed FROM feeds WHERE number = ?", (row.feed,)
        ).fetchone()
        if (
            feed is not None
            and _is_bytes(feed[0], ID_BYTES)
            and _is_bytes(row.signature, SIGNATURE_BYTES)
            and signature_verifies(feed[0], row.signature, stored)
        ):
            return True
        return self._is_followed(row, stored)

    def _is_followed(self, row: EntryRow, identifier: bytes) -> bool:
        """Whether an entry in the next place of the feed has this one as its previous."""
        if not isinstance(row.seq, int):
            return False
        for (data,) in self._connection.execute(
            "SELECT header FROM entries WHERE feed = ? AND seq = ?", (row.feed, row.seq + 1)
        ):
            header, _ = _read_header(data)
            if header is not None and header.previous == identifier:
                return True
        return False


def _is_bytes(value: object, length: int) -> bool:
    return isinstance(value, bytes) and len(value) == length


def _read_header(data: object) -> tuple[Header | None, str]:
    """The header, or None and why it is none."""
    if not isinstance(data, bytes):
        return None, "the header is not bytes"
    try:
        header = decode_header(data)
    except LogError as error:
        return None, str(error)
    if (header.kind == FEED_OPEN_KIND) != (header.seq == 0):
        return None, "feed.open begins a feed, and nothing else does"
    return header, ""


def _body_fault(body: object, header: Header) -> str:
    if not isinstance(body, bytes):
        return "the body is not bytes"
    try:
        check_body(body, header.body_hash, header.body_size)
    except LogError as error:
        return str(error)
    return ""
