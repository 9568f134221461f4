"""Computers with fixed clocks, each a ledger in a folder, that hand each other all they have."""

from pathlib import Path
from typing import Any

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import AddListing, AddPerson, MoveAgreement, RequestLoan
from p2pshare.domain.views import AgreementView
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.append import Quota

START_MS = 1_795_000_000_000


class Computer(Ledger):
    """A ledger whose clock stands still, in UTC."""

    def __init__(self, folder: Path, quota: Quota | None = None) -> None:
        super().__init__(folder, clock=ManualClock(START_MS), zone=lambda: 0, quota=quota)

    def add(self, name: str, passphrase: bytes | None = None) -> bytes:
        return self.perform(AddPerson(name=name), passphrase)[0].subject

    def offer(self, person: bytes, title: str = "Drill", **fields: Any) -> bytes:
        offered = ExchangeType.OFFER
        command = AddListing(person=person, exchange_type=offered, title=title, **fields)
        return self.perform(command)[0].subject

    def ask(self, person: bytes, listing: bytes, **fields: Any) -> bytes:
        return self.perform(RequestLoan(person=person, listing=listing, **fields))[0].subject

    def move(self, person: bytes, loan: bytes, move: str, note: str = "") -> None:
        self.perform(MoveAgreement(person=person, agreement=loan, move=move, note=note))

    def host(self, other: Ledger, person: bytes, name: str) -> None:
        """Be a second computer of a person of ``other``."""
        self.keys.add_person(
            None, key=other.keys.person_key(person), reading=other.keys.reading_key(person)
        )
        with self.database.transaction(durable=True) as connection:
            local.add_own_person(connection, person, name, START_MS)
        self._reading_keys = None

    def all_entries(self) -> dict[tuple[bytes, bytes], list[SignedEntry]]:
        """(circle, feed) -> its entries in the order of the chain, where it has no fork."""
        found: dict[tuple[bytes, bytes], list[SignedEntry]] = {}
        for circle, feed, header, signature, body in self.database.connection.execute(
            "SELECT c.circle, f.feed, e.header, e.signature, b.body FROM entries AS e"
            " JOIN feeds AS f ON f.number = e.feed JOIN circles AS c ON c.number = f.circle"
            " LEFT JOIN bodies AS b ON b.entry = e.number ORDER BY e.feed, e.seq"
        ):
            found.setdefault((circle, feed), []).append(SignedEntry(header, signature, body))
        return found

    def count(self) -> int:
        return int(self.database.connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    def pull(self, other: "Computer") -> IngestReport:
        """Take in all that ``other`` has, and do what follows."""
        report = self.receive(
            [Arrival(circle, entries) for (circle, _), entries in other.all_entries().items()]
        )
        self.entail(report)
        return report

    def loan(self, loan: bytes) -> AgreementView:
        return self.queries.agreements(self.clock.time_ms(), agreement=loan.hex())[0]

    def file_bytes(self) -> bytes:
        """All that SQLite has on disk."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("ledger.db*")))


def meet(*computers: Computer) -> None:
    """Everybody pulls from everybody until nothing is new."""
    for _ in range(6):
        reports = [one.pull(other) for one in computers for other in computers if one is not other]
        if not any(report.new for report in reports):
            return
    raise AssertionError("the ledgers go on writing")
