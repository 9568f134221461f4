"""store.folded_tables: what is listed there is what the tables have."""

from contextlib import closing

import pytest

from p2pshare.store.database import Database
from p2pshare.store.folded_tables import FOLDED, FoldedTable
from p2pshare.store.migrations import FOLDED_TABLES


@pytest.fixture(scope="module")
def connection():
    with closing(Database(":memory:")) as database:
        yield database.connection


@pytest.mark.parametrize("table", FOLDED, ids=lambda table: table.name)
def test_the_columns_are_those_of_the_table(connection, table: FoldedTable):
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
    assert sorted({*columns, "number"}) == sorted({*table.columns, "number"})
    assert table.columns[table.key_place] == table.key
    assert ("circle" in table.columns) or not table.by_circle


@pytest.mark.parametrize("table", FOLDED, ids=lambda table: table.name)
def test_rows_are_found_by_their_key_through_an_index(connection, table: FoldedTable):
    plan = connection.execute(
        f'EXPLAIN QUERY PLAN SELECT * FROM {table.name} WHERE "{table.key}" IN (?, ?)', ("a", "b")
    ).fetchall()
    assert all("SEARCH" in step[3] for step in plan), plan


def test_what_is_dropped_to_be_folded_anew_is_what_is_folded():
    assert set(FOLDED_TABLES) == {table.name for table in FOLDED}
    assert len({table.name for table in FOLDED}) == len(FOLDED)
