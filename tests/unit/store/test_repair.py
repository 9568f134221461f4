"""Mending damaged rows: with the true entry only, and no more than was noted."""

import pytest
from unit.store.ledger_kit import ADA, without_body
from unit.store.world_kit import Reader, World

from p2pshare.log.entry import SignedEntry
from p2pshare.store.repair import mark_damaged, owed_entries


@pytest.fixture
def world():
    made = World()
    feed = made.open_feed(ADA)
    made.put(feed, "Drill")
    made.put(feed, "Saw")
    return made


@pytest.fixture
def reader(world):
    with Reader(ADA) as one:
        one.take(world.entries)
        yield one


def spoil(reader, entry, what, assignment="header = x'00'"):
    connection = reader.database.connection
    table, key = ("bodies", "entry") if "body" in assignment else ("entries", "number")
    connection.execute(
        f"UPDATE {table} SET {assignment} WHERE {key} = (SELECT number FROM entries WHERE id = ?)",
        (entry.identifier,),
    )
    mark_damaged(connection, [entry.identifier], what)


def row(reader, entry):
    return reader.database.connection.execute(
        "SELECT header, signature, signature_checked FROM entries WHERE id = ?",
        (entry.identifier,),
    ).fetchone()


@pytest.mark.parametrize(
    ("what", "assignment"),
    [
        ("header", "header = x'00', time_ms = 0, subject = x'00'"),
        ("signature", "signature = x'00'"),
        ("body", "body = x'00'"),
    ],
)
def test_a_damaged_entry_becomes_what_it_was(world, reader, what, assignment):
    entry, before = world.entries[1], reader.folded()
    spoil(reader, entry, what, assignment)
    assert owed_entries(reader.database.connection) == {1: {entry.identifier}}
    assert reader.repair([entry]).repaired == [entry.identifier]
    assert row(reader, entry) == (entry.signed.header, entry.signed.signature, 1)
    assert owed_entries(reader.database.connection) == {}
    assert reader.folded() == before


def test_an_entry_that_is_not_damaged_is_left_alone(world, reader):
    assert reader.repair(world.entries).repaired == []


def test_an_entry_whose_signature_fails_mends_nothing(world, reader):
    entry = world.entries[1]
    spoil(reader, entry, "header")
    false = SignedEntry(entry.signed.header, bytes(64), entry.signed.body)
    assert reader.ingest.repair(world.circle, [false]).repaired == []
    assert row(reader, entry)[0] == b"\x00"


def test_an_entry_of_another_circle_mends_nothing(world, reader):
    entry = world.entries[1]
    spoil(reader, entry, "header")
    assert reader.ingest.repair(bytes(32), [entry.signed]).repaired == []


def test_a_damaged_body_waits_for_a_peer_that_has_it(world, reader):
    entry = world.entries[1]
    spoil(reader, entry, "body", "body = x'00'")
    reader.ingest.repair(world.circle, [without_body(entry)])
    assert owed_entries(reader.database.connection) == {1: {entry.identifier}}
    reader.repair([entry])
    assert owed_entries(reader.database.connection) == {}


def test_a_header_is_mended_without_a_body_where_the_body_is_whole(world, reader):
    entry, before = world.entries[1], reader.folded()
    spoil(reader, entry, "header")
    reader.ingest.repair(world.circle, [without_body(entry)])
    assert owed_entries(reader.database.connection) == {}
    assert reader.folded() == before


def test_an_owed_body_is_filled(world):
    entry = world.entries[1]
    with Reader(ADA) as reader:
        reader.take([world.entries[0], without_body(entry), world.entries[2]])
        assert owed_entries(reader.database.connection) == {1: {entry.identifier}}
        assert reader.repair([entry]).repaired == [entry.identifier]
        assert len(reader.rows("listings")) == 2
