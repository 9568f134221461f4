"""What tests/conftest.py promises: reasons to skip, one home a session, a tree left alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

NETLAB = """
import pytest

@pytest.mark.netlab
def test_in_a_namespace(): raise AssertionError("must not run here")
"""
CHILD_WRITES = """
import subprocess, sys
from pathlib import Path

def test_child_writes():
    program = "from pathlib import Path; Path('left.txt').write_text('x')"
    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parent, check=True)
"""
HOME = """
import os
from pathlib import Path

def test_home():
    Path.home().joinpath("mine").write_text("x")
    print("home is", os.environ["HOME"], os.environ["XDG_DATA_HOME"])
"""


class Project:
    """A project of its own with this conftest, whose tests run in a child process."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.folder = folder / "project"
        self.tests = self.folder / "tests"
        self.tests.mkdir(parents=True)
        for name in ("conftest.py", "strictness.py"):
            shutil.copy2(repository / "tests" / name, self.tests / name)
        (self.folder / "pytest.ini").write_text(
            "[pytest]\npythonpath = tests\naddopts = -p no:cacheprovider -rs\nmarkers = netlab\n"
            "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        )

    def run(self, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
        (self.tests / "test_it.py").write_text(source)
        return subprocess.run(
            [sys.executable, "-m", "pytest", "--import-mode=importlib", "-s", "tests"],
            cwd=self.folder,
            env={**{k: v for k, v in os.environ.items() if k != "CI"}, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Project:
    return Project(repository, tmp_path)


def test_netlab_skips_and_says_why(project: Project, tmp_path: Path) -> None:
    ran = project.run(NETLAB, PATH=os.fspath(tmp_path))
    assert ran.returncode == 0, ran.stdout
    assert "1 skipped" in ran.stdout
    why = "the program 'ip' is not installed" if os.geteuid() == 0 else "need root"
    assert why in ran.stdout


def test_child_that_writes_into_the_tree_fails_ci(project: Project) -> None:
    ran = project.run(CHILD_WRITES, CI="true")
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "the tests changed the source tree: tests/left.txt" in ran.stderr


def test_home_is_of_the_session_and_goes_with_it(project: Project) -> None:
    ran = project.run(HOME)
    assert ran.returncode == 0, ran.stdout
    home, data = ran.stdout.split("home is ")[1].split()[:2]
    assert Path(data).is_relative_to(home)
    assert Path(home) != Path.home()
    assert not Path(home).exists()


def test_examples_are_the_same_each_time() -> None:
    if os.environ.get("P2PSHARE_HYPOTHESIS_PROFILE", "suite") != "suite":
        pytest.skip("another profile was asked for")
    assert hypothesis.settings().derandomize
    assert hypothesis.settings().deadline is None
    assert hypothesis.settings().database is None
    assert hypothesis.settings.get_profile("deep").max_examples >= 1000


@hypothesis.given(number=hypothesis.strategies.integers())
async def test_async_properties_are_watched_too(number: int) -> None:
    assert number == int(str(number))
