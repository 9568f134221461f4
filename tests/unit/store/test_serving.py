"""Reading the log for peers, against a naive model: what is given is what is lacking, in order."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.store.world_kit import Feed, Reader, World, Written, ancestors, person_of

from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry, entry_id, signature_verifies
from p2pshare.store.append import Outcome
from p2pshare.store.feeds import circle_numbers
from p2pshare.store.repair import BODY_DAMAGED, HEADER_DAMAGED, SIGNATURE_DAMAGED
from p2pshare.store.serving import LogReader, ServedFeed

PLENTY = 10**9
NOTE = b"\x81\xa1x\x01"
MAX_ENTRY_BYTES = 700


def log_reader(reader: Reader, room: int = PLENTY) -> LogReader:
    connection = reader.database.connection
    log = LogReader(connection, circle_numbers(connection)[OPEN_CIRCLE])
    log.room = room
    return log


def tree(parents: list[int]) -> tuple[World, bytes]:
    """A world with one feed key: entry n + 1 follows the entry ``parents[n]``; -1 is an opening.

    Two people may hold the key: then it has two ``feed.open``s, and trees under both.
    """
    world = World()
    feed = world.open_feed(person_of(1))
    key = feed.key
    feeds = {world.entries[0].identifier: feed}
    for parent in parents:
        if parent < 0:
            feed = world.open_feed(person_of(2 + len(feeds) % 2), key=key)
            feeds[world.entries[-1].identifier] = feed
            continue
        follow = world.entries[parent % len(world.entries)]
        world.write(of(feeds, follow), "test.note", NOTE, follow=follow)
    return world, key.public


def of(feeds: dict[bytes, Feed], entry: Written) -> Feed:
    return feeds[ancestors(entry)[0].identifier]


@contextmanager
def readers(world: World) -> Iterator[tuple[Reader, Reader]]:
    """One who has the whole world, and one who has nothing."""
    with Reader() as giver, Reader() as taker:
        giver.take_all(world)
        yield giver, taker


def covered(world: World, held: list[Written]) -> set[bytes]:
    return {one.identifier for entry in held for one in ancestors(entry)}


def ids(served: ServedFeed) -> list[bytes]:
    return [entry_id(entry.header) for stretch in served.stretches for entry in stretch]


def check_stretches(feed: bytes, served: ServedFeed) -> None:
    for stretch in served.stretches:
        assert 1 <= len(stretch) <= STRETCH_ENTRIES_MAX
        last = stretch[-1]
        assert signature_verifies(feed, last.signature, entry_id(last.header))


def take(taker: Reader, served: ServedFeed) -> None:
    """What was read is stored as it comes: each stretch attaches, and all of it is new."""
    for stretch in served.stretches:
        (result,) = taker.take(stretch).results
        assert result.outcome is Outcome.STORED, result.reason
        assert len(result.new) == len(stretch)


TREES = st.lists(st.integers(-1, 60), max_size=40)


@given(TREES, st.lists(st.integers(0, 60), max_size=6))
def test_what_is_given_is_exactly_what_is_lacking(parents: list[int], held_at: list[int]) -> None:
    world, feed = tree(parents)
    held = [world.entries[at % len(world.entries)] for at in held_at]
    has = covered(world, held)
    with readers(world) as (giver, taker):
        taker.take(*([one] for one in world.entries if one.identifier in has))
        served = log_reader(giver).read_feed(feed, [one.identifier for one in held], every=True)
        given_ids = ids(served)
        assert sorted(given_ids) == sorted({one.identifier for one in world.entries} - has)
        assert (served.held, served.ended, served.broken, served.unknown) == (True, True, False, ())
        check_stretches(feed, served)
        take(taker, served)
        assert taker.digest() == giver.digest()


@given(TREES, st.lists(st.integers(0, 60), max_size=4), st.integers(1, 4000))
def test_it_is_given_in_portions_of_about_the_room(
    parents: list[int], held_at: list[int], room: int
) -> None:
    world, feed = tree(parents)
    held = [world.entries[at % len(world.entries)].identifier for at in held_at]
    has = covered(world, [world.by_id[one] for one in held])
    with readers(world) as (giver, taker):
        taker.take(*([one] for one in world.entries if one.identifier in has))
        for _ in range(len(world.entries) + 1):
            log = log_reader(giver, room)
            served = log.read_feed(feed, held, every=False)
            size = room - log.room
            assert size <= room + MAX_ENTRY_BYTES
            check_stretches(feed, served)
            take(taker, served)
            held += [entry_id(stretch[-1].header) for stretch in served.stretches]
            if served.ended:
                break
            assert served.stretches, "each read makes progress"
        else:
            pytest.fail("there is always more")
        assert taker.digest() == giver.digest()


@given(TREES, st.sets(st.integers(0, 60)), st.integers(1, 3000))
def test_entries_whose_signatures_fail_are_within_stretches_and_never_at_their_ends(
    parents: list[int], spoiled_at: set[int], room: int
) -> None:
    world, feed = tree(parents)
    with readers(world) as (giver, taker):
        spoiled = {
            identifier
            for (identifier,) in giver.database.connection.execute(
                "SELECT e.id FROM entries AS e WHERE EXISTS (SELECT 1 FROM entries AS n"
                " WHERE n.feed = e.feed AND n.branch = e.branch AND n.seq > e.seq)"
            )
            if world.entries.index(world.by_id[identifier]) in spoiled_at
        }
        giver.database.connection.executemany(
            "UPDATE entries SET signature = zeroblob(64), signature_checked = 0 WHERE id = ?",
            [(one,) for one in spoiled],
        )
        held: list[bytes] = []
        met: set[bytes] = set()
        for _ in range(len(world.entries) + 1):
            log = log_reader(giver, room)
            served = log.read_feed(feed, held, every=False)
            check_stretches(feed, served)
            take(taker, served)
            assert set(log.damaged.values()) <= {SIGNATURE_DAMAGED}
            met |= log.damaged.keys()
            held += [entry_id(stretch[-1].header) for stretch in served.stretches]
            if served.ended:
                break
        assert met <= spoiled
        assert taker.digest() == giver.digest()


def chain(length: int) -> tuple[World, bytes]:
    return tree(list(range(length)))


def spoil(reader: Reader, column: str, identifier: bytes, value: bytes | None = None) -> None:
    table, key = ("bodies", "entry") if column == "body" else ("entries", "number")
    connection = reader.database.connection
    if column == "signature":
        connection.execute("UPDATE entries SET signature_checked = 0 WHERE id = ?", (identifier,))
    changed = connection.execute(
        f"UPDATE {table} SET {column} = coalesce(?, CAST(x'00' || substr({column}, 2) AS BLOB))"
        f" WHERE {key} = (SELECT number FROM entries WHERE id = ?)",
        (value, identifier),
    )
    assert changed.rowcount == 1


def test_a_feed_that_ends_in_false_signatures_is_given_up_to_the_last_true_one() -> None:
    world, feed = chain(5)
    with readers(world) as (giver, taker):
        for entry in world.entries[3:]:
            spoil(giver, "signature", entry.identifier, bytes(64))
        log = log_reader(giver)
        served = log.read_feed(feed, (), every=False)
        assert ids(served) == [one.identifier for one in world.entries[:3]]
        assert (served.broken, served.ended) == (True, False)
        assert log.damaged.keys() == {one.identifier for one in world.entries[3:]}
        take(taker, served)
        held = [world.entries[2].identifier]
        again = log_reader(giver).read_feed(feed, held, every=False)
        assert (again.stretches, again.broken) == ([], True)


def test_a_body_that_is_not_what_its_header_says_stays_here() -> None:
    world, feed = chain(4)
    with readers(world) as (giver, taker):
        false = world.entries[2]
        spoil(giver, "body", false.identifier, b"16 bytes of salt and other words")
        log = log_reader(giver)
        served = log.read_feed(feed, (), every=False)
        assert log.damaged == {false.identifier: BODY_DAMAGED}
        take(taker, served)
        assert taker.owed() == {false.identifier}
        bare = SignedEntry(false.signed.header, false.signed.signature, None)
        assert log.read_entries([false.identifier]) == ((bare,), (false.identifier,))


@pytest.mark.parametrize(("column", "damage"), [("header", HEADER_DAMAGED), ("body", BODY_DAMAGED)])
def test_nothing_is_given_from_a_feed_whose_opening_is_damaged(column: str, damage: str) -> None:
    world, feed = chain(3)
    with readers(world) as (giver, _):
        opening = world.entries[0].identifier
        spoil(giver, column, opening)
        log = log_reader(giver)
        served = log.read_feed(feed, (), every=False)
        assert (served.stretches, served.broken) == ([], True)
        assert log.damaged == {opening: damage}


def test_a_header_that_is_not_what_its_id_says_ends_the_feed_before_it() -> None:
    world, feed = chain(5)
    with readers(world) as (giver, taker):
        spoil(giver, "header", world.entries[3].identifier)
        log = log_reader(giver)
        served = log.read_feed(feed, (), every=False)
        assert ids(served) == [one.identifier for one in world.entries[:3]]
        assert served.broken
        assert log.damaged == {world.entries[3].identifier: HEADER_DAMAGED}
        take(taker, served)
        assert log.read_entries([world.entries[3].identifier])[0] == ()


def test_ids_that_are_not_known_here_are_named_and_nothing_is_given() -> None:
    world, feed = tree([0, 1, 0, -1, 4])
    other = world.open_feed(person_of(3))
    with readers(world) as (giver, _):
        strange = [bytes(32), other.opening.identifier]
        known = world.entries[1].identifier
        served = log_reader(giver).read_feed(feed, [known, *strange], every=False)
        assert (served.stretches, served.unknown) == ([], tuple(strange))
        assert len(served.tips) == 3
        told_all = log_reader(giver).read_feed(feed, [known, *strange], every=True)
        lacking = {one.identifier for one in world.entries} - covered(world, [world.entries[1]])
        assert set(ids(told_all)) == lacking - {other.opening.identifier}
        assert told_all.unknown == tuple(strange)


def test_a_feed_that_is_not_here_is_said_so() -> None:
    world, _ = chain(1)
    with readers(world) as (giver, _):
        served = log_reader(giver).read_feed(bytes(32), (), every=False)
        assert (served.held, served.tips, served.stretches) == (False, (), [])
        assert log_reader(giver).held_ids(bytes(32)) == ()


def test_a_long_feed_is_cut_into_stretches() -> None:
    world, feed = chain(STRETCH_ENTRIES_MAX + 3)
    with readers(world) as (giver, taker):
        served = log_reader(giver).read_feed(feed, (), every=False)
        assert [len(one) for one in served.stretches] == [STRETCH_ENTRIES_MAX, 4]
        take(taker, served)
        assert taker.digest() == giver.digest()
        assert log_reader(giver).held_ids(feed) == tuple(ids(served))


def test_no_room_gives_nothing_and_says_whether_there_is_more() -> None:
    world, feed = chain(2)
    with readers(world) as (giver, _):
        served = log_reader(giver, 0).read_feed(feed, (), every=False)
        assert (served.stretches, served.ended) == ([], False)
        tip = [world.entries[-1].identifier]
        assert log_reader(giver, 0).read_feed(feed, tip, every=False).ended


def test_entries_by_id_come_with_what_there_is_and_what_is_not_whole_is_missing() -> None:
    world, _ = chain(5)
    opening, first, second, third, nothing = world.entries[:5]
    with readers(world) as (giver, _):
        number = "(SELECT number FROM entries WHERE id = ?)"
        giver.database.connection.execute(
            f"DELETE FROM bodies WHERE entry = {number}", (first.identifier,)
        )
        giver.database.connection.execute(
            f"DELETE FROM bodies WHERE entry = {number}", (nothing.identifier,)
        )
        for entry in (second, nothing):
            spoil(giver, "signature", entry.identifier, bytes(64))
        log = log_reader(giver)
        asked = [one.identifier for one in (opening, first, second, third, nothing)]
        entries, missing = log.read_entries([*asked, bytes(32)])
        unsigned = SignedEntry(second.signed.header, bytes(64), second.signed.body)
        bare = SignedEntry(first.signed.header, first.signed.signature, None)
        assert set(entries) == {opening.signed, bare, unsigned, third.signed}
        assert missing == (first.identifier, second.identifier, nothing.identifier, bytes(32))
        assert log.damaged.keys() == {second.identifier, nothing.identifier}
        assert set(log.damaged.values()) == {SIGNATURE_DAMAGED}


def test_nothing_of_another_circle_is_given() -> None:
    world, feed = chain(2)
    with readers(world) as (giver, _):
        log = LogReader(giver.database.connection, 999)
        log.room = PLENTY
        assert not log.read_feed(feed, (), every=True).held
        identifier = world.entries[0].identifier
        assert log.read_entries([identifier]) == ((), (identifier,))
        assert log.held_ids(feed) == ()
