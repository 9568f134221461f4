"""node.ingest: what a transaction reports, what it refuses, and that refusing leaves nothing."""

import msgspec
import pytest
from unit.store.world_kit import Reader, World, ancestors, person_of

from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival
from p2pshare.store.append import Outcome

ADA, BEN = person_of(0), person_of(1)


@pytest.fixture
def world():
    world = World()
    feed = world.open_feed(ADA)
    for title in ("one", "two", "three"):
        world.put(feed, title)
    return world


@pytest.fixture
def node():
    with Reader() as reader:
        yield reader


def changed(signed: SignedEntry, **fields) -> SignedEntry:
    return msgspec.structs.replace(signed, **fields)


def test_the_report_says_what_is_new_and_what_changed(world, node):
    report = node.take(world.entries)
    (result,) = report.results
    assert result.outcome is Outcome.STORED
    assert [new.entry.identifier for new in report.new] == [one.identifier for one in world.entries]
    assert {new.person for new in report.new} == {ADA.id}
    feed, last = world.feeds[0].key.public, world.entries[-1]
    assert report.frontier == {OPEN_CIRCLE: {feed: ((3, last.identifier),)}}
    assert sorted(change.table for change in report.changes) == [*["listings"] * 3, "persons"]
    again = node.take(world.entries)
    assert again.results[0].outcome is Outcome.DUPLICATE
    assert (again.new, again.changes, again.frontier) == ([], [], {})


def test_a_stretch_may_begin_with_what_is_in_hand(world, node):
    node.take(world.entries[:2])
    report = node.take(world.entries)
    assert [new.entry.header.seq for new in report.new] == [2, 3]


def test_a_gap_is_asked_for_and_not_refused(world, node):
    assert node.take(world.entries[2:]).results[0].outcome is Outcome.MISSING_PREVIOUS
    assert node.derived()["tips"] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: changed(one, header=one.header[:-1]),
        lambda one: changed(one, header=one.header[:-1] + bytes([one.header[-1] ^ 1])),
        lambda one: changed(one, signature=bytes(64)),
        lambda one: changed(one, signature=one.signature[:-1]),
        lambda one: changed(one, body=one.body + b"x"),
        lambda one: changed(one, body=bytes(len(one.body))),
    ],
)
def test_a_spoiled_end_refuses_the_whole_stretch_and_stores_nothing(world, node, spoil):
    stretch = [entry.signed for entry in world.entries]
    report = node.take([*stretch[:-1], spoil(stretch[-1])])
    assert report.results[0].outcome is Outcome.REFUSED
    assert report.results[0].reason
    assert node.derived()["tips"] == node.derived()["usage"] == []
    assert node.rows("persons") == []
    assert node.take(world.entries).results[0].outcome is Outcome.STORED


def test_a_signature_within_a_stretch_is_not_needed(world, node):
    """An ancestor of an authentic entry is authentic (docs/protocol.md section 3)."""
    stretch = [entry.signed for entry in world.entries]
    stretch[1] = changed(stretch[1], signature=bytes(64))
    assert node.take(stretch).results[0].outcome is Outcome.STORED


def test_feed_open_comes_with_its_body_or_not_at_all(world, node):
    opening = changed(world.entries[0].signed, body=None)
    assert node.take([opening]).results[0].outcome is Outcome.REFUSED


@pytest.mark.parametrize("stretch", [[], "other circle", "mixed"])
def test_what_is_no_stretch_of_the_circle_is_refused(world, node, stretch):
    circle = OPEN_CIRCLE
    entries = [entry.signed for entry in world.entries]
    if stretch == "other circle":
        circle = b"c" * 32
    elif stretch == "mixed":
        entries = [*entries, world.open_feed(BEN).opening.signed]
    else:
        entries = []
    report = node.ingest.receive([Arrival(circle, entries)])
    assert report.results[0].outcome is Outcome.REFUSED
    assert node.derived()["tips"] == []


def test_a_refused_stretch_does_not_harm_the_others(world, node):
    bens = world.open_feed(BEN)
    bad = [changed(entry.signed, signature=bytes(64)) for entry in world.entries[:4]]
    report = node.take(bad, ancestors(bens.opening))
    assert [one.outcome for one in report.results] == [Outcome.REFUSED, Outcome.STORED]
    assert [row["person"] for row in node.rows("persons")] == [BEN.id.hex()]


def test_owed_bodies_are_reported_filled_and_settled(world, node):
    owed = world.entries[2]
    stretch = [entry.signed for entry in world.entries]
    stretch[2] = changed(stretch[2], body=None)
    report = node.take(stretch)
    assert report.owed == {OPEN_CIRCLE: frozenset({owed.identifier})}
    assert sorted(row["title"] for row in node.rows("listings")) == ["one", "three"]
    false = changed(owed.signed, body=b"false")
    assert node.ingest.repair(OPEN_CIRCLE, [false]).repaired == []
    assert node.ingest.repair(b"c" * 32, [owed.signed]).repaired == []
    filled = node.repair([owed])
    assert filled.repaired == [owed.identifier]
    assert filled.settled == {OPEN_CIRCLE: frozenset({owed.identifier})}
    assert sorted(row["title"] for row in node.rows("listings")) == ["one", "three", "two"]
    assert node.repair([owed]).repaired == []


def test_a_fork_is_reported_and_both_sides_are_kept(world, node):
    fork = world.put(world.feeds[0], "fork", follow=world.entries[1])
    node.take(world.entries[:4])
    report = node.take(ancestors(fork))
    assert report.forked == {(OPEN_CIRCLE, world.feeds[0].key.public)}
    assert len(node.derived()["tips"]) == 2
    assert len(node.rows("listings")) == 4


def test_erased_bodies_are_counted_once(world, node):
    erase = world.erase(world.feeds[0], world.entries[1:3])
    node.take(world.entries[:4])
    assert node.take([erase]).erased == 2
    assert node.take([erase]).erased == 0


def test_a_party_that_has_not_seen_the_opening_body_asks_for_it_although_two_erased_it():
    """The author and a stranger are not both parties: only the body can tell (section 3)."""
    world = World()
    adas, bens, strangers = (world.open_feed(person_of(number)) for number in range(3))
    loan = world.request(bens, world.put(adas, "drill"))
    erasures = [world.erase(feed, [loan]) for feed in (bens, strangers)]
    for reader, shows in ((ADA, True), (person_of(2), False)):
        with Reader(reader) as node:
            opening = changed(loan.signed, body=None)
            node.take(ancestors(adas.last), [bens.opening, opening])
            node.take([erasures[0]], ancestors(erasures[1]))
            assert node.owed() == {loan.identifier}
            node.repair([loan])
            assert node.owed() == set()
            assert (node.loan(loan) is not None) == shows
            assert (loan.identifier in node.held_bodies()) == shows


def test_what_both_parties_erased_comes_back_when_one_of_the_erasures_was_a_thiefs():
    """A stranger's erasure, named beside the author's, does not keep the body away then."""
    world = World()
    adas, bens, strangers = (world.open_feed(person_of(number)) for number in range(3))
    loan = world.request(bens, world.put(adas, "drill"))
    stolen = world.open_feed(ADA)
    for feed in (bens, strangers, stolen):
        world.erase(feed, [loan])
    with Reader(ADA) as node:
        node.take_all(world)
        assert node.loan(loan) is None
        assert node.owed() == set()
        node.take([world.revoke(adas, ADA, stolen.opening)])
        assert node.owed() == {loan.identifier}
        node.repair([loan])
        assert node.loan(loan)["state"] == "requested"
        assert node.owed() == set()
