"""induction, inductions, --induction, --witness: from the offer to what a neighbour is told."""

from pathlib import Path

import pytest
from integration.cli_kit import INSTANT, Home, is_id, meet, one_error

KEYS = [
    *("induction", "person", "person_name", "listing", "title", "witness", "witness_name", "at"),
    *("valid", "circle"),
]


@pytest.fixture
def cleo(tmp_path: Path) -> Home:
    home = Home(tmp_path / "cleo", in_process=True)
    home.json("init", "--name", "Cleo")
    return home


@pytest.fixture
def laser(ada: Home, ben: Home, cleo: Home) -> str:
    """Ada's laser cutter, for which Ben gives inductions; all three know of it."""
    meet(ada, ben, cleo)
    offered = ada.json("offer", "add", "Laser cutter", "--induction", "--witness", "ben")
    meet(ada, ben, cleo)
    listing: str = offered["listing"]
    return listing


def person(home: Home) -> str:
    found: str = home.json("status")["persons"][0]["person"]
    return found


def refused(home: Home, *arguments: str) -> str:
    """What is said against a command; nothing changed by it."""
    before = home.dump()
    ran = home.run(*arguments)
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert home.dump() == before
    return ran.err


def test_an_offer_says_that_it_needs_one_and_of_whom(ada: Home, ben: Home, laser: str) -> None:
    shown = ben.json("listing", "show", laser)
    assert (shown["induction"], shown["witnesses"]) == (True, [person(ben)])
    assert "needed, by Ada or Ben" in ben.run("listing", "show", laser).out
    ada.json("listing", "edit", laser, "--title", "Laser")
    shown = ada.json("listing", "show", laser)
    assert (shown["induction"], shown["witnesses"]) == (True, [person(ben)])
    ada.json("listing", "edit", laser, "--witness", "")
    assert "needed, by Ada\n" in unpadded(ada.run("listing", "show", laser).out)
    ada.json("listing", "edit", laser, "--no-induction")
    assert "needed, by" not in ada.run("listing", "show", laser).out
    assert "nobody called Dora" in refused(ada, "listing", "edit", laser, "--witness", "Dora")


def test_naming_a_witness_asks_for_an_induction_unless_it_is_denied(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    lathe = ada.json("offer", "add", "Lathe", "--witness", "Ben")["listing"]
    drill = ada.json("offer", "add", "Drill", "--witness", "Ben", "--no-induction")["listing"]
    assert ada.json("listing", "show", lathe)["induction"] is True
    assert ada.json("listing", "show", drill)["induction"] is False


def test_the_terms_alone_ask_for_one(ada: Home, cleo: Home) -> None:
    lathe = ada.json("offer", "add", "Lathe", "--terms", "training-needed")["listing"]
    meet(ada, cleo)
    assert "an induction by Ada; ask them for one" in refused(cleo, "loan", "request", lathe)
    ada.json("induction", "grant", "Cleo", lathe)
    meet(ada, cleo)
    assert cleo.json("loan", "request", lathe)["state"] == "requested"


def test_a_witness_grants_one_and_everybody_can_read_it(
    ada: Home, ben: Home, cleo: Home, laser: str
) -> None:
    granted = ben.json("induction", "grant", "cleo", laser[:8])
    assert list(granted) == ["induction"]
    assert is_id(granted["induction"], 16)
    meet(ada, ben, cleo)
    for home in (ada, ben, cleo):
        (view,) = home.json("inductions")
        assert list(view) == KEYS
        assert (view["induction"], view["listing"]) == (granted["induction"], laser)
        assert (view["person"], view["witness"]) == (person(cleo), person(ben))
        assert (view["person_name"], view["witness_name"]) == ("Cleo", "Ben")
        assert (view["title"], view["valid"]) == ("Laser cutter", True)
        assert INSTANT.fullmatch(view["at"])
    shown = ada.run("inductions").out
    assert all(word in shown for word in ("Cleo", "Laser cutter", "Ben"))
    assert "does not count" not in shown
    said = ben.run("induction", "grant", "Ada", laser)
    assert said.code == 1


def test_what_is_granted_is_said_in_plain_words(ada: Home, laser: str) -> None:
    said = ada.run("induction", "grant", "Cleo", laser)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Cleo was shown how to use Laser cutter")


def test_they_are_found_by_listing_and_person(ada: Home, ben: Home, laser: str) -> None:
    lathe = ada.json("offer", "add", "Lathe", "--induction")["listing"]
    assert ada.json("inductions") == []
    assert "no inductions yet" in ada.run("inductions").out
    first = ada.json("induction", "grant", "Cleo", laser)["induction"]
    second = ada.json("induction", "grant", "Cleo", lathe)["induction"]
    third = ada.json("induction", "grant", "Ben", lathe)["induction"]

    def found(*options: str) -> set[str]:
        return {one["induction"] for one in ada.json("inductions", *options)}

    assert found() == {first, second, third}
    assert found("--listing", lathe[:8]) == {second, third}
    assert found("--person", "cleo") == {first, second}
    assert found("--person", "Cleo", "--listing", lathe) == {second}
    assert ada.run("inductions", "--person", "Dora").code == 1


def test_a_request_without_one_is_told_what_is_missing_until_it_has_arrived(
    ada: Home, ben: Home, cleo: Home, laser: str
) -> None:
    ask = ("loan", "request", laser)
    assert "this needs an induction by Ada or Ben; ask one of them" in refused(cleo, *ask)
    ben.json("induction", "grant", "Cleo", laser)
    assert "this needs an induction" in refused(cleo, *ask)
    meet(ben, cleo)
    assert cleo.json(*ask)["state"] == "requested"


def test_a_session_that_is_offered_may_need_one_too(ada: Home, cleo: Home) -> None:
    hour = ada.json("offer", "add", "An hour at my lathe", "--item-type", "service", "--induction")
    meet(ada, cleo)
    ask = ("session", "request", hour["listing"])
    assert "this needs an induction by Ada" in refused(cleo, *ask)
    ada.json("induction", "grant", "Cleo", hour["listing"])
    meet(ada, cleo)
    assert cleo.json(*ask)["state"] == "requested"


def test_who_may_not_grant_one(ada: Home, ben: Home, cleo: Home, laser: str) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    for home, name, listing, said in (
        (cleo, "Ada", laser, "only its owner, or a witness the owner names"),
        (ben, "Ben", laser, "nobody can witness for themselves"),
        (ben, "Ada", laser, "need no induction themselves"),
        (ada, "Cleo", drill, "no induction is needed"),
    ):
        assert said in refused(home, "induction", "grant", name, listing)
    ben.json("induction", "grant", "Cleo", laser)
    assert "you have said so already" in refused(ben, "induction", "grant", "Cleo", laser)


def test_a_witness_takes_it_back_by_forgetting_it(
    ada: Home, ben: Home, cleo: Home, laser: str
) -> None:
    granted = ben.json("induction", "grant", "Cleo", laser)["induction"]
    meet(ada, ben, cleo)
    assert "nothing" in refused(cleo, "forget", granted[:8])
    assert ben.json("forget", granted[:8]) == {"erased": 1}
    meet(ada, ben, cleo)
    assert all(home.json("inductions") == [] for home in (ada, ben, cleo))
    assert "this needs an induction" in refused(cleo, "loan", "request", laser)
    ben.json("induction", "grant", "Cleo", laser)
    meet(ben, cleo)
    assert cleo.json("loan", "request", laser)["state"] == "requested"


def test_a_witness_who_is_named_no_longer_has_no_say(
    ada: Home, ben: Home, cleo: Home, laser: str
) -> None:
    ben.json("induction", "grant", "Cleo", laser)
    ada.json("listing", "edit", laser, "--witness", "")
    meet(ada, ben, cleo)
    assert cleo.json("inductions")[0]["valid"] is False
    assert "does not count" in cleo.run("inductions").out
    assert "by Ada; ask them for one" in refused(cleo, "loan", "request", laser)
    assert "only its owner" in refused(ben, "induction", "grant", "Cleo", laser)
    assert "by Ada; ask them for one" in refused(ben, "loan", "request", laser)


def unpadded(printed: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
