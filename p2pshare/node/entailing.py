"""What follows without a click on the computer of an owner, while it is on.

Turns in the queue of a thing are offered and lapse, what policy lets be accepted is accepted, and
the days that are promised and the order of those who wait are published. All of it follows from the
ledger and the clock, so that it does not matter how often it is done, nor by how many processes on
one folder: each does it inside its own write transaction, and finds done what another has done.

The rules are ``domain.hold_rules``, ``domain.automatic`` and ``domain.agreement_rules``.
``node.ledger`` has it follow each change, and ``node.tending`` does from time to time.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.agreement_rules import Shelf, busy_periods, takes
from p2pshare.domain.automatic import accept_automatically
from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.bookings import Moment, free_now
from p2pshare.domain.days import Zone, day_of, minute_of
from p2pshare.domain.drafts import Draft
from p2pshare.domain.hold import TAKEN
from p2pshare.domain.hold_rules import due_moves, is_taking, queue, reserved, tag_of
from p2pshare.domain.listing import ListingState
from p2pshare.errors import DomainError, NodeError, QuotaExceeded
from p2pshare.node.acting import Acting
from p2pshare.node.ingest import Ingest, IngestReport
from p2pshare.node.keystore import KeyStore
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.folded_tables import AGREEMENTS, LISTINGS
from p2pshare.store.lookup import listings_told_busy, listings_with_agreements
from p2pshare.store.notes import PROMISES_UNPUBLISHED, leave_note, read_note, remove_note
from p2pshare.store.turns import (
    REQUESTS_PER_LISTING,
    asked_loans,
    holds_in_queue,
    holds_taken,
    listings_due,
    owned_among,
    writes_elsewhere,
)

logger: Final = logging.getLogger("p2pshare.node.entailing")

LISTINGS_PER_TRANSACTION: Final = 32
"""So many are looked after in one transaction: others who write need not wait long."""

Place = tuple[bytes, bytes]
"""(circle, listing)."""


class Entailing:
    """Writes what follows from changes and from time, for the persons hosted here."""

    def __init__(
        self, ingest: Ingest, keys: KeyStore, clock: Clock, zone: Callable[[], Zone]
    ) -> None:
        self._ingest = ingest
        self._keys = keys
        self._clock = clock
        self._zone = zone

    def follow(
        self, report: IngestReport | None = None, *, timely: bool = False
    ) -> list[IngestReport]:
        """Write what follows from the changes of ``report``; without one, from all there is.

        Looks at everything too where a note says that an earlier process did not come to it.
        ``timely``: also at what time alone may have changed. Who cannot sign now (a locked or lost
        key, no room) is passed over, and a note of their own says so: what made this necessary is
        committed and must not fail for it. Raises StoreError.
        """
        connection = self._ingest.database.connection
        note = _Note(read_note(connection, PROMISES_UNPUBLISHED))
        reports = []
        for person in local.own_persons(connection):
            own_note = f"{PROMISES_UNPUBLISHED}.{person.hex()}"
            pending = read_note(connection, own_note)
            everything = note.value if pending is None else pending
            places = self._places(person, report, everything, timely=timely)
            if not places:
                continue
            try:
                for written in self._tend_all(person, places, note):
                    reports.append(written)
            except (NodeError, QuotaExceeded) as error:
                logger.info("what follows was not written: %s", error)
                if pending is None:
                    with self._ingest.database.transaction(durable=False) as writing:
                        leave_note(writing, own_note)
                continue
            if pending is not None:
                remove_note(self._ingest.database, own_note, pending)
        if note.alone and note.value is not None:
            remove_note(self._ingest.database, PROMISES_UNPUBLISHED, note.value)
        return reports

    def _tend_all(
        self, person: bytes, places: Sequence[Place], note: "_Note"
    ) -> Iterator[IngestReport]:
        """Look after the listings of a person, some in each transaction; what each one wrote.

        Raises NodeError or QuotaExceeded, at once where the person's key is locked: to look at a
        library's listings for nothing would take seconds each time.
        """
        connection = self._ingest.database.connection
        for circle in dict.fromkeys(circle for circle, _ in places):
            feed = local.current_feed(connection, circle, person)
            if feed is not None and self._keys.has_feed_key(feed):
                self._keys.feed_key(feed, person)
        for start in range(0, len(places), LISTINGS_PER_TRANSACTION):
            written = self._tend(person, places[start : start + LISTINGS_PER_TRANSACTION], note)
            if written is not None:
                yield written

    def _places(
        self, person: bytes, report: IngestReport | None, note: str | None, *, timely: bool
    ) -> list[Place]:
        """The listings of a person that have to be looked at."""
        connection = self._ingest.database.connection
        agreements: list[str] | None = None
        forgotten = True
        listings: list[str] = []
        if report is not None:
            listings = [one.key for one in report.changes if one.table == LISTINGS.name]
            if note is None or report.promises_note == note:
                changes = report.changes
                changed = [one for one in changes if one.table == AGREEMENTS.name]
                agreements = [one.key for one in changed]
                forgotten = any(one.removed for one in changed)
        found = [
            *listings_with_agreements(connection, person, agreements),
            # Which listing a forgotten agreement was about, nobody knows any more.
            *(listings_told_busy(connection, person) if forgotten else ()),
            *owned_among(connection, person, listings),
            *(listings_due(connection, person, *self._now()) if timely else ()),
        ]
        return list(dict.fromkeys(found))

    def _now(self) -> tuple[Moment, int]:
        """The local time, and the instant in ms."""
        now_ms, zone = self._clock.time_ms(), self._zone()
        return Moment(day_of(now_ms, zone), minute_of(now_ms, zone)), now_ms

    def _tend(self, person: bytes, places: Iterable[Place], note: "_Note") -> IngestReport | None:
        """Look after some listings in one transaction; what it wrote, or None."""
        with self._ingest.batch(durable=True) as batch:
            note.begin(batch.connection)
            wrote = False
            for circle, listing in places:
                writing = Writing(batch, self._keys, person, circle, self._clock)
                acting = Acting(writing, self._keys, self._clock, self._zone(), person)
                wrote = _Affairs(acting, listing).tend() or wrote
            report = batch.finish(by_peer=False)
            note.end(batch.connection)
        return self._ingest.settle(report, own=True) if wrote else None


@dataclass
class _Note:
    """The note that somebody has to look at everything, as our own transactions renew it.

    What they change needs no second look. But a note that another process has left in between,
    when we were not ``alone``, stays.
    """

    value: str | None
    alone: bool = True

    def begin(self, connection: sqlite3.Connection) -> None:
        """At the start of a transaction: whether others have left a note since the last one."""
        self.alone = self.alone and read_note(connection, PROMISES_UNPUBLISHED) == self.value

    def end(self, connection: sqlite3.Connection) -> None:
        """At its end: our own entries have left a note of theirs."""
        self.value = read_note(connection, PROMISES_UNPUBLISHED)


@dataclass
class _Affairs:
    """A listing of the acting person, as it becomes while entries are written about it."""

    acting: Acting
    listing: bytes
    _wrote: bool = False
    _known: dict[bytes, AgreementState] = field(default_factory=dict)

    def tend(self) -> bool:
        """Write what is due about it; whether that was anything."""
        acting, states = self.acting, self.acting.writing.states
        circle = acting.writing.circle
        listing = states.listing(circle, self.listing)
        if listing is None:
            return False
        self._elsewhere = acting.elsewhere(self.listing)
        self._promised = [one.agreement for one in acting.promised(self.listing)]
        self._published = states.queue(circle, self.listing)
        connection = acting.writing.connection
        self._holds = holds_in_queue(connection, self.listing, self._published)
        self._places = self._published
        if not writes_elsewhere(connection, circle, acting.person):
            # Nobody else has put it there: it was forgotten by both.
            known = {tag_of(one) for one in self._states(self._holds)}
            self._places = tuple(tag for tag in self._published if tag in known)
        if listing.policy.automatic or self._holds:
            asked = asked_loans(connection, self.listing, REQUESTS_PER_LISTING)
            askers = dict.fromkeys(one.parties[0] for one in self._states(asked))
            takers = holds_taken(connection, self.listing, askers)
            self._mind_queue(listing, asked, takers)
            if listing.policy.automatic:
                self._answer(listing, asked, takers)
        self._publish()
        return self._wrote

    def _mind_queue(
        self, listing: ListingState, asked: Sequence[bytes], takers: Sequence[bytes]
    ) -> None:
        holds = self._states([*self._holds, *takers])
        moves = due_moves(
            listing,
            holds,
            self._states([*self._promised, *asked]),
            queue(holds, self._places),
            self._free_now(listing),
            self.acting.today(),
            self.acting.now_ms(),
        )
        for hold, draft in moves:
            self._write(hold, draft)

    def _answer(
        self, listing: ListingState, asked: Sequence[bytes], takers: Sequence[bytes]
    ) -> None:
        """Accept what policy and rules allow: first those whose turn it was, then as they came."""
        acting = self.acting
        persons = {one.parties[0] for one in self._states(takers) if one.underlying == TAKEN}
        loans = sorted(self._states(asked), key=lambda one: not is_taking(one, persons))
        for loan in loans:
            asker = loan.parties[0]
            shelf = Shelf(
                listing,
                tuple(self._states(self._promised)),
                tuple(self._elsewhere),
                acting.missing(listing, asker),
            )
            kept = reserved(self._states(self._holds), asker, acting.today(), acting.now_ms())
            try:
                draft = accept_automatically(loan, acting.now_ms(), acting.zone, shelf, kept)
            except DomainError as error:
                logger.debug("a request is left for the owner: %s", error)
                continue
            self._write(loan.agreement, draft)
            self._promised.append(loan.agreement)

    def _publish(self) -> None:
        """Tell the circle which days are promised and who waits, if that is not what is told."""
        writing = self.acting.writing
        told = writing.states.busy(writing.circle, self.listing)
        draft = busy_periods(
            self._states(self._promised),
            self.acting.busy_tag(),
            self._elsewhere,
            queue(self._states(self._holds), self._places),
        )
        if isinstance(draft.body, ListingBusy) and not _says(draft.body, told, self._published):
            writing.write(draft, subject=self.listing)
            self._wrote = True

    def _free_now(self, listing: ListingState) -> int:
        acting = self.acting
        now = Moment(acting.today(), minute_of(acting.now_ms(), acting.zone))
        taken = [takes(one, *now) for one in self._states(self._promised)]
        periods = [*self._elsewhere, *(one for one in taken if one is not None)]
        return free_now(listing.quantity, listing.policy.buffer_minutes, periods, now)

    def _states(self, agreements: Sequence[bytes]) -> list[AgreementState]:
        """These agreements as they are now, without those that cannot be read."""
        writing = self.acting.writing
        for agreement in agreements:
            if agreement not in self._known:
                state = writing.states.agreement(writing.circle, agreement)
                if state is not None:
                    self._known[agreement] = state
        return [self._known[one] for one in agreements if one in self._known]

    def _write(self, agreement: bytes, draft: Draft) -> None:
        parties = self._known.pop(agreement).parties
        self.acting.writing.write_sealed(draft, parties, subject=agreement)
        self._wrote = True


def _says(body: ListingBusy, told: Sequence[BusyPeriod], published: Sequence[bytes]) -> bool:
    """Whether everybody is told already what ``body`` says."""
    same = sorted(body.periods, key=repr) == sorted(told, key=repr)
    return same and body.queue == tuple(published)
