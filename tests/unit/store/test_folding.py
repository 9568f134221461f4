"""Folding writes rows anew from all of a subject's entries, deletes what is covered, and owes."""

from unit.store.world_kit import Reader, World, Written, person_of

from p2pshare.log.entry import SignedEntry
from p2pshare.store.rows import RowChange

ADA, BEN = person_of(1), person_of(2)


def changes(report_changes: list[RowChange], subject: Written) -> list[tuple[str, bool, bool]]:
    key = subject.subject.hex()
    return [(one.table, one.added, one.removed) for one in report_changes if one.key == key]


def stripped(entry: Written) -> SignedEntry:
    return SignedEntry(entry.signed.header, entry.signed.signature, None)


def test_a_row_is_added_changed_left_alone_and_removed() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    with Reader() as reader:
        report = reader.take([ada.opening, drill])
        assert changes(report.changes, drill) == [("listings", True, False)]
        edit = world.put(ada, "Hammer drill", drill.subject, after=[drill])
        assert changes(reader.take([edit]).changes, drill) == [("listings", False, False)]
        assert reader.take([edit]).changes == []
        stranger = world.open_feed(BEN)
        theft = world.put(stranger, "Mine", drill.subject, after=[edit])
        report = reader.take([stranger.opening, theft])
        assert changes(report.changes, drill) == []
        assert [row["title"] for row in reader.rows("listings")] == ["Hammer drill"]
        report = reader.take([world.erase(ada, [drill, edit])])
        assert changes(report.changes, drill) == [("listings", False, True)]
        assert reader.rows("listings") == []


def test_an_entry_waits_for_what_it_comes_after() -> None:
    world = World()
    ada, second = world.open_feed(ADA), world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    first = world.put(ada, "First edit", drill.subject, after=[drill])
    last = world.put(second, "Last edit", drill.subject, after=[first])
    with Reader() as reader:
        reader.take([ada.opening, drill], [second.opening, last])
        assert [row["title"] for row in reader.rows("listings")] == ["Drill"]
        report = reader.take([first])
        assert changes(report.changes, drill) == [("listings", False, False)]
        assert [row["title"] for row in reader.rows("listings")] == ["Last edit"]
        assert reader.derived()["dependencies"] == []


def test_a_body_that_is_not_in_hand_is_owed_until_it_comes() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    with Reader() as reader:
        report = reader.take([ada.opening.signed, stripped(drill)])
        assert reader.rows("listings") == []
        assert reader.owed() == {drill.identifier}
        assert report.owed == {world.circle: frozenset({drill.identifier})}
        report = reader.repair([drill])
        assert report.repaired == [drill.identifier]
        assert report.settled == {world.circle: frozenset({drill.identifier})}
        assert changes(report.changes, drill) == [("listings", True, False)]
        assert reader.owed() == set()


def test_what_is_covered_is_not_owed_and_its_body_is_deleted_whenever_it_comes() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Drill")
    erasure = world.erase(ada, [drill])
    with Reader() as reader:
        report = reader.take([ada.opening, drill, erasure])
        assert report.erased == 1
        assert (reader.owed(), drill.identifier in reader.held_bodies()) == (set(), False)
    with Reader() as reader:  # the erasure is known before the body
        reader.take([ada.opening.signed, stripped(drill), erasure.signed])
        assert reader.owed() == set()
        reader.take([ada.opening, drill, erasure])
        reader.repair([drill])
        assert drill.identifier not in reader.held_bodies()
        assert reader.rows("listings") == []


def test_erased_words_are_not_found_any_more() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drill = world.put(ada, "Unmistakable")
    world.put(ada, "Ladder")
    with Reader() as reader:
        reader.take_all(world)
        assert len(reader.queries.listings("2026-11-23", search="unmistakable")) == 1
        reader.take([world.erase(ada, [drill])])
        assert reader.queries.listings("2026-11-23", search="unmistakable") == []
        assert len(reader.queries.listings("2026-11-23", search="ladder")) == 1
        segments = reader.database.connection.execute("SELECT block FROM listings_fts_data")
        assert not any(b"mistakable" in block for (block,) in segments)
