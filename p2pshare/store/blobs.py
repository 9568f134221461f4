"""Photos by SHA-256: kept here while a listing or an agreement shows them.

They are given out in that circle only. Those of agreements (in what condition a thing changed
hands) can be asked for only by who was told their names, which are sealed. Bounded by
BLOB_BYTES_MAX each, and those of other people by OTHERS_PHOTOS_BYTES_MAX together. What a blob
shows is not this module's affair: photos pass the gate of ``node.photos`` before they are shared
and before they are shown; here are only its results, the thumbnails. All of it is local and can be
fetched or made again, but for own photos.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from p2pshare.errors import TooLarge
from p2pshare.limits import (
    BLOB_BYTES_MAX,
    OTHERS_PHOTOS_BYTES_MAX,
    UNUSED_PHOTO_SECONDS_MAX,
    WANTED_PHOTOS_MAX,
)

_IS_SHOWN = (
    "(EXISTS (SELECT 1 FROM listing_photos AS p WHERE p.photo = lower(hex({0}.hash)))"
    " OR EXISTS (SELECT 1 FROM agreement_photos AS p WHERE p.photo = lower(hex({0}.hash))))"
)
_IS_OUTDATED = f"abs(? - added_ms) > {UNUSED_PHOTO_SECONDS_MAX * 1000}"
_IS_OURS = (
    "(EXISTS (SELECT 1 FROM listing_photos AS p JOIN listings AS l ON l.listing = p.listing"
    " JOIN own_persons AS o ON lower(hex(o.person)) = l.owner"
    " WHERE p.photo = lower(hex(b.hash)))"
    " OR EXISTS (SELECT 1 FROM agreement_photos AS p JOIN agreement_moves AS m"
    " ON m.agreement = p.agreement AND instr(m.details, p.photo)"
    " JOIN own_persons AS o ON lower(hex(o.person)) = m.person"
    " WHERE p.photo = lower(hex(b.hash))))"
)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """What the gate made of a photo: a small JPEG, or ``refusal``, why it cannot be shown."""

    data: bytes
    refusal: str


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


def add_own_photo(connection: sqlite3.Connection, data: bytes, now_ms: int) -> bytes:
    """Keep a photo that is about to be shown, for UNUSED_PHOTO_SECONDS_MAX; its hash."""
    digest = add_blob(connection, data)
    connection.execute(
        "INSERT OR REPLACE INTO unused_photos (hash, added_ms) VALUES (?, ?)", (digest, now_ms)
    )
    return digest


def add_fetched_photo(
    connection: sqlite3.Connection,
    data: bytes,
    circle: bytes,
    room: int = OTHERS_PHOTOS_BYTES_MAX,
) -> bool:
    """Keep what a peer sent, if it is still shown in the circle; whether it is kept.

    Of other people's photos the ones that came first give way, so that all take at most ``room``
    bytes: they are fetched again when they are shown again. Raises TooLarge.
    """
    digest = sha256(data).digest()
    if not is_named(connection, digest, circle):
        return False
    _make_room(connection, room - len(data))
    add_blob(connection, data)
    connection.execute("DELETE FROM wanted_photos WHERE hash = ?", (digest,))
    return True


def _make_room(connection: sqlite3.Connection, room: int) -> None:
    if connection.execute("SELECT total(size) FROM blobs").fetchone()[0] <= room:
        return
    others = connection.execute(
        f"SELECT b.hash, b.size FROM blobs AS b WHERE NOT {_IS_OURS}"
        " AND b.hash NOT IN (SELECT hash FROM unused_photos) ORDER BY b.rowid"
    ).fetchall()
    held = sum(size for _, size in others)
    for digest, size in others:
        if held <= room:
            break
        held -= size
        connection.execute("DELETE FROM blobs WHERE hash = ?", (digest,))
        connection.execute("DELETE FROM thumbnails WHERE hash = ?", (digest,))


def read_blob(connection: sqlite3.Connection, digest: bytes) -> bytes | None:
    """The blob with this hash, or None."""
    row = connection.execute("SELECT data FROM blobs WHERE hash = ?", (digest,)).fetchone()
    return None if row is None else row[0]


def is_held(connection: sqlite3.Connection, digest: bytes) -> bool:
    """Whether the blob with this hash is here."""
    row = connection.execute("SELECT 1 FROM blobs WHERE hash = ?", (digest,)).fetchone()
    return row is not None


def is_named(connection: sqlite3.Connection, digest: bytes, circle: bytes) -> bool:
    """Whether a listing of the circle shows this blob, or an agreement that is read here."""
    return circle in circles_naming(connection, digest)


def is_open(connection: sqlite3.Connection, digest: bytes, circle: bytes) -> bool:
    """Whether a listing of the circle shows this blob, so that everybody there knows its hash."""
    row = connection.execute(
        "SELECT 1 FROM listing_photos WHERE photo = ? AND circle = ? LIMIT 1",
        (digest.hex(), circle.hex()),
    ).fetchone()
    return row is not None


def sealed_photos(connection: sqlite3.Connection, circle: bytes) -> Iterator[bytes]:
    """The photos in hand that agreements of the circle show, each once."""
    for (digest,) in connection.execute(
        "SELECT b.hash FROM blobs AS b WHERE EXISTS (SELECT 1 FROM agreement_photos AS p"
        " WHERE p.photo = lower(hex(b.hash)) AND p.circle = ?)",
        (circle.hex(),),
    ):
        yield digest


def circles_naming(connection: sqlite3.Connection, digest: bytes) -> list[bytes]:
    """The circles in which a listing, or an agreement that is read here, shows this blob."""
    rows = connection.execute(
        "SELECT circle FROM listing_photos WHERE photo = ?1"
        " UNION SELECT circle FROM agreement_photos WHERE photo = ?1 ORDER BY circle",
        (digest.hex(),),
    )
    return [bytes.fromhex(circle) for (circle,) in rows]


# --- what nothing shows any more ------------------------------------------------------------


def has_outdated(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Whether there is something that ``delete_unused`` should look at, though nothing changed.

    Ledgers that were salvaged also say so.
    """
    row = connection.execute(
        f"SELECT 1 FROM unused_photos WHERE added_ms IS NULL OR {_IS_OUTDATED} LIMIT 1", (now_ms,)
    ).fetchone()
    return row is not None


def note_used(connection: sqlite3.Connection) -> None:
    """Of the photos that were about to be shown, forget those that are shown now."""
    connection.execute(f"DELETE FROM unused_photos WHERE {_IS_SHOWN.format('unused_photos')}")


def delete_unused(connection: sqlite3.Connection, now_ms: int) -> int:
    """Delete the photos that nothing shows, and all made from them; how many they were.

    Own ones that nothing shows yet stay for UNUSED_PHOTO_SECONDS_MAX. The caller sees to it
    that the bytes leave the write-ahead log too (``store.notes``).
    """
    # Since when is not known of those in a ledger that was salvaged.
    connection.execute("UPDATE unused_photos SET added_ms = ? WHERE added_ms IS NULL", (now_ms,))
    connection.execute(f"DELETE FROM unused_photos WHERE {_IS_OUTDATED}", (now_ms,))
    unused = connection.execute(
        f"SELECT hash FROM blobs WHERE NOT {_IS_SHOWN.format('blobs')}"
        " AND hash NOT IN (SELECT hash FROM unused_photos)"
    ).fetchall()
    connection.executemany("DELETE FROM blobs WHERE hash = ?", unused)
    connection.execute("DELETE FROM thumbnails WHERE hash NOT IN (SELECT hash FROM blobs)")
    connection.execute(
        f"DELETE FROM wanted_photos WHERE NOT {_IS_SHOWN.format('wanted_photos')}"
        " OR hash IN (SELECT hash FROM blobs)"
    )
    return len(unused)


# --- wanted by a process that is not on the network ---------------------------------------------


def want_photo(connection: sqlite3.Connection, circle: bytes, digest: bytes) -> None:
    """Have the process that is on the network fetch a photo; the oldest wishes give way."""
    connection.execute(
        "INSERT OR IGNORE INTO wanted_photos (circle, hash) VALUES (?, ?)", (circle, digest)
    )
    connection.execute(
        "DELETE FROM wanted_photos WHERE rowid NOT IN"
        " (SELECT rowid FROM wanted_photos ORDER BY rowid DESC LIMIT ?)",
        (WANTED_PHOTOS_MAX,),
    )


def wanted_photos(connection: sqlite3.Connection) -> list[tuple[bytes, bytes, bool]]:
    """(circle, hash, whether no listing shows it) of what other processes want to be fetched."""
    wanted = connection.execute("SELECT circle, hash FROM wanted_photos ORDER BY rowid").fetchall()
    return [(circle, digest, not is_open(connection, digest, circle)) for circle, digest in wanted]


# --- thumbnails -----------------------------------------------------------------------------


def read_thumbnail(connection: sqlite3.Connection, digest: bytes) -> Thumbnail | None:
    """What the gate made of the photo with this hash, or None if it has not met it yet."""
    row = connection.execute(
        "SELECT data, refusal FROM thumbnails WHERE hash = ?", (digest,)
    ).fetchone()
    return None if row is None else Thumbnail(*row)


def keep_thumbnail(connection: sqlite3.Connection, digest: bytes, thumbnail: Thumbnail) -> None:
    """Keep what the gate made of a photo, if that is still here."""
    if is_held(connection, digest):
        connection.execute(
            "INSERT OR REPLACE INTO thumbnails (hash, data, refusal) VALUES (?, ?, ?)",
            (digest, thumbnail.data, thumbnail.refusal),
        )
