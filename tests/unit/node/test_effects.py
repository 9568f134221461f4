"""Executing the engine's effects: two of them joined by pipes in memory, over real ledgers."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from unit.node.ledger_pair import stretches

from p2pshare.clock import SystemClock
from p2pshare.domain.commands import AddListing, AddPerson, Command, EditListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import StoreError
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.frontier import Frontier
from p2pshare.node.effects import Effects
from p2pshare.node.events import EntriesAdded, EntriesRepaired, NodeEvent, RowChanged
from p2pshare.node.ingest import Arrival
from p2pshare.node.journal import Change, Journal
from p2pshare.node.ledger import Ledger
from p2pshare.node.reading import Reading
from p2pshare.node.worker import Worker
from p2pshare.store.feeds import circle_numbers, read_frontier

SECONDS = 5.0
ExpectLog = Callable[..., None]


@dataclass
class Side:
    """A node without a network: journal, threads and effects."""

    device: bytes
    journal: Journal
    writer: Worker
    reading: Reading
    effects: Effects = field(init=False)
    told: list[NodeEvent] = field(default_factory=list)
    copies_met: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.effects = Effects(
            self.device, self.journal, self.writer, self.reading, SystemClock(), self.tell, self.met
        )

    def tell(self, event: NodeEvent) -> None:
        self.told.append(event)
        self.changed.set()

    def met(self) -> None:
        self.copies_met += 1
        self.changed.set()

    async def perform(self, command: Command) -> bytes:
        performed, change = await self.writer.run(lambda: self.journal.perform(command, None))
        for report in (change.report, *change.followed()):
            self.effects.publish(report)
        return performed.subject

    async def offer(self, owner: bytes, title: str) -> bytes:
        command = AddListing(person=owner, exchange_type=ExchangeType.OFFER, title=title)
        return await self.perform(command)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    def frontier(self) -> Frontier:
        connection = self.journal.ledger.database.connection
        return read_frontier(connection, circle_numbers(connection)[OPEN_CIRCLE])


class Joint:
    """One end of a link in memory: what is sent here arrives at the other end, later."""

    def __init__(self, owner: Side) -> None:
        self.owner = owner
        self.number = 0
        self.other = self
        self.closed: list[str] = []
        self.sent: list[bytes] = []

    def send(self, data: bytes, tracked: bool) -> None:
        self.sent.append(data)
        loop = asyncio.get_running_loop()
        loop.call_soon(self.other.arrive, data)
        if tracked:
            loop.call_soon(lambda: self.owner.effects.sent(self.number))

    def arrive(self, data: bytes) -> None:
        self.owner.effects.arrived(self.number, data)

    def close(self, reason: str) -> None:
        self.closed.append(reason)
        self.owner.changed.set()

    def pause(self) -> None:
        """Nothing is held back: these tests send little."""

    def resume(self) -> None:
        """As ``pause``."""


def join(one: Side, other: Side) -> tuple[Joint, Joint]:
    near, far = Joint(one), Joint(other)
    near.other, far.other = far, near
    for end, peer, dialled in ((near, other, True), (far, one, False)):
        end.number = end.owner.effects.link_opened(
            end, dialled=dialled, device=peer.device, transcript=bytes(32), open_circle=True
        )
    return near, far


@asynccontextmanager
async def side(folder: Path, device: bytes) -> AsyncIterator[Side]:
    writer, reading = Worker("write"), Reading(folder / "ledger.db")
    journal = await writer.run(lambda: Journal(Ledger(folder)))
    await reading.start()
    made = Side(device, journal, writer, reading)
    await made.effects.start()
    try:
        yield made
    finally:
        await made.effects.stop()
        await reading.stop()
        await writer.run(journal.close)
        await writer.close()


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Side, Side]]:
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(side(tmp_path / "a", b"a" * 32))
        b = await stack.enter_async_context(side(tmp_path / "b", b"b" * 32))
        yield a, b


def listing_of(event: NodeEvent) -> str:
    return event.id if isinstance(event, RowChanged) and event.about == "listing" else ""


async def test_what_is_written_reaches_the_other_before_and_after_the_link(
    pair: tuple[Side, Side],
) -> None:
    a, b = pair
    ada = await a.perform(AddPerson(name="Ada"))
    drill = await a.offer(ada, "Drill")
    join(a, b)
    await b.until(lambda: drill.hex() in map(listing_of, b.told))
    saw = await a.offer(ada, "Saw")
    await b.until(lambda: saw.hex() in map(listing_of, b.told))
    assert all(not event.own for event in b.told if isinstance(event, EntriesAdded))
    assert all(event.own for event in a.told if isinstance(event, EntriesAdded))
    frontiers = [await one.writer.run(one.frontier) for one in pair]
    assert frontiers[0].digest() == frontiers[1].digest()


async def test_nothing_is_sent_before_it_is_committed(pair: tuple[Side, Side]) -> None:
    a, b = pair
    near, _ = join(a, b)
    ada = await a.perform(AddPerson(name="Ada"))
    await b.until(lambda: any(isinstance(one, EntriesAdded) for one in b.told))
    sent = len(near.sent)
    command = AddListing(person=ada, exchange_type=ExchangeType.OFFER, title="Unmistakable")
    _, change = await a.writer.run(lambda: a.journal.perform(command, None))
    assert len(near.sent) == sent, "committed, and not published yet"
    a.effects.publish(change.report)
    assert any(b"Unmistakable" in data for data in near.sent[sent:])


async def test_what_arrives_while_a_transaction_runs_goes_into_the_next_one(
    pair: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = pair
    ada = await a.perform(AddPerson(name="Ada"))
    drill = await a.offer(ada, "Drill")
    join(a, b)
    await b.until(lambda: drill.hex() in map(listing_of, b.told))
    groups: list[int] = []
    receive = b.journal.receive

    def counted(arrivals: Sequence[Arrival]) -> Change:
        groups.append(len(arrivals))
        return receive(arrivals)

    monkeypatch.setattr(b.journal, "receive", counted)
    going_on = threading.Event()
    busy = asyncio.ensure_future(b.writer.run(lambda: going_on.wait(SECONDS)))
    for number in range(6):
        await a.perform(EditListing(person=ada, listing=drill, title=f"Drill {number}"))
    last = await a.writer.run(a.frontier)
    going_on.set()
    assert await busy

    def told() -> int:
        return sum(one.entries for one in b.told if isinstance(one, EntriesAdded))

    await b.until(lambda: told() == last.get(next(iter(last)))[0][0] + 1)
    assert (await b.writer.run(b.frontier)).digest() == last.digest()
    assert len(groups) < 6, groups
    assert groups[0] == 1, "the first one waits for nothing"


async def test_what_is_published_while_the_frontiers_are_read_is_not_lost(tmp_path: Path) -> None:
    async with side(tmp_path / "a", b"a" * 32) as a, side(tmp_path / "b", b"b" * 32) as b:
        ada = await a.perform(AddPerson(name="Ada"))
        a.effects = Effects(a.device, a.journal, a.writer, a.reading, SystemClock(), a.tell, a.met)
        starting = asyncio.ensure_future(a.effects.start())
        offered = []
        while not starting.done():
            offered.append(await a.offer(ada, f"Drill {len(offered)}"))
        await starting
        join(a, b)
        for listing in offered:
            await b.until(lambda one=listing: one.hex() in map(listing_of, b.told))


async def test_an_owed_body_is_asked_for_and_told(pair: tuple[Side, Side]) -> None:
    a, b = pair
    ada = await a.perform(AddPerson(name="Ada"))
    await a.offer(ada, "Drill")
    join(a, b)
    await b.until(lambda: any(map(listing_of, b.told)))

    def lose() -> object:
        with b.journal.ledger.database.transaction(durable=False) as connection:
            connection.execute("INSERT INTO owed (entry) SELECT max(number) FROM entries")
            connection.execute("DELETE FROM bodies WHERE entry IN (SELECT entry FROM owed)")
        return b.journal.look(always=True)

    seen = await b.writer.run(lose)
    b.effects.publish(seen.report)  # type: ignore[attr-defined]
    await b.until(lambda: EntriesRepaired(1) in b.told)


async def test_a_breach_closes_the_link_and_stores_nothing(pair: tuple[Side, Side]) -> None:
    a, b = pair
    _, far = join(a, b)
    b.effects.arrived(far.number, b"garbage")
    await b.until(lambda: bool(far.closed))
    b.effects.arrived(far.number, b"more of it")  # after the end: nobody listens
    assert len(far.closed) == 1
    b.effects.link_closed(far.number)
    assert await b.writer.run(lambda: stretches(b.journal.ledger)) == []


async def test_a_copy_of_this_device_is_reported(tmp_path: Path) -> None:
    async with side(tmp_path / "a", b"a" * 32) as a, side(tmp_path / "b", b"a" * 32) as copy:
        join(a, copy)
        await a.until(lambda: a.copies_met == 1)
        await copy.until(lambda: copy.copies_met == 1)


async def test_a_ledger_that_cannot_be_written_fails_the_store_and_not_the_link(
    pair: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    a, b = pair
    expect_log("what a peer sent could not be stored: the disk is full")
    failed = asyncio.Event()
    receive = b.journal.receive
    loop = asyncio.get_running_loop()

    def fail(arrivals: object) -> object:
        loop.call_soon_threadsafe(failed.set)
        raise StoreError("the disk is full")

    monkeypatch.setattr(b.journal, "receive", fail)
    _, far = join(a, b)
    ada = await a.perform(AddPerson(name="Ada"))
    async with asyncio.timeout(SECONDS):
        await failed.wait()
    monkeypatch.setattr(b.journal, "receive", receive)
    await b.until(lambda: far.closed == [])
    drill = await a.offer(ada, "Drill")
    await b.until(lambda: drill.hex() in map(listing_of, b.told))


async def test_a_read_that_fails_is_said_and_answered(
    pair: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    a, b = pair
    expect_log("the ledger could not be read for a peer: bad sector")
    ada = await a.perform(AddPerson(name="Ada"))
    drill = await a.offer(ada, "Drill")
    failed = asyncio.Event()
    answer = a.reading.answer

    async def fail(effect: object) -> object:
        failed.set()
        raise StoreError("bad sector")

    monkeypatch.setattr(a.reading, "answer", fail)
    near, far = join(a, b)
    async with asyncio.timeout(SECONDS):
        await failed.wait()
    monkeypatch.setattr(a.reading, "answer", answer)
    for end in (near, far):
        end.owner.effects.link_closed(end.number)
    join(a, b)
    await b.until(lambda: drill.hex() in map(listing_of, b.told))
