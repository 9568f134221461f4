"""Processes for tests that fork: a warm helper with one thread, its children, and their words.

pytest never forks itself: ``run_warm`` starts a module of this folder as a helper process, which
has imported everything and has no threads, and its children are forked from there. A child says
what it did in whole lines on a pipe, each written at once (POSIX: atomic up to PIPE_BUF), so that
a line that arrived was written after what it tells of. This module knows nothing of ledgers.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


def run_warm(module: str, scenario: str, *arguments: str, seconds: float) -> Any:
    """What ``python -m integration.MODULE SCENARIO ARGUMENTS`` printed as JSON."""
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    completed = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"integration.{module}", scenario, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert completed.returncode == 0, f"{scenario} {arguments}:\n{completed.stderr[-6000:]}"
    assert completed.stderr == "", completed.stderr
    return json.loads(completed.stdout)


class Child:
    """A forked process that runs ``work(say, *arguments)``; ``say(words)`` writes a line to us."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        read_end, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read_end)
            _run_and_exit(work, arguments, write_end)
        os.close(write_end)
        self._output = read_end
        self._rest = b""
        self.lines: list[list[str]] = []
        self.killed = False

    def read(self, seconds: float | None, until: str | None = None) -> bool:
        """Read lines for so long (None: to the end), or until one begins with ``until``.

        Whether that line came, or without ``until`` whether the child is at its end.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return False
            if not select.select([self._output], [], [], left)[0]:
                return False
            data = os.read(self._output, 1 << 16)
            if not data:
                return until is None
            *lines, self._rest = (self._rest + data).split(b"\n")
            new = [line.decode().split(" ") for line in lines]
            self.lines.extend(new)
            if until is not None and any(line[0] == until for line in new):
                return True

    def kill(self) -> None:
        """Kill the child now, take what it still said, and reap it."""
        os.kill(self.pid, signal.SIGKILL)
        self.read(None)
        self.killed = self._reap() == -signal.SIGKILL

    def finish(self) -> list[list[str]]:
        """Wait for the end of a child that must succeed; its lines."""
        self.read(None)
        status = self._reap()
        if status != 0:
            raise AssertionError(f"a child failed ({status}), see its traceback above")
        return self.lines

    def _reap(self) -> int:
        os.close(self._output)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"a child failed ({status}), see its traceback above")
        return status


def _run_and_exit(work: Callable[..., None], arguments: tuple[object, ...], output: int) -> None:
    """The whole life of a child; never returns into the code it was forked from."""
    status = 1
    try:
        work(lambda *words: _write_line(output, words), *arguments)
        status = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _write_line(output: int, words: tuple[str, ...]) -> None:
    line = " ".join(words).encode() + b"\n"
    if len(line) > select.PIPE_BUF:
        raise ValueError("a line must be written at once")
    os.write(output, line)


class StartingGun:
    """Holds children until ``fire``: each waits on a pipe whose writing end is closed then."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()

    def wait(self) -> None:
        """In a child: wait for the shot."""
        os.close(self._write_end)
        os.read(self._read_end, 1)

    def fire(self) -> None:
        """In the parent: let all children go, once."""
        os.close(self._write_end)
        os.close(self._read_end)
