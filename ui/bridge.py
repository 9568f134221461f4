"""The only file where threads meet: asyncio and the node on one, Qt on the other.

``submit`` and ``ask`` hand work to the event loop with run_coroutine_threadsafe; one signal carries
frozen values back. Events are gathered for GATHER_SECONDS, so that a first sync of thousands of
entries costs the window a few signals and not thousands. No ``future.result()`` on the Qt thread
(DESIGN section 11).
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final
from weakref import WeakMethod

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from p2pshare.clock import SystemClock
from p2pshare.domain.commands import AddPerson, Command
from p2pshare.domain.days import day_of
from p2pshare.errors import DomainError, KeyLocked, NodeError, P2PShareError
from p2pshare.node.config import Config, local_zone
from p2pshare.node.events import EventStream, NodeEvent
from p2pshare.node.facade import Node

from .backend import (
    Answer,
    Answered,
    Identity,
    Listener,
    ListOutcome,
    Locked,
    Progress,
    Progressed,
    RowNote,
    ShownPhoto,
)

logger: Final = logging.getLogger("p2pshare.ui.bridge")

GATHER_SECONDS: Final = 0.05
JOIN_SECONDS: Final = 10.0


class Bridge(QObject):
    """Runs a node on a thread of its own and speaks with it. Lives on the Qt thread.

    ``ready`` tells that the node has started, with the identity or None; ``failed`` why it did not.
    """

    ready = Signal(object)
    failed = Signal(str)
    _arrived = Signal(object)

    def __init__(self, config: Config, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._config = config
        self._clock = SystemClock()
        self._identity: Identity | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="p2pshare-node", daemon=False)
        self._stop = asyncio.Event()
        self._settled = asyncio.Event()
        self._node: Node | None = None
        self._listeners: list[WeakMethod[Listener]] = []
        self._answers: dict[int, Answered | WeakMethod[Answered]] = {}
        self._progressed: dict[int, WeakMethod[Progressed]] = {}
        self._halted: set[int] = set()
        self._asker: WeakMethod[Callable[[Locked], None]] | None = None
        self._locked: dict[int, asyncio.Future[str | None]] = {}
        self._tickets = 0
        self._stopping = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    # --- the Qt thread ------------------------------------------------------------------------

    @property
    def identity(self) -> Identity | None:
        """Who acts in this window."""
        return self._identity

    def start(self) -> None:
        """Begin; ``ready`` or ``failed`` follows."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the node and join its thread. Idempotent; what was submitted is done whole."""
        self._stopping = True
        if not self._thread.is_alive():
            self._loop.close()  # it was never started, or has ended by itself
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(JOIN_SECONDS)

    def act_as(self, identity: Identity) -> None:
        """Let another hosted person act from now on."""
        self._identity = identity

    def persons(self, answered: Answered) -> None:
        """Who is set up on this computer."""
        self._begin(self._persons(), answered)

    def submit(self, command: Command, answered: Answered) -> None:
        """Do what a person asks."""
        self._begin(self._submit(command), answered)

    def on_locked(self, asker: Callable[[Locked], None]) -> None:
        """Have a bound method told when a command waits for a passphrase."""
        self._asker = WeakMethod(asker)

    def give_passphrase(self, number: int, passphrase: str | None) -> None:
        """Go on with what waits, or refuse it."""
        with contextlib.suppress(RuntimeError):  # the loop has ended: nothing waits any more
            self._loop.call_soon_threadsafe(self._unlock, number, passphrase)

    def ask(self, read: Callable[[Any], Any], answered: Answered) -> None:
        """Read from the ledger."""
        self._begin(self._query(read), answered)

    def photo(self, circle: str, photo: str, thumbnail: bool, answered: Answered) -> None:
        """A photo by its hash, or None if it is not here yet."""
        self._begin(self._photo(circle, photo, thumbnail), answered)

    def add_photo(self, photo: Path | bytes, answered: Answered) -> None:
        """Keep a photo for a listing."""
        self._begin(self._add_photo(photo), answered)

    def import_list(
        self,
        file: Path,
        form: str | None,
        dry_run: bool,
        progressed: Progressed,
        answered: Answered,
    ) -> Callable[[], None]:
        """Take in a list, or try it; what is returned stops it."""
        ticket = self._tickets + 1
        self._progressed[ticket] = WeakMethod(progressed)
        self._begin(self._import(ticket, file, form, dry_run), answered)
        return lambda: self._halted.add(ticket)

    def listen(self, listener: Listener) -> None:
        """Give a bound method the events from now on; it ends with its object."""
        self._listeners.append(WeakMethod(listener))

    def today(self) -> str:
        """The local day."""
        return self.day(self.now_ms())

    def now_ms(self) -> int:
        """The time now."""
        return self._clock.time_ms()

    def day(self, time_ms: int) -> str:
        """The local day of a time."""
        return day_of(time_ms, local_zone())

    def _begin(self, work: Coroutine[Any, Any, Any], answered: Answered) -> None:
        if self._stopping:  # the window is closing: nobody waits for this any more
            work.close()
            return
        self._tickets += 1
        ticket = self._tickets
        self._answers[ticket] = WeakMethod(answered) if hasattr(answered, "__self__") else answered
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.add_done_callback(lambda done: self._arrived.emit((ticket, _answer_of(done))))

    @Slot(object)
    def _deliver(self, arrived: object) -> None:
        """Hand a batch of events, an answer or the start's outcome to whom it concerns."""
        match arrived:
            case (int() as ticket, Answer() as answer):
                self._progressed.pop(ticket, None)
                self._halted.discard(ticket)
                waiting = self._answers.pop(ticket, None)
                answered = waiting() if isinstance(waiting, WeakMethod) else waiting
                if answered is not None and _is_alive(answered):
                    answered(answer)
            case (int() as ticket, Progress() as progress):
                self._call(self._progressed.get(ticket), progress)
            case Locked():
                if not self._call(self._asker, arrived):
                    self.give_passphrase(arrived.number, None)
            case Identity() | None:
                self._identity = arrived
                self.ready.emit(arrived)
            case str():
                self.failed.emit(arrived)
            case tuple():
                self._tell(arrived)

    def _call(self, reference: "WeakMethod[Callable[..., None]] | None", value: object) -> bool:
        """Call a bound method with a value, unless its object is gone; whether it was called."""
        method = None if reference is None else reference()
        if method is None or not _is_alive(method):
            return False
        method(value)
        return True

    def _tell(self, events: tuple[NodeEvent, ...]) -> None:
        alive = []
        for reference in self._listeners:
            listener = reference()
            if listener is not None and _is_alive(listener):
                alive.append(reference)
                listener(events)
        self._listeners = alive

    # --- the node's thread --------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._loop.run_until_complete(_end_others())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _live(self) -> None:
        node = Node(self._config)
        events = node.events()
        try:
            await node.start()
            own = await node.with_ledger(lambda ledger: ledger.own_persons())
        except P2PShareError as error:
            self._arrived.emit(str(error))
            self._settled.set()
            await node.stop()
            await self._stop.wait()  # what is asked meanwhile is told that there is no node
            return
        self._node = node
        self._settled.set()
        first = next(iter(own.items()), None)
        self._arrived.emit(None if first is None else Identity(first[0].hex(), first[1]))
        try:
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._gather(events), name="tell the window")
                await self._stop.wait()
                telling.cancel()
        finally:
            self._node = None
            await node.stop()

    async def _gather(self, events: EventStream) -> None:
        """Emit what happens, at most once in GATHER_SECONDS."""
        async for event in events:
            gathered = [event]
            await asyncio.sleep(GATHER_SECONDS)
            gathered.extend(events.take())
            self._arrived.emit(tuple(gathered))

    async def _submit(self, command: Command) -> Any:
        node = await self._running()
        if isinstance(command, AddPerson):
            performed = await node.submit(command)
            if self._identity is None:
                self._arrived.emit(Identity(performed.subject.hex(), command.name))
            return performed
        return await self._unlocking(command.person, lambda: node.submit(command))

    async def _unlocking(self, person: bytes, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do ``work``; if the person is locked, ask for the passphrase and do it then."""
        try:
            return await work()
        except KeyLocked:
            why = ""
        node = await self._running()
        while True:
            passphrase = await self._passphrase_of(person, why)
            try:
                await node.with_ledger(_opener(person, passphrase))
            except KeyLocked as error:
                why = str(error)
                continue
            return await work()

    async def _passphrase_of(self, person: bytes, why: str) -> bytes:
        number = max(self._locked, default=0) + 1
        waiting: asyncio.Future[str | None] = self._loop.create_future()
        self._locked[number] = waiting
        self._arrived.emit(Locked(number, person.hex(), why))
        try:
            passphrase = await waiting
        finally:
            del self._locked[number]
        if not passphrase:
            raise KeyLocked("nothing was done, for the passphrase was not given; try again")
        return passphrase.encode()

    def _unlock(self, number: int, passphrase: str | None) -> None:
        waiting = self._locked.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(passphrase)

    async def _persons(self) -> tuple[Identity, ...]:
        node = await self._running()
        own = await node.with_ledger(lambda ledger: ledger.own_persons())
        return tuple(Identity(person.hex(), name) for person, name in own.items())

    async def _photo(self, circle: str, photo: str, thumbnail: bool) -> ShownPhoto | None:
        node = await self._running()
        picture = await node.photo(bytes.fromhex(circle), bytes.fromhex(photo), thumbnail=thumbnail)
        if picture is None:
            return None
        return ShownPhoto(picture.width, picture.height, picture.pixels)

    async def _add_photo(self, photo: Path | bytes) -> str:
        node = await self._running()
        try:
            added = await node.add_photo(photo)
        except OSError as error:
            name = photo.name if isinstance(photo, Path) else "the photo"
            raise NodeError(f"{name} cannot be read: {error.strerror or error}") from error
        return added.hex()

    async def _import(
        self, ticket: int, file: Path, form: str | None, dry_run: bool
    ) -> ListOutcome:
        node = await self._running()
        identity = self._identity
        if identity is None:
            raise NodeError("nobody is set up here yet; give a name first")
        person = bytes.fromhex(identity.person)

        def progress(done: int, total: int) -> None:  # on the writing thread
            if ticket in self._halted:
                raise DomainError("stopped; nothing was taken in")
            self._arrived.emit((ticket, Progress(done, total)))

        result = await self._unlocking(
            person,
            lambda: node.import_list(person, file, form=form, dry_run=dry_run, progress=progress),
        )
        return ListOutcome(
            result.format,
            result.imported,
            result.updated,
            result.skipped,
            tuple(RowNote(one.row, one.reason) for one in result.passed),
            tuple(RowNote(one.row, one.reason) for one in result.rejected),
            tuple(result.remarks),
        )

    async def _query(self, read: Callable[[Any], Any]) -> Any:
        node = await self._running()
        return await node.query(read)

    async def _running(self) -> Node:
        """The node, once it has started: what is asked earlier waits."""
        await self._settled.wait()
        if self._node is None:
            raise P2PShareError("p2pshare is not running; close this window and open it again")
        return self._node


def _opener(person: bytes, passphrase: bytes) -> Callable[[Any], None]:
    def unlock(ledger: Any) -> None:
        ledger.keys.unlock(person, passphrase)

    return unlock


def _answer_of(done: "Future[Any]") -> Answer:
    """The outcome of a coroutine as a value that may cross threads."""
    if done.cancelled():
        return Answer(error="p2pshare is closing")
    error = done.exception()
    if error is None:
        return Answer(done.result())
    if isinstance(error, P2PShareError):
        return Answer(error=str(error))
    logger.error("a fault in p2pshare itself", exc_info=error)
    return Answer(error="that did not work, by a fault in p2pshare; nothing was lost")


async def _end_others() -> None:
    """Answer what is still waiting: it is cancelled, and the window told that p2pshare closes."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _is_alive(method: Callable[..., Any]) -> bool:
    owner = getattr(method, "__self__", None)
    return not isinstance(owner, QObject) or isValid(owner)
