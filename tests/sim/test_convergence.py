"""Fifty nodes, a tenth of them hostile, in all that can go wrong: honest nodes end equal."""

import pytest
from sim.hostile import KINDS, HostileNode
from sim.network import Faults
from sim.world import World

NODES = 50
HOSTILE = 5
HONEST_DIALS = 3
HOSTILE_DIALS = 10
ROUNDS = 18


def populated(seed: int) -> World:
    """The hostile know many: most entries reach most nodes through them, or could have."""
    world = World(seed)
    world.network.delay_spread = 0.08
    for number in range(NODES):
        if number % (NODES // HOSTILE) == 5:
            kind = KINDS[(seed * HOSTILE + number // (NODES // HOSTILE)) % len(KINDS)]
            world.add(f"{kind.__name__} {number}", kind)
        else:
            world.add(f"node {number}")
    assert sum(node.hostile for node in world.nodes) == HOSTILE
    for node in world.nodes[:-2]:
        world.link_at_random(node, HOSTILE_DIALS if node.hostile else HONEST_DIALS)
    return world


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fifty_nodes_with_a_tenth_hostile_converge(seed: int) -> None:
    world = populated(seed)
    for node in world.honest()[: NODES // 2]:
        node.publish(8)
    world.break_chance = 0.05
    world.run(3)
    for number in range(ROUNDS):
        if number == ROUNDS // 3:
            world.partition(world.nodes[::2], world.nodes[1::2])
        if number == 2 * ROUNDS // 3:
            world.partition()
            assert_no_honest_breach(world)
            # What TCP never does. A link on which it happens may be closed by an honest node.
            world.network.faults = Faults(drop=0.02, double=0.05, reorder=0.05)
        if number % 10 == 9:
            world.restart(world.rng.choice(world.honest()))
        for node in world.rng.sample(world.honest(), 10):
            node.publish(1 + world.rng.randrange(3))
        world.run(0.7)
    # A lost message is never sent again on its link (TCP loses none): links are made anew.
    world.network.faults = Faults()
    for end in list(world.network.ends.values()):
        if end.is_open:
            end.close()
    for node in world.honest():
        node.closed.clear()
    for late in world.nodes[-2:]:
        world.link_at_random(late, HONEST_DIALS)
        late.publish()
    world.break_chance = 0.0
    world.run_until_equal(60)
    written = {node.author.feed: node.author.written for node in world.honest()}
    for node in world.honest():
        tips = {feed: node.frontier.get(feed) for feed in written}
        assert all(tips[feed][0][0] == written[feed] - 1 for feed in written if written[feed])
    assert_no_honest_breach(world)


def assert_no_honest_breach(world: World) -> None:
    """No rule makes an honest node close its link to another honest one."""
    for node in world.honest():
        assert not any(is_breach_of_an_honest_node(world, *one) for one in node.closed)


def is_breach_of_an_honest_node(world: World, device: bytes, reason: str) -> bool:
    """Whether an honest node closed a link to another honest one, which no rule should make it."""
    peer = next((node for node in world.nodes if node.device == device), None)
    return bool(reason) and peer is not None and not isinstance(peer, HostileNode)
