"""History as rows, and read from them: what somebody brought along from another program.

Of several rows with one source and ref, that of the latest import is shown; the others stay, since
each row follows from its entry alone. Nothing here is an agreement or a payment, and whatever
counts those reads other tables. Only what the persons asked about have brought themselves is
answered: anybody can seal to somebody what they like.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from p2pshare.domain.alike import bare
from p2pshare.domain.history import (
    HOURS_KIND,
    LOANS_KIND,
    MEMBERS_KIND,
    History,
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    HistoryTransfer,
    shown_ref,
)
from p2pshare.domain.history_views import PastMemberView, PastView
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.folded_tables import (
    HISTORY_HOURS,
    HISTORY_LOANS,
    HISTORY_MEMBERS,
    FoldedTable,
)

HISTORY_TABLES: Final[Mapping[str, FoldedTable]] = {
    LOANS_KIND: HISTORY_LOANS,
    MEMBERS_KIND: HISTORY_MEMBERS,
    HOURS_KIND: HISTORY_HOURS,
}
"""The table of each kind of history."""

_ROW_TYPES: Final[Mapping[str, type[HistoryLoan | HistoryMember | HistoryTransfer]]] = {
    LOANS_KIND: HistoryLoan,
    MEMBERS_KIND: HistoryMember,
    HOURS_KIND: HistoryTransfer,
}
#: history, place, circle, person, source, taken_ms: what every row of history has before its ref.
_COMMON_COLUMNS: Final = 6

_SEARCHED: Final = (
    "h.item || ' ' || h.member || ' ' || h.receiver || ' ' || h.ref || ' ' || h.note || ' '"
    " || h.source"
)


def history_rows(circle: bytes, kind: str, history: History | None) -> list[tuple[Any, ...]]:
    """The rows of a history in the table of ``kind``, in their order; none of another kind."""
    if history is None or history.kind != kind:
        return []
    return [
        (
            history.history.hex(),
            place,
            circle.hex(),
            history.person.hex(),
            history.source,
            history.taken_ms,
            *(
                (value.hex() or None) if isinstance(value, bytes) else value
                for value in msgspec.structs.astuple(row)
            ),
        )
        for place, row in enumerate(history.rows)
    ]


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of history as it is kept, and in which history (16 bytes) it stands."""

    history: bytes
    kind: str
    source: str
    row: HistoryRow


class HistoryQueries:
    """Reads what was before."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.create_function("bare", 1, bare, deterministic=True)

    def past(
        self,
        persons: Sequence[str],
        *,
        listing: str | None = None,
        search: str | None = None,
        circle: str | None = None,
        limit: int | None = None,
    ) -> list[PastView]:
        """Loans and hours that ``persons`` (hex) brought along, the latest first.

        ``search``: every word of it stands somewhere in the row, whatever its case and accents.
        """
        where, values = _of(persons, circle)
        if listing is not None:
            where.append("h.listing = ?")
            values.append(listing)
        for word in bare(search or "").split():
            where.append(f"instr(bare({_SEARCHED}), ?)")
            values.append(word)
        rows = self._connection.execute(
            "SELECT h.history, h.what, h.source, h.ref, h.item, h.listing, h.member, h.receiver,"
            " h.from_day, h.until_day, h.returned_day, h.minutes, h.note, h.person, h.circle FROM ("
            "SELECT history, place, 'loan' AS what, source, ref, item,"
            " coalesce(listing, '') AS listing, member,"
            " '' AS receiver, from_day, until_day, returned_day, NULL AS minutes, note, person,"
            f" circle FROM history_loans AS o WHERE {_is_latest('history_loans')} UNION ALL "
            "SELECT history, place, 'hours', source, ref, item, '', member, receiver, day, '', '',"
            f" minutes, note, person, circle FROM history_hours AS o"
            f" WHERE {_is_latest('history_hours')}) AS h WHERE {' AND '.join(where)}"
            " ORDER BY h.from_day DESC, h.history, h.place LIMIT ?",
            (*values, -1 if limit is None else limit),
        ).fetchall()
        names = self._member_names(persons, {name for row in rows for name in (row[6], row[7])})
        return [_past_view(row, names) for row in rows]

    def members(
        self, persons: Sequence[str], *, search: str | None = None, circle: str | None = None
    ) -> list[PastMemberView]:
        """The members that ``persons`` (hex) brought along, by name."""
        where, values = _of(persons, circle)
        for word in bare(search or "").split():
            where.append(
                "instr(bare(h.name || ' ' || h.email || ' ' || h.ref || ' ' || h.note), ?)"
            )
            values.append(word)
        rows = self._connection.execute(
            "SELECT h.history, h.source, h.ref, h.name, h.email, h.telephone, h.joined, h.note,"
            " h.person, h.circle FROM (SELECT * FROM history_members AS o"
            f" WHERE {_is_latest('history_members')}) AS h WHERE {' AND '.join(where)}"
            " ORDER BY bare(h.name), h.source, h.ref",
            values,
        ).fetchall()
        return [PastMemberView(row[0], row[1], shown_ref(row[2]), *row[3:]) for row in rows]

    def _member_names(
        self, persons: Sequence[str], refs: set[str]
    ) -> dict[tuple[str, str, str], str]:
        """Names by (person, source, ref), for lists that call members by number."""
        found = {}
        for chunk in chunks(sorted(refs)):
            for person, source, ref, name in self._connection.execute(
                "SELECT person, source, ref, name FROM history_members"
                f" WHERE person IN ({marks(persons)}) AND ref IN ({marks(chunk)})"
                " ORDER BY taken_ms, history",
                (*persons, *chunk),
            ):
                found[person, source, ref] = name
        return found

    # --- for imports, and for forgetting --------------------------------------------------------

    def kept(self, person: str, circle: str) -> list[Kept]:
        """All rows that a person (hex) brought into a circle (hex), outdated ones before later."""
        found = []
        for kind, table in HISTORY_TABLES.items():
            fields = ", ".join(table.columns[_COMMON_COLUMNS:])
            for history, source, *values in self._connection.execute(
                f"SELECT history, source, {fields} FROM {table.name}"
                " WHERE person = ? AND circle = ? ORDER BY taken_ms, history, place",
                (person, circle),
            ):
                found.append(Kept(bytes.fromhex(history), kind, source, _row(kind, values)))
        return found

    def known(self, person: str, circle: str, kind: str, source: str) -> dict[str, HistoryRow]:
        """What the latest import of a person (hex) said of each ref of a source."""
        table = HISTORY_TABLES[kind]
        fields = ", ".join(table.columns[_COMMON_COLUMNS:])
        return {
            values[0]: _row(kind, values)
            for values in self._connection.execute(
                f"SELECT {fields} FROM {table.name} WHERE person = ? AND circle = ? AND source = ?"
                " ORDER BY taken_ms, history, place",
                (person, circle, source),
            )
        }

    def last_taken_ms(self, person: str) -> int:
        """When a person (hex) brought history along for the last time, by their own word; or 0."""
        union = " UNION ALL ".join(
            f"SELECT max(taken_ms) AS taken_ms FROM {table.name} WHERE person = ?1"
            for table in HISTORY_TABLES.values()
        )
        row = self._connection.execute(f"SELECT max(taken_ms) FROM ({union})", (person,)).fetchone()
        return int(row[0] or 0)


def _row(kind: str, values: Sequence[Any]) -> HistoryRow:
    row_type = _ROW_TYPES[kind]
    if row_type is HistoryLoan:
        ref, item, listing, *rest = values
        return HistoryLoan(ref, item, bytes.fromhex(listing or ""), *rest)
    return row_type(*values)


def _of(persons: Sequence[str], circle: str | None) -> tuple[list[str], list[Any]]:
    where, values = [f"h.person IN ({marks(persons)})"], list[Any](persons)
    if circle is not None:
        where.append("h.circle = ?")
        values.append(circle)
    return where, values


def _is_latest(table: str) -> str:
    """The condition that no later import says something else of the row ``o`` of this table."""
    return (
        f"NOT EXISTS (SELECT 1 FROM {table} AS n WHERE n.person = o.person AND n.source = o.source"
        " AND n.ref = o.ref AND n.circle = o.circle"
        " AND (n.taken_ms, n.history) > (o.taken_ms, o.history))"
    )


def _past_view(row: tuple[Any, ...], names: Mapping[tuple[str, str, str], str]) -> PastView:
    (history, what, source, ref, item, listing, member, receiver, from_day, until_day) = row[:10]
    returned_day, minutes, note, person, circle = row[10:]

    def named(said: str) -> str:
        return names.get((person, source, said)) or said

    return PastView(
        history=history,
        what=what,
        source=source,
        ref=shown_ref(ref),
        item=item,
        listing=listing,
        member=named(member),
        receiver=named(receiver),
        from_day=from_day,
        until_day=until_day,
        returned_day=returned_day,
        minutes=minutes,
        note=note,
        person=person,
        circle=circle,
    )
