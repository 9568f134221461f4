"""The node as the window and the command line see it: start, submit, query, events, stop.

Everything here runs on one asyncio loop; the database on two threads of its own. Commands go to the
ledger and come back as what they changed; views come from the reading thread; events tell what
changed, after it was committed. Knows nothing of Qt or of a terminal.
"""

import asyncio
import logging
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from p2pshare.clock import Clock, SystemClock
from p2pshare.domain.commands import Command
from p2pshare.errors import NodeError, StoreError, StoreTooNew
from p2pshare.net.tasks import Tasks
from p2pshare.net.transport import Endpoint
from p2pshare.node.authoring import Performed
from p2pshare.node.config import Config
from p2pshare.node.effects import Effects
from p2pshare.node.events import (
    DeviceCopied,
    EventStream,
    LinkDown,
    LinkUp,
    NodeEvent,
    NodeStarted,
    WritingStopped,
    events_of,
)
from p2pshare.node.gallery import Gallery
from p2pshare.node.importing import ImportResult, Progress
from p2pshare.node.ingest import IngestReport
from p2pshare.node.journal import Change, Journal
from p2pshare.node.keystore import Passphrase, no_passphrase
from p2pshare.node.ledger import LEDGER_FILE, Ledger
from p2pshare.node.lock import NodeLock
from p2pshare.node.network import Network
from p2pshare.node.papers import Papers
from p2pshare.node.reading import Reading
from p2pshare.node.reminding import Reminding
from p2pshare.node.tending import Tending
from p2pshare.node.worker import Worker
from p2pshare.store import local
from p2pshare.store.queries import Queries

if TYPE_CHECKING:
    from p2pshare.node.photos import Picture

logger: Final = logging.getLogger("p2pshare.node.facade")

Result = TypeVar("Result")

OTHERS_POLL_SECONDS: Final = 0.1
"""How often other processes' writes on this folder are looked for."""


class Node:
    """One installation, live. ``async with Node(config) as node`` starts and stops it."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        passphrase: Passphrase = no_passphrase,
    ) -> None:
        self.config: Final = config
        self._clock = clock or SystemClock()
        self._passphrase = passphrase
        self._writer = Worker("write")
        self._reading = Reading(config.folder / LEDGER_FILE)
        self._gallery = Gallery(
            self._writer, self._reading, self._running_journal, self._want_photo
        )
        self._reminding = Reminding(
            self._writer, self._reading, self._running_journal, self._clock, self._tell
        )
        self._tending = Tending(
            self._writer, self._reading, self._running_journal, self._clock, self._publish
        )
        #: Receipts, exports, reminders and what else is taken out of the ledger.
        self.papers: Final = Papers(
            config.folder,
            self._reading,
            self.with_ledger,
            self._clock,
            self._reminding.look_again,
        )
        self._tasks = Tasks("node")
        # A listener that nobody holds any more is forgotten with all it has not heard.
        self._streams: weakref.WeakSet[EventStream] = weakref.WeakSet()
        self._stopping = False
        self._stopped = False
        self._lock: NodeLock | None = None
        self._journal: Journal | None = None
        self._effects: Effects | None = None
        self._network: Network | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    # --- starting and stopping ----------------------------------------------------------------

    async def start(self) -> None:
        """Open the ledger and be on the network.

        Raises AlreadyRunning, another NodeError, or StoreError; what was begun is then undone.
        """
        try:
            await self._writer.run(self._open)
            await self._reading.start()
            await self._start_network()
            self._publish(await self._writer.run(self._running_journal().begin))
            await self._look(always=True)
            self._tasks.start(self._watch_others(), name="watch other processes")
            self._tasks.start(self._gallery.tidy(), name="tidy photos")
            self._tasks.start(self._reminding.run(), name="remind")
            self._tasks.start(self._tending.run(), name="tend")
        except BaseException:
            await self.stop()
            raise

    def _open(self) -> None:
        folder = self.config.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NodeError(f"the folder {folder} cannot be made: {error.strerror}") from error
        self._lock = NodeLock(folder)
        ledger = Ledger(
            folder, clock=self._clock, passphrase=self._passphrase, quota=self.config.quota
        )
        try:
            self._journal = Journal(ledger)
        except BaseException:
            ledger.close()
            raise

    def _close(self) -> None:
        """The counterpart of ``_open``, on the same thread, whatever came of it."""
        journal, self._journal = self._journal, None
        if journal is not None:
            journal.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    async def _start_network(self) -> None:
        journal = self._running_journal()
        key = await self._writer.run(journal.ledger.keys.device_key)
        self._effects = Effects(
            key.public,
            journal,
            self._writer,
            self._reading,
            self._clock,
            self._tell,
            self._met_copy,
        )
        await self._effects.start()
        self._network = Network(
            key, self.config.network, self._effects, self._clock, self._tell, self._remember
        )
        connection = journal.ledger.database.connection
        known = await self._writer.run(lambda: local.remembered_addresses(connection))
        await self._network.start([(one.device, Endpoint(one.address, one.port)) for one in known])
        self._tell(NodeStarted(key.public.hex(), self._network.port))

    async def _stop_network(self) -> None:
        if self._network is not None:
            await self._network.stop()
            self._network = None
        if self._effects is not None:
            await self._effects.stop()
            self._effects = None

    async def stop(self) -> None:
        """Leave the network and close the ledger, in the order of DESIGN section 11. Idempotent."""
        if self._stopped:
            return
        self._stopping = True
        await self._tasks.close()
        await self._stop_network()
        await self._gallery.stop()
        await self._reading.stop()
        await self._writer.run(self._close)
        await self._writer.close()
        self._stopped = True
        for stream in self._streams:
            stream.end()
        self._streams.clear()

    # --- what people do -----------------------------------------------------------------------

    async def submit(self, command: Command, passphrase: bytes | None = None) -> Performed:
        """Do what a person asks; returns once it is committed, and peers are told.

        Raises DomainError, UnknownReference, KeyLocked, or another StoreError or NodeError.
        """
        journal = self._running_journal()
        performed, change = await self._writer.run(
            lambda: journal.perform(command, passphrase), urgent=True
        )
        self._publish(change)
        return performed

    async def query(self, read: Callable[[Queries], Result]) -> Result:
        """What ``read`` finds, all of one moment. Raises StoreError and what ``read`` raises."""
        return await self._reading.query(read)

    async def import_list(
        self,
        person: bytes,
        file: Path,
        *,
        form: str | None = None,
        source: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportResult:
        """Take in a list of another program. Raises as ``Journal.import_list``.

        ``progress`` is called on the writing thread; what it raises undoes the import.
        """
        journal = self._running_journal()
        result, change = await self._writer.run(
            lambda: journal.import_list(person, file, form, dry_run, progress, source), urgent=True
        )
        self._publish(change)
        return result

    async def add_photo(self, photo: Path | bytes) -> bytes:
        """Keep a photo for a listing or a move to show, made small and plain; its hash.

        For UNUSED_PHOTO_SECONDS_MAX at most, unless one shows it. Raises PhotoRefused with
        one line for the person who chose it, OSError if the file cannot be read, or StoreError.
        """
        return await self._gallery.add(photo)

    async def photo(
        self, circle: bytes, photo: bytes, *, thumbnail: bool = False
    ) -> "Picture | None":
        """A photo that is shown in the circle, by its hash, decoded: whole, or small.

        None if it is not here: then it has been asked for, and PhotoArrived tells when it is.
        Raises PhotoRefused with one line if it is here and cannot be shown, UnknownReference if
        nothing in the circle shows it, or StoreError.
        """
        return await self._gallery.show(circle, photo, thumbnail=thumbnail)

    async def with_ledger(self, work: Callable[[Ledger], Result]) -> Result:
        """Run ``work`` on the writing thread: unlocking, resolving names, audits, circles.

        What it writes is published as what other processes write.
        """
        journal = self._running_journal()
        try:
            return await self._writer.run(lambda: work(journal.ledger), urgent=True)
        finally:
            await self._look(always=True)

    def dial(self, endpoint: Endpoint) -> None:
        """Dial an address that a person typed or scanned."""
        if self._network is not None:
            self._network.dial(endpoint)

    def events(self) -> EventStream:
        """What happens from now on, for one listener."""
        stream = EventStream()
        if self._stopping:
            stream.end()
        self._streams.add(stream)
        return stream

    # --- what is so ---------------------------------------------------------------------------

    @property
    def device(self) -> bytes:
        """The public device key (32 bytes). Raises NodeError if the node is not running."""
        return self._running_network().device

    @property
    def port(self) -> int:
        """The TCP port it listens on. Raises NodeError if the node is not running."""
        return self._running_network().port

    def links(self) -> list[tuple[bytes, str]]:
        """(device, address) of every link that is up."""
        network = self._network
        if network is None:
            return []
        return [(link.device, str(link.endpoint)) for link in network.links]

    # --- inside -------------------------------------------------------------------------------

    def _running_journal(self) -> Journal:
        if self._journal is None:
            raise NodeError("the node is not running")
        return self._journal

    def _running_network(self) -> Network:
        if self._network is None:
            raise NodeError("the node is not running")
        return self._network

    def _tell(self, event: NodeEvent) -> None:
        for stream in self._streams:
            stream.put(event)
        self._reminding.notice(event)
        if isinstance(event, LinkUp | LinkDown) and not self._stopping:
            self._tasks.start(self._note_links(), name="note links")

    def _publish(self, change: Change) -> None:
        """Tell peers and listeners of a committed change."""
        for report in (change.report, *change.followed()):
            self._publish_report(report)

    def _publish_report(self, report: IngestReport) -> None:
        if self._effects is not None:
            self._effects.publish(report)
            return
        for event in events_of(report, own=True):  # off the network, while it is begun anew
            self._tell(event)

    async def _note_links(self) -> None:
        journal = self._running_journal()
        links = [(device.hex(), address) for device, address in self.links()]
        await self._note(lambda: journal.note_links(links))

    async def _remember(self, address: str, port: int, device: bytes) -> None:
        journal = self._running_journal()
        await self._note(lambda: journal.remember_address(address, port, device))

    async def _note(self, work: Callable[[], None]) -> None:
        """Write down what is a help later and no loss if it cannot be written."""
        try:
            await self._writer.run(work)
        except StoreError as error:
            logger.info("not noted: %s", error)

    async def _watch_others(self) -> None:
        """Publish what other processes on this folder write."""
        while True:
            await asyncio.sleep(OTHERS_POLL_SECONDS)
            try:
                await self._look()
            except StoreTooNew as error:
                logger.error("left the network: %s", error)
                await self._stop_network()
                self._tell(WritingStopped(str(error)))
                return
            except StoreError as error:
                logger.error("other processes' writes could not be read: %s", error)

    async def _look(self, *, always: bool = False) -> None:
        journal = self._running_journal()
        seen = await self._writer.run(lambda: journal.look(always=always), urgent=always)
        if seen is None:
            return
        if seen.circles and self._effects is not None:
            await self._effects.open_circles(seen.circles)
        self._publish_report(seen.report)
        for wanted in seen.photos:
            self._want_photo(*wanted)

    def _want_photo(self, circle: bytes, photo: bytes, sealed: bool) -> None:
        if self._effects is not None:
            self._effects.want_photo(circle, photo, sealed=sealed)

    def _met_copy(self) -> None:
        self._tasks.start(self._become_another(), name="become another device")

    async def _become_another(self) -> None:
        """Another computer runs on a copy of this folder: go on as a device of our own."""
        journal = self._running_journal()
        logger.info("a copy of this installation was met; drawing a new device key")
        await self._writer.run(journal.become_another)
        await self._stop_network()
        try:
            await self._start_network()
        except (NodeError, StoreError) as error:
            logger.error("could not return to the network: %s", error)
            return
        self._tell(DeviceCopied(self.device.hex()))
