"""The tables: all named, made once, and undone where an older version of the file comes back."""

from contextlib import closing

from sqlite_utils import Database as SqliteUtilsDatabase

from p2pshare.store.database import Database
from p2pshare.store.folded_tables import (
    FOLDED,
)
from p2pshare.store.ledger_links import PARENTS
from p2pshare.store.migrations import (
    DERIVED_TABLES,
    FOLDED_TABLES,
    LOCAL_TABLES,
    LOG_TABLES,
    ledger_migrations,
)


def names(database):
    return {
        name
        for (name,) in database.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        if not name.startswith(("listings_fts", "_sqlite", "sqlite"))
    }


def test_every_table_is_named_once():
    with closing(Database(":memory:")) as database:
        listed = [*LOG_TABLES, *DERIVED_TABLES, *FOLDED_TABLES, *LOCAL_TABLES]
        assert sorted(listed) == sorted(names(database))


def test_the_folded_tables_have_the_columns_that_are_written():
    assert sorted(table.name for table in FOLDED) == sorted(FOLDED_TABLES)
    with closing(Database(":memory:")) as database:
        for table in FOLDED:
            rows = database.connection.execute(f"PRAGMA table_info({table.name})")
            columns = {row[1] for row in rows}
            assert columns - {"number"} == set(table.columns)
            assert ("number" in columns) == (table.name not in PARENTS)


def test_applying_again_changes_nothing():
    with closing(Database(":memory:")) as database:
        before = database.connection.execute("SELECT * FROM sqlite_master").fetchall()
        ledger_migrations.apply(SqliteUtilsDatabase(database.connection))
        assert database.connection.execute("SELECT * FROM sqlite_master").fetchall() == before


def test_the_index_follows_the_listings():
    with closing(Database(":memory:")) as database:
        connection = database.connection

        def found(word):
            return connection.execute(
                "SELECT rowid FROM listings_fts WHERE listings_fts MATCH ?", (word,)
            ).fetchall()

        connection.execute(
            "INSERT INTO listings (listing, title, description, category, tags)"
            " VALUES ('aa', 'Crème brûlée', '', '', '')"
        )
        assert found("creme") == [(1,)]
        connection.execute("UPDATE listings SET title = 'Drill'")
        assert (found("creme"), found("drill")) == ([], [(1,)])
        connection.execute("DELETE FROM listings")
        assert found("drill") == []


def test_ids_are_unique_and_looked_up_by_an_index():
    with closing(Database(":memory:")) as database:
        for table, column in (("entries", "id"), ("feeds", "open_entry"), ("circles", "circle")):
            plan = database.connection.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {column} = x'00'"
            ).fetchall()
            assert "USING INDEX" in plan[0][3]
