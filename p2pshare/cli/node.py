"""node: be on the network, and tell what happens, until SIGTERM or SIGINT.

The first line says the device and the port, each other line is an event: JSON lines for programs,
sentences for people (``node_words``). The node runs on asyncio; its lines are written by a thread,
so that whoever reads them slowly, or not at all, never holds the node up.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import click

from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso
from p2pshare.clock import SystemClock
from p2pshare.errors import NodeError

if TYPE_CHECKING:
    from p2pshare.cli.node_words import EventWords
    from p2pshare.node.config import Config
    from p2pshare.node.events import EventStream, NodeEvent
    from p2pshare.node.facade import Node

_STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def interface(value: str) -> str:
    """An IP address of this computer, as text; a usage error for what is none."""
    from p2pshare.node.config import parse_interface

    try:
        return parse_interface(value)
    except NodeError as error:
        raise click.BadParameter(str(error)) from None


def peer(value: str) -> tuple[str, int]:
    """(host, port) of HOST:PORT; a usage error for anything else."""
    from p2pshare.node.config import parse_peer

    try:
        return parse_peer(value)
    except NodeError as error:
        raise click.BadParameter(str(error)) from None


@click.command("node")
@click.option(
    "--interface",
    "interfaces",
    type=interface,
    multiple=True,
    metavar="IP",
    help="Use only this address of this computer; may be given several times.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Listen on this port; else on any that is free.",
)
@click.option(
    "--peer",
    "peers",
    type=peer,
    multiple=True,
    metavar="HOST:PORT",
    help="Connect to this computer, whether or not it is found; may be given several times.",
)
@click.option(
    "--no-discovery", is_flag=True, help="Neither announce this computer nor look around."
)
@click.option("--verbose", is_flag=True, help="Also log on standard error what the network does.")
@pass_session
def node_command(
    session: Session,
    interfaces: tuple[str, ...],
    port: int,
    peers: tuple[tuple[str, int], ...],
    no_discovery: bool,
    verbose: bool,
) -> None:
    """Be on the network: find others, swap offers and pass them on. Leave it running.

    Other commands may be used meanwhile, in another terminal. Ctrl-C ends it. It prints its port
    first, for others to name with --peer where they do not find it by themselves.
    """
    from p2pshare.node.config import Config, NetworkConfig, interfaces_from_environment

    config = Config(
        session.folder(),
        NetworkConfig(
            interfaces=interfaces or interfaces_from_environment(),
            port=port,
            peers=peers,
            discovery=not no_discovery,
        ),
    )
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    asyncio.run(_serve(session, config))


async def _serve(session: Session, config: "Config") -> None:
    """Run the node until a signal. Raises NodeError, StoreError, and OSError of the output."""
    from p2pshare.cli.node_words import EventWords
    from p2pshare.node.facade import Node

    node = Node(config, passphrase=session.passphrase)
    events = node.events()
    words = EventWords(node, SystemClock(), coloured=sys.stdout.isatty())
    with _cancelled_by_signals() as asked:
        try:
            async with node:
                try:
                    await _tell(session, node, events, words)
                except asyncio.CancelledError:
                    if not asked:
                        raise
                    _forget_cancelling()
        except asyncio.CancelledError:
            if not asked:
                raise
            _forget_cancelling()


def _forget_cancelling() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[list[signal.Signals]]:
    """Cancel the current task at the first SIGTERM or SIGINT; yields the signals that came."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    came: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        came.append(number)
        if len(came) == 1 and task is not None:
            task.cancel()

    for number in _STOP_SIGNALS:
        try:
            loop.add_signal_handler(number, stop, number)
        except NotImplementedError:  # Windows: the loop hears of signals by a handler of Python's
            signal.signal(
                number, lambda came, _frame: loop.call_soon_threadsafe(stop, signal.Signals(came))
            )
    yield came


async def _tell(session: Session, node: "Node", events: "EventStream", words: "EventWords") -> None:
    """Print the first line, then every event, for ever."""
    clock = SystemClock()
    with LinePrinter(sys.stdout.fileno()) as printer:
        if session.output.json:
            first = json.dumps({"device": node.device.hex(), "port": node.port})
        else:
            first = words.begin(session.folder())
        await printer.write(first)
        async for event in events:
            if event.name == "started":
                continue  # the first line has said so
            if session.output.json:
                await printer.write(event_line(event, clock.time_ms()))
                continue
            said = await words.of(event)
            if said:
                await printer.write(said)


def event_line(event: "NodeEvent", now_ms: int) -> str:
    """The JSON line of an event: its name, when it was told, its fields."""
    name, *fields = event.to_dict().items()
    return json.dumps(dict([name, ("at", iso(now_ms)), *fields]), ensure_ascii=True)


class LinePrinter:
    """Writes lines to a file descriptor in a thread that nobody has to wait for at the end.

    It writes to the file descriptor, past Python's buffer: a thread that is stuck in a full pipe
    then holds no lock which the end of the process needs.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._lines: SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = SimpleQueue()

    def __enter__(self) -> Self:
        sys.stdout.flush()
        threading.Thread(target=self._run, name="p2pshare lines", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lines.put(None)

    async def write(self, line: str) -> None:
        """Write a line; returns once it is out. Raises OSError (BrokenPipeError)."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._lines.put((f"{line}\n".encode("utf-8", "backslashreplace"), written))
        await written

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            data, written = line
            error: OSError | None = None
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as caught:
                error = caught
            try:
                self._loop.call_soon_threadsafe(_settle, written, error)
            except RuntimeError:  # the loop is closed: the node has ended
                return


def _settle(written: "asyncio.Future[None]", error: OSError | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)
