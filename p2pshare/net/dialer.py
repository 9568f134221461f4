"""Dials what ``net.peers`` chooses and runs the session of each link that comes of it.

The asynchronous shell of the policy: it owns the tasks, reads the clock, and chooses the source
address. Logs why a dial failed, with the address. Knows nothing of what a session does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Final

from p2pshare.clock import Clock
from p2pshare.errors import LinkError
from p2pshare.limits import DIALLED_LINKS_MAX, HANDSHAKE_SECONDS_MAX
from p2pshare.net.dialling import dial
from p2pshare.net.interfaces import InterfaceAddress, source_for
from p2pshare.net.link_errors import DuplicateLink, LinkClosed, ShuttingDown, Unreachable
from p2pshare.net.links import Links
from p2pshare.net.peers import PeerBook, Source, Target
from p2pshare.net.tasks import Tasks
from p2pshare.net.tls import make_client_context
from p2pshare.net.transport import Endpoint, Link, LocalDevice
from p2pshare.net.websocket import PING_SECONDS

logger: Final = logging.getLogger("p2pshare.net.dialer")


class Dialer:
    """Keeps up to ``dialled_max`` links to endpoints it is told of; ``session(link)`` runs while
    one is up.

    ``session`` is also given each accepted link by whoever owns the listener: see ``run_accepted``.
    ``worked(device, endpoint)`` is told of each endpoint that led to a link, to be remembered;
    ``given_up(instance)`` of each discovered one that failed too often: heard again, it is tried
    again.
    """

    def __init__(
        self,
        local: LocalDevice,
        links: Links,
        session: Callable[[Link], Awaitable[None]],
        clock: Clock,
        random: Random,
        *,
        worked: Callable[[bytes, Endpoint], None] = lambda device, endpoint: None,
        given_up: Callable[[str], None] = lambda instance: None,
        dialled_max: int = DIALLED_LINKS_MAX,
        seconds: float = HANDSHAKE_SECONDS_MAX,
        ping_seconds: float | None = PING_SECONDS,
    ) -> None:
        self._local = local
        self._links = links
        self._session = session
        self._clock = clock
        self._worked = worked
        self._given_up = given_up
        self._seconds = seconds
        self._ping_seconds = ping_seconds
        self._context = make_client_context()
        self._tasks = Tasks("dialer")
        self._wake = asyncio.Event()
        self._usable: tuple[InterfaceAddress, ...] = ()
        self._restricted = False
        self.book = PeerBook(local.key.public, random, dialled_max=dialled_max)

    def start(self) -> None:
        """Begin dialling what is known and what becomes known."""
        self._tasks.start(self._run(), name="choose")

    async def stop(self) -> None:
        """End every dial and every dialled link, as shutting down."""
        await self._tasks.close()

    # --- what becomes known (each wakes the dialler) ------------------------------------------

    def set_interfaces(self, usable: Sequence[InterfaceAddress], *, restricted: bool) -> None:
        """The addresses to dial from changed. ``restricted``: the user named them, use no other."""
        self._usable, self._restricted = tuple(usable), restricted
        self.network_changed()

    def network_changed(self) -> None:
        """Try again now what failed before."""
        self.book.network_changed(self._clock.monotonic())
        self._wake.set()

    def discovered(self, instance: str, endpoints: Sequence[Endpoint]) -> None:
        """As ``PeerBook.discovered``."""
        self.book.discovered(instance, endpoints, self._clock.monotonic())
        self._wake.set()

    def gone(self, instance: str) -> None:
        """As ``PeerBook.gone``."""
        self.book.gone(instance)

    def remembered(self, device: bytes, endpoints: Sequence[Endpoint]) -> None:
        """As ``PeerBook.remembered``."""
        self.book.remembered(device, endpoints, self._clock.monotonic())
        self._wake.set()

    def typed(self, endpoint: Endpoint, expected_device: bytes | None = None) -> None:
        """As ``PeerBook.typed``."""
        self.book.typed(endpoint, self._clock.monotonic(), expected_device)
        self._wake.set()

    # --- links ----------------------------------------------------------------------------------

    async def run_accepted(self, link: Link) -> None:
        """The ``on_link`` of the listener: hold an accepted link like a dialled one. Raises
        LinkError.
        """
        await self._hold(link)

    async def _hold(self, link: Link) -> None:
        self.book.linked(link.device)
        try:
            await self._links.hold(link, self._session)
        finally:
            if self._links.get(link.device) is None:
                self.book.unlinked(link.device, self._clock.monotonic())
                self._wake.set()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            now = self._clock.monotonic()
            for target in self.book.due(now):
                self._tasks.start(self._dial(target, target.endpoint), name=f"to {target.endpoint}")
            next_due = self.book.next_due()
            # What is due already waits for a place, and is looked at again when a link or a dial
            # ends.
            wait = next_due - now if next_due is not None and next_due > now else None
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _dial(self, target: Target, endpoint: Endpoint) -> None:
        """One dial and, if it succeeds, the life of its link."""
        try:
            link = await self._connect(target, endpoint)
        except LinkError as error:
            self._not_linked(target, endpoint, error)
            return
        finally:
            self._wake.set()
        self.book.succeeded(target, link.device)
        self._worked(link.device, endpoint)
        try:
            await self._hold(link)
            await link.close()
        except LinkError as ended:
            logger.info("link to %s ended: %s", endpoint, ended)
        except asyncio.CancelledError:
            await link.close(ShuttingDown())
            raise
        finally:
            self.book.ended(target)
            self._wake.set()

    async def _connect(self, target: Target, endpoint: Endpoint) -> Link:
        try:
            source = source_for(endpoint.address, self._usable, restricted=self._restricted)
        except ValueError as error:
            raise Unreachable(str(error)) from error
        return await dial(
            endpoint,
            self._local,
            self._context,
            expected_device=target.expected_device,
            source=source,
            admit=self._links.check_new,
            seconds=self._seconds,
            ping_seconds=self._ping_seconds,
        )

    def _not_linked(self, target: Target, endpoint: Endpoint, error: LinkError) -> None:
        """A dial came to nothing: remember who is there, or wait longer before the next."""
        now = self._clock.monotonic()
        if isinstance(error, DuplicateLink) and error.device is not None:
            self.book.met(target, error.device, now)
            logger.info("already linked with what is at %s", endpoint)
            return
        forgotten = self.book.failed(target, now)
        if forgotten and target.source is Source.DISCOVERED:
            self._given_up(target.name)
        closed = "" if isinstance(error, LinkClosed) else "no link: "
        logger.info(
            "dialled %s: %s%s%s", endpoint, closed, error, ", forgotten" if forgotten else ""
        )
