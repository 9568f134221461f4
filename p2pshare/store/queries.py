"""What is read from the folded tables, as ``domain.views``. Reads only; one connection, one thread.

What spans subjects (is the drill free on Saturday? who owes hours?) is decided here and never in a
fold (DESIGN section 5). Who may see what needs no check: agreements are in the tables of their
parties only.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from p2pshare.domain.bodies import BusyPeriod, LoanPolicy
from p2pshare.domain.categories import Categories
from p2pshare.domain.listing import available
from p2pshare.domain.matching import Vocabulary
from p2pshare.domain.synonyms import Synonyms
from p2pshare.domain.views import (
    CircleView,
    FeedView,
    ListingView,
    PersonView,
)
from p2pshare.store import local
from p2pshare.store.accounts import Accounts
from p2pshare.store.agreements import AgreementQueries
from p2pshare.store.bookings import Bookings
from p2pshare.store.busy import busy_periods_of
from p2pshare.store.feeds import read_frontier, tips_of
from p2pshare.store.history import HistoryQueries
from p2pshare.store.inductions import Inductions
from p2pshare.store.labels import names_of, times_of
from p2pshare.store.matching import Matching
from p2pshare.store.reminders import Reminders
from p2pshare.store.search import NO_CATEGORIES, matching_listings
from p2pshare.store.statistics import Statistics

_LISTING_COLUMNS: Final = (
    "l.listing, l.circle, l.owner, l.exchange_type, l.item_type, l.transaction_types, l.title,"
    " l.description, l.category, l.tags, l.quantity, l.expires, l.photos, l.terms, l.closed,"
    " l.updated_entry, l.parts, l.policy, l.induction, l.witnesses"
)


class Queries:
    """Reads the ledger for people and programs."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        categories: Categories = NO_CATEGORIES,
        vocabulary: Callable[[], Vocabulary] | None = None,
    ) -> None:
        """``categories``: those by whose words listings are found too.

        ``vocabulary`` gives the words by which wants match offers, as they are now; without it
        there are no synonyms.
        """
        self._connection = connection
        self._vocabulary = vocabulary or (lambda: Vocabulary(categories, Synonyms()))
        self._categories = categories
        #: The agreements this reader knows, as ``store.agreements`` finds them.
        self.agreements: Final = AgreementQueries(connection).find
        self._accounts = Accounts(connection)
        self._reminders = Reminders(connection)
        self._history = HistoryQueries(connection)

    @property
    def accounts(self) -> Accounts:
        """Accounts of hours: balances, limits, statements."""
        return self._accounts

    @property
    def bookings(self) -> Bookings:
        """When things are booked, and who waits for them."""
        return Bookings(self._connection)

    @property
    def inductions(self) -> Inductions:
        """Who was shown how to use what."""
        return Inductions(self._connection)

    @property
    def reminders(self) -> Reminders:
        """What reminders and calendars need, and what was told."""
        return self._reminders

    @property
    def history(self) -> HistoryQueries:
        """What was before, as other programs had listed it."""
        return self._history

    @property
    def matching(self) -> Matching:
        """Which offers match wants and saved searches; what is wanted and not offered."""
        return Matching(self._connection, self._vocabulary())

    @property
    def statistics(self) -> Statistics:
        """How things are used, and what lending has spared people."""
        return Statistics(self._connection, self._vocabulary())

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
        return busy_periods_of(self._connection, [listing]).get(listing, [])

    def _listing_views(self, rows: Sequence[tuple[Any, ...]], today: str) -> list[ListingView]:
        busy = busy_periods_of(self._connection, [row[0] for row in rows])
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
                parts=tuple(json.loads(row[16])),
                policy=msgspec.json.decode(row[17], type=LoanPolicy),
                induction=bool(row[18]),
                witnesses=tuple(json.loads(row[19])),
            )
            for row in rows
        ]

    # --- people ---------------------------------------------------------------------------

    def people(self, circle: str | None = None) -> list[PersonView]:
        """Everybody met, oneself included, by name."""
        own = {person.hex() for person in local.own_persons(self._connection)}
        at_desk = {person.hex() for person in local.desk_persons(self._connection)}
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
                desk=person in at_desk,
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
