"""Writing: a command becomes entries. Rules, then sign, then the one ingest, in one transaction.

The state the rules judge, the place in the chain and the entries that follow are read and written
inside one BEGIN IMMEDIATE, so that several processes on one folder never use a place twice
(DESIGN section 10). Neighbours: ``domain.rules`` decides, ``node.writing`` signs and appends,
``node.ingest`` stores.
"""

import hmac
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain import commands, rules
from p2pshare.domain.agreement import AGREEMENTS, AgreementState
from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.days import Zone, day_of
from p2pshare.domain.listing import ListingState
from p2pshare.domain.loan import LOAN
from p2pshare.errors import DomainError, NodeError, QuotaExceeded, UnknownReference
from p2pshare.limits import PROMISE_TAG_BYTES
from p2pshare.log.certificate import (
    OPEN_CIRCLE,
    REVOKE_KIND,
    person_subject,
    revocation_payload,
)
from p2pshare.node.ingest import Ingest, IngestReport
from p2pshare.node.keystore import KeyStore
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.blobs import is_held
from p2pshare.store.lookup import (
    agreements_about,
    agreements_in_promise,
    circle_of_subject,
    last_entry_of,
    listing_header,
    listings_with_agreements,
    sealed_subjects,
)
from p2pshare.store.notes import PROMISES_UNPUBLISHED, read_note, remove_note
from p2pshare.store.rows import AGREEMENTS as AGREEMENTS_TABLE

logger: Final = logging.getLogger("p2pshare.node.authoring")

_BUSY_LABEL: Final = b"p2pshare busy period v1\0"


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

    def add_person(self, name: str, passphrase: bytes | None = None) -> Performed:
        """Host a new person: a key, a feed in the open circle, a profile. Raises DomainError."""
        draft = rules.set_name(name)
        clean = rules.clean_name(name)
        with self._ingest.batch(durable=True) as batch:
            key = self._keys.add_person(passphrase)
            local.add_own_person(batch.connection, key.public, clean, self._clock.time_ms())
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
            circle = command.circle or self._circle_of(batch.connection, command)
            writing = Writing(batch, self._keys, command.person, circle, self._clock)
            subject, erased = self._dispatch(writing, command)
            report = batch.finish(by_peer=False)
        self._ingest.settle(report, own=True)
        return Performed(subject, report, erased)

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
                writing = Writing(batch, self._keys, person, circle, self._clock)
                states = self._promised(writing, listing)
                published = writing.states.busy(circle, listing)
                elsewhere = self._elsewhere(writing, listing, person)
                draft = rules.busy_periods(LOAN, states, self._busy_tag(person), elsewhere)
                if not isinstance(draft.body, ListingBusy) or _same(draft.body, published):
                    continue
                writing.write(draft, subject=listing)
                wrote = True
            report = batch.finish(by_peer=False)
        return self._ingest.settle(report, own=True) if wrote else None

    def _busy_tag(self, person: bytes) -> Callable[[bytes], bytes]:
        """A name for a promise that only its owner's computers can link to the agreement."""
        secret = self._keys.reading_key(person).secret_bytes()
        return lambda agreement: hmac.digest(secret, _BUSY_LABEL + agreement, "sha256")[
            :PROMISE_TAG_BYTES
        ]

    def _circle_of(self, connection: sqlite3.Connection, command: commands.PersonCommand) -> bytes:
        subject = _subject_of(command)
        if subject is None:
            return OPEN_CIRCLE
        found = circle_of_subject(connection, subject)
        return OPEN_CIRCLE if found is None else found

    def _dispatch(self, writing: Writing, command: commands.PersonCommand) -> tuple[bytes, int]:
        """Ask the rules and write what they give; the subject, and how many entries it erased."""
        match command:
            case commands.SetName():
                local.rename_own_person(
                    writing.connection, command.person, rules.clean_name(command.name)
                )
                writing.write(rules.set_name(command.name), subject=person_subject(command.person))
                return command.person, 0
            case commands.AddListing():
                _check_photos(writing.connection, command.photos)
                return writing.write(rules.put_listing(command, self._today())), 0
            case commands.EditListing():
                listing = self._listing(writing, command.listing)
                if command.photos is not commands.UNCHANGED:
                    new = set(command.photos).difference(listing.photos)
                    _check_photos(writing.connection, new)
                writing.write(
                    rules.edit_listing(listing, command, self._today()), subject=command.listing
                )
                return command.listing, 0
            case commands.CloseListing():
                listing = self._listing(writing, command.listing)
                writing.write(rules.close_listing(listing, command), subject=command.listing)
                return command.listing, 0
            case commands.RequestLoan():
                return self._request_loan(writing, command), 0
            case commands.MoveLoan():
                self._move(writing, command)
                return command.loan, 0
            case commands.PayHours():
                return writing.write(rules.pay_hours(command)), 0
            case commands.Forget():
                return command.subject, self._forget(writing, command)
            case commands.RevokeFeed():
                self._revoke(writing, command)
                return command.feed, 0
            case _:
                raise DomainError("that cannot be done here")

    def _request_loan(self, writing: Writing, command: commands.RequestLoan) -> bytes:
        listing = self._listing(writing, command.listing)
        header = listing_header(writing.connection, command.listing)
        draft = rules.request_loan(listing, header, command, self._today())
        return writing.write_sealed(draft, (command.person, listing.owner))

    def _move(self, writing: Writing, command: commands.MoveLoan) -> None:
        state = writing.states.agreement(writing.circle, command.loan)
        if state is None:
            raise UnknownReference("there is no such agreement of yours here")
        now_ms = self._clock.time_ms()
        if state.kind == LOAN.kind:
            listing = writing.states.listing(writing.circle, state.listing)
            if listing is None and command.move == "accept":
                # Who asks brings the header of the listing, and may have made it up.
                raise DomainError("the offer it asks for is not on this computer; decline it")
            draft = rules.move_loan(
                state,
                command,
                now_ms,
                self._zone(),
                self._promised(writing, state.listing),
                state.quantity if listing is None else listing.quantity,
                self._elsewhere(writing, state.listing, command.person),
            )
        else:
            draft = rules.noted_move(AGREEMENTS[state.kind], state, command, now_ms)
        writing.write_sealed(draft, state.parties, subject=command.loan)

    def _forget(self, writing: Writing, command: commands.Forget) -> int:
        mine, named = writing.states.erasable(writing.circle, command.subject, command.person)
        if not named:
            raise DomainError("there is nothing of yours to forget there")
        for draft in rules.forget(named):
            writing.write(draft)
        return len(mine)

    def _revoke(self, writing: Writing, command: commands.RevokeFeed) -> None:
        """Revoke a feed of the person; one that is written here is retired before."""
        last = last_entry_of(
            writing.connection, writing.circle, command.feed, command.person, command.last_entry
        )
        person_key = self._keys.person_key(command.person)
        local.retire_feed(writing.connection, command.feed)
        payload = revocation_payload(person_key, writing.circle, command.feed, *last)
        writing.write_statement(REVOKE_KIND, payload, person_subject(command.person))

    def _promised(self, writing: Writing, listing: bytes) -> list[AgreementState]:
        """The agreements about a listing that take days of it, as its owner knows them."""
        found = []
        for agreement in agreements_in_promise(writing.connection, listing, LOAN.promises):
            state = writing.states.agreement(writing.circle, agreement)
            if state is not None:
                found.append(state)
        return found

    def _elsewhere(self, writing: Writing, listing: bytes, person: bytes) -> list[BusyPeriod]:
        """Published periods of agreements that have not arrived here: made on another computer.

        Of an agreement whose first entry is here, forgotten or not, this computer knows better.
        """
        tag = self._busy_tag(person)
        unknown = {one.tag: one for one in writing.states.busy(writing.circle, listing)}
        for agreement in agreements_about(writing.connection, listing):
            unknown.pop(tag(agreement), None)
        if unknown:
            for agreement in sealed_subjects(writing.connection):
                unknown.pop(tag(agreement), None)
        return list(unknown.values())

    def _listing(self, writing: Writing, listing: bytes) -> ListingState:
        state = writing.states.listing(writing.circle, listing)
        if state is None:
            raise UnknownReference("there is no such listing here")
        return state

    def _today(self) -> str:
        return day_of(self._clock.time_ms(), self._zone())


def _subject_of(command: commands.PersonCommand) -> bytes | None:
    match command:
        case commands.EditListing() | commands.CloseListing() | commands.RequestLoan():
            return command.listing
        case commands.MoveLoan():
            return command.loan
        case commands.Forget():
            return command.subject
        case _:
            return None


def _check_photos(connection: sqlite3.Connection, photos: Iterable[bytes]) -> None:
    if not all(is_held(connection, photo) for photo in photos):
        raise DomainError("a photo is not on this computer; add it first")


def _same(body: ListingBusy, published: tuple[BusyPeriod, ...]) -> bool:
    return sorted(body.periods, key=repr) == sorted(published, key=repr)
