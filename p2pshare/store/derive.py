"""What added entries mean for others: revocations, erasures, and the subjects to be folded anew.

A subject is named by (circle number, 16-byte subject id). Everything written here follows from the
log tables alone, so ``store.rebuild`` can make it again. Folding itself is ``store.folding``'s.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from p2pshare.domain.bodies import EntryErase, decode_payload
from p2pshare.log.body import clear_payload
from p2pshare.log.certificate import REVOKE_KIND, decode_revocation
from p2pshare.log.entry import SEALED_KIND, subject_of
from p2pshare.store.append import Added, AddedEntry
from p2pshare.store.feeds import FeedCache, FeedRow, chunks, marks

ERASE_KIND: Final = "entry.erase"

Subject = tuple[int, bytes]
"""(circle number, subject id)."""


class Derivation:
    """Keeps the derived tables in step with the log, within one write transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        feeds: FeedCache,
        circles: Mapping[bytes, int],
    ) -> None:
        self._connection = connection
        self._feeds = feeds
        self._circle_ids = {number: circle for circle, number in circles.items()}
        self._judged_anew: set[int] = set()
        self.dirty: set[Subject] = set()

    def take(self, added: Added) -> None:
        """Derive what follows from entries and bodies just added; grows ``dirty``."""
        for one in added.entries:
            self.dirty.add((one.feed.circle, subject_of(one.entry.header, one.entry.identifier)))
        for one in added.bodies:
            self.dirty.add((one.feed.circle, subject_of(one.entry.header, one.entry.identifier)))
        for one in (*added.entries, *added.bodies):
            if one.entry.header.kind == REVOKE_KIND:
                self._take_revocation(one)
            elif one.entry.header.kind == ERASE_KIND:
                self._take_erasure(one)
        self._wake_dependents([row.feed for row in added.feeds])
        identifiers = [one.entry.identifier for one in added.entries]
        self._wake_dependents(identifiers)
        self._settle_revocations(identifiers)

    def in_order(self, added: Added) -> list[Subject]:
        """``dirty`` as the entries just added came: rows made now are numbered in that order."""
        places: dict[Subject, int] = {}
        for place, one in enumerate(added.entries):
            subject = subject_of(one.entry.header, one.entry.identifier)
            places[one.feed.circle, subject] = place
        return sorted(self.dirty, key=lambda subject: (places.get(subject, -1), subject))

    def standing_changed(self, row: FeedRow) -> None:
        """Have every subject that a feed touched folded anew, by entries or by erasures."""
        self._feeds.forget_standing(row.number)
        self._judged_anew.add(row.number)
        for (subject,) in self._connection.execute(
            "SELECT DISTINCT subject FROM entries WHERE feed = ?", (row.number,)
        ):
            self.dirty.add((row.circle, subject))
        self.dirty.update(
            self._connection.execute(
                "SELECT DISTINCT f.circle, named.subject FROM entries AS e"
                " JOIN erasures AS x ON x.entry = e.number"
                " JOIN entries AS named ON named.id = x.target"
                " JOIN feeds AS f ON f.number = named.feed WHERE e.feed = ?",
                (row.number,),
            )
        )

    def owe_uncovered(self) -> None:
        """Owe the sealed bodies that erasures of feeds judged anew may have covered till now.

        Whether they still are covered shows only in the bodies (``store.folding``). A rebuild does
        not ask again: it judges nothing that was not judged before.
        """
        self._connection.executemany(
            "INSERT OR IGNORE INTO owed (entry) SELECT named.number FROM entries AS e"
            " JOIN erasures AS x ON x.entry = e.number JOIN entries AS named ON named.id = x.target"
            " WHERE e.feed = ? AND named.kind = ?"
            " AND named.number NOT IN (SELECT entry FROM bodies)",
            [(number, SEALED_KIND) for number in sorted(self._judged_anew)],
        )

    def _take_revocation(self, one: AddedEntry) -> None:
        body = one.entry.signed.body
        if body is None:
            return
        revocation = decode_revocation(clear_payload(body), self._circle_ids[one.feed.circle])
        if revocation is None:
            return
        circle, named = one.feed.circle, (revocation.feed, revocation.person, revocation.last_entry)
        known = self._connection.execute(
            "SELECT 1 FROM revocations WHERE circle = ? AND feed = ? AND person = ?"
            " AND last_entry = ? AND entry <> ? LIMIT 1",
            (circle, *named, one.number),
        ).fetchone()
        self._connection.execute(
            "INSERT OR REPLACE INTO revocations (entry, circle, person, feed, last_entry)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                one.number,
                one.feed.circle,
                revocation.person,
                revocation.feed,
                revocation.last_entry,
            ),
        )
        self._feeds.forget_whole()
        if known is None:  # said again, it changes nothing
            self._revoked(circle, revocation.feed)

    def _take_erasure(self, one: AddedEntry) -> None:
        body = one.entry.signed.body
        payload = None if body is None else decode_payload(ERASE_KIND, clear_payload(body))
        if not isinstance(payload, EntryErase):
            return
        targets = sorted(set(payload.entries))
        self._connection.executemany(
            "INSERT OR IGNORE INTO erasures (entry, target) VALUES (?, ?)",
            [(one.number, target) for target in targets],
        )
        for chunk in chunks(targets):
            self.dirty.update(
                self._connection.execute(
                    "SELECT DISTINCT f.circle, e.subject FROM entries AS e"
                    f" JOIN feeds AS f ON f.number = e.feed WHERE e.id IN ({marks(chunk)})",
                    chunk,
                )
            )

    def _wake_dependents(self, needed: Iterable[bytes]) -> None:
        """Fold the subjects that waited for these entries or feeds."""
        if not self._any("dependencies"):
            return
        for chunk in chunks(needed):
            self.dirty.update(
                self._connection.execute(
                    "SELECT DISTINCT circle, subject FROM dependencies"
                    f" WHERE needed IN ({marks(chunk)})",
                    chunk,
                )
            )

    def _settle_revocations(self, identifiers: Iterable[bytes]) -> None:
        """Judge anew the feeds of which a revocation's last entry has just arrived."""
        if not self._any("revocations"):
            return
        for chunk in chunks(identifiers):
            for circle, feed in self._connection.execute(
                f"SELECT circle, feed FROM revocations WHERE last_entry IN ({marks(chunk)})", chunk
            ).fetchall():
                self._revoked(circle, feed)

    def _revoked(self, circle: int, feed: bytes) -> None:
        for row in self._feeds.rows_of(feed):
            if row.circle == circle:
                self.standing_changed(row)

    def _any(self, table: str) -> bool:
        row = self._connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()
        return bool(row[0])
