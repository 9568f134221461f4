"""The floor of a first sync: what no program that does this work could save.

One process, no network, no checks but one signature for each person: hash and decode every header,
decode every payload, and executemany into the same tables and full-text index, in one durable
transaction. Everything else that the real path does is measured against this.
"""

import json
import sqlite3
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import msgspec
from made_feeds import Feed

from p2pshare.domain.bodies import ListingPut, PersonProfile
from p2pshare.log.certificate import Certificate
from p2pshare.log.entry import ENTRY_LABEL, Header, signature_verifies
from p2pshare.store import local
from p2pshare.store.database import Database
from p2pshare.store.folded_tables import (
    LISTINGS,
    PERSONS,
)

_header = msgspec.msgpack.Decoder(Header)
_listing = msgspec.msgpack.Decoder(ListingPut)
_profile = msgspec.msgpack.Decoder(PersonProfile)
_certificate = msgspec.msgpack.Decoder(Certificate)


def measure_floor(folder: Path, feeds: Sequence[Feed]) -> float:
    """Seconds from the entries' bytes to a durable, searchable ledger of the same rows."""
    database = Database(folder / "floor.db")
    with database.transaction(durable=False) as connection:
        local.ensure_open_circle(connection)
    start = time.perf_counter()
    with database.transaction(durable=True) as connection:
        _insert(connection, feeds)
    database.truncate_log()
    seconds = time.perf_counter() - start
    database.close()
    return seconds


def _insert(connection: sqlite3.Connection, feeds: Sequence[Feed]) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {
        name: [] for name in ("feeds", "entries", "bodies", "tips", "persons", "listings")
    }
    number = 0
    for feed_number, feed in enumerate(feeds, start=1):
        person = b""
        circle = ""
        for entry in feed:
            number += 1
            identifier = sha256(ENTRY_LABEL + entry.header).digest()
            header = _header.decode(entry.header)
            body = entry.body or b""
            payload = body[16:]
            if header.kind == "feed.open":
                certificate = _certificate.decode(payload)
                person, circle = certificate.person, header.circle.hex()
                rows["feeds"].append(
                    (feed_number, header.feed, 1, person, identifier, certificate.reading_key,
                     "[]", "[]", None, None)
                )  # fmt: skip
            elif header.kind == "person.profile":
                rows["persons"].append((circle, person.hex(), _profile.decode(payload).name))
            else:
                rows["listings"].append(_row(identifier, circle, person, _listing.decode(payload)))
            rows["entries"].append(
                (number, identifier, feed_number, 0, header.seq, header.time_ms, header.time_ms,
                 header.subject or identifier[:16], header.kind, entry.header, entry.signature, 0)
            )  # fmt: skip
            rows["bodies"].append((number, body))
        if not signature_verifies(header.feed, entry.signature, identifier):
            raise ValueError("the made feeds are not signed")
        rows["tips"].append((number, feed_number))
    for table, made in rows.items():
        columns = {"persons": PERSONS.columns, "listings": LISTINGS.columns}.get(table, ())
        names = f"({', '.join(columns)})" if columns else ""
        marks = ", ".join("?" * len(made[0]))
        connection.executemany(f"INSERT INTO {table} {names} VALUES ({marks})", made)


def _row(identifier: bytes, circle: str, person: bytes, listing: ListingPut) -> tuple[object, ...]:
    return (
        identifier[:16].hex(),
        circle,
        person.hex(),
        listing.exchange_type,
        listing.item_type,
        json.dumps(listing.transaction_types),
        listing.title,
        listing.description,
        listing.category,
        json.dumps(listing.tags),
        listing.quantity,
        listing.expires,
        "[]",
        "[]",
        0,
        identifier.hex(),
        "[]",
        "{}",
        0,
        "[]",
    )
