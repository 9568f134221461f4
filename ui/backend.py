"""What pages and models may ask of the node, as a protocol: the bridge keeps it, tests fake it.

Only immutable values cross: commands and reads go out, answers and events come back, all on the Qt
thread. Nothing here imports Qt, so that a page's needs can be read in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from p2pshare.domain.commands import Command
from p2pshare.node.events import NodeEvent

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of something asked for, or in ``error`` one line that says what to do."""

    value: Any = None
    error: str | None = None


Answered = Callable[[Answer], None]
Listener = Callable[[tuple[NodeEvent, ...]], None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts in this window: a hosted person (hex id) and their name."""

    person: str
    name: str


class Backend(Protocol):
    """The node, as the window sees it. Every callback comes on the Qt thread, or never."""

    @property
    def identity(self) -> Identity | None:
        """Who acts; None until the first start has asked for a name."""

    def submit(self, command: Command, answered: Answered) -> None:
        """Do what a person asks; the answer's value is what the node says was performed."""

    def ask(self, read: Callable[[Any], Any], answered: Answered) -> None:
        """Run ``read(queries)`` on the reading thread; the answer's value is what it returns."""

    def listen(self, listener: Listener) -> None:
        """Give ``listener`` (a bound method of a QObject) the events from now on, in batches."""

    def today(self) -> str:
        """The local day, YYYY-MM-DD."""

    def now_ms(self) -> int:
        """The time now, in milliseconds since 1970."""

    def day(self, time_ms: int) -> str:
        """The local day of a time, YYYY-MM-DD."""
