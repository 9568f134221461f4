"""`make run` (.ci/open) and the program itself on machines that lack a display or libraries."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from p2pshare.ui import app

# A python that answers the two questions of .ci/open: does Qt open a window, what are its files.
FAKE_PYTHON = """#!/bin/sh
case "$2" in
    *QApplication*) [ -e "{opens}" ] || kill -ABRT $$ ;;
    *find_spec*) echo /qt/libqxcb.so ;;
esac
"""


class Machine:
    """A folder with .ci/open in it, and a PATH with only what the test puts there."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder / "clone"
        self.programs = folder / "bin"
        self.opens = folder / "opens"
        (self.folder / ".ci").mkdir(parents=True)
        (self.folder / ".venv" / "bin").mkdir(parents=True)
        self.programs.mkdir()
        shutil.copy2(repository / ".ci" / "open", self.folder / ".ci" / "open")
        for name in ("sh", "dirname", "awk", "sort", "uname"):
            found = shutil.which(name)
            assert found
            (self.programs / name).symlink_to(found)
        self.program(".venv/bin/python", FAKE_PYTHON.format(opens=self.opens))
        self.program(".venv/bin/p2pshare", '#!/bin/sh\necho "the window" "$@"\n')
        self.program(".venv/bin/p2pshare-cli", '#!/bin/sh\necho "cli $1"\n')
        self.lacks("")
        self.user(1000)

    def program(self, name: str, text: str) -> None:
        path = self.folder / name if "/" in name else self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def lacks(self, library: str) -> None:
        line = f"\\t{library} => not found\\n" if library else ""
        self.program("ldd", f"#!/bin/sh\nprintf '\\tlibc.so.6 => /lib/libc.so.6 (0x1)\\n{line}'\n")

    def user(self, number: int) -> None:
        self.program("id", f"#!/bin/sh\necho {number}\n")

    def apt(self, then: str) -> None:
        self.program("apt-get", f'#!/bin/sh\necho "$@" >> "{self.folder}/apt.txt"\n{then}\n')

    @property
    def installed(self) -> list[str]:
        record = self.folder / "apt.txt"
        return record.read_text().splitlines() if record.exists() else []

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / ".ci" / "open", *arguments],
            env={"PATH": os.fspath(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(repository: Path, tmp_path: Path) -> Machine:
    return Machine(repository, tmp_path)


def packages(text: str) -> set[str]:
    return set(re.findall(r"\blib[a-z0-9.+-]+", text))


def test_without_a_display_the_demo_is_played(machine: Machine) -> None:
    ran = machine.run()
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == [
        "p2pshare: there is no display here; this is the demo in the terminal",
        "cli demo",
    ]


def test_with_a_display_the_window_opens(machine: Machine) -> None:
    machine.opens.touch()
    ran = machine.run("--no-discovery", DISPLAY=":1")
    assert (ran.stdout, ran.stderr, ran.returncode) == ("the window --no-discovery\n", "", 0)


def test_a_display_that_does_not_answer(machine: Machine) -> None:
    ran = machine.run(DISPLAY=":77")
    assert ran.stdout.splitlines() == [
        "p2pshare: the display :77 cannot be opened; this is the demo in the terminal",
        "cli demo",
    ]
    assert ran.stderr == ""


def test_missing_libraries_and_no_root_print_one_line_to_paste(machine: Machine) -> None:
    machine.lacks("libxcb-cursor.so.0")
    machine.apt("exit 1")
    ran = machine.run(DISPLAY=":1")
    assert ran.returncode == 1
    said, line = ran.stderr.splitlines()
    assert "libxcb-cursor.so.0" in said
    assert line.startswith("sudo apt-get install -y libegl1 ")
    assert machine.installed == []


def test_root_on_debian_installs_them(machine: Machine) -> None:
    machine.lacks("libxcb-cursor.so.0")
    machine.user(0)
    machine.apt(f'[ "$2" = update ] || : > "{machine.opens}"')
    ran = machine.run(DISPLAY=":1")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].strip() == "the window"
    assert machine.installed[0] == "-q update"
    assert "libxcb-cursor0" in packages(machine.installed[1])


def test_root_without_the_network_gets_the_demo(machine: Machine) -> None:
    machine.lacks("libxcb-cursor.so.0")
    machine.user(0)
    machine.apt("exit 100")
    ran = machine.run(DISPLAY=":1")
    assert "apt-get could not install them" in ran.stderr
    assert ran.stdout.splitlines()[-1] == "cli demo"


def test_everybody_names_the_same_packages(repository: Path) -> None:
    in_open = re.search(r'^packages="([^"]*)"', (repository / ".ci/open").read_text(), re.M)
    assert in_open
    wanted = packages(in_open[1])
    assert len(wanted) > 10
    assert wanted == packages(app.QT_PACKAGES)
    assert wanted <= packages((repository / ".ci/run").read_text())


def test_the_program_says_that_there_is_no_display(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert app.main([]) == 1
    assert "there is no display here" in capsys.readouterr().err


def test_the_program_says_what_qt_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    assert app.main([]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "sudo apt-get install -y libegl1 " in said


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--peer", "nowhere"], ["--nonsense"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app.main(arguments)
    assert ended.value.code == 2
    assert "usage: p2pshare" in capsys.readouterr().err


def test_the_window_ends_at_ctrl_c(tmp_path: Path) -> None:
    """SIGINT from the terminal closes the window in order: the node is stopped, the code is 0."""
    program = (
        "import os, signal, sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from PySide6.QtWidgets import QApplication\n"
        "import p2pshare.ui.window as window\n"
        "ready = window.MainWindow.ready\n"
        "def tell(self, identity):\n"
        "    ready(self, identity)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "window.MainWindow.ready = tell\n"
        "from p2pshare.ui import app\n"
        f"sys.exit(app.main(['--data', {str(tmp_path / 'a')!r}, '--no-discovery']))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
