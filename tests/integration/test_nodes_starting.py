"""Starting, stopping and listening to live nodes: nothing is left behind, nothing is told early."""

import asyncio
import itertools
import socket
import sqlite3
import threading
from pathlib import Path

import pytest
from integration.nodes_kit import (
    LOOPBACK,
    config_of,
    equal,
    event_of,
    has_listing,
    linked,
    node_of,
    offer,
    person,
    until,
)

from p2pshare.errors import AlreadyRunning, NodeError, StoreDamaged
from p2pshare.node import events as node_events
from p2pshare.node.config import Config
from p2pshare.node.events import EventsMissed, EventStream, LinkDown, NodeEvent
from p2pshare.node.facade import Node
from p2pshare.node.lock import is_running
from p2pshare.store import local

STOP_SECONDS_MAX = 2.0


def threads() -> set[threading.Thread]:
    """The threads of the core but those that end by themselves (``net.tasks.off_loop``)."""
    ours = {thread for thread in threading.enumerate() if "p2pshare" in thread.name}
    return {thread for thread in ours if "off loop" not in thread.name}


async def runs(folder: Path) -> bool:
    return await asyncio.to_thread(is_running, folder)


def open_sockets(port: int) -> bool:
    """Whether something listens on the port."""
    with socket.socket() as trial:
        return trial.connect_ex((LOOPBACK, port)) == 0


async def test_stop_is_quick_and_leaves_nothing(tmp_path: Path) -> None:
    tasks = asyncio.all_tasks()
    a, b = node_of(tmp_path / "a", discovery=True), node_of(tmp_path / "b")
    await a.start()
    await b.start()
    stream = a.events()
    from p2pshare.net.transport import Endpoint

    b.dial(Endpoint(LOOPBACK, a.port))
    await linked(a, b)
    port = a.port
    assert await runs(tmp_path / "a")
    begun = asyncio.get_running_loop().time()
    await a.stop()
    assert asyncio.get_running_loop().time() - begun < STOP_SECONDS_MAX
    await b.stop()
    await a.stop()  # a second time does nothing
    assert threads() == set()
    assert asyncio.all_tasks() == tasks
    assert not open_sockets(port)
    assert not await runs(tmp_path / "a")
    assert not list((tmp_path / "a").glob("ledger.db-*")), "the log is merged at the last close"
    told = [event async for event in stream]
    assert isinstance(told[-1], LinkDown)
    assert [event async for event in a.events()] == []
    with pytest.raises(NodeError, match="not running"):
        await person(a, "Ada")


async def test_who_stops_with_a_link_up_notes_that_there_is_none(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        await linked(a, b)

        async def is_noted() -> bool:
            return await a.with_ledger(
                lambda ledger: len(local.noted_links(ledger.database.connection)) == 1
            )

        await until(is_noted, a)
    connection = sqlite3.connect(tmp_path / "a" / "ledger.db")
    assert connection.execute("SELECT count(*) FROM links").fetchone() == (0,)
    connection.close()


async def test_a_second_node_on_the_folder_is_refused_and_leaves_the_first_alone(
    tmp_path: Path,
) -> None:
    async with node_of(tmp_path / "a") as a:
        before = threads()
        with pytest.raises(AlreadyRunning, match="--data"):
            await node_of(tmp_path / "a").start()
        assert threads() == before
        await person(a, "Ada")
    async with node_of(tmp_path / "a"):
        pass


async def test_a_taken_port_is_said_and_nothing_stays_open(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        before = threads()
        with pytest.raises(NodeError, match=f"cannot listen on port {a.port}.*--port"):
            await node_of(tmp_path / "b", port=a.port).start()
        assert threads() == before
        assert not await runs(tmp_path / "b")
    async with node_of(tmp_path / "b"):
        pass


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(NodeError, match="cannot be made"):
            await Node(Config(folder)).start()
    (tmp_path / "c" / "ledger.db").mkdir(parents=True)
    with pytest.raises(Exception, match="unable to open"):
        await Node(Config(tmp_path / "c")).start()
    assert not await runs(tmp_path / "c")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "ledger.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreDamaged):
        await Node(Config(tmp_path / "d")).start()
    assert not await runs(tmp_path / "d")
    assert threads() == set()


@pytest.mark.parametrize("reached", ["_lock", "_journal", "_effects", "_network"])
async def test_a_start_that_is_cancelled_is_undone(tmp_path: Path, reached: str) -> None:
    node = node_of(tmp_path / "a")
    starting = asyncio.ensure_future(node.start())
    for _ in itertools.count():
        if getattr(node, reached) is not None:
            break
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert threads() == set()
    assert not await runs(tmp_path / "a")
    async with node_of(tmp_path / "a"):
        pass


async def test_events_come_in_order_and_after_the_commit(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        await linked(a, b)
        ada = await person(a, "Ada")
        here, there = a.events(), b.events()
        outside = sqlite3.connect(tmp_path / "b" / "ledger.db")
        offered = [(await offer(a, ada, f"Drill {number}")).hex() for number in range(20)]
        for stream in (here, there):
            told: list[str] = []
            while len(told) < len(offered):
                event = (await event_of(stream, "changed")).to_dict()
                if event["about"] != "listing":
                    continue
                told.append(event["id"])
                if stream is there:
                    found = outside.execute(
                        "SELECT count(*) FROM listings WHERE listing = ?", (event["id"],)
                    )
                    assert found.fetchone() == (1,), "told before it was committed"
            assert told == offered
        outside.close()


async def test_a_command_during_the_change_of_device_is_done_and_told(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b") as b:
        ada = await person(a, "Ada")
        stream = a.events()
        a._met_copy()  # as if a copy of the folder had been met
        commands = [await offer(a, ada, f"Drill {number}") for number in range(5)]
        await event_of(stream, "device-copied")
        from integration.nodes_kit import dial

        await dial(b, a)
        for listing in commands:
            await has_listing(b, listing)
        await equal(a, b)


async def test_a_listener_that_lags_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_events, "EVENTS_QUEUED_MAX", 3)
    stream = EventStream()
    events = [LinkDown("aa", str(number), "ended") for number in range(5)]
    for event in events:
        stream.put(event)
    stream.end()
    heard: list[NodeEvent] = [event async for event in stream]
    assert heard == [EventsMissed(), events[3], events[4]]


async def test_a_listener_that_nobody_holds_is_forgotten(tmp_path: Path) -> None:
    async with Node(config_of(tmp_path / "a")) as a:
        kept = a.events()
        a.events()
        await person(a, "Ada")
        assert list(a._streams) == [kept]
