"""store.schema: what migrations need of sqlite-utils."""

import pytest
from sqlite_utils import Database

from p2pshare.store.schema import table_of


def test_a_table_is_one_whether_it_is_there_or_not():
    database = Database(memory=True)
    table_of(database, "things").create({"name": str})
    assert table_of(database, "things").columns_dict == {"name": str}


def test_a_view_is_no_table():
    database = Database(memory=True)
    database.create_view("seen", "SELECT 1")
    with pytest.raises(TypeError, match="seen is not a table"):
        table_of(database, "seen")
