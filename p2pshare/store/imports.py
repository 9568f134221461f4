"""Which listing came from which row of another program's list: known to this installation alone.

A row is known by a hash of what identifies it there, and what it said by hashes too, so that words
that are forgotten do not live on here. Never sent, never folded, kept by a rebuild.
``node.importing`` decides what the rows mean.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_KEY_LABEL: Final = "p2pshare imported row v1\0"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """The listing (16 bytes) that a row became, and the digest of what the row last said."""

    listing: bytes
    digest: str


def source_of(key: str) -> bytes:
    """The hash (32 bytes) that a row with this key is known by."""
    return sha256((_KEY_LABEL + key).encode("utf-8", "surrogatepass")).digest()


def read_imported(
    connection: sqlite3.Connection, person: bytes, circle: bytes
) -> dict[bytes, ImportedRow]:
    """What a person imported into a circle, by the hash (32 bytes) that identifies the row."""
    return {
        source: ImportedRow(listing, digest)
        for source, listing, digest in connection.execute(
            "SELECT source, listing, digest FROM imported_rows WHERE person = ? AND circle = ?",
            (person, circle),
        )
    }


def note_imported(
    connection: sqlite3.Connection, person: bytes, circle: bytes, rows: Mapping[bytes, ImportedRow]
) -> None:
    """Remember rows, or what they say now."""
    connection.executemany(
        "INSERT OR REPLACE INTO imported_rows (person, circle, source, listing, digest)"
        " VALUES (?, ?, ?, ?, ?)",
        [(person, circle, source, row.listing, row.digest) for source, row in rows.items()],
    )


@dataclass(frozen=True, slots=True)
class ListedFields:
    """What an open listing says, in the fields that a row decides."""

    exchange_type: str
    item_type: str
    transaction_types: list[str]
    title: str
    description: str
    category: str
    tags: list[str]
    quantity: int
    expires: str | None


def open_listings(
    connection: sqlite3.Connection, person: bytes, circle: bytes
) -> list[tuple[bytes, ListedFields]]:
    """The open listings of a person in a circle, the oldest first: (id, what it says)."""
    return [
        (
            bytes.fromhex(listing),
            ListedFields(
                exchange_type=exchange_type,
                item_type=item_type,
                transaction_types=json.loads(transaction_types),
                title=title,
                description=description,
                category=category,
                tags=json.loads(tags),
                quantity=quantity,
                expires=expires,
            ),
        )
        for (
            listing,
            exchange_type,
            item_type,
            transaction_types,
            title,
            description,
            category,
            tags,
            quantity,
            expires,
        ) in connection.execute(
            "SELECT listing, exchange_type, item_type, transaction_types, title, description,"
            " category, tags, quantity, expires FROM listings"
            " WHERE owner = ? AND circle = ? AND closed = 0 ORDER BY rowid",
            (person.hex(), circle.hex()),
        )
    ]
