"""The demo, played as people play it: its story, its end, and that nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from integration.cli_kit import SCRIPT

SECONDS_MAX = 20.0
SCENES = (
    "Three computers that have never met",
    "Ben borrows the drill",
    "The drill comes back while Ada is away",
    "An hour for an hour",
    "What the ledgers say",
)


@pytest.fixture
def stage(tmp_path: Path) -> dict[str, str]:
    """An environment in which the demo's temporary folders are ours to look at."""
    return {**os.environ, "TMPDIR": str(tmp_path), "P2PSHARE_DATA": str(tmp_path / "own")}


def nodes_in(folder: Path) -> list[str]:
    """The processes whose command line names ``folder``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in line:
            found.append(line.decode())
    return found


def test_the_story_for_programs(stage: dict[str, str], tmp_path: Path) -> None:
    ran = subprocess.run(
        [SCRIPT, "--json", "demo"], env=stage, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    assert told["ok"] is True
    assert told["seconds"] < SECONDS_MAX
    ledgers = told["ledgers"]
    assert set(ledgers) == {"Ada", "Ben", "Kiosk"}
    assert len({one["digest"] for one in ledgers.values()}) == 1
    assert all(one["audit"]["ok"] for one in ledgers.values())
    assert (ledgers["Ada"]["minutes"], ledgers["Ben"]["minutes"]) == (-60, 60)
    assert ledgers["Ada"]["loans"] == ledgers["Ben"]["loans"]
    (loan,) = ledgers["Ada"]["loans"]
    assert loan["state"] == "closed"
    assert [one["move"] for one in loan["signed_by"]] == [
        "request",
        "accept",
        "hand-over",
        "give-back",
        "take-back",
    ]
    assert ledgers["Kiosk"]["loans"] == []
    assert list(tmp_path.iterdir()) == []
    assert nodes_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc are not Windows'")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(
    stage: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [SCRIPT, "demo"], env=stage, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        seen = ""
        while SCENES[1] not in seen:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            seen += line
        assert len(nodes_in(tmp_path)) >= 3
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "stopped\n")
    assert list(tmp_path.iterdir()) == []
    assert nodes_in(tmp_path) == []


def test_a_demo_that_fails_says_so_and_leaves_nothing_behind(
    stage: dict[str, str], tmp_path: Path
) -> None:
    # The children find this module first, and cannot start.
    broken = Path(tempfile.mkdtemp(dir=tmp_path))
    (broken / "zeroconf.py").write_text("raise SystemExit('no zeroconf today')\n")
    ran = subprocess.run(
        [SCRIPT, "--json", "demo"],
        env={**stage, "PYTHONPATH": str(broken)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("error: ")
    assert "no zeroconf today" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [broken]
    assert nodes_in(tmp_path) == []
