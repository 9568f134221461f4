"""node.writing: one feed a person, circle and computer; never one that was written elsewhere."""

import shutil
from contextlib import closing

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.bodies import PersonProfile, encode_payload
from p2pshare.domain.commands import EditListing
from p2pshare.domain.rules import set_name
from p2pshare.errors import DomainError, NodeError, UnknownReference
from p2pshare.log.author import Place, write_entry
from p2pshare.log.certificate import OPEN_CIRCLE, person_subject
from p2pshare.log.entry import decode_header, entry_id
from p2pshare.node.ingest import Arrival
from p2pshare.node.writing import Writing
from p2pshare.store import local
from p2pshare.store.feeds import tips_of


def current_feed(computer, person):
    return local.current_feed(computer.database.connection, OPEN_CIRCLE, person)


def feeds_of(computer, person):
    rows = computer.database.connection.execute(
        "SELECT feed FROM feeds WHERE person = ? ORDER BY number", (person,)
    )
    return [feed for (feed,) in rows]


def written_elsewhere(computer, person, after_seq):
    """A stretch of a copy of this computer's feed, on from the entry with ``after_seq``."""
    feed = current_feed(computer, person)
    chain = computer.all_entries()[OPEN_CIRCLE, feed]
    entry = write_entry(
        computer.keys.feed_key(feed, person),
        OPEN_CIRCLE,
        Place(after_seq + 1, entry_id(chain[after_seq].header)),
        time_ms=START_MS,
        kind="person.profile",
        payload=encode_payload(PersonProfile(name="Elsewhere")),
        salt=bytes(16),
        subject=person_subject(person),
    )
    return [*chain[: after_seq + 1], entry]


def test_a_person_goes_on_in_one_feed(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
    for title in ("one", "two"):
        with closing(Computer(tmp_path)) as computer:
            computer.offer(ada, title)
    with closing(Computer(tmp_path)) as computer:
        (feed,) = feeds_of(computer, ada)
        chain = [decode_header(entry.header) for entry in computer.all_entries()[OPEN_CIRCLE, feed]]
        assert [header.seq for header in chain] == [0, 1, 2, 3]


def test_a_feed_per_circle(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        house = computer.add_closed_circle("House", b"s" * 32)
        computer.offer(ada, "everyone's")
        computer.offer(ada, "the house's", circle=house)
        assert len(feeds_of(computer, ada)) == 2
        assert {view.circle for view in computer.queries.listings(computer.today())} == {
            OPEN_CIRCLE.hex(),
            house.hex(),
        }


def test_after_own_entries_come_back_the_next_write_opens_a_new_feed(tmp_path):
    """A backup was restored: the feed went on, on the disk that broke."""
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        old = current_feed(computer, ada)
        report = computer.receive([Arrival(OPEN_CIRCLE, written_elsewhere(computer, ada, 1))])
        assert len(report.returned) == 1
        assert report.retired == {old}
        assert [view.name for view in computer.queries.people()] == ["Elsewhere"]
        computer.offer(ada)
        assert feeds_of(computer, ada) == [old, current_feed(computer, ada)]
        assert tips_of(computer.database.connection, old, 1)[0][0] == 2
        assert report.forked == set()


def test_a_forked_feed_is_never_continued(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        old = current_feed(computer, ada)
        report = computer.receive([Arrival(OPEN_CIRCLE, written_elsewhere(computer, ada, 0))])
        assert report.forked == {(OPEN_CIRCLE, old)}
        computer.offer(ada)
        assert current_feed(computer, ada) != old
        assert len(tips_of(computer.database.connection, old, 1)) == 2
        assert len(computer.queries.listings(computer.today())) == 1


def test_a_copied_folder_never_splits_what_it_writes_after_meeting_the_original(tmp_path):
    """The whole installation is copied; both write; both meet; both go on in new feeds."""
    with closing(Computer(tmp_path / "original")) as original:
        ada = original.add("Ada")
    shutil.copytree(tmp_path / "original", tmp_path / "copy")
    with (
        closing(Computer(tmp_path / "original")) as original,
        closing(Computer(tmp_path / "copy")) as copy,
    ):
        shared = current_feed(original, ada)
        original.offer(ada, "from the original")
        copy.offer(ada, "from the copy")
        for one, other in ((original, copy), (copy, original)):
            stretch = other.all_entries()[OPEN_CIRCLE, shared]
            one.receive([Arrival(OPEN_CIRCLE, stretch[:3])])
        assert [len(feeds_of(one, ada)) for one in (original, copy)] == [1, 1]
        original.offer(ada, "later, original")
        copy.offer(ada, "later, copy")
        new = {current_feed(one, ada) for one in (original, copy)}
        assert len(new) == 2
        assert shared not in new
        for one in (original, copy):
            assert len(tips_of(one.database.connection, shared, 1)) == 2
            titles = {view.title for view in one.queries.listings(one.today())}
            assert {"from the original", "from the copy"} <= titles


def test_a_feed_whose_key_is_gone_is_not_continued(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        feed = current_feed(computer, ada)
        (tmp_path / "keys" / f"feed-{feed.hex()}.pem").unlink()
        computer.offer(ada)
        assert current_feed(computer, ada) != feed


def test_without_the_persons_key_no_feed_is_opened(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        (tmp_path / "keys" / f"person-{ada.hex()}.pem").unlink()
        computer.offer(ada, "in the feed that is open")
        house = computer.add_closed_circle("House", b"s" * 32)
        before = computer.count()
        with pytest.raises(NodeError, match="restore it from the backup"):
            computer.offer(ada, circle=house)
        assert computer.count() == before


def test_a_feed_its_key_and_feed_open_come_in_one_transaction(tmp_path):
    """A command that is refused after the feed was opened leaves no feed in the ledger."""
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        house = computer.add_closed_circle("House", b"s" * 32)
        with pytest.raises((DomainError, UnknownReference)):
            computer.offer(ada, quantity=0, circle=house)
        assert local.current_feed(computer.database.connection, house, ada) is None
        computer.offer(ada, circle=house)
        feed = local.current_feed(computer.database.connection, house, ada)
        assert computer.keys.has_feed_key(feed)
        assert feed in feeds_of(computer, ada)


def test_a_loan_is_sealed_to_a_second_computer_with_a_reading_key_of_its_own_time(tmp_path):
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        ada, ben = a.add("Ada"), b.add("Ben")
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill)
        meet(a, b)
        with closing(Computer(tmp_path / "laptop")) as laptop:
            laptop.host(a, ada, "Ada")
            meet(a, b, laptop)
            assert laptop.loan(loan) == a.loan(loan)
            laptop.move(ada, loan, "accept")
            meet(a, b, laptop)
            assert b.loan(loan).state == "accepted"
            assert current_feed(laptop, ada) != current_feed(a, ada)


def test_an_entry_names_what_its_author_had_seen(tmp_path):
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "laptop")) as laptop:
        ada = a.add("Ada")
        laptop.host(a, ada, "Ada")
        drill = a.offer(ada)
        meet(a, laptop)
        a.perform(EditListing(person=ada, listing=drill, title="one"))
        laptop.perform(EditListing(person=ada, listing=drill, title="other"))
        meet(a, laptop)
        laptop.perform(EditListing(person=ada, listing=drill, title="both"))
        entries = laptop.all_entries()[OPEN_CIRCLE, current_feed(laptop, ada)]
        assert len(decode_header(entries[-1].header).after) == 2
        meet(a, laptop)
        assert a.queries.listing(drill.hex(), a.today()).title == "both"


def test_two_writings_in_turn_within_one_transaction_make_one_chain(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        with computer.ingest.batch(durable=True) as batch:
            one, other = (
                Writing(batch, computer.keys, ada, OPEN_CIRCLE, computer.clock) for _ in range(2)
            )
            for writing in (one, one, other, one, other, other, one):
                writing.write(set_name("Ada"), subject=person_subject(ada))
            batch.finish(by_peer=False)
        (feed,) = feeds_of(computer, ada)
        chain = [decode_header(entry.header) for entry in computer.all_entries()[OPEN_CIRCLE, feed]]
        assert [header.seq for header in chain] == list(range(9))
        assert len(tips_of(computer.database.connection, feed, 1)) == 1


def test_nothing_was_received_before_it_was_signed_however_long_the_transaction_takes(tmp_path):
    with closing(Computer(tmp_path / "a")) as a:
        ada = a.add("Ada")
        with a.ingest.batch(durable=True) as batch:
            writing = Writing(batch, a.keys, ada, OPEN_CIRCLE, a.clock)
            a.clock.advance(5)
            writing.write(set_name("Ada Lovelace"), subject=person_subject(ada))
            batch.finish(by_peer=False)
        (view,) = a.queries.people()
        assert view.last_seen_ms == START_MS + 5000, "as others will see it"
