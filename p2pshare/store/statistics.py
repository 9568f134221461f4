"""How things are used and what lending has spared people: counted from what this ledger knows.

A family of ``store.queries`` (``queries.statistics``). Agreements are in the tables of their
parties only, so this is about the persons hosted here, and about nobody else. What another program
had listed before is no fact and is not counted. The arithmetic is ``domain.usage``'s and
``domain.impact``'s. Reads only; ids are hex text.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from p2pshare.domain.days import Zone
from p2pshare.domain.hour_rules import corrected_minutes, is_correction_of
from p2pshare.domain.hours import Payment
from p2pshare.domain.impact import ImpactFacts
from p2pshare.domain.loan import LOAN
from p2pshare.domain.matching import Vocabulary
from p2pshare.domain.matching_views import UsageView
from p2pshare.domain.usage import BACK_MOVES, OUT_MOVES, Outing, outing, use
from p2pshare.domain.vocabulary import ExchangeType, TransactionType
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.labels import times_of

_ANSWER: Final = "instead"
"""The word in the details of a give-back that says what the borrower would have done."""

_CAR: Final = "car"
"""What loans are told apart by, in all languages of the list of synonyms."""


class _Loan(NamedTuple):
    """A loan that began, and what the borrower answered at give-back, or nothing."""

    agreement: str
    title: str
    owner: str
    asker: str
    answer: str | None


class Statistics:
    """Counts for people and programs."""

    def __init__(self, connection: sqlite3.Connection, vocabulary: Vocabulary) -> None:
        self._connection = connection
        self._vocabulary = vocabulary

    # --- use ------------------------------------------------------------------------------

    def usage(
        self, persons: Sequence[str], now_ms: int, zone: Zone, *, borrowed: bool = False
    ) -> list[UsageView]:
        """How much the things were used that persons lend, the most used first.

        With ``borrowed`` also those of others that they have borrowed, as far as their own loans
        tell. Raises DomainError for an odd clock.
        """
        rows = self._connection.execute(
            "SELECT l.listing, l.title, l.updated_entry FROM listings AS l"
            f" WHERE l.owner IN ({marks(persons)}) AND l.exchange_type = ? AND l.closed = 0"
            " AND EXISTS (SELECT 1 FROM json_each(l.transaction_types) WHERE value = ?)",
            (*persons, ExchangeType.OFFER, TransactionType.BORROW_LEND),
        ).fetchall()
        titles = {listing: title for listing, title, _ in rows}
        entries = {listing: entry for listing, _, entry in rows}
        outings = self._outings("owner", persons)
        if borrowed:
            for listing, found in self._outings("asker", persons).items():
                outings[listing] += found
            titles |= self._titles(outings.keys() - titles.keys())
        offered = self._offered(listing for listing in entries if listing not in outings)
        views = [
            UsageView(
                listing,
                title,
                *use(outings.get(listing, ()), offered.get(listing, now_ms), now_ms, zone),
            )
            for listing, title in titles.items()
        ]
        return sorted(views, key=lambda one: (-one.loans, -one.days_out, one.title, one.listing))

    def _outings(self, role: str, persons: Sequence[str]) -> defaultdict[str, list[Outing]]:
        """When the things of loans were out in which persons have a role, by listing."""
        moves = sorted(OUT_MOVES | BACK_MOVES)
        rows = self._connection.execute(
            "SELECT a.listing, m.agreement, m.move, m.entry FROM agreements AS a"
            " JOIN agreement_moves AS m ON m.agreement = a.agreement"
            f" WHERE a.kind = ? AND a.{role} IN ({marks(persons)}) AND m.move IN ({marks(moves)})"
            " ORDER BY m.agreement, m.place",
            (LOAN.kind, *persons, *moves),
        ).fetchall()
        times = times_of(self._connection, {entry for *_, entry in rows})
        found: defaultdict[str, list[Outing]] = defaultdict(list)
        for (listing, _), signed in groupby(rows, key=itemgetter(0, 1)):
            out = outing((move, times.get(entry, 0)) for _, _, move, entry in signed)
            if out is not None:
                found[listing].append(out)
        return found

    def _titles(self, listings: Iterable[str]) -> dict[str, str]:
        """What listings are called; one that is not here, as a loan of it says."""
        found: dict[str, str] = {}
        for chunk in chunks(sorted(listings)):
            for table in ("agreements", "listings"):
                found.update(
                    self._connection.execute(
                        f"SELECT listing, title FROM {table} WHERE listing IN ({marks(chunk)})",
                        chunk,
                    ).fetchall()
                )
        return found

    def _offered(self, listings: Iterable[str]) -> dict[str, int]:
        """When listings were first written, in ms: their ids begin the creating entries'."""
        found: dict[str, int] = {}
        for listing in listings:
            low = bytes.fromhex(listing)
            row = self._connection.execute(
                "SELECT min(time_ms, received_ms) FROM entries WHERE id >= ? AND id <= ?"
                " ORDER BY id LIMIT 1",
                (low, low + b"\xff" * (32 - len(low))),
            ).fetchone()
            if row is not None:
                found[listing] = row[0]
        return found

    # --- impact ---------------------------------------------------------------------------

    def impact_facts(self, persons: Sequence[str]) -> ImpactFacts:
        """What ``domain.impact`` is told of the loans and hours of persons."""
        loans = self._loans(persons)
        is_car = cache(lambda title: self._vocabulary.is_a(title, _CAR))
        of_cars = [loan for loan in loans if is_car(loan.title)]
        things = [loan for loan in loans if not is_car(loan.title)]
        answers = Counter(loan.answer for loan in things)
        return ImpactFacts(
            loans=len(loans),
            people=len({person for loan in loans for person in (loan.owner, loan.asker)}),
            minutes=self._minutes(persons),
            thing_loans=len(things),
            bought=answers["bought"],
            hired=answers["hired"],
            without=answers["without"],
            car_sharers=len({loan.asker for loan in of_cars}),
        )

    def _loans(self, persons: Sequence[str]) -> list[_Loan]:
        """The loans of persons in which something changed hands."""
        moves, places = sorted(OUT_MOVES), marks(persons)
        rows = self._connection.execute(
            "SELECT a.agreement, a.title, a.owner, a.asker,"
            f" max(json_extract(m.details, '$.{_ANSWER}'))"
            " FROM agreements AS a JOIN agreement_moves AS m ON m.agreement = a.agreement"
            f" WHERE a.kind = ? AND (a.owner IN ({places}) OR a.asker IN ({places}))"
            f" GROUP BY a.agreement HAVING max(m.move IN ({marks(moves)}))",
            (LOAN.kind, *persons, *persons, *moves),
        )
        return [_Loan(*row) for row in rows]

    def _minutes(self, persons: Sequence[str]) -> int:
        """The minutes that persons gave or received, as corrected since."""
        payments = [
            Payment(
                payment=bytes.fromhex(payment),
                payer=bytes.fromhex(payer),
                payee=bytes.fromhex(payee),
                minutes=minutes,
                entry_id=bytes.fromhex(entry),
                place=place,
                corrects=bytes.fromhex(corrects) if corrects else None,
            )
            for payment, payer, payee, minutes, entry, place, corrects in self._connection.execute(
                "SELECT payment, payer, payee, minutes, entry, place, corrects FROM payments"
                f" WHERE payer IN ({marks(persons)}) OR payee IN ({marks(persons)})",
                (*persons, *persons),
            )
        ]
        by_id: dict[bytes, list[Payment]] = defaultdict(list)
        corrections: dict[bytes, list[Payment]] = defaultdict(list)
        for one in payments:
            by_id[one.payment].append(one)
            if one.corrects is not None:
                corrections[one.corrects].append(one)
        return sum(
            corrected_minutes(one, corrections[one.payment])
            for one in payments
            if one.corrects is None
            or not any(is_correction_of(one, part) for part in by_id[one.corrects])
        )
