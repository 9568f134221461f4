"""The laser cutter: terms and an induction between three computers with real links.

Each has a node that is a process of its own; what a witness says arrives over the network.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest
from integration.cli_kit import Home, LiveNode, one_error, today

from p2pshare.domain.days import add_days

QUIET = "--no-discovery"


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Home]:
    """Ada, Ben and Cleo, who have not met."""
    found = {name: Home(tmp_path / name, in_process=True) for name in ("Ada", "Ben", "Cleo")}
    for name, home in found.items():
        home.json("init", "--name", name)
    return found


def test_a_laser_cutter_is_lent_on_terms_to_whom_somebody_has_shown_it(
    homes: dict[str, Home],
) -> None:
    ada, ben, cleo = homes.values()
    with ExitStack() as stack:
        at_adas = stack.enter_context(LiveNode(ada, QUIET))
        peer = ("--peer", f"127.0.0.1:{at_adas.first['port']}")
        at_bens = stack.enter_context(LiveNode(ben, QUIET, *peer))
        at_cleos = stack.enter_context(LiveNode(cleo, QUIET, *peer))
        for node, home in ((at_adas, ben), (at_adas, cleo), (at_cleos, ben), (at_bens, cleo)):
            (person,) = home.json("status")["persons"]
            node.wait_event(event="changed", about="person", id=person["person"])

        laser = ada.json(
            *("offer", "add", "Laser cutter", "--induction", "--witness", "Ben"),
            *("--terms", "borrow-7d", "--terms", "clean return"),
        )["listing"]
        for node in (at_bens, at_cleos):
            node.wait_event(event="changed", about="listing", id=laser)
        shown = cleo.json("listing", "show", laser)
        assert shown["terms"] == ["BORROW-7D/1", "CLEAN-RETURN/1"]
        assert shown["induction"] is True

        week = ("--until", add_days(today(), 7))
        without = cleo.run("loan", "request", laser, *week)
        assert without.code == 1
        assert one_error(without.err)
        assert "this needs an induction by Ada or Ben; ask one of them" in without.err

        granted = ben.json("induction", "grant", "Cleo", laser)["induction"]
        for node in (at_adas, at_cleos):
            node.wait_event(event="changed", about="induction", id=granted)
        too_long = cleo.run("loan", "request", laser, "--until", add_days(today(), 8))
        assert too_long.code == 1
        assert one_error(too_long.err)
        assert "at most 7 days" in too_long.err

        loan = cleo.json("loan", "request", laser, *week)
        assert loan["state"] == "requested"
        at_adas.wait_event(event="changed", about="agreement", id=loan["loan"])
        # What was asked for on these terms stands, whatever the owner writes on the offer later.
        ada.json("listing", "edit", laser, "--terms", "")
        assert ada.json("loan", "accept", loan["loan"])["state"] == "accepted"
    page = ada.folder / "receipt.html"
    ada.json("receipt", loan["loan"], "-o", str(ada.folder / "receipt"), "--html", str(page))
    printed = page.read_text(encoding="utf-8")
    assert "Bring it back within 7 days. (BORROW-7D/1)" in printed
    assert "Give it back clean. (CLEAN-RETURN/1)" in printed
