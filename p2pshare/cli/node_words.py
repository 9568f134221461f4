"""What a live node's events are for people: one sentence each, with the names and titles in it.

Reads the ledger for what an event names only by its id. Everything a peer wrote is made harmless;
nothing here changes anything.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from p2pshare.cli.output import one_line, short
from p2pshare.cli.times import local
from p2pshare.clock import Clock
from p2pshare.domain.days import day_of
from p2pshare.node.config import local_zone
from p2pshare.node.events import (
    DeviceCopied,
    EntriesAdded,
    EntriesRepaired,
    EntriesReturned,
    EventsMissed,
    FeedForked,
    LinkDown,
    LinkUp,
    NodeEvent,
    PeerFound,
    PhotoArrived,
    ReminderDue,
    RowChanged,
)

if TYPE_CHECKING:
    from p2pshare.store.queries import Queries

_Result = TypeVar("_Result")


class ReadableNode(Protocol):
    """As much of ``node.facade.Node`` as words need."""

    @property
    def port(self) -> int:
        """The port it listens on; 0 if there is no network to use."""

    async def query(self, read: "Callable[[Queries], _Result]") -> _Result:
        """What ``read`` finds in the ledger."""


class EventWords:
    """Says events; ``coloured`` where a terminal reads."""

    def __init__(self, node: ReadableNode, clock: Clock, *, coloured: bool) -> None:
        self._node = node
        self._clock = clock
        self._coloured = coloured

    def begin(self, folder: Path) -> str:
        """The first line: that it runs, and how to reach it."""
        ledger = f"the ledger is in {folder}. Ctrl-C ends it."
        if not self._node.port:
            return self._line(
                f"Waiting for a network: no address that may be used is there now; {ledger}",
                "yellow",
            )
        return self._line(f"On the network at port {self._node.port}, {ledger}", "green")

    async def of(self, event: NodeEvent) -> str | None:
        """The line for an event; None for what people need not know."""
        match event:
            case PeerFound(addresses):
                return self._line(f"Found another p2pshare at {', '.join(addresses)}.")
            case LinkUp(device, address):
                return self._line(f"Connected to {short(device)} at {address}.", "green")
            case LinkDown(device, address, reason):
                return self._line(
                    f"Connection to {short(device)} at {address}: {reason}.", "yellow"
                )
            case RowChanged(about, identifier, added, removed):
                return await self._changed(about, identifier, added=added, removed=removed)
            case EntriesReturned(person, entries):
                name = await self._name(person)
                return self._line(
                    f"{entries} entries of {name} were written elsewhere: was it you?", "red"
                )
            case FeedForked(_, feed):
                return self._line(
                    f"The history {short(feed)} has split: somebody uses a copy of it.", "red"
                )
            case DeviceCopied(device):
                return self._line(
                    "Another computer uses a copy of this folder; this one is"
                    f" {short(device)} from now on.",
                    "red",
                )
            case EntriesRepaired(entries):
                return self._line(f"{entries} damaged or missing entries were mended.", "green")
            case EventsMissed():
                return self._line("Too much happened at once to tell it all.", "yellow")
            case ReminderDue(person, _, _, _, text):
                return self._line(f"{await self._name(person)}: {text}", "bold")
            case EntriesAdded() | PhotoArrived():
                return None
            case _:
                return self._line(event.name)

    async def _changed(
        self, about: str, identifier: str, *, added: bool, removed: bool
    ) -> str | None:
        if about == "listing":
            return await self._listing(identifier, removed=removed)
        if about == "agreement":
            return await self._agreement(identifier)
        if about == "person" and added:
            return self._line(f"Met {await self._name(identifier)}.")
        if about == "payment" and added:
            return self._line("Hours were paid.")
        return None

    async def _listing(self, identifier: str, *, removed: bool) -> str:
        if removed:
            return self._line(f"{short(identifier)} was forgotten.")
        today = day_of(self._clock.time_ms(), local_zone())
        view = await self._read(lambda queries: queries.listing(identifier, today))
        if view is None:
            return self._line(f"{short(identifier)} was forgotten.")
        verb = "offers" if view.exchange_type == "offer" else "looks for"
        said = f"{view.person_name} {verb} {view.title}"
        if view.closed:
            return self._line(f"{said} no longer.   {short(identifier)}")
        return self._line(f"{said}.   {short(identifier)}", "bold")

    async def _agreement(self, identifier: str) -> str | None:
        now_ms = self._clock.time_ms()
        views = await self._read(lambda queries: queries.agreements(now_ms, agreement=identifier))
        if not views:
            return None
        view = views[0]
        state = view.state.replace("_", " ")
        last = view.signed_by[-1] if view.signed_by else None
        names = {view.owner: view.owner_name, view.asker: view.asker_name}
        by = "" if last is None else f" ({last.move}, {names.get(last.person, '')})"
        alone = view.owner == view.asker
        whose = view.owner_name if alone else f"{view.owner_name} to {view.asker_name}"
        return self._line(
            f"{view.title}, {whose}: {state}{by}.   {short(identifier)}",
            "bold",
        )

    async def _name(self, person: str) -> str:
        people = await self._read(lambda queries: queries.people())
        return next((view.name for view in people if view.person == person), short(person))

    async def _read(self, read: "Callable[[Queries], _Result]") -> _Result:
        return await self._node.query(read)

    def _line(self, text: str, style: str = "") -> str:
        moment = _clock_time(self._clock.time_ms())
        harmless = one_line(text)
        if not self._coloured:
            return f"{moment}  {harmless}"
        styled = click.style(
            harmless, fg=None if style in ("", "bold") else style, bold=style == "bold" or None
        )
        return f"{click.style(moment, dim=True)}  {styled}"


def _clock_time(now_ms: int) -> str:

    return local(now_ms).split(" ")[1]
