"""How things are used and what lending spared: counted from the loans of persons hosted here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import (
    CloseListing,
    CorrectHours,
    MoveAgreement,
    PayHours,
)
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.impact import ImpactFacts
from p2pshare.domain.matching_views import UsageView
from p2pshare.domain.vocabulary import TransactionType


class Street:
    """Ada who lends, and Ben who borrows, each with a computer."""

    def __init__(self, folder: Path) -> None:
        self.ada_home, self.ben_home = Computer(folder / "ada"), Computer(folder / "ben")
        self.ada, self.ben = self.ada_home.add("Ada"), self.ben_home.add("Ben")
        meet(self.ada_home, self.ben_home)

    def days_later(self, days: int) -> None:
        for home in (self.ada_home, self.ben_home):
            assert isinstance(home.clock, ManualClock)
            home.clock.advance(days * DAY_MS / 1000)

    def lend(self, listing: bytes, days: int, instead: str | None = None) -> bytes:
        """Ben borrows for so many days, and may say what he would have done without."""
        meet(self.ada_home, self.ben_home)
        loan = self.ben_home.ask(self.ben, listing)
        meet(self.ada_home, self.ben_home)
        self.ada_home.move(self.ada, loan, "accept")
        self.ada_home.move(self.ada, loan, "hand-over")
        meet(self.ada_home, self.ben_home)
        self.days_later(days)
        self.ben_home.perform(
            MoveAgreement(person=self.ben, agreement=loan, move="give-back", instead=instead)
        )
        meet(self.ada_home, self.ben_home)
        self.ada_home.move(self.ada, loan, "take-back")
        meet(self.ada_home, self.ben_home)
        return loan

    def usage(self, home: Computer, person: bytes, *, borrowed: bool = False) -> list[UsageView]:
        return home.queries.statistics.usage(
            [person.hex()], home.clock.time_ms(), 0, borrowed=borrowed
        )

    def facts(self, home: Computer, person: bytes) -> ImpactFacts:
        return home.queries.statistics.impact_facts([person.hex()])


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path)
    yield made
    made.ada_home.close()
    made.ben_home.close()


def test_use_is_counted_from_ones_own_loans(street: Street) -> None:
    drill = street.ada_home.offer(street.ada, "Drill")
    tent = street.ada_home.offer(street.ada, "Tent")
    street.ada_home.offer(
        street.ada, "Old sofa", transaction_types=(TransactionType.RECEIVE_DONATE,)
    )
    gone = street.ada_home.offer(street.ada, "Saw")
    street.lend(gone, 1)
    street.ada_home.perform(CloseListing(person=street.ada, listing=gone))
    street.lend(drill, 2)
    street.days_later(3)
    street.lend(drill, 0)
    street.days_later(10)
    assert street.usage(street.ada_home, street.ada) == [
        UsageView(drill.hex(), "Drill", 2, 4, "2026-11-24", 10),
        UsageView(tent.hex(), "Tent", 0, 0, None, 16),
    ]
    assert street.usage(street.ben_home, street.ben) == []
    borrowed = street.usage(street.ben_home, street.ben, borrowed=True)
    assert [(view.title, view.loans) for view in borrowed] == [("Drill", 2), ("Saw", 1)]
    assert street.usage(street.ada_home, street.ben) == []


def test_a_thing_that_is_out_is_not_idle(street: Street) -> None:
    drill = street.ada_home.offer(street.ada, "Drill")
    street.days_later(5)
    meet(street.ada_home, street.ben_home)
    loan = street.ben_home.ask(street.ben, drill)
    meet(street.ada_home, street.ben_home)
    street.ada_home.move(street.ada, loan, "accept")
    assert street.usage(street.ada_home, street.ada)[0].idle_days == 5
    street.ada_home.move(street.ada, loan, "hand-over")
    street.days_later(2)
    assert street.usage(street.ada_home, street.ada) == [
        UsageView(drill.hex(), "Drill", 1, 3, "2026-11-25", 0)
    ]


def test_impact_is_counted_from_loans_that_began(street: Street) -> None:
    assert street.facts(street.ada_home, street.ada) == ImpactFacts()
    drill = street.ada_home.offer(street.ada, "Drill", quantity=3)
    for answer in ("bought", "bought", "hired", "without", None):
        street.lend(drill, 1, answer)
    street.ben_home.ask(street.ben, drill)
    meet(street.ada_home, street.ben_home)
    expected = ImpactFacts(
        loans=5, people=2, thing_loans=5, bought=2, hired=1, without=1, minutes=0
    )
    assert street.facts(street.ada_home, street.ada) == expected
    assert street.facts(street.ben_home, street.ben) == expected
    assert street.facts(street.ada_home, street.ben) == expected


def test_cars_are_counted_apart(street: Street) -> None:
    for title in ("Red car", "Auto, 5 Sitze", "Car seat"):
        street.lend(street.ada_home.offer(street.ada, title), 1, "bought")
    assert street.facts(street.ada_home, street.ada) == ImpactFacts(
        loans=3, people=2, thing_loans=1, bought=1, car_sharers=1
    )


def test_hours_count_as_they_were_corrected(street: Street) -> None:
    def pay(minutes: int) -> bytes:
        command = PayHours(person=street.ben, payee=street.ada, minutes=minutes)
        return street.ben_home.perform(command)[0].subject

    much, little, _right = pay(90), pay(30), pay(15)
    meet(street.ada_home, street.ben_home)
    street.ada_home.perform(CorrectHours(person=street.ada, payment=much, minutes=60))
    street.ben_home.perform(CorrectHours(person=street.ben, payment=little, minutes=45))
    meet(street.ada_home, street.ben_home)
    for home, person in ((street.ada_home, street.ada), (street.ben_home, street.ben)):
        assert street.facts(home, person).minutes == 60 + 45 + 15
    assert street.facts(street.ada_home, bytes(32)).minutes == 0


def test_answers_come_with_the_give_back(street: Street) -> None:
    loan = street.lend(street.ada_home.offer(street.ada), 1, "hired")
    details = [
        json.loads(details)
        for (details,) in street.ada_home.database.connection.execute(
            "SELECT details FROM agreement_moves WHERE agreement = ? AND move = 'give-back'",
            (loan.hex(),),
        )
    ]
    assert [one["instead"] for one in details] == ["hired"]
    assert street.ada_home.clock.time_ms() == START_MS + DAY_MS
