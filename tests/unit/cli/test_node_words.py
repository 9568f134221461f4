"""Events as sentences."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import pytest
from integration.cli_kit import Home, meet

from p2pshare.cli.node_words import EventWords
from p2pshare.clock import SystemClock
from p2pshare.node import events
from p2pshare.node.ledger import Ledger
from p2pshare.store.queries import Queries

Result = TypeVar("Result")


class QuietNode:
    """As much of a node as words need: a port, and a ledger to read."""

    def __init__(self, ledger: Ledger, port: int = 4711) -> None:
        self._ledger = ledger
        self._port = port

    @property
    def port(self) -> int:
        return self._port

    async def query(self, read: Callable[[Queries], Result]) -> Result:
        return read(self._ledger.queries)


@pytest.fixture
def said(ada: Home, ben: Home) -> Iterator[Callable[[events.NodeEvent], str | None]]:
    """The words on Ada's computer for an event, without the time; Ben has a loan of hers."""
    drill = ada.json("offer", "add", "Drill")["listing"]
    ben.json("want", "add", "Ladder")
    meet(ada, ben)
    ben.json("loan", "request", drill)
    meet(ada, ben)
    with closing(ada.ledger()) as ledger:
        words = EventWords(QuietNode(ledger), SystemClock(), coloured=False)

        def say(event: events.NodeEvent) -> str | None:
            line = asyncio.run(words.of(event))
            return None if line is None else line.split("  ", 1)[1]

        yield say


def test_what_is_always_said_so(said: Callable[[events.NodeEvent], str | None]) -> None:
    device = "ab" * 32
    expected = {
        events.PeerFound(("10.0.0.7:1",)): "Found another p2pshare at 10.0.0.7:1.",
        events.LinkUp(device, "10.0.0.7:1"): "Connected to abababab at 10.0.0.7:1.",
        events.LinkDown(device, "10.0.0.7:1", "the\x1b[2J end"): (
            "Connection to abababab at 10.0.0.7:1: the\\u{1b}[2J end."
        ),
        events.EntriesAdded("00", 3, own=False): None,
        events.RowChanged("busy", "00", added=True, removed=False): None,
        events.RowChanged("payment", "00", added=True, removed=False): "Hours were paid.",
        events.RowChanged("agreement", "00", added=False, removed=True): None,
        events.EntriesRepaired(2): "2 damaged or missing entries were mended.",
        events.FeedForked("00", device): (
            "The history abababab has split: somebody uses a copy of it."
        ),
        events.EventsMissed(): "Too much happened at once to tell it all.",
    }
    assert {event: said(event) for event in expected} == expected


def test_what_the_ledger_knows(
    said: Callable[[events.NodeEvent], str | None], ada: Home, ben: Home
) -> None:
    drill, ladder = (
        ada.json("listings", "--search", word)[0]["listing"] for word in ("drill", "ladder")
    )
    loan = ada.json("loans")[0]["loan"]
    person = ben.json("status")["persons"][0]["person"]

    def changed(about: str, identifier: str, *, removed: bool = False) -> str | None:
        return said(events.RowChanged(about, identifier, added=not removed, removed=removed))

    assert changed("listing", drill) == f"Ada offers Drill.   {drill[:8]}"
    assert changed("listing", ladder) == f"Ben looks for Ladder.   {ladder[:8]}"
    assert changed("listing", ladder, removed=True) == f"{ladder[:8]} was forgotten."
    assert changed("listing", "00" * 16) == "00000000 was forgotten."
    assert changed("agreement", loan) == (
        f"Drill, Ada to Ben: requested (request, Ben).   {loan[:8]}"
    )
    assert changed("person", person) == "Met Ben."
    reminder = events.ReminderDue(person, "due", loan, 0, "“Drill” goes back today.")
    assert said(reminder) == "Ben: “Drill” goes back today."
    assert said(events.EntriesReturned(person, 3)) == (
        "3 entries of Ben were written elsewhere: was it you?"
    )
    ada.json("listing", "close", drill)
    assert changed("listing", drill) == f"Ada offers Drill no longer.   {drill[:8]}"


def test_every_event_has_words_or_is_passed_over(
    said: Callable[[events.NodeEvent], str | None],
) -> None:
    for kind in events.NodeEvent.__subclasses__():
        values: dict[str, object] = {"int": 1, "bool": False, "tuple[str, ...]": ("00",)}
        given: dict[str, Any] = {
            field.name: values.get(_type_name(field.type), "00") for field in fields(kind)
        }
        line = said(kind(**given))
        assert line is None or (line and "\n" not in line)


def _type_name(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) and kind in (int, bool) else str(kind)


def test_colours_are_for_terminals(ada: Home, tmp_path: Path) -> None:
    with closing(ada.ledger()) as ledger:
        words = EventWords(QuietNode(ledger), SystemClock(), coloured=True)
        assert "\x1b[" in words.begin(tmp_path)
        words = EventWords(QuietNode(ledger), SystemClock(), coloured=False)
        assert "port 4711" in words.begin(tmp_path)
        assert "\x1b" not in words.begin(tmp_path)


def test_without_an_address_it_does_not_claim_to_be_on_the_network(
    ada: Home, tmp_path: Path
) -> None:
    with closing(ada.ledger()) as ledger:
        words = EventWords(QuietNode(ledger, port=0), SystemClock(), coloured=False)
        assert "Waiting for a network" in words.begin(tmp_path)
        assert "port 0" not in words.begin(tmp_path)


def test_a_ticket_is_of_one_person(ada: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    ticket = ada.json("repair", "open", drill)["ticket"]
    with closing(ada.ledger()) as ledger:
        words = EventWords(QuietNode(ledger), SystemClock(), coloured=False)
        changed = events.RowChanged("agreement", ticket, added=True, removed=False)
        line = asyncio.run(words.of(changed))
    assert line is not None
    assert f"Drill, Ada: assess (open, Ada).   {ticket[:8]}" in line
