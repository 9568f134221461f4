"""One person's feed within one write transaction: open it if need be, sign, append.

``node.authoring`` decides what is written; this module decides where: which feed, which place,
after what, and to whom it is sealed. It never continues a feed that was written elsewhere.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from p2pshare.clock import Clock
from p2pshare.domain.bodies import KINDS, Body, encode_payload, encode_sealed_payload
from p2pshare.domain.drafts import Draft
from p2pshare.errors import NodeError, QuotaExceeded, UnknownReference
from p2pshare.limits import SEALED_READERS_MAX
from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.body import SALT_BYTES
from p2pshare.log.certificate import issue_certificate
from p2pshare.log.entry import (
    OWN_SEALED_KIND,
    SEALED_KIND,
    SUBJECT_BYTES,
    SignedEntry,
    entry_id,
)
from p2pshare.log.keys import SigningKey
from p2pshare.node.ingest import IngestBatch
from p2pshare.node.keystore import KeyStore
from p2pshare.store import local
from p2pshare.store.append import Outcome
from p2pshare.store.feeds import tips_of
from p2pshare.store.lookup import reading_keys_of
from p2pshare.store.states import SubjectStates


@dataclass(frozen=True, slots=True)
class _GoingOn:
    """Where the last entry was written, if no stretch but so many were ``appended`` since."""

    key: SigningKey
    place: Place
    appended: int


class Writing:
    """What a person signs in a circle during one transaction."""

    def __init__(
        self,
        batch: IngestBatch,
        keys: KeyStore,
        person: bytes,
        circle: bytes,
        clock: Clock,
    ) -> None:
        if circle not in batch.circles:
            raise UnknownReference("this computer is not in that circle")
        self.circle = circle
        self.connection: sqlite3.Connection = batch.connection
        self.states: SubjectStates = batch.states
        self._batch = batch
        self._keys = keys
        self._person = person
        self._clock = clock
        self._at_desk = local.is_at_desk(batch.connection, person)
        self._going_on: _GoingOn | None = None

    def feed(self) -> bytes:
        """The feed that is written here; opened now, where there is none to go on with."""
        return self._open_feed()[0].public

    def write(self, draft: Draft, subject: bytes = b"", after: Iterable[bytes] = ()) -> bytes:
        """Sign and append a clear entry; the subject it is about (the one it creates if empty).

        ``after``: where it creates one, entries (at most 4) of others that it is to come after.
        """
        payload = encode_payload(self._where(draft.body))
        return self._write(draft.kind, payload, subject, None, after)

    def write_statement(self, kind: str, payload: bytes, subject: bytes) -> bytes:
        """Sign and append an entry whose payload the person key has signed already."""
        return self._write(kind, payload, subject, None)

    def write_sealed(self, draft: Draft, parties: Iterable[bytes], subject: bytes = b"") -> bytes:
        """Sign and append an entry sealed to the parties (persons); the subject it is about.

        What its author alone may erase is sealed so that everybody can tell (protocol section 3).
        """
        self._open_feed()  # by it the person's own reading key is known in this circle
        readers = []
        for party in dict.fromkeys(parties):
            keys = reading_keys_of(self.connection, party, self._batch.circles[self.circle])
            if not keys:
                raise UnknownReference("that person has not been met in this circle yet")
            readers.extend(keys)
        payload = encode_sealed_payload(draft.kind, self._where(draft.body))
        kind = OWN_SEALED_KIND if KINDS[draft.kind].erasable == "own" else SEALED_KIND
        return self._write(kind, payload, subject, readers[:SEALED_READERS_MAX])

    def _where(self, body: Body) -> Body:
        """``body`` with the word that it is signed at a desk, for those who are hosted at one."""
        if "desk" not in body.__struct_fields__ or not self._at_desk:
            return body
        return msgspec.structs.replace(body, desk=True)

    def _write(
        self,
        kind: str,
        payload: bytes,
        subject: bytes,
        readers: list[bytes] | None,
        after: Iterable[bytes] = (),
    ) -> bytes:
        key, place = self._open_feed()
        entry = write_entry(
            key,
            self.circle,
            place,
            time_ms=self._clock.time_ms(),
            kind=kind,
            payload=payload,
            salt=os.urandom(SALT_BYTES),
            subject=subject,
            after=self.states.heads(self.circle, subject) if subject else tuple(after),
            readers=readers,
        )
        self._append(entry)
        identifier = entry_id(entry.header)
        following = Place(place.seq + 1, identifier)
        self._going_on = _GoingOn(key, following, self._batch.appended)
        return subject or identifier[:SUBJECT_BYTES]

    def _open_feed(self) -> tuple[SigningKey, Place]:
        """The key and the next place of the feed to write, opening a new one where needed."""
        known = self._going_on
        if known is not None and known.appended == self._batch.appended:
            return known.key, known.place
        circle_number = self._batch.circles[self.circle]
        feed = local.current_feed(self.connection, self.circle, self._person)
        if feed is not None and self._keys.has_feed_key(feed):
            tips = tips_of(self.connection, feed, circle_number)
            if len(tips) == 1:
                seq, identifier = tips[0]
                return self._keys.feed_key(feed, self._person), Place(seq + 1, identifier)
        if feed is not None:
            # Forked, or its key or its entries are gone: a copy may be written elsewhere.
            local.retire_feed(self.connection, feed)
        return self._new_feed()

    def _new_feed(self) -> tuple[SigningKey, Place]:
        if not self._keys.has_person_key(self._person):
            raise NodeError(
                "a new feed must be opened and the person's key is not on this computer;"
                " restore it from the backup"
            )
        key = self._keys.add_feed(self._person)
        certificate = issue_certificate(
            self._keys.person_key(self._person),
            self._keys.reading_key(self._person).public,
            self.circle,
            key.public,
        )
        local.add_own_feed(self.connection, key.public, self.circle, self._person)
        entry = write_feed_open(
            key,
            self.circle,
            certificate,
            time_ms=self._clock.time_ms(),
            salt=os.urandom(SALT_BYTES),
        )
        self._append(entry)
        return key, Place(1, entry_id(entry.header))

    def _append(self, entry: SignedEntry) -> None:
        result = self._batch.append(self.circle, [entry], own=True)
        if result.outcome is Outcome.OVER_QUOTA:
            raise QuotaExceeded(
                "your part of this circle's ledger is full: nobody keeps more of one person"
            )
        if result.outcome is not Outcome.STORED:
            raise NodeError(f"the entry could not be added: {result.reason or result.outcome}")
