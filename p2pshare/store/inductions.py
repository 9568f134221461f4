"""Who was shown how to use what: inductions, read from their folded table.

A family of ``store.queries``. Which statements are valid is asked of ``domain.induction`` with the
listing as it stands: it spans subjects, so it is in no row. Reads only.
"""

import json
import sqlite3
from typing import Any

from p2pshare.domain.induction import Induction, may_witness, short_id, witnesses_of
from p2pshare.domain.listing import ListingState
from p2pshare.domain.views import InductionView, ListingView
from p2pshare.store.labels import names_of, times_of


class Inductions:
    """The statements of one ledger; they are in the clear, so those of everybody in its circles."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(
        self, *, listing: str | None = None, person: str | None = None, circle: str | None = None
    ) -> list[InductionView]:
        """Those about a listing, given to a person, of a circle (whole hex ids); the latest first.

        What is None does not matter.
        """
        asked = {"i.listing": listing, "i.person": person, "i.circle": circle}
        wanted = {column: value for column, value in asked.items() if value is not None}
        where = " AND ".join(f"{column} = ?" for column in wanted) or "1 = 1"
        rows = self._connection.execute(
            "SELECT i.induction, i.circle, i.listing, l.title, i.person, i.witness, i.entry,"
            " l.owner, l.witnesses FROM inductions AS i LEFT JOIN listings AS l"
            f" ON l.listing = i.listing AND l.circle = i.circle WHERE {where}",
            tuple(wanted.values()),
        ).fetchall()
        names = names_of(self._connection, [person for row in rows for person in row[4:6]])
        times = times_of(self._connection, [row[6] for row in rows])
        views = [_view(row, names, times) for row in rows]
        return sorted(views, key=lambda view: (-view.at_ms, view.induction))

    def statements(self, listing: bytes, circle: bytes) -> list[Induction]:
        """What was stated about a listing in its circle, valid or not, for the rules to judge."""
        rows = self._connection.execute(
            "SELECT induction, person, witness, entry FROM inductions"
            " WHERE listing = ? AND circle = ? ORDER BY induction",
            (listing.hex(), circle.hex()),
        ).fetchall()
        return [
            Induction(
                induction=bytes.fromhex(induction),
                listing=listing,
                person=bytes.fromhex(person),
                witness=bytes.fromhex(witness),
                entry_id=bytes.fromhex(entry),
            )
            for induction, person, witness, entry in rows
        ]

    def witness_names(self, listing: ListingState) -> dict[bytes, str]:
        """What those who may show others how are called, as far as that is known."""
        named = names_of(self._connection, [one.hex() for one in witnesses_of(listing)])
        return {bytes.fromhex(person): name for person, name in named.items()}

    def whom_to_ask(self, listing: ListingView) -> list[str]:
        """Who may show others how to use a listing, the owner first: by name, else by their id."""
        persons = dict.fromkeys((listing.person, *listing.witnesses))
        named = names_of(self._connection, persons)
        return [named.get(one) or short_id(bytes.fromhex(one)) for one in persons]


def _view(row: tuple[Any, ...], names: dict[str, str], times: dict[str, int]) -> InductionView:
    induction, circle, listing, title, person, witness, entry, owner, witnesses = row
    return InductionView(
        induction=induction,
        circle=circle,
        listing=listing,
        title=title or "",
        person=person,
        person_name=names.get(person, ""),
        witness=witness,
        witness_name=names.get(witness, ""),
        at_ms=times.get(entry, 0),
        valid=owner is not None and may_witness(witness, owner, json.loads(witnesses)),
    )
