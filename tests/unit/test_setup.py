"""What .ci/setup says about a machine that lacks something, and how it starts over."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# A python3 that answers the questions of .ci/setup as the machine described would.
FAKE_PYTHON = """#!/bin/sh
case "$2" in
    *"libc_ver"*) echo "{libc}" ;;
    *"%d.%d"*) echo "{version}" ;;
    *"(3, 11)"*) exit {old} ;;
    *ensurepip*) exit {no_venv} ;;
    *platform.machine*) echo "{machine}" ;;
    *) if [ "$1" = -m ]; then mkdir -p .venv/bin; echo "$@" >> made.txt; {on_module}; fi ;;
esac
"""
GOOD = {
    "version": "3.11",
    "old": "0",
    "no_venv": "0",
    "machine": "x86_64",
    "libc": "",
    "on_module": 'cp "$0" .venv/bin/python; cp "$0" .venv/bin/pip',
}


class Machine:
    """A folder with .ci/setup in it and a PATH that holds only what the test puts there."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder / "clone"
        self.programs = folder / "bin"
        self.programs.mkdir()
        (self.folder / ".ci").mkdir(parents=True)
        shutil.copy2(repository / ".ci" / "setup", self.folder / ".ci" / "setup")
        (self.folder / ".ci" / "requirements.lock").write_text("wheel==1 \\\n    --hash=x\n")
        (self.folder / "pyproject.toml").touch()
        for name in ("sh", "cat", "cksum", "dirname", "basename", "rm", "mkdir", "awk", "cp"):
            found = shutil.which(name)
            assert found
            (self.programs / name).symlink_to(found)

    def python(self, name: str = "python3", **answers: str) -> None:
        program = self.programs / name
        program.write_text(FAKE_PYTHON.format(**{**GOOD, **answers}))
        program.chmod(0o755)

    def setup(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / ".ci" / "setup"],
            cwd=self.folder,
            env={"PATH": os.fspath(self.programs)},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def made(self) -> list[str]:
        record = self.folder / "made.txt"
        return record.read_text().splitlines() if record.exists() else []


@pytest.fixture
def machine(repository: Path, tmp_path: Path) -> Machine:
    return Machine(repository, tmp_path)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"version": "3.9", "old": "1"}, "Python 3.11 or newer is needed (python3 is 3.9)"),
        ({"no_venv": "1"}, "Python's venv module is needed"),
        ({"machine": "armv7l"}, "this one is armv7l"),
        ({"libc": "glibc 2.39 or newer is needed"}, "glibc 2.39 or newer is needed"),
    ],
)
def test_one_line_for_what_is_missing(machine: Machine, answers: dict[str, str], said: str) -> None:
    machine.python(**answers)
    ran = machine.setup()
    assert ran.returncode == 1
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert ran.stdout == ""
    assert not (machine.folder / ".venv").exists()


def test_no_python_at_all(machine: Machine) -> None:
    ran = machine.setup()
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "no python3 was found" in ran.stderr


def test_one_line_for_each_of_two(machine: Machine) -> None:
    machine.python(no_venv="1", machine="i686")
    ran = machine.setup()
    assert ran.stderr.count("\n") == 2


def test_newer_python_on_the_path_is_taken(machine: Machine) -> None:
    machine.python(version="3.9", old="1")
    machine.python("python3.12", version="3.12")
    ran = machine.setup()
    assert ran.returncode == 0, ran.stderr
    assert "with python3.12" in ran.stdout


def test_second_call_does_nothing(machine: Machine) -> None:
    machine.python()
    assert machine.setup().returncode == 0
    made = machine.made
    assert made[0] == "-m venv .venv"
    assert sum("pip install" in line for line in made) == 3
    assert sum("--require-hashes" in line for line in made) == 2
    second = machine.setup()
    assert (second.returncode, second.stdout) == (0, "")
    assert machine.made == made


def test_interrupted_setup_is_redone(machine: Machine) -> None:
    machine.python()
    assert machine.setup().returncode == 0
    (machine.folder / ".venv" / "p2pshare-setup").write_text("unfinished\n")
    (machine.folder / ".venv" / "half").touch()
    assert machine.setup().returncode == 0
    assert not (machine.folder / ".venv" / "half").exists()
    assert machine.made.count("-m venv .venv") == 2


def test_failed_download_is_said_and_redone(machine: Machine) -> None:
    fails = '[ "$2" = venv ] && cp "$0" .venv/bin/python && cp "$0" .venv/bin/pip'
    machine.python(on_module=fails + " || exit 1")
    ran = machine.setup()
    assert ran.returncode == 1
    assert "the setup did not finish" in ran.stderr
    machine.python()
    assert machine.setup().returncode == 0


def test_new_project_file_installs_again_and_new_lock_starts_over(machine: Machine) -> None:
    machine.python()
    machine.setup()
    (machine.folder / "pyproject.toml").write_text("[project]\n")
    assert "setting up" in machine.setup().stdout
    assert machine.made.count("-m venv .venv") == 1
    with (machine.folder / ".ci" / "requirements.lock").open("a") as lock:
        lock.write("# more\n")
    assert "setting up" in machine.setup().stdout
    assert machine.made.count("-m venv .venv") == 2
