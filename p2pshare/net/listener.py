"""Accepts connections on the chosen addresses and hands up the welcomed ones.

Each raw socket gets a task and passes TLS, websocket and handshake within one deadline; until the
welcome it counts in ``net.gate``. Whatever fails ends with a reason of its own: the peer gets the
close code where a frame can be sent, and the log says which, with the address. ``on_link`` runs in
the same task: when it returns, the link is closed. Which addresses to listen on comes from
``net.interfaces``.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from websockets.exceptions import ConnectionClosed
from websockets.protocol import CONNECTING

from p2pshare.errors import LinkError
from p2pshare.limits import ACCEPTED_LINKS_MAX, HANDSHAKE_SECONDS_MAX
from p2pshare.net.dialling import Admit, admit_everybody
from p2pshare.net.gate import Gate
from p2pshare.net.handshake import NONCE_BYTES, ServerHandshake, Welcomed
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.link_errors import (
    CodedLinkError,
    GaveWay,
    HandshakeTimedOut,
    NotAWebsocket,
    ShuttingDown,
    TooManyLinks,
)
from p2pshare.net.tasks import Tasks, off_loop
from p2pshare.net.tls import ServerTls, make_server_tls, tls_failure
from p2pshare.net.transport import (
    Endpoint,
    Link,
    LocalDevice,
    close_connection,
    endpoint_of,
    receive_message,
    send_message,
)
from p2pshare.net.websocket import CLOSE_SECONDS, PING_SECONDS, AcceptedConnection

logger: Final = logging.getLogger("p2pshare.net.listener")

OnLink = Callable[[Link], Awaitable[None]]
BACKLOG: Final = 128
_ACCEPT_PAUSE_SECONDS: Final = 0.5
_CROWDED_PAUSE_SECONDS: Final = 0.01
_PORT_TRIES: Final = 8


class Listener:
    """Accepts links for ``local``; each is given to ``on_link``, which runs as long as the link
    lives.

    ``tls`` is made afresh if None. ``admit`` is asked with a proven device key before the welcome.
    ``seconds`` is the deadline from the accepted socket to the welcome.
    """

    def __init__(
        self,
        local: LocalDevice,
        on_link: OnLink,
        *,
        admit: Admit = admit_everybody,
        seconds: float = HANDSHAKE_SECONDS_MAX,
        links_max: int = ACCEPTED_LINKS_MAX,
        ping_seconds: float | None = PING_SECONDS,
        tls: ServerTls | None = None,
    ) -> None:
        self._local = local
        self._on_link = on_link
        self._admit = admit
        self._seconds = seconds
        self._links_max = links_max
        self._ping_seconds = ping_seconds
        self._tasks = Tasks("listener")
        self._accepting: dict[str, tuple[socket.socket, asyncio.Task[None]]] = {}
        self._links = 0
        self._tls = tls
        self.gate: Gate[_Arrival] = Gate()
        self.port = 0

    @property
    def addresses(self) -> list[str]:
        """The addresses it listens on now."""
        return sorted(self._accepting)

    async def start(self, interfaces: Sequence[InterfaceAddress], port: int = 0) -> int:
        """Listen on each of ``interfaces``, on one port for all (0: the system chooses). Returns
        the port.

        Raises OSError if there are interfaces and none of them lets us listen.
        """
        if self._tls is None:
            self._tls = await off_loop(make_server_tls)
        self.port = port
        if interfaces:
            self.port = self._bind_all(interfaces, port)
        return self.port

    def _bind_all(self, interfaces: Sequence[InterfaceAddress], port: int) -> int:
        """Bind on one common port; where the system chose it and another address has it taken,
        choose again.
        """
        for tries_left in reversed(range(_PORT_TRIES if port == 0 else 1)):
            chosen, taken = port, None
            bound = []
            for interface in interfaces:
                try:
                    bound.append((interface, _listening_socket(interface, chosen)))
                except OSError as error:
                    taken = error
                    continue
                chosen = bound[0][1].getsockname()[1]
            if bound and (taken is None or not tries_left):
                for interface, listening in bound:
                    self._accept_on(interface, listening)
                return int(chosen)
            for _, listening in bound:
                listening.close()
        raise taken or OSError("no address to listen on")

    def update(self, interfaces: Sequence[InterfaceAddress]) -> None:
        """Listen on new addresses, on the same port, and let go of those that went."""
        wanted = {interface.address: interface for interface in interfaces}
        for address in set(self._accepting) - set(wanted):
            listening, task = self._accepting.pop(address)
            task.cancel()
            listening.close()
            logger.info("no longer listening on %s", address)
        for address in sorted(set(wanted) - set(self._accepting)):
            try:
                listening = _listening_socket(wanted[address], self.port)
            except (
                OSError
            ) as error:  # a fresh IPv6 address is not usable at once; the next poll retries
                logger.info("cannot listen on %s yet: %s", address, error)
                continue
            self.port = listening.getsockname()[1]
            self._accept_on(wanted[address], listening)

    def _accept_on(self, interface: InterfaceAddress, listening: socket.socket) -> None:
        task = self._tasks.start(self._accept(listening), name=f"accept on {interface.address}")
        self._accepting[interface.address] = (listening, task)
        logger.info("listening on %s", Endpoint(interface.address, listening.getsockname()[1]))

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                raw, name = await loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors, or the peer went before we looked
                logger.info("cannot accept: %s", error)
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            arrival = _Arrival(raw, endpoint_of(name))
            giving_way = self.gate.enter(arrival, arrival.endpoint.address)
            for oldest in giving_way:
                oldest.give_way()
                self._refused(oldest, GaveWay())
            arrival.task = self._tasks.start(self._serve(arrival), name=f"link {arrival.endpoint}")
            # Let the others work too. In a flood the queue of the system waits, so that who came in
            # has at least (places x pause) to finish before it has to give way in its turn.
            await asyncio.sleep(_CROWDED_PAUSE_SECONDS if giving_way else 0)

    async def _serve(self, arrival: "_Arrival") -> None:
        """One connection from its accepted socket to its end."""
        try:
            welcomed = await self._welcome(arrival)
        except LinkError as refused:
            await arrival.end(refused)
            self._refused(arrival, refused)
            return
        except asyncio.CancelledError:
            arrival.abort()
            if not arrival.gave_way:
                raise
            return
        finally:
            self.gate.leave(arrival)
        assert arrival.connection is not None
        arrival.connection.start_keepalive()
        link = Link(arrival.connection, welcomed, arrival.endpoint, dialled=False)
        try:
            await self._on_link(link)
            await link.close()
        except LinkError as ended:
            logger.info("link from %s ended: %s", arrival.endpoint, ended)
            await link.close(ended if isinstance(ended, CodedLinkError) else None)
        except asyncio.CancelledError:
            await link.close(ShuttingDown())
            raise
        finally:
            self._links -= 1
            arrival.abort()

    def _refused(self, arrival: "_Arrival", reason: LinkError) -> None:
        self.gate.leave(arrival)
        logger.info("refused %s: %s", arrival.endpoint, reason)

    async def _welcome(self, arrival: "_Arrival") -> Welcomed:
        """TLS, websocket, handshake; counts the link when it returns. Raises a LinkError."""
        assert self._tls is not None
        try:
            async with asyncio.timeout(self._seconds):
                connection = await arrival.encrypt(
                    self._tls.context, self._seconds, self._ping_seconds
                )
                try:
                    await connection.upgrade()
                except ConnectionClosed as error:
                    raise connection.link_protocol.refusal or NotAWebsocket() from error
                welcomed, welcome = await self._prove(connection, self._tls.certificate_der)
                if self._links >= self._links_max:
                    raise TooManyLinks(device=welcomed.peer_device)
                self._admit(welcomed.peer_device)
                if connection.link_protocol.refusal is not None:
                    raise connection.link_protocol.refusal
                self._links += 1
                connection.link_protocol.welcome()
        except TimeoutError:
            raise HandshakeTimedOut() from None
        try:
            await send_message(connection, welcome)
        except BaseException:
            self._links -= 1
            raise
        return welcomed

    async def _prove(
        self, connection: AcceptedConnection, certificate: bytes
    ) -> tuple[Welcomed, bytes]:
        """Messages 1 to 4; returns who it is, and the welcome to send."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        handshake = ServerHandshake(self._local.key, certificate, nonce, self._local.features)
        await send_message(connection, handshake.start())
        while True:
            step = handshake.receive(await receive_message(connection))
            assert step.send is not None
            if step.welcomed is not None:
                return step.welcomed, step.send
            await send_message(connection, step.send)

    async def stop(self) -> None:
        """Stop listening, close every link as shutting down, and wait for their end."""
        accepting, self._accepting = self._accepting, {}
        for _, task in accepting.values():
            task.cancel()
        await self._tasks.close()
        for listening, _ in accepting.values():
            listening.close()
        for arrival in self.gate.waiting():  # their tasks were cancelled before they began
            arrival.abort()
            self.gate.leave(arrival)


class _Arrival:
    """A connection before its welcome, and so what there is to close."""

    def __init__(self, raw: socket.socket, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.connection: AcceptedConnection | None = None
        self.task: asyncio.Task[None] | None = None
        self.gave_way = False
        self._raw = raw
        self._encrypting = False

    async def encrypt(
        self, context: ssl.SSLContext, seconds: float, ping_seconds: float | None
    ) -> AcceptedConnection:
        """TLS. Raises NotTls, TlsTooOld."""
        self._encrypting = True
        try:
            _, self.connection = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: AcceptedConnection(ping_seconds),
                sock=self._raw,
                ssl=context,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=CLOSE_SECONDS,
            )
        except OSError as error:
            raise tls_failure(error) from error
        return self.connection

    def give_way(self) -> None:
        """Make room at once: a close frame where one can be sent, and no waiting for an answer."""
        self.gave_way = True
        if self.connection is not None:
            self.connection.link_protocol.refuse(GaveWay())
            self.connection.send_data()
        self.abort()
        if self.task is not None:
            self.task.cancel()

    async def end(self, error: LinkError) -> None:
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
        elif (
            self._encrypting
        ):  # the event loop owns the socket: end the stream under it, and it closes
            with contextlib.suppress(OSError):
                self._raw.shutdown(socket.SHUT_RDWR)
        else:
            self._raw.close()


def _listening_socket(interface: InterfaceAddress, port: int) -> socket.socket:
    """A non-blocking socket that listens on one address only. Raises OSError."""
    family = socket.AF_INET6 if interface.version == 6 else socket.AF_INET
    # With the protocol named asyncio turns Nagle's delay off, also for what is accepted: 100 ms
    # less for each handshake, measured.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setblocking(False)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(interface.socket_name(port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
