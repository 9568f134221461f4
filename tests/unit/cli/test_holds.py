"""hold, holds: from waiting to one's turn, between three computers."""

from pathlib import Path

import pytest
from integration.cli_kit import INSTANT, Home, is_id, meet, one_error

KEYS = [
    *("hold", "listing", "title", "owner", "owner_name", "person", "person_name", "state"),
    *("position", "waiting", "offered_until"),
]


@pytest.fixture
def cleo(tmp_path: Path) -> Home:
    home = Home(tmp_path / "cleo", in_process=True)
    home.json("init", "--name", "Cleo")
    return home


@pytest.fixture
def away(ada: Home, ben: Home, cleo: Home) -> tuple[str, str]:
    """Ada's drill, and the loan by which Ben has it."""
    meet(ada, ben, cleo)
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben, cleo)
    loan = ben.json("loan", "request", drill)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    ada.json("loan", "hand-over", loan)
    meet(ada, ben, cleo)
    return drill, loan


def test_a_place_in_the_queue_and_a_turn(
    ada: Home, ben: Home, cleo: Home, away: tuple[str, str]
) -> None:
    drill, loan = away
    (added,) = cleo.json("hold", "add", drill)
    assert list(added) == KEYS
    assert is_id(added["hold"], 16)
    assert (added["listing"], added["title"], added["person_name"]) == (drill, "Drill", "Cleo")
    assert (added["state"], added["position"], added["offered_until"]) == ("waiting", None, None)
    assert "not seen by Ada yet" in cleo.run("holds").out
    meet(ada, ben, cleo)
    (waits,) = cleo.json("holds")
    assert (waits["position"], waits["waiting"]) == (1, 1)
    assert ada.json("holds") == [waits], "the owner sees who waits"
    assert ben.json("holds") == []
    assert "1 of 1" in ada.run("holds").out

    ada.json("loan", "take-back", loan)
    meet(ada, ben, cleo)
    (offered,) = cleo.json("holds")
    assert offered["state"] == "offered"
    assert INSTANT.fullmatch(offered["offered_until"])
    assert "your turn until" in cleo.run("holds").out
    assert "their turn until" in ada.run("holds").out
    cleo.json("loan", "request", drill)
    assert cleo.json("holds") == []


def test_leaving_is_one_step(ada: Home, cleo: Home, away: tuple[str, str]) -> None:
    drill, _ = away
    cleo.json("hold", "add", drill)
    meet(ada, cleo)
    assert cleo.json("hold", "drop", drill) == []
    meet(ada, cleo)
    assert ada.json("holds") == []
    said = cleo.run("hold", "add", drill).out
    assert "you wait for Drill; Ada's computer" in said
    assert "any more" in cleo.run("hold", "drop", drill).out


def test_a_hold_is_dropped_by_the_id_that_is_shown_also_if_the_listing_was_forgotten(
    ada: Home, ben: Home, cleo: Home, away: tuple[str, str]
) -> None:
    drill, _ = away
    (added,) = cleo.json("hold", "add", drill)
    assert cleo.json("hold", "drop", added["hold"][:10]) == []
    cleo.json("hold", "add", drill)
    ada.json("forget", drill)
    meet(ada, ben, cleo)
    assert cleo.run("listing", "show", drill).code == 1
    assert [one["listing"] for one in cleo.json("holds")] == [drill]
    assert cleo.json("hold", "drop", drill) == []
    refused = cleo.run("--json", "hold", "drop", drill)
    assert (refused.code, one_error(refused.err)) == (1, True)


def test_what_cannot_be_waited_for(ada: Home, cleo: Home, away: tuple[str, str]) -> None:
    drill, _ = away
    want = ada.json("want", "add", "Saw")["listing"]
    gift = ada.json("offer", "add", "Sofa", "--transaction-type", "receive-donate")["listing"]
    meet(ada, cleo)
    cleo.json("hold", "add", drill)
    for home, arguments, reason in (
        (cleo, ("hold", "add", drill), "waiting for that already"),
        (ada, ("hold", "add", drill), "your own listing"),
        (cleo, ("hold", "add", want), "only an offer"),
        (cleo, ("hold", "add", gift), "not for lending"),
        (cleo, ("hold", "drop", gift), "not waiting for that"),
        (cleo, ("hold", "add", "ffff"), "listing"),
    ):
        before = home.dump()
        ran = home.run(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert one_error(ran.err)
        assert reason in ran.err
        assert home.dump() == before


def test_nobody_waits_for_what_they_have(ada: Home) -> None:
    ada.json("person", "add", "Mia")
    drill = ada.json("--as", "Ada", "offer", "add", "Drill")["listing"]
    loan = ada.json("--as", "Mia", "loan", "request", drill)["loan"]
    ada.json("--as", "Ada", "loan", "accept", loan)
    said = ada.run("--as", "Mia", "hold", "add", drill)
    assert (said.code, said.out.strip()) == (0, "there is nothing to wait for: you have it")
    assert ada.json("--as", "Mia", "hold", "add", drill) == ada.json("holds") == []


def test_nobody_waits_yet(ada: Home) -> None:
    assert ada.json("holds") == []
    assert "nobody waits" in ada.run("holds").out
