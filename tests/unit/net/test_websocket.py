"""Limits before the welcome and reasons, on the sans-I/O protocols; and what HTTP reveals."""

import getpass
import platform
import socket

import pytest
import websockets
from websockets.client import ClientProtocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from p2pshare.limits import HANDSHAKE_BYTES_MAX, MESSAGE_BYTES_MAX
from p2pshare.net.link_errors import (
    LinkLost,
    MessageTooLarge,
    UnexpectedMessage,
    WebsocketBreach,
)
from p2pshare.net.websocket import LinkClientProtocol, LinkServerProtocol

URI = parse_uri("wss://p2pshare/")


def opened(client, server):
    """Both past the HTTP upgrade; returns what each sent for it."""
    client.send_request(client.connect())
    request = b"".join(client.data_to_send())
    server.receive_data(request)
    server.send_response(server.accept(server.events_received()[0]))
    response = b"".join(server.data_to_send())
    client.receive_data(response)
    client.events_received()
    return request, response


def accepting():
    attacker, server = ClientProtocol(URI), LinkServerProtocol(max_size=HANDSHAKE_BYTES_MAX)
    opened(attacker, server)
    return attacker, server


def dialling():
    client, attacker = LinkClientProtocol(URI, max_size=HANDSHAKE_BYTES_MAX), ServerProtocol()
    opened(client, attacker)
    return client, attacker


def deliver(sender, receiver):
    receiver.receive_data(b"".join(sender.data_to_send()))
    return receiver.events_received()


def test_http_names_neither_program_nor_computer_nor_person(monkeypatch) -> None:
    # Distinctive ones, for the real ones may be short and stand in random bytes by chance.
    monkeypatch.setattr(socket, "gethostname", lambda: "adas-own-computer")
    monkeypatch.setenv("LOGNAME", "adas-own-login")
    client = LinkClientProtocol(URI, max_size=HANDSHAKE_BYTES_MAX)
    request, response = opened(client, LinkServerProtocol(max_size=HANDSHAKE_BYTES_MAX))
    lines = {line.split(b":")[0].lower() for line in (request + response).split(b"\r\n")}
    assert not lines & {b"server", b"user-agent", b"cookie", b"origin"}
    assert b"Host: p2pshare" in request
    revealing = [socket.gethostname(), getpass.getuser(), platform.python_version()]
    for personal in [*revealing, websockets.__version__, "Python"]:
        assert personal.encode() not in request + response


def test_a_handshake_of_exactly_the_limit_passes_and_one_byte_more_is_refused() -> None:
    for excess in (0, 1):
        attacker, server = accepting()
        room = HANDSHAKE_BYTES_MAX - server.handshake_bytes - 8  # a masked frame's header
        attacker.send_binary(bytes(room + excess))
        events = deliver(attacker, server)
        assert (server.refusal is None) == (excess == 0)
        assert len(events) == 1 - excess
    assert isinstance(server.refusal, MessageTooLarge)


@pytest.mark.parametrize("end", [accepting, dialling])
def test_one_message_above_the_limit_is_refused_by_its_header(end) -> None:
    one, other = end()
    ours, theirs = (other, one) if end is accepting else (one, other)
    theirs.send_binary(bytes(HANDSHAKE_BYTES_MAX + 1))
    data = b"".join(theirs.data_to_send())
    ours.receive_data(data[:20])
    assert isinstance(ours.refusal, MessageTooLarge)
    assert ours.close_sent.code == MessageTooLarge.code


def test_pings_count_too() -> None:
    attacker, server = accepting()
    for _ in range(40):
        attacker.send_ping(bytes(125))
        deliver(attacker, server)
    assert isinstance(server.refusal, MessageTooLarge)


def test_a_third_message_before_the_welcome_is_refused_and_after_it_taken() -> None:
    for welcomed in (True, False):
        attacker, server = accepting()
        attacker.send_binary(b"2")
        attacker.send_binary(b"4")
        deliver(attacker, server)
        if welcomed:
            server.welcome()
        attacker.send_binary(b"data")
        deliver(attacker, server)
        assert (server.refusal is None) == welcomed
    assert isinstance(server.refusal, UnexpectedMessage)


def test_after_the_welcome_messages_may_be_as_large_as_sync_allows() -> None:
    for excess in (0, 1):
        attacker, server = accepting()
        server.welcome()
        attacker.send_binary(bytes(MESSAGE_BYTES_MAX + excess))
        deliver(attacker, server)
        assert (server.refusal is None) == (excess == 0)
    assert server.close_sent.code == MessageTooLarge.code


def test_what_follows_the_welcome_in_one_piece_is_taken_by_the_client() -> None:
    client, attacker = dialling()
    for message in (b"1", b"3", b"5", bytes(200_000)):
        attacker.send_binary(message)
    events = deliver(attacker, client)
    assert [len(frame.data) for frame in events] == [1, 1, 1, 200_000]


def test_a_broken_frame_and_an_unanswered_ping_have_our_reasons() -> None:
    attacker, server = accepting()
    server.receive_data(b"\x82\x01x")  # not masked, RFC 6455 section 5.1
    assert isinstance(server.refusal, WebsocketBreach)
    assert (server.close_sent.code, server.close_sent.reason) == (4017, WebsocketBreach.reason)
    _, server = accepting()
    server.fail(1011, "keepalive ping timeout")
    assert isinstance(server.refusal, LinkLost)
    assert server.close_sent.code == LinkLost.code
    assert attacker is not None


def test_the_first_reason_stays() -> None:
    _, server = accepting()
    server.refuse(UnexpectedMessage())
    server.refuse(MessageTooLarge())
    assert isinstance(server.refusal, UnexpectedMessage)
