"""Foreign keys: each leads to a row that can be clicked, and none keeps an early row out."""

from contextlib import closing

from sqlite_utils import Database as SqliteUtilsDatabase
from unit.store.ledger_kit import ADA, village
from unit.store.world_kit import Reader, ancestors

from p2pshare.store.database import Database
from p2pshare.store.folded_tables import FOLDED
from p2pshare.store.ledger_links import LINKS, PARENTS


def test_links_lead_to_a_primary_key() -> None:
    """Datasette follows a foreign key to the row that has it as its primary key."""
    with closing(Database(":memory:")) as database:
        sqlite_utils = SqliteUtilsDatabase(database.connection)
        for name, links in LINKS.items():
            keys = {
                (key.column, key.other_table, key.other_column)
                for key in sqlite_utils[name].foreign_keys
            }
            assert keys == {(column, other, PARENTS[other]) for column, other in links.items()}
            for _, other, key in keys:
                assert sqlite_utils[other].pks == [key]
        named = {table.name for table in FOLDED if {"listing", "agreement"} & set(table.columns)}
        assert named - set(PARENTS) <= set(LINKS)


def test_a_row_may_come_before_what_it_is_about() -> None:
    world = village()
    loan = next(entry for entry in world.entries if entry.kind == "loan.request")
    with Reader(ADA) as reader:
        connection = reader.database.connection
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (0,)
        reader.take(*([feed.opening] for feed in world.feeds), ancestors(loan))
        assert reader.rows("listings") == []
        assert [row["title"] for row in reader.rows("agreements")] == ["seen"]
        assert connection.execute("PRAGMA foreign_key_check(agreements)").fetchall()
