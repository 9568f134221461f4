"""The node as window and command line see it; what takes two of them is in tests/integration."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import AddListing, AddPerson, CloseListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError, NodeError, StoreDamaged, StoreError, UnknownReference
from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import EntriesAdded, NodeStarted, RowChanged
from p2pshare.node.facade import Node
from p2pshare.node.ledger import Ledger

SECONDS = 10.0
QUIET = NetworkConfig(interfaces=("127.0.0.1",), discovery=False)
ExpectLog = Callable[..., None]


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    async with Node(Config(tmp_path, QUIET)) as node:
        yield node


def titled(who: bytes, title: str) -> AddListing:
    return AddListing(person=who, exchange_type=ExchangeType.OFFER, title=title)


async def test_it_tells_that_it_has_started(tmp_path: Path) -> None:
    node = Node(Config(tmp_path, QUIET))
    stream = node.events()
    async with node:
        assert await anext(stream) == NodeStarted(node.device.hex(), node.port)
        assert node.links() == []


async def test_a_command_answers_after_the_commit_and_tells_what_changed(node: Node) -> None:
    stream = node.events()
    ada = (await node.submit(AddPerson(name="Ada"))).subject
    performed = await node.submit(titled(ada, "Drill"))
    drill = performed.subject.hex()
    other = sqlite3.connect(node.config.folder / "ledger.db")
    assert other.execute("SELECT title FROM listings").fetchall() == [("Drill",)]
    other.close()
    seen = await node.query(lambda queries: queries.listing(drill, "2020-01-01"))
    assert seen is not None
    assert seen.own
    told = stream.take()
    assert isinstance(told[0], EntriesAdded)
    assert RowChanged("person", ada.hex(), added=True, removed=False) in told
    assert told[-1] == RowChanged("listing", drill, added=True, removed=False)


async def test_what_is_refused_changes_and_tells_nothing(node: Node) -> None:
    ada = (await node.submit(AddPerson(name="Ada"))).subject
    stream = node.events()
    with pytest.raises(DomainError):
        await node.submit(titled(ada, "  "))
    with pytest.raises(UnknownReference):
        await node.submit(titled(bytes(32), "Drill"))
    with pytest.raises(UnknownReference):
        await node.submit(CloseListing(person=ada, listing=bytes(16)))
    assert stream.take() == []
    assert await node.query(lambda queries: queries.circles()[0].entries) == 2


async def test_commands_at_once_are_done_one_after_the_other(node: Node) -> None:
    ada = (await node.submit(AddPerson(name="Ada"))).subject
    await asyncio.gather(*(node.submit(titled(ada, f"Drill {n}")) for n in range(10)))
    (circle,) = await node.query(lambda queries: queries.circles())
    assert (circle.entries, circle.feeds) == (12, 1)


async def test_the_ledger_can_be_used_on_its_thread_and_its_writes_are_told(node: Node) -> None:
    stream = node.events()
    performed = await node.with_ledger(lambda ledger: ledger.perform(AddPerson(name="Ada")))
    ada = performed[0].subject
    assert await node.with_ledger(lambda ledger: ledger.acting_person("Ada")) == ada
    assert RowChanged("person", ada.hex(), added=False, removed=False) in stream.take()

    def fail(ledger: Ledger) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await node.with_ledger(fail)


async def test_the_clock_is_the_one_that_was_given(tmp_path: Path) -> None:
    clock = ManualClock(1_700_000_000_000)
    async with Node(Config(tmp_path, QUIET), clock=clock) as node:
        await node.submit(AddPerson(name="Ada"))
        (ada,) = await node.query(lambda queries: queries.people())
        assert ada.last_seen_ms == 1_700_000_000_000


async def test_a_node_that_does_not_run_says_so(tmp_path: Path) -> None:
    node = Node(Config(tmp_path / "a", QUIET))
    for use in (lambda: node.device, lambda: node.port):
        with pytest.raises(NodeError, match="not running"):
            use()
    with pytest.raises(NodeError, match="not running"):
        await node.submit(AddPerson(name="Ada"))
    assert node.links() == []
    await node.stop()
    assert not (tmp_path / "a").exists()


async def test_other_processes_that_cannot_be_read_are_looked_at_again(
    node: Node, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("other processes' writes could not be read: a torn page")
    journal = node._journal
    assert journal is not None
    look = journal.look
    failures = 0
    failed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def fail_twice(*, always: bool = False):  # type: ignore[no-untyped-def]
        nonlocal failures
        failures += 1
        if failures == 2:
            loop.call_soon_threadsafe(failed.set)
        if failures <= 2:
            raise StoreDamaged("a torn page")
        return look(always=always)

    monkeypatch.setattr(journal, "look", fail_twice)
    async with asyncio.timeout(SECONDS):
        await failed.wait()
    stream = node.events()
    other = await asyncio.to_thread(Ledger, node.config.folder)
    await asyncio.to_thread(other.perform, AddPerson(name="Ada"))
    await asyncio.to_thread(other.close)
    async with asyncio.timeout(SECONDS):
        assert isinstance(await anext(stream), EntriesAdded)


async def test_what_cannot_be_noted_is_no_loss(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = node._journal
    assert journal is not None

    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(journal, "note_links", fail)
    monkeypatch.setattr(journal, "remember_address", fail)
    await node._note_links()
    await node._remember("127.0.0.1", 1, bytes(32))
