"""The computers of the demo: a folder each, a node each in a process of its own, commands.

A node is ``p2pshare-cli node`` as a child, whose JSON lines are read by a thread. Whoever tells
the story waits for events with a deadline and never for time to pass. This module must leave
neither a process nor a thread behind, however the story ends.
"""

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import IO, Any, Final

from p2pshare.cli.app import invoke
from p2pshare.errors import NodeError, P2PShareError

CHILD: Final = (sys.executable, "-P", "-m", "p2pshare.cli")
LOOPBACK: Final = "127.0.0.1"

WAIT_SECONDS_MAX: Final = 15.0
STOP_SECONDS_MAX: Final = 5.0

Event = Mapping[str, Any]


class DemoFailed(NodeError):
    """The demo could not go on."""


class Computer:
    """One installation of the story; ``name`` is whose."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name: Final = name
        self.device = ""
        self._folder = folder
        self._errors = folder.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._changed = threading.Condition()
        self._first: Event | None = None
        self._events: list[Event] = []
        self._ended = False

    # --- commands -----------------------------------------------------------------------------

    def run(self, *arguments: str) -> Any:
        """The JSON document that a command prints. Raises DemoFailed.

        It runs in this process, on the folder of the node that is live in another: the node sees
        what it writes as it sees what people type in a second terminal.
        """
        printed = io.StringIO()
        command = " ".join(arguments)
        try:
            with redirect_stdout(printed):
                invoke(["--data", str(self._folder), "--json", *arguments])
        except P2PShareError as error:
            raise DemoFailed(f"{self.name} cannot '{command}': {error}") from error
        return json.loads(printed.getvalue())

    # --- the node -----------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the node; ``ready`` waits for it."""
        self._first, self._ended = None, False
        with self._errors.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [
                    *(*CHILD, "--data", str(self._folder), "--json"),
                    *("node", "--interface", LOOPBACK),
                ],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
            )
        output = self._process.stdout
        if output is None:
            raise DemoFailed("the node has no output")
        self._reader = threading.Thread(
            target=self._read, args=(output,), name=f"demo {self.name}", daemon=True
        )
        self._reader.start()

    def ready(self) -> None:
        """Wait until the node is on the network. Raises DemoFailed."""
        self._wait_until(lambda: self._first, "be on the network")
        if self._first is not None:
            self.device = str(self._first["device"])

    def stop(self) -> None:
        """End the node as Ctrl-C would; it is gone when this returns. Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        if process.stdout is not None:
            process.stdout.close()

    def mark(self) -> int:
        """A place in what the node has said, to wait from."""
        with self._changed:
            return len(self._events)

    def wait(self, what: str, matches: Callable[[Event], bool], since: int) -> Event:
        """The first event after ``since`` that ``matches``; ``what`` names it in the refusal.

        Raises DemoFailed if none comes in time, or the node ends.
        """

        def found() -> Event | None:
            return next((event for event in self._events[since:] if matches(event)), None)

        return self._wait_until(found, what)

    def _wait_until(self, found: Callable[[], Event | None], what: str) -> Event:
        end = time.monotonic() + WAIT_SECONDS_MAX
        with self._changed:
            while True:
                event = found()
                if event is not None:
                    return event
                if self._ended:
                    raise DemoFailed(f"the node of {self.name} has ended: {self._last_error()}")
                left = end - time.monotonic()
                if left <= 0:
                    raise DemoFailed(
                        f"{self.name} did not {what} within {WAIT_SECONDS_MAX:.0f} seconds;"
                        " does a firewall stop multicast on this computer?"
                    )
                self._changed.wait(left)

    def _read(self, output: IO[str]) -> None:
        for line in output:
            told = json.loads(line)
            with self._changed:
                if self._first is None:
                    self._first = told
                else:
                    self._events.append(told)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _last_error(self) -> str:
        lines = self._errors.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def changed(about: str, identifier: str) -> Callable[[Event], bool]:
    """Matches the event that a listing, agreement, person or payment changed."""
    return lambda event: (
        event["event"] == "changed" and event["about"] == about and event["id"] == identifier
    )


def linked(device: str) -> Callable[[Event], bool]:
    """Matches the event that ``device`` was linked."""
    return lambda event: event["event"] == "link-up" and event["device"] == device


def _environment() -> dict[str, str]:
    """Our environment without what would lead a child to other folders, keys or addresses."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("P2PSHARE_") and name != "PYTHONINSPECT"
    }
