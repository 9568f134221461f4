"""node.reminding: a live node tells each reminder once, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from integration.nodes_kit import config_of, event_of, offer, person
from unit.node.computers import Computer, meet
from unit.store.world_kit import START_MS, Person, Reader, World, person_of

from p2pshare.clock import ManualClock
from p2pshare.domain.agreement_bodies import HoldAdd, HoldMove, HoldOffer
from p2pshare.domain.bodies import ListingBusy
from p2pshare.domain.commands import AddListing, CloseListing, MoveAgreement, RequestLoan
from p2pshare.domain.days import DAY_MS, add_days, day_of, instant_ms
from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, QUIET_HOURS, QuietHours
from p2pshare.domain.reminders import in_force
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import StoreDamaged
from p2pshare.node import reminding
from p2pshare.node.config import local_zone
from p2pshare.node.events import ReminderDue
from p2pshare.node.facade import Node
from p2pshare.node.ledger import Ledger
from p2pshare.node.reminding import plan_for
from p2pshare.store.reminders import mark_told, set_quiet_hours

TODAY = "2026-11-23"
NOON = instant_ms(TODAY, 12 * 60, local_zone())
ExpectLog = Callable[..., None]


@dataclass
class House:
    """Ada lends to Ben, who uses the same computer."""

    folder: Path
    clock: ManualClock
    node: Node
    ada: bytes = b""
    ben: bytes = b""
    loan: bytes = b""

    async def ask(self) -> None:
        self.ada, self.ben = await person(self.node, "Ada"), await person(self.node, "Ben")
        drill = await offer(self.node, self.ada)
        asked = RequestLoan(
            person=self.ben, listing=drill, from_day=TODAY, until_day=add_days(TODAY, 3)
        )
        self.loan = (await self.node.submit(asked)).subject

    async def move(self, person: bytes, *moves: str) -> None:
        for move in moves:
            await self.node.submit(MoveAgreement(person=person, agreement=self.loan, move=move))

    async def quiet(self, quiet: QuietHours) -> None:
        def write(ledger: Ledger) -> None:
            with ledger.database.transaction(durable=True) as connection:
                set_quiet_hours(connection, quiet)

        await self.node.with_ledger(write)

    async def told(self, days: float = 0.0) -> list[tuple[str, str]]:
        """(person, reason) of what is told when somebody looks ``days`` later."""
        stream = self.node.events()
        self.clock.advance(days * DAY_MS / 1000)
        await self.node._reminding.look()
        names = {self.ada.hex(): "Ada", self.ben.hex(): "Ben"}
        return [
            (names[event.person], event.reason)
            for event in stream.take()
            if isinstance(event, ReminderDue)
        ]


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Its own task never looks after the first time: the tests look."""

    monkeypatch.setattr(reminding.Reminding, "notice", lambda _self, _event: None)
    clock = ManualClock(NOON)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house = House(tmp_path, clock, node)
        await house.ask()
        yield house


async def test_each_is_told_once_to_whom_it_concerns(house: House) -> None:
    assert await house.told() == [("Ada", "request")]
    assert await house.told() == []
    await house.move(house.ada, "accept", "hand-over")
    assert await house.told(1) == []
    assert await house.told(1) == [("Ben", "before-due")]
    assert await house.told(0.2) == []
    assert await house.told(0.8) == [("Ben", "due")]
    assert await house.told(1) == [("Ada", "overdue"), ("Ben", "overdue")]
    assert await house.told(1) == []
    await house.move(house.ben, "give-back")
    assert await house.told(5) == [], "it is back"


async def test_a_want_that_is_offered_is_told_to_who_wants_it(house: House) -> None:
    await house.told()
    want = AddListing(person=house.ben, exchange_type=ExchangeType.WANT, title="Ladder")
    await house.node.submit(want)
    assert await house.told() == []
    stream = house.node.events()
    ladder = await offer(house.node, house.ada, "Wooden ladder")
    await house.node._reminding.look()
    (told,) = [event for event in stream.take() if isinstance(event, ReminderDue)]
    assert (told.person, told.reason) == (house.ben.hex(), "want-offered")
    assert told.about == ladder.hex()
    assert told.text == "You were looking for “Ladder”: Ada now offers “Wooden ladder”."
    await house.node.submit(CloseListing(person=house.ada, listing=ladder))
    assert await house.told() == []


async def test_an_event_says_all_that_is_shown(house: House) -> None:
    stream = house.node.events()
    await house.node._reminding.look()
    (told,) = [event for event in stream.take() if isinstance(event, ReminderDue)]
    days = "Monday 23 November to Thursday 26 November"
    assert told.to_dict() == {
        "event": "reminder-due",
        "person": house.ada.hex(),
        "reason": "request",
        "about": house.loan.hex(),
        "due_ms": NOON,
        "text": f"Ben asks you for “Drill”, {days}. Can you say yes or no?",
    }


async def test_a_restart_tells_nothing_again(house: House) -> None:
    assert await house.told() == [("Ada", "request")]
    await house.node.stop()
    async with Node(config_of(house.folder), clock=house.clock) as node:
        house.node = node
        assert await house.told() == []
        assert await house.told(3) == [("Ada", "request")], "three days without an answer"


async def test_two_looks_at_once_tell_once(house: House) -> None:
    stream = house.node.events()
    await asyncio.gather(*(house.node._reminding.look() for _ in range(4)))
    assert len([event for event in stream.take() if isinstance(event, ReminderDue)]) == 1


async def test_quiet_hours_are_kept_and_what_waits_is_told_when_they_end(house: House) -> None:
    await house.quiet(QuietHours(11 * 60, 13 * 60))
    assert await house.told() == []
    assert await house.node._reminding.look() == NOON + 60 * 60 * 1000
    assert await house.told(1 / 24) == [("Ada", "request")]
    await house.quiet(QUIET_HOURS)
    await house.move(house.ada, "accept", "hand-over")
    night = instant_ms(add_days(TODAY, 2), 3 * 60, local_zone())
    assert await house.told((night - house.clock.time_ms()) / DAY_MS) == []
    following = await house.node._reminding.look()
    assert following == instant_ms(add_days(TODAY, 2), 8 * 60, local_zone())
    await house.quiet(NO_QUIET_HOURS)
    assert await house.told() == [("Ben", "before-due")]


async def test_it_says_when_to_look_again(house: House) -> None:
    await house.node._reminding.look()
    asked_again = NOON + 3 * DAY_MS
    assert await house.node._reminding.look() == asked_again
    await house.move(house.ada, "decline")
    assert await house.node._reminding.look() is None


async def test_what_was_told_long_ago_is_forgotten(house: House) -> None:
    def tell_of_old(ledger: Ledger) -> None:
        with ledger.database.transaction(durable=True) as connection:
            mark_told(connection, house.ada.hex(), ["something past"], NOON - 91 * DAY_MS)

    await house.node.with_ledger(tell_of_old)
    await house.node._reminding.look()
    kept = await house.node.query(lambda queries: queries.reminders.told(house.ada.hex()))
    assert kept == {f"request:{house.loan.hex()}"}


def test_the_next_borrower_hears_that_it_is_late_with_somebody_else(tmp_path: Path) -> None:
    with ExitStack() as stack:
        a, b, c = (
            stack.enter_context(closing(Computer(tmp_path / name))) for name in ("a", "b", "c")
        )
        ada, ben, carl = a.add("Ada"), b.add("Ben"), c.add("Carl")
        drill = a.offer(ada)
        meet(a, b, c)
        day = day_of(a.clock.time_ms(), 0)
        with_carl = c.ask(carl, drill, from_day=day, until_day=add_days(day, 1))
        for_ben = b.ask(ben, drill, from_day=add_days(day, 3), until_day=add_days(day, 5))
        meet(a, b, c)
        a.move(ada, with_carl, "accept")
        a.move(ada, for_ben, "accept")
        a.move(ada, with_carl, "hand-over")
        meet(a, b, c)

        def told(computer: Computer, who: bytes) -> list[tuple[str, str]]:
            noon = instant_ms(add_days(day, 2), 12 * 60, 0)
            planned = plan_for(computer.queries, who.hex(), noon, 0)
            return [(str(one.reason), one.about) for one in in_force(planned, noon)]

        assert told(b, ben) == [("late-elsewhere", for_ben.hex())]
        assert told(a, ada) == [("overdue", with_carl.hex())]
        assert told(c, carl) == [("overdue", with_carl.hex())]
        a.move(ada, with_carl, "take-back")
        meet(a, b, c)
        assert told(a, ada) == told(b, ben) == told(c, carl) == []


def test_who_has_it_hears_of_the_queue_and_who_waits_of_the_turn() -> None:
    people = ada, ben, carl = person_of(1), person_of(2), person_of(3)
    world = World()
    of_ada, of_ben, of_carl = map(world.open_feed, people)
    for feed, name in ((of_ada, "Ada"), (of_ben, "Ben"), (of_carl, "Carl")):
        world.profile(feed, name)
    drill = world.put(of_ada, "Drill")
    loan = world.request(of_ben, drill)
    accept = world.move(of_ada, loan, "accept", after=[loan])
    world.move(of_ben, loan, "receive", after=[accept])
    waiting = HoldAdd(
        listing=drill.subject,
        listing_header=drill.signed.header,
        title="Drill",
        quantity=1,
        from_day="2025-10-09",
        until_day="2025-10-09",
        token=b"\1" * 8,
    )
    hold = world.write(of_carl, "hold.add", waiting, readers=(carl, ada))
    queue = ListingBusy(queue=(b"\1" * 8,))
    world.write(of_ada, "listing.busy", queue, subject=drill.subject, after=[hold])
    until_ms = START_MS + DAY_MS
    offer_it = HoldOffer(offered_until_ms=until_ms)
    turn = world.write(of_ada, "hold.offer", offer_it, subject=hold.subject, readers=(carl, ada))

    def told(reader: Reader, who: Person) -> list[tuple[str, str]]:
        planned = plan_for(reader.queries, who.id.hex(), START_MS, 0)
        ahead = in_force(planned, START_MS + DAY_MS // 2)
        return [(str(one.reason), one.about) for one in ahead]

    with Reader(*people) as reader:
        reader.clock.advance(60)
        reader.take_all(world.part([one for one in world.entries if one is not turn]))
        assert told(reader, ben) == [("someone-waits", loan.subject.hex())]
        assert told(reader, carl) == told(reader, ada) == []
        reader.take([turn])
        assert told(reader, carl) == [("your-turn", hold.subject.hex())]
        gone = HoldMove()
        left = world.write(of_carl, "hold.drop", gone, subject=hold.subject, readers=(carl, ada))
        empty = world.write(of_ada, "listing.busy", ListingBusy(), subject=drill.subject)
        reader.take([left], [empty])
        assert told(reader, carl) == told(reader, ben) == []


# --- the task ---------------------------------------------------------------------------------


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminding, "CALM_SECONDS", 0.0)


@pytest.mark.usefixtures("hasty")
async def test_a_live_node_looks_when_something_has_changed(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house = House(tmp_path, clock, node)
        stream = node.events()
        await house.ask()
        await event_of(stream, "reminder-due", person=house.ada.hex(), reason="request")


@pytest.mark.usefixtures("hasty")
async def test_a_live_node_looks_when_the_next_one_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock(NOON)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house = House(tmp_path, clock, node)
        await house.ask()
        await house.move(house.ada, "accept", "hand-over")
    eight = instant_ms(add_days(TODAY, 2), 8 * 60, local_zone())
    clock.advance((eight - 50 - NOON) / 1000)
    waited: list[float] = []
    seconds_until = reminding.Reminding._seconds_until

    def advance(self: reminding.Reminding, following_ms: int | None) -> float:
        waited.append(seconds_until(self, following_ms))
        if len(waited) == 1:
            clock.advance(0.05)
        return waited[-1]

    monkeypatch.setattr(reminding.Reminding, "_seconds_until", advance)
    node = Node(config_of(tmp_path), clock=clock)
    stream = node.events()
    async with node:
        await event_of(stream, "reminder-due", reason="before-due", due_ms=eight)
    assert waited[0] == pytest.approx(0.05)


@pytest.mark.usefixtures("hasty")
async def test_what_cannot_be_read_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: ExpectLog
) -> None:
    expect_log("reminders could not be looked at: a torn page")
    look = reminding.Reminding.look
    failed = asyncio.Event()

    async def fail_once(self: reminding.Reminding) -> int | None:
        if not failed.is_set():
            failed.set()
            raise StoreDamaged("a torn page")
        return await look(self)

    monkeypatch.setattr(reminding.Reminding, "look", fail_once)
    clock = ManualClock(NOON)
    node = Node(config_of(tmp_path), clock=clock)
    stream = node.events()
    async with node:
        await House(tmp_path, clock, node).ask()
        await event_of(stream, "reminder-due", reason="request")


async def test_it_never_waits_longer_than_it_may(tmp_path: Path) -> None:
    async with Node(config_of(tmp_path), clock=ManualClock(NOON)) as node:
        seconds = node._reminding._seconds_until
        assert seconds(None) == seconds(NOON + DAY_MS) == reminding.LOOK_SECONDS
        assert seconds(NOON + 1000) == 1
        assert seconds(NOON - 1000) == 0
    assert day_of(NOON, local_zone()) == TODAY
