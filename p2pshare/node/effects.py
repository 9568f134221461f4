"""Executes what the sync engine asks for: sends, reads and writes; feeds the results back.

The one place where ``sync`` meets the ledger. The engine runs on the event loop; SQLite runs on
the two worker threads; nothing is sent before its transaction has committed, since the engine
hears of an entry only then. Knows links as ``Pipe``s and nothing of TLS or discovery.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

from p2pshare.clock import Clock
from p2pshare.errors import StoreError
from p2pshare.log.entry import SignedEntry
from p2pshare.net.tasks import Tasks
from p2pshare.node.events import NodeEvent, PhotoArrived, events_of
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.node.journal import Change, Journal
from p2pshare.node.reading import Reading
from p2pshare.node.worker import Worker
from p2pshare.store.append import Outcome as StoredOutcome
from p2pshare.sync import events as sync
from p2pshare.sync.engine import Engine
from p2pshare.sync.messages import Stretch

logger: Final = logging.getLogger("p2pshare.node.effects")

GROUP_ENTRIES_MAX: Final = 2048
"""How many entries one transaction takes of what several messages brought."""

_OUTCOMES: Final = {
    StoredOutcome.STORED: sync.Outcome.STORED,
    StoredOutcome.DUPLICATE: sync.Outcome.DUPLICATE,
    StoredOutcome.MISSING_PREVIOUS: sync.Outcome.MISSING_PREVIOUS,
    StoredOutcome.REFUSED: sync.Outcome.REFUSED,
    StoredOutcome.OVER_QUOTA: sync.Outcome.OVER_QUOTA,
}


class Pipe(Protocol):
    """One link, as this module uses it; nothing here blocks."""

    def send(self, data: bytes, tracked: bool) -> None:
        """Queue a message; if ``tracked``, ``Effects.sent`` is called when it was taken."""

    def close(self, reason: str) -> None:
        """End the link: the peer broke the protocol, and how."""

    def pause(self) -> None:
        """Deliver no more messages until ``resume``."""

    def resume(self) -> None:
        """Deliver messages again."""


class Effects:
    """Runs the engine. All methods are called on the event loop."""

    def __init__(
        self,
        device: bytes,
        journal: Journal,
        writer: Worker,
        reading: Reading,
        clock: Clock,
        tell: Callable[[NodeEvent], None],
        met_copy: Callable[[], None],
    ) -> None:
        """``tell`` is given events; ``met_copy`` is called if a copy of this device is met."""
        self._engine = Engine(device, os.urandom(16), os.urandom)
        self._journal = journal
        self._writer = writer
        self._reading = reading
        self._clock = clock
        self._tell = tell
        self._met_copy = met_copy
        self._pipes: dict[int, Pipe] = {}
        self._arrived: deque[sync.StoreStretches] = deque()
        self._next_link = 1
        self._wake: asyncio.TimerHandle | None = None
        self._early: list[sync.Event] | None = []
        self._tasks = Tasks("effects")

    async def start(self) -> None:
        """Load the frontiers. Raises StoreError."""
        circles = await self._reading.circles(await self._writer.run(self._journal.owed))
        early, self._early = self._early, None
        # What was published while the frontiers were read may be missing in them.
        for event in (*circles, *(early or ())):
            self._handle(event)

    async def stop(self) -> None:
        """End the reads and writes that are under way."""
        if self._wake is not None:
            self._wake.cancel()
        await self._tasks.close()

    # --- links ------------------------------------------------------------------------------

    def link_opened(
        self, pipe: Pipe, *, dialled: bool, device: bytes, transcript: bytes, open_circle: bool
    ) -> int:
        """A link was welcomed; the number by which it is known from now on."""
        link = self._next_link
        self._next_link += 1
        self._pipes[link] = pipe
        self._handle(sync.LinkOpened(link, dialled, device, transcript, open_circle))
        return link

    def link_closed(self, link: int) -> None:
        """A link has ended."""
        self._pipes.pop(link, None)
        self._handle(sync.LinkClosed(link))

    def arrived(self, link: int, data: bytes) -> None:
        """A message came."""
        self._handle(sync.MessageArrived(link, data))

    def sent(self, link: int) -> None:
        """A tracked message was taken by the transport."""
        self._handle(sync.MessageSent(link))

    # --- what was written without a peer ------------------------------------------------------

    def publish(self, report: IngestReport) -> None:
        """Tell peers and listeners of what was committed and no peer brought."""
        stretches = _stretches(report)
        for circle, tips in report.frontier.items():
            self._handle(sync.Published(circle, tuple(stretches.get(circle, ())), tips))
        for circle in report.owed.keys() | report.settled.keys():
            self._handle(
                sync.OwedChanged(
                    circle,
                    report.owed.get(circle, frozenset()),
                    report.settled.get(circle, frozenset()),
                )
            )
        self._tell_all(events_of(report, own=True))

    def want_photo(self, circle: bytes, photo: bytes, *, sealed: bool) -> None:
        """Ask peers for a photo (its SHA-256) of the circle; ``sealed``: no listing shows it."""
        self._handle(sync.BlobNeeded(circle, photo, sealed))

    async def open_circles(self, circles: Iterable[bytes]) -> None:
        """Sync these circles too from now on. Raises StoreError."""
        wanted = frozenset(circles)
        for opened in await self._reading.circles(await self._writer.run(self._journal.owed)):
            if opened.circle in wanted:
                self._handle(opened)

    def _publish_followed(self, change: Change) -> None:
        for followed in change.followed():
            self.publish(followed)

    def _tell_all(self, events: Iterable[NodeEvent]) -> None:
        for event in events:
            self._tell(event)

    # --- the engine ---------------------------------------------------------------------------

    def _handle(self, event: sync.Event) -> None:
        if self._early is not None:
            self._early.append(event)
            return
        for effect in self._engine.handle(event, self._clock.monotonic()):
            self._execute(effect)

    def _execute(self, effect: sync.Effect) -> None:
        match effect:
            case sync.SendMessage(link, data, tracked):
                if (pipe := self._pipes.get(link)) is not None:
                    pipe.send(data, tracked)
            case sync.CloseLink(link, reason):
                if (pipe := self._pipes.pop(link, None)) is not None:
                    pipe.close(reason)
            case sync.PauseReading(link):
                if (pipe := self._pipes.get(link)) is not None:
                    pipe.pause()
            case sync.ResumeReading(link):
                if (pipe := self._pipes.get(link)) is not None:
                    pipe.resume()
            case sync.MetOwnDevice(_, same_run):
                if not same_run:
                    self._met_copy()
            case sync.WakeAt(time):
                self._set_wake(time)
            case sync.StoreStretches():
                self._arrived.append(effect)
                if len(self._arrived) == 1:
                    self._tasks.start(self._store_arrived(), name="store what arrived")
            case sync.StoreEntries() | sync.StoreBlob():
                self._tasks.start(self._store(effect), name="store")
            case _:
                self._tasks.start(self._read(effect), name="read")

    def _set_wake(self, time: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
        delay = max(0.0, time - self._clock.monotonic())
        self._wake = asyncio.get_running_loop().call_later(delay, self._handle, sync.Tick())

    async def _read(
        self,
        effect: sync.ReadStretches | sync.ReadHeldIds | sync.ReadEntries | sync.ReadBlob,
    ) -> None:
        try:
            result, damaged = await self._reading.answer(effect)
        except StoreError as error:
            logger.error("the ledger could not be read for a peer: %s", error)
            self._handle(sync.RequestFailed(effect.request))
            return
        self._handle(result)
        if damaged:
            await self._ask_for(effect.circle, damaged)

    async def _ask_for(self, circle: bytes, damaged: dict[bytes, str]) -> None:
        """Have entries that were found damaged mended by the peers."""
        logger.warning("%d entries are damaged; the other computers are asked", len(damaged))
        try:
            await self._writer.run(lambda: self._journal.mark_damaged(circle, damaged))
        except StoreError as error:
            logger.error("the damage could not be noted: %s", error)
        self._handle(sync.OwedChanged(circle, owed=frozenset(damaged)))

    async def _store(self, effect: sync.StoreEntries | sync.StoreBlob) -> None:
        try:
            match effect:
                case sync.StoreEntries():
                    await self._store_entries(effect)
                case sync.StoreBlob(request, _, circle, blob, data):
                    kept = await self._writer.run(lambda: self._journal.add_photo(circle, data))
                    self._handle(sync.BlobStored(request, True))
                    if kept:
                        self._tell(PhotoArrived(circle.hex(), blob.hex()))
        except StoreError as error:
            logger.error("what a peer sent could not be stored: %s", error)
            self._handle(sync.RequestFailed(effect.request))

    async def _store_arrived(self) -> None:
        """Store what waits, one transaction after another, until nothing does.

        All that arrived while one was under way goes into the next (a group commit): a subject
        about which entries come one by one is then folded once for many of them.
        """
        while self._arrived:
            group = _group(self._arrived)
            try:
                await self._store_stretches(group)
            except StoreError as error:
                logger.error("what a peer sent could not be stored: %s", error)
                for effect in group:
                    self._handle(sync.RequestFailed(effect.request))
            finally:
                for _ in group:
                    self._arrived.popleft()

    async def _store_stretches(self, group: Sequence[sync.StoreStretches]) -> None:
        """Store a group of one circle in one transaction, and answer each effect of it."""
        circle = group[0].circle
        arrivals = [Arrival(circle, stretch) for effect in group for stretch in effect.stretches]
        change = await self._writer.run(lambda: self._journal.receive(arrivals))
        report = change.report
        tips = report.frontier.get(circle, {})
        results = iter(report.results)
        for effect in group:
            own = list(islice(results, len(effect.stretches)))
            for result in own:
                if result.outcome is StoredOutcome.REFUSED:
                    logger.info("a stretch was refused: %s", result.reason)
            is_last = effect is group[-1]
            self._handle(
                sync.StretchesStored(
                    effect.request,
                    tuple(
                        sync.StretchOutcome(_OUTCOMES[one.outcome], len(one.new), one.reason)
                        for one in own
                    ),
                    {one.feed: tips[one.feed] for one in own if one.feed in tips},
                    report.owed.get(circle, frozenset()) if is_last else frozenset(),
                    report.settled.get(circle, frozenset()) if is_last else frozenset(),
                )
            )
        self._tell_all(events_of(report, own=False))
        self._publish_followed(change)

    async def _store_entries(self, effect: sync.StoreEntries) -> None:
        change = await self._writer.run(lambda: self._journal.repair(effect.circle, effect.entries))
        report = change.report
        settled = report.settled.get(effect.circle, frozenset())
        self._handle(sync.EntriesStored(effect.request, settled))
        self._tell_all(events_of(report, own=False))
        self._publish_followed(change)


def _group(arrived: Iterable[sync.StoreStretches]) -> list[sync.StoreStretches]:
    """The first of what waits, with what follows it in its circle, up to GROUP_ENTRIES_MAX."""
    group: list[sync.StoreStretches] = []
    entries = 0
    for effect in arrived:
        entries += sum(map(len, effect.stretches))
        if group and (effect.circle != group[0].circle or entries > GROUP_ENTRIES_MAX):
            break
        group.append(effect)
    return group


def _stretches(report: IngestReport) -> dict[bytes, list[Stretch]]:
    """The new entries of a report as stretches, by circle."""
    found: dict[bytes, list[list[SignedEntry]]] = {}
    last: dict[bytes, bytes] = {}
    for new in report.new:
        circle = found.setdefault(new.circle, [])
        if circle and last.get(new.circle) == new.entry.header.previous:
            circle[-1].append(new.entry.signed)
        else:
            circle.append([new.entry.signed])
        last[new.circle] = new.entry.identifier
    return {
        circle: [tuple(stretch) for stretch in stretches] for circle, stretches in found.items()
    }
