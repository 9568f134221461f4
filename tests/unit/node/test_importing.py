"""node.importing: a list goes in whole or not at all; again adds nothing; changed changes that."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unit.node.computers import Computer

from p2pshare.domain.commands import CloseListing, EditListing, Forget
from p2pshare.domain.views import ListingView
from p2pshare.errors import DomainError, KeyLocked, QuotaExceeded, UnknownReference
from p2pshare.node.importing import ImportResult, RowRemark, import_list
from p2pshare.store.append import Quota
from p2pshare.store.audit import audit

HEADER = "id,name,description,category,quantity,archived"


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    with closing(Computer(tmp_path)) as made:
        yield made


@pytest.fixture
def ada(computer: Computer) -> bytes:
    return computer.add("Ada")


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    """(imported, updated, skipped, rejected)."""
    return (result.imported, result.updated, result.skipped, len(result.rejected))


def open_listings(computer: Computer) -> dict[str, ListingView]:
    return {one.title: one for one in computer.queries.listings(computer.today())}


def listing_of(computer: Computer, title: str) -> bytes:
    return bytes.fromhex(open_listings(computer)[title].listing)


def test_rows_become_listings(computer: Computer, ada: bytes) -> None:
    result = import_list(
        computer, ada, table("1,Drill,With bits,Bohrer,2,", "2,Saw,,Sägen und mehr,,no")
    )
    assert counts(result) == (2, 0, 0, 0)
    assert result.format == "csv"
    found = open_listings(computer)
    drill = found["Drill"]
    assert (drill.description, drill.quantity, drill.own) == ("With bits", 2, True)
    assert drill.transaction_type == ("borrow-lend",)
    assert drill.category == "power-tools"
    assert found["Saw"].category == "Sägen und mehr"
    assert result.report is not None
    assert len(result.report.new) == 2
    assert audit(computer.folder / "ledger.db", computer.reading_keys()).faults == ()


def test_listings_stand_in_the_order_of_the_file(computer: Computer, ada: bytes) -> None:
    names = [f"Thing {number:02}" for number in range(40)]
    import_list(computer, ada, table(*names, header="name"))
    views = computer.queries.listings(computer.today())
    assert [one.title for one in views] == names[::-1]


def test_a_category_of_ours_may_be_among_the_tags(computer: Computer, ada: bytes) -> None:
    rows = table("Drill,blue; Perceuse", "Saw,blue", header="HB.name,HB.tags")
    import_list(computer, ada, rows)
    found = open_listings(computer)
    assert (found["Drill"].category, found["Saw"].category) == ("power-tools", "")
    assert found["Drill"].tags == ("blue", "Perceuse")


def test_the_same_file_again_adds_nothing(computer: Computer, ada: bytes) -> None:
    rows = table("1,Drill,,,,", "2,Saw,,,,", ",Tent,,,,", ",Tent,b,,,")
    import_list(computer, ada, rows)
    entries = computer.count()
    for _ in range(2):
        assert counts(import_list(computer, ada, rows)) == (0, 0, 4, 0)
    assert computer.count() == entries


def test_a_changed_file_changes_what_it_says_otherwise(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, table("1,Drill,old,,1,", "2,Saw,,,1,", "3,Tent,,,1,"))
    result = import_list(computer, ada, table("1,Drill,new,,1,", "2,Saw,,,1,", "4,Rope,,,1,"))
    assert counts(result) == (1, 1, 1, 0)
    found = open_listings(computer)
    assert set(found) == {"Drill", "Saw", "Tent", "Rope"}
    assert found["Drill"].description == "new"
    assert counts(import_list(computer, ada, table("1,Drill,new,,1,"))) == (0, 0, 1, 0)


def test_what_was_changed_here_stays_unless_the_file_says_something_new_of_it(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, table("1,Drill,old,,1,"))
    listing = listing_of(computer, "Drill")
    computer.perform(EditListing(person=ada, listing=listing, title="My drill", quantity=7))
    assert counts(import_list(computer, ada, table("1,Drill,old,,1,"))) == (0, 0, 1, 0)
    assert counts(import_list(computer, ada, table("1,Drill,new,,1,"))) == (0, 1, 0, 0)
    view = open_listings(computer)["My drill"]
    assert (view.description, view.quantity) == ("new", 7)
    assert counts(import_list(computer, ada, table("1,Drill,new,,2,"))) == (0, 1, 0, 0)
    assert open_listings(computer)["My drill"].quantity == 2


def test_a_change_that_was_made_here_already(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, table("1,Drill,old,,1,"))
    listing = listing_of(computer, "Drill")
    computer.perform(EditListing(person=ada, listing=listing, description="new"))
    entries = computer.count()
    for _ in range(2):
        assert counts(import_list(computer, ada, table("1,Drill,new,,1,"))) == (0, 0, 1, 0)
    assert computer.count() == entries


def test_what_is_archived_there_is_taken_down_here_and_may_return(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, table("1,Drill,,,,no", "2,Saw,,,,yes"))
    assert set(open_listings(computer)) == {"Drill"}
    listing = listing_of(computer, "Drill")
    gone = table("1,Drill,,,,yes")
    assert counts(import_list(computer, ada, gone)) == (0, 1, 0, 0)
    assert open_listings(computer) == {}
    again = import_list(computer, ada, gone)
    assert (counts(again), again.passed) == ((0, 0, 1, 0), [RowRemark(2, "it is archived")])
    assert counts(import_list(computer, ada, table("1,Drill,x,,,no"))) == (0, 1, 0, 0)
    assert listing_of(computer, "Drill") == listing


def test_what_was_closed_or_forgotten_here_does_not_come_back(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, table("1,Drill,,,,", "2,Saw,,,,", "3,Tent,,,,"))
    computer.perform(CloseListing(person=ada, listing=listing_of(computer, "Drill")))
    computer.perform(CloseListing(person=ada, listing=listing_of(computer, "Tent")))
    computer.perform(Forget(person=ada, subject=listing_of(computer, "Saw")))
    entries = computer.count()
    unchanged = import_list(computer, ada, table("1,Drill,,,,", "2,Saw,,,,"))
    assert counts(unchanged) == (0, 0, 2, 0)
    changed = import_list(computer, ada, table("1,Drill,x,,,", "2,Saw,x,,,", "3,Tent,,,,yes"))
    assert counts(changed) == (0, 0, 3, 0)
    assert [one.reason for one in changed.passed] == [
        "its listing was closed here",
        "its listing was forgotten here",
        "it is archived",
    ]
    assert computer.count() == entries


def test_words_that_are_forgotten_do_not_live_on_in_what_is_remembered(
    computer: Computer, ada: bytes
) -> None:
    import_list(computer, ada, table(",Unforgettable,Secretive,,,"))
    computer.perform(Forget(person=ada, subject=listing_of(computer, "Unforgettable")))
    for word in (b"Unforgettable", b"unforgettable", b"Secretive"):
        assert word not in computer.file_bytes()


def test_bad_rows_keep_no_good_ones_out(computer: Computer, ada: bytes) -> None:
    result = import_list(
        computer,
        ada,
        table(f"1,{'x' * 121},,,,", "2,Saw,,,two,", "3,Tent,,,,", "4,Li\x07ne,,,,", "5,,,,,"),
    )
    assert counts(result) == (1, 0, 0, 4)
    assert [one.row for one in result.rejected] == [2, 3, 5, 6]
    assert "the title is too long: 121 characters" in result.rejected[0].reason
    assert "a character that cannot be used here (U+0007)" in result.rejected[2].reason
    assert set(open_listings(computer)) == {"Tent"}


def test_an_edit_that_the_rules_refuse_changes_nothing(computer: Computer, ada: bytes) -> None:
    header = "id,name,exchange_type"
    import_list(computer, ada, table("1,Drill,offer", header=header))
    result = import_list(computer, ada, table("1,Drill,want", header=header))
    assert counts(result) == (0, 0, 0, 1)
    assert "cannot become what is wanted" in result.rejected[0].reason
    assert counts(import_list(computer, ada, table("1,Drill,offer", header=header)))[2] == 1


def test_a_trial_changes_nothing(computer: Computer, ada: bytes) -> None:
    rows = table("1,Drill,,,,", "2,Saw,,,two,")
    before = (computer.count(), computer.database.data_version())
    result = import_list(computer, ada, rows, dry_run=True)
    assert counts(result) == (1, 0, 0, 1)
    assert result.report is None
    assert (computer.count(), computer.database.data_version()) == before
    assert counts(import_list(computer, ada, rows)) == (1, 0, 0, 1)


def test_without_room_for_all_nothing_is_imported(tmp_path: Path) -> None:
    with closing(Computer(tmp_path, Quota(entries=6))) as small:
        ada = small.add("Ada")
        small.offer(ada, "Before")
        before = small.count()
        rows = [f"{number},Thing {number},,,," for number in range(4)]
        with pytest.raises(QuotaExceeded, match=r"nothing was imported: .* full at row 5"):
            import_list(small, ada, table(*rows))
        assert small.count() == before
        assert set(open_listings(small)) == {"Before"}
        assert counts(import_list(small, ada, table(*rows[:3]))) == (3, 0, 0, 0)


def test_progress_is_told_and_may_stop_it(computer: Computer, ada: bytes) -> None:
    rows = table(*(f"{number},Thing {number},,,," for number in range(250)))
    told: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        if done:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        import_list(computer, ada, rows, progress=stop)
    assert open_listings(computer) == {}
    import_list(computer, ada, rows, progress=lambda *one: told.append(one))
    assert told == [(0, 250), (100, 250), (200, 250), (250, 250)]


def test_after_a_restore_the_same_listings_are_known_again(computer: Computer, ada: bytes) -> None:
    rows = table("1,Drill,,,2,", "2,Drill,,,2,", "3,Saw,,,,")
    import_list(computer, ada, rows)
    computer.database.connection.execute("DELETE FROM imported_rows")
    assert counts(import_list(computer, ada, rows)) == (0, 0, 3, 0)
    assert counts(import_list(computer, ada, table("2,Drill,x,,2,", "4,Drill,,,2,"))) == (
        1,
        1,
        0,
        0,
    )


def test_our_own_spreadsheet_adds_nothing(computer: Computer, ada: bytes) -> None:
    computer.offer(ada, "Drill", description="=two\nlines", tags=("a", "b"), category="tools")
    view = open_listings(computer)["Drill"]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["listing", "title", "description", "category", "tags", "transaction_type"])
    writer.writerow(
        [view.listing, view.title, "'=two\nlines", view.category, "a; b", "borrow-lend"]
    )
    assert counts(import_list(computer, ada, out.getvalue().encode())) == (0, 0, 1, 0)


def test_each_person_and_circle_has_rows_of_its_own(computer: Computer, ada: bytes) -> None:
    ben = computer.add("Ben")
    circle = computer.add_closed_circle("Workshop", b"a closed circle's 32 byte secret")
    rows = table("1,Drill,,,,")
    for person, where in ((ada, None), (ben, None), (ada, circle)):
        assert counts(import_list(computer, person, rows, circle=where)) == (1, 0, 0, 0)
        assert counts(import_list(computer, person, rows, circle=where)) == (0, 0, 1, 0)
    assert len(computer.queries.listings(computer.today())) == 3


def test_who_and_where_must_be_known(computer: Computer, ada: bytes) -> None:
    with pytest.raises(UnknownReference, match="not hosted"):
        import_list(computer, b"x" * 32, table("1,Drill,,,,"))
    with pytest.raises(UnknownReference, match="not in that circle"):
        import_list(computer, ada, table("1,Drill,,,,"), circle=b"x" * 32)
    locked = computer.add("Locked", b"secret")
    computer.keys.lock(locked)
    with pytest.raises(KeyLocked):
        import_list(computer, locked, table("1,Drill,,,,"))
    with pytest.raises(DomainError, match="not known from which program"):
        import_list(computer, ada, b"a,b\n1,2\n")
    assert open_listings(computer) == {}


def test_a_damaged_memory_of_a_row_is_no_obstacle(computer: Computer, ada: bytes) -> None:
    import_list(computer, ada, table("1,Drill,,,,"))
    computer.database.connection.execute("UPDATE imported_rows SET digest = '[1'")
    assert counts(import_list(computer, ada, table("1,Drill,,,,"))) == (0, 0, 1, 0)
    assert counts(import_list(computer, ada, table("1,Drill,x,,,"))) == (0, 1, 0, 0)
