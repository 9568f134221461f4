"""demo: the story of Ada, Ben and the community kiosk, played by real processes on this computer.

Sets the stage (temporary folders, nodes that end whatever happens), prints the lines of
``demo_story`` as they come and the ledgers at the end. This module must leave nothing behind.
"""

import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.output import Output, plain
from p2pshare.cli.session import Session, pass_session

if TYPE_CHECKING:
    from p2pshare.cli.demo_story import Ledgers

_COLOURS: Final = {"Ada": "bold magenta", "Ben": "bold cyan", "Kiosk": "bold yellow"}
_STOP_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@click.command("demo")
@pass_session
def demo_command(session: Session) -> None:
    """Watch Ada lend Ben her drill, and get it back while she is away.

    Three real computers' programs run here for some seconds, in temporary folders, over this
    computer's loopback network only. Nothing is left behind, and your own ledger is not touched.
    """
    from p2pshare.cli.demo_cast import Computer
    from p2pshare.cli.demo_story import Story

    teller = Teller(session.output)
    with stage() as (folder, stack):
        computers = [Computer(name, folder / name.lower()) for name in _COLOURS]
        for computer in computers:
            stack.callback(computer.stop)
        ada, ben, kiosk = computers
        ledgers = Story(ada, ben, kiosk, teller.tell).run()
        teller.end(ledgers)


@contextmanager
def stage() -> Iterator[tuple[Path, ExitStack]]:
    """A temporary folder and a stack for what must end; all gone afterwards, signals or not.

    SIGTERM and SIGHUP end the block as Ctrl-C does, and none of them interrupts the clearing up.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _STOP_SIGNALS}
    try:
        with tempfile.TemporaryDirectory(prefix="p2pshare-demo-") as folder, ExitStack() as stack:
            try:
                yield Path(folder), stack
            finally:
                for number in before:
                    signal.signal(number, signal.SIG_IGN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Teller:
    """Tells the story, with the seconds since it began, and remembers it for --json."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._began = time.monotonic()
        self._told: list[dict[str, Any]] = []
        if not output.json:
            output.line(("p2pshare: two neighbours share a drill", "bold"))
            output.line(
                ("Real programs, real links, on this computer only. It takes some seconds.", "dim")
            )

    def tell(self, who: str, what: str) -> None:
        """Tell what ``who`` did; an empty ``who`` begins a scene."""
        seconds = time.monotonic() - self._began
        if self._output.json:
            if who:
                self._told.append({"seconds": round(seconds, 2), "who": who, "what": what})
            return
        if not who:
            self._output.line()
            self._output.line((what, "bold underline"))
            return
        self._output.line((f"{seconds:5.1f} s  ", "dim"), (f"{who:<6}", _COLOURS[who]), f" {what}")

    def end(self, ledgers: "Ledgers") -> None:
        """Print both ledgers, the digests and the audits."""
        seconds = round(time.monotonic() - self._began, 2)
        if self._output.json:
            self._output.document(
                {
                    "ok": True,
                    "seconds": seconds,
                    "story": self._told,
                    "ledgers": {
                        name: {
                            "entries": circle["entries"],
                            "digest": circle["digest"],
                            "loans": ledgers.loans.get(name, []),
                            "minutes": ledgers.minutes.get(name),
                            "audit": ledgers.audits[name],
                        }
                        for name, circle in ledgers.circles.items()
                    },
                }
            )
            return
        self._show(ledgers)
        self._output.line((f"All of it took {seconds:.1f} seconds. ", "dim"))
        self._output.line("Now you: p2pshare-cli init --name NAME")

    def _show(self, ledgers: "Ledgers") -> None:
        from p2pshare.domain.hours import format_minutes

        rows = []
        for name, circle in ledgers.circles.items():
            loans = [f"{loan['state']}, both signed" for loan in ledgers.loans.get(name, [])]
            minutes = ledgers.minutes.get(name)
            rows.append(
                (
                    plain(name, _COLOURS[name]),
                    "; ".join(loans) or "sealed, unreadable",
                    "" if minutes is None else format_minutes(minutes),
                    str(circle["entries"]),
                    str(circle["digest"][:10]),
                    plain(f"{ledgers.audits[name]['signatures']} verified", "green"),
                )
            )
        columns = ("ledger", "loan of the drill", "hours", "entries", "digest", "signatures")
        self._output.table(columns, rows)
        self._output.line(("The three digests are equal. ", "bold green"))
