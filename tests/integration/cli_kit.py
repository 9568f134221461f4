"""The installed console script as tests use it: commands, live nodes, neighbours who have met.

A ``Home`` is one installation. ``run`` is a child process; ``meet`` hands entries from ledger to
ledger without a network; ``sign`` writes what our own rules would never let a person write.
"""

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from p2pshare.cli import main
from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.days import day_of
from p2pshare.domain.drafts import Draft
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.config import local_zone
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import Ledger
from p2pshare.node.writing import Writing

SCRIPT = Path(sys.executable).with_name("p2pshare-cli")
SECONDS_MAX = 30.0

#: The keys of DESIGN section 12.
LISTING_KEYS = [
    *("listing", "exchange_type", "item_type", "transaction_type", "title", "description"),
    *("category", "tags", "quantity", "available", "photos", "person", "person_name", "circle"),
    "updated",
]
LOAN_KEYS = [
    *("loan", "listing", "title", "lender", "lender_name", "borrower", "borrower_name", "state"),
    *("from", "until", "due_at", "overdue", "signed_by"),
]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output, after a success."""
        assert self.code == 0, self.err
        assert self.err == ""
        assert self.out.count("\n") == 1, "one document, on one line"
        return json.loads(self.out)


class Home:
    """A folder, and the commands on it: of child processes, or of this one."""

    def __init__(self, folder: Path, *, in_process: bool = False, **environment: str) -> None:
        self.folder = folder
        self.environment = environment
        self._in_process = in_process

    def run(self, *arguments: str | bytes) -> Ran:
        """Run p2pshare-cli on this folder."""
        if self._in_process:
            return self._run_here(*map(os.fsdecode, arguments))
        ran = subprocess.run(
            [SCRIPT, "--data", self.folder, *arguments],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())

    def _run_here(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.StringIO())
            with redirect_stdout(out), redirect_stderr(err):
                code = main(["--data", str(self.folder), *arguments])
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str) -> Any:
        """The document that a command prints with --json."""
        return self.run("--json", *arguments).document

    def ledger(self) -> Ledger:
        """The ledger itself; the caller closes it."""
        return Ledger(self.folder)

    def dump(self) -> list[tuple[Any, ...]]:
        """Every entry and every folded row: what a refused command must leave as it was."""
        with closing(self.ledger()) as ledger:
            rows = []
            for table in ("entries", "bodies", "listings", "persons", "payments", "agreements"):
                rows += ledger.database.connection.execute(f"SELECT * FROM {table}").fetchall()
        return rows


def is_id(text: str, size: int) -> bool:
    """Whether ``text`` is the hex of ``size`` bytes."""
    return re.fullmatch(r"[0-9a-f]+", text) is not None and len(text) == size * 2


def one_error(text: str) -> bool:
    """Whether ``text`` is one clear line about what was refused."""
    return text.startswith("error: ") and text.count("\n") == 1 and "Traceback" not in text


def today() -> str:
    """The local day."""
    return day_of(time.time_ns() // 1_000_000, local_zone())


def entries_of(ledger: Ledger) -> list[list[SignedEntry]]:
    """All entries of a ledger, a list for each feed, in the order of the chain."""
    feeds: dict[bytes, list[SignedEntry]] = {}
    for feed, header, signature, body in ledger.database.connection.execute(
        "SELECT f.feed, e.header, e.signature, b.body FROM entries AS e"
        " JOIN feeds AS f ON f.number = e.feed LEFT JOIN bodies AS b ON b.entry = e.number"
        " ORDER BY e.feed, e.seq"
    ):
        feeds.setdefault(feed, []).append(SignedEntry(header, signature, body))
    return list(feeds.values())


def meet(*homes: Home) -> None:
    """Give everybody what everybody has, and what follows from it."""
    for _ in range(2):
        for giver in homes:
            with closing(giver.ledger()) as ledger:
                stretches = entries_of(ledger)
            for taker in homes:
                if taker is not giver:
                    with closing(taker.ledger()) as ledger:
                        report = ledger.receive([Arrival(OPEN_CIRCLE, one) for one in stretches])
                        ledger.entail(report)


def sign_listing(home: Home, **fields: Any) -> str:
    """A listing as a hostile peer may sign it: within the limits, and with any characters."""
    put = ListingPut(
        **{
            "exchange_type": ExchangeType.OFFER,
            "item_type": ItemType.GOOD,
            "transaction_types": ("borrow-lend",),
            "quantity": 1,
            **fields,
        }
    )
    with closing(home.ledger()) as ledger:
        person = ledger.acting_person(None)
        with ledger.ingest.batch(durable=False) as batch:
            writing = Writing(batch, ledger.keys, person, OPEN_CIRCLE, ledger.clock)
            listing = writing.write(Draft("listing.put", put))
            batch.finish(by_peer=False)
    return listing.hex()


class LiveNode:
    """``p2pshare-cli node`` as a child; a context manager that ends it."""

    def __init__(self, home: Home, *arguments: str, as_json: bool = True) -> None:
        self._process = subprocess.Popen(
            [
                *(SCRIPT, "--data", str(home.folder), *(("--json",) if as_json else ())),
                *("node", "--interface", "127.0.0.1", *arguments),
            ],
            env={**os.environ, **home.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._changed = threading.Condition()
        self.lines: list[str] = []
        self._errors: str | None = None
        self._ended = False
        self._reader = threading.Thread(target=self._read, name="reader of a node")
        self._reader.start()

    def __enter__(self) -> "LiveNode":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def process(self) -> "subprocess.Popen[str]":
        return self._process

    @property
    def first(self) -> dict[str, Any]:
        """The first line, once it is there."""
        found: dict[str, Any] = json.loads(self.wait_line(lambda line: True))
        return found

    def wait_line(self, matches: Callable[[str], bool]) -> str:
        """The first line that matches, within SECONDS_MAX."""
        end = time.monotonic() + SECONDS_MAX
        with self._changed:
            while True:
                for line in self.lines:
                    if matches(line):
                        return line
                left = end - time.monotonic()
                assert not self._ended, f"the node has ended: {self.lines}"
                assert left > 0, f"never came; there is {self.lines}"
                self._changed.wait(left)

    def wait_event(self, **fields: Any) -> dict[str, Any]:
        """The first event that has these fields."""
        line = self.wait_line(lambda line: fields.items() <= json.loads(line).items())
        event: dict[str, Any] = json.loads(line)
        return event

    def end(self, number: int = 15) -> tuple[int, str]:
        """Send a signal, wait; the exit code and standard error. Idempotent."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(SECONDS_MAX)
        self._reader.join()
        if self._errors is None:
            assert self._process.stderr is not None
            self._errors = self._process.stderr.read()
            self._process.stderr.close()
        return code, self._errors

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
