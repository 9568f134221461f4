"""The handshake machines by themselves: what they agree on, and every bit of every message."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.limits import HANDSHAKE_BYTES_MAX
from p2pshare.log.keys import SigningKey
from p2pshare.net.handshake import (
    NO_DEVICE,
    ClientHandshake,
    ServerHandshake,
    channel_binding,
    length_prefixed,
    proof_text,
    transcript_hash,
)
from p2pshare.net.link_errors import (
    BadProof,
    CodedLinkError,
    DeviceKeyRefused,
    MalformedMessage,
    MessageTooLarge,
    UnexpectedMessage,
    UnsupportedVersion,
    WrongDevice,
)

SERVER, CLIENT = SigningKey.from_bytes(bytes([1]) * 32), SigningKey.from_bytes(bytes([2]) * 32)
DER = b"a certificate"
NS, NC = bytes([3]) * 32, bytes([4]) * 32
pack = msgspec.msgpack.encode


def machines(server_der=DER, client_der=DER, versions=(1,), **options):
    return (
        ServerHandshake(SERVER, server_der, NS, versions=versions),
        ClientHandshake(CLIENT, client_der, NC, **options),
    )


def run(server, client, edit=lambda number, data: data):
    """Both machines against each other; returns the messages and what each end concludes."""
    messages = [edit(1, server.start())]
    client_step = server_step = None
    for number in (2, 3, 4, 5):
        if number % 2 == 0:
            client_step = client.receive(messages[-1])
            messages.append(edit(number, client_step.send))
        else:
            server_step = server.receive(messages[-1])
            messages.append(edit(number, server_step.send))
    client_step = client.receive(messages[-1])
    return messages, server_step.welcomed, client_step.welcomed


def test_both_ends_conclude_the_same() -> None:
    messages, at_server, at_client = run(*machines())
    assert at_server.peer_device == CLIENT.public
    assert at_client.peer_device == SERVER.public
    assert at_server.transcript == at_client.transcript
    assert at_server.transcript == transcript_hash(channel_binding(DER), *messages[:4])
    assert (at_server.version, at_server.features) == (at_client.version, at_client.features)


def test_the_messages_are_as_the_protocol_says() -> None:
    messages, _, _ = run(*machines())
    binding = hashlib.sha256(DER).digest()

    def text(role, client):
        fields = [role, binding, messages[0], messages[1], SERVER.public, client]
        return b"p2pshare link v1\0" + b"".join(len(one).to_bytes(4, "big") + one for one in fields)

    assert messages[0] == pack([1, NS, [1], 1])
    assert messages[1] == pack([2, NC, 1, 1])
    assert messages[2] == pack([3, SERVER.public, SERVER.sign(text(b"server", bytes(32)))])
    assert messages[3] == pack([4, CLIENT.public, CLIENT.sign(text(b"client", CLIENT.public))])
    assert messages[4] == pack([5])


def test_fields_are_length_prefixed_so_that_none_can_run_into_the_next() -> None:
    assert length_prefixed(b"ab", b"", b"c") == b"\0\0\0\2ab\0\0\0\0\0\0\0\1c"
    assert proof_text("server", b"b", b"1", b"2", b"s", NO_DEVICE) != proof_text(
        "server", b"b", b"12", b"", b"s", NO_DEVICE
    )


def test_features_are_what_both_have() -> None:
    server = ServerHandshake(SERVER, DER, NS, features=0b0111)
    client = ClientHandshake(CLIENT, DER, NC, features=0b1110)
    _, at_server, at_client = run(server, client)
    assert at_server.features == at_client.features == 0b0110


def test_the_highest_common_version_is_taken() -> None:
    server = ServerHandshake(SERVER, DER, NS, versions=(1, 2, 3))
    client = ClientHandshake(CLIENT, DER, NC, versions=(1, 2))
    _, at_server, at_client = run(server, client)
    assert at_server.version == at_client.version == 2


def test_no_common_version() -> None:
    with pytest.raises(UnsupportedVersion):
        run(*machines(versions=(2, 3)))


def test_a_pin_that_fits_and_one_that_does_not() -> None:
    assert run(*machines(expected_device=SERVER.public))[2] is not None
    with pytest.raises(WrongDevice):
        run(*machines(expected_device=CLIENT.public))


def test_another_certificate_is_another_channel() -> None:
    with pytest.raises(BadProof):
        run(*machines(client_der=b"another certificate"))


def test_the_client_says_nothing_of_itself_before_the_server_has_proven_itself() -> None:
    server, client = machines()
    hello = client.receive(server.start())
    assert CLIENT.public not in hello.send
    assert hello.peer is None


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_bit_of_every_message(number) -> None:
    messages, _, _ = run(*machines())
    for place in range(8 * len(messages[number - 1])):

        def edit(current, data, place=place):
            if current != number:
                return data
            flipped = bytearray(data)
            flipped[place // 8] ^= 1 << (place % 8)
            return bytes(flipped)

        with pytest.raises(CodedLinkError):
            run(*machines(), edit)


def test_every_bit_of_the_welcome() -> None:
    for place in range(16):
        with pytest.raises((UnexpectedMessage, MalformedMessage)):
            run(
                *machines(),
                lambda number, data, place=place: (
                    bytes([data[0] ^ (1 << place % 8), data[1]])
                    if number == 5 and place < 8
                    else bytes([data[0], data[1] ^ (1 << place % 8)])
                    if number == 5
                    else data
                ),
            )


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", MalformedMessage),
        (b"\xc0", MalformedMessage),
        (pack([2, NC, 1, 1]) + b"\0", MalformedMessage),
        (pack([2, NC[:31], 1, 1]), MalformedMessage),
        (pack([2, NC, 1, -1]), MalformedMessage),
        (pack([2, NC, 1, 2**53 + 1]), MalformedMessage),
        (pack([2, NC, True, 1]), MalformedMessage),
        (b"\x94\x02" + b"\x91" * 4000, MalformedMessage),
        (b"\x94\x02\xd9\x20" + NC + b"\x01\x01", MalformedMessage),
        (b"\x94\x02\xc4\x20" + NC + b"\xcc\x01\x01", MalformedMessage),
        (pack([2, NC, 2, 1]), UnsupportedVersion),
        (pack([1, NC, 1, 1]), UnexpectedMessage),
        (pack([2, NC, 1]), UnexpectedMessage),
        (pack({"type": "want"}), UnexpectedMessage),
        (b"\x94\x02" + bytes(HANDSHAKE_BYTES_MAX), MessageTooLarge),
    ],
)
def test_what_is_not_message_2(message, reason) -> None:
    server, _ = machines()
    server.start()
    with pytest.raises(reason):
        server.receive(message)
    with pytest.raises(UnexpectedMessage):
        server.receive(pack([2, NC, 1, 1]))


@pytest.mark.parametrize(
    "versions", [[], [1, 1], [2, 1], list(range(17)), ["1"], [1.0], None, "1", [[1]]]
)
def test_odd_lists_of_versions(versions) -> None:
    _, client = machines()
    with pytest.raises(MalformedMessage):
        client.receive(pack([1, NS, versions, 1]))


def test_sixteen_versions_are_taken() -> None:
    _, client = machines()
    assert client.receive(pack([1, NS, list(range(16)), 1])).send is not None


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_keys_that_must_not_be_used(y) -> None:
    server, _ = machines()
    server.start()
    server.receive(pack([2, NC, 1, 1]))
    with pytest.raises(DeviceKeyRefused):
        server.receive(pack([4, y.to_bytes(32, "little"), bytes(64)]))


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 0)])
def test_lengths_of_key_and_signature(key, signature) -> None:
    server, _ = machines()
    server.start()
    server.receive(pack([2, NC, 1, 1]))
    with pytest.raises(MalformedMessage):
        server.receive(pack([4, bytes(key), bytes(signature)]))


def test_a_finished_or_unstarted_machine_takes_nothing() -> None:
    server, client = machines()
    with pytest.raises(UnexpectedMessage):
        ServerHandshake(SERVER, DER, NS).receive(pack([2, NC, 1, 1]))
    run(server, client)
    for machine in (server, client):
        with pytest.raises(UnexpectedMessage):
            machine.receive(pack([5]))
    with pytest.raises(RuntimeError):
        server.start()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_reason(data) -> None:
    for machine in (ServerHandshake(SERVER, DER, NS), ClientHandshake(CLIENT, DER, NC)):
        if isinstance(machine, ServerHandshake):
            machine.start()
        try:
            machine.receive(data)
        except CodedLinkError:
            continue
        assert data[:2] in (b"\x94\x01", b"\x94\x02")
