"""A virtual clock and a memory network: links with delay, breaks, stalls and, if wanted, worse.

Everything comes from one ``random.Random``. A link delivers in order and loses nothing while it is
up, as TCP does; with ``Faults`` it also drops, doubles and reorders single messages, which no real
link does: then only the next link has to heal what went wrong.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sim.authors import seeded


class Clock:
    """Virtual seconds: jumps to the next thing that is to happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, delay: float, action: Callable[[], None]) -> None:
        """Do ``action`` after ``delay`` seconds; what is due at one time happens in order."""
        self._count += 1
        heapq.heappush(self._queue, (self.now + delay, self._count, action))

    def run(self, until: float) -> None:
        while self._queue and self._queue[0][0] <= until:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        self.now = until


@dataclass(frozen=True)
class Faults:
    """Chances, per message, of what TCP never does."""

    drop: float = 0.0
    double: float = 0.0
    reorder: float = 0.0


class Endpoint(Protocol):
    """A node, as the network sees it."""

    device: bytes

    def link_opened(self, end: "LinkEnd", dialled: bool, transcript: bytes) -> None: ...
    def link_closed(self, end: "LinkEnd") -> None: ...
    def message_arrived(self, end: "LinkEnd", data: bytes) -> None: ...
    def message_taken(self, end: "LinkEnd") -> None: ...


@dataclass(eq=False)
class LinkEnd:
    """One side of a link; what it sends arrives at ``other``."""

    number: int
    owner: Endpoint
    network: "Network"
    delay: float
    other: "LinkEnd" = field(init=False)
    is_open: bool = True
    is_paused: bool = False
    is_stalled: bool = False
    inbox: deque[bytes] = field(default_factory=deque)
    ready_at: float = 0.0
    sent_messages: int = 0
    sent_bytes: int = 0

    def send(self, data: bytes, tracked: bool = False) -> None:
        if not self.is_open:
            return
        self.sent_messages += 1
        self.sent_bytes += len(data)
        network = self.network
        network.sent.append((self.owner, self.other.owner, data))
        clock, faults, rng = network.clock, network.faults, network.rng
        start = max(clock.now, self.ready_at)
        self.ready_at = start + len(data) / network.bytes_per_second
        taken = self.ready_at - clock.now
        if tracked:
            clock.at(taken, self._taken)
        if faults.drop and rng.random() < faults.drop:
            return
        copies = 2 if faults.double and rng.random() < faults.double else 1
        for _ in range(copies):
            late = 0.5 * rng.random() if faults.reorder and rng.random() < faults.reorder else 0.0
            clock.at(taken + self.delay + late, lambda: self.other.arrive(data))

    def _taken(self) -> None:
        if self.is_open:
            self.owner.message_taken(self)

    def arrive(self, data: bytes) -> None:
        self.inbox.append(data)
        self.deliver()

    def deliver(self) -> None:
        while self.inbox and self.is_open and not self.is_paused and not self.is_stalled:
            self.owner.message_arrived(self, self.inbox.popleft())

    def close(self) -> None:
        """Both ends learn it at once."""
        for end in (self, self.other):
            if end.is_open:
                end.is_open = False
                end.owner.link_closed(end)
                self.network.ends.pop(end.number, None)


class Network:
    """All links of all nodes."""

    def __init__(
        self,
        clock: Clock,
        seed: object,
        *,
        delay: float = 0.005,
        delay_spread: float = 0.0,
        bytes_per_second: float = 20e6,
    ) -> None:
        self.clock = clock
        self.rng = random.Random(repr((seed, "network")))
        self.delay = delay
        self.delay_spread = delay_spread
        self.bytes_per_second = bytes_per_second
        self.faults = Faults()
        self.ends: dict[int, LinkEnd] = {}
        self.sent: deque[tuple[Endpoint, Endpoint, bytes]] = deque(maxlen=2000)
        self._numbers = 0

    def connect(self, dialler: Endpoint, listener: Endpoint) -> LinkEnd:
        """A new link; the dialler's end."""
        ends = []
        delay = self.delay + self.delay_spread * self.rng.random()
        for owner in (dialler, listener):
            self._numbers += 1
            ends.append(LinkEnd(self._numbers, owner, self, delay))
        near, far = ends
        near.other, far.other = far, near
        self.ends[near.number], self.ends[far.number] = near, far
        transcript = seeded("transcript", near.number)
        dialler.link_opened(near, True, transcript)
        if near.is_open:
            listener.link_opened(far, False, transcript)
        return near

    def between(self, one: Endpoint, other: Endpoint) -> LinkEnd | None:
        """The end of ``one`` of a link between the two, if there is one."""
        for end in self.ends.values():
            if end.owner is one and end.other.owner is other:
                return end
        return None
