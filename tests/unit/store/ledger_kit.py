"""Ledgers in files, and a small world with one of everything, for tests of rebuild and audit.

Worlds and in-memory readers are ``world_kit``'s; this adds files, damage and a peer that repairs.
"""

from pathlib import Path

from unit.store.world_kit import START_MS, Person, Reader, World, Written, person_of

from p2pshare.clock import ManualClock
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Ingest, IngestReport
from p2pshare.store import local
from p2pshare.store.append import Quota
from p2pshare.store.audit import AuditReport, audit
from p2pshare.store.database import Database
from p2pshare.store.queries import Queries
from p2pshare.store.repair import owed_entries

ADA, BEN, CLEO = person_of(1), person_of(2), person_of(3)


class FileReader(Reader):
    """A reader whose ledger is a file, opened as the program opens it."""

    def __init__(self, path: Path, *persons: Person, quota: Quota | None = None) -> None:
        self.path = path
        self.clock = ManualClock(START_MS)
        self.persons = persons
        self.keys = [person.reading for person in persons]
        self.database = Database(path)
        with self.database.transaction(durable=False) as connection:
            local.ensure_open_circle(connection)
        self.ingest = Ingest(self.database, self.clock, lambda: self.keys, quota)
        self.queries = Queries(self.database.connection)

    def spoil(self, statement: str, *values: object) -> None:
        """Change a row behind everybody's back."""
        connection = self.database.connection
        assert connection.execute(statement, values).rowcount > 0

    def audit(self) -> AuditReport:
        return audit(self.path, self.keys)

    def wanted(self) -> list[bytes]:
        """The ids that a node would ask its links for."""
        return sorted(set[bytes]().union(*owed_entries(self.database.connection).values()))

    def repair_from(self, world: World) -> IngestReport:
        """Ask a peer that has the whole world."""
        return self.repair(world.by_id[identifier] for identifier in self.wanted())


def village(listings: int = 4) -> World:
    """A world of three persons with one of everything: about 30 entries, more with more listings.

    Names, offers, edits, a loan that was given back, a loan that both forgot, a payment, a fork, a
    second computer, a revocation, an erasure, an unknown kind.
    """
    world = World()
    ada, ben, cleo = (world.open_feed(person) for person in (ADA, BEN, CLEO))
    for feed, name in ((ada, "Ada"), (ben, "Ben"), (cleo, "Cleo")):
        world.profile(feed, name)
    offers = [world.put(ada, f"Drill number {index}") for index in range(listings)]
    world.put(ada, "Drill, good as new", offers[0].subject, after=[offers[0]])
    loan = world.request(ben, offers[0], "for the shelf")
    accept = world.move(ada, loan, "accept", after=[loan])
    out = world.move(ada, loan, "hand-over", after=[accept])
    period = BusyPeriod("2026-11-23", "2026-11-28", 1, True, b"8 bytes!")
    world.busy(ada, offers[0].subject, [period], after=[offers[0]])
    world.move(ben, loan, "give-back", after=[out])
    forgotten = world.request(ben, offers[1], "never mind")
    decline = world.move(ada, forgotten, "decline", after=[forgotten])
    world.erase(ben, [forgotten, decline])
    world.erase(ada, [forgotten, decline])
    world.pay(ben, BEN, ADA, 60)
    ladder = world.put(cleo, "Ladder")
    world.put(cleo, "Ladder, said on one computer", ladder.subject, after=[ladder])
    world.close(cleo, ladder.subject, after=[ladder], follow=ladder)
    regretted = world.put(cleo, "Something secret that goes")
    world.erase(cleo, [regretted])
    second = world.open_feed(ADA)
    kept = world.put(second, "Saw from the second computer")
    world.put(second, "Written by a thief")
    world.revoke(ada, ADA, kept)
    world.write(ben, "weather.report", b"\x81\xa3sky\xa4grey")
    return world


def without_body(entry: Written) -> SignedEntry:
    """The entry as a peer sends it that has no body of it."""
    return SignedEntry(entry.signed.header, entry.signed.signature, None)
