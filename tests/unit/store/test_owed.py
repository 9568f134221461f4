"""What a transaction changed about what is owed equals the difference of all that is owed."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.store.ledger_kit import ADA, without_body
from unit.store.world_kit import Reader, World

from p2pshare.store.owed import owed_changes, watch_owed
from p2pshare.store.repair import owed_entries

STEPS = st.lists(
    st.tuples(st.sampled_from(["owed", "damaged"]), st.booleans(), st.integers(1, 4)), max_size=12
)


def change(connection: sqlite3.Connection, table: str, adds: bool, entry: int) -> None:
    if adds and table == "owed":
        connection.execute("INSERT OR IGNORE INTO owed (entry) VALUES (?)", (entry,))
    elif adds:
        connection.execute(
            "INSERT OR IGNORE INTO damaged (entry, id, what)"
            " SELECT number, id, 'body' FROM entries WHERE number = ?",
            (entry,),
        )
    else:
        connection.execute(f"DELETE FROM {table} WHERE entry = ?", (entry,))


@pytest.fixture(scope="module")
def reader():
    world = World()
    feed = world.open_feed(ADA)
    for number in range(3):
        world.put(feed, f"Drill {number}")
    with Reader() as reader:
        reader.take_all(world)
        yield reader


@given(STEPS, STEPS)
def test_the_changes_are_the_difference(reader, before, after) -> None:
    connection = reader.database.connection
    with reader.database.transaction(durable=False):
        for step in before:
            change(connection, *step)
        known = owed_entries(connection).get(1, set())
        watch_owed(connection)
        for step in after:
            change(connection, *step)
        now = owed_entries(connection).get(1, set())
        owed, settled = owed_changes(connection)
        assert owed.get(1, set()) == now - known
        assert settled.get(1, set()) == known - now


def test_what_was_rolled_back_is_watched_anew() -> None:
    world = World()
    feed = world.open_feed(ADA)
    listing = world.put(feed, "Drill")
    with Reader() as reader:
        connection = reader.database.connection
        connection.execute("BEGIN IMMEDIATE")
        watch_owed(connection)
        connection.execute("ROLLBACK")
        reader.take([feed.opening, without_body(listing)])
        assert owed_entries(connection) == {1: {listing.identifier}}
        with reader.database.transaction(durable=False):
            watch_owed(connection)
            assert owed_changes(connection) == ({}, {})
