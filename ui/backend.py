"""What pages and models may ask of the node, as a protocol: the bridge keeps it, tests fake it.

Only immutable values cross: commands and reads go out, answers and events come back, all on the Qt
thread. Nothing here imports Qt, so that a page's needs can be read in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from p2pshare.domain.commands import Command
from p2pshare.node.events import NodeEvent

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of something asked for, or in ``error`` one line that says what to do."""

    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is: ``done`` of ``total`` rows."""

    done: int
    total: int


Answered = Callable[[Answer], None]
Progressed = Callable[[Progress], None]
Listener = Callable[[tuple[NodeEvent, ...]], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts in this window: a hosted person (hex id) and their name."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Locked:
    """A command waits for a person's passphrase; ``why`` says what was wrong with the last one.

    ``number`` is to be given back with the passphrase, or with None to give up.
    """

    number: int
    person: str
    why: str


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """A photo that has passed the core's gate: rows of red, green, blue, a byte each."""

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True, slots=True)
class RowNote:
    """Why a row of a list, by its number in a spreadsheet, is not taken in."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class ListOutcome:
    """What became of a list of another program, or on trial would become of it.

    ``skipped`` counts rows that say nothing new and those in ``passed``, which are not offered.
    """

    form: str
    imported: int
    updated: int
    skipped: int
    passed: tuple[RowNote, ...]
    rejected: tuple[RowNote, ...]
    remarks: tuple[str, ...]


class Backend(Protocol):
    """The node, as the window sees it. Every callback comes on the Qt thread, or never."""

    @property
    def identity(self) -> Identity | None:
        """Who acts; None until the first start has asked for a name."""

    def act_as(self, identity: Identity) -> None:
        """Let another hosted person act from now on, or the same under their new name."""

    def persons(self, answered: Answered) -> None:
        """Who is set up on this computer: a tuple of Identity, the first one first."""

    def submit(self, command: Command, answered: Answered) -> None:
        """Do what a person asks; the answer's value is what the node says was performed."""

    def on_locked(self, asker: Callable[[Locked], None]) -> None:
        """Have ``asker`` (a bound method) told when a command waits for a passphrase."""

    def give_passphrase(self, number: int, passphrase: str | None) -> None:
        """Go on with what waits, or with None refuse it."""

    def ask(self, read: Callable[[Any], Any], answered: Answered) -> None:
        """Run ``read(queries)`` on the reading thread; the answer's value is what it returns."""

    def photo(self, circle: str, photo: str, thumbnail: bool, answered: Answered) -> None:
        """A photo by its hash, as ShownPhoto; None if it is not here yet (PhotoArrived follows).

        ``circle`` is the listing's, or "" for a photo that was added here for a new one.
        """

    def add_photo(self, photo: Path | bytes, answered: Answered) -> None:
        """Keep a photo for a listing that is about to show it; the answer's value is its hash."""

    def import_list(
        self,
        file: Path,
        form: str | None,
        dry_run: bool,
        progressed: Progressed,
        answered: Answered,
    ) -> Callable[[], None]:
        """Take in a list for whoever acts, or try it; the answer's value is a ListOutcome.

        What it returns stops it, if it is not done: then nothing is taken in.
        """

    def listen(self, listener: Listener) -> None:
        """Give ``listener`` (a bound method of a QObject) the events from now on, in batches."""

    def today(self) -> str:
        """The local day, YYYY-MM-DD."""

    def now_ms(self) -> int:
        """The time now, in milliseconds since 1970."""

    def day(self, time_ms: int) -> str:
        """The local day of a time, YYYY-MM-DD."""
