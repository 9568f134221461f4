"""The look-ups that writing needs."""

import pytest
from unit.store.ledger_kit import ADA, BEN, CLEO
from unit.store.world_kit import Reader, World

from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.loan import LOAN
from p2pshare.errors import UnknownReference
from p2pshare.store import lookup


@pytest.fixture
def story():
    """A world with Ada's drill and Ben's loan of it, and a reader who is both."""
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    loan = world.request(ben, drill)
    with Reader(ADA, BEN) as reader:
        reader.take_all(world)
        yield world, reader, drill, loan


def test_the_circle_and_header_of_a_subject(story):
    world, reader, drill, loan = story
    connection = reader.database.connection
    assert lookup.circle_of_subject(connection, drill.subject) == world.circle
    assert lookup.circle_of_subject(connection, loan.subject) == world.circle
    assert lookup.circle_of_subject(connection, bytes(16)) is None
    assert lookup.listing_header(connection, drill.subject) == drill.signed.header
    with pytest.raises(UnknownReference):
        lookup.listing_header(connection, bytes(16))


def test_reading_keys_of_those_met(story):
    _, reader, _, _ = story
    connection = reader.database.connection
    assert lookup.reading_keys_of(connection, ADA.id, 1) == [ADA.reading.public]
    assert lookup.reading_keys_of(connection, ADA.id, 2) == []
    assert lookup.reading_keys_of(connection, CLEO.id, 1) == []


def test_agreements_in_promise(story):
    world, reader, drill, loan = story
    connection = reader.database.connection
    assert lookup.agreements_in_promise(connection, drill.subject, LOAN.promises) == []
    accept = world.move(world.feeds[0], loan, "accept", after=[loan])
    reader.take([accept])
    promised = lookup.agreements_in_promise(connection, drill.subject, LOAN.promises)
    assert promised == [loan.subject]


def test_listings_with_agreements(story):
    world, reader, drill, loan = story
    connection = reader.database.connection
    expected = [(world.circle, drill.subject)]
    assert lookup.listings_with_agreements(connection, ADA.id, None) == expected
    assert lookup.listings_with_agreements(connection, ADA.id, [loan.subject.hex()]) == expected
    assert lookup.listings_with_agreements(connection, ADA.id, ["00"]) == []
    assert lookup.listings_with_agreements(connection, BEN.id, None) == []


def test_listings_told_busy(story):
    world, reader, drill, _ = story
    connection = reader.database.connection
    assert lookup.listings_told_busy(connection, ADA.id) == []
    period = BusyPeriod("2026-11-23", "2026-11-28", 1, False, b"8 bytes!")
    reader.take([world.busy(world.feeds[0], drill.subject, [period], after=[drill])])
    assert lookup.listings_told_busy(connection, ADA.id) == [(world.circle, drill.subject)]
    assert lookup.listings_told_busy(connection, BEN.id) == []
