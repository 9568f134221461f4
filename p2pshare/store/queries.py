"""What is read from the folded tables, as ``domain.views``. Reads only; one connection, one thread.

What spans subjects (is the drill free on Saturday? who owes hours?) is decided here and never in a
fold (DESIGN section 5). Who may see what needs no check: agreements are in the tables of their
parties only.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.categories import Categories
from p2pshare.domain.days import overlap
from p2pshare.domain.listing import available, conflicts
from p2pshare.domain.loan import LOAN
from p2pshare.domain.views import (
    AgreementView,
    BalanceView,
    CircleView,
    FeedView,
    ListingView,
    PersonView,
    SignedMoveView,
)
from p2pshare.store import local
from p2pshare.store.feeds import chunks, marks, read_frontier, tips_of
from p2pshare.store.labels import names_of, times_of
from p2pshare.store.search import NO_CATEGORIES, matching_listings

_LISTING_COLUMNS: Final = (
    "l.listing, l.circle, l.owner, l.exchange_type, l.item_type, l.transaction_types, l.title,"
    " l.description, l.category, l.tags, l.quantity, l.expires, l.photos, l.terms, l.closed,"
    " l.updated_entry"
)
_AGREEMENT_COLUMNS: Final = (
    "agreement, kind, circle, listing, owner, asker, title, quantity, from_day, until_day, note,"
    " due_at_ms, closed_ms, state, underlying_state, denied"
)


class Queries:
    """Reads the ledger for people and programs."""

    def __init__(
        self, connection: sqlite3.Connection, categories: Categories = NO_CATEGORIES
    ) -> None:
        """``categories``: those by whose words listings are found too."""
        self._connection = connection
        self._categories = categories

    # --- listings -------------------------------------------------------------------------

    def listings(
        self,
        today: str,
        *,
        search: str | None = None,
        exchange_type: str | None = None,
        item_type: str | None = None,
        owners: Sequence[str] | None = None,
        circle: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[ListingView]:
        """Open listings that have not ended before ``today`` (a local day).

        Those that match ``search`` best come first, else those changed last. ``owners`` are hex
        person ids.
        """
        matching = matching_listings(
            today, search, self._categories, exchange_type, item_type, owners, circle
        )
        if matching is None:
            return []
        rows = self._connection.execute(
            f"SELECT {_LISTING_COLUMNS} FROM {matching.source} WHERE {matching.where}"
            f" ORDER BY {matching.order} LIMIT ? OFFSET ?",
            (*matching.values, -1 if limit is None else limit, offset),
        ).fetchall()
        return self._listing_views(rows, today)

    def count_listings(
        self,
        today: str,
        *,
        search: str | None = None,
        exchange_type: str | None = None,
        item_type: str | None = None,
        owners: Sequence[str] | None = None,
        circle: str | None = None,
    ) -> int:
        """How many listings ``listings`` would give without a limit."""
        matching = matching_listings(
            today, search, self._categories, exchange_type, item_type, owners, circle
        )
        if matching is None:
            return 0
        row = self._connection.execute(
            f"SELECT count(*) FROM {matching.source} WHERE {matching.where}", matching.values
        ).fetchone()
        return int(row[0])

    def listing(self, listing: str, today: str) -> ListingView | None:
        """One listing by its whole hex id, open or closed."""
        rows = self._connection.execute(
            f"SELECT {_LISTING_COLUMNS} FROM listings AS l WHERE l.listing = ?", (listing,)
        ).fetchall()
        views = self._listing_views(rows, today)
        return views[0] if views else None

    def busy_periods(self, listing: str) -> list[BusyPeriod]:
        """The days of a listing that its owner has promised."""
        return self._busy([listing]).get(listing, [])

    def _listing_views(self, rows: Sequence[tuple[Any, ...]], today: str) -> list[ListingView]:
        busy = self._busy([row[0] for row in rows])
        names = names_of(self._connection, {row[2] for row in rows})
        times = times_of(self._connection, [row[15] for row in rows])
        own = {person.hex() for person in local.own_persons(self._connection)}
        return [
            ListingView(
                listing=row[0],
                circle=row[1],
                person=row[2],
                person_name=names.get(row[2], ""),
                exchange_type=row[3],
                item_type=row[4],
                transaction_type=tuple(json.loads(row[5])),
                title=row[6],
                description=row[7],
                category=row[8],
                tags=tuple(json.loads(row[9])),
                quantity=row[10],
                available=available(row[10], busy.get(row[0], []), today),
                expires=row[11],
                photos=tuple(json.loads(row[12])),
                terms=tuple(json.loads(row[13])),
                closed=bool(row[14]),
                updated_ms=times.get(row[15], 0),
                own=row[2] in own,
            )
            for row in rows
        ]

    def _busy(self, listings: Sequence[str]) -> dict[str, list[BusyPeriod]]:
        found: dict[str, list[BusyPeriod]] = {}
        for chunk in chunks(listings):
            for listing, from_day, until_day, quantity, out, tag in self._connection.execute(
                "SELECT listing, from_day, until_day, quantity, out, tag FROM busy_periods"
                f" WHERE listing IN ({marks(chunk)}) ORDER BY number",
                chunk,
            ):
                period = BusyPeriod(from_day, until_day, quantity, bool(out), bytes.fromhex(tag))
                found.setdefault(listing, []).append(period)
        return found

    # --- people ---------------------------------------------------------------------------

    def people(self, circle: str | None = None) -> list[PersonView]:
        """Everybody met, oneself included, by name."""
        own = {person.hex() for person in local.own_persons(self._connection)}
        seen: dict[str, int] = {}
        for person, at_ms in self._connection.execute(
            "SELECT f.person, max(min(e.time_ms, e.received_ms)) FROM tips AS t"
            " JOIN entries AS e ON e.number = t.entry JOIN feeds AS f ON f.number = t.feed"
            " GROUP BY f.person"
        ):
            seen[person.hex()] = at_ms
        forked = {
            person.hex()
            for (person,) in self._connection.execute(
                "SELECT f.person FROM feeds AS f JOIN branches AS b ON b.feed = f.number"
                " UNION SELECT person FROM feeds GROUP BY feed, person HAVING count(*) > 1"
            )
        }
        where, values = ("", ()) if circle is None else (" WHERE circle = ?", (circle,))
        rows = self._connection.execute(
            f"SELECT person, max(name) FROM persons{where} GROUP BY person"
            " ORDER BY max(name) COLLATE NOCASE, person",
            values,
        ).fetchall()
        return [
            PersonView(
                person=person,
                name=name,
                last_seen_ms=seen.get(person),
                own=person in own,
                forked=person in forked,
            )
            for person, name in rows
        ]

    def feeds(self, person: str) -> list[FeedView]:
        """The feeds of a person (hex), each from one installation in one circle; oldest first."""
        own = {
            feed
            for (feed,) in self._connection.execute("SELECT feed FROM own_feeds WHERE retired = 0")
        }
        rows = self._connection.execute(
            "SELECT f.feed, c.circle, c.number, count(*), max(min(e.time_ms, e.received_ms))"
            " FROM feeds AS f JOIN circles AS c ON c.number = f.circle"
            " JOIN entries AS e ON e.feed = f.number WHERE f.person = ?"
            " GROUP BY f.feed, c.number ORDER BY min(f.number)",
            (bytes.fromhex(person),),
        ).fetchall()
        revoked = set(
            self._connection.execute(
                "SELECT feed, circle FROM revocations WHERE person = ?", (bytes.fromhex(person),)
            )
        )
        return [
            FeedView(
                feed=feed.hex(),
                circle=circle.hex(),
                entries=count,
                tips=tuple(one.hex() for _, one in tips_of(self._connection, feed, number)),
                here=feed in own,
                revoked=(feed, number) in revoked,
                last_ms=last_ms,
            )
            for feed, circle, number, count, last_ms in rows
        ]

    # --- agreements -----------------------------------------------------------------------

    def agreements(
        self,
        now_ms: int,
        *,
        kind: str | None = None,
        persons: Sequence[str] | None = None,
        circle: str | None = None,
        agreement: str | None = None,
    ) -> list[AgreementView]:
        """The agreements this reader knows, those changed last first.

        ``persons`` (hex) keeps those in which one of them takes part.
        """
        where, values = ["1 = 1"], list[Any]()
        for column, value in (("kind", kind), ("circle", circle), ("agreement", agreement)):
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        if persons is not None:
            where.append(f"(owner IN ({marks(persons)}) OR asker IN ({marks(persons)}))")
            values.extend([*persons, *persons])
        rows = self._connection.execute(
            f"SELECT {_AGREEMENT_COLUMNS} FROM agreements WHERE {' AND '.join(where)}"
            " ORDER BY number DESC",
            values,
        ).fetchall()
        signed = self._signatures([row[0] for row in rows])
        names = names_of(self._connection, {row[4] for row in rows} | {row[5] for row in rows})
        clashes = self._clashes({row[3] for row in rows})
        return [_agreement_view(row, signed, names, clashes, now_ms) for row in rows]

    def _signatures(self, agreements: Sequence[str]) -> dict[str, list[SignedMoveView]]:
        found: dict[str, list[SignedMoveView]] = {}
        for chunk in chunks(agreements):
            rows = self._connection.execute(
                "SELECT agreement, move, person, entry, note FROM agreement_moves"
                f" WHERE agreement IN ({marks(chunk)}) ORDER BY agreement, place",
                chunk,
            ).fetchall()
            times = times_of(self._connection, [row[3] for row in rows])
            for agreement, move, person, entry, note in rows:
                found.setdefault(agreement, []).append(
                    SignedMoveView(move, person, times.get(entry, 0), note)
                )
        return found

    def _clashes(self, listings: set[str]) -> dict[str, list[tuple[str, str | None]]]:
        """The days on which more of a listing is promised than there is, as its owner told all."""
        found: dict[str, list[tuple[str, str | None]]] = {}
        busy = self._busy(sorted(listings))
        for listing, periods in busy.items():
            row = self._connection.execute(
                "SELECT quantity FROM listings WHERE listing = ?", (listing,)
            ).fetchone()
            if row is not None:
                found[listing] = conflicts(row[0], periods)
        return found

    # --- hours ----------------------------------------------------------------------------

    def balance(self, person: str, circle: str) -> BalanceView:
        """Minutes received less minutes paid by a person (hex) in a circle (hex)."""
        row = self._connection.execute(
            "SELECT (SELECT coalesce(sum(minutes), 0) FROM payments WHERE payee = ?1"
            " AND circle = ?2) - (SELECT coalesce(sum(minutes), 0) FROM payments"
            " WHERE payer = ?1 AND circle = ?2)",
            (person, circle),
        ).fetchone()
        return BalanceView(circle, person, int(row[0]))

    def balances(self, person: str) -> list[BalanceView]:
        """A person's balance (hex) in each circle this installation is in."""
        return [
            self.balance(person, circle.circle.hex())
            for circle in local.read_circles(self._connection)
        ]

    # --- circles --------------------------------------------------------------------------

    def circles(self) -> list[CircleView]:
        """The circles this installation is in, with their digests."""
        views = []
        for circle in local.read_circles(self._connection):
            frontier = read_frontier(self._connection, circle.number)
            entries = self._connection.execute(
                "SELECT count(*) FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
                " WHERE f.circle = ?",
                (circle.number,),
            ).fetchone()[0]
            views.append(
                CircleView(
                    circle=circle.circle.hex(),
                    name=circle.name,
                    entries=int(entries),
                    feeds=len(frontier),
                    digest=frontier.digest().hex(),
                )
            )
        return views


def _agreement_view(
    row: tuple[Any, ...],
    signed: dict[str, list[SignedMoveView]],
    names: dict[str, str],
    clashes: dict[str, list[tuple[str, str | None]]],
    now_ms: int,
) -> AgreementView:
    (agreement, kind, circle, listing, owner, asker, title, quantity, from_day, until_day) = row[
        :10
    ]
    note, due_at_ms, closed_ms, state, underlying, denied = row[10:]
    promised = kind == LOAN.kind and underlying in LOAN.promises
    return AgreementView(
        agreement=agreement,
        kind=kind,
        listing=listing,
        title=title,
        owner=owner,
        owner_name=names.get(owner, ""),
        asker=asker,
        asker_name=names.get(asker, ""),
        state=state,
        underlying_state=underlying,
        quantity=quantity,
        from_day=from_day,
        until_day=until_day,
        note=note,
        due_at_ms=due_at_ms,
        closed_ms=closed_ms,
        overdue=due_at_ms is not None and underlying in LOAN.held and now_ms > due_at_ms,
        conflict=promised
        and any(
            overlap((from_day, until_day), clash) is not None for clash in clashes.get(listing, [])
        ),
        denied=tuple(json.loads(denied)),
        signed_by=tuple(signed.get(agreement, [])),
        circle=circle,
    )
