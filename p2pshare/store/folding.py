"""Folding: the rows of subjects, from the counted entries that name them (DESIGN section 5).

Joins ``store.gather`` (what counts), the folds of ``domain`` (what it means) and ``store.rows``
(how it is kept). A subject is folded whole each time; nothing is folded into an existing row, so
the order of arrival cannot matter. What an erasure covers loses its body here.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from p2pshare.domain.agreement import AgreementTable, agreement_of, fold_agreement
from p2pshare.domain.bodies import KINDS, AgreementOpening
from p2pshare.domain.hours import payment_of
from p2pshare.domain.listing import fold_busy, fold_listing
from p2pshare.domain.ordering import FoldEntry
from p2pshare.domain.person import fold_person
from p2pshare.errors import LogError
from p2pshare.log.certificate import person_subject
from p2pshare.log.entry import SEALED_KIND, SUBJECT_BYTES, decode_header, entry_id
from p2pshare.log.keys import ReadingKey
from p2pshare.log.standing import Denial
from p2pshare.store.derive import Subject
from p2pshare.store.feeds import FeedCache, chunks
from p2pshare.store.gather import Gathered, GatheredSubject, Gatherer
from p2pshare.store.rows import (
    AGREEMENT_MOVES,
    AGREEMENTS,
    BUSY_PERIODS,
    LISTINGS,
    PAYMENTS,
    PERSONS,
    FoldedRows,
    RowChange,
    agreement_row,
    busy_row,
    listing_row,
    move_rows,
    payment_row,
    person_row,
    write_rows,
)

_LISTING_KIND: Final = "listing.put"
_PAYMENT_KIND: Final = "hours.pay"


@dataclass(slots=True)
class FoldResult:
    """What folding changed: rows, bodies deleted because an erasure covers them, bodies owed."""

    changes: list[RowChange] = field(default_factory=list)
    erased: int = 0


class Folder:
    """Folds subjects within one write transaction, for a reader with ``keys``."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        feeds: FeedCache,
        circles: Mapping[bytes, int],
        keys: Sequence[ReadingKey],
    ) -> None:
        self._connection = connection
        self._feeds = feeds
        self._circle_ids = {number: circle for circle, number in circles.items()}
        self._gatherer = Gatherer(connection, feeds, keys)
        self._result = FoldResult()

    def fold(self, dirty: Iterable[Subject]) -> FoldResult:
        """Fold these subjects anew and write what changed."""
        by_circle: dict[int, list[bytes]] = {}
        for circle, subject in dirty:
            by_circle.setdefault(circle, []).append(subject)
        for circle, subjects in by_circle.items():
            for chunk in chunks(subjects):
                folded = FoldedRows(self._circle_ids[circle])
                gathered = self._gatherer.gather(circle, chunk)
                for one in gathered:
                    self._fold_subject(one, folded)
                self._write_dependencies(circle, gathered)
                self._result.changes.extend(write_rows(self._connection, folded))
        if self._result.erased:
            # Deleted words would stay in the segments of the index (DESIGN section 5).
            self._connection.execute("INSERT INTO listings_fts (listings_fts) VALUES ('rebuild')")
        return self._result

    def _fold_subject(self, gathered: GatheredSubject, folded: FoldedRows) -> None:
        if not gathered.entries:
            return
        circle = self._circle_ids[gathered.circle]
        creating = gathered.creating
        parties: tuple[bytes, bytes] | None = None
        if creating is None:
            self._fold_person(circle, gathered, folded)
        elif creating.kind == _LISTING_KIND:
            self._fold_listing(circle, gathered, folded)
        elif creating.kind == _PAYMENT_KIND:
            payment = payment_of(_fold_entry(creating, None, parties))
            key = creating.identifier[:SUBJECT_BYTES].hex()
            folded.put(PAYMENTS, key, [] if payment is None else [payment_row(circle, payment)])
        elif creating.header.kind == SEALED_KIND:
            parties = self._fold_agreement(circle, gathered, creating, folded)
        self._settle_bodies(gathered.entries, parties)

    def _fold_person(self, circle: bytes, gathered: GatheredSubject, folded: FoldedRows) -> None:
        for person in {entry.feed.person for entry in gathered.entries}:
            if person_subject(person) == gathered.subject:
                state = fold_person(
                    person, [_fold_entry(entry, None, None) for entry in gathered.entries]
                )
                name = "" if state is None else state.name
                folded.put(PERSONS, person.hex(), [person_row(circle, person, name)])

    def _fold_listing(self, circle: bytes, gathered: GatheredSubject, folded: FoldedRows) -> None:
        listing = gathered.subject
        entries = [_fold_entry(entry, listing, None) for entry in gathered.entries]
        state = fold_listing(listing, entries)
        periods = () if state is None else fold_busy(state.owner, entries)
        key = listing.hex()
        folded.put(LISTINGS, key, [] if state is None else [listing_row(circle, state)])
        folded.put(BUSY_PERIODS, key, [busy_row(listing, period) for period in periods])

    def _fold_agreement(
        self, circle: bytes, gathered: GatheredSubject, creating: Gathered, folded: FoldedRows
    ) -> tuple[bytes, bytes] | None:
        """Fold a sealed subject; the parties, as far as this reader knows them."""
        key = gathered.subject.hex()
        folded.put(AGREEMENTS, key, [])
        folded.put(AGREEMENT_MOVES, key, [])
        opening = creating.body
        table = agreement_of(creating.kind)
        if table is None or not isinstance(opening, AgreementOpening):
            return None
        owner = self._listing_owner(circle, gathered, creating, opening)
        if owner is None:
            return None
        parties = (creating.feed.person, owner)
        denied = _denied_to_parties(gathered.entries, table, parties)
        first = _fold_entry(creating, opening.listing, parties)
        if creating.denial is Denial.REVOKED:
            # Nobody may lose an agreement they signed because the other's feed was revoked.
            other_signed = any(
                entry.feed.person == owner
                and _fold_entry(entry, opening.listing, parties).body is not None
                for entry in gathered.entries
            )
            first = _as_first(creating, opening) if other_signed else first
        state = fold_agreement(
            table,
            first,
            owner,
            [
                _fold_entry(entry, opening.listing, parties)
                for entry in gathered.entries
                if entry is not creating
            ],
            denied,
        )
        if state is not None:
            folded.put(AGREEMENTS, key, [agreement_row(circle, state)])
            folded.put(AGREEMENT_MOVES, key, move_rows(state))
        return parties

    def _listing_owner(
        self,
        circle: bytes,
        gathered: GatheredSubject,
        creating: Gathered,
        opening: AgreementOpening,
    ) -> bytes | None:
        """Who made the listing whose creating header an agreement carries (protocol section 5)."""
        try:
            header = decode_header(opening.listing_header)
        except LogError:
            return None
        identifier = entry_id(opening.listing_header)
        if (
            identifier[:SUBJECT_BYTES] != opening.listing
            or header.circle != circle
            or header.subject
            or header.kind != _LISTING_KIND
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

    def _settle_bodies(
        self, entries: Iterable[Gathered], parties: tuple[bytes, bytes] | None
    ) -> None:
        """Delete the bodies that are covered, and owe the others that are not in hand."""
        for entry in entries:
            covered = bool(entry.erased_by) and _is_covered(entry, parties)
            if covered:
                deleted = self._connection.execute(
                    "DELETE FROM bodies WHERE entry = ?", (entry.number,)
                )
                self._result.erased += deleted.rowcount
                self._connection.execute("DELETE FROM owed WHERE entry = ?", (entry.number,))
            elif not entry.has_body:
                self._connection.execute(
                    "INSERT OR IGNORE INTO owed (entry) VALUES (?)", (entry.number,)
                )

    def _write_dependencies(self, circle: int, gathered: Sequence[GatheredSubject]) -> None:
        """Remember what the subjects wait for, so that its arrival folds them again."""
        wanted = [
            (needed, circle, one.subject)
            for one in gathered
            for needed in sorted(one.needs.union(*(entry.waits_for for entry in one.entries)))
        ]
        if self._connection.execute("SELECT EXISTS (SELECT 1 FROM dependencies)").fetchone()[0]:
            self._connection.executemany(
                "DELETE FROM dependencies WHERE subject = ? AND circle = ?",
                [(one.subject, circle) for one in gathered],
            )
        if wanted:
            self._connection.executemany(
                "INSERT OR IGNORE INTO dependencies (needed, circle, subject) VALUES (?, ?, ?)",
                wanted,
            )


def _is_covered(entry: Gathered, parties: tuple[bytes, bytes] | None) -> bool:
    """Whether the erasures that name an entry cover it (protocol section 3)."""
    spec = KINDS.get(entry.kind)
    if spec is not None and spec.erasable == "never":
        return False
    if entry.header.kind != SEALED_KIND:
        return entry.feed.person in entry.erased_by
    if parties is not None:
        return entry.erased_by.issuperset(parties)
    return entry.feed.person in entry.erased_by and len(entry.erased_by) > 1


def _fold_entry(
    entry: Gathered, listing: bytes | None, parties: tuple[bytes, bytes] | None
) -> FoldEntry:
    """An entry as the fold sees it: without a body unless it counts and says something."""
    in_force = (
        entry.body is not None
        and entry.denial is None
        and not entry.waits_for
        and entry.standing.in_scope(entry.kind, listing)
        and not (entry.erased_by and _is_covered(entry, parties))
    )
    return FoldEntry(
        entry_id=entry.identifier,
        author=entry.feed.person,
        feed=entry.feed.feed,
        kind=entry.kind,
        body=entry.body if in_force else None,
        time_ms=entry.header.time_ms,
        after=entry.header.after,
        own_previous=entry.own_previous,
    )


def _as_first(entry: Gathered, opening: AgreementOpening) -> FoldEntry:
    """The opening of an agreement that a revocation denies and the other party had signed."""
    return FoldEntry(
        entry_id=entry.identifier,
        author=entry.feed.person,
        feed=entry.feed.feed,
        kind=entry.kind,
        body=opening,
        time_ms=entry.header.time_ms,
        after=entry.header.after,
        own_previous=entry.own_previous,
    )


def _denied_to_parties(
    entries: Iterable[Gathered], table: AgreementTable, parties: tuple[bytes, bytes]
) -> list[bytes]:
    """The parties' entries of an agreement that a revocation denies."""
    return [
        entry.identifier
        for entry in entries
        if entry.denial is Denial.REVOKED
        and entry.feed.person in parties
        and entry.body is not None
        and table.move_of(entry.kind) is not None
        and not _is_covered(entry, parties)
    ]
