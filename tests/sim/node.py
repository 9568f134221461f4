"""A simulated node: an engine, a ledger, and the shell that executes effects in virtual time."""

import random
from collections.abc import Callable

from sim.authors import Author, seeded
from sim.ledger import Ledger, MemoryLedger
from sim.network import Clock, LinkEnd

from p2pshare.log.entry import SignedEntry
from p2pshare.sync.engine import Engine
from p2pshare.sync.events import (
    BlobNeeded,
    BlobRead,
    BlobStored,
    CircleOpened,
    CloseLink,
    Effect,
    EntriesRead,
    EntriesStored,
    Event,
    HeldIdsRead,
    LinkClosed,
    LinkOpened,
    MessageArrived,
    MessageSent,
    MetOwnDevice,
    OwedChanged,
    PauseReading,
    Published,
    ReadBlob,
    ReadEntries,
    ReadHeldIds,
    ReadStretches,
    ResumeReading,
    SendMessage,
    StoreBlob,
    StoreEntries,
    StoreStretches,
    StretchesRead,
    StretchesStored,
    Tick,
    WakeAt,
)

WORKER_SECONDS = 0.002


class SimNode:
    """One node with one circle; ``secret`` is None for the open circle."""

    hostile = False

    def __init__(
        self,
        name: str,
        clock: Clock,
        circle: bytes,
        *,
        secret: bytes | None = None,
        ledger: Ledger | None = None,
        seed: object = 0,
        device: bytes | None = None,
    ) -> None:
        self.name = name
        self.clock = clock
        self.circle = circle
        self.rng = random.Random(repr((seed, name)))
        self.device = device or seeded(seed, name, "device")
        self.author = Author((seed, name), circle)
        self.ledger: Ledger = ledger if ledger is not None else MemoryLedger(circle)
        self.frontier = self.ledger.frontier()
        self.engine = Engine(self.device, seeded(seed, name)[:16], self.rng.randbytes)
        self.links: dict[int, LinkEnd] = {}
        self.reasons: list[str] = []
        self.closed: list[tuple[bytes, str]] = []
        self.met: list[MetOwnDevice] = []
        self.blobs: dict[bytes, bytes] = {}
        self._worker_free_at = 0.0
        self._wake_number = 0
        self.tell(CircleOpened(circle, secret, self.frontier, self.ledger.owed()))

    # --- what a person does -----------------------------------------------------------------

    def publish(self, entries: int = 1) -> tuple[SignedEntry, ...]:
        """Write and publish entries of this node's own feed."""
        written = self.author.chain(entries)
        self.keep(written)
        return written

    def keep(self, stretch: tuple[SignedEntry, ...]) -> None:
        """Take a stretch that came by no link."""
        stored = self.ledger.store_stretches([stretch])
        self.tell(Published(self.circle, (stretch,), stored.tips))

    def need_blob(self, blob: bytes) -> None:
        self.tell(BlobNeeded(self.circle, blob))

    # --- the network's side -----------------------------------------------------------------

    def link_opened(self, end: LinkEnd, dialled: bool, transcript: bytes) -> None:
        self.links[end.number] = end
        peer = end.other.owner.device
        self.tell(LinkOpened(end.number, dialled, peer, transcript, open_circle=True))

    def link_closed(self, end: LinkEnd) -> None:
        if self.links.pop(end.number, None) is not None:
            self.tell(LinkClosed(end.number))

    def message_arrived(self, end: LinkEnd, data: bytes) -> None:
        self.tell(MessageArrived(end.number, data))

    def message_taken(self, end: LinkEnd) -> None:
        self.tell(MessageSent(end.number))

    # --- effects ----------------------------------------------------------------------------

    def tell(self, event: Event) -> None:
        for effect in self.engine.handle(event, self.clock.now):
            self.execute(effect)

    def execute(self, effect: Effect) -> None:
        match effect:
            case SendMessage(link, data, tracked):
                self.send(link, data, tracked)
            case CloseLink(link, reason):
                end = self.links.pop(link, None)
                if end is not None:
                    self.reasons.append(reason)
                    self.closed.append((end.other.owner.device, reason))
                    end.close()
            case PauseReading(link):
                if link in self.links:
                    self.links[link].is_paused = True
            case ResumeReading(link):
                if link in self.links:
                    self.links[link].is_paused = False
                    self.clock.at(0.0, self.links[link].deliver)
            case WakeAt(time):
                self._wake_number += 1
                number = self._wake_number
                self.clock.at(max(0.0, time - self.clock.now), lambda: self._wake(number))
            case MetOwnDevice():
                self.met.append(effect)
            case _:
                self._work(lambda: self.result(effect))

    def send(self, link: int, data: bytes, tracked: bool) -> None:
        end = self.links.get(link)
        if end is not None:
            end.send(data, tracked)

    def _wake(self, number: int) -> None:
        if number == self._wake_number:
            self.tell(Tick())

    def _work(self, make: Callable[[], Event]) -> None:
        """The database worker: one thing after the other, each taking a little time."""
        start = max(self.clock.now, self._worker_free_at)
        self._worker_free_at = start + WORKER_SECONDS * self.rng.random()
        self.clock.at(self._worker_free_at - self.clock.now, lambda: self.tell(make()))

    def result(self, effect: Effect) -> Event:
        """Do the work of an effect with a request number."""
        ledger = self.ledger
        match effect:
            case StoreStretches(request, _, _, stretches):
                stored = ledger.store_stretches(stretches)
                return StretchesStored(
                    request, stored.outcomes, stored.tips, stored.owed, stored.settled
                )
            case ReadStretches(request, _, _, wants, bytes_aim):
                read = ledger.read_stretches(wants, bytes_aim)
                self._report_damage(read.damaged)
                return StretchesRead(request, read.stretches, read.ended)
            case ReadHeldIds(request, _, feed):
                return HeldIdsRead(request, ledger.held_ids(feed))
            case ReadEntries(request, _, _, ids):
                found = ledger.read_entries(ids)
                self._report_damage(found.damaged)
                return EntriesRead(request, found.entries, found.missing)
            case StoreEntries(request, _, _, entries):
                return EntriesStored(request, ledger.store_entries(entries))
            case ReadBlob(request, _, _, blob):
                return BlobRead(request, self.blobs.get(blob))
            case StoreBlob(request, _, _, blob, data):
                self.blobs[blob] = data
                return BlobStored(request, True)
            case _:
                raise AssertionError(f"{effect} has no result")

    def _report_damage(self, damaged: frozenset[bytes]) -> None:
        """What a read found to be damaged is asked of the neighbours."""
        if damaged:
            owed = OwedChanged(self.circle, owed=damaged)
            self.clock.at(0.0, lambda: self.tell(owed))
