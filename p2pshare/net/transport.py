"""A ``Link``: the authenticated channel between two devices, as the rest of the program sees it.

Also the message channel that the handshake runs over, shared by both ends (``net.listener``
accepts, ``net.dialling`` dials). Moves bytes and knows nothing of what they mean.
"""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final

from websockets.exceptions import ConnectionClosed

from p2pshare.limits import MESSAGE_BYTES_MAX
from p2pshare.log.keys import SigningKey
from p2pshare.net.handshake import FEATURE_OPEN_CIRCLE, Welcomed
from p2pshare.net.link_errors import (
    NORMAL_CLOSURE,
    CodedLinkError,
    LinkClosed,
    LinkLost,
    MalformedMessage,
    MessageTooLarge,
)
from p2pshare.net.websocket import LinkConnection

_CODES_OF_NOBODY: Final = frozenset({1005, 1006})  # RFC 6455 section 7.4.1: no code was sent


@dataclass(frozen=True)
class LocalDevice:
    """Who this end is: the device key that signs, and the feature bits it offers."""

    key: SigningKey
    features: int = FEATURE_OPEN_CIRCLE


@dataclass(frozen=True, order=True)
class Endpoint:
    """Where a device listens: an IP address (``fe80::1%3`` where IPv6 needs its scope) and a TCP
    port.
    """

    address: str
    port: int

    def __str__(self) -> str:
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


def socket_name(endpoint: Endpoint) -> tuple[socket.AddressFamily, tuple[str | int, ...]]:
    """The family and the name that ``connect`` and ``bind`` take; no resolver is asked.

    Raises ValueError if the address is not numeric, OSError if its scope is no interface here.
    """
    address = ipaddress.ip_address(endpoint.address)
    if isinstance(address, ipaddress.IPv4Address):
        return socket.AF_INET, (str(address), endpoint.port)
    host, _, scope = endpoint.address.partition("%")
    index = int(scope) if scope.isdigit() else socket.if_nametoindex(scope) if scope else 0
    return socket.AF_INET6, (host, endpoint.port, 0, index)


def endpoint_of(name: tuple[object, ...]) -> Endpoint:
    """The Endpoint of what ``getpeername`` returns: (host, port) or (host, port, flow, scope)."""
    host, port = str(name[0]).split("%")[0], name[1]
    assert isinstance(port, int)
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return Endpoint(str(address.ipv4_mapped), port)
        if address.is_link_local and len(name) == 4 and name[3]:
            return Endpoint(f"{address}%{name[3]}", port)
    return Endpoint(str(address), port)


def closing_cause(
    connection: LinkConnection, error: ConnectionClosed
) -> CodedLinkError | LinkClosed:
    """Why a connection ended: our own refusal, the peer's code, or nobody's word."""
    refusal = connection.link_protocol.refusal
    if refusal is not None:
        return refusal
    if error.rcvd is not None and error.rcvd.code not in _CODES_OF_NOBODY:
        return LinkClosed(error.rcvd.code)
    return LinkLost()


async def receive_message(connection: LinkConnection) -> bytes:
    """The next binary message. Raises LinkClosed, or the CodedLinkError of this end."""
    try:
        message = await connection.recv()
    except ConnectionClosed as error:
        raise closing_cause(connection, error) from error
    if isinstance(message, str):
        raise MalformedMessage("text where bytes were awaited")
    return message


async def send_message(connection: LinkConnection, data: bytes) -> None:
    """Send one binary message, waiting while the peer is slow to read. Raises as
    ``receive_message``.
    """
    try:
        await connection.send(data)
    except ConnectionClosed as error:
        raise closing_cause(connection, error) from error


async def close_connection(connection: LinkConnection, error: CodedLinkError | None) -> None:
    """Close with the code of ``error`` (None: all is well); at most CLOSE_SECONDS for the peer to
    answer.
    """
    if error is None:
        await connection.close(NORMAL_CLOSURE)
    else:
        await connection.close(error.code, error.reason)


class Link:
    """An authenticated connection between two devices, after the welcome.

    ``device``: the peer's public key (32 bytes). ``endpoint``: its address here; the port is the
    one it listens on only if this end ``dialled``. ``transcript``: 32 bytes that name this link at
    both ends. ``features``: the bits that both ends offer.
    """

    def __init__(
        self, connection: LinkConnection, welcomed: Welcomed, endpoint: Endpoint, *, dialled: bool
    ) -> None:
        self._connection = connection
        self.device = welcomed.peer_device
        self.transcript = welcomed.transcript
        self.features = welcomed.features
        self.version = welcomed.version
        self.endpoint = endpoint
        self.dialled = dialled

    def __repr__(self) -> str:
        direction = "to" if self.dialled else "from"
        return f"<Link {direction} {self.endpoint} {self.device.hex()[:8]}>"

    @property
    def address(self) -> str:
        """The peer's IP address."""
        return self.endpoint.address

    @property
    def port(self) -> int:
        """The peer's TCP port."""
        return self.endpoint.port

    @property
    def local_address(self) -> str:
        """This end's IP address, without scope."""
        return str(self._connection.local_address[0]).split("%")[0]

    @property
    def closed(self) -> bool:
        """Whether the connection has ended or is ending."""
        return self._connection.close_code is not None or self._connection.protocol.close_expected()

    async def send(self, data: bytes) -> None:
        """Send one message, at most MESSAGE_BYTES_MAX. Waits while the peer is slow to read.

        Raises MessageTooLarge (nothing is sent), LinkClosed or a CodedLinkError when the link has
        ended.
        """
        if len(data) > MESSAGE_BYTES_MAX:
            raise MessageTooLarge(f"{len(data)} bytes to send", self.device)
        await send_message(self._connection, data)

    async def receive(self) -> bytes:
        """The next message. Raises LinkClosed if the peer ended the link, else a CodedLinkError.

        After MalformedMessage the caller closes the link with it; after the others it is closed.
        """
        return await receive_message(self._connection)

    async def close(self, error: CodedLinkError | None = None) -> None:
        """End the link; the peer is told the code of ``error``. Idempotent, takes CLOSE_SECONDS at
        most.

        Whoever waits in ``receive`` or ``send`` here then sees ``error`` too.
        """
        protocol = self._connection.link_protocol
        if error is not None and protocol.refusal is None and not self.closed:
            protocol.refusal = error
        await close_connection(self._connection, error)
