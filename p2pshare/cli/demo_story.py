"""The story of the demo: Ada, Ben and the community kiosk, as README tells it.

What is told has happened: each line is said after the event that shows it came from the node it
speaks of, and what the ledgers say at the end is read from them and checked. Knows computers
(``demo_cast``) and how to tell a line; nothing of folders, colours or signals.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from p2pshare.cli.demo_cast import WAIT_SECONDS_MAX, Computer, DemoFailed, changed, linked

Tell = Callable[[str, str], None]
"""Tells what somebody (the first) did (the second); the first is empty for a new scene."""

DRILL: Final = "Hammer drill"
LESSON: Final = "Bicycle repair, first steps"


@dataclass
class Ledgers:
    """What the ledgers say at the end: by computer its loans, minutes, digest, entries, audit."""

    loans: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    minutes: dict[str, int] = field(default_factory=dict)
    circles: dict[str, dict[str, Any]] = field(default_factory=dict)
    audits: dict[str, dict[str, Any]] = field(default_factory=dict)


class Story:
    """Three computers and what happens between them."""

    def __init__(self, ada: Computer, ben: Computer, kiosk: Computer, tell: Tell) -> None:
        self._ada = ada
        self._ben = ben
        self._kiosk = kiosk
        self._tell = tell
        self._persons: dict[str, str] = {}
        self._listings: dict[str, str] = {}

    def run(self) -> Ledgers:
        """The whole story. Raises DemoFailed where it does not go as it should."""
        self._meet()
        loan = self._lend()
        self._give_back_while_away(loan)
        self._pay()
        return self._compare()

    # --- the scenes ---------------------------------------------------------------------------

    def _meet(self) -> None:
        ada, ben, kiosk = self._ada, self._ben, self._kiosk
        self._tell("", "Three computers that have never met")
        kiosk.launch()
        for computer in (ada, ben):
            answer = computer.run("init", "--name", computer.name)
            self._persons[computer.name] = answer["person"]
            computer.launch()
            self._tell(computer.name, f"makes a key, {answer['person'][:8]}…, and an empty ledger")
        drill = ada.run("offer", "add", DRILL, "--tag", "tools")
        lesson = ben.run("offer", "add", LESSON, "--item-type", "service")
        self._listings = {DRILL: drill["listing"], LESSON: lesson["listing"]}
        self._tell("Ada", f"offers to lend her {DRILL}")
        self._tell("Ben", f"offers to teach: {LESSON}")
        for computer in (kiosk, ada, ben):
            computer.ready()
        self._tell("Kiosk", "is on the network too; it has nobody's key and only passes things on")
        for computer, others in ((ada, (ben, kiosk)), (ben, (ada, kiosk))):
            for other in others:
                computer.wait(f"find {other.name}", linked(other.device), 0)
        self._tell("Ada", "finds Ben and the kiosk by mDNS; the links are encrypted and proven")
        ben.wait("find Ada's offer", changed("listing", drill["listing"]), 0)
        self._tell("Ben", f"sees that Ada lends a {DRILL}")
        ada.wait("find Ben's offer", changed("listing", lesson["listing"]), 0)
        self._tell("Ada", f"sees that Ben teaches: {LESSON}")

    def _lend(self) -> str:
        self._tell("", "Ben borrows the drill")
        mark = self._ada.mark()
        answer = self._ben.run(
            "loan", "request", self._listings[DRILL], "--note", "For a shelf. Thank you!"
        )
        loan = str(answer["loan"])
        self._tell("Ben", "asks for it; only the two of them can read what they write about it")
        self._ada.wait("receive the request", changed("agreement", loan), mark)
        self._tell("Ada", "receives the request")
        self._move(self._ada, self._ben, "accept", loan)
        self._tell("Ada", "accepts, and Ben's computer knows")
        self._move(self._ada, self._ben, "hand-over", loan)
        self._tell("Ada", "hands the drill over; neighbours see that it is out, and not who has it")
        return loan

    def _give_back_while_away(self, loan: str) -> None:
        ada, ben, kiosk = self._ada, self._ben, self._kiosk
        self._tell("", "The drill comes back while Ada is away")
        ada.stop()
        self._tell("Ada", "closes her laptop and leaves")
        ben.run("loan", "give-back", loan)
        self._tell("Ben", "gives the drill back and signs it")
        digest = self._agree((ben, kiosk))["Ben"]["digest"]
        self._tell("Kiosk", f"holds all that Ben holds ({digest[:8]}…), sealed parts unread")
        ben.stop()
        self._tell("Ben", "goes offline")
        mark = ada.mark()
        ada.launch()
        ada.ready()
        ada.wait("find the kiosk again", linked(kiosk.device), mark)
        self._tell("Ada", "opens her laptop; of the two only the kiosk is there")
        ada.wait("learn it from the kiosk", changed("agreement", loan), mark)
        self._tell("Ada", "learns from the kiosk what Ben signed: the drill was given back")
        ada.run("loan", "take-back", loan)
        self._tell("Ada", "finds it on her doorstep and signs too: the receipt is complete")
        mark = ben.mark()
        ben.launch()
        ben.ready()
        ben.wait("learn that the loan is closed", changed("agreement", loan), mark)
        self._tell("Ben", "is back, and has Ada's signature: the loan is closed")

    def _pay(self) -> None:
        self._tell("", "An hour for an hour")
        mark = self._ben.mark()
        answer = self._ada.run("hours", "pay", self._persons["Ben"], "1")
        self._tell("Ada", "had her lesson in bicycle repair, and pays Ben one hour")
        self._ben.wait("receive the hour", changed("payment", answer["payment"]), mark)
        self._tell("Ben", "has received it")

    def _compare(self) -> Ledgers:
        """Read every ledger and check that they tell one story. Raises DemoFailed."""
        self._tell("", "What the ledgers say")
        three = (self._ada, self._ben, self._kiosk)
        two = (self._ada, self._ben)
        ledgers = Ledgers(circles=self._agree(three))
        ledgers.audits = {one.name: one.run("audit") for one in three}
        ledgers.loans = {one.name: one.run("loans") for one in two}
        ledgers.minutes = {one.name: one.run("balance")["minutes"] for one in two}
        check(ledgers)
        return ledgers

    # --- helpers ------------------------------------------------------------------------------

    def _move(self, actor: Computer, other: Computer, move: str, loan: str) -> None:
        """Make a move and wait until the other's computer has it."""
        mark = other.mark()
        actor.run("loan", move, loan)
        other.wait(f"hear of {move}", changed("agreement", loan), mark)

    def _agree(self, computers: Sequence[Computer]) -> dict[str, dict[str, Any]]:
        """The circle of each as ``status`` says it, once their digests are equal."""
        end = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < end:
            circles = {one.name: one.run("status")["circles"][0] for one in computers}
            if len({circle["digest"] for circle in circles.values()}) == 1:
                return circles
        raise DemoFailed("the ledgers did not become equal")


def check(ledgers: Ledgers) -> None:
    """Raise DemoFailed unless the ledgers tell the story that was told."""
    told = {
        name: [
            (loan["loan"], loan["state"], len({one["person"] for one in loan["signed_by"]}))
            for loan in loans
        ]
        for name, loans in ledgers.loans.items()
    }
    if told["Ada"] != told["Ben"] or [loan[1:] for loan in told["Ada"]] != [("closed", 2)]:
        raise DemoFailed(f"the two ledgers do not agree about the loan: {told}")
    if ledgers.minutes != {"Ada": -60, "Ben": 60}:
        raise DemoFailed(f"the hours are not as they were paid: {ledgers.minutes}")
    for name, audit in ledgers.audits.items():
        if not audit["ok"]:
            raise DemoFailed(f"the audit of {name} found a fault: {audit['faults'][0]}")
