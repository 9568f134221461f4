"""What the command line prints: one JSON document for programs, tables and colours for people.

Everything a peer may have written goes through ``plain``: control and bidirectional characters are
shown as ``\\u{…}`` and nothing in it is taken as markup. With --json standard output holds one
document and nothing else; progress and errors go to standard error. rich is imported where people
are shown something, so that programs do not wait for it.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, TextIO

from p2pshare.domain.text import shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: How wide a table may be where nobody looks: in a file or a pipe nothing is folded.
PIPE_WIDTH: Final = 400

#: How many characters of an id people are shown; each command takes them instead of the whole.
ID_CHARACTERS: Final = 8

#: Nobody needs a bar for what is over before it could be read.
PROGRESS_AFTER_SECONDS: Final = 0.5

Progress = Callable[[int, int], None]
"""Is told how much of how much is done."""


def one_line(text: str) -> str:
    """``text`` as one harmless line."""
    return shown(text)


def write_error(text: str, *hints: str) -> None:
    """``error: …`` on standard error in one line; a hint is a line of its own."""
    lines = [f"error: {one_line(text)}", *map(one_line, hints)]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def short(identifier: str) -> str:
    """The beginning of an id that people are shown."""
    return identifier[:ID_CHARACTERS]


def plain(text: str, style: str = "", *, newlines: bool = False) -> "Text":
    """Any text, made harmless, for a table or a line."""
    from rich.text import Text

    return Text(shown(text, newlines=newlines), style=style)


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    class OurConsole(Console):
        """Lets ``main`` decide what it means that nobody reads any more."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return OurConsole(
        file=stream,
        width=None if stream.isatty() else PIPE_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )


class Output:
    """Prints for one command; ``json`` is whether programs read it."""

    def __init__(self, *, as_json: bool) -> None:
        self.json: Final = as_json

    def document(self, value: Any) -> None:
        """One JSON document, in ASCII, on one line."""
        sys.stdout.write(json.dumps(value, ensure_ascii=True) + "\n")
        sys.stdout.flush()

    def line(self, *parts: "str | tuple[str, str] | Text") -> None:
        """One line for people, of harmless texts, (text, style) pairs or ready rich texts."""
        from rich.text import Text

        text = Text()
        for part in parts:
            if isinstance(part, str):
                text.append(shown(part))
            elif isinstance(part, tuple):
                text.append(shown(part[0]), part[1])
            else:
                text.append_text(part)
        _console(sys.stdout).print(text, soft_wrap=True)

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence["str | Text"]],
        *,
        title: str = "",
        nothing: str = "nothing here yet",
    ) -> None:
        """A table for people, or the line ``nothing`` where there is no row."""
        from rich import box
        from rich.table import Table

        if title:
            self.line((title, "bold"))
        if not rows:
            self.line((nothing, "dim"))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold cyan")
        for column in columns:
            table.add_column(column, overflow="fold", no_wrap=column == "id")
        for row in rows:
            table.add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in row))
        _console(sys.stdout).print(table)

    def facts(self, rows: Sequence[tuple[str, "str | Text"]]) -> None:
        """Names and values below each other."""
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(name, plain(value) if isinstance(value, str) else value)
        _console(sys.stdout).print(grid)

    @contextmanager
    def progress(self, what: str) -> Iterator[Progress]:
        """A progress bar on a terminal's standard error, once it takes long; else nothing."""
        if not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        began = time.monotonic()
        with ExitStack() as stack:
            shown_bar: list[Progress] = []

            def tell(done: int, total: int) -> None:
                if not shown_bar and time.monotonic() - began >= PROGRESS_AFTER_SECONDS:
                    shown_bar.append(stack.enter_context(_progress_bar(what)))
                for bar in shown_bar:
                    bar(done, total)

            yield tell


@contextmanager
def _progress_bar(what: str) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as ProgressBar

    with ProgressBar(
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        TimeRemainingColumn(),
        console=_console(sys.stderr),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
