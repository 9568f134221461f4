"""At the desk: members without a computer, each with a PIN, on the keeper's."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, one_error

from p2pshare.limits import PIN_TRIES_FREE

PIN = "4711"


def with_pin(home: Home, pin: str) -> Home:
    """The same computer, where somebody has typed this PIN."""
    return Home(home.folder, P2PSHARE_PASSPHRASE=pin, in_process=True)


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    home = Home(tmp_path / "ada", in_process=True)
    home.json("init", "--name", "Ada")
    return home


@pytest.fixture
def desk(ada: Home) -> Home:
    """Ada's computer at the library, which hosts Mia."""
    with_pin(ada, PIN).json("person", "add", "Mia", "--desk")
    return ada


def test_who_is_hosted_at_the_desk_is_said(desk: Home) -> None:
    people = desk.json("people")
    assert [(one["name"], one.get("desk")) for one in people] == [("Ada", None), ("Mia", True)]
    lines = {
        line.split()[1]: line for line in desk.run("people").out.splitlines() if "here" in line
    }
    assert "at the desk" in lines["Mia"]
    assert "at the desk" not in lines["Ada"]


def test_a_member_is_told_that_nobody_can_look_the_pin_up(ada: Home) -> None:
    ran = with_pin(ada, PIN).run("person", "add", "Mia", "--desk")
    assert "Without the PIN nobody can sign as you" in ran.out
    assert PIN not in ran.out + ran.err


@pytest.mark.parametrize("pin", ["123", "123456789", "abcd", "1234", "0000"])
def test_a_bad_pin_adds_nobody(ada: Home, pin: str) -> None:
    ran = with_pin(ada, pin).run("person", "add", "Mia", "--desk")
    assert ran.code == 1
    assert one_error(ran.err)
    assert "PIN" in ran.err
    assert [one["name"] for one in ada.json("people")] == ["Ada"]


def test_a_pin_must_be_given(ada: Home) -> None:
    ran = ada.run("person", "add", "Mia", "--desk")
    assert ran.code == 1
    assert "type a PIN on" in ran.err


def test_only_with_the_pin(desk: Home) -> None:
    with_pin(desk, PIN).json("--as", "Mia", "offer", "add", "Knitting")
    refused = desk.run("--as", "Mia", "offer", "add", "Sewing")
    assert refused.code == 1
    assert "passphrase or PIN" in refused.err
    desk.json("--as", "Ada", "offer", "add", "Drill")
    assert {one["person_name"] for one in desk.json("listings")} == {"Ada", "Mia"}


def test_wrong_pins_make_the_next_one_wait_even_in_another_process(desk: Home) -> None:
    for number in range(PIN_TRIES_FREE):
        wrong = with_pin(desk, f"900{number}").run("--as", "Mia", "offer", "add", "Lies")
        assert wrong.code == 1
        assert "does not open the key" in wrong.err
    for pin in ("9009", PIN):
        waits = with_pin(desk, pin).run("--as", "Mia", "offer", "add", "Knitting")
        assert waits.code == 1
        assert one_error(waits.err)
        assert "too many wrong PINs were given; wait a minute" in waits.err
        assert "P2PSHARE_PASSPHRASE" not in waits.err
    assert desk.json("listings") == []


def test_what_others_do_here_is_no_guess_at_a_members_pin(desk: Home, tmp_path: Path) -> None:
    keeper = with_pin(desk, "not Mia's")
    for number in range(PIN_TRIES_FREE + 1):
        keeper.json("--as", "Ada", "offer", "add", f"Drill {number}")
    with_pin(desk, PIN).json("--as", "Mia", "offer", "add", "Knitting")


def test_a_member_gets_a_computer_and_takes_the_keys_along(desk: Home, tmp_path: Path) -> None:
    backup = tmp_path / "mia.backup"
    refused = desk.run("--as", "Mia", "person", "backup", "-o", str(backup))
    assert refused.code == 1
    made = with_pin(desk, PIN).json("--as", "Mia", "person", "backup", "-o", str(backup))
    home = Home(tmp_path / "home", P2PSHARE_PASSPHRASE=PIN, in_process=True)
    assert home.json("person", "restore", str(backup))["person"] == made["person"]
    home.json("offer", "add", "Knitting")
    assert [one.get("desk") for one in home.json("people")] == [None]
    assert home.run("people").out.count("at the desk") == 0
