"""store.labels: names and times of whatever ids are given, and of nothing else."""

import pytest
from unit.store.world_kit import START_MS, Reader, World, person_of

from p2pshare.store.labels import names_of, times_of

ADA, BEN = person_of(1), person_of(2)


@pytest.fixture
def world() -> World:
    world = World()
    world.profile(world.open_feed(ADA), "Ada")
    world.open_feed(BEN)
    return world


def test_names_of_those_asked_for(world: World) -> None:
    nobody = person_of(3).id.hex()
    with Reader() as reader:
        reader.take_all(world)
        connection = reader.database.connection
        assert names_of(connection, [ADA.id.hex(), nobody, ADA.id.hex()]) == {ADA.id.hex(): "Ada"}
        assert names_of(connection, []) == {}
        assert names_of(connection, {BEN.id.hex()}).get(BEN.id.hex(), "") == ""


def test_a_time_is_never_after_the_entry_was_received(world: World) -> None:
    future = world.profile(world.feeds[0], "Ada L.", time_ms=START_MS * 2)
    past = world.profile(world.feeds[0], "Ada", time_ms=5)
    with Reader() as reader:
        reader.take_all(world)
        connection = reader.database.connection
        found = times_of(connection, [one.identifier.hex() for one in (past, future)])
    assert found[past.identifier.hex()] == 5
    assert found[future.identifier.hex()] < START_MS * 2
    assert len(found) == 2
