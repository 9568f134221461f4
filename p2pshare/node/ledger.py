"""One installation's ledger, used from one thread: database, keys, ingest, author, queries.

The command line uses it directly; ``node.worker`` runs it on the database thread of a live node. It
knows nothing of sockets, events or asyncio.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from p2pshare.clock import Clock, SystemClock
from p2pshare.domain.commands import AddPerson, Command
from p2pshare.domain.days import Zone, day_of
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE, closed_circle
from p2pshare.log.keys import ReadingKey
from p2pshare.node.authoring import Author, Performed
from p2pshare.node.backup import Backup
from p2pshare.node.categories import bundled_categories
from p2pshare.node.config import local_zone
from p2pshare.node.entailing import Entailing
from p2pshare.node.ingest import Arrival, Ingest, IngestReport
from p2pshare.node.keystore import KeyStore, Passphrase, no_passphrase
from p2pshare.node.own_lists import Words
from p2pshare.store import local
from p2pshare.store.append import Quota
from p2pshare.store.blobs import (
    add_own_photo,
    circles_naming,
    delete_unused,
    has_outdated,
    read_blob,
    want_photo,
)
from p2pshare.store.database import FOLD_VERSION, Database
from p2pshare.store.notes import ERASED_IN_LOG, empty_log, leave_note
from p2pshare.store.queries import Queries
from p2pshare.store.rebuild import rebuild
from p2pshare.store.salvage import finish_salvage
from p2pshare.store.search import resolve, resolve_person, resolve_photo

LEDGER_FILE: Final = "ledger.db"
KEYS_FOLDER: Final = "keys"


class Ledger:
    """The ledger and keys in a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock | None = None,
        zone: Callable[[], Zone] = local_zone,
        passphrase: Passphrase = no_passphrase,
        quota: Quota | None = None,
    ) -> None:
        """Open the folder, making what is missing; rebuild rows that an older version folded.

        Raises NodeError or StoreError.
        """
        self.folder: Final = folder
        self.clock: Final = clock or SystemClock()
        self.zone: Final = zone
        self.keys: Final = KeyStore(folder / KEYS_FOLDER, passphrase, self.clock)
        finish_salvage(folder / LEDGER_FILE)
        self.database: Final = Database(folder / LEDGER_FILE)
        try:
            self._reading_keys: list[ReadingKey] | None = None
            self._keys_of_version = -1
            self.ingest: Final = Ingest(self.database, self.clock, self.reading_keys, quota)
            self.author: Final = Author(self.ingest, self.keys, self.clock, zone)
            self._entailing = Entailing(self.ingest, self.keys, self.clock, zone)
            self.queries: Final = Queries(
                self.database.connection, bundled_categories(), Words(folder).vocabulary
            )
            with self.database.transaction(durable=False) as connection:
                local.ensure_open_circle(connection)
                self.keys.sweep()
                outdated = self.database.fold_version() < FOLD_VERSION
            self.tidy_photos()
            if outdated:
                self.rebuild()
            empty_log(self.database)
        except BaseException:
            self.database.close()
            raise

    def reading_keys(self) -> list[ReadingKey]:
        """The reading keys of the persons hosted here; read anew when the ledger has changed."""
        version = self.database.data_version()
        if self._reading_keys is None or version != self._keys_of_version:
            self._reading_keys = self.keys.reading_keys()
            self._keys_of_version = version
        return self._reading_keys

    def perform(self, command: Command, passphrase: bytes | None = None) -> list[Performed]:
        """Do what a person asks, and tell the circle what follows from it.

        The first result is the command's; others are entries that it entails, as does the time
        (promised days, turns, what is accepted by itself).
        Raises DomainError, UnknownReference, KeyLocked, or another StoreError or NodeError.
        """
        if isinstance(command, AddPerson):
            performed = self.author.add_person(command.name, passphrase, desk=command.desk)
            self._reading_keys = None
        else:
            performed = self.author.perform(command)
        return [performed, *self.entail(performed.report, timely=True)]

    def entail(
        self, report: IngestReport | None = None, *, timely: bool = False
    ) -> list[Performed]:
        """Write what our persons owe the circle after a change; without one, after all of them.

        ``timely``: also what follows from the time alone. Raises StoreError.
        """
        followed = self._entailing.follow(report, timely=timely)
        return [Performed(b"", one) for one in followed]

    def receive(self, arrivals: list[Arrival]) -> IngestReport:
        """Take in what peers sent."""
        return self.ingest.receive(arrivals)

    def add_photo(self, photo: bytes) -> bytes:
        """Keep a photo that has passed the gate, until something shows it; its hash.

        Raises TooLarge or StoreError.
        """
        with self.database.transaction(durable=True) as connection:
            return add_own_photo(connection, photo, self.clock.time_ms())

    def photo_id(self, prefix: str) -> str:
        """The whole hex hash of a photo that a listing shows, or an agreement of one's own.

        Raises UnknownReference.
        """
        return resolve_photo(self.database.connection, prefix)

    def photo(self, photo: str) -> bytes | None:
        """A photo by its hex hash, as it is kept; it has not passed the gate.

        None if it is not here; then whoever is on the network with this folder is asked to fetch
        it. Raises StoreError.
        """
        digest = bytes.fromhex(photo)
        data = read_blob(self.database.connection, digest)
        if data is None:
            with self.database.transaction(durable=False) as connection:
                for circle in circles_naming(connection, digest):
                    want_photo(connection, circle, digest)
        return data

    def tidy_photos(self) -> None:
        """Delete the photos that nothing has come to show in time. Raises StoreError."""
        if has_outdated(self.database.connection, self.clock.time_ms()):
            with self.database.transaction(durable=False) as connection:
                if delete_unused(connection, self.clock.time_ms()):
                    leave_note(connection, ERASED_IN_LOG)
            empty_log(self.database)

    def restore_person(self, backup: Backup) -> bytes:
        """Host the person of a backup here; the person's key.

        What was sealed to them and is here already is read anew. Their next entry opens a new feed.
        Raises DomainError if they are hosted here already, or another NodeError or StoreError.
        """
        person = backup.key.public
        with self.database.transaction(durable=True) as connection:
            if person in local.own_persons(connection):
                raise DomainError("that person is set up on this computer already")
            self.keys.add_person(backup.passphrase, backup.key, backup.reading)
            local.add_own_person(connection, person, backup.name, self.clock.time_ms())
        self._reading_keys = None
        self.rebuild()
        return person

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make every derived and folded row again from the log; how many entries were read."""
        return rebuild(self.database, self.reading_keys(), progress)

    def add_closed_circle(self, name: str, secret: bytes) -> bytes:
        """Be in the closed circle with this 32-byte secret; its id."""
        circle = closed_circle(secret)
        with self.database.transaction(durable=True) as connection:
            local.add_circle(connection, circle, name, secret)
        return circle

    def own_persons(self) -> dict[bytes, str]:
        """The persons hosted here and their names, the first one first."""
        return local.own_persons(self.database.connection)

    def person(self, text: str) -> bytes:
        """The person of that name or id prefix. Raises UnknownReference."""
        return bytes.fromhex(resolve_person(self.database.connection, text))

    def acting_person(self, text: str | None) -> bytes:
        """Who acts: the named hosted person, or the only one. Raises UnknownReference."""
        own = self.own_persons()
        if not own:
            raise UnknownReference("nobody is set up here yet; run: p2pshare-cli init --name NAME")
        if text is None:
            if len(own) == 1:
                return next(iter(own))
            names = ", ".join(own.values())
            raise UnknownReference(f"several persons share this computer ({names}); add --as NAME")
        named = [person for person, name in own.items() if name.casefold() == text.casefold()]
        if len(named) == 1:
            return named[0]
        wanted = text.lower()
        found = [person for person in own if wanted and person.hex().startswith(wanted)]
        if len(found) != 1:
            raise UnknownReference(f"'{text}' is nobody who is set up on this computer")
        return found[0]

    def circle(self, text: str | None) -> bytes:
        """The circle of that name or id prefix; the open one if none is named."""
        if text is None:
            return OPEN_CIRCLE
        circles = local.read_circles(self.database.connection)
        found = [
            one.circle
            for one in circles
            if one.name.casefold() == text.casefold() or one.circle.hex().startswith(text.lower())
        ]
        if len(found) != 1:
            raise UnknownReference(f"this computer is in no circle called '{text}'")
        return found[0]

    def listing_id(self, prefix: str) -> str:
        """The whole hex id of a listing. Raises UnknownReference."""
        return resolve(self.database.connection, "listings", "listing", prefix)

    def agreement_id(self, prefix: str) -> str:
        """The whole hex id of an agreement. Raises UnknownReference."""
        return resolve(self.database.connection, "agreements", "agreement", prefix)

    def payment_id(self, prefix: str) -> str:
        """The whole hex id of a payment of hours. Raises UnknownReference."""
        return resolve(self.database.connection, "payments", "payment", prefix)

    def today(self) -> str:
        """The local day."""
        return day_of(self.clock.time_ms(), self.zone())

    def close(self) -> None:
        """Close the ledger."""
        self.database.close()
