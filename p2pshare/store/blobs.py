"""Photos and other blobs by SHA-256: kept here, given out only if an entry of a circle names them.

Bounded by BLOB_BYTES_MAX. What a blob shows is not this module's affair: photos pass the gate of
their own before they are shown.
"""

import sqlite3
from hashlib import sha256

from p2pshare.errors import TooLarge
from p2pshare.limits import BLOB_BYTES_MAX


def add_blob(connection: sqlite3.Connection, data: bytes) -> bytes:
    """Keep a blob; its hash. Raises TooLarge."""
    if len(data) > BLOB_BYTES_MAX:
        raise TooLarge(f"a photo is at most {BLOB_BYTES_MAX // 1024} KiB")
    digest = sha256(data).digest()
    connection.execute(
        "INSERT OR IGNORE INTO blobs (hash, size, data) VALUES (?, ?, ?)",
        (digest, len(data), data),
    )
    return digest


def read_blob(connection: sqlite3.Connection, digest: bytes) -> bytes | None:
    """The blob with this hash, or None."""
    row = connection.execute("SELECT data FROM blobs WHERE hash = ?", (digest,)).fetchone()
    return None if row is None else row[0]


def is_named(connection: sqlite3.Connection, digest: bytes, circle: bytes) -> bool:
    """Whether a listing of the circle shows this blob."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM listings AS l, json_each(l.photos) AS p"
        " WHERE l.circle = ? AND p.value = ?)",
        (circle.hex(), digest.hex()),
    ).fetchone()
    return bool(row[0])
