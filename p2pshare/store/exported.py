"""What exports need and no page shows: every payment in hand, and which listings ask.

Reads only; one connection, one thread. Listings and agreements come from ``store.queries``.
"""

import sqlite3
from typing import Any

from p2pshare.domain.exports.payments import PaymentView
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.store.labels import names_of, times_of


class Exported:
    """Reads the folded tables for ``node.exports``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def payments(
        self, *, circle: str | None = None, person: str | None = None
    ) -> list[PaymentView]:
        """The payments of a circle (hex), or of all, the oldest first.

        ``person`` (hex) keeps those that somebody paid or was paid.
        """
        rows = self._connection.execute(
            "SELECT payment, place, circle, payer, payee, minutes, gift, corrects, confirmed, desk,"
            " entry FROM payments WHERE (?1 IS NULL OR circle = ?1)"
            " AND (?2 IS NULL OR payer = ?2 OR payee = ?2)",
            (circle, person),
        ).fetchall()
        names = names_of(self._connection, {row[3] for row in rows} | {row[4] for row in rows})
        times = times_of(self._connection, {row[10] for row in rows})
        views = [_payment(row, names, times) for row in rows]
        return sorted(views, key=lambda one: (one.at_ms, one.payment, one.place))

    def wants(self) -> set[str]:
        """The listings (hex), open or closed, that ask for something."""
        rows = self._connection.execute(
            "SELECT listing FROM listings WHERE exchange_type = ?", (str(ExchangeType.WANT),)
        )
        return {listing for (listing,) in rows}


def _payment(row: tuple[Any, ...], names: dict[str, str], times: dict[str, int]) -> PaymentView:
    payment, place, circle, payer, payee, minutes, gift, corrects, confirmed, desk, entry = row
    return PaymentView(
        payment=payment,
        place=place,
        circle=circle,
        payer=payer,
        payer_name=names.get(payer, ""),
        payee=payee,
        payee_name=names.get(payee, ""),
        minutes=minutes,
        at_ms=times.get(entry, 0),
        gift=bool(gift),
        corrects=corrects or None,
        confirmed=bool(confirmed),
        desk=bool(desk),
    )
