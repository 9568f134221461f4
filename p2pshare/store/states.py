"""The state of a subject: from what was gathered of it, through the folds of ``domain``.

Used by ``store.folding``, which writes the states as rows, and by ``node.authoring``, which asks
the rules with them before it signs. Decides what an erasure covers and whose agreement it is;
writes nothing.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.agreement import (
    AgreementState,
    AgreementTable,
    agreement_of,
    fold_agreement,
)
from p2pshare.domain.agreement_bodies import AgreementOpening
from p2pshare.domain.bodies import KINDS, BusyPeriod, InductionGrant
from p2pshare.domain.history import History, history_of
from p2pshare.domain.hours import Payment, payments_of
from p2pshare.domain.induction import Induction, induction_of
from p2pshare.domain.listing import (
    ListingState,
    fold_listing,
    latest_told,
    periods_of,
    queue_of,
)
from p2pshare.domain.ordering import FoldEntry, heads
from p2pshare.domain.person import fold_person
from p2pshare.errors import LogError
from p2pshare.limits import AFTER_ENTRIES_MAX
from p2pshare.log.certificate import person_subject
from p2pshare.log.entry import SEALED_KIND, SUBJECT_BYTES, decode_header, entry_id
from p2pshare.log.keys import ReadingKey
from p2pshare.log.standing import Denial
from p2pshare.store.feeds import FeedCache
from p2pshare.store.gather import Gathered, GatheredSubject, Gatherer
from p2pshare.store.opened import OpenedBodies

LISTING_KIND: Final = "listing.put"
BUSY_KIND: Final = "listing.busy"


@dataclass(frozen=True, slots=True)
class AgreementReading:
    """What this reader makes of a sealed subject: its parties, its table and its state, if any."""

    parties: tuple[bytes, bytes]
    table: AgreementTable
    state: AgreementState | None


@dataclass(frozen=True, slots=True)
class ListingReading:
    """A listing, if the entries make one, its promised periods, and who waits for it."""

    state: ListingState | None
    periods: tuple[BusyPeriod, ...]
    queue: tuple[bytes, ...]


class SubjectStates:
    """Reads the states of subjects within one transaction, for a reader with ``keys``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        feeds: FeedCache,
        circles: Mapping[bytes, int],
        keys: Sequence[ReadingKey],
        opened: OpenedBodies | None = None,
    ) -> None:
        """``opened``: what these keys opened in earlier transactions."""
        self._connection = connection
        self._feeds = feeds
        self._circles = circles
        self._circle_ids = {number: circle for circle, number in circles.items()}
        self._gatherer = Gatherer(connection, feeds, keys, opened)
        self._remembered: dict[tuple[bytes, bytes], GatheredSubject] = {}

    def changed(self) -> None:
        """Entries were appended: what was gathered before is no longer all there is."""
        self._remembered.clear()

    def gather(self, circle: int, subjects: Sequence[bytes]) -> list[GatheredSubject]:
        """The entries of these subjects (at most CHUNK) in the circle with this number."""
        return self._gatherer.gather(circle, subjects)

    def listing(self, circle: bytes, listing: bytes) -> ListingState | None:
        """The listing with this id, or None."""
        return self.listing_of(self._one(circle, listing)).state

    def busy(self, circle: bytes, listing: bytes) -> tuple[BusyPeriod, ...]:
        """The promised periods that the owner of a listing has published."""
        return self.listing_of(self._one(circle, listing)).periods

    def queue(self, circle: bytes, listing: bytes) -> tuple[bytes, ...]:
        """The tags of those who wait for a listing, as its owner has published them."""
        return self.listing_of(self._one(circle, listing)).queue

    def agreement(self, circle: bytes, agreement: bytes) -> AgreementState | None:
        """The agreement with this id, or None if there is none this reader can read."""
        reading = self.agreement_of(self._one(circle, agreement))
        return None if reading is None else reading.state

    def heads(self, circle: bytes, subject: bytes) -> list[bytes]:
        """What a new entry of a subject names as ``after``, ascending (at most 4).

        The counting entries of those with a say that no other such one comes after. Strangers'
        are left out: enough of them would crowd out what the new entry has to come after.
        """
        gathered = self._one(circle, subject)
        speakers = self._speakers(gathered)
        counting = {one.identifier for one in gathered.entries if one.denial is None}
        found = heads(
            [_plain_entry(entry) for entry in gathered.entries],
            say=lambda entry: entry.author in speakers and entry.entry_id in counting,
        )
        return [entry.entry_id for entry in found][:AFTER_ENTRIES_MAX]

    def erasable(
        self, circle: bytes, subject: bytes, person: bytes
    ) -> tuple[list[bytes], list[bytes]]:
        """What a person can still erase of a subject: (their entries, all entries to be named).

        Of an agreement both parties' entries are named, since it takes both to erase either. What
        a counting erasure of this person already names is left out, and what is never erased.
        """
        gathered = self._one(circle, subject)
        reading = self.agreement_of(gathered)
        authors = {person} if reading is None else {person, *reading.parties}
        named = [
            entry
            for entry in gathered.entries
            if entry.feed.person in authors
            and person not in entry.erased_by
            and not _is_never_erased(entry)
        ]
        mine = [entry.identifier for entry in named if entry.feed.person == person]
        return mine, [entry.identifier for entry in named]

    def _speakers(self, gathered: GatheredSubject) -> set[bytes]:
        """The persons who have a say in a subject, as far as this reader knows."""
        creating = gathered.creating
        if creating is None:
            authors = {entry.feed.person for entry in gathered.entries}
            return {one for one in authors if person_subject(one) == gathered.subject}
        if creating.header.kind == SEALED_KIND:
            reading = self.agreement_of(gathered)
            return set() if reading is None else set(reading.parties)
        return {creating.feed.person}

    def names(self, gathered: GatheredSubject) -> list[tuple[bytes, str]]:
        """(person, name) of the person whose subject this is; the name may be empty."""
        found = []
        for person in {entry.feed.person for entry in gathered.entries}:
            if person_subject(person) == gathered.subject:
                state = fold_person(person, [fold_entry(one, None) for one in gathered.entries])
                found.append((person, "" if state is None else state.name))
        return found

    def listing_of(self, gathered: GatheredSubject) -> ListingReading:
        """The listing that these entries make, if any, with what its owner told of it."""
        latest = self._latest_told(gathered)
        entries = [
            fold_entry(entry, gathered.subject)
            if entry.kind != BUSY_KIND or latest is None or entry.identifier in latest
            else _plain_entry(entry, with_body=False)
            for entry in gathered.entries
        ]
        state = fold_listing(gathered.subject, entries)
        if state is None:
            return ListingReading(None, (), ())
        told = latest_told(state.owner, entries)
        return ListingReading(state, periods_of(told), queue_of(told))

    def _latest_told(self, gathered: GatheredSubject) -> set[bytes] | None:
        """The ids of the owner's ``listing.busy`` entries that no other one comes after.

        Only these are read. None where one of them says nothing, so that earlier ones do.
        """
        creating = gathered.creating
        if creating is None:
            return set()
        owner, subject = creating.feed.person, gathered.subject
        told = {
            entry.identifier: entry
            for entry in gathered.entries
            if entry.kind == BUSY_KIND
            and entry.feed.person == owner
            and entry.has_body
            and _in_force(entry, subject, None)
        }
        latest = heads(
            [_plain_entry(entry, with_body=False) for entry in gathered.entries],
            say=lambda entry: entry.entry_id in told,
        )
        found = {entry.entry_id for entry in latest}
        return found if all(told[one].body is not None for one in found) else None

    def payments_of(self, gathered: GatheredSubject) -> tuple[Payment, ...]:
        """The payments that these entries make: none, one, or those of a split."""
        entries = [fold_entry(entry, None) for entry in gathered.entries]
        return payments_of(gathered.subject, entries)

    def induction_of(self, gathered: GatheredSubject) -> Induction | None:
        """The statement that these entries make, or None."""
        creating = gathered.creating
        if creating is None or not isinstance(creating.body, InductionGrant):
            return None
        return induction_of(fold_entry(creating, creating.body.listing))

    def history_of(self, gathered: GatheredSubject) -> History | None:
        """What the author of these entries brought along from elsewhere, or None."""
        creating = gathered.creating
        if creating is None:
            return None
        return history_of(gathered.subject, fold_entry(creating, None))

    def agreement_of(self, gathered: GatheredSubject) -> AgreementReading | None:
        """What these sealed entries say, or None where this reader cannot tell whose they are.

        None too once the opening entry is covered, since then nobody can.
        """
        creating = gathered.creating
        if creating is None:
            return None
        opening = creating.body
        table = agreement_of(creating.kind)
        if table is None or not isinstance(opening, AgreementOpening):
            return None
        owner = self._listing_owner(gathered, opening)
        if owner is None:
            return None
        parties = (creating.feed.person, owner)
        if is_covered(creating, parties):
            # As after its body is gone: what the subject says must not depend on which came first.
            gathered.needs.clear()
            return None
        listing = opening.listing
        moves = [
            fold_entry(entry, listing, parties)
            for entry in gathered.entries
            if entry is not creating
        ]
        first = fold_entry(creating, listing, parties)
        if _is_lost(creating, listing) and any(
            move.author == owner and move.body is not None for move in moves
        ):
            # Nobody loses an agreement they signed because the other's feed was revoked.
            first = _plain_entry(creating)
        denied = [
            entry.identifier
            for entry in gathered.entries
            if _is_lost(entry, listing)
            and entry.feed.person in parties
            and entry.body is not None
            and table.move_of(entry.kind) is not None
            and not is_covered(entry, parties)
        ]
        return AgreementReading(parties, table, fold_agreement(table, first, owner, moves, denied))

    def _one(self, circle: bytes, subject: bytes) -> GatheredSubject:
        """A subject, gathered once in a transaction as long as nothing is appended."""
        known = self._remembered.get((circle, subject))
        if known is None:
            known = self._gatherer.gather(self._circles[circle], [subject])[0]
            self._remembered[circle, subject] = known
        return known

    def _listing_owner(self, gathered: GatheredSubject, opening: AgreementOpening) -> bytes | None:
        """Who made the listing whose creating header an agreement carries (protocol section 5).

        What the answer depends on is added to ``gathered.needs``.
        """
        try:
            header = decode_header(opening.listing_header)
        except LogError:
            return None
        identifier = entry_id(opening.listing_header)
        if (
            identifier[:SUBJECT_BYTES] != opening.listing
            or header.circle != self._circle_ids[gathered.circle]
            or header.subject
            or header.kind != LISTING_KIND
        ):
            return None
        gathered.needs.add(header.feed)
        rows = [row for row in self._feeds.rows_of(header.feed) if row.circle == gathered.circle]
        owners = {row.person for row in rows}
        if len(owners) > 1:
            gathered.needs.add(identifier)
            held = self._connection.execute(
                "SELECT feed FROM entries WHERE id = ?", (identifier,)
            ).fetchone()
            return None if held is None else self._feeds.row(held[0]).person
        return owners.pop() if owners else None


def is_covered(entry: Gathered, parties: tuple[bytes, bytes] | None) -> bool:
    """Whether the erasures that name an entry cover it (docs/protocol.md section 3)."""
    if not entry.erased_by:
        return False
    if _is_never_erased(entry):
        return False
    if entry.header.kind != SEALED_KIND:
        return entry.feed.person in entry.erased_by
    if parties is not None:
        return entry.erased_by.issuperset(parties)
    return entry.feed.person in entry.erased_by and len(entry.erased_by) > 1


def _is_never_erased(entry: Gathered) -> bool:
    spec = KINDS.get(entry.kind)
    return spec is not None and spec.erasable == "never"


def fold_entry(
    entry: Gathered, listing: bytes | None, parties: tuple[bytes, bytes] | None = None
) -> FoldEntry:
    """An entry as the fold sees it: without a body unless it counts and says something."""
    return _plain_entry(entry, with_body=_in_force(entry, listing, parties))


def _in_force(entry: Gathered, listing: bytes | None, parties: tuple[bytes, bytes] | None) -> bool:
    """Whether an entry counts, if it says something."""
    return (
        entry.denial is None
        and not entry.waits_for
        and entry.standing.in_scope(entry.kind, listing)
        and not is_covered(entry, parties)
    )


def _plain_entry(entry: Gathered, *, with_body: bool = True) -> FoldEntry:
    return FoldEntry(
        entry_id=entry.identifier,
        author=entry.feed.person,
        feed=entry.feed.feed,
        kind=entry.kind,
        body=entry.body if with_body else None,
        time_ms=entry.header.time_ms,
        after=entry.header.after,
        own_previous=entry.own_previous,
    )


def _is_lost(entry: Gathered, listing: bytes) -> bool:
    """Whether a revocation took an entry that would count without it."""
    return entry.denial is Denial.REVOKED and entry.standing.in_scope(entry.kind, listing)
