"""What a live node tells the window, the command line and tests: frozen events, and their queue.

Each is told after the transaction it speaks of has committed. ``to_dict`` is the line that
``p2pshare-cli node`` prints (DESIGN section 12). Ids are hex text.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from p2pshare.node.ingest import IngestReport

EVENTS_QUEUED_MAX: Final = 10_000
"""A listener that is further behind misses events, and is told so."""


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """The root of all events; ``name`` is what programs know it by."""

    name: ClassVar[str] = "event"

    def to_dict(self) -> dict[str, Any]:
        """The event as plain values: its name under ``event``, then its fields."""
        return {"event": self.name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class NodeStarted(NodeEvent):
    """The node listens on ``port``."""

    name: ClassVar[str] = "started"
    device: str
    port: int


@dataclass(frozen=True, slots=True)
class PeerFound(NodeEvent):
    """Discovery found something that may be another p2pshare: a hint, no identity."""

    name: ClassVar[str] = "peer-found"
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkUp(NodeEvent):
    """A device was linked: authenticated, encrypted."""

    name: ClassVar[str] = "link-up"
    device: str
    address: str


@dataclass(frozen=True, slots=True)
class LinkDown(NodeEvent):
    """A link ended, and why."""

    name: ClassVar[str] = "link-down"
    device: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class EntriesAdded(NodeEvent):
    """Entries that are new to this ledger; ``own`` were written on this computer."""

    name: ClassVar[str] = "entries-added"
    circle: str
    entries: int
    own: bool


@dataclass(frozen=True, slots=True)
class RowChanged(NodeEvent):
    """What ``about`` names by its hex id is new, other than before, or gone.

    ``about`` is person, listing, agreement, payment, induction or history, or busy: the promised
    days of the listing with that id and who waits for it.
    """

    name: ClassVar[str] = "changed"
    about: str
    id: str
    added: bool
    removed: bool


@dataclass(frozen=True, slots=True)
class EntriesReturned(NodeEvent):
    """Own entries that this computer did not know came from a peer: was it you?"""

    name: ClassVar[str] = "entries-returned"
    person: str
    entries: int


@dataclass(frozen=True, slots=True)
class FeedForked(NodeEvent):
    """A feed has two entries after the same one: its data was copied. Both count."""

    name: ClassVar[str] = "feed-forked"
    circle: str
    feed: str


@dataclass(frozen=True, slots=True)
class DeviceCopied(NodeEvent):
    """Another computer runs on a copy of this folder; this one drew a new device key."""

    name: ClassVar[str] = "device-copied"
    device: str


@dataclass(frozen=True, slots=True)
class EntriesRepaired(NodeEvent):
    """Bodies that were owed, or damaged entries, came from a peer."""

    name: ClassVar[str] = "entries-repaired"
    entries: int


@dataclass(frozen=True, slots=True)
class PhotoArrived(NodeEvent):
    """A photo (its SHA-256) that is shown in the circle and was wanted is here now."""

    name: ClassVar[str] = "photo-arrived"
    circle: str
    photo: str


@dataclass(frozen=True, slots=True)
class ReminderDue(NodeEvent):
    """A person hosted here is to be reminded of something, for ``reason``; told once.

    ``about`` is an agreement, an offer or a payment, ``due_ms`` when it was due to be told,
    ``text`` one harmless sentence or two.
    """

    name: ClassVar[str] = "reminder-due"
    person: str
    reason: str
    about: str
    due_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class WritingStopped(NodeEvent):
    """The node left the network and writes no more, and why: a newer p2pshare has the folder."""

    name: ClassVar[str] = "writing-stopped"
    reason: str


@dataclass(frozen=True, slots=True)
class EventsMissed(NodeEvent):
    """The listener was too slow and missed events: read everything anew."""

    name: ClassVar[str] = "events-missed"


_ABOUT = {
    "persons": "person",
    "listings": "listing",
    "listing_photos": "listing",
    "busy_periods": "busy",
    "payments": "payment",
    "agreements": "agreement",
    "agreement_moves": "agreement",
    "agreement_photos": "agreement",
    "waiting": "busy",
    "inductions": "induction",
    "history_loans": "history",
    "history_members": "history",
    "history_hours": "history",
}


class EventStream:
    """The events of a node from now on, for one listener; ends when the node stops."""

    def __init__(self) -> None:
        self._events: deque[NodeEvent] = deque()
        self._arrived = asyncio.Event()
        self._ended = False

    def put(self, event: NodeEvent) -> None:
        """Queue an event; beyond EVENTS_QUEUED_MAX all are replaced by one EventsMissed."""
        if len(self._events) >= EVENTS_QUEUED_MAX:
            self._events.clear()
            self._events.append(EventsMissed())
        self._events.append(event)
        self._arrived.set()

    def end(self) -> None:
        """Nothing will follow."""
        self._ended = True
        self._arrived.set()

    def take(self) -> list[NodeEvent]:
        """What has happened since the last event was taken, without waiting."""
        taken = list(self._events)
        self._events.clear()
        return taken

    def __aiter__(self) -> AsyncIterator[NodeEvent]:
        return self

    async def __anext__(self) -> NodeEvent:
        while not self._events:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._events.popleft()


def events_of(report: IngestReport, *, own: bool) -> list[NodeEvent]:
    """The events of one committed transaction; ``own`` if this computer wrote its entries."""
    events: list[NodeEvent] = []
    counts: dict[bytes, int] = {}
    for new in report.new:
        counts[new.circle] = counts.get(new.circle, 0) + 1
    for circle, count in counts.items():
        events.append(EntriesAdded(circle.hex(), count, own))
    seen: set[tuple[str, str]] = set()
    for change in report.changes:
        about = _ABOUT[change.table]
        if (about, change.key) not in seen:
            seen.add((about, change.key))
            events.append(RowChanged(about, change.key, change.added, change.removed))
    returned: dict[bytes, int] = {}
    for new in report.returned:
        returned[new.person] = returned.get(new.person, 0) + 1
    events.extend(EntriesReturned(person.hex(), count) for person, count in returned.items())
    events.extend(FeedForked(circle.hex(), feed.hex()) for circle, feed in sorted(report.forked))
    if report.repaired:
        events.append(EntriesRepaired(len(report.repaired)))
    return events
