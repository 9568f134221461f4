"""Folding: the rows of subjects, from the counted entries that name them (DESIGN section 5).

Joins ``store.states`` (what the entries say) and ``store.rows`` (how it is kept). A subject is
folded whole each time; nothing is folded into an existing row, so the order of arrival cannot
matter. What an erasure covers loses its body here, and what is not in hand is owed.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from p2pshare.log.entry import SEALED_KIND
from p2pshare.log.keys import ReadingKey
from p2pshare.store.derive import Subject
from p2pshare.store.feeds import FeedCache, chunks
from p2pshare.store.gather import GatheredSubject
from p2pshare.store.rows import (
    AGREEMENT_MOVES,
    AGREEMENTS,
    BUSY_PERIODS,
    LISTING_PHOTOS,
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
    photo_rows,
    write_rows,
)
from p2pshare.store.states import LISTING_KIND, PAYMENT_KIND, SubjectStates, is_covered


@dataclass(slots=True)
class FoldResult:
    """What folding changed: rows, and bodies deleted because an erasure covers them."""

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
        self._circle_ids = {number: circle for circle, number in circles.items()}
        self._states = SubjectStates(connection, feeds, circles, keys)
        self._result = FoldResult()

    def fold(self, dirty: Iterable[Subject]) -> FoldResult:
        """Fold these subjects anew and write what changed."""
        by_circle: dict[int, list[bytes]] = {}
        for circle, subject in dirty:
            by_circle.setdefault(circle, []).append(subject)
        for circle, subjects in by_circle.items():
            for chunk in chunks(subjects):
                folded = FoldedRows(self._circle_ids[circle])
                gathered = self._states.gather(circle, chunk)
                for one in gathered:
                    parties = self._fold_subject(one, folded)
                    self._settle_bodies(one, parties)
                self._write_dependencies(circle, gathered)
                self._result.changes.extend(write_rows(self._connection, folded))
        if self._result.erased:
            # Deleted words would stay in the segments of the index (DESIGN section 5).
            self._connection.execute("INSERT INTO listings_fts (listings_fts) VALUES ('rebuild')")
        return self._result

    def _fold_subject(
        self, gathered: GatheredSubject, folded: FoldedRows
    ) -> tuple[bytes, bytes] | None:
        """Put the rows of a subject; the parties where it is an agreement this reader knows."""
        circle, creating = folded.circle, gathered.creating
        key = gathered.subject.hex()
        if creating is None:
            for person, name in self._states.names(gathered):
                folded.put(PERSONS, person.hex(), [person_row(circle, person, name)])
        elif creating.kind == LISTING_KIND:
            listing, periods = self._states.listing_of(gathered)
            folded.put(LISTINGS, key, [] if listing is None else [listing_row(circle, listing)])
            folded.put(LISTING_PHOTOS, key, [] if listing is None else photo_rows(circle, listing))
            folded.put(
                BUSY_PERIODS, key, [busy_row(gathered.subject, period) for period in periods]
            )
        elif creating.kind == PAYMENT_KIND:
            payment = self._states.payment_of(gathered)
            folded.put(PAYMENTS, key, [] if payment is None else [payment_row(circle, payment)])
        elif creating.header.kind == SEALED_KIND:
            reading = self._states.agreement_of(gathered)
            state = None if reading is None else reading.state
            folded.put(AGREEMENTS, key, [] if state is None else [agreement_row(circle, state)])
            folded.put(AGREEMENT_MOVES, key, [] if state is None else move_rows(state))
            return None if reading is None else reading.parties
        return None

    def _settle_bodies(
        self, gathered: GatheredSubject, parties: tuple[bytes, bytes] | None
    ) -> None:
        """Delete the bodies that are covered, and owe the others that are not in hand.

        While the owner of an agreement that this reader can read is not known yet, nothing of it
        is covered. Its opening entry is owed until its body was seen once, even where erasures of
        two persons name it: only in the body it shows whether they are the parties.
        """
        creating = gathered.creating
        undecided = parties is None and bool(gathered.needs)
        for entry in gathered.entries:
            if not undecided and is_covered(entry, parties):
                if entry is creating and entry.header.sealed and not entry.has_body:
                    continue
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
