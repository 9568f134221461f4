"""Rows of feeds, their branches, standings and tips."""

import pytest
from unit.store.ledger_kit import ADA, BEN
from unit.store.world_kit import Reader, World

from p2pshare.errors import StoreDamaged
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.tree import Branch, Position
from p2pshare.store.feeds import (
    CHUNK,
    FeedCache,
    chunks,
    circle_numbers,
    marks,
    read_frontier,
    tips_of,
)


@pytest.fixture
def world():
    return World()


def test_chunks_cover_everything_once():
    assert list(chunks(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(chunks([])) == []
    assert [len(chunk) for chunk in chunks(range(CHUNK + 1))] == [CHUNK, 1]
    assert marks([1, 2, 3]) == "?,?,?"


def test_a_row_says_what_the_certificate_said(world):
    feed = world.open_feed(
        ADA, kinds=("listing.put",), listings=(bytes(16),), expires_ms=7, last_seq=9
    )
    with Reader() as reader:
        reader.take_all(world)
        (row,) = FeedCache(reader.database.connection).rows_of(feed.key.public)
        assert (row.person, row.reading_key, row.circle) == (ADA.id, ADA.reading.public, 1)
        assert (row.kinds, row.listings) == (("listing.put",), (bytes(16),))
        assert (row.expires_ms, row.last_seq) == (7, 9)
        standing = FeedCache(reader.database.connection).standing(row.number)
        assert standing.kinds == {"listing.put"}
        assert standing.last_seq == 9


def test_a_key_with_two_openings_has_two_rows(world):
    first = world.open_feed(ADA)
    second = world.open_feed(BEN, key=first.key)
    with Reader() as reader:
        reader.take_all(world)
        rows = FeedCache(reader.database.connection).rows_of(first.key.public)
        assert [row.person for row in rows] == [ADA.id, BEN.id]
        tips = tips_of(reader.database.connection, first.key.public, 1)
        assert tips == tuple(sorted((0, one.opening.identifier) for one in (first, second)))


def test_branches_and_revocations_make_the_standing(world):
    feed = world.open_feed(ADA)
    kept = world.put(feed, "Drill")
    world.put(feed, "Saw")
    world.put(feed, "Saw, elsewhere", follow=kept)
    world.revoke(world.open_feed(ADA), ADA, kept)
    with Reader() as reader:
        reader.take_all(world)
        cache = FeedCache(reader.database.connection)
        (row,) = cache.rows_of(feed.key.public)
        standing = cache.standing(row.number)
        assert standing.branches == {1: Branch(0, 1)} == cache.branches(row.number)
        assert standing.revoked_at == (Position(0, 1),)


def test_a_revocation_by_somebody_else_is_none(world):
    feed = world.open_feed(ADA)
    world.revoke(world.open_feed(BEN), BEN, feed.opening)
    with Reader() as reader:
        reader.take_all(world)
        cache = FeedCache(reader.database.connection)
        (row,) = cache.rows_of(feed.key.public)
        assert cache.standing(row.number).revoked_at == ()


def test_the_frontier_has_the_tips_of_every_feed(world):
    feed, other = world.open_feed(ADA), world.open_feed(BEN)
    left = world.put(feed, "Left")
    right = world.put(feed, "Right", follow=feed.opening)
    with Reader() as reader:
        reader.take_all(world)
        connection = reader.database.connection
        assert circle_numbers(connection) == {OPEN_CIRCLE: 1}
        frontier = read_frontier(connection, 1)
        assert frontier.get(feed.key.public) == tuple(
            sorted([(1, left.identifier), (1, right.identifier)])
        )
        assert frontier.get(other.key.public) == ((0, other.opening.identifier),)
        assert len(read_frontier(connection, 2)) == 0


@pytest.mark.parametrize("assignment", ["kinds = '{'", "listings = '[1]'", "kinds = 5"])
def test_a_damaged_row_is_said_to_be_damaged(world, assignment):
    feed = world.open_feed(ADA)
    with Reader() as reader:
        reader.take_all(world)
        connection = reader.database.connection
        connection.execute(f"UPDATE feeds SET {assignment}")
        with pytest.raises(StoreDamaged):
            FeedCache(connection).rows_of(feed.key.public)
