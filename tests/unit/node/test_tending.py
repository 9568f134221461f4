"""node.tending: a live node does what the clock alone makes due, and no sooner."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from integration.nodes_kit import config_of, offer, person

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import AddHold, RequestLoan
from p2pshare.domain.hold_rules import HOUR_MS
from p2pshare.domain.views import HoldView
from p2pshare.errors import StoreDamaged
from p2pshare.limits import HOLD_HOURS_DEFAULT
from p2pshare.node import tending
from p2pshare.node.events import RowChanged
from p2pshare.node.facade import Node
from p2pshare.node.tending import LOOK_SECONDS_MAX, LOOK_SECONDS_MIN

START_MS = 1_795_000_000_000
TURN_SECONDS = HOLD_HOURS_DEFAULT * HOUR_MS / 1000


class House:
    """Ada's drill, and Ben and Cleo who use the same computer."""

    def __init__(self, node: Node, clock: ManualClock) -> None:
        self.node, self.clock = node, clock
        self.ada = self.ben = self.cleo = self.drill = b""

    async def begin(self) -> None:
        self.ada, self.ben, self.cleo = [
            await person(self.node, name) for name in ("Ada", "Ben", "Cleo")
        ]
        self.drill = await offer(self.node, self.ada)

    async def hold(self, holder: bytes) -> str:
        done = await self.node.submit(AddHold(person=holder, listing=self.drill))
        return done.subject.hex()

    async def holds(self) -> dict[str, HoldView]:
        owner = self.ada.hex()
        views = await self.node.query(lambda queries: queries.bookings.holds([owner]))
        return {view.hold: view for view in views}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = ManualClock(START_MS)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house = House(node, clock)
        await house.begin()
        yield house


async def test_a_turn_lapses_when_its_time_has_passed_and_goes_to_the_next(house: House) -> None:
    bens, cleos = await house.hold(house.ben), await house.hold(house.cleo)
    holds = await house.holds()
    assert [holds[one].state for one in (bens, cleos)] == ["offered", "waiting"]
    assert [holds[one].position for one in (bens, cleos)] == [1, 2]
    house.clock.advance(TURN_SECONDS)
    await house.node._tending.look()
    assert await house.holds() == holds
    stream = house.node.events()
    house.clock.advance(0.001)
    await house.node._tending.look()
    holds = await house.holds()
    assert list(holds) == [cleos]
    assert (holds[cleos].state, holds[cleos].position) == ("offered", 1)
    changed = {(one.about, one.id) for one in stream.take() if isinstance(one, RowChanged)}
    assert {id_ for _, id_ in changed} >= {bens, cleos, house.drill.hex()}


async def test_it_looks_when_the_next_turn_passes_but_not_all_the_time(house: House) -> None:
    assert await house.node._tending.seconds_until_next() == LOOK_SECONDS_MAX
    await house.hold(house.ben)
    assert await house.node._tending.seconds_until_next() == LOOK_SECONDS_MAX
    house.clock.advance(TURN_SECONDS - 100)
    assert await house.node._tending.seconds_until_next() == pytest.approx(100.001)
    house.clock.advance(99)
    assert await house.node._tending.seconds_until_next() == LOOK_SECONDS_MIN >= 60
    house.clock.advance(99)
    assert await house.node._tending.seconds_until_next() == LOOK_SECONDS_MIN


async def test_a_node_that_starts_does_what_became_due_while_it_was_off(tmp_path: Path) -> None:
    clock = ManualClock(START_MS)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house = House(node, clock)
        await house.begin()
        await house.hold(house.ben)
    clock.advance(TURN_SECONDS + 1)
    async with Node(config_of(tmp_path), clock=clock) as node:
        house.node = node
        assert await house.holds() == {}


async def test_asking_takes_the_turn(house: House) -> None:
    await house.hold(house.ben)
    await house.node.submit(RequestLoan(person=house.ben, listing=house.drill))
    assert await house.holds() == {}


async def test_the_timer_goes_on_after_a_fault(
    house: House, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[..., None]
) -> None:
    expect_log("what is due could not be looked at")
    looks = 0

    class Enough(Exception):
        """So that the test ends."""

    async def look(_self: tending.Tending) -> None:
        nonlocal looks
        looks += 1
        raise Enough if looks > 1 else StoreDamaged("a page is gone")

    monkeypatch.setattr(tending.Tending, "look", look)
    monkeypatch.setattr(tending, "LOOK_SECONDS_MIN", 0.0)
    monkeypatch.setattr(tending, "LOOK_SECONDS_MAX", 0.0)
    with pytest.raises(Enough):
        await house.node._tending.run()
