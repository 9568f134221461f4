"""This installation on the network: interfaces, listener, discovery, dialler, and its links.

Joins ``net``'s parts and gives each link to ``node.effects``. Holds no entries and touches no
database; what should be remembered is handed to callbacks. All of it runs on the event loop.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine, Sequence
from random import SystemRandom
from typing import Any, Final

from p2pshare.clock import Clock
from p2pshare.errors import LinkError, NodeError
from p2pshare.log.keys import SigningKey
from p2pshare.net.dialer import Dialer
from p2pshare.net.discovery import Discovery
from p2pshare.net.handshake import FEATURE_OPEN_CIRCLE
from p2pshare.net.interfaces import InterfaceAddress, InterfaceWatch
from p2pshare.net.link_errors import CodedLinkError, LinkLost, ProtocolBreach
from p2pshare.net.links import Links
from p2pshare.net.listener import Listener
from p2pshare.net.tasks import Tasks
from p2pshare.net.transport import Endpoint, Link, LocalDevice
from p2pshare.net.wake import WakeWatch
from p2pshare.node.config import NetworkConfig
from p2pshare.node.effects import Effects
from p2pshare.node.events import LinkDown, LinkUp, NodeEvent, PeerFound

logger: Final = logging.getLogger("p2pshare.node.network")

Remember = Callable[[str, int, bytes], Coroutine[Any, Any, None]]


class LinkPipe:
    """A ``net`` link as ``node.effects`` uses it: sends in order, never blocks the caller."""

    def __init__(self, link: Link, sent: Callable[[], None]) -> None:
        self._link = link
        self._sent = sent
        self._queue: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self.ending: asyncio.Future[CodedLinkError] = asyncio.get_running_loop().create_future()

    def send(self, data: bytes, tracked: bool) -> None:
        """Queue a message."""
        self._queue.put_nowait((data, tracked))

    def close(self, reason: str) -> None:
        """End the link because of what the peer did."""
        if not self.ending.done():
            self.ending.set_result(ProtocolBreach(reason, self._link.device))

    def pause(self) -> None:
        """Take no more messages off the link."""
        self._open.clear()

    def resume(self) -> None:
        """Take messages again."""
        self._open.set()

    async def run_sending(self) -> None:
        """Send what is queued, for ever. Raises LinkError when the link ends."""
        while True:
            data, tracked = await self._queue.get()
            await self._link.send(data)
            if tracked:
                self._sent()

    async def run_receiving(self, arrived: Callable[[bytes], None]) -> None:
        """Deliver what comes, for ever. Raises LinkError when the link ends."""
        while True:
            data = await self._link.receive()
            arrived(data)
            await self._open.wait()

    async def run_ending(self) -> None:
        """Raise the error by which ``close`` ended the link, once it has."""
        raise await self.ending


class Network:
    """Announces, listens, dials, and runs the links of one device key."""

    def __init__(
        self,
        key: SigningKey,
        config: NetworkConfig,
        effects: Effects,
        clock: Clock,
        tell: Callable[[NodeEvent], None],
        remember: Remember,
    ) -> None:
        local = LocalDevice(key, FEATURE_OPEN_CIRCLE)
        self._key = key
        self._config = config
        self._effects = effects
        self._tell = tell
        self._remember = remember
        self._links = Links(key.public, clock)
        self._tasks = Tasks("network")
        self._dialer = Dialer(
            local,
            self._links,
            self._session,
            clock,
            SystemRandom(),
            worked=self._worked,
            given_up=self._given_up,
        )
        self._listener = Listener(local, self._dialer.run_accepted)
        self._discovery = Discovery(self._found, self._dialer.gone, SystemRandom())
        self._watch = InterfaceWatch(self._interfaces_changed, config.interfaces)
        self._addresses: frozenset[str] = frozenset()
        self._wake = WakeWatch(clock, self._woke)
        self._started = False
        self.port = 0

    @property
    def links(self) -> list[Link]:
        """The links that are up."""
        return list(self._links)

    @property
    def device(self) -> bytes:
        """The public device key by which this installation is known on links."""
        return self._key.public

    async def start(self, remembered: Sequence[tuple[bytes, Endpoint]]) -> None:
        """Be on the network. Raises NodeError if no address lets us listen."""
        usable = await self._watch.poll()
        try:
            self.port = await self._listener.start(usable, self._config.port)
        except OSError as error:
            raise NodeError(
                f"cannot listen on port {self._config.port}: {error.strerror or error};"
                " choose another --port"
            ) from error
        self._dialer.set_interfaces(usable, restricted=bool(self._config.interfaces))
        for device, endpoint in remembered:
            self._dialer.remembered(device, [endpoint])
        for host, port in self._config.peers:
            for endpoint in await _resolve(host, port):
                self._dialer.typed(endpoint)
        self._dialer.start()
        self._started = True
        if self._config.discovery:
            await self._discovery.start(usable, self.port)
        self._tasks.start(self._watch.run(), name="watch interfaces")
        self._tasks.start(self._wake.run(), name="watch for sleep")

    async def stop(self) -> None:
        """Leave: dialler and listener, links, then discovery's goodbye (DESIGN section 11)."""
        self._started = False
        await self._tasks.close()
        await asyncio.gather(self._dialer.stop(), self._listener.stop())
        await self._discovery.stop()

    def dial(self, endpoint: Endpoint) -> None:
        """Dial an address that a person typed or scanned."""
        self._dialer.typed(endpoint)

    # --- what becomes known -------------------------------------------------------------------

    def _found(self, instance: str, endpoints: Sequence[Endpoint]) -> None:
        self._tell(PeerFound(tuple(str(endpoint) for endpoint in endpoints)))
        self._dialer.discovered(instance, endpoints)

    def _given_up(self, instance: str) -> None:
        self._discovery.given_up(instance)

    def _interfaces_changed(self, usable: tuple[InterfaceAddress, ...]) -> None:
        lost = self._addresses - {one.address for one in usable}
        self._addresses = frozenset(one.address for one in usable)
        if not self._started:
            return
        for link in self._links:  # nothing comes through any more: do not wait for silence to tell
            if link.local_address in lost:
                self._tasks.start(link.close(LinkLost()), name="leave an address")
        self._listener.update(usable)
        self.port = self._listener.port  # started without an address, it had no port until now
        self._dialer.set_interfaces(usable, restricted=bool(self._config.interfaces))
        if self._config.discovery:
            self._tasks.start(self._discovery.update(usable, self.port), name="follow interfaces")

    def _woke(self) -> None:
        self._dialer.network_changed()
        if self._config.discovery:
            self._tasks.start(self._discovery.refresh(), name="announce after sleep")

    def _worked(self, device: bytes, endpoint: Endpoint) -> None:
        if self._started:
            remembering = self._remember(endpoint.address, endpoint.port, device)
            self._tasks.start(remembering, name="remember")

    # --- links --------------------------------------------------------------------------------

    async def _session(self, link: Link) -> None:
        """The life of one link. Raises the LinkError that ended it."""
        number = 0
        pipe = LinkPipe(link, lambda: self._effects.sent(number))
        number = self._effects.link_opened(
            pipe,
            dialled=link.dialled,
            device=link.device,
            transcript=link.transcript,
            open_circle=bool(link.features & FEATURE_OPEN_CIRCLE),
        )
        self._tell(LinkUp(link.device.hex(), str(link.endpoint)))
        reason = "ended"
        try:
            await _until_one_raises(
                pipe.run_sending(),
                pipe.run_receiving(lambda data: self._effects.arrived(number, data)),
                pipe.run_ending(),
            )
        except LinkError as error:
            reason = str(error)
            raise
        finally:
            pipe.ending.cancel()
            self._effects.link_closed(number)
            self._tell(LinkDown(link.device.hex(), str(link.endpoint), reason))


async def _until_one_raises(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until one raises; the others are cancelled. Raises what it raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for place, work in enumerate(works):
                group.create_task(work, name=f"link {place}")
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def _resolve(host: str, port: int) -> list[Endpoint]:
    """The addresses of a host that a person typed. Raises NodeError if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NodeError(f"'{host}' has no address: {error.strerror or error}") from error
    return list(dict.fromkeys(Endpoint(str(name[4][0]), port) for name in found))
