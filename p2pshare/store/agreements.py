"""Agreements as people read them: lists by person, kind and state, a page at a time.

The part of ``store.queries`` that is about agreements. With 100,000 of them a page must come fast
too, so each combination of person, role, kind and state is asked for by itself: the index
then has its rows in the order in which they are shown. Reads only.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, Final

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.days import Span, overlap
from p2pshare.domain.listing import conflicts
from p2pshare.domain.views import AgreementView, SignedMoveView
from p2pshare.store.busy import busy_periods_of
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.labels import names_of, times_of

_COLUMNS: Final = (
    *("agreement", "kind", "circle", "listing", "owner", "asker", "title", "terms", "quantity"),
    *("from_day", "until_day", "note", "due_at_ms", "closed_ms", "state", "underlying_state"),
    *("denied", "from_minute", "until_minute", "asked_until", "offered_until_ms", "minutes"),
)


class AgreementQueries:
    """Reads agreements from the folded tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(
        self,
        now_ms: int,
        *,
        kind: str | None = None,
        persons: Sequence[str] | None = None,
        circle: str | None = None,
        agreement: str | None = None,
        listing: str | None = None,
        states: Iterable[str] | None = None,
        due_before_ms: int | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[AgreementView]:
        """The agreements this reader knows, those changed last first.

        ``persons`` (hex) keeps those in which one of them takes part, ``states`` those of which the
        table says so (``underlying_state``), ``due_before_ms`` those that were due before then.
        """
        fixed: list[tuple[str, Any]] = [
            (f"{column} = ?", value)
            for column, value in (
                ("circle", circle),
                ("agreement", agreement),
                ("listing", listing),
                ("kind", kind),
            )
            if value is not None
        ]
        if due_before_ms is not None:
            fixed.append(("due_at_ms < ?", due_before_ms))
        questions: list[str] = []
        values: list[Any] = []
        for chosen in _combinations(persons, states):
            terms = [*fixed, *chosen]
            where = " AND ".join(term for term, _ in terms) or "1 = 1"
            questions.append(f"SELECT rowid AS place FROM agreements WHERE {where}")
            values.extend(value for _, value in terms)
        if not questions:
            return []
        rows = self._connection.execute(
            f"{' UNION ALL '.join(questions)} ORDER BY place DESC LIMIT ? OFFSET ?",
            (*values, -1 if limit is None else limit, offset),
        ).fetchall()
        return self._views([rowid for (rowid,) in rows], now_ms)

    def _views(self, rowids: Sequence[int], now_ms: int) -> list[AgreementView]:
        rows: list[dict[str, Any]] = []
        for chunk in chunks(rowids):
            rows.extend(
                dict(zip(_COLUMNS, row, strict=True))
                for row in self._connection.execute(
                    f"SELECT {', '.join(_COLUMNS)} FROM agreements WHERE rowid IN ({marks(chunk)})"
                    " ORDER BY rowid DESC",
                    chunk,
                )
            )
        signed = self._signatures([row["agreement"] for row in rows])
        people = {row[role] for row in rows for role in ("owner", "asker")}
        names = names_of(self._connection, people)
        clashes = self._clashes({row["listing"] for row in rows})
        return [_view(row, signed, names, clashes, now_ms) for row in rows]

    def _signatures(self, agreements: Sequence[str]) -> dict[str, list[SignedMoveView]]:
        found: dict[str, list[SignedMoveView]] = {}
        for chunk in chunks(agreements):
            rows = self._connection.execute(
                "SELECT agreement, move, person, entry, note, details, desk FROM agreement_moves"
                f" WHERE agreement IN ({marks(chunk)}) ORDER BY agreement, place",
                chunk,
            ).fetchall()
            times = times_of(self._connection, [row[3] for row in rows])
            for agreement, move, person, entry, note, details, desk in rows:
                said = tuple(json.loads(details).items())
                found.setdefault(agreement, []).append(
                    SignedMoveView(move, person, times.get(entry, 0), note, said, bool(desk))
                )
        return found

    def _clashes(self, listings: set[str]) -> dict[str, list[Span]]:
        """When more of a listing is promised than there is, as its owner told all."""
        busy = busy_periods_of(self._connection, sorted(listings))
        found: dict[str, list[Span]] = {}
        for chunk in chunks(busy):
            for listing, quantity in self._connection.execute(
                f"SELECT listing, quantity FROM listings WHERE listing IN ({marks(chunk)})", chunk
            ):
                found[listing] = conflicts(quantity, busy[listing])
        return found


def _combinations(
    persons: Sequence[str] | None, states: Iterable[str] | None
) -> list[list[tuple[str, Any]]]:
    """The terms of each question that is asked of an index by itself; no row answers to two."""
    by_person: list[list[tuple[str, Any]]] = [[]]
    if persons is not None:
        by_person = []
        for place, (person, role) in enumerate(roles := [*product(dict.fromkeys(persons), _ROLES)]):
            earlier = [(f"{other} <> ?", one) for one, other in roles[:place] if other != role]
            by_person.append([(f"{role} = ?", person), *earlier])
    by_state: list[list[tuple[str, Any]]] = [[]]
    if states is not None:
        by_state = [[("underlying_state = ?", state)] for state in sorted(set(states))]
    return [[*one, *other] for one, other in product(by_person, by_state)]


_ROLES: Final = ("owner", "asker")


def _view(
    row: dict[str, Any],
    signed: dict[str, list[SignedMoveView]],
    names: dict[str, str],
    clashes: dict[str, list[Span]],
    now_ms: int,
) -> AgreementView:
    table = AGREEMENTS[row["kind"]]
    underlying, due_at_ms = row["underlying_state"], row["due_at_ms"]
    endless = table.alone or underlying in table.for_good
    until_day = None if endless else row["until_day"]
    span = Span(row["from_day"], until_day, row["from_minute"], row["until_minute"])
    taken = [] if underlying not in table.promises else clashes.get(row["listing"], [])
    return AgreementView(
        agreement=row["agreement"],
        kind=row["kind"],
        listing=row["listing"],
        title=row["title"],
        owner=row["owner"],
        owner_name=names.get(row["owner"], ""),
        asker=row["asker"],
        asker_name=names.get(row["asker"], ""),
        state=row["state"],
        underlying_state=underlying,
        quantity=row["quantity"],
        from_day=row["from_day"],
        until_day=row["until_day"],
        note=row["note"],
        due_at_ms=due_at_ms,
        closed_ms=row["closed_ms"],
        overdue=due_at_ms is not None and underlying in table.held and now_ms > due_at_ms,
        conflict=any(overlap(span, clash) is not None for clash in taken),
        denied=tuple(json.loads(row["denied"])),
        signed_by=tuple(signed.get(row["agreement"], [])),
        circle=row["circle"],
        terms=tuple(json.loads(row["terms"])),
        from_minute=row["from_minute"],
        until_minute=row["until_minute"],
        asked_until=row["asked_until"],
        offered_until_ms=row["offered_until_ms"],
        minutes=row["minutes"],
    )
