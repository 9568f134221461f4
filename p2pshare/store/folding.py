"""Folding: the rows of subjects, from the counted entries that name them (DESIGN section 5).

Joins ``store.states`` (what the entries say) and ``store.rows`` (how it is kept). A subject is
folded whole each time; nothing is folded into an existing row, so the order of arrival cannot
matter. What an erasure covers loses its body here, and what is not in hand is owed.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from p2pshare.domain.hours import PAYMENT_KINDS
from p2pshare.domain.induction import GRANT_KIND
from p2pshare.log.entry import OWN_SEALED_KIND, SEALED_KIND
from p2pshare.log.keys import ReadingKey
from p2pshare.store.derive import Subject
from p2pshare.store.feeds import FeedCache, chunks, marks
from p2pshare.store.folded_tables import (
    AGREEMENT_MOVES,
    AGREEMENT_PHOTOS,
    AGREEMENTS,
    BUSY_PERIODS,
    INDUCTIONS,
    LISTING_PHOTOS,
    LISTINGS,
    PAYMENTS,
    PERSONS,
    WAITING,
)
from p2pshare.store.gather import GatheredSubject
from p2pshare.store.history import HISTORY_TABLES, history_rows
from p2pshare.store.opened import OpenedBodies
from p2pshare.store.rows import (
    FoldedRows,
    RowChange,
    agreement_photo_rows,
    agreement_row,
    busy_row,
    induction_row,
    listing_row,
    move_rows,
    payment_row,
    person_row,
    photo_rows,
    waiting_rows,
    write_rows,
)
from p2pshare.store.states import LISTING_KIND, SubjectStates, is_covered


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
        opened: OpenedBodies | None = None,
    ) -> None:
        """``opened``: what these keys opened in earlier transactions."""
        self._connection = connection
        self._circle_ids = {number: circle for circle, number in circles.items()}
        self._states = SubjectStates(connection, feeds, circles, keys, opened)
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
        if creating is None:
            for person, name in self._states.names(gathered):
                folded.put(PERSONS, person.hex(), [person_row(circle, person, name)])
            return None
        if creating.header.kind == OWN_SEALED_KIND:
            _fold_history(self._states, gathered, folded)
        if creating.header.sealed:
            return self._fold_sealed(gathered, folded)
        fold = _CLEAR_FOLDS.get(creating.kind)
        if fold is not None:
            fold(self._states, gathered, folded)
        return None

    def _fold_sealed(
        self, gathered: GatheredSubject, folded: FoldedRows
    ) -> tuple[bytes, bytes] | None:
        """Put the rows of an agreement."""
        key = gathered.subject.hex()
        reading = self._states.agreement_of(gathered)
        state = None if reading is None else reading.state
        circle = folded.circle
        folded.put(AGREEMENTS, key, [] if state is None else [agreement_row(circle, state)])
        folded.put(AGREEMENT_MOVES, key, [] if state is None else move_rows(state))
        photos = [] if state is None else agreement_photo_rows(circle, state)
        folded.put(AGREEMENT_PHOTOS, key, photos)
        return None if reading is None else reading.parties

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
                if entry is creating and entry.header.kind == SEALED_KIND and not entry.has_body:
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
            subjects = [one.subject for one in gathered]  # at most CHUNK
            waited = self._connection.execute(
                "SELECT DISTINCT subject FROM dependencies"
                f" WHERE subject IN ({marks(subjects)}) AND circle = ?",
                (*subjects, circle),
            ).fetchall()
            self._connection.executemany(
                "DELETE FROM dependencies WHERE subject = ? AND circle = ?",
                [(subject, circle) for (subject,) in waited],
            )
        if wanted:
            self._connection.executemany(
                "INSERT OR IGNORE INTO dependencies (needed, circle, subject) VALUES (?, ?, ?)",
                wanted,
            )


def _fold_listing(states: SubjectStates, gathered: GatheredSubject, folded: FoldedRows) -> None:
    key, circle = gathered.subject.hex(), folded.circle
    reading = states.listing_of(gathered)
    listing = reading.state
    folded.put(LISTINGS, key, [] if listing is None else [listing_row(circle, listing)])
    folded.put(LISTING_PHOTOS, key, [] if listing is None else photo_rows(circle, listing))
    periods = [busy_row(gathered.subject, period) for period in reading.periods]
    folded.put(BUSY_PERIODS, key, periods)
    folded.put(WAITING, key, waiting_rows(gathered.subject, reading.queue))


def _fold_payments(states: SubjectStates, gathered: GatheredSubject, folded: FoldedRows) -> None:
    payments = states.payments_of(gathered)
    rows = [payment_row(folded.circle, payment) for payment in payments]
    folded.put(PAYMENTS, gathered.subject.hex(), rows)


def _fold_induction(states: SubjectStates, gathered: GatheredSubject, folded: FoldedRows) -> None:
    induction = states.induction_of(gathered)
    rows = [] if induction is None else [induction_row(folded.circle, induction)]
    folded.put(INDUCTIONS, gathered.subject.hex(), rows)


def _fold_history(states: SubjectStates, gathered: GatheredSubject, folded: FoldedRows) -> None:
    """What its author alone can read; once it is erased, nobody can tell which kind it was."""
    history = states.history_of(gathered)
    for kind, table in HISTORY_TABLES.items():
        folded.put(table, gathered.subject.hex(), history_rows(folded.circle, kind, history))


_CLEAR_FOLDS: Final[Mapping[str, Callable[[SubjectStates, GatheredSubject, FoldedRows], None]]] = {
    LISTING_KIND: _fold_listing,
    **dict.fromkeys(PAYMENT_KINDS, _fold_payments),
    GRANT_KIND: _fold_induction,
}
"""How a subject becomes rows, by the kind of the clear entry that creates it."""
