"""Writing: a command becomes entries. Rules, then sign, then the one ingest, in one transaction.

The state the rules judge, the place in the chain and the entries that follow are read and written
inside one BEGIN IMMEDIATE, so that several processes on one folder never use a place twice
(DESIGN section 10). Neighbours: the families of ``node.acts_*`` say what each command writes,
``node.writing`` signs and appends, ``node.ingest`` stores.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain import commands, rules
from p2pshare.domain.agreement_rules import busy_periods
from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.days import Zone
from p2pshare.domain.pin import clean_pin
from p2pshare.errors import DomainError, NodeError, QuotaExceeded, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE, person_subject
from p2pshare.node import (
    acts_agreements,
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
from p2pshare.store.folded_tables import AGREEMENTS as AGREEMENTS_TABLE
from p2pshare.store.lookup import circle_of_subject, listings_with_agreements
from p2pshare.store.notes import PROMISES_UNPUBLISHED, read_note, remove_note

_ACTS: Final[Mapping[type, Act]] = MappingProxyType(
    {
        **acts_listings.ACTS,
        **acts_agreements.ACTS,
        **acts_hours.ACTS,
        **acts_inductions.ACTS,
        **acts_searches.ACTS,
    }
)
"""What each command does."""

logger: Final = logging.getLogger("p2pshare.node.authoring")


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

    def publish_busy(self, report: IngestReport | None = None) -> list[IngestReport]:
        """Tell the circle which days of our listings are promised, where that has changed.

        An owner's own moves change it, and a borrower's cancel from another computer. Looks at the
        agreements that ``report`` changed; or at all, without one and where a note says that an
        earlier process did not come to it. Who cannot sign now (a locked or lost key, no room) is
        passed over.
        """
        connection = self._ingest.database.connection
        note = read_note(connection, PROMISES_UNPUBLISHED)
        if report is not None and note is None:
            return []
        agreements = None
        if report is not None and report.promises_note == note:
            agreements = [one.key for one in report.changes if one.table == AGREEMENTS_TABLE.name]
        reports = []
        all_published = True
        for person in local.own_persons(connection):
            candidates = listings_with_agreements(connection, person, agreements)
            if not candidates:
                continue
            try:
                published = self._publish_busy_of(person, candidates)
            except (NodeError, QuotaExceeded) as error:
                # What made this necessary is committed and must not fail for it; the note stays.
                logger.info("promised days were not published: %s", error)
                all_published = False
                continue
            if published is not None:
                reports.append(published)
        if note is not None and all_published:
            remove_note(self._ingest.database, PROMISES_UNPUBLISHED, note)
        return reports

    def _publish_busy_of(
        self, person: bytes, candidates: list[tuple[bytes, bytes]]
    ) -> IngestReport | None:
        with self._ingest.batch(durable=True) as batch:
            wrote = False
            for circle, listing in candidates:
                acting = self._acting(batch, person, circle)
                published = acting.writing.states.busy(circle, listing)
                draft = busy_periods(
                    acting.promised(listing), acting.busy_tag(), acting.elsewhere(listing)
                )
                if not isinstance(draft.body, ListingBusy) or _same(draft.body, published):
                    continue
                acting.writing.write(draft, subject=listing)
                wrote = True
            report = batch.finish(by_peer=False)
        return self._ingest.settle(report, own=True) if wrote else None

    def _acting(self, batch: IngestBatch, person: bytes, circle: bytes) -> Acting:
        writing = Writing(batch, self._keys, person, circle, self._clock)
        return Acting(writing, self._keys, self._clock, self._zone(), person)


def _circle_of(connection: sqlite3.Connection, command: commands.PersonCommand) -> bytes:
    subject = subject_of(command)
    found = None if subject is None else circle_of_subject(connection, subject)
    return OPEN_CIRCLE if found is None else found


def _same(body: ListingBusy, published: tuple[BusyPeriod, ...]) -> bool:
    return sorted(body.periods, key=repr) == sorted(published, key=repr)
