"""Two windows in two processes on Xvfb carry the drill through its story, by clicks and keys."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CHILD = Path(__file__).with_name("window_child.py")
END_SECONDS = 20


class Window:
    """A window in a process of its own, and what the person in front of it does."""

    def __init__(self, environment: dict[str, str], arguments: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def does(self, do: str, **rest: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **rest}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.end()
        answer = json.loads(line)
        assert answer["ok"], f"{do} {rest}: there is {answer['there']}"

    def clicks(self, what: str) -> None:
        self.does("click", what=what)

    def presses(self, what: str) -> None:
        self.does("press", what=what)

    def types(self, what: str, text: str) -> None:
        self.does("type", what=what, text=text)

    def sees(self, text: str) -> None:
        self.does("see", text=text)

    def opens(self, number: int) -> None:
        self.does("alt", number=number)

    def end(self) -> str:
        """Kill it if it has not ended; what it had to say on standard error."""
        if self.process.poll() is None:
            self.process.kill()
        return self.process.communicate()[1]


@pytest.fixture
def screen() -> Iterator[str]:
    """A display of its own, on Xvfb."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed (Debian: apt-get install xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [program, "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()
    try:
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(END_SECONDS)


@pytest.fixture
def open_window(screen: str) -> Iterator[Callable[..., Window]]:
    environment = {**os.environ, "DISPLAY": screen, "QT_QPA_PLATFORM": "xcb", "LC_ALL": "C.UTF-8"}
    windows: list[Window] = []

    def open_with(*arguments: object) -> Window:
        windows.append(Window(environment, ["--no-discovery", *map(str, arguments)]))
        return windows[-1]

    yield open_with
    for window in windows:
        window.end()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_the_drill_goes_round(open_window: Callable[..., Window], tmp_path: Path) -> None:
    port = free_port()
    ada = open_window("--data", tmp_path / "ada", "--port", port)
    ada.types("Your name", "Ada")
    ben = open_window("--data", tmp_path / "ben", "--peer", f"127.0.0.1:{port}")
    ada.does("return")
    ada.sees("Browse")
    ben.types("Your name", "Ben")
    ben.sees("A neighbour is nearby already.")
    ben.clicks("Begin")

    # offer, by keys and a click
    ada.opens(2)
    ada.presses("Add something")
    ada.types("Title", "Hammer drill")
    ada.does("return")
    ada.does("see", text="Hammer drill")

    # found and asked for
    ben.sees("1 computer nearby")
    ben.types("Search", "drill")
    ben.does("row", what="Hammer drill")
    ben.clicks("Borrow")
    ben.sees("Asked; waiting for Ada.")

    # accepted, handed over, given back, taken back
    ada.opens(3)
    ada.sees("Ben asks for it. Your turn.")
    ada.presses("Lend: Hammer drill")
    ada.sees("Promised. Hand it over when Ben comes.")
    ben.sees("Ada said yes. Fetch it and say that you have it.")
    ada.clicks("Hand over: Hammer drill")
    ada.sees("It is with Ben.")
    ben.sees("You have it. Give it back when you are done.")
    ben.clicks("Give back: Hammer drill")
    ben.sees("Given back; Ada has still to confirm.")
    ada.clicks("Got it back: Hammer drill")
    ada.sees("Back home. Thank you for sharing.")
    ben.sees("Given back and done.")

    # an hour given
    ben.opens(4)
    ben.does("row", what="Ada")
    ben.clicks("Give hours …")
    ben.types("Hours to give to Ada", "1:30")
    ben.does("return")
    ben.sees("1 computer nearby")  # the dialog is gone: keys go to the window again
    ben.opens(5)
    ben.sees("-1 h 30 min")
    ada.opens(5)
    ada.sees("1 h 30 min")

    for window in (ben, ada):
        window.does("close")
        assert window.process.wait(END_SECONDS) == 0
        assert window.end() == ""
