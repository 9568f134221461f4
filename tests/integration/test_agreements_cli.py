"""Gifts, sessions, longer loans, reports, disputes and repairs: between two live installations.

Each step is a process of its own; what one of them signs reaches the other over the network.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from integration.cli_kit import INSTANT, Home, LiveNode, is_id, one_error, today

from p2pshare.domain.days import add_days


@dataclass
class Neighbours:
    """Ada and Ben, each with a node that runs, and what Ben sees of what Ada does."""

    ada: Home
    ben: Home
    at_ada: LiveNode
    at_ben: LiveNode

    def does(self, home: Home, *command: str) -> Any:
        """The document of a command, once the other's node has what it wrote."""
        here, there = (self.at_ada, self.at_ben) if home is self.ada else (self.at_ben, self.at_ada)
        own = count_of(here, own=True)
        document = home.json(*command)
        wait_for(here, lambda: count_of(here, own=True) > own)
        written = self.entries(home)
        other = self.ben if home is self.ada else self.ada
        wait_for(there, lambda: self.entries(other) >= written)
        return document

    def entries(self, home: Home) -> int:
        return int(home.json("status")["circles"][0]["entries"])


def count_of(node: LiveNode, *, own: bool) -> int:
    """How many entries a node has told of that were written here, or elsewhere."""
    told = [json.loads(line) for line in node.lines[1:]]
    return sum(
        one["entries"] for one in told if one["event"] == "entries-added" and one["own"] == own
    )


def wait_for(node: LiveNode, condition: Callable[[], bool]) -> None:
    """Wait until it holds, looked at after each line of the node."""
    seen = -1

    def look(_line: str) -> bool:
        nonlocal seen
        if len(node.lines) == seen:
            return False
        seen = len(node.lines)
        return condition()

    node.wait_line(look)


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    folder = tmp_path_factory.mktemp("street")
    ada, ben = (Home(folder / name, in_process=True) for name in ("ada", "ben"))
    ada.json("init", "--name", "Ada")
    ben.json("init", "--name", "Ben")
    with LiveNode(ada, "--no-discovery") as at_ada:
        peer = f"127.0.0.1:{at_ada.first['port']}"
        with LiveNode(ben, "--no-discovery", "--peer", peer) as at_ben:
            for node in (at_ada, at_ben):
                node.wait_event(event="link-up")
                node.wait_event(event="entries-added", own=False)
            yield Neighbours(ada, ben, at_ada, at_ben)


def refused(home: Home, *command: str) -> str:
    """What is said, in one line, of what is refused."""
    ran = home.run("--json", *command)
    assert (ran.code, ran.out, one_error(ran.err)) == (1, "", True), ran
    return ran.err


def test_a_gift(street: Neighbours) -> None:
    ada, ben, does = street.ada, street.ben, street.does
    sofa = does(ada, "offer", "add", "Sofa", "--transaction-type", "receive-donate")["listing"]
    asked = does(ben, "gift", "request", sofa, "--note", "For us?")
    gift = asked["agreement"]
    assert is_id(gift, 16)
    assert asked == {"agreement": gift, "kind": "gift", "state": "requested"}
    assert "not possible for the recipient" in refused(ben, "gift", "accept", gift)
    again = does(ben, "gift", "request", sofa)["agreement"]
    for home, move, state in (
        (ada, "accept", "accepted"),
        (ada, "hand-over", "given"),
        (ben, "receive", "given"),
    ):
        said = does(home, "gift", move, gift)
        assert said == {"agreement": gift, "kind": "gift", "state": state}
        assert "overlap" in refused(ada, "gift", "accept", again)
    assert ada.json("gift", "show", gift) == ben.json("gift", "show", gift)
    assert "given away already" in refused(ben, "gift", "request", sofa)


def test_a_session(street: Neighbours) -> None:
    ada, ben, does = street.ada, street.ben, street.does
    service = ("--item-type", "service", "--transaction-type", "hours")
    lesson = does(ada, "offer", "add", "Guitar", *service)["listing"]
    at = f"{today()}T23:00"
    asked = does(ben, "session", "request", lesson, "--at", at, "--minutes", "45")
    session = asked["agreement"]
    assert asked == {"agreement": session, "kind": "session", "state": "requested"}
    assert does(ada, "session", "accept", session)["state"] == "accepted"
    assert "how many minutes" in refused(ben, "session", "done", session)
    done = does(ben, "session", "done", session, "--minutes", "50")
    assert done == {"agreement": session, "kind": "session", "state": "done"}
    assert does(ada, "session", "done", session, "--minutes", "50")["state"] == "done"
    assert does(ada, "session", "dispute", session)["state"] == "disputed"
    assert does(ada, "session", "settle", session, "--note", "Fine")["state"] == "disputed"
    assert does(ben, "session", "settle", session)["state"] == "settled"
    (view,) = [one for one in ada.json("sessions") if one["agreement"] == session]
    assert (view["minutes"], view["state"]) == (50, "settled")


def test_a_loan_that_is_longer_damaged_disputed_and_settled(street: Neighbours) -> None:
    ada, ben, does = street.ada, street.ben, street.does
    drill = does(ada, "offer", "add", "Drill", "--part", "bits")["listing"]
    loan = does(ben, "loan", "request", drill)["loan"]
    assert does(ada, "loan", "accept", loan) == {"loan": loan, "state": "accepted"}
    assert does(ada, "loan", "hand-over", loan) == {"loan": loan, "state": "checked_out"}
    due_at = ben.json("loans")[0]["due_at"]
    longer = add_days(today(), 20)
    renewed = does(ben, "loan", "renew", loan, "--until", longer)
    assert renewed == {"loan": loan, "state": "checked_out", "due_at": due_at}
    granted = does(ada, "loan", "grant", loan)
    assert set(granted) == {"loan", "state", "due_at"}
    assert INSTANT.fullmatch(granted["due_at"])
    assert granted["due_at"] > due_at
    assert "not possible" in refused(ada, "loan", "refuse", loan)
    for what in ("damage", "loss", "missing-part"):
        reported = does(ben, "loan", "report", loan, "--kind", what, "--note", f"A {what}")
        assert reported == {**granted, "state": "checked_out"}
    disputed = does(ada, "loan", "dispute", loan)
    assert disputed == {**granted, "state": "disputed"}
    assert "say what you propose" in refused(ben, "loan", "settle", loan)
    offered = does(ben, "loan", "settle", loan, "--note", "I buy new bits")
    assert offered == {**granted, "state": "disputed"}
    settled = does(ada, "loan", "settle", loan)
    assert settled == {**granted, "state": "settled"}
    (view,) = [one for one in ben.json("loans") if one["loan"] == loan]
    assert (view["until"], view["state"]) == (longer, "settled")
    assert ada.json("loan", "show", loan) == ben.json("loan", "show", loan)


def test_a_repair(street: Neighbours) -> None:
    ada, ben, does = street.ada, street.ben, street.does
    lamp = does(ada, "offer", "add", "Lamp")["listing"]
    assert "only its owner" in refused(ben, "repair", "open", lamp)
    opened = does(ada, "repair", "open", lamp, "--fixer")
    ticket = opened["ticket"]
    assert opened == {"ticket": ticket, "state": "assess"}
    assert ben.json("listing", "show", lamp)["available"] == 0
    assert does(ada, "repair", "move", ticket, "parts") == {"ticket": ticket, "state": "parts"}
    moved = does(ada, "repair", "move", ticket, "repairing")
    assert moved == {"ticket": ticket, "state": "repairing"}
    assert "there is no agreement" in refused(ben, "repair", "close", ticket)
    closed = does(ada, "repair", "close", ticket)
    assert closed == {"ticket": ticket, "state": "resolved"}
    assert ben.json("listing", "show", lamp)["available"] == 1


@pytest.mark.parametrize(
    "usage",
    [
        ("gift",),
        ("gift", "request"),
        ("gift", "steal", "00"),
        ("session", "done"),
        ("session", "done", "00", "--minutes", "many"),
        ("loan", "report", "00"),
        ("loan", "report", "00", "--kind", "theft"),
        ("loan", "grant"),
        ("repair", "move", "00", "resolved"),
        ("repair", "close"),
    ],
)
def test_wrong_use_is_exit_code_2(street: Neighbours, usage: tuple[str, ...]) -> None:
    ran = street.ben.run("--json", *usage)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
