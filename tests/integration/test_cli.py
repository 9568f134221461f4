"""The installed console script in real processes; tests/unit/cli has each command in detail."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from integration.cli_kit import LISTING_KEYS, LOAN_KEYS, SCRIPT, Home, meet, one_error, sign_listing


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    home = Home(tmp_path / "ada")
    home.json("init", "--name", "Ada")
    return home


def test_every_row_in_real_processes(ada: Home, tmp_path: Path) -> None:
    ben = Home(tmp_path / "ben")
    assert set(ben.json("init", "--name", "Ben")) == {"person", "device"}
    drill = ada.json("offer", "add", "Drill")["listing"]
    lesson = ben.json("offer", "add", "Lesson", "--item-type", "service")["listing"]
    meet(ada, ben)
    assert [list(one) for one in ben.json("listings")] == [LISTING_KEYS] * 2
    assert set(LISTING_KEYS) <= set(ben.json("listing", "show", drill))
    loan = ben.json("loan", "request", drill[:8])["loan"]
    for home, move, state in (
        (ada, "accept", "accepted"),
        (ada, "hand-over", "checked_out"),
        (ben, "give-back", "returned"),
        (ada, "take-back", "closed"),
    ):
        meet(ada, ben)
        assert home.json("loan", move, loan[:8]) == {"loan": loan, "state": state}
    assert set(ada.json("hours", "pay", "Ben", "1")) == {"payment"}
    meet(ada, ben)
    (view,) = ben.json("loans")
    assert list(view) == LOAN_KEYS
    assert set(ben.json("balance")) == {"circle", "person", "minutes"}
    assert ben.json("listing", "edit", lesson, "--title", "Two lessons") == {"listing": lesson}
    assert ben.json("listing", "close", lesson) == {"listing": lesson}
    assert ben.json("forget", lesson) == {"erased": 3}
    meet(ada, ben)
    file = tmp_path / "ledger.jsonl"
    assert ada.json("export", str(file), "--format", "jsonl") == {
        "exported": len(file.read_text().splitlines())
    }
    assert ada.json("audit")["ok"] is ben.json("rebuild")["ok"] is True
    digests = {home.json("status")["circles"][0]["digest"] for home in (ada, ben)}
    assert len(digests) == 1


def test_exit_codes(ada: Home) -> None:
    refused = ada.run("--json", "loan", "accept", "ffff")
    assert (refused.code, refused.out) == (1, "")
    assert one_error(refused.err)
    misunderstood = ada.run("--json", "offer", "add", b"no \xff text")
    assert (misunderstood.code, misunderstood.out) == (2, "")
    assert misunderstood.err.startswith("error: ")
    assert misunderstood.err.count("\n") == 2


def test_a_reader_that_goes_away_is_no_error(ada: Home) -> None:
    for number in range(5):
        sign_listing(ada, title=f"Thing {number}", description="x" * 4000)
    for options in ([], ["--json"]):
        process = subprocess.Popen(
            [SCRIPT, "--data", ada.folder, *options, "listings"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, b"")


@pytest.mark.parametrize("command", [("--help",), ("--json", "listings"), ("--json", "balance")])
def test_nothing_heavy_is_imported_for_one_command(ada: Home, command: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        "from p2pshare.cli import main\n"
        f"main(['--data', {str(ada.folder)!r}, *{command!r}])\n"
        "heavy = {'asyncio', 'zeroconf', 'websockets', 'ssl', 'rich', 'p2pshare.net'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stderr == "[]\n"


def test_it_runs_from_the_wheel(
    wheel_environment: dict[str, str], tmp_path: Path, ada: Home
) -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "p2pshare.cli", "--data", ada.folder, "--json", "people"],
        env=wheel_environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    people: list[dict[str, Any]] = json.loads(ran.stdout)
    assert [one["name"] for one in people] == ["Ada"]
