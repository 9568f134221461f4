"""What entries mean for others: which subjects are folded anew, and what is kept to find them."""

import pytest
from unit.store.ledger_kit import ADA, BEN
from unit.store.world_kit import Reader, World

from p2pshare.log.stretch import read_entry
from p2pshare.log.tree import Position
from p2pshare.store.append import Added, AddedEntry
from p2pshare.store.derive import Derivation
from p2pshare.store.feeds import FeedCache, circle_numbers


def dirty_after(reader, *entries):
    """The subjects that a derivation of held entries makes dirty."""
    connection = reader.database.connection
    feeds = FeedCache(connection)
    derivation = Derivation(connection, feeds, circle_numbers(connection))
    added = Added()
    for entry in entries:
        number, feed = connection.execute(
            "SELECT number, feed FROM entries WHERE id = ?", (entry.identifier,)
        ).fetchone()
        added.entries.append(AddedEntry(number, feeds.row(feed), read_entry(entry.signed)))
    derivation.take(added)
    return {subject for _, subject in derivation.dirty}


@pytest.fixture
def world():
    return World()


def test_an_entry_concerns_its_own_subject(world):
    feed = world.open_feed(ADA)
    listing, other = world.put(feed, "Drill"), world.put(feed, "Saw")
    edit = world.put(feed, "Drill!", listing.subject)
    with Reader() as reader:
        reader.take_all(world)
        assert dirty_after(reader, edit) == {listing.subject}
        assert dirty_after(reader, other) == {other.subject}


def test_a_revocation_concerns_all_that_the_feed_touched(world):
    thief, feed = world.open_feed(ADA), world.open_feed(ADA)
    first, second = world.put(thief, "Drill"), world.put(thief, "Saw")
    untouched = world.put(feed, "Ladder")
    revocation = world.revoke(feed, ADA, first)
    with Reader() as reader:
        reader.take_all(world)
        dirty = dirty_after(reader, revocation)
        assert {first.subject, second.subject} <= dirty
        assert untouched.subject not in dirty
        rows = reader.database.connection.execute(
            "SELECT person, feed, last_entry FROM revocations"
        ).fetchall()
        assert rows == [(ADA.id, thief.key.public, first.identifier)]


def test_a_revocation_said_again_concerns_nothing_more(world):
    thief, feed = world.open_feed(ADA), world.open_feed(ADA)
    first, second = world.put(thief, "Drill"), world.put(thief, "Saw")
    world.revoke(feed, ADA, first)
    again = world.revoke(feed, ADA, first)
    with Reader() as reader:
        reader.take_all(world)
        assert not {first.subject, second.subject} & dirty_after(reader, again)
        cache = FeedCache(reader.database.connection)
        (row,) = cache.rows_of(thief.key.public)
        assert cache.standing(row.number).revoked_at == (Position(0, first.header.seq),)


def test_the_last_entry_of_a_revocation_concerns_the_feed_when_it_comes(world):
    thief, feed = world.open_feed(ADA), world.open_feed(ADA)
    first, second = world.put(thief, "Drill"), world.put(thief, "Saw")
    world.revoke(feed, ADA, second)
    with Reader() as reader:
        reader.take_all(world)
        assert first.subject in dirty_after(reader, second)


def test_erasures_by_a_revoked_feed_are_judged_anew(world):
    ada, thief = world.open_feed(ADA), world.open_feed(ADA)
    listing = world.put(ada, "Drill")
    world.erase(thief, [listing])
    with Reader() as reader:
        reader.take(*([entry] for entry in world.entries))
        assert reader.rows("listings") == []
        revocation = world.revoke(ada, ADA, thief.opening)
        reader.take([revocation])
        assert listing.subject in dirty_after(reader, revocation)


def test_an_erasure_concerns_what_it_names(world):
    feed = world.open_feed(ADA)
    listing, other = world.put(feed, "Drill"), world.put(feed, "Saw")
    erasure = world.erase(feed, [listing])
    with Reader() as reader:
        reader.take_all(world)
        dirty = dirty_after(reader, erasure)
        assert listing.subject in dirty
        assert other.subject not in dirty
        rows = reader.database.connection.execute("SELECT target FROM erasures").fetchall()
        assert rows == [(listing.identifier,)]


def test_who_waits_for_an_entry_is_folded_when_it_comes(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    listing = world.put(ada, "Drill")
    later = world.put(ben, "After Ada's", after=[listing])
    with Reader() as reader:
        reader.take([ben.opening, later])
        needed = reader.database.connection.execute("SELECT needed, subject FROM dependencies")
        assert needed.fetchall() == [(listing.identifier, later.subject)]
        assert reader.rows("listings") == []
        reader.take([ada.opening, listing])
        assert {row["title"] for row in reader.rows("listings")} == {"Drill", "After Ada's"}
        assert reader.derived()["dependencies"] == []


@pytest.mark.parametrize("kind", ["person.revoke", "entry.erase"])
def test_a_payload_that_says_nothing_derives_nothing(world, kind):
    feed = world.open_feed(ADA)
    world.write(feed, kind, b"\xc1 garbage")
    with Reader() as reader:
        reader.take_all(world)
        derived = reader.derived()
        assert derived["revocations"] == derived["erasures"] == []
