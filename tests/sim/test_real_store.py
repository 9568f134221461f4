"""The same engine over the real store and ingest: forks, stripped bodies, damage, quotas."""

from collections.abc import Callable, Iterator

import pytest
from sim.hostile import Corrupter, Forker, Stripper, Withholder
from sim.node import SimNode
from sim.store_ledger import StoreLedger
from sim.world import World

from p2pshare.store.append import Quota

Add = Callable[..., SimNode]


@pytest.fixture
def world() -> World:
    return World("real store")


@pytest.fixture
def add(world: World) -> Iterator[Add]:
    ledgers: list[StoreLedger] = []

    def make(name: str, kind: type[SimNode] = SimNode, quota: Quota | None = None) -> SimNode:
        ledgers.append(StoreLedger(quota))
        return world.add(name, kind, ledger=ledgers[-1])

    yield make
    for ledger in ledgers:
        ledger.close()


def held(node: SimNode) -> int:
    assert isinstance(node.ledger, StoreLedger)
    assert node.ledger.frontier().digest() == node.frontier.digest(), "memory and file agree"
    return node.ledger.count()


def test_a_long_feed_goes_through_a_relay(world: World, add: Add) -> None:
    first, relay, last = (add(name) for name in ("first", "relay", "last"))
    for _ in range(4):
        first.publish(400)
    world.link(first, relay)
    world.link(relay, last)
    world.run_until_equal(20)
    assert held(last) == 1600
    first.publish()
    world.run(1)
    assert held(last) == 1601


def test_both_branches_of_a_fork_are_everywhere(world: World, add: Add) -> None:
    left, middle, right = (add(name) for name in ("left", "middle", "right"))
    common = left.author.chain(30)
    place = left.author.place
    branch = left.author.chain(40)
    left.author.place = place
    other = tuple(left.author.write(f"other {number}") for number in range(25))
    for node, own in ((left, branch), (right, other)):
        node.keep(common)
        node.keep(own)
    world.link(left, middle)
    world.link(right, middle)
    world.run_until_equal(20)
    assert held(middle) == held(left) == held(right) == 95
    assert len(middle.frontier.get(left.author.feed)) == 2


def test_stripped_bodies_and_damaged_signatures_are_mended(world: World, add: Add) -> None:
    author, reader, third = (add(name) for name in ("author", "reader", "third"))
    stripper, corrupter = add("stripper", Stripper), add("corrupter", Corrupter)
    written = author.publish(300)
    world.link(author, stripper)
    world.link(author, corrupter)
    world.run(3)
    world.link(stripper, reader)
    world.run(3)
    assert held(reader) == 300
    assert len(reader.ledger.owed()) == 299
    world.link(corrupter, reader)
    third.keep(written[:50])
    world.link(reader, third)
    world.run_until_equal(20)
    assert held(third) == 300


def test_a_feed_over_quota_is_cut_and_left_alone(world: World, add: Add) -> None:
    author, small = add("author"), add("small", quota=Quota(entries=20))
    author.publish(50)
    world.link(author, small)
    world.run(10)
    assert held(small) == 20
    before = len(world.network.sent)
    world.run(10)
    assert len(world.network.sent) == before, "it is not asked for again and again"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dozen_nodes_with_hostile_neighbours_converge(seed: int) -> None:
    world = World(("dozen", seed))
    ledgers = []
    for number in range(12):
        kind = {2: Stripper, 5: Corrupter, 8: Forker, 10: Withholder}.get(number, SimNode)
        ledgers.append(StoreLedger())
        world.add(f"{kind.__name__} {number}", kind, ledger=ledgers[-1])
    for node in world.nodes:
        world.link_at_random(node, 6 if node.hostile else 2)
    world.break_chance = 0.05
    for _ in range(8):
        for node in world.rng.sample(world.honest(), 3):
            node.publish(1 + world.rng.randrange(4))
        world.run(1)
    world.break_chance = 0.0
    world.run_until_equal(40)
    assert len({held(node) for node in world.honest()}) == 1
    for ledger in ledgers:
        ledger.close()
