"""A dozen whole installations whose people lend, pay, edit and forget: all end with one story."""

import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sim.hostile import KINDS
from sim.real_ledger import RealLedger, RealNode
from sim.store_ledger import StoreLedger
from sim.world import World

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import (
    AddListing,
    AddPerson,
    CloseListing,
    Command,
    EditListing,
    Forget,
    MoveAgreement,
    PayHours,
    RequestLoan,
)
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.store.audit import audit
from p2pshare.store.faults import Fault
from p2pshare.sync.events import OwedChanged

START_MS = 1_760_000_000_000
DAY = "2025-10-10"
PEOPLE = 7
KIOSKS = 2
SHARED = ("persons", "listings", "busy_periods", "payments")


class Village:
    """Seven people, one of them on two computers, two kiosks and two who lie."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.world = World(("village", seed))
        self.drawn = random.Random(seed)
        self.folder = folder
        self.ledgers: list[StoreLedger] = []
        self.people: list[RealNode] = []
        for number in range(PEOPLE):
            node = self.install(f"person {number}", skew_ms=self.drawn.randrange(-(10**10), 10**10))
            node.person = node.perform(AddPerson(name=f"Person {number}"))
            self.people.append(node)
        self.kiosks = [self.install(f"kiosk {number}") for number in range(KIOSKS)]
        shutil.copytree(folder / "person 0", folder / "second")
        self.second = self.install("second")
        self.second.person = self.people[0].person
        assert isinstance(self.second.ledger, RealLedger)
        self.second.ledger.become_another()
        self.people.append(self.second)
        for number in range(2):
            kind = KINDS[(2 * seed + number) % len(KINDS)]
            self.ledgers.append(StoreLedger())
            self.world.add(f"{kind.__name__} {number}", kind, ledger=self.ledgers[-1])
        assert len(self.world.nodes) == 12
        for node in self.world.nodes:
            self.world.link_at_random(node, 6 if node.hostile else 2)

    def install(self, name: str, skew_ms: int = 0) -> RealNode:
        ledger = RealLedger(self.folder / name, ManualClock(START_MS + skew_ms))
        self.ledgers.append(ledger)
        node = self.world.add(name, RealNode, ledger=ledger)
        assert isinstance(node, RealNode)
        return node

    def somebody_acts(self) -> None:
        """Somebody does something that may or may not be possible; refusals change nothing."""
        node = self.drawn.choice(self.people)
        with suppress(DomainError, UnknownReference):
            node.perform(self.command_of(node))

    def command_of(self, node: RealNode) -> Command:
        drawn, who, queries = self.drawn, node.person, node.ledger.ledger.queries
        listings = queries.listings(DAY)
        own = [bytes.fromhex(one.listing) for one in listings if one.own]
        others = [bytes.fromhex(one.listing) for one in listings if not one.own]
        loans = queries.agreements(START_MS)
        what = drawn.random()
        if loans and what < 0.45:
            moves = [row.move for row in LOAN.rows]
            loan = bytes.fromhex(drawn.choice(loans).agreement)
            return MoveAgreement(person=who, agreement=loan, move=drawn.choice(moves))
        if others and what < 0.65:
            return RequestLoan(person=who, listing=drawn.choice(others))
        if own and what < 0.7:
            title = f"Edited {drawn.randrange(1000)}"
            return EditListing(person=who, listing=drawn.choice(own), title=title)
        if own and what < 0.73:
            return CloseListing(person=who, listing=drawn.choice(own))
        if what < 0.8:
            subjects = [*own, *(bytes.fromhex(one.agreement) for one in loans), bytes(16)]
            return Forget(person=who, subject=drawn.choice(subjects))
        if what < 0.85:
            payee = drawn.choice(self.people).person
            return PayHours(person=who, payee=payee, minutes=drawn.randrange(1, 90))
        title = f"Thing {drawn.randrange(1000)}"
        return AddListing(person=who, exchange_type=ExchangeType.OFFER, title=title)


@pytest.fixture
def village(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Village]:
    made = Village(tmp_path, request.param)
    yield made
    for ledger in made.ledgers:
        ledger.close()


@pytest.mark.parametrize("village", [1, 2, 3], indirect=True)
def test_a_village_ends_with_one_story(village: Village) -> None:
    world = village.world
    world.break_chance = 0.05
    for number in range(60):
        if number == 20:
            world.partition(world.nodes[::2], world.nodes[1::2])
        if number == 40:
            world.partition()
        for _ in range(3):
            village.somebody_acts()
        world.run(0.4)
    world.break_chance = 0.0
    world.run_until_equal(60)

    nodes = [*village.people, *village.kiosks]
    tables = {node.name: node.ledger.tables() for node in nodes}
    story = tables["kiosk 0"]
    assert len(story["listings"]) > 5
    assert len(story["payments"]) > 0
    assert (story["agreements"], story["agreement_moves"]) == ([], [])
    for name, found in tables.items():
        for table in SHARED:
            assert found[table] == story[table], f"{table} at {name}"
    assert tables["kiosk 1"] == story
    assert tables["second"] == tables["person 0"], "one reader on two computers"

    moves = 0
    for node in nodes:
        for row in tables[node.name]["agreements"]:
            for other in nodes:
                if other.person.hex() in (row["owner"], row["asker"]):
                    assert row in tables[other.name]["agreements"]
                    moves += len(tables[other.name]["agreement_moves"])
    assert moves > 20, "there were loans"

    assert sum(queries_balance(node) for node in village.people if node is not village.second) == 0
    for node in (village.people[0], village.kiosks[0]):
        # False signatures within stretches are taken in: the last one speaks for those before it.
        # The audit finds them, and a neighbour who has true ones mends them.
        faults = faults_of(node)
        assert {fault.what for fault in faults} <= {"signature"}
        node.tell(OwedChanged(node.circle, owed=node.ledger.owed()))
        world.run_until_equal(60)
        assert faults_of(node) == ()


def faults_of(node: RealNode) -> tuple[Fault, ...]:
    ledger = node.ledger.ledger
    return audit(ledger.folder / "ledger.db", ledger.reading_keys()).faults


def queries_balance(node: RealNode) -> int:
    queries = node.ledger.ledger.queries
    return queries.accounts.balance(node.person.hex(), node.circle.hex()).minutes
