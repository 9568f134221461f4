"""One device key on the network: pipes that never block, names that do not resolve, late news."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import pytest

from p2pshare.clock import SystemClock
from p2pshare.errors import LinkError, NodeError
from p2pshare.log.keys import SigningKey
from p2pshare.net.link_errors import LinkClosed, ProtocolBreach
from p2pshare.net.transport import Endpoint
from p2pshare.node.config import NetworkConfig
from p2pshare.node.events import NodeEvent
from p2pshare.node.network import LinkPipe, Network, _resolve, _until_one_raises

SECONDS = 5.0


class FakeLink:
    """A link whose other side is this test."""

    device = b"d" * 32

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.room = asyncio.Event()
        self.room.set()

    async def send(self, data: bytes) -> None:
        await self.room.wait()
        self.sent.append(data)

    async def receive(self) -> bytes:
        data = await self.incoming.get()
        if not data:
            raise LinkClosed(1000)
        return data


def pipe_of(link: FakeLink) -> LinkPipe:
    return LinkPipe(link, lambda: None)  # type: ignore[arg-type]


async def test_messages_are_sent_in_order_and_tracked_ones_reported_when_taken() -> None:
    link, taken = FakeLink(), list[int]()
    all_taken = asyncio.Event()
    link.room.clear()

    def take() -> None:
        taken.append(len(link.sent))
        if len(taken) == 3:
            all_taken.set()

    pipe = LinkPipe(link, take)  # type: ignore[arg-type]
    for number in range(6):
        pipe.send(bytes([number]), number % 2 == 1)
    sending = asyncio.ensure_future(pipe.run_sending())
    await asyncio.sleep(0)
    assert (link.sent, taken) == ([], [])
    link.room.set()
    async with asyncio.timeout(SECONDS):
        await all_taken.wait()
    assert (link.sent, taken) == ([bytes([number]) for number in range(6)], [2, 4, 6])
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_a_pause_leaves_messages_with_the_sender() -> None:
    link, heard = FakeLink(), list[bytes]()
    pipe = pipe_of(link)
    arrived = asyncio.Event()

    def arrive(data: bytes) -> None:
        heard.append(data)
        pipe.pause()
        arrived.set()

    receiving = asyncio.ensure_future(pipe.run_receiving(arrive))
    for data in (b"1", b"2", b""):
        link.incoming.put_nowait(data)
    async with asyncio.timeout(SECONDS):
        await arrived.wait()
        assert (heard, link.incoming.qsize()) == ([b"1"], 2)
        arrived.clear()
        pipe.resume()
        await arrived.wait()
        assert heard == [b"1", b"2"]
        pipe.resume()
        with pytest.raises(LinkClosed):
            await receiving


async def test_the_first_reason_by_which_a_link_ends_is_the_one() -> None:
    link = FakeLink()
    pipe = pipe_of(link)
    pipe.close("they lied")
    pipe.close("they lied again")
    with pytest.raises(ProtocolBreach, match=r"they lied$") as ended:
        await _until_one_raises(
            pipe.run_sending(), pipe.run_receiving(lambda data: None), pipe.run_ending()
        )
    assert ended.value.device == link.device


async def test_all_works_of_a_link_end_together() -> None:
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise LinkError("cut")

    with pytest.raises(LinkError, match="cut"):
        await _until_one_raises(wait("one"), fail(), wait("two"))
    assert sorted(ended) == ["one", "two"]


async def test_a_name_has_its_addresses_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await _resolve("127.0.0.1", 4711) == [Endpoint("127.0.0.1", 4711)]
    loop = asyncio.get_running_loop()

    async def answer(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)),
        ]

    monkeypatch.setattr(loop, "getaddrinfo", answer)
    assert await _resolve("kiosk", 9) == [Endpoint("::1", 9), Endpoint("127.0.0.1", 9)]

    async def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(loop, "getaddrinfo", fail)
    with pytest.raises(NodeError, match="'kiosk' has no address: Name or service not known"):
        await _resolve("kiosk", 9)


async def test_what_becomes_known_after_the_end_is_let_go() -> None:
    told: list[NodeEvent] = []
    remembered: list[str] = []

    def remember(address: str, port: int, device: bytes) -> Coroutine[Any, Any, None]:
        remembered.append(address)
        raise AssertionError("nothing is remembered any more")

    config = NetworkConfig(interfaces=("127.0.0.1",), discovery=False)
    network = Network(
        SigningKey.generate(),
        config,
        None,  # type: ignore[arg-type]
        SystemClock(),
        told.append,
        remember,
    )
    await network.start([])
    assert network.port
    assert network.links == []
    await network.stop()
    network._worked(bytes(32), Endpoint("127.0.0.1", 1))
    network._interfaces_changed(())
    await network.stop()
    assert (told, remembered) == ([], [])
