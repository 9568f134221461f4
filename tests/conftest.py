"""What every test gets: a home of its own, one network interface, one wheel, strict watching.

The watching itself is tests/strictness.py. Environment variables are set for the whole session
before any test module is imported, so that each child process has them too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import hypothesis
import hypothesis.configuration
import pytest

pytest_plugins = ["strictness"]

REPOSITORY = Path(__file__).resolve().parent.parent
SNAPSHOT_KEY = pytest.StashKey[dict[str, tuple[int, int]]]()
HOME_KEY = pytest.StashKey[Path]()
PACKAGED = ("p2pshare", "ui", "resources", "pyproject.toml", "README.md", "LICENSE")

# "suite" draws the same examples each time, so that a red suite is red twice; "deep" looks further:
# P2PSHARE_HYPOTHESIS_PROFILE=deep make test
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=50,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "deep",
    deadline=None,
    database=None,
    max_examples=2000,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)


def pytest_configure(config: pytest.Config) -> None:
    """Redirect everything a program writes by default to a folder that goes with the session."""
    home = Path(tempfile.mkdtemp(prefix="p2pshare-tests-"))
    config.stash[HOME_KEY] = home
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_RUNTIME_DIR": home / "runtime",
    }
    for name, folder in folders.items():
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ[name] = str(folder)
    os.environ["P2PSHARE_INTERFACES"] = "127.0.0.1"
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for name in ("P2PSHARE_DATA", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        os.environ.pop(name, None)
    hypothesis.configuration.set_hypothesis_home_dir(home / "hypothesis")
    hypothesis.settings.load_profile(os.environ.get("P2PSHARE_HYPOTHESIS_PROFILE", "suite"))


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[HOME_KEY], ignore_errors=True)


# --- nothing left behind -------------------------------------------------------------------------


def pytest_sessionstart(session: pytest.Session) -> None:
    """Watch this process's writes; in CI, where nobody else edits, compare the whole tree too."""
    import strictness  # loaded as a plugin by now, with its assertions rewritten

    strictness.watch_tree(REPOSITORY)
    if os.environ.get("CI"):
        session.config.stash[SNAPSHOT_KEY] = strictness.tree_snapshot(REPOSITORY)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    before = session.config.stash.get(SNAPSHOT_KEY, None)
    if before is None:
        return
    import strictness

    after = strictness.tree_snapshot(REPOSITORY)
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    if changed:
        sys.stderr.write(f"\nthe tests changed the source tree: {', '.join(changed)}\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# --- network namespaces --------------------------------------------------------------------------


@cache
def netlab_obstacle() -> str:
    """Why tests in network namespaces cannot run here; empty if they can."""
    if sys.platform != "linux":
        return "network namespaces exist on Linux only"
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "nft", "unshare"):
        if shutil.which(program) is None:
            return f"the program {program!r} is not installed"
    trial = subprocess.run(
        ["unshare", "--net", "--mount", "true"], capture_output=True, text=True, check=False
    )
    if trial.returncode != 0:
        return f"this system refuses network namespaces: {trial.stderr.strip()}"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("netlab") is not None and netlab_obstacle():
        pytest.skip(f"netlab: {netlab_obstacle()}")


# --- the built wheel -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY


@pytest.fixture(scope="session")
def built_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once per session from a copy of the source tree."""
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    source.mkdir()
    for name in PACKAGED:
        original = REPOSITORY / name
        if original.is_dir():
            shutil.copytree(
                original, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            shutil.copy2(original, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(work), "."],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    return next(work.glob("*.whl"))


@pytest.fixture(scope="session")
def wheel_folder(built_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked: with this on PYTHONPATH a child runs what users install."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(built_wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def wheel_environment(wheel_folder: Path) -> dict[str, str]:
    """Environment variables under which a child process imports the wheel, not the sources."""
    return {**os.environ, "PYTHONPATH": str(wheel_folder)}
