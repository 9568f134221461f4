"""The websocket layer of ``websockets``, with what a link needs of it: limits before the welcome,
reasons after.

Three things the library leaves to us:
- Before the welcome everything a peer sends, HTTP included, is at most HANDSHAKE_BYTES_MAX, and no
  data may come before its turn. That is counted where bytes enter, before anything is queued.
- When the library itself fails a connection (a frame too large, a broken frame, no pong), the peer
  is told our reason (``net.link_errors``) and never the library's words.
- Neither end names itself in an HTTP header: no Server, no User-Agent, and a constant Host.

Knows bytes and frames; who the peer is belongs to ``net.handshake``, tasks and deadlines to the
callers.
"""

import asyncio
from typing import Final, cast

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.connection import Connection
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CONNECTING, OPEN, Event, Protocol
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from p2pshare.limits import HANDSHAKE_BYTES_MAX, MESSAGE_BYTES_MAX
from p2pshare.net.link_errors import (
    CodedLinkError,
    LinkLost,
    MessageTooLarge,
    NotAWebsocket,
    UnexpectedMessage,
    WebsocketBreach,
)

CLOSE_SECONDS: Final = 1.0
PING_SECONDS: Final = 20.0
FRAMES_QUEUED_MAX: Final = 4
_URI: Final = parse_uri("wss://p2pshare/")
_SLICE_BYTES: Final = 256
_DATA_OPCODES: Final = frozenset({Opcode.CONT, Opcode.TEXT, Opcode.BINARY})
_FAILURES: Final[dict[int, type[CodedLinkError]]] = {
    CloseCode.MESSAGE_TOO_BIG: MessageTooLarge,
    CloseCode.PROTOCOL_ERROR: WebsocketBreach,
    CloseCode.INVALID_DATA: WebsocketBreach,
    CloseCode.INTERNAL_ERROR: LinkLost,  # the library's code for a ping that nobody answered
}


class _LinkProtocol(Protocol):
    """What the two ends share: counting before the welcome, and reasons of our own."""

    refusal: CodedLinkError | None = None
    welcomed = False
    handshake_bytes = 0
    messages = 0

    def refuse(self, error: CodedLinkError) -> None:
        """Fail the connection for ``error``: the peer gets its code if the websocket is open."""
        if self.refusal is None:
            self.refusal = error
        self.fail(error.code, error.reason)

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Where the library fails the connection (RFC 6455 section 7.1.7): say it with our code."""
        if self.refusal is None and code in _FAILURES:
            self.refusal = _FAILURES[code](reason)
        if self.refusal is not None:
            code, reason = self.refusal.code, self.refusal.reason
        super().fail(code, reason)

    def welcome(self) -> None:
        """From now on messages may be as large as the sync protocol allows."""
        self.welcomed = True
        self.max_message_size = MESSAGE_BYTES_MAX

    def receive_data(self, data: bytes | bytearray) -> None:
        """Count what comes before the welcome; take it in slices, for a welcome may stand in the
        middle.
        """
        while data and not self.welcomed:
            piece, data = data[:_SLICE_BYTES], data[_SLICE_BYTES:]
            self.handshake_bytes += len(piece)
            if self.handshake_bytes > HANDSHAKE_BYTES_MAX and self.refusal is None:
                self.refuse(MessageTooLarge("before the welcome"))
            super().receive_data(piece)
        if data:
            super().receive_data(data)

    def recv_frame(self, frame: Frame) -> None:
        """Count whole messages as they are parsed."""
        super().recv_frame(frame)
        if frame.opcode in _DATA_OPCODES and frame.fin:
            self.messages += 1
            self.message_ended()

    def message_ended(self) -> None:
        """A whole message was parsed; ``messages`` counts it."""
        raise NotImplementedError


class LinkServerProtocol(_LinkProtocol, ServerProtocol):
    """The accepting end: two messages (2 and 4), then silence until the welcome."""

    def message_ended(self) -> None:
        """Refuse a third message that comes before this end has welcomed."""
        if not self.welcomed and self.messages > 2:
            self.refuse(UnexpectedMessage("data before the welcome"))


class LinkClientProtocol(_LinkProtocol, ClientProtocol):
    """The dialling end: the third message is the welcome or the end; larger ones may follow at
    once.
    """

    def message_ended(self) -> None:
        """Lift the limits after the third message, which the handshake checks before anything is
        used.
        """
        if self.messages == 3:
            self.welcome()


def _end_if_refused(connection: Connection, protocol: _LinkProtocol) -> None:
    """Refused before the upgrade no frame can be sent: just cut the connection."""
    if protocol.refusal is not None and protocol.state is CONNECTING:
        connection.transport.abort()


class AcceptedConnection(Connection):
    """The asyncio side of an accepted websocket. The listener awaits ``upgrade`` in a task of its
    own.
    """

    def __init__(self, ping_seconds: float | None = PING_SECONDS) -> None:
        self.link_protocol = LinkServerProtocol(max_size=HANDSHAKE_BYTES_MAX)
        super().__init__(
            self.link_protocol,
            ping_interval=ping_seconds,
            ping_timeout=ping_seconds,
            close_timeout=CLOSE_SECONDS,
            max_queue=FRAMES_QUEUED_MAX,
        )
        self._request_received: asyncio.Future[None] = self.loop.create_future()

    async def upgrade(self) -> None:
        """Answer the HTTP request that opens a websocket (RFC 6455 section 4.2).

        Raises NotAWebsocket, MessageTooLarge.
        """
        await asyncio.wait(
            [self._request_received, self.connection_lost_waiter],
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self.request is not None and self.state is CONNECTING:
            response = self.link_protocol.accept(self.request)
            async with self.send_context(expected_state=CONNECTING):
                self.link_protocol.send_response(response)
        if self.state is not OPEN:
            raise self.link_protocol.refusal or NotAWebsocket()

    def process_event(self, event: Event) -> None:
        """The first event is the HTTP request, the others are frames."""
        if self.request is None:
            self.request = cast(Request, event)
            self._request_received.set_result(None)
        else:
            super().process_event(event)

    def data_received(self, data: bytes) -> None:
        """Bytes out of TLS."""
        super().data_received(data)
        _end_if_refused(self, self.link_protocol)


class DialledConnection(ClientConnection):
    """The asyncio side of a dialled websocket. The caller awaits
    ``handshake(user_agent_header=None)``.
    """

    def __init__(self, ping_seconds: float | None = PING_SECONDS) -> None:
        self.link_protocol = LinkClientProtocol(_URI, max_size=HANDSHAKE_BYTES_MAX)
        super().__init__(
            self.link_protocol,
            ping_interval=ping_seconds,
            ping_timeout=ping_seconds,
            close_timeout=CLOSE_SECONDS,
            max_queue=FRAMES_QUEUED_MAX,
        )

    def data_received(self, data: bytes) -> None:
        """Bytes out of TLS."""
        super().data_received(data)
        _end_if_refused(self, self.link_protocol)


LinkConnection = AcceptedConnection | DialledConnection
