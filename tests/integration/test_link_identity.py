"""Attacks on who is at the other end: proofs relayed, replayed, reflected, swapped, edited, and
refused keys.

``host`` makes honest links before and after each test and checks that no attacker reached a
session.
"""

import asyncio

import pytest
from integration.link_kit import (
    CLIENT_CONTEXT,
    close_code,
    honest_link,
    host,
    middle,
    pack,
    raw_client,
    raw_server,
    unpack,
)

from p2pshare.log.keys import SigningKey, verify
from p2pshare.net.dialling import dial
from p2pshare.net.handshake import (
    NO_DEVICE,
    ClientHandshake,
    ServerHandshake,
    channel_binding,
    proof_text,
)
from p2pshare.net.link_errors import (
    BadProof,
    DeviceKeyRefused,
    LinkClosed,
    MalformedMessage,
    UnexpectedMessage,
    UnsupportedVersion,
    WrongDevice,
)
from p2pshare.net.tls import make_server_tls
from p2pshare.net.transport import Endpoint, LocalDevice

NONCE = bytes(range(32))
IDENTITY_POINT = (1).to_bytes(32, "little")
UNIVERSAL_SIGNATURE = IDENTITY_POINT + bytes(32)  # R = the identity, S = 0
NOT_CANONICAL = (2**255 - 19 + 1).to_bytes(32, "little")  # y = p + 1, the identity again


async def dial_port(port, key=None, **options):
    device = LocalDevice(key or SigningKey.generate())
    return await dial(Endpoint("127.0.0.1", port), device, CLIENT_CONTEXT, **options)


async def test_wrong_pin_and_the_client_has_not_said_who_it_is() -> None:
    async with host() as server, middle(server.port, server.tls) as (man, port):
        with pytest.raises(WrongDevice):
            await dial_port(port, expected_device=SigningKey.generate().public)
        await server.log.line_with("not the expected device")
        assert 4 not in man.seen
        assert len(server.sessions) == 1


async def test_relayed_proof() -> None:
    async with host() as server:
        tls = await asyncio.to_thread(make_server_tls)
        async with middle(server.port, tls) as (man, port):
            with pytest.raises(BadProof):
                await dial_port(port)
            with pytest.raises(BadProof):
                await dial_port(port, expected_device=server.key.public)
            assert 4 not in man.seen
            assert len(server.sessions) == 1


async def test_relay_with_the_stolen_key_of_the_server() -> None:
    """The thief can be the server for the client. He cannot also be the client for the server."""
    async with host() as server:
        tls = await asyncio.to_thread(make_server_tls)
        seen = {}

        def edit(number, data):
            seen[number] = data
            if number != 3:
                return data
            binding = channel_binding(tls.certificate_der)
            stolen = server.key
            text = proof_text("server", binding, seen[1], seen[2], stolen.public, NO_DEVICE)
            return pack([3, stolen.public, stolen.sign(text)])

        async with middle(server.port, tls, edit) as (man, port):
            with pytest.raises(LinkClosed):
                await dial_port(port, expected_device=server.key.public)
            await server.log.line_with("proof of identity failed")
            assert 5 not in man.seen
            assert len(server.sessions) == 1


async def test_relay_with_the_stolen_key_of_the_client() -> None:
    """The thief can be the client for the server. He cannot also be the server for the client."""
    async with host() as server:
        tls = await asyncio.to_thread(make_server_tls)
        stolen = SigningKey.generate()
        thief = await honest_link(server, stolen)
        async with middle(server.port, tls) as (man, port):
            with pytest.raises(BadProof):
                await dial_port(port, stolen, expected_device=server.key.public)
            assert 4 not in man.seen
        await thief.close()


async def record(server, key):
    """The messages of an honest link between ``key`` and the server, as one who sees through its
    TLS.
    """
    async with middle(server.port, server.tls) as (man, port):
        link = await dial_port(port, key)
        await link.close()
        return dict(man.seen)


async def test_replayed_proof_of_a_client() -> None:
    async with host() as server:
        messages = await record(server, SigningKey.generate())
        before = len(server.sessions)
        async with raw_client(server.port) as attacker:
            await attacker.recv()
            await attacker.send(messages[2])
            await attacker.recv()
            await attacker.send(messages[4])
            assert await close_code(attacker) == BadProof.code
        await server.log.line_with("proof of identity failed")
        assert len(server.sessions) == before


async def test_replayed_proof_of_a_server() -> None:
    async with host() as server:
        messages = await record(server, SigningKey.generate())

        async def replay(connection):
            await connection.send(messages[1])
            await connection.recv()
            await connection.send(messages[3])

        async with raw_server(replay, server.tls) as port:
            with pytest.raises(BadProof):
                await dial_port(port)


async def test_reflected_signature() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(pack([2, NONCE, 1, 1]))
        _, device, signature = unpack(await attacker.recv())
        await attacker.send(pack([4, device, signature]))
        assert await close_code(attacker) == BadProof.code
        await server.log.line_with("proof of identity failed")


async def test_reflected_message_as_it_is() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(pack([2, NONCE, 1, 1]))
        await attacker.send(await attacker.recv())
        assert await close_code(attacker) == UnexpectedMessage.code


@pytest.mark.parametrize("number", [3, 4])
async def test_swapped_identity(number) -> None:
    """The device of message 3 or 4 is the attacker's; the signature stays the victim's."""
    swapped = SigningKey.generate()

    def edit(current, data):
        if current != number:
            return data
        _, _, signature = unpack(data)
        return pack([number, swapped.public, signature])

    async with host() as server, middle(server.port, server.tls, edit) as (_, port):
        if number == 3:
            with pytest.raises(BadProof):
                await dial_port(port)
        else:
            with pytest.raises(LinkClosed):
                await dial_port(port)
            await server.log.line_with("proof of identity failed")
        assert len(server.sessions) == 1


async def test_swapped_identity_signed_by_another_key() -> None:
    """An attacker names the victim's device and signs with a key of his own."""
    victim, own = SigningKey.generate(), SigningKey.generate()
    async with host() as server, raw_client(server.port) as attacker:
        certificate = server.tls.certificate_der
        machine = ClientHandshake(own, certificate, NONCE)
        await attacker.send(machine.receive(await attacker.recv()).send)
        _, _, signature = unpack(machine.receive(await attacker.recv()).send)
        await attacker.send(pack([4, victim.public, signature]))
        assert await close_code(attacker) == BadProof.code


@pytest.mark.parametrize(
    ("versions", "reason"),
    [([1, 2], BadProof), ([2], UnsupportedVersion), ([0, 1], BadProof), ([], MalformedMessage)],
)
async def test_edited_versions(versions, reason) -> None:
    def edit(number, data):
        if number != 1:
            return data
        _, nonce, _, features = unpack(data)
        return pack([1, nonce, versions, features])

    async with host() as server, middle(server.port, server.tls, edit) as (_, port):
        with pytest.raises(reason):
            await dial_port(port)
        assert len(server.sessions) == 1


async def test_a_version_that_was_not_offered() -> None:
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(pack([2, NONCE, 9, 1]))
        assert await close_code(attacker) == UnsupportedVersion.code
        await server.log.line_with("no common version")


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_each_byte_flipped(number) -> None:
    """One bit of every byte; the relay holds the server's TLS key, so only the flip is wrong."""
    reasons = {BadProof, MalformedMessage, UnexpectedMessage, UnsupportedVersion, DeviceKeyRefused}
    place, length = 0, 1

    def edit(current, data):
        nonlocal length
        if current != number:
            return data
        length = len(data)
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        return bytes(flipped)

    async with host() as server, middle(server.port, server.tls, edit) as (man, port):
        key = SigningKey.generate()
        while place < length:
            man.seen.clear()
            with pytest.raises((LinkClosed, *reasons)) as refused:
                await dial_port(port, key)
            error = refused.value
            cause = error.cause if isinstance(error, LinkClosed) else type(error)
            assert cause in reasons, f"byte {place} of message {number}: {error}"
            assert 5 not in man.seen, f"byte {place} of message {number} was let through"
            place += 1
        assert length > 30
        assert len(server.sessions) == 1


@pytest.mark.parametrize("device", [IDENTITY_POINT, NOT_CANONICAL])
async def test_a_refused_key_with_the_signature_that_fits_everything_as_client(device) -> None:
    if device == IDENTITY_POINT:
        assert verify(device, UNIVERSAL_SIGNATURE, b"anything")
        assert verify(device, UNIVERSAL_SIGNATURE, b"anything else")
    async with host() as server, raw_client(server.port) as attacker:
        await attacker.recv()
        await attacker.send(pack([2, NONCE, 1, 1]))
        await attacker.recv()
        await attacker.send(pack([4, device, UNIVERSAL_SIGNATURE]))
        assert await close_code(attacker) == DeviceKeyRefused.code
        await server.log.line_with("device key refused")
        assert len(server.sessions) == 1


@pytest.mark.parametrize("device", [IDENTITY_POINT, NOT_CANONICAL])
async def test_a_refused_key_with_the_signature_that_fits_everything_as_server(device) -> None:
    codes = []

    async def attack(connection):
        await connection.send(pack([1, NONCE, [1], 1]))
        await connection.recv()
        await connection.send(pack([3, device, UNIVERSAL_SIGNATURE]))
        codes.append(await close_code(connection))

    tls = await asyncio.to_thread(make_server_tls)
    async with raw_server(attack, tls) as port:
        with pytest.raises(DeviceKeyRefused):
            await dial_port(port)
    assert codes == [DeviceKeyRefused.code]


async def test_meeting_the_own_device_id_is_legal_here() -> None:
    """Whether it is this installation or a copy of it, the node decides by its instance nonce."""
    async with host() as server:
        link = await honest_link(server, server.key)
        assert link.device == server.sessions[-1].device == server.key.public
        await link.close()


async def test_a_server_that_proves_but_never_welcomes() -> None:
    key = SigningKey.generate()
    tls = await asyncio.to_thread(make_server_tls)

    async def attack(connection):
        machine = ServerHandshake(key, tls.certificate_der, NONCE)
        await connection.send(machine.start())
        await connection.send(machine.receive(await connection.recv()).send)
        await connection.recv()
        await connection.send(pack({"want": "your data"}))

    async with raw_server(attack, tls) as port:
        with pytest.raises(UnexpectedMessage):
            await dial_port(port)
