"""What a fold is given: counting, waiting, erased, damaged; own predecessors along branches."""

import pytest
from unit.store.ledger_kit import ADA, BEN, CLEO, without_body
from unit.store.world_kit import DAY, Reader, World

from p2pshare.domain.agreement_bodies import RepairOpen
from p2pshare.errors import StoreDamaged
from p2pshare.log.body import open_body
from p2pshare.log.entry import OWN_SEALED_KIND, SEALED_KIND
from p2pshare.log.standing import Denial
from p2pshare.store.feeds import FeedCache
from p2pshare.store.gather import Gatherer
from p2pshare.store.repair import mark_damaged


def gather(reader, *entries):
    connection = reader.database.connection
    gatherer = Gatherer(connection, FeedCache(connection), reader.keys)
    return gatherer.gather(1, [entry.subject for entry in entries])


def by_id(subject):
    return {entry.identifier: entry for entry in subject.entries}


@pytest.fixture
def world():
    return World()


def test_a_subject_that_nobody_knows_has_no_entries():
    with Reader() as reader:
        connection = reader.database.connection
        (one,) = Gatherer(connection, FeedCache(connection), []).gather(1, [bytes(16)])
        assert one.entries == []
        assert one.creating is None


def test_entries_come_with_kind_body_and_author(world):
    feed = world.open_feed(ADA)
    listing = world.put(feed, "Drill")
    with Reader() as reader:
        reader.take_all(world)
        (subject,) = gather(reader, listing)
        assert subject.creating is not None
        assert subject.creating.creates
        assert subject.creating.body == listing.body
        assert subject.creating.feed.person == ADA.id
        assert subject.creating.denial is None
        assert gather(reader, listing)[0].circle == 1


def test_a_sealed_body_is_for_its_readers(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    loan = world.request(ben, world.put(ada, "Drill"))
    for reader_person, kind in ((BEN, "loan.request"), (CLEO, "sealed")):
        with Reader(reader_person) as reader:
            reader.take_all(world)
            creating = gather(reader, loan)[0].creating
            assert creating.kind == kind
            assert (creating.body is None) == (reader_person is CLEO)


def test_an_entry_waits_for_what_it_comes_after(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    listing = world.put(ada, "Drill")
    edit = world.put(ben, "Not mine", listing.subject, after=[listing])
    with Reader() as reader:
        reader.take([ben.opening, edit])
        assert by_id(gather(reader, listing)[0])[edit.identifier].waits_for == (listing.identifier,)
        reader.take([ada.opening, listing])
        assert by_id(gather(reader, listing)[0])[edit.identifier].waits_for == ()


def test_an_entry_after_a_revocation_is_denied(world):
    thief = world.open_feed(ADA)
    kept, stolen = world.put(thief, "Mine"), world.put(thief, "Not mine")
    world.revoke(world.open_feed(ADA), ADA, kept)
    with Reader() as reader:
        reader.take_all(world)
        first, second = gather(reader, kept, stolen)
        assert first.creating.denial is None
        assert second.creating.denial is Denial.REVOKED


def test_erasures_are_told_by_person(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    listing = world.put(ada, "Drill")
    world.erase(ben, [listing])
    with Reader() as reader:
        reader.take_all(world)
        assert gather(reader, listing)[0].creating.erased_by == frozenset({BEN.id})
        assert gather(reader, listing)[0].creating.has_body
        world.erase(ada, [listing])
        reader.take_all(world)
        creating = gather(reader, listing)[0].creating
        assert creating.erased_by == frozenset({ADA.id, BEN.id})
        assert not creating.has_body


def test_own_predecessors_follow_the_branches(world):
    feed = world.open_feed(ADA)
    listing = world.put(feed, "Drill")
    other = world.put(feed, "Saw")
    left = world.put(feed, "Drill, left", listing.subject)
    right = world.put(feed, "Drill, right", listing.subject, follow=other)
    further = world.put(feed, "Drill, further right", listing.subject)
    before = world.put(feed, "Drill, before", listing.subject, follow=world.feeds[0].opening)
    with Reader() as reader:
        reader.take_all(world)
        own = {
            identifier: entry.own_previous
            for identifier, entry in by_id(gather(reader, listing)[0]).items()
        }
    assert own == {
        listing.identifier: (),
        left.identifier: (listing.identifier,),
        right.identifier: (listing.identifier,),
        further.identifier: (right.identifier,),
        before.identifier: (),
    }


def test_nothing_is_opened_of_an_agreement_that_is_not_ours(world, monkeypatch):
    """Opening costs much more than sending: only what can belong to something is tried."""
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    listing = world.put(ada, "Drill")
    loan = world.request(ben, listing)
    move = world.move(ada, loan, "accept", after=[loan])
    tried = []

    def open_and_note(body, keys, **place):
        tried.append(body)
        return open_body(body, keys, **place)

    monkeypatch.setattr("p2pshare.store.gather.open_body", open_and_note)
    with Reader(ADA) as ours, Reader(CLEO) as strangers:
        strangers.take_all(world)
        tried.clear()
        (subject,) = gather(strangers, loan)
        assert tried == [loan.signed.body]
        assert {entry.kind for entry in subject.entries} == {"sealed"}
        ours.take_all(world)
        tried.clear()
        (subject,) = gather(ours, loan)
        assert tried == [loan.signed.body, move.signed.body]
        assert {entry.kind for entry in subject.entries} == {"loan.request", "loan.accept"}


@pytest.mark.parametrize(
    ("what", "is_there"), [("header", False), ("body", True), ("signature", True)]
)
def test_what_is_noted_as_damaged_is_not_believed(world, what, is_there):
    listing = world.put(world.open_feed(ADA), "Drill")
    with Reader() as reader:
        reader.take_all(world)
        mark_damaged(reader.database.connection, [listing.identifier], what)
        (subject,) = gather(reader, listing)
        assert (subject.creating is not None) == is_there
        if is_there:
            assert subject.creating.has_body
            assert (subject.creating.body is None) == (what == "body")


@pytest.mark.parametrize("header", ["x'00'", "'text'", "NULL"])
def test_damage_that_is_not_noted_is_said(world, header):
    listing = world.put(world.open_feed(ADA), "Drill")
    with Reader() as reader:
        reader.take_all(world)
        reader.database.connection.execute(f"UPDATE entries SET header = {header} WHERE seq = 1")
        with pytest.raises(StoreDamaged, match="run the audit"):
            gather(reader, listing)


def test_a_body_that_is_owed_says_nothing(world):
    feed = world.open_feed(ADA)
    listing = world.put(feed, "Drill")
    with Reader() as reader:
        reader.take([feed.opening, without_body(listing)])
        creating = gather(reader, listing)[0].creating
        assert not creating.has_body
        assert creating.body is None


# --- sealed to its author alone ---------------------------------------------------------------


def repair(world, feed, listing, *, shown=OWN_SEALED_KIND, readers=None):
    """A ticket for a thing of one's own, sealed to its author unless to other ``readers``."""
    body = RepairOpen(
        listing=listing.subject,
        listing_header=listing.signed.header,
        title="Drill",
        quantity=1,
        from_day=DAY,
        until_day=DAY,
    )
    return world.write(feed, "repair.open", body, readers=readers or [feed.author], shown=shown)


def test_what_is_sealed_to_its_author_is_read_by_the_author_alone(world):
    feed = world.open_feed(ADA)
    ticket = repair(world, feed, world.put(feed, "Drill"))
    for person, kind in ((ADA, "repair.open"), (BEN, OWN_SEALED_KIND)):
        with Reader(person) as reader:
            reader.take_all(world)
            creating = gather(reader, ticket)[0].creating
            assert creating.kind == kind
            assert (creating.body is None) == (person is BEN)
            assert len(reader.rows("agreements")) == (person is ADA)


@pytest.mark.parametrize("person", [ADA, BEN])
def test_what_binds_two_says_nothing_where_its_author_could_erase_it_alone(world, person):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    loan = world.request(ben, drill)
    in_the_open = world.request(ben, drill, shown=OWN_SEALED_KIND)
    move = world.move(ada, loan, "accept", shown=OWN_SEALED_KIND, after=[loan])
    with Reader(person) as reader:
        reader.take_all(world)
        assert gather(reader, in_the_open)[0].creating.body is None
        assert by_id(gather(reader, loan)[0])[move.identifier].body is None
        (row,) = reader.rows("agreements")
        assert (row["agreement"], row["state"]) == (loan.subject.hex(), "requested")


def test_what_its_author_may_erase_says_nothing_where_it_takes_two(world):
    feed = world.open_feed(ADA)
    drill = world.put(feed, "Drill")
    ticket = repair(world, feed, drill, shown=SEALED_KIND)
    with Reader(ADA) as reader:
        reader.take_all(world)
        assert gather(reader, ticket)[0].creating.body is None
        assert reader.rows("agreements") == []


@pytest.mark.parametrize("person", [ADA, BEN])
def test_its_author_erases_it_everywhere_and_nobody_else_anywhere(world, person):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    ticket = repair(world, ada, world.put(ada, "Drill"))
    world.erase(ben, [ticket])
    with Reader(person) as reader:
        reader.take_all(world)
        assert ticket.identifier in reader.held_bodies()
        assert len(reader.rows("agreements")) == (person is ADA)
        erasure = world.erase(ada, [ticket])
        reader.take([erasure])
        assert ticket.identifier not in reader.held_bodies()
        assert reader.owed() == set()
        assert reader.rows("agreements") == []


@pytest.mark.parametrize("erased_first", [False, True])
def test_a_relay_takes_no_body_that_was_erased(world, erased_first):
    ada = world.open_feed(ADA)
    ticket = repair(world, ada, world.put(ada, "Drill"))
    erasure = world.erase(ada, [ticket])
    *before, _, _ = world.entries
    with Reader() as relay:
        relay.take(*([entry] for entry in before))
        relay.take([without_body(ticket), erasure] if erased_first else [ticket, erasure])
        relay.take([ticket])
        relay.repair([ticket])
        assert ticket.identifier not in relay.held_bodies()
        assert relay.owed() == set()


def test_a_ticket_for_another_s_thing_is_none(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    repair(world, ben, world.put(ada, "Drill"))
    with Reader(BEN) as reader:
        reader.take_all(world)
        assert reader.rows("agreements") == []
