"""Live nodes on 127.0.0.1 in one process, and waiting for what they reach, never for a time.

Each node has a folder below the test's own; discovery is off unless a test asks for it, and nodes
are told of each other by ``peers`` or ``dial``.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from p2pshare.domain.commands import AddListing, AddPerson, Command, MoveAgreement, RequestLoan
from p2pshare.domain.views import AgreementView, ListingView
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.net.transport import Endpoint
from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import EventStream, NodeEvent
from p2pshare.node.facade import Node
from p2pshare.node.ledger import Ledger
from p2pshare.store.append import Quota
from p2pshare.store.migrations import FOLDED_TABLES
from p2pshare.store.queries import Queries

LOOPBACK: Final = "127.0.0.1"
DEADLINE_SECONDS: Final = 10.0
LOOK_AGAIN_SECONDS: Final = 0.05
"""Some of what tests wait for is told by no event; it is looked at this often, too."""


def config_of(
    folder: Path,
    *peers: Node,
    discovery: bool = False,
    port: int = 0,
    quota: Quota | None = None,
) -> Config:
    """The configuration of a node that dials ``peers``, which run."""
    network = NetworkConfig(
        interfaces=(LOOPBACK,),
        port=port,
        peers=tuple((LOOPBACK, peer.port) for peer in peers),
        discovery=discovery,
    )
    config = Config(folder, network)
    return config if quota is None else replace(config, quota=quota)


def node_of(folder: Path, *peers: Node, **options: Any) -> Node:
    """A node, not started yet."""
    return Node(config_of(folder, *peers, **options))


async def until(condition: Callable[[], Awaitable[bool]], *nodes: Node) -> None:
    """Wait until ``condition`` holds: looked at after each event of these nodes."""
    streams = [node.events() for node in nodes]
    waiting: dict[EventStream, asyncio.Future[NodeEvent]] = {}
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not await condition():
                for stream in streams:
                    if stream not in waiting:
                        waiting[stream] = asyncio.ensure_future(anext(stream))
                done, _ = await asyncio.wait(
                    waiting.values(),
                    timeout=LOOK_AGAIN_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                waiting = {stream: one for stream, one in waiting.items() if one not in done}
    finally:
        for one in waiting.values():
            one.cancel()
        await asyncio.gather(*waiting.values(), return_exceptions=True)


async def event_of(stream: EventStream, name: str, **fields: Any) -> NodeEvent:
    """The next event of that name with these fields."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        async for event in stream:
            told = event.to_dict()
            if event.name == name and all(told[key] == value for key, value in fields.items()):
                return event
    raise AssertionError(f"the stream ended without {name}")


async def digests(node: Node) -> dict[str, str]:
    """Circle to digest."""
    return await node.query(lambda queries: {one.circle: one.digest for one in queries.circles()})


async def equal(*nodes: Node) -> None:
    """Wait until these nodes hold the same entries of every circle, with nothing owed."""

    async def are_equal() -> bool:
        found = [await digests(node) for node in nodes]
        owed = [await node.with_ledger(owed_count) for node in nodes]
        return all(one == found[0] for one in found) and not any(owed)

    await until(are_equal, *nodes)


async def linked(*nodes: Node) -> None:
    """Wait until each of these nodes has a link to each of the others."""

    async def are_linked() -> bool:
        devices = {node.device for node in nodes}
        return all(
            {device for device, _ in node.links()} >= devices - {node.device} for node in nodes
        )

    await until(are_linked, *nodes)


async def sees(node: Node, read: Callable[[Queries], Any], expected: Any) -> None:
    """Wait until a query gives ``expected``."""

    async def does() -> bool:
        return bool(await node.query(read) == expected)

    await until(does, node)


async def person(node: Node, name: str) -> bytes:
    """A new person on the node; their id."""
    return (await node.submit(AddPerson(name=name))).subject


async def offer(node: Node, owner: bytes, title: str = "Drill", **fields: Any) -> bytes:
    """A new offer; its id."""
    command = AddListing(person=owner, exchange_type=ExchangeType.OFFER, title=title, **fields)
    return (await node.submit(command)).subject


async def has_listing(node: Node, listing: bytes) -> None:
    """Wait until a listing can be seen at the node."""

    async def does() -> bool:
        return await node.query(lambda queries: queries.listing(listing.hex(), TODAY)) is not None

    await until(does, node)


TODAY: Final = "2020-01-01"
"""A day on which nothing of these tests has ended."""


def titles(queries: Queries) -> list[str]:
    """The titles of all open listings, sorted."""
    return sorted(listing.title for listing in queries.listings(TODAY))


def listings(queries: Queries) -> list[ListingView]:
    """All open listings."""
    return queries.listings(TODAY)


def loan_states(queries: Queries) -> dict[str, str]:
    """Loan to state."""
    return {one.agreement: one.state for one in queries.agreements(0)}


def loan_of(loan: bytes) -> Callable[[Queries], AgreementView]:
    """Reads one loan."""
    return lambda queries: queries.agreements(0, agreement=loan.hex())[0]


async def request(node: Node, borrower: bytes, listing: bytes, **fields: Any) -> bytes:
    """Ask to borrow a listing that the node has seen; the loan's id."""
    await has_listing(node, listing)
    return (await node.submit(RequestLoan(person=borrower, listing=listing, **fields))).subject


async def moved(mover: Node, who: bytes, loan: bytes, move: str, state: str, *nodes: Node) -> None:
    """Make a move of a loan that comes to be known, and wait until all show where it leads."""
    await sees(mover, lambda queries: loan.hex() in loan_states(queries), True)
    await mover.submit(MoveAgreement(person=who, agreement=loan, move=move))
    for node in (mover, *nodes):
        await sees(node, lambda queries: loan_states(queries).get(loan.hex()), state)


def owed_count(ledger: Ledger) -> int:
    """How many entries lack something."""
    row = ledger.database.connection.execute(
        "SELECT (SELECT count(*) FROM owed) + (SELECT count(*) FROM damaged)"
    ).fetchone()
    return int(row[0])


def folded(queries: Queries, tables: Sequence[str] = FOLDED_TABLES) -> dict[str, list[Any]]:
    """The rows of folded tables without their numbers, in an order of their own."""
    connection: sqlite3.Connection = queries._connection
    found = {}
    for table in tables:
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        for row in rows:
            row.pop("number", None)
        found[table] = sorted(rows, key=repr)
    return found


def bytes_on_disk(folder: Path) -> bytes:
    """Everything in the ledger's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("ledger.db*")))


async def dial(node: Node, other: Node) -> None:
    """Dial another node of this process and wait for the link."""
    node.dial(Endpoint(LOOPBACK, other.port))
    await linked(node, other)


async def refused(node: Node, command: Command, kind: type[Exception]) -> str:
    """What is said when the command is refused so."""
    try:
        await node.submit(command)
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")
