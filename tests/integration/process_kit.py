"""Several processes on one folder: ``python -m integration.process_kit SCENARIO FOLDER``.

A warm parent as ``crash_kit`` is: it forks children with explicit pids, holds no ledger open while
it does, and waits for their words on pipes, never for time to pass. Each scenario prints what it
saw as JSON; ``test_processes`` says what it has to be.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from integration.crash_life import Say
from integration.fork_kit import Child, StartingGun

from p2pshare.domain.commands import AddListing, AddPerson, Forget
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import AlreadyRunning, P2PShareError
from p2pshare.node.ledger import KEYS_FOLDER, LEDGER_FILE, Ledger
from p2pshare.node.lock import NodeLock
from p2pshare.store import database
from p2pshare.store.audit import audit

PROCESSES = 8
LISTINGS = 12
SECRET = b"a closed circle's 32 byte secret"
SECONDS = 30.0


def writers(folder: Path) -> dict[str, Any]:
    """Eight start on an empty folder; whoever is first adds Ada; all write as Ada at once.

    In the open circle and in a closed one, where no feed is open before the race.
    """
    gun, turn = StartingGun(), os.pipe()

    def write(say: Say, number: int) -> None:
        gun.wait()
        with closing(Ledger(folder)) as ledger:
            circle = ledger.add_closed_circle("workshop", SECRET)
            try:
                os.close(os.open(folder / "first", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                os.read(turn[0], 1)
            else:
                ledger.perform(AddPerson(name="Ada"))
                os.write(turn[1], b"x" * PROCESSES)
            (ada,) = ledger.own_persons()
            for index in range(LISTINGS):
                where = circle if index % 2 else None
                _offer(ledger, ada, f"Thing {number}-{index}", where)

    children = [Child(write, n) for n in range(PROCESSES)]
    gun.fire()
    for child in children:
        child.finish()
    for end in turn:
        os.close(end)
    return _look(folder)


def inits(folder: Path) -> dict[str, Any]:
    """Eight processes each add a person of their own to an empty folder at once."""
    gun = StartingGun()

    def start(_say: Say, number: int) -> None:
        gun.wait()
        with closing(Ledger(folder)) as ledger:
            ledger.perform(AddPerson(name=f"Person {number}"))
            ledger.keys.device_key()

    children = [Child(start, n) for n in range(PROCESSES)]
    gun.fire()
    for child in children:
        child.finish()
    return _look(folder)


def killed_writers(folder: Path) -> dict[str, Any]:
    """Four write as Ada at once; three are killed in the middle of it, one after the other."""
    with closing(Ledger(folder)) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject

    def write(say: Say, number: int) -> None:
        with closing(Ledger(folder)) as ledger:
            for index in range(10_000 if number else LISTINGS * 5):
                title = f"Thing-{number}-{index}"
                _offer(ledger, ada, title)
                say("wrote", title)

    children = [Child(write, n) for n in range(4)]
    for child in children[1:]:
        assert child.read(SECONDS, until="wrote")
        child.read(0.02)
        child.kill()
    children[0].finish()
    acknowledged = sorted(line[1] for child in children for line in child.lines)
    return {
        "acknowledged": acknowledged,
        "killed": sum(child.killed for child in children),
        **_look(folder),
    }


def node_lock(folder: Path) -> dict[str, Any]:
    """One process is on the network: others write, none takes its lock; killed, it leaves none."""
    with closing(Ledger(folder)) as ledger:
        ledger.perform(AddPerson(name="Ada"))

    def hold(say: Say) -> None:
        lock = NodeLock(folder)
        say("held")
        os.read(os.pipe()[0], 1)  # until killed
        lock.release()

    holder = Child(hold)
    assert holder.read(SECONDS, until="held")
    refused = _error_of(lambda: NodeLock(folder), AlreadyRunning)
    written = Child(_write, folder, 5).finish()
    holder.kill()
    NodeLock(folder).release()
    return {"refused": refused, "written": len(written), "killed": holder.killed, **_look(folder)}


def long_reader(folder: Path) -> dict[str, Any]:
    """A process holds a read transaction all the while; others write, and forget."""
    with closing(Ledger(folder)) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject
        drill = _offer(ledger, ada, "Drill xylophone")
    go, stop = os.pipe(), os.pipe()

    def read(say: Say) -> None:
        os.close(stop[1])
        with closing(Ledger(folder)) as ledger, ledger.database.snapshot() as connection:
            say("reading", *_counted(connection))
            os.read(stop[0], 1)  # until told
            say("again", *_counted(connection))

    reader = Child(read)
    os.close(stop[0])
    assert reader.read(SECONDS, until="reading")

    def forget(say: Say) -> None:
        os.close(stop[1])
        with closing(Ledger(folder)) as ledger:
            started = time.monotonic()
            for index in range(LISTINGS):
                _offer(ledger, ada, f"Thing {index}")
            say("wrote", str(time.monotonic() - started))
            erased = ledger.perform(Forget(person=ada, subject=drill))[0].erased
            say("forgot", str(erased), str(_holds(folder, b"xylophone")))
            os.read(go[0], 1)  # until the reader is gone
            _offer(ledger, ada, "One thing more")
            say("left", str(_holds(folder, b"xylophone")))

    writer = Child(forget)
    assert writer.read(SECONDS, until="forgot")
    os.close(stop[1])
    told = {line[0]: line[1:] for line in reader.finish()}
    os.write(go[1], b"x")
    told.update({line[0]: line[1:] for line in writer.finish()})
    for end in go:
        os.close(end)
    return {"told": told, **_look(folder)}


def busy(folder: Path) -> dict[str, Any]:
    """A process does not let go of the write lock: one clear error for the others, in time."""
    with closing(Ledger(folder)) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    stop = os.pipe()

    def hold(say: Say) -> None:
        os.close(stop[1])
        with closing(Ledger(folder)) as ledger, ledger.database.transaction(durable=True):
            say("held")
            os.read(stop[0], 1)  # until told

    holder = Child(hold)
    os.close(stop[0])
    assert holder.read(SECONDS, until="held")

    def try_to_write(say: Say) -> None:
        vars(database)["_BUSY_SECONDS"] = 0.2  # 30 s in life
        os.close(stop[1])
        with closing(database.Database(folder / LEDGER_FILE, read_only=True)) as reading:
            say("readable", *_counted(reading.connection))
        say("opening", *_error_of(lambda: Ledger(folder)))

    seen = {line[0]: line[1:] for line in Child(try_to_write).finish()}
    os.close(stop[1])
    holder.finish()
    with closing(Ledger(folder)) as ledger:
        _offer(ledger, ada, "Afterwards")
    return {**seen, **_look(folder)}


def busy_midlife(folder: Path) -> dict[str, Any]:
    """As ``busy``, for a process that had the ledger open already."""
    with closing(Ledger(folder)) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    vars(database)["_BUSY_SECONDS"] = 0.2  # 30 s in life
    go = os.pipe()

    def live(say: Say) -> None:
        with closing(Ledger(folder)) as ledger:
            say("open")
            os.read(go[0], 1)  # until the lock is held
            say("busy", *_error_of(lambda: _offer(ledger, ada, "Busy")))
            os.read(go[0], 1)  # until it is let go
            _offer(ledger, ada, "Afterwards")
            say("wrote")

    child = Child(live)
    assert child.read(SECONDS, until="open")
    with closing(sqlite3.connect(folder / LEDGER_FILE, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        os.write(go[1], b"x")
        assert child.read(SECONDS, until="busy")
        holder.execute("ROLLBACK")
    os.write(go[1], b"x")
    lines = {line[0]: line[1:] for line in child.finish()}
    for end in go:
        os.close(end)
    return {**lines, **_look(folder)}


def newer(folder: Path) -> dict[str, Any]:
    """A newer p2pshare migrates, or folds anew, beneath a process that has the ledger open."""
    with closing(Ledger(folder)) as ledger:
        ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    go = os.pipe()
    changes = (
        "PRAGMA user_version = 99",
        "PRAGMA user_version = 1; UPDATE ledger SET value = '99' WHERE name = 'fold_version'",
    )

    def live(say: Say) -> None:
        with closing(Ledger(folder)) as ledger:
            _offer(ledger, ada, "Before")
            say("ready")
            for change in changes:
                os.read(go[0], 1)  # until it has happened
                say("perform", *_error_of(lambda: _offer(ledger, ada, "After")))
                say("receive", *_error_of(lambda: ledger.receive([])))
                say("rebuild", *_error_of(ledger.rebuild))
                say("readable", str(len(ledger.queries.listings(ledger.today()))))
                say("opening", *_error_of(lambda: Ledger(folder)))
                say("done", change.split()[0])

    child = Child(live)
    assert child.read(SECONDS, until="ready")
    for change in changes:
        with closing(sqlite3.connect(folder / LEDGER_FILE, isolation_level=None)) as other:
            other.executescript(change)
        os.write(go[1], b"x")
        assert child.read(SECONDS, until="done")
    lines = child.finish()
    for end in go:
        os.close(end)
    with closing(sqlite3.connect(folder / LEDGER_FILE)) as connection:
        entries = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    return {"lines": lines, "entries": entries}


# --- what they share ------------------------------------------------------------------------------


def _offer(ledger: Ledger, person: bytes, title: str, circle: bytes | None = None) -> bytes:
    command = AddListing(
        person=person, circle=circle, exchange_type=ExchangeType.OFFER, title=title
    )
    return ledger.perform(command)[0].subject


def _write(say: Say, folder: Path, listings: int) -> None:
    with closing(Ledger(folder)) as ledger:
        person = next(iter(ledger.own_persons()))
        for index in range(listings):
            _offer(ledger, person, f"Thing {index}")
            say("wrote")


def _error_of(
    work: Callable[[], object], expected: type[P2PShareError] = P2PShareError
) -> list[str]:
    """(class, text) of the error that ``work`` must end in."""
    try:
        work()
    except expected as error:
        return [type(error).__name__, str(error)]
    return ["no error"]


def _counted(connection: sqlite3.Connection) -> list[str]:
    return [str(connection.execute("SELECT count(*) FROM entries").fetchone()[0])]


def _holds(folder: Path, word: bytes) -> bool:
    """Whether ledger files hold the word; asked of another process, for closing drops locks."""
    paths = sorted(folder.glob(f"{LEDGER_FILE}*"))
    return subprocess.run(["grep", "-qaF", word.decode(), *paths], check=False).returncode == 0


def _look(folder: Path) -> dict[str, Any]:
    """What is in the folder once all is quiet."""
    with closing(Ledger(folder)) as ledger:
        connection = ledger.database.connection
        feeds = connection.execute(
            "SELECT count(*), count(DISTINCT e.seq), max(e.seq) + 1, (SELECT count(*) FROM tips"
            " WHERE tips.feed = f.number), o.retired FROM own_feeds AS o JOIN feeds AS f"
            " ON f.feed = o.feed JOIN entries AS e ON e.feed = f.number GROUP BY f.number"
        ).fetchall()
        titles = [title for (title,) in connection.execute("SELECT title FROM listings")]
        report = audit(folder / LEDGER_FILE, ledger.reading_keys())
        return {
            "persons": list(ledger.own_persons().values()),
            "feeds": feeds,
            "titles": sorted(titles),
            "forks": connection.execute("SELECT count(*) FROM branches").fetchone()[0],
            "faults": [str(fault) for fault in report.faults],
            "keys": sorted(
                path.name.partition("-")[0] for path in (folder / KEYS_FOLDER).iterdir()
            ),
        }


SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (
        writers,
        inits,
        killed_writers,
        node_lock,
        long_reader,
        busy,
        busy_midlife,
        newer,
    )
}


def main(scenario: str, folder: str) -> None:
    """Run a scenario and print what it saw."""
    json.dump(SCENARIOS[scenario](Path(folder)), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
