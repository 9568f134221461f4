"""What people search for, as FTS5 and SQL; and ids by their beginnings.

Every word must be found, whole or as a beginning, accents and case aside (the index folds them). A
word that means one of our categories is found too where that is a listing's category, in whatever
language. No character of the text is ever taken as FTS5 syntax
(https://sqlite.org/fts5.html section 3).
"""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from p2pshare.domain.categories import Categories, Category
from p2pshare.errors import UnknownReference
from p2pshare.store.feeds import marks

_WORD: Final = re.compile(r"\w+")
_HEX: Final = re.compile(r"[0-9a-f]+")
_SEARCH_WORDS_MAX: Final = 16
_ID_PREFIX_SURE: Final = 8
"""So many hex digits are an id first: nobody takes over another's by a name that looks like it."""

#: Weights of the columns title, description, category and tags.
_WITH_CATEGORIES: Final = "bm25(8.0, 4.0, 1.0, 4.0)"

NO_CATEGORIES: Final = Categories()


def match_expression(text: str, categories: Categories = NO_CATEGORIES) -> str | None:
    """The FTS5 expression for ``text``, or None if there is no word in it."""
    words = _WORD.findall(unicodedata.normalize("NFC", text))[:_SEARCH_WORDS_MAX]
    parts = []
    while words:
        count, category = _first_category(words, categories)
        taken, words = words[:count], words[count:]
        part = " ".join(f'"{word}"*' for word in taken)
        parts.append(part if category is None else _or_category(part, category))
    if any(part.startswith("(") for part in parts):
        return " AND ".join(parts)  # a bracket is not joined to what follows without a word
    return " ".join(parts) or None


def _first_category(words: list[str], categories: Categories) -> tuple[int, Category | None]:
    """How many of the first words, as many as possible, mean which category; else (1, None)."""
    for count in range(min(len(words), categories.words_max), 0, -1):
        category = categories.find(" ".join(words[:count]))
        if category is not None:
            return count, category
    return 1, None


def _or_category(part: str, category: Category) -> str:
    """``part``, or a category that begins with this one's id or name in any language."""
    names = " OR ".join(f'^"{name}"' for name in category.called())
    return f"(({part}) OR category : ({names}))"


class MatchingListings(NamedTuple):
    """The parts of a query for listings; ``where`` has a question mark for each value."""

    source: str
    where: str
    values: list[str]
    order: str


def matching_listings(
    today: str,
    search: str | None,
    categories: Categories,
    exchange_type: str | None,
    item_type: str | None,
    owners: Sequence[str] | None,
    circle: str | None,
) -> MatchingListings | None:
    """The query for open listings on ``today`` (see ``Queries.listings``).

    None where a search has no word in it.
    """
    source, order = "listings AS l", "l.rowid DESC"
    where, values = ["l.closed = 0", "(l.expires IS NULL OR l.expires >= ?)"], [today]
    if search is not None:
        expression = match_expression(search, categories)
        if expression is None:
            return None
        source = "listings_fts AS s JOIN listings AS l ON l.rowid = s.rowid"
        where.insert(0, "listings_fts MATCH ?")
        values.insert(0, expression)
        order = "s.rank"
        if expression != match_expression(search):
            # What a title says counts for more than where a listing belongs.
            where.insert(1, f"rank MATCH '{_WITH_CATEGORIES}'")
    for column, value in (
        ("exchange_type", exchange_type),
        ("item_type", item_type),
        ("circle", circle),
    ):
        if value is not None:
            where.append(f"l.{column} = ?")
            values.append(value)
    if owners is not None:
        where.append(f"l.owner IN ({marks(owners)})")
        values.extend(owners)
    return MatchingListings(source, " AND ".join(where), values, order)


def resolve(connection: sqlite3.Connection, table: str, key: str, prefix: str) -> str:
    """The one hex id in ``table.key`` that begins with ``prefix``.

    Raises UnknownReference if there is none or more than one.
    """
    wanted = prefix.strip().lower()
    if not _HEX.fullmatch(wanted):
        raise UnknownReference(f"'{prefix}' is not the beginning of an id ({key})")
    rows = connection.execute(
        f"SELECT DISTINCT {key} FROM {table} WHERE {key} >= ? AND {key} < ? LIMIT 2",
        (wanted, wanted + "g"),
    ).fetchall()
    if not rows:
        raise UnknownReference(f"there is no {key} that begins with {wanted}")
    if len(rows) > 1:
        raise UnknownReference(f"more than one {key} begins with {wanted}; give more of it")
    found: str = rows[0][0]
    return found


def resolve_photo(connection: sqlite3.Connection, prefix: str) -> str:
    """The one hex hash of a photo that is shown here and begins with ``prefix``.

    Raises UnknownReference if there is none or more than one.
    """
    shown = "(SELECT photo FROM listing_photos UNION ALL SELECT photo FROM agreement_photos)"
    return resolve(connection, shown, "photo", prefix)


def resolve_bytes(connection: sqlite3.Connection, table: str, key: str, prefix: str) -> bytes:
    """The one id (bytes) in ``table.key`` of which the hex digits begin with ``prefix``.

    Raises UnknownReference if there is none or more than one.
    """
    wanted = prefix.strip().lower()
    if not _HEX.fullmatch(wanted) or len(wanted) > 64:
        raise UnknownReference(f"'{prefix}' is not the beginning of an id")
    low = bytes.fromhex(wanted.ljust(64, "0"))
    high = bytes.fromhex(wanted.ljust(64, "f"))
    rows = connection.execute(
        f"SELECT DISTINCT {key} FROM {table} WHERE {key} BETWEEN ? AND ? LIMIT 2", (low, high)
    ).fetchall()
    if not rows:
        raise UnknownReference(f"nothing here begins with {wanted}")
    if len(rows) > 1:
        raise UnknownReference(f"more than one id begins with {wanted}; give more of it")
    found: bytes = rows[0][0]
    return found


def resolve_person(connection: sqlite3.Connection, text: str) -> str:
    """The hex id of the one person of that name, or whose id begins so.

    Raises UnknownReference if there is none or more than one.
    """
    wanted = unicodedata.normalize("NFC", text.strip())
    is_hex = _HEX.fullmatch(wanted.lower()) is not None
    if is_hex and len(wanted) >= _ID_PREFIX_SURE:
        with suppress(UnknownReference):
            return resolve(connection, "persons", "person", wanted)
    named = [
        person
        for (person,) in connection.execute(
            "SELECT DISTINCT person FROM persons WHERE name = ? COLLATE NOCASE LIMIT 3", (wanted,)
        )
    ]
    if len(named) == 1:
        return str(named[0])
    if len(named) > 1:
        ids = ", ".join(str(person)[:12] for person in named)
        raise UnknownReference(f"several people are called {wanted}; give the id: {ids}, …")
    if is_hex:
        return resolve(connection, "persons", "person", wanted)
    raise UnknownReference(f"nobody called {wanted} has been met here")
