"""Single things asked of each link once: entries of which something is owed, and blobs.

DESIGN section 7.5. A thing is asked of one link at a time; if that one has it not, or is silent for
WANT_SECONDS_MAX, of the next. When all were asked it stays needed: a new link is asked too, and
a link that was asked remembers it and sends the thing should it come to have it (``session``).
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from p2pshare.limits import WANT_SECONDS_MAX

Thing = tuple[bytes, bytes]
"""(circle, entry id or SHA-256 of a blob)."""


@dataclass(slots=True)
class AskLane:
    """One link: the circles it proved, what it may be asked, and what it is busy with."""

    circles: set[bytes] = field(default_factory=set)
    queue: OrderedDict[Thing, None] = field(default_factory=OrderedDict)
    asked: set[Thing] = field(default_factory=set)
    flying: set[Thing] = field(default_factory=set)
    progress_at: float = 0.0
    stalled: bool = False


class AskBook:
    """What is needed, and of whom it was asked; a link is asked ``slots`` things at a time."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._needed: dict[bytes, dict[bytes, None]] = {}
        self._lanes: dict[int, AskLane] = {}
        self._busy: set[Thing] = set()

    def open(self, link: int) -> None:
        """A link that may be asked about the circles it proves."""
        self._lanes[link] = AskLane()

    def prove(self, link: int, circle: bytes) -> None:
        """The link proved the circle: ask it for all that is needed there."""
        lane = self._lanes[link]
        lane.circles.add(circle)
        for identifier in self._needed.get(circle, ()):
            lane.queue[circle, identifier] = None

    def close(self, link: int) -> None:
        """The link is gone."""
        lane = self._lanes.pop(link, None)
        if lane is not None:
            for thing in sorted(lane.flying):
                self._requeue(thing)

    def forget_circle(self, circle: bytes) -> None:
        """Nothing of this circle is needed any more."""
        self._needed.pop(circle, None)
        self._busy = {thing for thing in self._busy if thing[0] != circle}
        for lane in self._lanes.values():
            lane.circles.discard(circle)
            lane.queue = OrderedDict((one, None) for one in lane.queue if one[0] != circle)
            lane.asked = {thing for thing in lane.asked if thing[0] != circle}
            lane.flying = {thing for thing in lane.flying if thing[0] != circle}

    def need(self, circle: bytes, ids: Iterable[bytes]) -> None:
        """These are needed."""
        needed = self._needed.setdefault(circle, {})
        for identifier in ids:
            if identifier not in needed:
                needed[identifier] = None
                self._requeue((circle, identifier))

    def settle(self, circle: bytes, ids: Iterable[bytes]) -> None:
        """These are needed no longer."""
        needed = self._needed.get(circle, {})
        for identifier in ids:
            if identifier in needed:
                del needed[identifier]
                thing = (circle, identifier)
                self._busy.discard(thing)
                for lane in self._lanes.values():
                    lane.asked.discard(thing)
                    lane.flying.discard(thing)

    def is_needed(self, circle: bytes, identifier: bytes) -> bool:
        """Whether the thing is needed."""
        return identifier in self._needed.get(circle, ())

    def issue(self, now: float) -> dict[tuple[int, bytes], list[bytes]]:
        """What to ask now: (link, circle) -> ids. Marks them as asked."""
        issued: dict[tuple[int, bytes], list[bytes]] = {}
        for link, lane in self._lanes.items():
            slots = 1 if lane.stalled else self._slots  # one, to see whether it lives
            while lane.queue and len(lane.flying) < slots:
                thing, _ = lane.queue.popitem(last=False)  # at once, however long the queue is
                circle, identifier = thing
                if thing in self._busy or thing in lane.asked:
                    continue
                if not self.is_needed(circle, identifier):
                    continue
                if not lane.flying:
                    lane.progress_at = now
                lane.asked.add(thing)
                lane.flying.add(thing)
                self._busy.add(thing)
                issued.setdefault((link, circle), []).append(identifier)
        return issued

    def found(self, link: int, circle: bytes, identifier: bytes, now: float) -> None:
        """The link sent the thing; whether it is good is known when it is stored."""
        lane = self._lanes[link]
        lane.progress_at = now
        lane.stalled = False
        lane.flying.discard((circle, identifier))

    def missing(self, link: int, circle: bytes, identifier: bytes, now: float) -> None:
        """The link has the thing not."""
        lane = self._lanes[link]
        thing = (circle, identifier)
        lane.stalled = False
        if thing in lane.flying:
            lane.progress_at = now
            lane.flying.discard(thing)
            self._requeue(thing)

    def unsettled(self, circle: bytes, identifier: bytes) -> None:
        """What a link sent was not good: ask the others."""
        if self.is_needed(circle, identifier):
            self._requeue((circle, identifier))

    def tick(self, now: float) -> None:
        """Ask others for what silent links were asked for."""
        for lane in self._lanes.values():
            if lane.flying and now >= lane.progress_at + WANT_SECONDS_MAX:
                lane.stalled = True
                late = sorted(lane.flying)
                lane.flying.clear()
                for thing in late:
                    self._requeue(thing)

    def deadline(self) -> float | None:
        """When ``tick`` has something to do, in monotonic seconds."""
        times = [lane.progress_at for lane in self._lanes.values() if lane.flying]
        return min(times) + WANT_SECONDS_MAX if times else None

    def _requeue(self, thing: Thing) -> None:
        self._busy.discard(thing)
        for lane in self._lanes.values():
            if thing[0] in lane.circles and thing not in lane.asked:
                lane.queue[thing] = None
