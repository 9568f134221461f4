"""Writing: a command becomes entries. Rules, then sign, then the one ingest, in one transaction.

The state the rules judge, the place in the chain and the entries that follow are read and written
inside one BEGIN IMMEDIATE, so that several processes on one folder never use a place twice
(DESIGN section 10). Neighbours: the families of ``node.acts_*`` say what each command writes,
``node.writing`` signs and appends, ``node.ingest`` stores.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain import commands, rules
from p2pshare.domain.days import Zone
from p2pshare.domain.pin import clean_pin
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE, person_subject
from p2pshare.node import (
    acts_agreements,
    acts_holds,
    acts_hours,
    acts_inductions,
    acts_listings,
    acts_searches,
)
from p2pshare.node.acting import Act, Acting, subject_of
from p2pshare.node.ingest import Ingest, IngestBatch, IngestReport
from p2pshare.node.keystore import KeyStore
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.lookup import circle_of_subject

_ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {
        **acts_listings.ACTS,
        **acts_agreements.ACTS,
        **acts_holds.ACTS,
        **acts_hours.ACTS,
        **acts_inductions.ACTS,
        **acts_searches.ACTS,
    }
)
"""What each command does."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What a command did: the subject it made or changed, and what the ledger says changed.

    ``subject`` is a listing, agreement or payment id (16 bytes), or for a person the key (32).
    """

    subject: bytes
    report: IngestReport
    erased: int = 0


class Author:
    """Performs the commands of the persons hosted here."""

    def __init__(
        self, ingest: Ingest, keys: KeyStore, clock: Clock, zone: Callable[[], Zone]
    ) -> None:
        self._ingest = ingest
        self._keys = keys
        self._clock = clock
        self._zone = zone

    def add_person(
        self, name: str, passphrase: bytes | None = None, *, desk: bool = False
    ) -> Performed:
        """Host a new person: a key, a feed in the open circle, a profile.

        At a ``desk`` the passphrase is a PIN. Raises DomainError.
        """
        draft = rules.set_name(name)
        clean = rules.clean_name(name)
        if desk:
            passphrase = clean_pin((passphrase or b"").decode("utf-8", "replace")).encode()
        with self._ingest.batch(durable=True) as batch:
            key = self._keys.add_person(passphrase, pin=desk)
            now_ms = self._clock.time_ms()
            local.add_own_person(batch.connection, key.public, clean, now_ms, desk=desk)
            writing = Writing(batch, self._keys, key.public, OPEN_CIRCLE, self._clock)
            writing.write(draft, subject=person_subject(key.public))
            report = batch.finish(by_peer=False)
        return Performed(key.public, self._ingest.settle(report, own=True))

    def perform(self, command: commands.PersonCommand) -> Performed:
        """Do what a person asks.

        Raises DomainError or UnknownReference (refused, nothing written), KeyLocked, QuotaExceeded,
        or another StoreError or NodeError.
        """
        with self._ingest.batch(durable=True) as batch:
            if command.person not in local.own_persons(batch.connection):
                raise UnknownReference("that person is not hosted on this computer")
            circle = command.circle or _circle_of(batch.connection, command)
            act = _ACTS.get(type(command))
            if act is None:
                raise DomainError("that cannot be done here")
            done = act(self._acting(batch, command.person, circle), command)
            report = batch.finish(by_peer=False)
        self._ingest.settle(report, own=True)
        return Performed(done.subject, report, done.erased)

    def _acting(self, batch: IngestBatch, person: bytes, circle: bytes) -> Acting:
        writing = Writing(batch, self._keys, person, circle, self._clock)
        return Acting(writing, self._keys, self._clock, self._zone(), person)


def _circle_of(connection: sqlite3.Connection, command: commands.PersonCommand) -> bytes:
    subject = subject_of(command)
    found = None if subject is None else circle_of_subject(connection, subject)
    return OPEN_CIRCLE if found is None else found
