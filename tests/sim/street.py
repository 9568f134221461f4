"""A street: people, their computers and kiosks, and the days on which they meet.

Every computer is a whole installation (``sim.real_ledger``): a folder with keys, the real rules,
the real fold, the real sync engine over links in memory. What people do in a day is in
``sim.street_habits``; what must be true at the end in ``sim.street_checks``. Computers are off for
days; in the evening those that are on find each other. All chance comes from one seed, also that of
keys and salts (``sim.street_chance``).
"""

import random
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sim.real_ledger import RealLedger, RealNode
from sim.world import World

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import AddPerson, PersonCommand
from p2pshare.domain.days import DAY_MS, add_days, day_of
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.node.backup import read_backup, write_backup
from p2pshare.node.ingest import IngestReport
from p2pshare.node.keystore import no_passphrase
from p2pshare.node.ledger import LEDGER_FILE

FIRST_MORNING_MS: Final = 1_767_254_400_000  # 2026-01-01, 8 o'clock
MEETING_SECONDS: Final = 120.0
ROUNDS: Final = 6
REFUSED: Final = (DomainError, UnknownReference)


class HouseClock(ManualClock):
    """A computer's clock: the street's, some seconds or hours off."""

    def __init__(self, street: ManualClock, off_ms: int) -> None:
        super().__init__()
        self.street = street
        self.off_ms = off_ms

    def time_ms(self) -> int:
        return self.street.time_ms() + self.off_ms

    def monotonic(self) -> float:
        return self.street.monotonic()


class HouseNode(RealNode):
    """A computer on the network."""

    def host(self, name: str, pin: bytes | None) -> bytes:
        """Somebody new lives here, or signs here with a PIN, as at a desk; the person's key."""
        performed = self.ledger.ledger.perform(AddPerson(name=name, desk=pin is not None), pin)
        for one in performed:
            self._publish(one.report)
        return performed[0].subject

    def tend(self, *, starting: bool = False) -> None:
        """What a node does from time to time, because of the time; and all of it when it starts."""
        report = None if starting else IngestReport()
        for one in self.ledger.ledger.entail(report, timely=True):
            self._publish(one.report)


@dataclass(frozen=True)
class Size:
    """How large a street is, and for how long we watch it."""

    people: int
    items: int
    days: int


@dataclass(eq=False)
class Person:
    """Somebody of the street: a key (32 bytes), and how reliable they are (0 to 1).

    Who has a PIN has no computer, and signs at the library's desk.
    """

    number: int
    name: str
    key: bytes
    reliability: float
    pin: bytes | None = None


@dataclass(eq=False)
class Home:
    """A computer: who lives at it, on how many days it is on, until when it is away altogether."""

    name: str
    node: HouseNode
    diligence: float
    people: list[Person] = field(default_factory=list)
    away_until: int = 0

    @property
    def ledger(self) -> RealLedger:
        """The installation's ledger."""
        return self.node.ledger

    def size_bytes(self) -> int:
        """How large the file is, without its write-ahead log."""
        return (self.ledger.ledger.folder / LEDGER_FILE).stat().st_size


@dataclass
class Statistics:
    """What is printed at the end."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)


class Street:
    """The people and computers of a street, and the time there."""

    def __init__(self, folder: Path, seed: int, size: Size) -> None:
        self.folder = folder
        self.size = size
        self.drawn = random.Random(repr(("street", seed)))
        self.world = World(("street", seed))
        self.clock = ManualClock(FIRST_MORNING_MS)
        self.statistics = Statistics()
        self.homes: list[Home] = []
        self.people: list[Person] = []
        self.day = 0
        self._installed = 0
        self._populate()

    # --- who lives here -----------------------------------------------------------------------

    def _populate(self) -> None:
        """A library's desk and a kiosk, families at one computer, and people with their own."""
        self.kiosk = self.install("kiosk", diligence=0.98)
        self.desk = self.install("desk", diligence=0.65)
        self.library = self.move_in(self.desk, "Library")
        while len(self.people) < max(2, self.size.people // 6):
            self.move_in(self.desk, f"Guest {len(self.people)}", pin=b"2357")
        while len(self.people) < self.size.people:
            diligence = self.drawn.choice((0.5, 0.4, 0.25, 0.15, 0.07))
            home = self.install(f"house {len(self.homes)}", diligence)
            living = self.drawn.choice((1, 2, 3, 3))
            for _ in range(min(living, self.size.people - len(self.people))):
                self.move_in(home, f"Person {len(self.people)}")
        self.meet(self.homes)

    def install(self, name: str, diligence: float) -> Home:
        """A new computer that hosts nobody yet."""
        self._installed += 1
        folder = self.folder / f"{self._installed} {name}"
        off_ms = self.drawn.choice((0, 0, 1, -1, 90, -40, 3600)) * 1000
        ledger = RealLedger(folder, HouseClock(self.clock, off_ms))
        node = self.world.add(f"{name} {self._installed}", HouseNode, ledger=ledger)
        assert isinstance(node, HouseNode)
        home = Home(name, node, diligence)
        self.homes.append(home)
        return home

    def move_in(self, home: Home, name: str, pin: bytes | None = None) -> Person:
        """Somebody new, at ``home``."""
        key = home.node.host(name, pin)
        reliability = self.drawn.choice((1.0, 0.9, 0.7, 0.4))
        person = Person(len(self.people), name, key, reliability, pin)
        self.people.append(person)
        home.people.append(person)
        return person

    def second_computer(self, of: Home, person: Person, diligence: float) -> Home:
        """One more computer of ``person``, made as people make one: from the backup."""
        home = self.install(f"second of {person.name}", diligence)
        keys = of.ledger.ledger.keys
        backup = write_backup(keys, person.key, person.name, None)
        home.ledger.ledger.restore_person(read_backup(backup, no_passphrase))
        home.people.append(person)
        return home

    def breaks(self, home: Home) -> Home:
        """The computer is gone; its people are themselves again on another, from their backups."""
        backups = [
            (person, write_backup(home.ledger.ledger.keys, person.key, person.name, None))
            for person in home.people
        ]
        self.remove(home)
        again = self.install(f"new {home.name}", home.diligence)
        for person, backup in backups:
            again.ledger.ledger.restore_person(read_backup(backup, no_passphrase))
            again.people.append(person)
        self.statistics.events["a computer broke"] += 1
        return again

    def copy_of(self, home: Home) -> Path:
        """A copy of the whole folder, as a careful person makes one, to be put back one day."""
        self.close_file(home)
        copy = self.folder / f"copy of {home.name} {self.day}"
        shutil.copytree(home.ledger.ledger.folder, copy)
        self._open_file(home)
        return copy

    def put_back(self, home: Home, copy: Path) -> None:
        """The folder is as it was when it was copied: what was written since is forgotten here."""
        folder = home.ledger.ledger.folder
        self.close_file(home)
        folder.rename(folder.with_name(f"{folder.name} until day {self.day}"))
        shutil.copytree(copy, folder)
        self._open_file(home)
        self.statistics.events["an old folder was put back"] += 1

    def restart(self, home: Home) -> None:
        """The program ends and starts again."""
        self.close_file(home)
        self._open_file(home)

    def remove(self, home: Home) -> None:
        self.close_file(home)
        self.homes.remove(home)

    def close_file(self, home: Home) -> None:
        home.ledger.close()
        self.world.nodes.remove(home.node)

    def _open_file(self, home: Home) -> None:
        before = home.ledger
        ledger = RealLedger(before.ledger.folder, before.clock)
        node = self.world.add(home.node.name, HouseNode, ledger=ledger)
        assert isinstance(node, HouseNode)
        home.node = node

    # --- days ---------------------------------------------------------------------------------

    @property
    def today(self) -> str:
        return day_of(self.clock.time_ms(), 0)

    def days_from_now(self, count: int) -> str:
        return add_days(self.today, count)

    def pass_minutes(self, minutes: float) -> None:
        self.clock.advance(minutes * 60)

    def next_morning(self) -> None:
        """8 o'clock of the next day, however late it is."""
        self.day += 1
        morning_ms = FIRST_MORNING_MS + self.day * DAY_MS
        self.clock.advance((morning_ms - self.clock.time_ms()) / 1000)

    def who_is_on(self) -> list[Home]:
        """The computers that are on today, in the order in which people sit down at them."""
        on = []
        for home in self.homes:
            if home.away_until <= self.day and self.drawn.random() < 0.01:
                home.away_until = self.day + self.drawn.randrange(4, 25)
            if home.away_until <= self.day and self.drawn.random() < home.diligence:
                on.append(home)
        self.drawn.shuffle(on)
        return on

    def meet(self, homes: list[Home], *, at_once: bool = False) -> None:
        """These computers are on tonight, and equal afterwards.

        One of them meets each of the others, and then each of them again, so that everything
        reaches everybody by relaying, also what somebody's computer answers to what it learns.
        ``at_once``: all are linked at the same time, in a tree, and what one hears goes on at once.
        """
        nodes = [home.node for home in homes]
        if at_once:
            links = [(node, nodes[self.drawn.randrange(place)]) for place, node in _later(nodes)]
            self._link(links)
        else:
            for _ in range(ROUNDS):
                for node in nodes[1:]:
                    self._link([(node, nodes[0])])
                if _digests(nodes) <= 1:
                    break
        assert _digests(nodes) <= 1, f"day {self.day}: {_digests(nodes)} digests after a meeting"

    def _link(self, links: list[tuple[RealNode, RealNode]]) -> None:
        """Make links, wait until their ends are equal, close them."""
        world = self.world
        nodes = {node for link in links for node in link}
        for dialler, listener in links:
            world.network.connect(dialler, listener)

        def equal() -> bool:
            return _digests(nodes) <= 1 and not lacking(nodes)

        met = world.run_until(equal, MEETING_SECONDS)
        names = sorted(node.name for node in nodes)
        assert met, f"day {self.day}: {names} did not become equal"
        for end in list(world.network.ends.values()):
            if end.is_open:
                end.close()
        breaches = [reason for node in nodes for _, reason in node.closed if reason]
        assert not breaches, f"day {self.day}: a link was closed: {breaches}"

    # --- what people do -----------------------------------------------------------------------

    def open_keys(self, home: Home) -> None:
        """Whoever needs a PIN here has just given it; it holds for two minutes."""
        for person in home.people:
            if person.pin is not None:
                home.ledger.ledger.keys.unlock(person.key, person.pin)

    def everybody_meets(self) -> None:
        """All computers are on, and whoever has something to sign has come to the desk."""
        self.meet(self.homes)
        for home in self.homes:
            self.open_keys(home)
            home.node.tend(starting=True)
        self.meet(self.homes)

    def attempt(self, home: Home, command: PersonCommand) -> bytes | None:
        """Do what somebody asks at this computer; None if it is refused, which is counted."""
        self.pass_minutes(self.drawn.randrange(1, 4))
        self.open_keys(home)
        name = type(command).__name__
        move = getattr(command, "move", "")
        said = f"{name} {move}".strip()
        try:
            subject = home.node.perform(command)
        except REFUSED as refusal:
            self.statistics.refused[said, _reason(refusal)] += 1
            return None
        self.statistics.done[said] += 1
        return subject

    def close(self) -> None:
        for home in self.homes:
            home.ledger.close()


def lacking(nodes: Collection[RealNode]) -> set[bytes]:
    """The entries whose bodies some of these owe and others hold.

    What two people forgot is held by nobody, and owed for ever by who came later: that the two were
    its parties shows only in the body (docs/protocol.md section 3).
    """
    owed = set[bytes]().union(*(node.ledger.owed() for node in nodes))
    query = "SELECT 1 FROM bodies WHERE entry = (SELECT number FROM entries WHERE id = ?)"
    return {
        identifier
        for identifier in owed
        if any(
            node.ledger.database.connection.execute(query, (identifier,)).fetchone()
            for node in nodes
        )
    }


def _digests(nodes: Iterable[RealNode]) -> int:
    """How many different ledgers these are."""
    return len({node.frontier.digest() for node in nodes})


def _later(nodes: list[RealNode]) -> list[tuple[int, RealNode]]:
    return list(enumerate(nodes))[1:]


def _reason(refusal: Exception) -> str:
    """What is said, without the days and numbers that make each one different."""
    words = (
        "…" if any(letter.isdigit() for letter in word) else word for word in str(refusal).split()
    )
    return " ".join(words)


@contextmanager
def street_in(folder: Path, seed: int, size: Size) -> Iterator[Street]:
    """A street whose files are closed at the end."""
    street = Street(folder, seed, size)
    try:
        yield street
    finally:
        street.close()
