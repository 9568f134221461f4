"""A drill that many want: bookings, a queue and turns between three computers with real links.

Each has a node that is a process of its own. Nobody clicks at Ada's: her node says yes, keeps the
queue and offers the turn.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest
from integration.cli_kit import Home, LiveNode, today

from p2pshare.domain.days import add_days

QUIET = "--no-discovery"


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Home]:
    """Ada, Ben and Cleo, who have not met."""
    found = {name: Home(tmp_path / name, in_process=True) for name in ("Ada", "Ben", "Cleo")}
    for name, home in found.items():
        home.json("init", "--name", name)
    return found


def test_a_drill_goes_round_without_its_owner_s_hands(homes: dict[str, Home]) -> None:
    ada, ben, cleo = homes.values()
    with ExitStack() as stack:
        at_adas = stack.enter_context(LiveNode(ada, QUIET))
        peer = ("--peer", f"127.0.0.1:{at_adas.first['port']}")
        at_bens = stack.enter_context(LiveNode(ben, QUIET, *peer))
        at_cleos = stack.enter_context(LiveNode(cleo, QUIET, *peer))
        for node, home in ((at_adas, ben), (at_adas, cleo), (at_cleos, ben), (at_bens, cleo)):
            (person,) = home.json("status")["persons"]
            node.wait_event(event="changed", about="person", id=person["person"])

        drill = ada.json("offer", "add", "Drill", "--automatic")["listing"]
        for node in (at_bens, at_cleos):
            node.wait_event(event="changed", about="listing", id=drill)
        week = ("--from", today(), "--until", add_days(today(), 7))
        bens = ben.json("loan", "request", drill, *week)["loan"]
        at_cleos.wait_event(event="changed", about="busy", id=drill)
        (booked,) = cleo.json("bookings", drill)["bookings"]
        assert (booked["state"], booked["loan"]) == ("promised", None)
        assert (booked["from"], booked["until"]) == (today(), add_days(today(), 7))
        (booked,) = ben.json("bookings", drill)["bookings"]
        assert (booked["state"], booked["loan"]) == ("promised", bens)

        cleo.json("hold", "add", drill)
        hold = ada_sees(at_adas, ada)
        at_cleos.wait_line(lambda line: cleo.json("holds")[0]["position"] == 1)
        ada.json("loan", "hand-over", bens)
        ada.json("loan", "take-back", bens)
        at_cleos.wait_event(event="changed", about="agreement", id=hold)
        offered = at_cleos.wait_line(lambda line: cleo.json("holds")[0]["state"] == "offered")
        assert offered
        cleos = cleo.json("loan", "request", drill, *week)["loan"]
        at_cleos.wait_line(lambda line: cleo.json("loans")[0]["state"] == "accepted")
        assert cleo.json("loans")[0]["loan"] == cleos
        assert cleo.json("holds") == []
        assert ada.json("audit")["ok"]


def ada_sees(node: LiveNode, home: Home) -> str:
    """The hold of whoever waits, once it has come."""
    node.wait_line(lambda line: len(home.json("holds")) == 1)
    hold: str = home.json("holds")[0]["hold"]
    return hold
