"""An honest host, and the tools of an attacker, over real sockets on 127.0.0.1.

The attacker speaks with ``websockets`` and ``ssl`` directly, never through p2pshare.net's
transport, so that it can break every rule. Each attack ends in an assertion on the reason that the
attacked end gave.
"""

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from p2pshare.log.keys import SigningKey
from p2pshare.net.dialling import dial
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.listener import Listener
from p2pshare.net.tls import ServerTls, make_client_context, make_server_tls
from p2pshare.net.transport import Endpoint, Link, LocalDevice

LOOPBACK = InterfaceAddress("lo", 1, "127.0.0.1", 8)
# mDNS on loopback is heard by every process here. A network of our own within 127.0.0.0/8 keeps
# out what other test runs announce: it is on no network of ours (discovery.plausible_endpoints).
_PREFIX = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 256}"
OWN_LOOPBACK = InterfaceAddress("lo", 1, f"{_PREFIX}.1", 24)
SECOND_LOOPBACK = InterfaceAddress("lo", 1, f"{_PREFIX}.2", 24)
CLIENT_CONTEXT = make_client_context()
pack = msgspec.msgpack.encode
unpack = msgspec.msgpack.decode


class LogReader(logging.Handler):
    """Lets a test wait for the line that says why an end refused."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self._more.set()

    async def line_with(self, text: str, seconds: float = 5.0) -> None:
        """Wait until a line contains ``text``."""
        await self.until(lambda: any(text in line for line in self.lines), seconds)

    async def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait for what a line announces: ``condition`` is looked at after each."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._more.clear()
                await self._more.wait()


@dataclass
class Host:
    """A device that listens and echoes. ``sessions`` is all that got past the link layer."""

    key: SigningKey
    tls: ServerTls
    log: LogReader
    listener: Listener = field(init=False)
    sessions: list[Link] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    port: int = 0

    async def echo(self, link: Link) -> None:
        self.sessions.append(link)
        while True:
            message = await link.receive()
            self.received.append(message)
            await link.send(message)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("127.0.0.1", self.port)


@contextlib.asynccontextmanager
async def host(**options: Any) -> AsyncIterator[Host]:
    """A running host; honest links are made before and after the test body."""
    log = LogReader()
    logger = logging.getLogger("p2pshare.net")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(log)
    tls = await asyncio.to_thread(make_server_tls)
    running = Host(SigningKey.generate(), tls, log)
    running.listener = Listener(LocalDevice(running.key), running.echo, tls=tls, **options)
    running.port = await running.listener.start([LOOPBACK])
    before = after = None
    try:
        before = await honest_link(running)
        yield running
        await log.until(lambda: len(running.listener.gate) == 0)
        await echo_once(before, b"still here")
        after = await honest_link(running)
        honest = {before.device, after.device}
        assert honest == {running.key.public}
        assert [message for message in running.received if message == ATTACK] == []
    finally:
        for link in (before, after):
            if link is not None:
                await link.close()
        await running.listener.stop()
        logger.removeHandler(log)
        logger.setLevel(level)


ATTACK = b"this must reach nobody"


async def honest_link(to: Host, key: SigningKey | None = None, **options: Any) -> Link:
    """A link of a new honest device, tried with one message each way."""
    link = await dial(
        to.endpoint, LocalDevice(key or SigningKey.generate()), CLIENT_CONTEXT, **options
    )
    await echo_once(link, b"hello")
    return link


async def echo_once(link: Link, message: bytes) -> None:
    await link.send(message)
    assert await link.receive() == message


# --- the attacker -----------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def raw_client(
    port: int, context: ssl.SSLContext = CLIENT_CONTEXT
) -> AsyncIterator[ClientConnection]:
    """A bare websocket to a p2pshare listener, before any handshake message."""
    async with websockets.connect(
        f"wss://127.0.0.1:{port}/",
        ssl=context,
        server_hostname="",
        proxy=None,
        compression=None,
        close_timeout=1,
    ) as connection:
        yield connection


@contextlib.asynccontextmanager
async def raw_server(
    handler: Callable[[ServerConnection], Any], tls: ServerTls
) -> AsyncIterator[int]:
    """A bare websocket server with the given certificate; yields its port."""

    async def quietly(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await handler(connection)
            await connection.wait_closed()

    server = await websockets.serve(
        quietly, "127.0.0.1", 0, ssl=tls.context, compression=None, close_timeout=1
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def close_code(connection: ClientConnection | ServerConnection) -> int | None:
    """The close code that the attacked end gives; what it still sends before is discarded."""
    try:
        async with asyncio.timeout(5):
            while True:
                await connection.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


Edit = Callable[[int, bytes], bytes]
"""Given the number of a handshake message (1 to 5) and its bytes: the bytes to pass on."""


@dataclass
class Middle:
    """A man in the middle who ends TLS on both sides and passes messages on, edited."""

    edit: Edit
    seen: dict[int, bytes] = field(default_factory=dict)


@contextlib.asynccontextmanager
async def middle(
    to_port: int, tls: ServerTls, edit: Edit = lambda number, data: data
) -> AsyncIterator[tuple[Middle, int]]:
    """Runs a Middle with certificate ``tls`` in front of ``to_port``; yields it and its port."""
    man = Middle(edit)

    async def relay(client: ServerConnection) -> None:
        async with raw_client(to_port) as server:
            try:
                for number in range(1, 6):
                    source, target = (client, server) if number in (2, 4) else (server, client)
                    man.seen[number] = await source.recv()
                    await target.send(man.edit(number, man.seen[number]))
            except ConnectionClosed:
                await asyncio.gather(same_end(server, client), same_end(client, server))
            else:
                await asyncio.gather(pump(server, client), pump(client, server))

    async def pump(source: Any, target: Any) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                man.seen[6] = await source.recv()
                await target.send(man.seen[6])
        await same_end(source, target)

    async def same_end(source: Any, target: Any) -> None:
        """Whichever end closes first: the other is told the same code."""
        received = source.protocol.close_rcvd
        if received is not None and received.code >= 1000:
            await target.close(received.code)

    async with raw_server(relay, tls) as port:
        yield man, port


@contextlib.asynccontextmanager
async def tls_client(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TLS connection, with nothing said inside it."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=CLIENT_CONTEXT, server_hostname="", ssl_shutdown_timeout=1
    )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other end closes, by whatever means."""
    got = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        async with asyncio.timeout(5):
            while data := await reader.read(4096):
                got += data
    return got
