"""The state of a subject as the rules are asked with it: whose it is, what covers it, its heads."""

import sqlite3

import pytest
from unit.store.world_kit import Person, Reader, World, Written, person_of

from p2pshare.limits import AFTER_ENTRIES_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.feeds import FeedCache, circle_numbers
from p2pshare.store.states import SubjectStates, is_covered

ADA, BEN, CLEO = person_of(1), person_of(2), person_of(3)


def states(reader: Reader) -> SubjectStates:
    connection: sqlite3.Connection = reader.database.connection
    return SubjectStates(connection, FeedCache(connection), circle_numbers(connection), reader.keys)


def requested() -> tuple[World, Written, Written]:
    """Ben asks Ada for her drill."""
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill", quantity=2)
    return world, drill, world.request(ben, drill, "please")


@pytest.mark.parametrize(("person", "reads"), [(ADA, True), (BEN, True), (CLEO, False)])
def test_an_agreement_is_its_parties_and_nobody_elses(person: Person, reads: bool) -> None:
    world, drill, loan = requested()
    with Reader(person) as reader:
        reader.take_all(world)
        found = states(reader).agreement(OPEN_CIRCLE, loan.subject)
        assert (found is not None) is reads
        if found is not None:
            assert found.parties == (BEN.id, ADA.id)
            assert (found.state, found.listing, found.quantity) == ("requested", drill.subject, 1)


def test_what_is_not_here_has_no_state() -> None:
    with Reader(ADA) as reader:
        found = states(reader)
        assert found.listing(OPEN_CIRCLE, bytes(16)) is None
        assert found.agreement(OPEN_CIRCLE, bytes(16)) is None
        assert found.busy(OPEN_CIRCLE, bytes(16)) == ()
        assert found.heads(OPEN_CIRCLE, bytes(16)) == []


def test_a_request_waits_until_the_owners_feed_is_known() -> None:
    world, _, loan = requested()
    ada_opens, ben_opens = (feed.opening for feed in world.feeds)
    with Reader(BEN) as reader:
        reader.take([ben_opens], [loan])
        assert states(reader).agreement(OPEN_CIRCLE, loan.subject) is None
        report = reader.take([ada_opens])  # the listing itself has not arrived
        assert [change.table for change in report.changes if change.key == loan.subject.hex()]
        found = states(reader).agreement(OPEN_CIRCLE, loan.subject)
        assert found is not None
        assert found.parties == (BEN.id, ADA.id)


def test_the_listing_decides_where_two_people_opened_its_feed() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    world.open_feed(CLEO, key=ada.key)
    loan = world.request(world.open_feed(BEN), drill)
    with Reader(BEN) as reader:
        reader.take(*([one] for one in world.entries if one is not drill))
        assert states(reader).agreement(OPEN_CIRCLE, loan.subject) is None
        reader.take([drill])
        found = states(reader).agreement(OPEN_CIRCLE, loan.subject)
        assert found is not None
        assert found.parties == (BEN.id, ADA.id)


def test_heads_are_what_nothing_comes_after_and_at_most_four() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    edits = [
        world.put(world.open_feed(ADA), f"Drill {number}", drill.subject, after=[drill])
        for number in range(AFTER_ENTRIES_MAX + 2)
    ]
    with Reader() as reader:
        reader.take([ada.opening, drill])
        assert states(reader).heads(OPEN_CIRCLE, drill.subject) == [drill.identifier]
        reader.take_all(world)
        heads = states(reader).heads(OPEN_CIRCLE, drill.subject)
        assert len(heads) == AFTER_ENTRIES_MAX
        assert set(heads) < {edit.identifier for edit in edits}
        for one in edits[1:]:
            world.put(ada, "Merged", drill.subject, after=[one, edits[0]])
        reader.take_all(world)
        assert len(states(reader).heads(OPEN_CIRCLE, drill.subject)) == 1


@pytest.mark.parametrize("reader_of", [(), (ADA,), (BEN,), (ADA, BEN)])
def test_an_agreements_entries_are_covered_when_both_parties_say_so(
    reader_of: tuple[Person, ...],
) -> None:
    world, _, loan = requested()
    ada, ben = world.feeds
    stranger = world.open_feed(CLEO)
    with Reader(*reader_of) as reader:

        def covered() -> bool:
            reader.take_all(world)
            found = states(reader)
            (gathered,) = found.gather(
                circle_numbers(reader.database.connection)[OPEN_CIRCLE], [loan.subject]
            )
            parties = (BEN.id, ADA.id) if reader_of else None
            return is_covered(gathered.entries[0], parties)

        assert not covered()
        world.erase(ben, [loan])
        assert not covered()
        if reader_of:  # who is no party cannot tell a stranger from the other party
            world.erase(stranger, [loan])
            assert not covered()
        world.erase(ada, [loan])
        assert covered()
        assert reader.rows("agreements") == []
        assert loan.identifier not in reader.held_bodies()


def test_a_listing_is_covered_by_its_own_author_only() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    world.erase(ben, [drill])
    with Reader() as reader:
        reader.take_all(world)
        assert states(reader).listing(OPEN_CIRCLE, drill.subject) is not None
        world.erase(ada, [drill])
        reader.take_all(world)
        assert states(reader).listing(OPEN_CIRCLE, drill.subject) is None
