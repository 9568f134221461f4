"""Attacks on the link by silence, slowness and numbers: deadlines, places, pings.

``host`` makes honest links before and after each test and checks that no attacker reached a
session.
"""

import asyncio
import contextlib
import socket
import time

import pytest
from integration.link_kit import (
    close_code,
    honest_link,
    host,
    pack,
    raw_client,
    tls_client,
    until_closed,
)

from p2pshare.limits import (
    UNWELCOMED_SOCKETS_MAX,
    UNWELCOMED_SOCKETS_PER_ADDRESS_MAX,
)
from p2pshare.log.keys import SigningKey
from p2pshare.net.handshake import ClientHandshake
from p2pshare.net.link_errors import (
    GaveWay,
    HandshakeTimedOut,
)

NONCE = bytes(range(32))


async def test_silence_before_tls_and_before_http() -> None:
    async with host(seconds=0.2) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        await until_closed(reader)
        writer.close()
        await server.log.line_with(HandshakeTimedOut.reason)
        server.log.lines.clear()
        async with tls_client(server.port) as (reader, _):
            await until_closed(reader)
        await server.log.line_with(HandshakeTimedOut.reason)


@pytest.mark.parametrize("messages", [0, 1])
async def test_silence_in_the_handshake(messages) -> None:
    async with host(seconds=0.2) as server, raw_client(server.port) as attacker:
        await attacker.recv()
        if messages:
            await attacker.send(pack([2, NONCE, 1, 1]))
        assert await close_code(attacker) == HandshakeTimedOut.code
        await server.log.line_with(HandshakeTimedOut.reason)


async def test_a_byte_now_and_then_does_not_stretch_the_deadline() -> None:
    async with host(seconds=0.3) as server, raw_client(server.port) as attacker:
        started = time.monotonic()
        dripping = asyncio.ensure_future(drip(attacker))
        assert await close_code(attacker) == HandshakeTimedOut.code
        assert time.monotonic() - started < 2
        await dripping


async def drip(connection):
    while not connection.close_code and not connection.protocol.close_expected():
        with contextlib.suppress(Exception):
            await connection.ping()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(connection.wait_closed(), 0.02)


@contextlib.contextmanager
def silent_connections(port, sources):
    """Connections that never say a word, one from each address of ``sources``."""
    with contextlib.ExitStack() as stack:
        connections = []
        for source in sources:
            silent = stack.enter_context(socket.socket())
            silent.bind((source, 0))
            silent.setblocking(False)
            silent.connect_ex(("127.0.0.1", port))
            connections.append(silent)
        yield connections


def count_open(connections):
    """How many of them the other end has not closed."""
    count = 0
    for one in connections:
        try:
            count += one.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            count += 1
        except ConnectionError:
            continue
    return count


@pytest.mark.parametrize(
    ("addresses", "most"),
    [(1, UNWELCOMED_SOCKETS_PER_ADDRESS_MAX), (100, UNWELCOMED_SOCKETS_MAX)],
)
async def test_200_slow_connections(addresses, most) -> None:
    sources = [f"127.0.1.{1 + number % addresses}" for number in range(200)]
    async with host() as server:
        with silent_connections(server.port, sources) as silent:
            started = time.monotonic()
            link = await honest_link(server)
            assert time.monotonic() - started < 3
            await server.log.until(
                lambda: sum(GaveWay.reason in line for line in server.log.lines) == 200 - most
            )
            assert len(server.listener.gate) == most
            assert count_open(silent) == most
            await link.send(b"still up")
            assert await link.receive() == b"still up"
            await link.close()


async def test_who_gives_way_after_the_upgrade_is_told_so() -> None:
    async with host() as server, raw_client(server.port) as oldest:
        await oldest.recv()
        with silent_connections(server.port, ["127.0.0.1"] * 4):
            assert await close_code(oldest) == GaveWay.code


async def test_welcomed_links_do_not_count() -> None:
    async with host() as server:
        links = [await honest_link(server) for _ in range(6)]
        with silent_connections(server.port, ["127.0.0.1"] * 20):
            for link in [*links, await honest_link(server)]:
                await link.send(b"all still up")
                assert await link.receive() == b"all still up"
                await link.close()


async def test_a_peer_that_answers_no_ping_is_given_up() -> None:
    async with host(ping_seconds=0.1) as server, raw_client(server.port) as attacker:
        machine = ClientHandshake(SigningKey.generate(), server.tls.certificate_der, NONCE)
        for _ in range(2):
            await attacker.send(machine.receive(await attacker.recv()).send)
        await attacker.recv()
        attacker.transport.pause_reading()
        await server.log.line_with("connection lost")
        attacker.transport.resume_reading()
