"""The stage and the teller of the demo; tests/integration/test_cli_demo.py plays it."""

import json
import os
import signal
from pathlib import Path

import pytest

from p2pshare.cli.demo import Teller, stage
from p2pshare.cli.demo_story import Ledgers
from p2pshare.cli.output import Output


def ledgers() -> Ledgers:
    loan = {"title": "Hammer drill", "state": "closed"}
    names = ("Ada", "Ben", "Kiosk")
    return Ledgers(
        loans={"Ada": [loan], "Ben": [loan]},
        minutes={"Ada": -60, "Ben": 60},
        circles={name: {"entries": 15, "digest": "ab" * 32} for name in names},
        audits={name: {"ok": True, "signatures": 15} for name in names},
    )


def test_people_read_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(Output(as_json=False))
    teller.tell("", "A scene")
    teller.tell("Ada", "does something [red]")
    teller.end(ledgers())
    said = capsys.readouterr().out
    for words in ("A scene", "Ada    does something [red]", "closed, both signed", "-1 h"):
        assert words in said
    assert said.count("ababababab") == 3
    assert "The three digests are equal." in said


def test_programs_get_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(Output(as_json=True))
    teller.tell("", "A scene")
    teller.tell("Ada", "does something")
    teller.end(ledgers())
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"ok", "seconds", "story", "ledgers"}
    assert [(line["who"], line["what"]) for line in told["story"]] == [("Ada", "does something")]
    assert set(told["ledgers"]["Kiosk"]) == {"entries", "digest", "loans", "minutes", "audit"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_stage_is_cleared_whatever_signal_comes(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # rmtree names files relative to their folder, as the watch sees it
    before = signal.getsignal(number)
    cleared: list[Path] = []
    folders: list[Path] = []

    def play() -> None:
        with stage() as (folder, stack):
            folders.append(folder)
            (folder / "file").write_text("")
            stack.callback(os.kill, os.getpid(), number)  # a second signal finds it deaf
            stack.callback(cleared.append, folder)
            os.kill(os.getpid(), number)

    with pytest.raises(KeyboardInterrupt):
        play()
    assert cleared == folders
    assert not folders[0].exists()
    assert signal.getsignal(number) is before
