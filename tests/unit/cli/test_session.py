"""Passphrases, and what a damaged ledger is called."""

import sqlite3
from pathlib import Path

import pytest
from integration.cli_kit import Home, one_error

from p2pshare.cli.output import Output
from p2pshare.cli.session import Session, damage_named
from p2pshare.errors import StoreBusy, StoreDamaged


def test_a_locked_key_is_opened_by_the_environment_or_a_file(tmp_path: Path) -> None:
    secret = "correct horse"
    home = Home(tmp_path / "home", P2PSHARE_PASSPHRASE=secret, in_process=True)
    home.json("init", "--name", "Ada", "--passphrase")
    home.json("offer", "add", "Drill")
    stranger = Home(home.folder, in_process=True)
    refused = stranger.run("offer", "add", "Saw")
    assert refused.code == 1
    assert one_error(refused.err)
    assert "P2PSHARE_PASSPHRASE" in refused.err
    assert (
        Home(home.folder, P2PSHARE_PASSPHRASE="wrong", in_process=True)
        .run("offer", "add", "Saw")
        .code
        == 1
    )
    assert len(stranger.json("listings")) == 1, "reading needs no passphrase"
    file = tmp_path / "passphrase"
    file.write_text(f"{secret}\n")
    stranger.json("--passphrase-file", str(file), "offer", "add", "Saw")
    missing = stranger.run("--passphrase-file", str(tmp_path / "none"), "offer", "add", "Axe")
    assert missing.code == 1
    assert one_error(missing.err)
    unattended = Home(tmp_path / "other", in_process=True).run(
        "init", "--name", "Ben", "--passphrase"
    )
    assert unattended.code == 1
    assert one_error(unattended.err)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (sqlite3.OperationalError("database is locked"), StoreBusy),
        (sqlite3.DatabaseError("database disk image is malformed"), StoreDamaged),
        (ValueError("not hex"), StoreDamaged),
        (TypeError("None"), StoreDamaged),
    ],
)
def test_damage_is_named(error: Exception, named: type[Exception]) -> None:
    with pytest.raises(named), damage_named():
        raise error


def test_a_passphrase_that_was_handed_over_is_for_who_acts_and_never_guesses_at_a_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P2PSHARE_PASSPHRASE", "4711")
    home = Home(tmp_path / "home", in_process=True)
    home.json("init", "--name", "Ada")
    home.json("person", "add", "Mia", "--desk")
    session = Session(home.folder, "Mia", None, Output(as_json=True))
    with session.ledger() as ledger:
        ada, mia = ledger.own_persons()
        # A node acts for nobody.
        assert [session.passphrase(one) for one in (ada, mia)] == [b"4711", None]
        assert session.actor(ledger) == mia
        assert [session.passphrase(one) for one in (ada, mia)] == [None, b"4711"]
