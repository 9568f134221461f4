"""Programs in a lab whose lines of standard output a test can wait for, and end by their id.

``laboratory`` starts them in namespaces. Nothing here knows of a network.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

END_SECONDS = 10.0


def run(*command: str) -> str:
    """Run a short program to its end; what it printed. Fails the test with its complaint."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


def child_environment(**more: str) -> dict[str, str]:
    """The environment of programs in a lab: no interface is named, so all usable ones are used."""
    environment = {**os.environ, **more}
    environment.pop("P2PSHARE_INTERFACES", None)
    return environment


@dataclass
class Happening:
    """A line that a node printed, and when it was read (monotonic seconds)."""

    at: float
    line: dict[str, Any]

    def is_(self, event: str, **fields: object) -> bool:
        """Whether it is this event with these fields."""
        return self.line.get("event") == event and all(
            self.line.get(name) == value for name, value in fields.items()
        )


@dataclass
class Program:
    """A process in a namespace whose lines of standard output can be awaited."""

    name: str
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    ended: bool = False
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Read what it prints from now on."""
        self._reading = asyncio.create_task(self._read(), name=f"output of {self.name}")

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))
            self.took(self.lines[-1])
            self._more.set()
        self.ended = True
        self._more.set()

    def took(self, line: str) -> None:
        """A line was read."""

    async def news(self, seen: int) -> None:
        """Wait until more than ``seen`` lines were read, or the program has ended."""
        while len(self.lines) <= seen and not self.ended:
            self._more.clear()
            await self._more.wait()

    async def line_matching(self, pattern: str, seconds: float) -> str:
        """The first line, printed or to come, that matches."""
        async with asyncio.timeout(seconds):
            while True:
                for line in self.lines:
                    if re.search(pattern, line):
                        return line
                assert not self.ended, f"{self.name} ended without {pattern}: {self.lines[-5:]}"
                await self.news(len(self.lines))

    async def until_ended(self, seconds: float) -> None:
        """Wait until it has ended by itself, well."""
        async with asyncio.timeout(seconds):
            while not self.ended:
                await self.news(len(self.lines))
            code = await self.process.wait()
        assert code == 0, f"{self.name} ended with {code}: {self.lines[-5:]}"

    async def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, wait for its end and its last line; the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(by)
        try:
            async with asyncio.timeout(END_SECONDS):
                code = await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"{self.name} did not end within {END_SECONDS} s") from None
        if self._reading is not None:
            await self._reading
        return code


@dataclass
class NodeProgram(Program):
    """``p2pshare-cli node``: each line is a JSON document."""

    happenings: list[Happening] = field(default_factory=list)

    def took(self, line: str) -> None:
        self.happenings.append(Happening(time.monotonic(), json.loads(line)))
