"""The tables of ledger.db, made and migrated by sqlite-utils, one function per schema version.

A migration that has landed is never edited: a later one changes what it made. The log tables keep
ids as bytes; the folded tables, which people open in Datasette, keep them as hex text (DESIGN
section 10). This module knows no rule: what goes into the tables is decided elsewhere in
``store``.
"""

import sqlite3
from contextlib import closing
from functools import cache
from typing import Final

from sqlite_utils import Database as SqliteUtilsDatabase
from sqlite_utils import Migrations

from p2pshare.store.ledger_migrations import grow_ledger
from p2pshare.store.schema import table_of

ledger_migrations: Final = Migrations("p2pshare")

_APPLIED: Final = "_sqlite_migrations"
_INDEX: Final = "listings_fts"

LOG_TABLES: Final = ("circles", "feeds", "branches", "entries", "tips", "bodies")
"""What was received and verified; the branches and tips follow from the entries."""

DERIVED_TABLES: Final = ("owed", "dependencies", "revocations", "erasures", "usage")
"""What folding needs to find quickly; derived from the log tables alone."""

FOLDED_TABLES: Final = (
    "persons",
    "listings",
    "listing_photos",
    "busy_periods",
    "payments",
    "agreements",
    "agreement_moves",
    "waiting",
    "inductions",
    "agreement_photos",
    "history_loans",
    "history_members",
    "history_hours",
)
"""The rows people look at: a pure function of the log and the reader's keys."""

LOCAL_TABLES: Final = (
    "ledger",
    "own_persons",
    "own_feeds",
    "peers",
    "links",
    "refused_feeds",
    "damaged",
    "blobs",
    "imported_rows",
    "unused_photos",
    "wanted_photos",
    "thumbnails",
    "saved_searches",
    "told_reminders",
)
"""What belongs to this installation and is never sent."""

FIRST_OF_VERSION: Final = {2: "0002_imports", 3: "0003_photos", 4: "0004_ledger"}
"""The first migration of each schema version but the first."""


def migrate(connection: sqlite3.Connection, version: int | None = None) -> None:
    """Bring the tables to a schema version, or to the latest; the caller holds the transaction."""
    later = [
        name
        for number, name in FIRST_OF_VERSION.items()
        if version is not None and number > version
    ]
    ledger_migrations.apply(SqliteUtilsDatabase(connection), stop_before=later)


def create_latest(connection: sqlite3.Connection) -> None:
    """Give an empty file what ``migrate`` would, at once; the caller holds the transaction.

    The migrations run once in a process, elsewhere, and what they left is copied: they make some
    tables several times over, which takes four times as long.
    """
    statements, applied = _latest()
    for statement in statements:
        connection.execute(statement)
    connection.executemany(
        f"INSERT INTO {_APPLIED} VALUES ({', '.join('?' * len(applied[0]))})", applied
    )


@cache
def _latest() -> tuple[list[str], list[tuple[object, ...]]]:
    """The statements of the latest schema, and the rows that say which migrations were applied."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh)
        statements = [
            sql
            for name, sql in fresh.execute("SELECT name, sql FROM sqlite_master ORDER BY rowid")
            # Indexes of keys come with their tables, and so do the tables of the full-text index.
            if sql is not None and not name.startswith(("sqlite_", f"{_INDEX}_"))
        ]
        return statements, fresh.execute(f"SELECT * FROM {_APPLIED}").fetchall()


@ledger_migrations(name="0001_log")
def _create_log(database: SqliteUtilsDatabase) -> None:
    """Circles, feeds as trees, entries and bodies."""
    circles = table_of(database, "circles")
    circles.create(
        {"number": int, "circle": bytes, "name": str, "secret": bytes},
        pk="number",
        not_null={"circle", "name"},
    )
    circles.create_index(["circle"], unique=True)
    feeds = table_of(database, "feeds")
    feeds.create(
        {
            "number": int,
            "feed": bytes,
            "circle": int,
            "person": bytes,
            "open_entry": bytes,
            "reading_key": bytes,
            "kinds": str,
            "listings": str,
            "expires_ms": int,
            "last_seq": int,
        },
        pk="number",
        foreign_keys=[("circle", "circles", "number")],
        not_null={"feed", "circle", "person", "open_entry", "reading_key", "kinds", "listings"},
    )
    feeds.create_index(["open_entry"], unique=True)
    feeds.create_index(["feed"])
    feeds.create_index(["person"])
    entries = table_of(database, "entries")
    entries.create(
        {
            "number": int,
            "id": bytes,
            "feed": int,
            "branch": int,
            "seq": int,
            "time_ms": int,
            "received_ms": int,
            "subject": bytes,
            "kind": str,
            "header": bytes,
            "signature": bytes,
            "signature_checked": int,
        },
        pk="number",
        foreign_keys=[("feed", "feeds", "number")],
    )
    entries.create_index(["id"], unique=True)
    entries.create_index(["feed", "branch", "seq"])
    entries.create_index(["subject"])
    table_of(database, "branches").create(
        {"feed": int, "branch": int, "parent": int, "fork_seq": int},
        pk=("feed", "branch"),
        foreign_keys=[("feed", "feeds", "number")],
    )
    tips = table_of(database, "tips")
    tips.create(
        {"entry": int, "feed": int},
        pk="entry",
        foreign_keys=[("entry", "entries", "number"), ("feed", "feeds", "number")],
    )
    tips.create_index(["feed"])
    table_of(database, "bodies").create(
        {"entry": int, "body": bytes}, pk="entry", foreign_keys=[("entry", "entries", "number")]
    )


@ledger_migrations(name="0001_derived")
def _create_derived(database: SqliteUtilsDatabase) -> None:
    """What folding and syncing look things up by."""
    table_of(database, "owed").create(
        {"entry": int}, pk="entry", foreign_keys=[("entry", "entries", "number")]
    )
    table_of(database, "dependencies").create(
        {"needed": bytes, "circle": int, "subject": bytes}, pk=("needed", "circle", "subject")
    )
    table_of(database, "dependencies").create_index(["subject"])
    revocations = table_of(database, "revocations")
    revocations.create(
        {"entry": int, "circle": int, "person": bytes, "feed": bytes, "last_entry": bytes},
        pk="entry",
        foreign_keys=[("entry", "entries", "number")],
    )
    revocations.create_index(["feed"])
    revocations.create_index(["last_entry"])
    erasures = table_of(database, "erasures")
    erasures.create(
        {"entry": int, "target": bytes},
        pk=("entry", "target"),
        foreign_keys=[("entry", "entries", "number")],
    )
    erasures.create_index(["target"])
    table_of(database, "usage").create(
        {"circle": int, "person": bytes, "entries": int, "bytes": int}, pk=("circle", "person")
    )


@ledger_migrations(name="0001_folded")
def _create_folded(database: SqliteUtilsDatabase) -> None:
    """The rows people look at, and full-text search over listings."""
    persons = table_of(database, "persons")
    persons.create(
        {"number": int, "circle": str, "person": str, "name": str},
        pk="number",
        not_null={"circle", "person", "name"},
    )
    persons.create_index(["person", "circle"], unique=True)
    listings = table_of(database, "listings")
    listings.create(
        {
            "number": int,
            "listing": str,
            "circle": str,
            "owner": str,
            "exchange_type": str,
            "item_type": str,
            "transaction_types": str,
            "title": str,
            "description": str,
            "category": str,
            "tags": str,
            "quantity": int,
            "expires": str,
            "photos": str,
            "terms": str,
            "closed": int,
            "updated_entry": str,
        },
        pk="number",
    )
    listings.create_index(["listing"], unique=True)
    listings.create_index(["owner"])
    listings.enable_fts(
        ["title", "description", "category", "tags"],
        create_triggers=True,
        tokenize="unicode61 remove_diacritics 2",
    )
    busy = table_of(database, "busy_periods")
    busy.create(
        {
            "number": int,
            "listing": str,
            "from_day": str,
            "until_day": str,
            "quantity": int,
            "out": int,
            "tag": str,
        },
        pk="number",
    )
    busy.create_index(["listing"])
    payments = table_of(database, "payments")
    payments.create(
        {
            "number": int,
            "payment": str,
            "circle": str,
            "payer": str,
            "payee": str,
            "minutes": int,
            "entry": str,
        },
        pk="number",
    )
    payments.create_index(["payment"], unique=True)
    payments.create_index(["payer"])
    payments.create_index(["payee"])
    agreements = table_of(database, "agreements")
    agreements.create(
        {
            "number": int,
            "agreement": str,
            "kind": str,
            "circle": str,
            "listing": str,
            "owner": str,
            "asker": str,
            "title": str,
            "terms": str,
            "quantity": int,
            "from_day": str,
            "until_day": str,
            "note": str,
            "due_at_ms": int,
            "closed_ms": int,
            "state": str,
            "underlying_state": str,
            "denied": str,
        },
        pk="number",
    )
    agreements.create_index(["agreement"], unique=True)
    agreements.create_index(["listing"])
    agreements.create_index(["owner"])
    agreements.create_index(["asker"])
    moves = table_of(database, "agreement_moves")
    moves.create(
        {
            "number": int,
            "agreement": str,
            "place": int,
            "move": str,
            "person": str,
            "entry": str,
            "note": str,
        },
        pk="number",
    )
    moves.create_index(["agreement"])


@ledger_migrations(name="0001_local")
def _create_local(database: SqliteUtilsDatabase) -> None:
    """What belongs to this installation: its persons and feeds, peers, blobs and settings."""
    table_of(database, "ledger").create({"name": str, "value": str}, pk="name")
    table_of(database, "own_persons").create(
        {"person": bytes, "name": str, "added_ms": int}, pk="person"
    )
    own_feeds = table_of(database, "own_feeds")
    own_feeds.create({"feed": bytes, "circle": bytes, "person": bytes, "retired": int}, pk="feed")
    own_feeds.create_index(["person"])
    table_of(database, "peers").create(
        {"address": str, "port": int, "device": bytes, "worked_ms": int}, pk=("address", "port")
    )
    table_of(database, "links").create({"device": str, "address": str})
    table_of(database, "refused_feeds").create(
        {"circle": int, "feed": bytes, "reason": str}, pk=("circle", "feed")
    )
    table_of(database, "damaged").create({"entry": int, "id": bytes, "what": str}, pk="entry")
    table_of(database, "blobs").create({"hash": bytes, "size": int, "data": bytes}, pk="hash")


@ledger_migrations(name="0002_imports")
def _create_imports(database: SqliteUtilsDatabase) -> None:
    """Which listing came from which row of another program's list."""
    imported = table_of(database, "imported_rows")
    imported.create(
        {"person": bytes, "circle": bytes, "source": bytes, "listing": bytes, "digest": str},
        pk=("person", "circle", "source"),
        not_null={"listing", "digest"},
    )


@ledger_migrations(name="0003_photos")
def _create_photos(database: SqliteUtilsDatabase) -> None:
    """Which listing shows which photo; photos on their way in; what was made from them."""
    shown = table_of(database, "listing_photos")
    shown.create({"number": int, "listing": str, "circle": str, "photo": str}, pk="number")
    shown.create_index(["listing"])
    shown.create_index(["photo", "circle"])
    database.conn.execute(
        "INSERT INTO listing_photos (listing, circle, photo) SELECT l.listing, l.circle, p.value"
        " FROM listings AS l, json_each(l.photos) AS p WHERE json_valid(l.photos)"
        " ORDER BY l.number, p.key"
    )
    table_of(database, "unused_photos").create({"hash": bytes, "added_ms": int}, pk="hash")
    table_of(database, "wanted_photos").create(
        {"circle": bytes, "hash": bytes}, pk=("circle", "hash")
    )
    table_of(database, "thumbnails").create(
        {"hash": bytes, "data": bytes, "refusal": str}, pk="hash", not_null={"data", "refusal"}
    )


ledger_migrations(name="0004_ledger")(grow_ledger)
