"""What the global options say, and how a command gets at the ledger.

One ``Session`` a run; commands receive it by ``@click.pass_obj``. It opens the folder for the time
of a command and turns what SQLite says of a damaged file into our errors. It must not print, other
than to ask for a passphrase on a terminal.
"""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pshare.cli.output import Output
from p2pshare.errors import NodeError, StoreBusy, StoreDamaged

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


@dataclass(slots=True)
class Session:
    """The global options of one run of p2pshare-cli."""

    data: Path | None
    acting: str | None
    circle: str | None
    output: Output
    passphrase_file: Path | None = None
    _asked: dict[bytes, bytes | None] = field(default_factory=dict)
    _actor: bytes | None = None

    def folder(self) -> Path:
        """The folder of this installation: --data, else P2PSHARE_DATA, else the usual place."""
        if self.data is not None:
            return self.data
        from p2pshare.node.config import default_folder

        return default_folder()

    @contextmanager
    def ledger(self, *, create: bool = False) -> Iterator["Ledger"]:
        """The ledger, closed at the end of the block.

        Raises NodeError for a folder in which nothing was set up, unless ``create``, and
        StoreError or NodeError where the folder cannot be used.
        """
        from p2pshare.node.ledger import LEDGER_FILE, Ledger

        folder = self.folder()
        if not create and not (folder / LEDGER_FILE).exists():
            raise NodeError(
                f"nothing is set up in {folder} yet; run: p2pshare-cli init --name NAME"
                " (or name another folder with --data)"
            )
        with damage_named():
            ledger = Ledger(folder, passphrase=self.passphrase)
            try:
                yield ledger
            finally:
                ledger.close()

    def actor(self, ledger: "Ledger") -> bytes:
        """Who acts: --as, or the only person here. Raises UnknownReference."""
        self._actor = ledger.acting_person(self.acting)
        return self._actor

    def circle_named(self, ledger: "Ledger") -> bytes | None:
        """The circle of --circle, or None if none was named. Raises UnknownReference."""
        return None if self.circle is None else ledger.circle(self.circle)

    def circle_hex(self, ledger: "Ledger") -> str | None:
        """The hex id of that circle, as queries want it. Raises UnknownReference."""
        circle = self.circle_named(ledger)
        return None if circle is None else circle.hex()

    def passphrase(self, person: bytes) -> bytes | None:
        """The passphrase of --passphrase-file or P2PSHARE_PASSPHRASE, or asked for once.

        Only the person who acts is asked, and only on a terminal. What was handed over is theirs;
        where nobody acts (node), it may be anybody's but a member's who has a PIN, which is never
        guessed at.
        """
        if person != self._actor and (self._actor is not None or self._has_pin(person)):
            return None
        given = self.given_passphrase()
        if given is not None:
            return given
        if person != self._actor or not _on_terminal():
            return None
        if person not in self._asked:
            typed = click.prompt(
                "PIN" if self._has_pin(person) else "Passphrase",
                hide_input=True,
                default="",
                show_default=False,
                err=True,
            )
            self._asked[person] = typed.encode() or None
        return self._asked[person]

    def given_passphrase(self) -> bytes | None:
        """The passphrase that was handed over, if one was. Raises NodeError."""
        if self.passphrase_file is not None:
            try:
                first_line = self.passphrase_file.read_bytes().split(b"\n", 1)[0]
            except OSError as error:
                raise NodeError(
                    f"the passphrase file {self.passphrase_file} cannot be read: {error.strerror}"
                ) from error
            return first_line.rstrip(b"\r") or None
        named = os.environ.get("P2PSHARE_PASSPHRASE")
        return os.fsencode(named) if named else None

    def _has_pin(self, person: bytes) -> bool:
        from p2pshare.node.ledger import KEYS_FOLDER
        from p2pshare.node.pins import has_pin

        return has_pin(self.folder() / KEYS_FOLDER, person)

    def new_passphrase(self, what: str = "passphrase") -> bytes:
        """A passphrase (or PIN) for a new person: handed over, or typed twice. Raises NodeError."""
        given = self.given_passphrase()
        if given is not None:
            return given
        if not _on_terminal():
            raise NodeError(
                f"there is no terminal to type a {what} on;"
                " set P2PSHARE_PASSPHRASE or give --passphrase-file FILE before the command"
            )
        typed: str = click.prompt(
            f"New {what}", hide_input=True, confirmation_prompt=True, err=True
        )
        return typed.encode()


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def damage_named() -> Iterator[None]:
    """Say of a ledger that cannot be read that it is damaged, instead of how it showed.

    The rows were written by this program: text in them that is no number, no hex and no JSON, and
    whatever SQLite complains of, is damage to the file. Raises StoreBusy or StoreDamaged.
    """
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, sqlite3.OperationalError) and (
            "locked" in str(error) or "busy" in str(error)
        ):
            raise StoreBusy("another program is using the ledger; try again") from error
        raise StoreDamaged(f"the ledger is damaged: {error}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise StoreDamaged(f"the ledger is damaged: a row cannot be read ({error})") from error


pass_session = click.make_pass_decorator(Session)
