"""Two ledgers in folders, and carrying what one has to the other."""

from p2pshare.domain.commands import AddListing, AddPerson, Command
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import Ledger
from p2pshare.store.feeds import circle_numbers
from p2pshare.store.serving import LogReader


def stretches(ledger: Ledger, circle: bytes = OPEN_CIRCLE) -> list[tuple[SignedEntry, ...]]:
    """Everything that the ledger has of a circle, as it would be sent."""
    connection = ledger.database.connection
    reader = LogReader(connection, circle_numbers(connection)[circle])
    reader.room = 10**9
    feeds = connection.execute("SELECT DISTINCT feed FROM feeds ORDER BY feed").fetchall()
    found: list[tuple[SignedEntry, ...]] = []
    for (feed,) in feeds:
        found.extend(reader.read_feed(feed, (), every=True).stretches)
    return found


def arrivals(ledger: Ledger, circle: bytes = OPEN_CIRCLE) -> list[Arrival]:
    return [Arrival(circle, stretch) for stretch in stretches(ledger, circle)]


def perform(ledger: Ledger, command: Command) -> bytes:
    return ledger.perform(command)[0].subject


def person(ledger: Ledger, name: str) -> bytes:
    return perform(ledger, AddPerson(name=name))


def offer(ledger: Ledger, owner: bytes, title: str = "Drill") -> bytes:
    command = AddListing(person=owner, exchange_type=ExchangeType.OFFER, title=title)
    return perform(ledger, command)
