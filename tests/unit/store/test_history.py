"""History as rows: they follow from the entries that count, in whatever order these arrive."""

import random
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.node.computers import Computer

from p2pshare.domain.commands import Forget, RevokeFeed
from p2pshare.domain.history import (
    HOURS_KIND,
    LOANS_KIND,
    MEMBERS_KIND,
    History,
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    HistoryTransfer,
)
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.forgetting_history import forget_history
from p2pshare.node.importing import import_list
from p2pshare.node.ingest import Arrival
from p2pshare.store.folded_tables import FOLDED, HISTORY_LOANS
from p2pshare.store.history import HISTORY_TABLES, history_rows

LOAN = HistoryLoan("17", "Drill", b"l" * 16, "Ana", "2021-03-14", "2021-03-21", "", "n")
ROWS: dict[str, HistoryRow] = {
    LOANS_KIND: LOAN,
    MEMBERS_KIND: HistoryMember("3", "Ana", "a@b.c", "+34", "2019-02-01", "n"),
    HOURS_KIND: HistoryTransfer("~1", "Garden", "3", "4", 90, "2015-03-01"),
}


def history(kind: str) -> History:
    return History(b"h" * 16, b"p" * 32, kind, "Lend Engine", 5, (ROWS[kind], ROWS[kind]))


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_has_a_value_for_each_column(kind: str) -> None:
    table = HISTORY_TABLES[kind]
    rows = history_rows(b"c" * 32, kind, history(kind))
    assert [len(row) for row in rows] == [len(table.columns)] * 2
    named = [dict(zip(table.columns, row, strict=True)) for row in rows]
    assert [one["place"] for one in named] == [0, 1]
    assert {one["ref"] for one in named} == {ROWS[kind].ref}
    assert {(one["person"], one["circle"], one["taken_ms"]) for one in named} == {
        ((b"p" * 32).hex(), (b"c" * 32).hex(), 5)
    }
    for other in set(ROWS) - {kind}:
        assert history_rows(b"c" * 32, other, history(kind)) == []
    assert history_rows(b"c" * 32, kind, None) == []
    assert table in FOLDED


def test_an_item_that_is_nothing_here_points_nowhere() -> None:
    other = History(
        b"h" * 16, b"p" * 32, LOANS_KIND, "x", 5, (HistoryLoan("1", "A", b"", "B", "2021-03-14"),)
    )
    place = HISTORY_LOANS.columns.index("listing")
    assert history_rows(b"c" * 32, LOANS_KIND, other)[0][place] is None
    assert history_rows(b"c" * 32, LOANS_KIND, history(LOANS_KIND))[0][place] == (b"l" * 16).hex()


# --- whatever happens, and in whatever order ----------------------------------------------------


def listed(*rows: tuple[int, str, str]) -> bytes:
    lines = [f"{ref},{item},{member},2021-03-14" for ref, item, member in rows]
    return "\n".join(["id,item,member,from", *lines, ""]).encode()


def tables(computer: Computer) -> dict[str, list[tuple[object, ...]]]:
    """The rows of history as sets, without the numbers that arrival gives them."""
    found = {}
    for table in HISTORY_TABLES.values():
        columns = ", ".join(table.columns)
        rows = computer.database.connection.execute(f"SELECT {columns} FROM {table.name}")
        found[table.name] = sorted(rows.fetchall(), key=repr)
    return found


ROW = st.tuples(
    st.integers(1, 4), st.sampled_from(["Drill", "Saw"]), st.sampled_from(["Ana", "Ben"])
)
STEPS = st.lists(
    st.tuples(
        st.just("import"), st.lists(ROW, min_size=1, max_size=4, unique_by=lambda row: row[0])
    )
    | st.tuples(st.just("forget"), st.sampled_from(["Ana", "Ben"])),
    min_size=1,
    max_size=5,
)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(number) for number in count())


@settings(max_examples=12)
@given(steps=STEPS, seed=st.integers(0, 10**6))
def test_it_is_the_same_on_every_computer_of_the_importer(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object]], seed: int
) -> None:
    drawn = random.Random(seed)
    folder = tmp_path_factory.mktemp("two")
    with closing(Computer(folder / "1")) as first, closing(Computer(folder / "2")) as second:
        ada = first.add("Ada")
        second.host(first, ada, "Ada")
        expected: dict[str, tuple[str, str]] = {}
        for what, said in steps:
            if what == "import":
                import_list(first, ada, listed(*said))
                expected.update({str(ref): (item, member) for ref, item, member in said})
            elif said in {member for _, member in expected.values()}:
                forget_history(first, ada, member=str(said))
                expected = {ref: row for ref, row in expected.items() if row[1] != said}
        entries = first.all_entries()[OPEN_CIRCLE, next(iter(first.all_entries()))[1]]
        cuts = sorted(drawn.sample(range(1, len(entries)), min(3, len(entries) - 1)))
        pieces = [entries[a:b] for a, b in zip([0, *cuts], [*cuts, len(entries)], strict=True)]
        for piece in pieces:
            second.receive([Arrival(OPEN_CIRCLE, piece)])
            second.receive([Arrival(OPEN_CIRCLE, piece)])
        for computer in (first, second):
            views = computer.queries.history.past([ada.hex()])
            assert {view.ref: (view.item, view.member) for view in views} == expected
        assert tables(first) == tables(second)
        before = tables(first)
        first.rebuild()
        assert tables(first) == before


def test_what_a_revoked_computer_brought_along_goes(folders: Iterator[Path]) -> None:
    with closing(Computer(next(folders))) as first, closing(Computer(next(folders))) as second:
        ada = first.add("Ada")
        import_list(first, ada, listed((1, "Drill", "Ana")))
        (feed,) = first.queries.feeds(ada.hex())
        import_list(first, ada, listed((2, "Saw", "Ben")))
        second.host(first, ada, "Ada")
        second.pull(first)
        command = RevokeFeed(
            person=ada, feed=bytes.fromhex(feed.feed), last_entry=bytes.fromhex(feed.tips[0])
        )
        second.perform(command)
        first.pull(second)
        for computer in (first, second):
            assert [view.item for view in computer.queries.history.past([ada.hex()])] == ["Drill"]
        assert tables(first) == tables(second)


def test_an_erasure_that_arrives_first_leaves_nothing(folders: Iterator[Path]) -> None:
    """The bodies of what is covered are not even asked for."""
    with closing(Computer(next(folders))) as first, closing(Computer(next(folders))) as second:
        ada = first.add("Ada")
        import_list(first, ada, listed((1, "Drill", "Ana")))
        whole = first.all_entries()
        (view,) = first.queries.history.past([ada.hex()])
        first.perform(Forget(person=ada, subject=bytes.fromhex(view.history)))
        second.host(first, ada, "Ada")
        second.pull(first)
        for (circle, _), entries in whole.items():
            second.receive([Arrival(circle, entries)])
            second.ingest.repair(circle, entries)
        assert second.queries.history.past([ada.hex()]) == []
        assert b"Drill" not in second.file_bytes()
        assert second.database.connection.execute("SELECT count(*) FROM owed").fetchone() == (0,)
        assert tables(first) == tables(second)
