"""Which feed is wanted from which link (DESIGN section 7.3).

A feed is in flight on one link at a time, a link has at most FEEDS_IN_FLIGHT_MAX feeds in flight,
and a new want goes out as soon as a slot is free. A link that shows no progress for
WANT_SECONDS_MAX loses its feeds to other links. No link is asked twice for the same tip, so that
invented heads cost one want each. Links that did not deliver are asked after the others.

Neighbours: ``reconcile`` says who claims what, ``session`` reports what arrives.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from p2pshare.limits import (
    FEEDS_IN_FLIGHT_MAX,
    STRANGE_FEEDS_PER_LINK_MAX,
    WANT_SECONDS_MAX,
    WANT_SECONDS_TOTAL_MAX,
)
from p2pshare.log.frontier import Tips
from p2pshare.sync.messages import ServedStatus
from p2pshare.sync.reconcile import lacking

Key = tuple[bytes, bytes]
"""(circle, feed)."""

FRUITLESS_TIPS_MAX: Final = 1024
"""A link that named this many tips of one feed and delivered none is not asked for it again."""


@dataclass(slots=True)
class Flight:
    """A feed that was asked of ``link`` and is not settled yet."""

    link: int
    progress_at: float
    every: bool = False
    served: bool = False
    unstored: int = 0
    delivered: bool = False


@dataclass(slots=True)
class Lane:
    """One link: what it claims to have, what it was asked, and what it is busy with."""

    claims: dict[Key, Tips] = field(default_factory=dict)
    forced: dict[Key, set[bytes]] = field(default_factory=dict)
    asked: dict[Key, set[bytes]] = field(default_factory=dict)
    waiting: OrderedDict[Key, None] = field(default_factory=OrderedDict)
    flying: set[Key] = field(default_factory=set)
    unstored: int = 0
    progress_at: float = 0.0
    failures: int = 0
    stalled: bool = False

    def free_slots(self) -> int:
        """How many more feeds may be asked; of a stalled link only one, to see whether it lives."""
        return (1 if self.stalled else FEEDS_IN_FLIGHT_MAX) - len(self.flying)


class WantBook:
    """All wants of all links. ``own_tips`` gives the tips held of a (circle, feed)."""

    def __init__(self, own_tips: Callable[[Key], Tips]) -> None:
        self._own_tips = own_tips
        self._lanes: dict[int, Lane] = {}
        self._flights: dict[Key, Flight] = {}
        self._over_quota: set[Key] = set()

    def open(self, link: int) -> None:
        """A link that may be asked."""
        self._lanes[link] = Lane()

    def close(self, link: int) -> None:
        """The link is gone; what it was busy with goes to others."""
        lane = self._lanes.pop(link, None)
        if lane is not None:
            for key in [key for key, flight in self._flights.items() if flight.link == link]:
                self._release(key)

    def forget_circle(self, circle: bytes) -> None:
        """Nothing of this circle is wanted any more."""
        self._over_quota = {key for key in self._over_quota if key[0] != circle}
        for key in [key for key in self._flights if key[0] == circle]:
            del self._flights[key]
        for lane in self._lanes.values():
            for claims in (lane.claims, lane.forced, lane.asked, lane.waiting):
                for key in [key for key in claims if key[0] == circle]:
                    del claims[key]
            lane.flying = {key for key in lane.flying if key[0] != circle}

    def refuse(self, key: Key) -> None:
        """The feed is over quota: not wanted again, unless too many are to be remembered."""
        if len(self._over_quota) >= STRANGE_FEEDS_PER_LINK_MAX:
            self._over_quota.clear()
        self._over_quota.add(key)

    def is_refused(self, key: Key) -> bool:
        """Whether the feed is over quota."""
        return key in self._over_quota

    def allow_all(self) -> None:
        """Quotas changed: feeds that were over them may be wanted when next claimed."""
        self._over_quota.clear()

    def claim(self, link: int, key: Key, tips: Tips) -> None:
        """The link has these tips of the feed."""
        lane = self._lanes[link]
        lane.claims[key] = tips
        self._enqueue(lane, key)

    def force(self, link: int, key: Key, ids: Iterable[bytes]) -> None:
        """The link has these entries, which are certainly not held here."""
        lane = self._lanes[link]
        forced = lane.forced.setdefault(key, set())
        if len(forced) < FRUITLESS_TIPS_MAX:
            forced.update(ids)
        self._enqueue(lane, key)

    def in_flight(self, link: int, key: Key) -> bool:
        """Whether the feed is being asked of this link."""
        flight = self._flights.get(key)
        return flight is not None and flight.link == link

    def issue(self, now: float) -> list[tuple[int, Key]]:
        """Take slots for feeds that wait: the (link, feed) to be wanted now, in order."""
        issued: list[tuple[int, Key]] = []
        ready = [
            (lane.failures, link, lane)
            for link, lane in self._lanes.items()
            if lane.waiting and lane.free_slots() > 0
        ]
        ready.sort(key=lambda item: item[:2])
        for _, group in groupby(ready, key=lambda item: item[0]):
            lanes = [(link, lane) for _, link, lane in group]
            while lanes:  # a feed each in turn, so that the links share the work
                remaining = []
                for link, lane in lanes:
                    key = self._take(lane)
                    if key is None:
                        continue
                    if not lane.flying:
                        lane.progress_at = now
                    lane.flying.add(key)
                    self._flights[key] = Flight(link, now)
                    issued.append((link, key))
                    if lane.waiting and lane.free_slots() > 0:
                        remaining.append((link, lane))
                lanes = remaining
        return issued

    def arrived(self, link: int, key: Key, now: float) -> None:
        """A stretch of the feed arrived on the link and is being stored."""
        lane = self._lanes[link]
        lane.progress_at = now
        lane.stalled = False
        lane.unstored += 1
        flight = self._flights.get(key)
        if flight is not None and flight.link == link:
            flight.unstored += 1

    def stored(self, link: int, key: Key, new: int, now: float) -> None:
        """A stretch that arrived on the link was stored (``new`` entries) or refused."""
        lane = self._lanes.get(link)
        if lane is None:
            return
        lane.unstored = max(0, lane.unstored - 1)
        lane.progress_at = now
        flight = self._flights.get(key)
        if flight is None or flight.link != link or not flight.unstored:
            return
        flight.unstored -= 1
        if new:
            flight.progress_at = now
            flight.delivered = True
        if flight.served and not flight.unstored:
            self._finish(key, flight)

    def served(self, link: int, key: Key, status: ServedStatus, now: float) -> bool:
        """The link ended its answer. True if the want is to be repeated with every id held."""
        flight = self._flights.get(key)
        if flight is None or flight.link != link:
            return False
        lane = self._lanes[link]
        lane.progress_at = now
        lane.stalled = False
        if status is ServedStatus.UNKNOWN_TIPS and not flight.every:
            flight.every = True
            return True
        flight.served = True
        lane.flying.discard(key)
        if not flight.unstored:
            self._finish(key, flight)
        return False

    def tick(self, now: float) -> None:
        """Move the feeds of links that show no progress."""
        for lane in self._lanes.values():
            if not lane.flying or lane.unstored:
                continue
            stalled = now >= lane.progress_at + WANT_SECONDS_MAX
            late = [
                key
                for key in lane.flying
                if stalled or now >= self._flights[key].progress_at + WANT_SECONDS_TOTAL_MAX
            ]
            for key in sorted(late):
                self._finish(key, self._flights[key])
            if stalled:
                lane.stalled = True
            if late:
                lane.progress_at = now

    def deadline(self) -> float | None:
        """When ``tick`` has something to look at, in monotonic seconds."""
        return min(
            (
                lane.progress_at + WANT_SECONDS_MAX
                for lane in self._lanes.values()
                if lane.flying and not lane.unstored
            ),
            default=None,
        )

    def _take(self, lane: Lane) -> Key | None:
        """The next feed that this lane can give, marked as asked for."""
        while lane.waiting:
            key, _ = lane.waiting.popitem(last=False)  # at once, however long the queue is
            if key in self._flights:
                continue  # on another link; put back when that ends
            missing = self._missing(lane, key)
            if not missing:
                lane.claims.pop(key, None)
                lane.forced.pop(key, None)
                continue
            lane.asked.setdefault(key, set()).update(missing)
            return key
        return None

    def _missing(self, lane: Lane, key: Key) -> set[bytes]:
        """The tips that the lane claims, that are lacking, and that it was not asked for."""
        if key in self._over_quota:
            return set()
        asked = lane.asked.get(key, set())
        if len(asked) >= FRUITLESS_TIPS_MAX:
            return set()
        return self._lacking(lane, key) - asked

    def _lacking(self, lane: Lane, key: Key) -> set[bytes]:
        own = self._own_tips(key)
        lacks = {identifier for _, identifier in lacking(own, lane.claims.get(key, ()))}
        forced = lane.forced.get(key)
        if forced:
            lacks |= forced - {identifier for _, identifier in own}
        return lacks

    def _enqueue(self, lane: Lane, key: Key) -> None:
        if key not in self._flights and self._missing(lane, key):
            lane.waiting[key] = None

    def _finish(self, key: Key, flight: Flight) -> None:
        """The answer is at its end: judge the link by it, and see who else has more."""
        lane = self._lanes[flight.link]
        if flight.delivered:
            if flight.served:  # all that it has has come, what was forced among it
                lane.forced.pop(key, None)
            lane.failures //= 2
            lane.asked[key] &= self._lacking(lane, key)
        elif self._lacking(lane, key):
            lane.failures += 1
        self._release(key)

    def _release(self, key: Key) -> None:
        flight = self._flights.pop(key)
        lane = self._lanes.get(flight.link)
        if lane is not None:
            lane.flying.discard(key)
        for other in self._lanes.values():
            if key in other.claims or key in other.forced:
                self._enqueue(other, key)
