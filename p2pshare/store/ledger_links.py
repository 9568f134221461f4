"""Foreign keys between the folded tables: whoever opens ledger.db can click from row to row.

For a migration. They are never enforced: an entry may arrive before what it is about (DESIGN
section 5), so SQLite's own default, ``PRAGMA foreign_keys`` off, must stay. A viewer follows a key
to the row whose primary key it is, which is why listings and agreements get theirs by id; until now
it was a number without meaning.
"""

from typing import Final

from sqlite_utils import Database as SqliteUtilsDatabase

from p2pshare.store.schema import table_of

PARENTS: Final = {"listings": "listing", "agreements": "agreement"}
"""Tables that others point to, and the id that becomes their primary key."""

LINKS: Final = {
    "listing_photos": {"listing": "listings"},
    "busy_periods": {"listing": "listings"},
    "waiting": {"listing": "listings"},
    "inductions": {"listing": "listings"},
    "history_loans": {"listing": "listings"},
    "agreements": {"listing": "listings"},
    "agreement_moves": {"agreement": "agreements"},
    "agreement_photos": {"agreement": "agreements"},
}
"""Table -> column -> the table that it points to."""

_SEARCHED: Final = ("title", "description", "category", "tags")


def link_tables(database: SqliteUtilsDatabase) -> None:
    """Give ids their primary keys, and tables their foreign keys; views must be dropped before.

    Rows keep their order, by which listings and agreements are shown: what was ``number`` is
    ``rowid``. The full-text index is made again, as its triggers go with the table.
    """
    for name, key in PARENTS.items():
        table = table_of(database, name)
        table.drop_index(f"idx_{name}_{key}", ignore=True)
        table.transform(pk=key, drop={"number"})
    for name, links in LINKS.items():
        table = table_of(database, name)
        keys = [(column, other, PARENTS[other]) for column, other in links.items()]
        table.transform(add_foreign_keys=keys)
    listings = table_of(database, "listings")
    listings.enable_fts(
        list(_SEARCHED),
        create_triggers=True,
        tokenize="unicode61 remove_diacritics 2",
        replace=True,
    )
