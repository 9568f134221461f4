"""The booking calendar of a listing, and who waits for what, as people read them. Reads only.

The part of ``store.queries`` behind ``bookings`` and ``holds``. A reader sees their own agreements
and what owners have published; ``domain.bookings`` puts the two together.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_rules import Claim, SignedMove
from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.bookings import BookingCalendar, Moment, calendar
from p2pshare.domain.hold import HOLD, OFFERED, OPEN
from p2pshare.domain.views import HoldView
from p2pshare.store.busy import busy_periods_of
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.labels import names_of

_ROLES: Final = ("owner", "asker")

_HOLD_FIELDS: Final = (
    *("hold", "listing", "title", "person", "owner", "state", "offered_until_ms", "circle"),
    *("position", "waiting"),
)
_HOLD_COLUMNS: Final = (
    "h.agreement, h.listing, h.title, h.asker, h.owner, h.underlying_state, h.offered_until_ms,"
    " h.circle, w.place, (SELECT count(*) FROM waiting AS q WHERE q.listing = h.listing)"
)


class Bookings:
    """Reads bookings and holds from the folded tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def calendar(
        self, listing: str, persons: Sequence[str], now: Moment, first_day: str, last_day: str
    ) -> BookingCalendar | None:
        """What is booked of a listing (hex) from ``first_day`` until ``last_day`` (inclusive).

        ``persons`` (hex) are those whose agreements may be seen; ``now`` is the local time. None if
        the listing is not in hand.
        """
        row = self._connection.execute(
            "SELECT quantity, policy FROM listings WHERE listing = ?", (listing,)
        ).fetchone()
        if row is None:
            return None
        return calendar(
            row[0],
            msgspec.json.decode(row[1], type=LoanPolicy).buffer_minutes,
            claims_about(self._connection, listing, persons),
            busy_periods_of(self._connection, [listing]).get(listing, ()),
            now,
            first_day,
            last_day,
        )

    def holds(
        self,
        persons: Sequence[str],
        *,
        circle: str | None = None,
        listing: str | None = None,
        waiting: bool = False,
    ) -> list[HoldView]:
        """Who of ``persons`` (hex) waits for what, and who waits for things of theirs.

        By listing, in the order of its queue. ``waiting``: only what they wait for themselves.
        """
        fixed = {"circle": circle, "listing": listing}
        terms = [f" AND h.{column} = ?" for column, value in fixed.items() if value is not None]
        values = [value for value in fixed.values() if value is not None]
        states = sorted(OPEN)
        found: dict[str, dict[str, Any]] = {}
        for role in ("asker",) if waiting else _ROLES:
            for chunk in chunks(persons):
                rows = self._connection.execute(
                    f"SELECT {_HOLD_COLUMNS} FROM agreements AS h LEFT JOIN waiting AS w"
                    " ON w.listing = h.listing AND w.token = h.queue_tag"
                    f" WHERE h.{role} IN ({marks(chunk)}) AND h.kind = ?"
                    f" AND h.underlying_state IN ({marks(states)}){''.join(terms)}",
                    (*chunk, HOLD.kind, *states, *values),
                )
                found.update((row[0], dict(zip(_HOLD_FIELDS, row, strict=True))) for row in rows)
        people = {hold[role] for hold in found.values() for role in ("person", "owner")}
        names = names_of(self._connection, people)
        views = [
            HoldView(
                **{
                    **hold,
                    "person_name": names.get(hold["person"], ""),
                    "owner_name": names.get(hold["owner"], ""),
                    "offered_until_ms": (
                        hold["offered_until_ms"] if hold["state"] == OFFERED else None
                    ),
                }
            )
            for hold in found.values()
        ]
        return sorted(
            views,
            key=lambda one: (one.listing, one.position is None, one.position or 0, one.hold),
        )

    def next_turn_ms(self, owners: Iterable[str]) -> int | None:
        """When the next turn passes that was offered for a thing of ``owners`` (hex)."""
        ends = [
            end
            for chunk in chunks(owners)
            for (end,) in self._connection.execute(
                "SELECT min(offered_until_ms) FROM agreements"
                f" WHERE owner IN ({marks(chunk)}) AND kind = ? AND underlying_state = ?",
                (*chunk, HOLD.kind, OFFERED),
            )
            if end is not None
        ]
        return min(ends, default=None)


def claims_about(
    connection: sqlite3.Connection, listing: str, persons: Sequence[str]
) -> list[Claim]:
    """The agreements of ``persons`` (hex) about a listing that ask for it or take it."""
    tables = AGREEMENTS.values()
    states = sorted({one for table in tables for one in table.asked | table.promises})
    unsettled = sorted({one for table in tables for one in table.unsettled})
    own = set(persons)
    rows = [
        row
        for row in connection.execute(
            "SELECT owner, asker, agreement, kind, underlying_state, quantity, from_day,"
            " until_day, from_minute, until_minute FROM agreements WHERE listing = ?"
            f" AND underlying_state IN ({marks((*states, *unsettled))})",
            (listing, *states, *unsettled),
        )
        if row[0] in own or row[1] in own
    ]
    signed = _signed_back(connection, [row[2] for row in rows if row[4] in unsettled])
    return [
        Claim(
            agreement=bytes.fromhex(agreement),
            kind=kind,
            underlying=underlying,
            quantity=quantity,
            from_day=from_day,
            until_day=until_day,
            from_minute=from_minute,
            until_minute=until_minute,
            signatures=signed.get(agreement, ()),
        )
        for (
            _owner,
            _asker,
            agreement,
            kind,
            underlying,
            quantity,
            from_day,
            until_day,
            from_minute,
            until_minute,
        ) in rows
    ]


def _signed_back(
    connection: sqlite3.Connection, agreements: Sequence[str]
) -> dict[str, tuple[SignedMove, ...]]:
    """The moves by which something came back, of agreements that are in dispute."""
    moves = sorted({move for table in AGREEMENTS.values() for move in table.back})
    found: dict[str, tuple[SignedMove, ...]] = {}
    for chunk in chunks(agreements):
        for agreement, move in connection.execute(
            f"SELECT agreement, move FROM agreement_moves WHERE agreement IN ({marks(chunk)})"
            f" AND move IN ({marks(moves)})",
            (*chunk, *moves),
        ):
            found[agreement] = (*found.get(agreement, ()), SignedMove(move))
    return found
