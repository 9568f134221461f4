"""The links that are up: at most one for each peer device, and both ends agree on which.

Of two links made at about the same time, one in each direction, the one dialled by the lower device
id stays (DESIGN section 8). A dialling end asks ``check_new`` before it says who it is (``Admit``),
so an honest device never completes a second link while it has one. Hence a further link that is
completed much later means that the peer has lost the first (restart, sleep, a cable), and then the
newer one stays. Keeps references only: closing and running sessions is done by ``hold``, the one
coroutine here.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from p2pshare.clock import Clock
from p2pshare.limits import HANDSHAKE_SECONDS_MAX
from p2pshare.net.link_errors import CodedLinkError, DuplicateLink, MetOurselves
from p2pshare.net.transport import Link

SIMULTANEOUS_SECONDS: Final = 2 * HANDSHAKE_SECONDS_MAX


@dataclass(frozen=True)
class _Held:
    link: Link
    since: float


class Links:
    """The registry of one device's links. ``own_device`` is its public key."""

    def __init__(self, own_device: bytes, clock: Clock) -> None:
        self._own = own_device
        self._clock = clock
        self._held: dict[bytes, _Held] = {}

    def __iter__(self) -> Iterator[Link]:
        return iter([held.link for held in self._held.values()])

    def __len__(self) -> int:
        return len(self._held)

    def get(self, device: bytes) -> Link | None:
        """The link to ``device``, if there is one."""
        held = self._held.get(device)
        return held.link if held else None

    def check_new(self, device: bytes) -> None:
        """For a dialling end, before it says who it is. Raises DuplicateLink if ``device`` is
        linked already.
        """
        held = self._held.get(device)
        if held is not None and not held.link.closed:
            raise DuplicateLink(device=device)

    def add(self, link: Link) -> Link | None:
        """Take ``link`` in. Returns the older one that it replaces, which the caller closes.

        Raises DuplicateLink if the older one stays and ``link`` is the one to close; MetOurselves
        if they are the two ends of one link.
        """
        now = self._clock.monotonic()
        held = self._held.get(link.device)
        if held is not None and held.link.transcript == link.transcript:
            raise MetOurselves(device=link.device)
        if held is not None and not held.link.closed:
            simultaneous = now - held.since < SIMULTANEOUS_SECONDS
            if simultaneous and not self._newer_wins(held.link, link):
                raise DuplicateLink(device=link.device)
        self._held[link.device] = _Held(link, now)
        return held.link if held else None

    def _newer_wins(self, older: Link, newer: Link) -> bool:
        if newer.device == self._own:  # no lower one: take what both ends see alike
            return newer.transcript < older.transcript
        if older.dialled == newer.dialled:  # the dialling end has lost the older one
            return True
        return newer.dialled == (self._own < newer.device)

    def remove(self, link: Link) -> None:
        """``link`` has ended. Does nothing if another link has replaced it."""
        held = self._held.get(link.device)
        if held is not None and held.link is link:
            del self._held[link.device]

    async def hold(self, link: Link, session: Callable[[Link], Awaitable[None]]) -> None:
        """Run ``session(link)`` while the link is up; a duplicate is closed with its reason and
        never run.

        Raises the LinkError that ended it; a CodedLinkError of this end is told to the peer first.
        """
        try:
            replaced = self.add(link)
        except (DuplicateLink, MetOurselves) as duplicate:
            await link.close(duplicate)
            raise
        try:
            if replaced is not None:
                await replaced.close(DuplicateLink(device=link.device))
            await session(link)
        except CodedLinkError as error:
            await link.close(error)
            raise
        finally:
            self.remove(link)
