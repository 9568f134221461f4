"""Kills processes on a ledger and looks at what is left: ``python -m integration.crash_kit``.

The warm parent: it has imported everything, holds no ledger open while it forks, and has no
threads. ``random FOLDER KILLS SEED`` kills the life of ``crash_life`` at random moments from its
fork on; the other scenarios aim at one phase, and count the delay from a mark that the child
writes right before it. Prints figures as JSON. Never run within pytest's own process.
"""

import gc
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from integration.crash_checks import Promised, check_quickly, check_whole, tables
from integration.crash_life import ROUNDS_MAX, Foreign, Life, Say, make_foreign
from integration.fork_kit import Child

from p2pshare.domain.commands import AddListing, AddPerson, Forget
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.ledger import LEDGER_FILE, Ledger
from p2pshare.store.database import Database

KILLS_PER_FOLDER = 25
"""Then everything is checked, and the next child finds an empty folder again."""

MARK_SECONDS = 30.0


@contextmanager
def _told(seed: str, number: int, delay: float) -> Iterator[None]:
    """Whatever goes wrong says how to do it again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}, kill {number}, after {delay * 1000:.2f} ms")
        raise


# --- at random moments ----------------------------------------------------------------------------


def kill_at_random(folder: Path, kills: int, seed: str) -> dict[str, float]:
    """Kill a life ``kills`` times, anywhere from its first instruction to its third round."""
    random = Random(seed)
    foreign = make_foreign(folder)
    gc.freeze()
    first_round = _seconds_of(Child(_live, folder / "measured", foreign, seed, 1))
    two_rounds = _seconds_of(Child(_live, folder / "measured", foreign, seed, 6)) / 3
    figures = {"kills": 0, "folders": 0, "entries": 0, "agreements": 0, "places": 0, "bodies": 0}
    place, promised = folder / "0", Promised()
    number = barren = 0
    while figures["kills"] < kills:
        longest = two_rounds if promised.places else first_round
        delay = random.uniform(0, longest * (1 + barren / 8))

        with _told(seed, number, delay):
            child = Child(_live, place, foreign, f"{seed}/{number}", ROUNDS_MAX)
            child.read(delay)
            child.kill()
            figures["kills"] += child.killed
            promised.take(child.lines)
            barren = 0 if child.lines else barren + 1  # a busy machine: give them more time
            check_quickly(place, promised)
            number += 1
            if number % KILLS_PER_FOLDER == 0 or figures["kills"] == kills:
                for name, value in check_whole(place, promised, foreign).items():
                    figures[name] += value
                figures["bodies"] += len(promised.bodies)
                figures["places"] += len(promised.places)
                figures["folders"] += 1
                shutil.rmtree(place)
                place, promised = folder / str(number), Promised()
    return {**figures, "round_ms": round(two_rounds * 500, 1)}


def _live(say: Say, folder: Path, foreign: Foreign, seed: str, rounds: int) -> None:
    Life(folder, foreign, Random(seed), say).live(rounds)


def _seconds_of(child: Child) -> float:
    started = time.monotonic()
    child.finish()
    return time.monotonic() - started


# --- in one phase ---------------------------------------------------------------------------------


def first_start(say: Say, folder: Path) -> None:
    """An empty folder becomes Ada's."""
    _mark(say)
    ledger = Ledger(folder)
    _say_places(say, ledger, ledger.perform(AddPerson(name="Ada"))[0].subject)
    _end(say)


def migration(say: Say, folder: Path) -> None:
    """A file without tables is migrated."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / LEDGER_FILE)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    _mark(say)
    Database(folder / LEDGER_FILE).close()
    _end(say)


def add_feed(say: Say, folder: Path) -> None:
    """A person's first words in a circle open a feed: its key file, then its transaction."""
    ledger = Ledger(folder)
    ada = next(iter(ledger.own_persons()))
    number = ledger.database.connection.execute("SELECT count(*) FROM circles").fetchone()[0]
    circle = ledger.add_closed_circle(f"circle {number}", number.to_bytes(32, "big"))
    _mark(say)
    command = AddListing(
        person=ada, circle=circle, exchange_type=ExchangeType.OFFER, title="A thing"
    )
    ledger.perform(command)
    _say_places(say, ledger, ada)
    _end(say)


def erasure(say: Say, folder: Path) -> None:
    """Words are forgotten: an entry, the body's bytes, the index, the write-ahead log."""
    ledger = Ledger(folder)
    ada = next(iter(ledger.own_persons()))
    word = f"secret{time.monotonic_ns():x}"
    command = AddListing(person=ada, exchange_type=ExchangeType.OFFER, title=f"Drill {word}")
    listing = ledger.perform(command)[0].subject
    _say_places(say, ledger, ada)
    say("forgetting", word)
    _mark(say)
    ledger.perform(Forget(person=ada, subject=listing))
    say("forgot", word)
    _end(say)


def rebuild(say: Say, folder: Path) -> None:
    """Every row that follows from the log is made again."""
    ledger = Ledger(folder)
    _mark(say)
    ledger.rebuild()
    _end(say)


PHASES = {
    "first_start": first_start,
    "migration": migration,
    "add_feed": add_feed,
    "erasure": erasure,
    "rebuild": rebuild,
}
STARTS_EMPTY = ("first_start", "migration")


def kill_in_phase(folder: Path, phase: str, kills: int, seed: str) -> dict[str, float]:
    """Kill ``kills`` processes within one phase, each at a moment of its own; check each."""
    random = Random(f"{seed}/{phase}")
    foreign = make_foreign(folder)
    gc.freeze()
    act = PHASES[phase]
    promised = Promised()
    place = _prepared(folder / "0", phase, foreign)
    longest = max(
        _run_once(act, _prepared(folder / f"measured{n}", phase, foreign)) for n in range(3)
    )
    within = number = 0
    while within < kills:
        delay = random.uniform(0, longest)
        if phase in STARTS_EMPTY:
            place, promised = folder / str(number), Promised()
        before = _tables_of(place) if phase == "rebuild" else None
        with _told(f"{seed} {phase}", number, delay):
            child = Child(act, place)
            assert child.read(MARK_SECONDS, until="mark"), "the phase never began"
            child.read(delay)
            child.kill()
            inside = child.killed and child.lines[-1][0] != "end"
            within += inside
            longest *= 1 if inside else 0.9  # a machine that was busy is not any more
            promised.take(child.lines)
            check_quickly(place, promised)
            assert before is None or before == _tables_of(place), "a killed rebuild changed rows"
            if phase in STARTS_EMPTY or number % KILLS_PER_FOLDER == 0 or within == kills:
                check_whole(place, promised, foreign)
            if number % (3 if phase in STARTS_EMPTY else KILLS_PER_FOLDER) == 0:
                Child(_live, place, foreign, f"{seed}/{number}", 1).finish()  # life goes on
        number += 1
    return {"kills": within, "phase_ms": round(longest * 1000, 1)}


def _prepared(folder: Path, phase: str, foreign: Foreign) -> Path:
    """A folder to run the phase in, with something to lose in it where it does not begin empty."""
    if phase not in STARTS_EMPTY:
        Child(_live, folder, foreign, "prepared", 2).finish()
    return folder


def _run_once(act: Callable[[Say, Path], None], folder: Path) -> float:
    lines = Child(act, folder).finish()
    times = {line[0]: float(line[1]) for line in lines if line[0] in ("mark", "end")}
    return times["end"] - times["mark"]


def _tables_of(folder: Path) -> dict[str, list[object]]:
    database = Database(folder / LEDGER_FILE, read_only=True)
    try:
        return tables(database.connection)
    finally:
        database.close()


def _mark(say: Say) -> None:
    say("mark", str(time.monotonic()))


def _end(say: Say) -> None:
    say("end", str(time.monotonic()))


def _say_places(say: Say, ledger: Ledger, person: bytes) -> None:
    """Acknowledge the latest entries of a person."""
    rows = ledger.database.connection.execute(
        "SELECT f.feed, e.seq, e.id FROM entries AS e JOIN feeds AS f ON f.number = e.feed"
        " WHERE f.person = ? ORDER BY e.number DESC LIMIT 3",
        (person,),
    )
    say("entries", *(f"{feed.hex()}:{seq}:{identifier.hex()}" for feed, seq, identifier in rows))


def main(scenario: str, folder: str, kills: str, seed: str) -> None:
    """Run a scenario and print its figures."""
    started = time.monotonic()
    if scenario == "random":
        figures = kill_at_random(Path(folder), int(kills), seed)
    else:
        figures = kill_in_phase(Path(folder), scenario, int(kills), seed)
    json.dump({**figures, "seconds": round(time.monotonic() - started, 2)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
