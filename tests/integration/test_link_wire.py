"""Attacks on the wire below identity: old TLS, garbage, oversize, silence, floods, data before its
turn.

``host`` makes honest links before and after each test and checks that no attacker reached a
session.
"""

import asyncio
import contextlib
import ssl

import pytest
from integration.link_kit import (
    ATTACK,
    CLIENT_CONTEXT,
    close_code,
    host,
    pack,
    raw_client,
    raw_server,
    tls_client,
    until_closed,
)

from p2pshare.limits import (
    HANDSHAKE_BYTES_MAX,
    MESSAGE_BYTES_MAX,
)
from p2pshare.log.keys import SigningKey
from p2pshare.net.dialling import dial
from p2pshare.net.handshake import ClientHandshake, ServerHandshake
from p2pshare.net.link_errors import (
    MalformedMessage,
    MessageTooLarge,
    NotAWebsocket,
    NotTls,
    TlsTooOld,
    UnexpectedMessage,
    WebsocketBreach,
)
from p2pshare.net.tls import make_server_tls
from p2pshare.net.transport import Endpoint, LocalDevice

NONCE = bytes(range(32))


async def dial_port(port, **options):
    device = LocalDevice(SigningKey.generate())
    return await dial(Endpoint("127.0.0.1", port), device, CLIENT_CONTEXT, **options)


# --- TLS ------------------------------------------------------------------------------------------


def older(context):
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


async def test_a_tls_1_2_client() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with host() as server:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", server.port, ssl=older(context))
        await server.log.line_with(TlsTooOld.reason)


async def test_a_tls_1_2_server() -> None:
    tls = await asyncio.to_thread(make_server_tls)
    older(tls.context)

    async def attack(reader, writer):
        """OpenSSL by hand: asyncio's TLS would cut the connection without saying why."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(await reader.read(4096))
        with pytest.raises(ssl.SSLError):
            tls.context.wrap_bio(incoming, outgoing, server_side=True).do_handshake()
        writer.write(outgoing.read())
        await until_closed(reader)
        writer.close()

    async with await asyncio.start_server(attack, "127.0.0.1", 0) as server:
        with pytest.raises(TlsTooOld):
            await dial_port(server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", bytes(200), b"\x16\x03\x01\x00\x20" + b"\xff" * 90]
)
async def test_garbage_instead_of_tls(garbage) -> None:
    async with host() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(garbage)
        await until_closed(reader)
        writer.close()
        await server.log.line_with(NotTls.reason)


async def test_a_server_that_speaks_garbage_instead_of_tls() -> None:
    async def attack(reader, writer):
        writer.write(b"220 mail ready\r\n" * 20)
        await until_closed(reader)
        writer.close()

    async with await asyncio.start_server(attack, "127.0.0.1", 0) as server:
        with pytest.raises(NotTls):
            await dial_port(server.sockets[0].getsockname()[1])


# --- HTTP -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage", [b"\0" * 300 + b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"EHLO\r\n"]
)
async def test_garbage_instead_of_a_websocket(garbage) -> None:
    async with host() as server, tls_client(server.port) as (reader, writer):
        writer.write(garbage)
        await until_closed(reader)
        await server.log.line_with(NotAWebsocket.reason)


async def test_an_endless_http_request() -> None:
    async with host() as server, tls_client(server.port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n" + b"X-Filler: aaaaaaaaaaaaaaaa\r\n" * 400)
        await until_closed(reader)
        await server.log.line_with(MessageTooLarge.reason)


async def test_a_server_that_speaks_garbage_instead_of_a_websocket() -> None:
    tls = await asyncio.to_thread(make_server_tls)
    answers = [b"\0" * 500 + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]
    answers.append(
        b"HTTP/1.1 302 Found\r\nLocation: wss://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    )

    async def attack(reader, writer):
        await reader.read(100)
        writer.write(answers[0])
        with contextlib.suppress(ConnectionError):
            await until_closed(reader)
        writer.transport.abort()

    async with await asyncio.start_server(attack, "127.0.0.1", 0, ssl=tls.context) as server:
        while answers:
            with pytest.raises(NotAWebsocket):
                await dial_port(server.sockets[0].getsockname()[1], seconds=3)
            answers.pop(0)


async def test_a_server_with_an_endless_http_answer() -> None:
    tls = await asyncio.to_thread(make_server_tls)

    async def attack(reader, writer):
        await reader.read(100)
        writer.write(b"HTTP/1.1 101 Switching\r\n" + b"X-Filler: aaaaaaaaaa\r\n" * 400)
        with contextlib.suppress(ConnectionError):
            await until_closed(reader)
        writer.transport.abort()

    async with await asyncio.start_server(attack, "127.0.0.1", 0, ssl=tls.context) as server:
        with pytest.raises(MessageTooLarge):
            await dial_port(server.sockets[0].getsockname()[1])


# --- frames and messages
# ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff" * 30, b"garbage", "text", b"\x94\x02" + b"\x91" * 900, pack([2, b""])[:1]],
)
async def test_garbage_instead_of_message_pack(garbage) -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(garbage)
        assert await close_code(attacker) in {MalformedMessage.code, UnexpectedMessage.code}
        await server.log.line_with("message")


async def test_text_is_malformed_and_what_belongs_elsewhere_is_unexpected() -> None:
    async with host() as server:
        for message, reason in [
            ("text", MalformedMessage),
            (b"\xc4\x00", MalformedMessage),
            (pack([2, b"short", 1, 1]), MalformedMessage),
            (pack([2, NONCE, 1, -1]), MalformedMessage),
            (pack([2, NONCE, 1.0, 1]), MalformedMessage),
            (b"\x94\x02\xc5\x00\x20" + NONCE + b"\x01\x01", MalformedMessage),  # not shortest
            (pack([3, NONCE, 1, 1]), UnexpectedMessage),
            (pack([2, NONCE, 1, 1, 1]), UnexpectedMessage),
            (pack({"type": "want"}), UnexpectedMessage),
        ]:
            async with raw_client(server.port) as attacker:
                await attacker.recv()
                await attacker.send(message)
                assert await close_code(attacker) == reason.code, message


async def test_an_oversized_message_before_the_welcome() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(bytes(HANDSHAKE_BYTES_MAX + 1))
        assert await close_code(attacker) == MessageTooLarge.code
        await server.log.line_with(MessageTooLarge.reason)


async def test_many_small_frames_before_the_welcome_are_counted_together() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        for number in range(40):
            await attacker.ping(bytes([number]) * 125)
        assert await close_code(attacker) == MessageTooLarge.code


async def test_an_oversized_message_after_the_welcome() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        machine = ClientHandshake(SigningKey.generate(), server.tls.certificate_der, NONCE)
        for _ in range(2):
            await attacker.send(machine.receive(await attacker.recv()).send)
        assert machine.receive(await attacker.recv()).welcomed is not None
        await attacker.send(bytes(MESSAGE_BYTES_MAX))
        assert len(await attacker.recv()) == MESSAGE_BYTES_MAX
        await attacker.send(bytes(MESSAGE_BYTES_MAX + 1))
        assert await close_code(attacker) == MessageTooLarge.code
        await server.log.line_with(MessageTooLarge.reason)
        assert len(server.received) == 2
        server.sessions.pop()


async def test_a_server_sends_an_oversized_message_before_the_welcome() -> None:
    tls = await asyncio.to_thread(make_server_tls)
    async with raw_server(lambda connection: connection.send(bytes(5000)), tls) as port:
        with pytest.raises(MessageTooLarge):
            await dial_port(port)


async def test_a_large_message_right_behind_the_welcome_is_taken() -> None:
    """The welcome and what follows it may come in one piece."""
    tls = await asyncio.to_thread(make_server_tls)
    key = SigningKey.generate()

    async def welcome(connection):
        machine = ServerHandshake(key, tls.certificate_der, NONCE)
        await connection.send(machine.start())
        await connection.send(machine.receive(await connection.recv()).send)
        step = machine.receive(await connection.recv())
        send_at_once(connection, [step.send, bytes(200_000), bytes(100_000)])

    async with raw_server(welcome, tls) as port:
        link = await dial_port(port)
        assert (len(await link.receive()), len(await link.receive())) == (200_000, 100_000)
        await link.close()


async def test_broken_frames() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        attacker.transport.write(b"\x82\x05abcde")  # a client must mask, RFC 6455 section 5.1
        assert await close_code(attacker) == WebsocketBreach.code
        await server.log.line_with(WebsocketBreach.reason)


# --- data before the welcome
# ------------------------------------------------------------------------


def send_at_once(connection, messages):
    """Several messages in one TLS record, so that they arrive in one piece."""
    for message in messages:
        connection.protocol.send_binary(message)
    connection.transport.write(b"".join(connection.protocol.data_to_send()))


@pytest.mark.parametrize("instead_of", [2, 4])
async def test_a_client_sends_data_before_the_welcome(instead_of) -> None:
    async with host() as server, raw_client(server.port) as attacker:
        machine = ClientHandshake(SigningKey.generate(), server.tls.certificate_der, NONCE)
        step = machine.receive(await attacker.recv())
        if instead_of == 4:
            await attacker.send(step.send)
            await attacker.recv()
        await attacker.send(pack(["want", ATTACK]))
        assert await close_code(attacker) == UnexpectedMessage.code
        await server.log.line_with(UnexpectedMessage.reason)
        assert len(server.sessions) == 1


async def test_a_client_sends_data_together_with_its_proof() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        machine = ClientHandshake(SigningKey.generate(), server.tls.certificate_der, NONCE)
        await attacker.send(machine.receive(await attacker.recv()).send)
        proof = machine.receive(await attacker.recv()).send
        send_at_once(attacker, [proof, ATTACK])
        assert await close_code(attacker) == UnexpectedMessage.code
        await server.log.line_with("data before the welcome")
        assert len(server.sessions) == 1


@pytest.mark.parametrize("instead_of", [1, 3, 5])
async def test_a_server_sends_data_before_the_welcome(instead_of) -> None:
    key = SigningKey.generate()
    tls = await asyncio.to_thread(make_server_tls)
    codes = []

    async def attack(connection):
        machine = ServerHandshake(key, tls.certificate_der, NONCE)
        if instead_of > 1:
            await connection.send(machine.start())
            hello = await connection.recv()
        if instead_of > 3:
            await connection.send(machine.receive(hello).send)
            await connection.recv()
        await connection.send(pack(["want", ATTACK]))
        codes.append(await close_code(connection))

    async with raw_server(attack, tls) as port:
        with pytest.raises(UnexpectedMessage):
            await dial_port(port)
    assert codes == [UnexpectedMessage.code]
