"""A few nodes each: relaying, late joiners, partitions, stalls, forks, owed bodies, blobs."""

from hashlib import sha256
from itertools import pairwise

import pytest
from sim.hostile import Corrupter, Stripper
from sim.ledger import MemoryLedger, is_signed
from sim.network import Faults
from sim.node import SimNode
from sim.world import World

from p2pshare.log.certificate import closed_circle
from p2pshare.log.entry import entry_id

SEEDS = [1, 2, 3]


def memory(node: SimNode) -> MemoryLedger:
    assert isinstance(node.ledger, MemoryLedger)
    return node.ledger


def chain_of(world: World, names: str) -> list[SimNode]:
    nodes = [world.add(name) for name in names]
    for near, far in pairwise(nodes):
        world.link(near, far)
    return nodes


@pytest.mark.parametrize("seed", SEEDS)
def test_relays_to_somebody_who_never_met_the_author(seed: int) -> None:
    world = World(seed)
    first, _, last = chain_of(world, "abc")
    first.publish(700)
    last.publish(3)
    world.run_until_equal(20)
    assert len(memory(last).entries) == 703
    assert not any(node.reasons for node in world.nodes)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_live_entry_is_there_after_one_delay_a_hop(seed: int) -> None:
    world = World(seed)
    first, _, last = chain_of(world, "abc")
    first.publish(5)
    world.run_until_equal(20)
    first.publish()
    world.run(2 * world.network.delay + 0.01)
    assert world.is_equal(), "pushed, not asked for"
    assert len(memory(last).entries) == 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_late_joiner_gets_everything(seed: int) -> None:
    world = World(seed)
    for name in "abcdef":
        node = world.add(name)
        node.publish(20)
        world.link_at_random(node, 2)
    world.run_until_equal(20)
    late = world.add("late")
    world.link(late, world.nodes[0])
    world.run_until_equal(20)
    assert len(memory(late).entries) == 120


@pytest.mark.parametrize("seed", SEEDS)
def test_a_partition_heals(seed: int) -> None:
    world = World(seed)
    nodes = [world.add(f"n{number}") for number in range(8)]
    for node in nodes:
        node.publish(3)
        world.link_at_random(node, 4)
    world.run_until_equal(20)
    world.partition(nodes[:4], nodes[4:])
    for node in nodes:
        node.publish(5)
    world.run(10)
    assert len(world.digests()) == 2
    world.partition()
    world.run_until_equal(20)
    assert len(memory(nodes[0]).entries) == 8 * 8


@pytest.mark.parametrize("seed", SEEDS)
def test_a_feed_whose_links_stall_moves(seed: int) -> None:
    """Both have the feed; the one that was asked goes silent for good."""
    world = World(seed)
    one, two, reader = (world.add(name) for name in ("one", "two", "reader"))
    written = one.author.chain(2000)
    for start in range(0, 2000, 500):
        one.keep(written[start : start + 500])
        two.keep(written[start : start + 500])
    ends = [world.network.connect(reader, one), world.network.connect(reader, two)]
    begun = world.run_until(lambda: len(reader.frontier) > 0 or world.clock.now > 0.03, 1)
    assert begun
    busy = max(ends, key=lambda end: end.other.sent_bytes)
    busy.is_stalled = True
    start_time = world.clock.now
    assert world.run_until(lambda: world.digests() == {one.frontier.digest()}, 9)
    assert world.clock.now - start_time < 7
    assert busy.is_stalled


@pytest.mark.parametrize("seed", SEEDS)
def test_both_branches_of_a_fork_are_everywhere(seed: int) -> None:
    world = World(seed)
    left, middle, right = chain_of(world, "abc")
    common = left.author.chain(30)
    place = left.author.place
    branch = left.author.chain(40)
    left.author.place = place
    other_branch = tuple(left.author.write(f"other {number}") for number in range(25))
    left.keep(common)
    left.keep(branch)
    right.keep(common)
    right.keep(other_branch)
    world.run_until_equal(20)
    assert len(memory(middle).entries) == 95
    assert len(middle.frontier.get(left.author.feed)) == 2
    left.author.place = place
    left.publish(2)
    world.run_until_equal(20)
    assert len(right.frontier.get(left.author.feed)) == 3


@pytest.mark.parametrize("seed", SEEDS)
def test_bodies_that_a_relay_strips_are_found_elsewhere(seed: int) -> None:
    world = World(seed)
    author = world.add("author")
    author.publish(40)
    stripper = world.add("stripper", Stripper)
    reader = world.add("reader")
    world.link(author, stripper)
    world.run(3)
    world.link(stripper, reader)
    world.run(3)
    assert len(memory(reader).entries) == 40
    assert len(reader.ledger.owed()) == 39, "all but feed.open"
    world.link(reader, author)
    world.run_until_equal(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_body_asked_for_in_vain_is_sent_when_it_comes(seed: int) -> None:
    world = World(seed)
    author, near, far = (world.add(name) for name in ("author", "near", "far"))
    stripper = world.add("stripper", Stripper)
    author.publish(10)
    world.link(author, stripper)
    world.run(3)
    world.link(stripper, near)
    world.link(near, far)
    world.run(3)
    assert len(far.ledger.owed()) == 9
    world.link(author, near)
    world.run_until_equal(10)


def test_damaged_signatures_are_found_when_serving_and_repaired() -> None:
    world = World(1)
    author, reader, third = (world.add(name) for name in ("author", "reader", "third"))
    corrupter = world.add("corrupter", Corrupter)
    written = [entry for _ in range(8) for entry in author.publish(500)]
    world.link(author, corrupter)
    world.run(5)
    world.link(corrupter, reader)
    world.run(5)
    ledger = memory(reader)
    assert len(ledger.entries) == 4000

    def damaged() -> int:
        return sum(
            not is_signed(author.author.feed, one.signature, entry_id(one.header))
            for one in ledger.entries.values()
        )

    found = damaged()
    assert found > 3900
    third.keep(tuple(written[:100]))  # so that stretches would end elsewhere: the reader looks
    world.link(reader, third)
    world.run_until_equal(20)
    assert damaged() < found, "what did not verify was asked for again, by id"
    assert len(memory(third).entries) == 4000


def test_a_blob_travels_hop_by_hop_to_those_who_need_it() -> None:
    world = World(1)
    first, middle, last = chain_of(world, "abc")
    photo = bytes(range(256)) * 100
    name = sha256(photo).digest()
    last.need_blob(name)
    world.run(1)
    assert not last.blobs
    first.blobs[name] = photo
    middle.need_blob(name)
    world.run(1)
    assert last.blobs == {name: photo}


def test_a_closed_circle_is_synced_among_its_members_only() -> None:
    secret = b"\x07" * 32
    world = World(1, circle=closed_circle(secret))
    member, other = (world.add(name, secret=secret) for name in ("member", "other"))
    stranger = world.add("stranger", secret=b"\x08" * 32)
    world.link(member, other)
    world.link(member, stranger)
    member.publish(5)
    world.run(5)
    assert len(memory(other).entries) == 5
    assert not memory(stranger).entries
    assert not any(node.reasons for node in world.nodes)
    assert not any(world.circle in data for _, to, data in world.network.sent if to is stranger)


@pytest.mark.parametrize("seed", SEEDS)
def test_messages_that_are_lost_doubled_and_reordered_heal_with_the_next_link(seed: int) -> None:
    world = World(seed)
    nodes = [world.add(f"n{number}") for number in range(6)]
    for node in nodes:
        world.link_at_random(node, 2)
    world.network.faults = Faults(drop=0.2, double=0.2, reorder=0.2)
    for _ in range(10):
        for node in nodes:
            node.publish(2)
        world.run(1)
    world.network.faults = Faults()
    for end in list(world.network.ends.values()):
        if end.is_open:
            end.close()
    world.run_until_equal(60)
    assert len(memory(nodes[0]).entries) == 120


def test_a_copy_of_the_device_is_noticed() -> None:
    world = World(1)
    one = world.add("one")
    copy = world.add("copy", device=one.device)
    world.network.connect(one, copy)
    world.run(1)
    assert [met.same_run for node in (one, copy) for met in node.met] == [False]
    assert one.reasons + copy.reasons == ["the peer is a copy of this device"]
