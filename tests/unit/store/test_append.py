"""Appending: what is stored, what is a duplicate, what is refused, and where the room ends."""

import pytest
from unit.store.ledger_kit import ADA, BEN, without_body
from unit.store.world_kit import Reader, World

from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.author import write_feed_open
from p2pshare.log.certificate import closed_circle, issue_certificate
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival
from p2pshare.store.append import Outcome, Quota
from p2pshare.store.places import size_of


def chain(world, length):
    """A feed of Ada with ``length`` entries in all."""
    feed = world.open_feed(ADA)
    for index in range(length - 1):
        world.put(feed, f"Thing {index}")
    return list(world.entries)


def tips(reader):
    return {
        row[0]
        for row in reader.database.connection.execute(
            "SELECT e.id FROM tips AS t JOIN entries AS e ON e.number = t.entry"
        )
    }


def outcomes(report):
    return [result.outcome for result in report.results]


def count(reader):
    return reader.database.connection.execute("SELECT count(*) FROM entries").fetchone()[0]


@pytest.fixture
def world():
    return World()


def test_a_stretch_is_stored_and_a_second_time_a_duplicate(world):
    entries = chain(world, 5)
    with Reader() as reader:
        assert outcomes(reader.take(entries)) == [Outcome.STORED]
        report = reader.take(entries, entries[1:3], entries[2:])
        assert outcomes(report) == [Outcome.DUPLICATE] * 3
        assert not report.new
        assert not report.frontier
        assert tips(reader) == {entries[-1].identifier}


def test_of_a_stretch_that_overlaps_only_the_rest_is_new(world):
    entries = chain(world, 6)
    with Reader() as reader:
        reader.take(entries[:3])
        report = reader.take(entries[1:])
        assert [new.entry.identifier for new in report.new] == [
            entry.identifier for entry in entries[3:]
        ]


def test_an_entry_before_its_previous_is_missing_it(world):
    entries = chain(world, 4)
    with Reader() as reader:
        reader.take(entries[:1])
        assert outcomes(reader.take(entries[2:])) == [Outcome.MISSING_PREVIOUS]
        assert count(reader) == 1


def test_two_entries_after_one_are_both_kept_on_branches(world):
    entries = chain(world, 3)
    feed = world.feeds[0]
    fork = world.put(feed, "On the copy", follow=entries[1])
    with Reader() as reader:
        report = reader.take(entries, [fork])
        assert outcomes(report) == [Outcome.STORED, Outcome.STORED]
        assert report.forked == {(world.circle, feed.key.public)}
        assert tips(reader) == {entries[2].identifier, fork.identifier}
        rows = reader.database.connection.execute("SELECT branch, parent, fork_seq FROM branches")
        assert rows.fetchall() == [(1, 0, 1)]


def bad_signature(entry):
    return SignedEntry(entry.signed.header, bytes(64), entry.signed.body)


def test_a_stretch_whose_end_is_not_signed_leaves_nothing(world):
    entries = chain(world, 4)
    with Reader() as reader:
        report = reader.take([*entries[:3], bad_signature(entries[3])])
        assert outcomes(report) == [Outcome.REFUSED]
        assert "signature" in report.results[0].reason
        assert count(reader) == 0


def test_an_ancestor_is_authentic_by_the_end(world):
    entries = chain(world, 4)
    with Reader() as reader:
        report = reader.take([entries[0], bad_signature(entries[1]), *entries[2:]])
        assert outcomes(report) == [Outcome.STORED]
        marks = reader.database.connection.execute("SELECT signature_checked FROM entries")
        assert [mark for (mark,) in marks] == [0, 0, 0, 1]


def test_what_nothing_later_can_heal_is_refused(world):
    entries = chain(world, 4)
    false_body = SignedEntry(entries[1].signed.header, entries[1].signed.signature, b"other")
    stretches = {
        "empty": [],
        "skips": [entries[0], entries[2]],
        "false body": [entries[0], false_body],
        "garbage": [SignedEntry(b"garbage", bytes(64), None)],
        "short signature": [SignedEntry(entries[0].signed.header, b"", entries[0].signed.body)],
        "no certificate": [without_body(entries[0])],
    }
    with Reader() as reader:
        for name, stretch in stretches.items():
            assert outcomes(reader.take(stretch)) == [Outcome.REFUSED], name
        assert count(reader) == 0


def test_a_certificate_of_somebody_else_is_refused(world):
    feed = world.open_feed(ADA)
    other = issue_certificate(BEN.key, BEN.reading.public, bytes(32), feed.key.public)
    forged = write_feed_open(feed.key, world.circle, other, time_ms=1, salt=bytes(16))
    with Reader() as reader:
        assert outcomes(reader.take([forged])) == [Outcome.REFUSED]


def test_entries_of_a_circle_one_is_not_in_are_refused():
    world = World(circle=closed_circle(bytes(32)))
    entries = chain(world, 2)
    with Reader() as reader:
        assert outcomes(reader.take(entries)) == [Outcome.REFUSED]
        arrival = Arrival(world.circle, [one.signed for one in entries])
        assert outcomes(reader.ingest.receive([arrival])) == [Outcome.REFUSED]


def test_a_stretch_of_the_greatest_length_and_one_longer(world):
    entries = chain(world, STRETCH_ENTRIES_MAX + 1)
    with Reader() as reader:
        assert outcomes(reader.take(entries)) == [Outcome.REFUSED]
        assert outcomes(reader.take(entries[:-1])) == [Outcome.STORED]
        assert count(reader) == STRETCH_ENTRIES_MAX


# --- quotas ---------------------------------------------------------------------------------------


def sizes(entries):
    return [size_of(entry.signed.header, entry.header) for entry in entries]


def test_exactly_the_quota_of_entries_fits(world):
    entries = chain(world, 5)
    with Reader(quota=Quota(entries=5)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.STORED]
    with Reader(quota=Quota(entries=4)) as reader:
        report = reader.take(entries)
        assert outcomes(report) == [Outcome.OVER_QUOTA]
        assert [new.entry.identifier for new in report.new] == [
            entry.identifier for entry in entries[:4]
        ]
        assert tips(reader) == {entries[3].identifier}


def test_exactly_the_quota_of_bytes_fits(world):
    entries = chain(world, 5)
    total = sum(sizes(entries))
    with Reader(quota=Quota(bytes=total)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.STORED]
    with Reader(quota=Quota(bytes=total - 1)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.OVER_QUOTA]
        assert count(reader) == 4


def test_the_quota_counts_over_stretches_feeds_and_transactions(world):
    entries = chain(world, 3)
    second = world.open_feed(ADA)
    third = world.put(second, "From the second computer")
    with Reader(quota=Quota(entries=4)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.STORED]
        assert outcomes(reader.take([second.opening])) == [Outcome.STORED]
        assert outcomes(reader.take([third])) == [Outcome.OVER_QUOTA]
        assert count(reader) == 4


def test_the_quota_is_a_persons_own(world):
    entries = chain(world, 3)
    ben = world.open_feed(BEN)
    with Reader(quota=Quota(entries=3)) as reader:
        report = reader.take(entries, [ben.opening])
        assert outcomes(report) == [Outcome.STORED, Outcome.STORED]


def test_what_is_cut_off_ends_at_a_signature_that_verifies(world):
    entries = chain(world, 6)
    stretch = [*entries[:3], bad_signature(entries[3]), *entries[4:]]
    with Reader(quota=Quota(entries=4)) as reader:
        reader.take(stretch)
        assert tips(reader) == {entries[2].identifier}


def test_an_erased_or_owed_body_counts_as_if_it_were_there(world):
    entries = chain(world, 3)
    stretch = [entries[0], without_body(entries[1]), entries[2]]
    with Reader() as reader:
        reader.take(stretch)
        used = reader.database.connection.execute("SELECT entries, bytes FROM usage").fetchall()
        assert used == [(3, sum(sizes(entries)))]


def test_a_feed_over_quota_is_not_wanted_again(world):
    entries = chain(world, 3)
    with Reader(quota=Quota(entries=2)) as reader:
        reader.take(entries)
        refused = reader.database.connection.execute("SELECT feed FROM refused_feeds").fetchall()
        assert refused == [(world.feeds[0].key.public,)]


def test_a_full_folder_takes_nothing_more(world):
    entries = chain(world, 2)
    with Reader() as reader:
        pages = reader.database.connection.execute("PRAGMA page_count").fetchone()[0]
    size = pages * 4096
    with Reader(quota=Quota(folder_bytes=size)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.STORED]
    with Reader(quota=Quota(folder_bytes=size - 1)) as reader:
        assert outcomes(reader.take(entries)) == [Outcome.OVER_QUOTA]
        assert count(reader) == 0


# --- owed bodies ----------------------------------------------------------------------------------


def test_a_body_that_was_left_behind_is_owed_until_it_comes(world):
    entries = chain(world, 3)
    with Reader() as reader:
        reader.take([entries[0], without_body(entries[1]), entries[2]])
        assert reader.owed() == {entries[1].identifier}
        reader.take([without_body(entries[1])])
        assert reader.owed() == {entries[1].identifier}
        report = reader.take(entries)
        assert outcomes(report) == [Outcome.DUPLICATE]
        assert not reader.owed()
        assert len(reader.rows("listings")) == 2
