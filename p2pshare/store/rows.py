"""Folded states as rows: one place that knows the columns, used to write, compare and audit.

Ids are hex text here, because people open these tables (DESIGN section 10). No rule lives here.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_bodies import CustodyMove, HoldAdd, LoanReport
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.days import format_moment
from p2pshare.domain.hold import queue_tag
from p2pshare.domain.hours import Payment
from p2pshare.domain.induction import Induction
from p2pshare.domain.listing import ListingState
from p2pshare.domain.move_words import details_of
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.folded_tables import FOLDED, FoldedTable

Row = tuple[Any, ...]

_encode_json: Final = msgspec.json.Encoder().encode


def person_row(circle: bytes, person: bytes, name: str) -> Row:
    """The row of a person in a circle; the name is empty while no profile is known."""
    return (circle.hex(), person.hex(), name)


def listing_row(circle: bytes, state: ListingState) -> Row:
    """The row of a listing."""
    return (
        state.listing.hex(),
        circle.hex(),
        state.owner.hex(),
        str(state.exchange_type),
        str(state.item_type),
        _json(state.transaction_types),
        state.title,
        state.description,
        state.category,
        _json(state.tags),
        state.quantity,
        state.expires,
        _json(photo.hex() for photo in state.photos),
        _json(state.terms),
        int(state.closed),
        state.put_entry.hex(),
        _json(state.parts),
        _encode_json(state.policy).decode(),
        int(state.induction),
        _json(witness.hex() for witness in state.witnesses),
    )


def photo_rows(circle: bytes, state: ListingState) -> list[Row]:
    """A row per photo that a listing shows, in its order."""
    return [(state.listing.hex(), circle.hex(), photo.hex()) for photo in state.photos]


def busy_row(listing: bytes, period: BusyPeriod) -> Row:
    """The row of one promised period."""
    return (
        listing.hex(),
        period.from_day,
        period.until_day,
        period.quantity,
        int(period.out),
        period.tag.hex(),
        period.from_minute,
        period.until_minute,
    )


def waiting_rows(listing: bytes, queue: Iterable[bytes]) -> list[Row]:
    """A row for each tag of those who wait for a listing, from place 1 on."""
    return [(listing.hex(), place, token.hex()) for place, token in enumerate(queue, 1)]


def payment_row(circle: bytes, payment: Payment) -> Row:
    """The row of a payment of hours, or of one part of a split."""
    return (
        payment.payment.hex(),
        payment.place,
        circle.hex(),
        payment.payer.hex(),
        payment.payee.hex(),
        payment.minutes,
        int(payment.gift),
        None if payment.corrects is None else payment.corrects.hex(),
        int(payment.confirmed),
        int(payment.desk),
        payment.entry_id.hex(),
    )


def induction_row(circle: bytes, induction: Induction) -> Row:
    """The row of a statement that somebody was shown how to use a thing."""
    return (
        induction.induction.hex(),
        circle.hex(),
        induction.listing.hex(),
        induction.person.hex(),
        induction.witness.hex(),
        induction.entry_id.hex(),
    )


def agreement_row(circle: bytes, state: AgreementState) -> Row:
    """The row of an agreement; ``asker`` and ``owner`` are the two roles of its table."""
    asker, owner = state.parties
    return (
        state.agreement.hex(),
        state.kind,
        circle.hex(),
        state.listing.hex(),
        owner.hex(),
        asker.hex(),
        state.title,
        _json(state.terms),
        state.quantity,
        state.from_day,
        state.until_day,
        state.note,
        state.due_at_ms,
        state.closed_ms,
        state.state,
        state.underlying,
        _json(entry.hex() for entry in state.denied),
        state.from_minute,
        state.until_minute,
        None if state.asked_until is None else format_moment(*state.asked_until),
        state.offered_until_ms,
        state.minutes,
        queue_tag(state.opening.token).hex() if isinstance(state.opening, HoldAdd) else None,
    )


def move_rows(state: AgreementState) -> list[Row]:
    """A row per signature of an agreement, in causal order."""
    return [
        (
            state.agreement.hex(),
            place,
            signature.move,
            signature.person.hex(),
            signature.entry_id.hex(),
            signature.note,
            _encode_json(details_of(signature.body)).decode(),
            int(signature.body.desk),
        )
        for place, signature in enumerate(state.signatures)
    ]


def agreement_photo_rows(circle: bytes, state: AgreementState) -> list[Row]:
    """A row per photo that the moves of an agreement show, each once, in their order."""
    photos = dict.fromkeys(
        photo
        for signature in state.signatures
        if isinstance(signature.body, CustodyMove | LoanReport)
        for photo in signature.body.photos
    )
    return [(state.agreement.hex(), circle.hex(), photo.hex()) for photo in photos]


def _json(items: Iterable[str]) -> str:
    return _encode_json(list(items)).decode()


@dataclass(slots=True)
class FoldedRows:
    """What folding some subjects of one circle (32 bytes) gave: the rows of each table and key."""

    circle: bytes
    rows: dict[str, dict[str, list[Row]]] = field(
        default_factory=lambda: {table.name: {} for table in FOLDED}
    )

    def put(self, table: FoldedTable, key: str, rows: Sequence[Row]) -> None:
        """The rows of ``key`` are these, and no others; none deletes what is there."""
        self.rows[table.name][key] = list(rows)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A subject whose rows in a table are now others: its key, and whether it was new or went."""

    table: str
    key: str
    added: bool
    removed: bool


def write_rows(connection: sqlite3.Connection, folded: FoldedRows) -> list[RowChange]:
    """Make the tables say what was folded; returns what really changed."""
    changes: list[RowChange] = []
    for table in FOLDED:
        by_key = folded.rows[table.name]
        if by_key:
            changes.extend(_write_table(connection, table, by_key, folded.circle.hex()))
    return changes


def _write_table(
    connection: sqlite3.Connection,
    table: FoldedTable,
    by_key: dict[str, list[Row]],
    circle: str,
) -> list[RowChange]:
    within = f" AND circle = '{circle}'" if table.by_circle else ""
    columns = ", ".join(f'"{column}"' for column in table.columns)
    present: dict[str, list[Row]] = defaultdict(list)
    for chunk in chunks(by_key):
        query = (
            f'SELECT {columns} FROM {table.name} WHERE "{table.key}" IN ({marks(chunk)})'
            f"{within} ORDER BY rowid"
        )
        for row in _rows_even_if_damaged(connection, query, chunk):
            present[row[table.key_place]].append(row)
    changes: list[RowChange] = []
    outdated: list[tuple[str]] = []
    fresh: list[Row] = []
    for key, rows in by_key.items():
        before = present.get(key, [])
        if before == rows:
            continue
        if before:
            outdated.append((key,))
        fresh.extend(rows)
        changes.append(RowChange(table.name, key, added=not before, removed=not rows))
    if outdated:
        connection.executemany(
            f'DELETE FROM {table.name} WHERE "{table.key}" = ?{within}', outdated
        )
    if fresh:
        places = ", ".join("?" * len(table.columns))
        connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", fresh)
    return changes


def _rows_even_if_damaged(
    connection: sqlite3.Connection, query: str, values: Sequence[str]
) -> list[Row]:
    """The rows as they stand. Text that a damaged file no longer has as UTF-8 comes escaped: it is
    then not what was folded, and written anew, so that it keeps nobody from mending the log.
    """
    try:
        return connection.execute(query, values).fetchall()
    except sqlite3.OperationalError as error:
        if not str(error).startswith("Could not decode to UTF-8"):
            raise
    connection.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.text_factory = str
