"""Computers of the demo that do not do what the story needs; the others are in test_cli_demo."""

from pathlib import Path

import pytest

from p2pshare.cli import demo_cast
from p2pshare.cli.demo_cast import Computer, DemoFailed, changed, linked


def test_commands_run_on_its_folder(tmp_path: Path) -> None:
    ada = Computer("Ada", tmp_path / "ada")
    assert set(ada.run("init", "--name", "Ada")) == {"person", "device"}
    with pytest.raises(DemoFailed, match="Ada cannot 'init --name Eve': Ada is set up"):
        ada.run("init", "--name", "Eve")


def test_a_node_that_ends_is_told_with_what_it_said(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ada = Computer("Ada", file)
    try:
        ada.launch()
        with pytest.raises(DemoFailed, match="the node of Ada has ended: error: the folder"):
            ada.ready()
    finally:
        ada.stop()


def test_waiting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_cast, "WAIT_SECONDS_MAX", 0.05)
    ada = Computer("Ada", tmp_path / "ada")
    with pytest.raises(DemoFailed, match="Ada did not find Ben within 0 seconds"):
        ada.wait("find Ben", lambda event: True, ada.mark())


def test_a_computer_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    Computer("Ada", tmp_path / "ada").stop()


def test_events_are_told_apart() -> None:
    event = {"event": "changed", "at": "", "about": "listing", "id": "00", "added": True}
    assert changed("listing", "00")(event)
    assert not changed("listing", "01")(event)
    assert not changed("person", "00")(event)
    assert not linked("00")(event)
    assert linked("00")({"event": "link-up", "at": "", "device": "00", "address": ""})
