"""Schema version 4: the tables of the whole lending ledger, as ``store.migrations`` calls it.

Folded tables get the columns of what is folded since (they are filled by the rebuild that the newer
fold version asks for), and new ones stand beside them. This module knows no rule.
"""

from sqlite_utils import Database as SqliteUtilsDatabase

from p2pshare.store.ledger_links import link_tables
from p2pshare.store.ledger_views import create_views
from p2pshare.store.schema import table_of


def grow_ledger(database: SqliteUtilsDatabase) -> None:
    """Bring a ledger of schema version 3 to version 4; the caller holds the transaction."""
    _grow_listings(database)
    _grow_agreements(database)
    _index_openings(database)
    _grow_payments(database)
    _add_tables(database)
    _add_history(database)
    _add_local(database)
    link_tables(database)
    create_views(database)


def _grow_listings(database: SqliteUtilsDatabase) -> None:
    listings = table_of(database, "listings")
    for column in ("parts", "policy", "witnesses"):
        listings.add_column(column, str)
    listings.add_column("induction", int)
    busy = table_of(database, "busy_periods")
    busy.add_column("from_minute", int)
    busy.add_column("until_minute", int)


def _grow_agreements(database: SqliteUtilsDatabase) -> None:
    agreements = table_of(database, "agreements")
    for column in ("from_minute", "until_minute", "offered_until_ms", "minutes"):
        agreements.add_column(column, int)
    for column in ("asked_until", "queue_tag"):
        agreements.add_column(column, str)
    agreements.create_index(["listing", "underlying_state"])
    agreements.create_index(["underlying_state"])
    for role in ("owner", "asker"):
        agreements.create_index([role, "kind"])
        agreements.create_index([role, "underlying_state"])
        agreements.create_index([role, "kind", "underlying_state"])
    moves = table_of(database, "agreement_moves")
    moves.add_column("details", str)
    moves.add_column("desk", int)


def _index_openings(database: SqliteUtilsDatabase) -> None:
    """The entries that create a subject, by kind, for ``lookup.sealed_subjects``."""
    database.conn.execute(
        "CREATE INDEX openings ON entries (kind, subject) WHERE subject = substr(id, 1, 16)"
    )


def _grow_payments(database: SqliteUtilsDatabase) -> None:
    """A payment that is split has a row for each payee."""
    payments = table_of(database, "payments")
    for column in ("payment", "payer", "payee"):
        payments.drop_index(f"idx_payments_{column}")
    for column in ("place", "gift", "confirmed", "desk"):
        payments.add_column(column, int)
    payments.add_column("corrects", str)
    payments.create_index(["payment", "place"], unique=True)
    payments.create_index(["circle", "payer", "minutes"])
    payments.create_index(["circle", "payee", "minutes"])
    payments.create_index(["corrects"])


def _add_tables(database: SqliteUtilsDatabase) -> None:
    waiting = table_of(database, "waiting")
    waiting.create({"number": int, "listing": str, "place": int, "token": str}, pk="number")
    waiting.create_index(["listing"])
    waiting.create_index(["token"])
    inductions = table_of(database, "inductions")
    inductions.create(
        {
            "number": int,
            "induction": str,
            "circle": str,
            "listing": str,
            "person": str,
            "witness": str,
            "entry": str,
        },
        pk="number",
    )
    inductions.create_index(["induction"], unique=True)
    inductions.create_index(["listing", "person"])
    inductions.create_index(["person"])
    photos = table_of(database, "agreement_photos")
    photos.create({"number": int, "agreement": str, "circle": str, "photo": str}, pk="number")
    photos.create_index(["agreement"])
    photos.create_index(["photo", "circle"])


def _add_history(database: SqliteUtilsDatabase) -> None:
    """What was brought along from another program: the importer's word, and nobody's signature."""
    common = {
        "number": int,
        "history": str,
        "place": int,
        "circle": str,
        "person": str,
        "source": str,
        "taken_ms": int,
        "ref": str,
    }
    said: dict[str, dict[str, type]] = {
        "history_loans": {
            "item": str,
            "listing": str,
            "member": str,
            "from_day": str,
            "until_day": str,
            "returned_day": str,
            "note": str,
        },
        "history_members": {
            "name": str,
            "email": str,
            "telephone": str,
            "joined": str,
            "note": str,
        },
        "history_hours": {
            "item": str,
            "member": str,
            "receiver": str,
            "minutes": int,
            "day": str,
            "note": str,
        },
    }
    for name, columns in said.items():
        table = table_of(database, name)
        table.create({**common, **columns}, pk="number")
        table.create_index(["history"])
        table.create_index(["person", "source", "ref"])
    table_of(database, "history_loans").create_index(["listing"])


def _add_local(database: SqliteUtilsDatabase) -> None:
    saved = table_of(database, "saved_searches")
    saved.create(
        {"number": int, "person": bytes, "text": str, "category": str, "added_ms": int},
        pk="number",
    )
    table_of(database, "told_reminders").create(
        {"person": bytes, "key": str, "told_ms": int}, pk=("person", "key")
    )
    table_of(database, "own_persons").add_column("desk", int)
