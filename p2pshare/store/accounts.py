"""Accounts of hours, read from the payments: balances, limits, statements, hours spent apart.

A family of ``store.queries`` (``queries.accounts``). A balance spans all payments of a circle, so
it is a sum made when it is asked for, over covering indexes, and never a row that could be wrong.
The limits are a setting of this folder, in the table ``ledger``; they flag accounts and never
decide what counts.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from p2pshare.domain.hour_rules import DEFAULT_LIMITS, Account, Flag, HourLimits, flag_of
from p2pshare.domain.hour_views import (
    MemberView,
    OverspentPayment,
    OverspentView,
    StatementLine,
)
from p2pshare.domain.hours import PAYMENT_ID_BYTES, Payment
from p2pshare.domain.overspending import Overspent, SignedPayment, find_overspent, latest
from p2pshare.domain.views import BalanceView
from p2pshare.limits import AFTER_ENTRIES_MAX
from p2pshare.store import local
from p2pshare.store.labels import names_of, times_of
from p2pshare.store.settings import (
    HOURS_HARD_LIMIT,
    HOURS_SOFT_LIMIT,
    read_setting,
    write_setting,
)
from p2pshare.store.signed_payments import (
    in_several_lines,
    persons_in_several_lines,
    signed_payments,
)

_NO_LIMIT: Final = "none"

_PAYMENT_COLUMNS: Final = (
    "payment, place, payer, payee, minutes, entry, gift, corrects, confirmed, desk"
)


class Accounts:
    """Reads the accounts of people and programs; ids are hex text."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        # SQLite has unhex() since 3.41, and Debian 12 has 3.40.
        connection.create_function("bytes_of_hex", 1, bytes.fromhex, deterministic=True)
        self._connection = connection

    # --- balances -------------------------------------------------------------------------

    def balance(self, person: str, circle: str) -> BalanceView:
        """Minutes received less minutes paid by a person in a circle."""
        return BalanceView(
            circle, person, self._received(person, circle) - self._paid(person, circle)
        )

    def balances(self, person: str) -> list[BalanceView]:
        """A person's balance in each circle this installation is in."""
        return [
            self.balance(person, circle.circle.hex())
            for circle in local.read_circles(self._connection)
        ]

    def member(self, person: str, circle: str) -> MemberView:
        """The account of one person in a circle, and whether it is at a limit."""
        minutes = self.balance(person, circle).minutes
        names = names_of(self._connection, [person])
        return self._member_view(circle, person, names, minutes, self.limits())

    def members(self, circle: str) -> list[MemberView]:
        """The accounts of everybody met in a circle, those with the fewest hours first."""
        minutes = dict.fromkeys(
            (
                person
                for (person,) in self._connection.execute(
                    "SELECT person FROM persons WHERE circle = ?", (circle,)
                )
            ),
            0,
        )
        minutes.update(self._all_minutes(circle))
        names = names_of(self._connection, minutes)
        limits = self.limits()
        return sorted(
            (
                self._member_view(circle, person, names, balance, limits)
                for person, balance in minutes.items()
            ),
            key=lambda member: (member.minutes, member.name.casefold(), member.person),
        )

    def _member_view(
        self, circle: str, person: str, names: Mapping[str, str], minutes: int, limits: HourLimits
    ) -> MemberView:
        flag = flag_of(Account(minutes, limits))
        if flag is Flag.HARD and self._find_overspent(person, circle, limits) is not None:
            flag = Flag.OVERSPENT
        return MemberView(circle, person, names.get(person, ""), minutes, flag)

    def _received(self, person: str, circle: str) -> int:
        return self._sum("payee", person, circle)

    def _paid(self, person: str, circle: str) -> int:
        return self._sum("payer", person, circle)

    def _sum(self, side: str, person: str, circle: str) -> int:
        row = self._connection.execute(
            f"SELECT coalesce(sum(minutes), 0) FROM payments WHERE circle = ? AND {side} = ?",
            (circle, person),
        ).fetchone()
        return int(row[0])

    def _all_minutes(self, circle: str) -> dict[str, int]:
        """The balance of everybody who has paid or been paid."""
        found: dict[str, int] = defaultdict(int)
        for side, sign in (("payee", 1), ("payer", -1)):
            for person, minutes in self._connection.execute(
                f"SELECT {side}, sum(minutes) FROM payments WHERE circle = ? GROUP BY {side}",
                (circle,),
            ):
                found[person] += sign * minutes
        return dict(found)

    # --- limits ---------------------------------------------------------------------------

    def limits(self) -> HourLimits:
        """The limits that are set on this computer."""
        soft = read_setting(self._connection, HOURS_SOFT_LIMIT)
        hard = read_setting(self._connection, HOURS_HARD_LIMIT)
        return HourLimits(
            soft=_limit(soft, DEFAULT_LIMITS.soft), hard=_limit(hard, DEFAULT_LIMITS.hard)
        )

    # --- payments -------------------------------------------------------------------------

    def payment(self, payment: str) -> tuple[Payment, ...]:
        """A payment by its whole id: its parts, one for each payee; empty if there is none."""
        return self._payments("payment = ?", payment)

    def corrections(self, payment: str) -> tuple[Payment, ...]:
        """The payments that name this one as the one they correct, whoever made them."""
        return self._payments("corrects = ?", payment)

    def circle_of(self, payment: str) -> str | None:
        """The circle of a payment; None if there is no such payment."""
        row = self._connection.execute(
            "SELECT circle FROM payments WHERE payment = ? LIMIT 1", (payment,)
        ).fetchone()
        return None if row is None else str(row[0])

    def statement(
        self, person: str, circle: str, *, from_ms: int | None = None, until_ms: int | None = None
    ) -> list[StatementLine]:
        """The payments from and to a person within these times (inclusive), the oldest first."""
        since = "" if from_ms is None else " AND min(e.time_ms, e.received_ms) >= :from_ms"
        rows = sorted(
            row
            for side in ("payer", "payee")
            for row in self._connection.execute(
                f"SELECT min(e.time_ms, e.received_ms), {_PAYMENT_COLUMNS} FROM payments AS p"
                " JOIN entries AS e ON e.id = bytes_of_hex(p.entry)"
                f" WHERE p.circle = :circle AND p.{side} = :person{since}",
                {"circle": circle, "person": person, "from_ms": from_ms},
            )
        )
        moved = [row[5] if row[4] == person else -row[5] for row in rows]
        balance = self.balance(person, circle).minutes - sum(moved)
        chosen = []
        for (at_ms, *row), minutes in zip(rows, moved, strict=True):
            balance += minutes
            if until_ms is None or at_ms <= until_ms:
                chosen.append((at_ms, row, balance))
        names = names_of(self._connection, {one for _, row, _ in chosen for one in row[2:4]})
        return [_statement_line(at_ms, row, balance, names) for at_ms, row, balance in chosen]

    def _payments(self, where: str, value: str) -> tuple[Payment, ...]:
        return tuple(
            _payment(row)
            for row in self._connection.execute(
                f"SELECT {_PAYMENT_COLUMNS} FROM payments WHERE {where} ORDER BY payment, place",
                (value,),
            )
        )

    # --- hours spent apart ----------------------------------------------------------------

    def overspent(
        self, circle: str, *, person: str | None = None, concerning: str | None = None
    ) -> list[OverspentView]:
        """Who went past the hard limit by signing on computers apart from each other.

        ``person`` asks about that one alone. ``concerning`` keeps what that person paid or was
        paid: those are to be told.
        """
        limits = self.limits()
        if person is not None:
            persons = [person]
        else:
            several = persons_in_several_lines(self._connection, bytes.fromhex(circle))
            persons = [one.hex() for one in several]
        found = [self._overspent(one, circle, limits) for one in persons]
        return [
            one
            for one in found
            if one is not None and (concerning is None or one.concerns(concerning))
        ]

    def latest_payments(self, person: bytes, circle: bytes, feed: bytes) -> list[bytes]:
        """The entries of a person's payments that no other one knew of, at most 4, ascending.

        A new payment in ``feed`` names them, so that everybody can tell later what it knew. Those
        of that feed are left out: its chain says so already.
        """
        if not in_several_lines(self._connection, person, circle):
            return []
        signed = signed_payments(self._connection, person, circle)
        of_feed = {one.entry_id for one in signed if one.feed == feed}
        elsewhere = [one for one in latest(signed) if one not in of_feed]
        return elsewhere[:AFTER_ENTRIES_MAX]

    def _overspent(self, person: str, circle: str, limits: HourLimits) -> OverspentView | None:
        found = self._find_overspent(person, circle, limits)
        if found is None:
            return None
        return OverspentView(
            circle=circle,
            person=person,
            name=names_of(self._connection, [person]).get(person, ""),
            minutes=found.by,
            limit=found.limit,
            balance=self.balance(person, circle).minutes,
            payments=self._overspent_payments(found.apart),
        )

    def _find_overspent(self, person: str, circle: str, limits: HourLimits) -> Overspent | None:
        """What ``domain.overspending`` says of a person; the payments are read only if need be."""
        key, circle_key = bytes.fromhex(person), bytes.fromhex(circle)
        if limits.hard is None or not in_several_lines(self._connection, key, circle_key):
            return None
        received = self._received(person, circle)
        if received - self._paid(person, circle) >= -limits.hard:
            return None
        return find_overspent(
            received, signed_payments(self._connection, key, circle_key), limits.hard
        )

    def _overspent_payments(self, apart: Iterable[SignedPayment]) -> tuple[OverspentPayment, ...]:
        feeds = {one.entry_id.hex(): one.feed.hex() for one in apart}
        times = times_of(self._connection, feeds)
        parts = [part for entry in feeds for part in self.payment(entry[: 2 * PAYMENT_ID_BYTES])]
        names = names_of(self._connection, {part.payee.hex() for part in parts})
        shown = [
            OverspentPayment(
                payment=part.payment.hex(),
                payee=part.payee.hex(),
                payee_name=names.get(part.payee.hex(), ""),
                minutes=part.minutes,
                at_ms=times.get(part.entry_id.hex(), 0),
                feed=feeds[part.entry_id.hex()],
            )
            for part in parts
        ]
        return tuple(sorted(shown, key=lambda one: (one.at_ms, one.payment, one.payee)))


def write_limits(connection: sqlite3.Connection, limits: HourLimits) -> None:
    """Set the limits of this computer; the caller holds the transaction."""
    for name, minutes in ((HOURS_SOFT_LIMIT, limits.soft), (HOURS_HARD_LIMIT, limits.hard)):
        write_setting(connection, name, _NO_LIMIT if minutes is None else str(minutes))


def _limit(value: str | None, default: int | None) -> int | None:
    if value is None:
        return default
    return None if value == _NO_LIMIT else int(value)


def _payment(row: Sequence[Any]) -> Payment:
    payment, place, payer, payee, minutes, entry, gift, corrects, confirmed, desk = row
    return Payment(
        payment=bytes.fromhex(payment),
        payer=bytes.fromhex(payer),
        payee=bytes.fromhex(payee),
        minutes=minutes,
        entry_id=bytes.fromhex(entry),
        place=place,
        gift=bool(gift),
        corrects=bytes.fromhex(corrects) if corrects else None,
        confirmed=bool(confirmed),
        desk=bool(desk),
    )


def _statement_line(
    at_ms: int, row: Sequence[Any], balance: int, names: Mapping[str, str]
) -> StatementLine:
    payment, place, payer, payee, minutes, _, gift, corrects, confirmed, desk = row
    return StatementLine(
        payment=payment,
        place=place,
        payer=payer,
        payer_name=names.get(payer, ""),
        payee=payee,
        payee_name=names.get(payee, ""),
        minutes=minutes,
        at_ms=at_ms,
        gift=bool(gift),
        corrects=corrects or None,
        confirmed=bool(confirmed),
        desk=bool(desk),
        balance=balance,
    )
