"""What every migration needs of sqlite-utils: tables that are no views.

Shared by ``store.migrations``, ``ledger_migrations`` and ``ledger_links``. Knows no table by name.
"""

from sqlite_utils import Database as SqliteUtilsDatabase
from sqlite_utils.db import Table


def table_of(database: SqliteUtilsDatabase, name: str) -> Table:
    """The table of that name, there or to be made. Raises TypeError if it is a view."""
    table = database[name]
    if not isinstance(table, Table):
        raise TypeError(f"{name} is not a table")
    return table
