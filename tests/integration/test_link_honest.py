"""What an honest link does, over real sockets: both families, both ends alike, closing with
reasons.
"""

import asyncio
import contextlib

import pytest
from integration.link_kit import CLIENT_CONTEXT, LOOPBACK, echo_once, honest_link, host, middle

from p2pshare.limits import MESSAGE_BYTES_MAX
from p2pshare.log.keys import SigningKey
from p2pshare.net.dialling import dial
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.link_errors import (
    HandshakeTimedOut,
    LinkClosed,
    MessageTooLarge,
    ProtocolBreach,
    ShuttingDown,
    TooManyLinks,
    Unreachable,
)
from p2pshare.net.listener import Listener
from p2pshare.net.transport import Endpoint, LocalDevice


async def test_both_ends_know_the_same() -> None:
    async with host() as server:
        key = SigningKey.generate()
        link = await honest_link(server, key)
        accepted = server.sessions[-1]
        assert (link.device, accepted.device) == (server.key.public, key.public)
        assert link.transcript == accepted.transcript
        assert len(link.transcript) == 32
        assert (link.features, link.version) == (accepted.features, accepted.version) == (1, 1)
        assert (link.dialled, accepted.dialled) == (True, False)
        assert (accepted.address, link.port) == ("127.0.0.1", server.port)
        await link.close()


async def test_each_link_has_another_transcript() -> None:
    async with host() as server:
        key = SigningKey.generate()
        first, second = await honest_link(server, key), await honest_link(server, key)
        assert first.transcript != second.transcript
        await first.close()
        await second.close()


async def test_features_are_what_both_offer() -> None:
    async with host() as server:
        link = await dial(server.endpoint, LocalDevice(SigningKey.generate(), 6), CLIENT_CONTEXT)
        assert link.features == 0
        await link.close()


async def test_the_pin_lets_the_expected_device_through() -> None:
    async with host() as server:
        link = await honest_link(server, expected_device=server.key.public)
        await link.close()


async def test_the_control_of_the_attacks_a_relay_that_holds_the_tls_key_links() -> None:
    """The byte flips below fail because of the flip and of nothing else."""
    async with host() as server, middle(server.port, server.tls) as (man, port):
        link = await dial(
            Endpoint("127.0.0.1", port), LocalDevice(SigningKey.generate()), CLIENT_CONTEXT
        )
        await echo_once(link, b"through the middle")
        await link.close()
        assert sorted(man.seen) == [1, 2, 3, 4, 5, 6]


async def test_ipv6_loopback() -> None:
    async def echo(link):
        await link.send(await link.receive())

    listener = Listener(LocalDevice(SigningKey.generate()), echo)
    six = InterfaceAddress("lo", 1, "::1", 128)
    port = await listener.start([LOOPBACK, six])
    assert listener.addresses == ["127.0.0.1", "::1"]
    for address in listener.addresses:
        link = await dial(
            Endpoint(address, port), LocalDevice(SigningKey.generate()), CLIENT_CONTEXT
        )
        await echo_once(link, b"hello")
        with pytest.raises(LinkClosed) as closed:
            await link.receive()
        assert closed.value.code == 1000
    await listener.stop()


async def test_the_listener_follows_its_interfaces() -> None:
    async with host() as server:
        other = InterfaceAddress("lo", 1, "127.0.0.2", 8)
        there = Endpoint("127.0.0.2", server.port)
        local = LocalDevice(SigningKey.generate())
        with pytest.raises(Unreachable):
            await dial(there, local, CLIENT_CONTEXT)
        server.listener.update([LOOPBACK, other])
        await (await dial(there, local, CLIENT_CONTEXT)).close()
        server.listener.update([LOOPBACK])
        with pytest.raises(Unreachable):
            await dial(there, local, CLIENT_CONTEXT)


async def test_a_message_of_exactly_the_limit_passes_and_one_more_is_not_sent() -> None:
    async with host() as server:
        link = await honest_link(server)
        await echo_once(link, bytes(MESSAGE_BYTES_MAX))
        with pytest.raises(MessageTooLarge):
            await link.send(bytes(MESSAGE_BYTES_MAX + 1))
        await echo_once(link, b"and the link goes on")
        await link.close()


async def test_the_peer_is_told_the_code_and_shown_our_own_words_for_it() -> None:
    async with host() as server:
        link = await honest_link(server)
        await server.sessions[-1].close(ProtocolBreach("details for this log only"))
        with pytest.raises(LinkClosed) as closed:
            await link.receive()
        assert (closed.value.code, closed.value.cause) == (4012, ProtocolBreach)
        assert "details" not in str(closed.value)
        with pytest.raises(LinkClosed):
            await link.send(b"too late")


async def test_who_closes_sees_the_own_reason_in_receive() -> None:
    async with host() as server:
        link = await honest_link(server)
        waiting = asyncio.ensure_future(link.receive())
        await asyncio.sleep(0)
        await link.close(ShuttingDown())
        with pytest.raises(ShuttingDown):
            await waiting


async def test_stopping_the_listener_closes_links_as_shutting_down() -> None:
    async def forever(link):
        await link.receive()

    listener = Listener(LocalDevice(SigningKey.generate()), forever)
    port = await listener.start([LOOPBACK])
    link = await dial(
        Endpoint("127.0.0.1", port), LocalDevice(SigningKey.generate()), CLIENT_CONTEXT
    )
    await listener.stop()
    with pytest.raises(LinkClosed) as closed:
        await link.receive()
    assert closed.value.cause is ShuttingDown


async def test_accepted_links_are_bounded_on_both_sides_of_the_limit() -> None:
    async with host(links_max=3) as server:
        second = await honest_link(server)
        third = await honest_link(server)
        with pytest.raises(LinkClosed) as closed:
            await dial(server.endpoint, LocalDevice(SigningKey.generate()), CLIENT_CONTEXT)
        assert closed.value.cause is TooManyLinks
        await second.close()
        await third.close()
        await server.log.line_with("no room for another link")


async def test_a_refused_port_and_a_silent_host_are_named() -> None:
    async with host() as server:
        nobody = Endpoint("127.0.0.1", 1)
        with pytest.raises(Unreachable, match="refused"):
            await dial(nobody, LocalDevice(SigningKey.generate()), CLIENT_CONTEXT)
        with pytest.raises(Unreachable, match="not-an-address"):
            await dial(
                Endpoint("not-an-address", server.port),
                LocalDevice(SigningKey.generate()),
                CLIENT_CONTEXT,
            )

    async def nothing(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    silent = await asyncio.start_server(nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(HandshakeTimedOut):
            await dial(
                Endpoint("127.0.0.1", port),
                LocalDevice(SigningKey.generate()),
                CLIENT_CONTEXT,
                seconds=0.2,
            )


async def test_the_source_address_is_the_one_that_was_asked_for() -> None:
    async with host() as server:
        link = await honest_link(server, source="127.0.0.9")
        assert server.sessions[-1].address == "127.0.0.9"
        await link.close()
