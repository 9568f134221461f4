"""From an offer on one computer to "your want is now offered" on another, over a real link."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, LiveNode

QUIET = "--no-discovery"


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Home, Home]:
    made = Home(tmp_path / "ada"), Home(tmp_path / "ben", in_process=True)
    for home, name in zip(made, ("Ada", "Ben"), strict=True):
        home.json("init", "--name", name)
    return made


def test_a_want_and_a_search_are_told_of_once_they_are_offered(homes: tuple[Home, Home]) -> None:
    ada, ben = homes
    ada.run("reminders", "--quiet", "off")
    ada.json("want", "add", "Drill")
    ada.json("search", "save", "ladder")
    with LiveNode(ada, QUIET) as one:
        peer = f"127.0.0.1:{one.first['port']}"
        with LiveNode(ben, QUIET, "--peer", peer):
            one.wait_event(event="link-up")
            drill = ben.json("offer", "add", "Bohrmaschine")["listing"]
            told = one.wait_event(event="reminder-due", reason="want-offered", about=drill)
            assert "Bohrmaschine" in told["text"]
            ladder = ben.json("offer", "add", "Échelle")["listing"]
            one.wait_event(event="reminder-due", reason="want-offered", about=ladder)
            found = ada.json("matches")
            assert [(match["offer"], match["why"]) for match in found] == [
                (drill, "'Drill' means 'Bohrmaschine'"),
                (ladder, "your saved search 'ladder': 'ladder' means 'échelle'"),
            ]
            hammer = ben.json("offer", "add", "Hammer")["listing"]
            one.wait_event(event="changed", about="listing", id=hammer)
        assert one.end() == (0, "")
    told_of = [line for line in one.lines if "want-offered" in line]
    assert len(told_of) == 2, "each once"
    assert all(hammer not in line for line in told_of)
