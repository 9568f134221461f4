"""The toy agreement kind of tests/unit/domain/test_toy_agreement.py, end to end through the log.

A kind of agreement that p2pshare has never heard of is one table in one file: sealed, signed,
sent, ingested and folded into rows at both its parties, kept and relayed by everybody else.
"""

import itertools
import json

import pytest
from unit.domain.test_toy_agreement import RIDE, RideAsk, RideMove
from unit.store.world_kit import DAY, Reader, World, Written, deliver, person_of

from p2pshare.domain.agreement import register_agreement, unregister_agreement
from p2pshare.store.rebuild import rebuild

DRIVER, PASSENGER, STRANGER = (person_of(number) for number in range(3))


@pytest.fixture
def ride():
    register_agreement(RIDE)
    yield RIDE
    unregister_agreement(RIDE)


@pytest.fixture
def world(ride) -> World:
    """A ride asked for, agreed, and done by both; a stranger who would like to have a say."""
    world = World()
    driver, passenger, stranger = (
        world.open_feed(person) for person in (DRIVER, PASSENGER, STRANGER)
    )
    offer = world.put(driver, "Ride to the market", quantity=3)
    ask = RideAsk(
        listing=offer.subject,
        listing_header=offer.signed.header,
        title="Ride to the market",
        terms=("no smoking",),
        quantity=2,
        from_day=DAY,
        until_day=DAY,
        note="two of us",
        pick_up="Corner shop",
    )
    readers = (DRIVER, PASSENGER)
    first = world.write(passenger, "ride.ask", ask, readers=readers)
    last = first
    for feed, move in ((driver, "agree"), (passenger, "done"), (driver, "done")):
        body = RideMove(note=f"{move} {feed.author.number}")
        last = world.write(
            feed, f"ride.{move}", body, subject=first.subject, after=[last], readers=readers
        )
    world.write(
        stranger, "ride.done", RideMove(), subject=first.subject, after=[first], readers=readers
    )
    return world


def asked(world: World) -> Written:
    return next(entry for entry in world.entries if entry.kind == "ride.ask")


@pytest.mark.parametrize("order", range(5))
def test_both_parties_have_its_rows_in_any_order(world, order):
    subject = asked(world).subject.hex()
    for person in (DRIVER, PASSENGER):
        with Reader(person) as node:
            deliver(world, node, order)
            (row,) = node.rows("agreements")
            assert row["agreement"] == subject
            assert (row["kind"], row["state"], row["underlying_state"]) == ("ride", "done", "done")
            assert row["owner"] == DRIVER.id.hex()
            assert row["asker"] == PASSENGER.id.hex()
            assert json.loads(row["terms"]) == ["no smoking"]
            assert (row["title"], row["quantity"], row["note"]) == (
                "Ride to the market",
                2,
                "two of us",
            )
            moves = sorted(node.rows("agreement_moves"), key=lambda move: move["place"])
            assert [(move["move"], move["person"], move["note"]) for move in moves] == [
                ("ask", PASSENGER.id.hex(), "two of us"),
                ("agree", DRIVER.id.hex(), "agree 0"),
                ("done", PASSENGER.id.hex(), "done 1"),
                ("done", DRIVER.id.hex(), "done 0"),
            ]


def test_strangers_and_relays_keep_it_and_see_nothing(world):
    for persons in ((), (STRANGER,)):
        with Reader(*persons) as node:
            node.take_all(world)
            assert node.rows("agreements") == node.rows("agreement_moves") == []
            assert len(node.held_bodies()) == len(world.entries)
            content = node.database.connection.serialize()
            assert b"Corner shop" not in content
            assert b"ride." not in content


def test_its_states_come_one_after_the_other(world):
    states = []
    with Reader(DRIVER) as node:
        for entry in world.entries:
            node.take([entry])
            states.extend(row["state"] for row in node.rows("agreements"))
    assert [state for state, _ in itertools.groupby(states)] == ["asked", "agreed", "done"]


def test_a_version_that_learns_of_it_later_folds_what_it_kept(world):
    unregister_agreement(RIDE)
    try:
        with Reader(PASSENGER) as node:
            node.take_all(world)
            assert node.rows("agreements") == []
            register_agreement(RIDE)
            rebuild(node.database, node.keys)
            assert [row["state"] for row in node.rows("agreements")] == ["done"]
    finally:
        register_agreement(RIDE)


def test_both_parties_erase_it(world):
    entries = [entry for entry in world.entries if entry.subject == asked(world).subject]
    feeds = {feed.author: feed for feed in world.feeds}
    with Reader(DRIVER) as node:
        node.take_all(world)
        node.take(*([world.erase(feeds[person], entries)] for person in (DRIVER, STRANGER)))
        assert len(node.rows("agreements")) == 1
        node.take([world.erase(feeds[PASSENGER], entries)])
        assert node.rows("agreements") == node.rows("agreement_moves") == []
        both = {entry.identifier for entry in entries if entry.author is not STRANGER}
        assert not both & node.held_bodies()
