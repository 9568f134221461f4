"""The folded tables: their columns, and by which of them the rows of a subject are found.

``store.rows`` makes and writes the rows, ``store.migrations`` the tables. Listed once here, so that
folding, rebuilding and auditing cannot differ. No rule lives here.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FoldedTable:
    """A folded table: its columns but ``number``, and how rows are found by their subject.

    ``key`` is the column that names a row's subject; several rows may share it. Where one subject
    has rows in several circles, ``by_circle`` is true.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    by_circle: bool = False

    @property
    def key_place(self) -> int:
        """Where the key stands in a row."""
        return self.columns.index(self.key)


PERSONS: Final = FoldedTable("persons", "person", ("circle", "person", "name"), by_circle=True)
LISTINGS: Final = FoldedTable(
    "listings",
    "listing",
    (
        "listing",
        "circle",
        "owner",
        "exchange_type",
        "item_type",
        "transaction_types",
        "title",
        "description",
        "category",
        "tags",
        "quantity",
        "expires",
        "photos",
        "terms",
        "closed",
        "updated_entry",
        "parts",
        "policy",
        "induction",
        "witnesses",
    ),
)
LISTING_PHOTOS: Final = FoldedTable("listing_photos", "listing", ("listing", "circle", "photo"))
BUSY_PERIODS: Final = FoldedTable(
    "busy_periods",
    "listing",
    (
        *("listing", "from_day", "until_day", "quantity", "out", "tag"),
        *("from_minute", "until_minute"),
    ),
)
WAITING: Final = FoldedTable("waiting", "listing", ("listing", "place", "token"))
PAYMENTS: Final = FoldedTable(
    "payments",
    "payment",
    (
        *("payment", "place", "circle", "payer", "payee", "minutes", "gift", "corrects"),
        *("confirmed", "desk", "entry"),
    ),
)
INDUCTIONS: Final = FoldedTable(
    "inductions",
    "induction",
    ("induction", "circle", "listing", "person", "witness", "entry"),
)
AGREEMENTS: Final = FoldedTable(
    "agreements",
    "agreement",
    (
        "agreement",
        "kind",
        "circle",
        "listing",
        "owner",
        "asker",
        "title",
        "terms",
        "quantity",
        "from_day",
        "until_day",
        "note",
        "due_at_ms",
        "closed_ms",
        "state",
        "underlying_state",
        "denied",
        "from_minute",
        "until_minute",
        "asked_until",
        "offered_until_ms",
        "minutes",
        "queue_tag",
    ),
)
AGREEMENT_MOVES: Final = FoldedTable(
    "agreement_moves",
    "agreement",
    ("agreement", "place", "move", "person", "entry", "note", "details", "desk"),
)
AGREEMENT_PHOTOS: Final = FoldedTable(
    "agreement_photos", "agreement", ("agreement", "circle", "photo")
)
_HISTORY: Final = ("history", "place", "circle", "person", "source", "taken_ms", "ref")
HISTORY_LOANS: Final = FoldedTable(
    "history_loans",
    "history",
    (
        *_HISTORY,
        *("item", "listing", "member", "from_day", "until_day", "returned_day", "note"),
    ),
)
HISTORY_MEMBERS: Final = FoldedTable(
    "history_members", "history", (*_HISTORY, "name", "email", "telephone", "joined", "note")
)
HISTORY_HOURS: Final = FoldedTable(
    "history_hours",
    "history",
    (*_HISTORY, "item", "member", "receiver", "minutes", "day", "note"),
)

FOLDED: Final = (
    PERSONS,
    LISTINGS,
    LISTING_PHOTOS,
    BUSY_PERIODS,
    WAITING,
    PAYMENTS,
    INDUCTIONS,
    AGREEMENTS,
    AGREEMENT_MOVES,
    AGREEMENT_PHOTOS,
    HISTORY_LOANS,
    HISTORY_MEMBERS,
    HISTORY_HOURS,
)
