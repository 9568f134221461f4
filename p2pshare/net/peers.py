"""Whom to dial and when: the book of known endpoints and the dialler's policy. Sans-I/O.

Endpoints come from three places: discovered by mDNS (a hint, may be a flood of lies), remembered
from links that worked, and typed by a person. At most DIALLED_LINKS_MAX are held, chosen at random,
so that many devices make a well-connected random graph; typed ones come first. A failing endpoint
is tried less and less often and then forgotten, unless a person typed it. Times are monotonic
seconds handed in by ``net.dialer``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Final

from p2pshare.limits import DIALLED_LINKS_MAX
from p2pshare.net.transport import Endpoint

TARGETS_MAX: Final = 256
ENDPOINTS_PER_TARGET_MAX: Final = 8
FAILURES_MAX: Final = 8
FIRST_DIAL_SECONDS: Final = 0.3
BACKOFF_SECONDS: Final = 1.0
BACKOFF_SECONDS_MAX: Final = 60.0
RELINK_SECONDS: Final = 1.0


class Source(IntEnum):
    """Where a target comes from; the higher is dialled first."""

    DISCOVERED = 0
    REMEMBERED = 1
    TYPED = 2


@dataclass(eq=False)
class Target:
    """One device that may be dialled. ``name`` tells targets of one source apart: instance, device
    or endpoint.

    ``expected_device`` is the pin; ``device`` is who was last met there.
    """

    source: Source
    name: str
    endpoints: list[Endpoint]
    expected_device: bytes | None = None
    device: bytes | None = None
    failures: int = 0
    not_before: float = 0.0
    dialling: bool = False
    held: bool = False
    leaving: bool = False
    next_endpoint: int = field(default=0, repr=False)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint whose turn it is."""
        return self.endpoints[self.next_endpoint % len(self.endpoints)]


class PeerBook:
    """What this device knows of endpoints, and which of them to dial now.

    ``own_device`` is its public key; ``random`` is drawn on for jitter and choice only.
    """

    def __init__(
        self,
        own_device: bytes,
        random: Random,
        *,
        dialled_max: int = DIALLED_LINKS_MAX,
        targets_max: int = TARGETS_MAX,
    ) -> None:
        self._own = own_device
        self._random = random
        self._dialled_max = dialled_max
        self._targets_max = targets_max
        self._targets: dict[tuple[Source, str], Target] = {}
        self._linked: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._targets)

    @property
    def targets(self) -> list[Target]:
        """All that is known."""
        return list(self._targets.values())

    # --- what becomes known -------------------------------------------------------------------

    def discovered(self, instance: str, endpoints: Sequence[Endpoint], now: float) -> None:
        """mDNS shows ``instance`` at ``endpoints``; an empty list is ignored. A full book drops
        another at random.
        """
        self._put(Source.DISCOVERED, instance, endpoints, None, now)

    def gone(self, instance: str) -> None:
        """mDNS says goodbye for ``instance``. While it is dialled or held it keeps counting; a link
        to it is not touched. (Else who comes and goes by mDNS would be dialled without limit.)
        """
        target = self._targets.get((Source.DISCOVERED, instance))
        if target is not None:
            target.leaving = True
            self._drop_if_leaving(target)

    def remembered(self, device: bytes, endpoints: Sequence[Endpoint], now: float) -> None:
        """``device`` was once linked at ``endpoints``; it is pinned."""
        if device != self._own:
            self._put(Source.REMEMBERED, device.hex(), endpoints, device, now)

    def typed(self, endpoint: Endpoint, now: float, expected_device: bytes | None = None) -> None:
        """A person gave ``endpoint``, with a pin if it was scanned. Never forgotten."""
        self._put(Source.TYPED, str(endpoint), [endpoint], expected_device, now)

    def _put(
        self,
        source: Source,
        name: str,
        endpoints: Sequence[Endpoint],
        expected_device: bytes | None,
        now: float,
    ) -> None:
        known = sorted(set(endpoints))[:ENDPOINTS_PER_TARGET_MAX]
        if not known:
            return
        target = self._targets.get((source, name))
        if target is not None:
            target.leaving = False
        if target is None:
            if source is not Source.TYPED and not self._make_room(source):
                return
            wait = 0.0 if source is Source.TYPED else self._random.uniform(0, FIRST_DIAL_SECONDS)
            self._targets[source, name] = Target(
                source, name, known, expected_device, expected_device, not_before=now + wait
            )
        elif target.endpoints != known:
            target.endpoints = known
            target.device = expected_device
            target.failures = 0
            target.not_before = min(target.not_before, now)

    def _make_room(self, source: Source) -> bool:
        """Below the limit, or another of no higher source that is idle is dropped at random."""
        bounded = [target for target in self._targets.values() if target.source is not Source.TYPED]
        if len(bounded) < self._targets_max:
            return True
        idle = [
            target
            for target in bounded
            if target.source <= source and not target.dialling and not target.held
        ]
        if not idle:
            return False
        victim = self._random.choice(idle)
        del self._targets[victim.source, victim.name]
        return True

    # --- what happens ---------------------------------------------------------------------------

    def linked(self, device: bytes) -> None:
        """A link with ``device`` is up, in either direction."""
        self._linked.add(device)

    def unlinked(self, device: bytes, now: float) -> None:
        """The last link with ``device`` is over: its endpoints may be dialled again, after a
        moment.
        """
        self._linked.discard(device)
        for target in self._targets.values():
            if target.device == device:
                target.not_before = max(target.not_before, now + self._jitter(RELINK_SECONDS))

    def ended(self, target: Target) -> None:
        """The link that ``target`` was dialled for is over."""
        target.held = False
        self._drop_if_leaving(target)

    def _drop_if_leaving(self, target: Target) -> None:
        if target.leaving and not target.dialling and not target.held:
            self._targets.pop((target.source, target.name), None)

    def due(self, now: float) -> list[Target]:
        """What to dial now; each is marked as being dialled until ``succeeded``, ``met`` or
        ``failed``.
        """
        busy = sum(target.dialling or target.held for target in self._targets.values())
        room = max(0, self._dialled_max - busy)
        ready = [target for target in self._waiting() if target.not_before <= now]
        self._random.shuffle(ready)
        ready.sort(key=lambda target: -target.source)
        endpoints = {target.endpoint for target in self._targets.values() if target.dialling}
        chosen: list[Target] = []
        for target in ready:
            if len(chosen) == room:
                break
            if (
                target.endpoint in endpoints
            ):  # the same place known from two sources: one dial is enough
                continue
            endpoints.add(target.endpoint)
            target.dialling = True
            chosen.append(target)
        return chosen

    def next_due(self) -> float | None:
        """When ``due`` may next have something; None if nothing waits."""
        return min((target.not_before for target in self._waiting()), default=None)

    def _waiting(self) -> list[Target]:
        return [
            target
            for target in self._targets.values()
            if not target.dialling
            and not target.held
            and target.device != self._own
            and target.device not in self._linked
        ]

    def succeeded(self, target: Target, device: bytes) -> None:
        """``target`` was dialled and is a link with ``device`` now."""
        target.dialling = False
        target.held = True
        target.device = device
        target.failures = 0
        self._linked.add(device)

    def met(self, target: Target, device: bytes, now: float) -> None:
        """Behind ``target`` is ``device``, which is linked already or is this one: leave it while
        that is so.
        """
        target.dialling = False
        target.device = device
        target.failures = 0
        target.not_before = now + self._jitter(RELINK_SECONDS)
        self._drop_if_leaving(target)

    def failed(self, target: Target, now: float) -> bool:
        """Dialling ``target`` failed: try its next endpoint later. True if it was forgotten
        instead.
        """
        target.dialling = False
        target.failures += 1
        target.next_endpoint += 1
        self._drop_if_leaving(target)
        if (
            target.failures >= FAILURES_MAX * len(target.endpoints)
            and target.source is not Source.TYPED
        ):
            self._targets.pop((target.source, target.name), None)
            return True
        rounds = target.failures // len(target.endpoints)
        target.not_before = now + self._jitter(
            min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2 ** min(rounds, 16))
        )
        return False

    def network_changed(self, now: float) -> None:
        """Other interfaces, or awake again: what failed before may work now."""
        for target in self._targets.values():
            target.failures = 0
            target.not_before = min(
                target.not_before, now + self._random.uniform(0, FIRST_DIAL_SECONDS)
            )

    def _jitter(self, seconds: float) -> float:
        return seconds * self._random.uniform(0.5, 1.0)
