"""Dials one address: TCP, TLS 1.3, websocket, handshake, within one deadline. Returns a welcomed
Link.

Whom to dial and when is decided in ``net.peers``; ``net.dialer`` calls this.
"""

import asyncio
import contextlib
import os
import secrets
import socket
import ssl
from collections.abc import Callable

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.protocol import CONNECTING

from p2pshare.errors import LinkError
from p2pshare.limits import HANDSHAKE_SECONDS_MAX
from p2pshare.net.handshake import NONCE_BYTES, ClientHandshake, Welcomed
from p2pshare.net.link_errors import (
    CodedLinkError,
    HandshakeTimedOut,
    NotAWebsocket,
    NotTls,
    Unreachable,
)
from p2pshare.net.tls import tls_failure
from p2pshare.net.transport import (
    Endpoint,
    Link,
    LocalDevice,
    close_connection,
    receive_message,
    send_message,
    socket_name,
)
from p2pshare.net.websocket import CLOSE_SECONDS, PING_SECONDS, DialledConnection

Admit = Callable[[bytes], None]
"""Asked with a proven device key before the link is made; raises a CodedLinkError to refuse it."""


def admit_everybody(device: bytes) -> None:
    """The ``Admit`` that refuses nobody."""


async def dial(
    endpoint: Endpoint,
    local: LocalDevice,
    context: ssl.SSLContext,
    *,
    expected_device: bytes | None = None,
    source: str | None = None,
    admit: Admit = admit_everybody,
    seconds: float = HANDSHAKE_SECONDS_MAX,
    ping_seconds: float | None = PING_SECONDS,
) -> Link:
    """A welcomed link to ``endpoint``, from the local address ``source`` (None: the system
    chooses).

    ``context`` is of ``make_client_context``. ``expected_device`` is the pin. ``admit`` runs when
    the server is proven and before this end says who it is. Raises a CodedLinkError (Unreachable,
    NotTls, WrongDevice, ...) if this end refuses, LinkClosed if the other does.
    """
    progress = _Progress()
    try:
        async with asyncio.timeout(seconds):
            await progress.connect(endpoint, source)
            await progress.encrypt(context, seconds, ping_seconds)
            welcomed = await progress.prove(local, expected_device, admit)
    except TimeoutError:
        error: LinkError = HandshakeTimedOut() if progress.connected else Unreachable("no answer")
        await progress.give_up(error)
        raise error from None
    except LinkError as refused:
        await progress.give_up(refused)
        raise
    except BaseException:
        progress.abort()
        raise
    assert progress.connection is not None
    progress.connection.start_keepalive()
    return Link(progress.connection, welcomed, endpoint, dialled=True)


class _Progress:
    """How far one dial has come, and so what there is to close."""

    def __init__(self) -> None:
        self.connected = False
        self.connection: DialledConnection | None = None
        self._socket: socket.socket | None = None
        self._encrypting = False

    async def connect(self, endpoint: Endpoint, source: str | None) -> None:
        """TCP. Raises Unreachable."""
        loop = asyncio.get_running_loop()
        try:
            family, name = socket_name(endpoint)
            self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            self._socket.setblocking(False)
            if source is not None:
                self._socket.bind(socket_name(Endpoint(source, 0))[1])
            await loop.sock_connect(self._socket, name)
        except OSError as error:  # asyncio's text would name address and port twice
            raise Unreachable(os.strerror(error.errno or 0).lower()) from error
        except ValueError as error:
            raise Unreachable(str(error)) from error
        self.connected = True

    async def encrypt(
        self, context: ssl.SSLContext, seconds: float, ping_seconds: float | None
    ) -> None:
        """TLS. Raises NotTls, TlsTooOld."""
        assert self._socket is not None
        self._encrypting = True
        try:
            _, self.connection = await asyncio.get_running_loop().create_connection(
                lambda: DialledConnection(ping_seconds),
                sock=self._socket,
                ssl=context,
                server_hostname="",
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=CLOSE_SECONDS,
            )
        except OSError as error:
            raise tls_failure(error) from error

    async def prove(
        self, local: LocalDevice, expected_device: bytes | None, admit: Admit
    ) -> Welcomed:
        """The websocket upgrade and messages 1 to 5. Raises a CodedLinkError or LinkClosed."""
        connection = self.connection
        assert connection is not None
        try:
            await connection.handshake(user_agent_header=None)
        except (InvalidHandshake, ConnectionClosed, EOFError, OSError) as error:
            raise connection.link_protocol.refusal or NotAWebsocket() from error
        tls = connection.transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True)
        if certificate is None:
            raise NotTls("no certificate was shown")
        nonce = secrets.token_bytes(NONCE_BYTES)
        handshake = ClientHandshake(local.key, certificate, nonce, local.features, expected_device)
        while True:
            step = handshake.receive(await receive_message(connection))
            if step.welcomed is not None:
                return step.welcomed
            if step.peer is not None:
                admit(step.peer)
            if step.send is not None:
                await send_message(connection, step.send)

    async def give_up(self, error: LinkError) -> None:
        """Tell the other end why, if a frame can be sent, and let go of the socket."""
        if self.connection is not None and self.connection.state is not CONNECTING:
            await close_connection(
                self.connection, error if isinstance(error, CodedLinkError) else None
            )
        self.abort()

    def abort(self) -> None:
        """Let go of the socket at once."""
        if self.connection is not None:
            self.connection.transport.abort()
        elif self._encrypting and self._socket is not None:
            with contextlib.suppress(
                OSError
            ):  # the event loop owns it: end the stream, and it closes
                self._socket.shutdown(socket.SHUT_RDWR)
        elif self._socket is not None:
            self._socket.close()
