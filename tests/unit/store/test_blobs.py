"""Photos by hash: bounded, kept while a listing shows them, given out only in its circle."""

import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest
from unit.store.world_kit import Reader, World, Written, person_of

from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import TooLarge
from p2pshare.limits import BLOB_BYTES_MAX, UNUSED_PHOTO_SECONDS_MAX, WANTED_PHOTOS_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.blobs import (
    Thumbnail,
    add_blob,
    add_fetched_photo,
    add_own_photo,
    circles_naming,
    delete_unused,
    has_outdated,
    is_held,
    is_named,
    keep_thumbnail,
    note_used,
    read_blob,
    read_thumbnail,
    want_photo,
    wanted_photos,
)
from p2pshare.store.database import Database
from p2pshare.store.migrations import migrate

PHOTO = b"\xff\xd8 a photo"


def test_a_blob_is_kept_once_under_its_hash() -> None:
    with Reader() as reader:
        connection = reader.database.connection
        assert add_blob(connection, PHOTO) == sha256(PHOTO).digest()
        assert add_blob(connection, PHOTO) == sha256(PHOTO).digest()
        assert connection.execute("SELECT size FROM blobs").fetchall() == [(len(PHOTO),)]
        assert read_blob(connection, sha256(PHOTO).digest()) == PHOTO
        assert read_blob(connection, bytes(32)) is None


def test_the_size_is_bounded_on_both_sides_of_the_limit() -> None:
    with Reader() as reader:
        connection = reader.database.connection
        largest = bytes(BLOB_BYTES_MAX)
        assert read_blob(connection, add_blob(connection, largest)) == largest
        with pytest.raises(TooLarge, match="512 KiB"):
            add_blob(connection, bytes(BLOB_BYTES_MAX + 1))
        assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)


def test_it_is_named_by_the_listings_of_the_circle_as_they_are_now() -> None:
    world = World()
    ada = world.open_feed(person_of(1))
    photo = sha256(PHOTO).digest()

    def put(photos: tuple[bytes, ...], listing: bytes = b"") -> Written:
        body = ListingPut(
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            transaction_types=("borrow-lend",),
            title="Drill",
            quantity=1,
            photos=photos,
        )
        return world.write(ada, "listing.put", body, subject=listing)

    with Reader() as reader:
        connection = reader.database.connection
        shown = put((bytes(32), photo))
        reader.take_all(world)
        assert is_named(connection, photo, OPEN_CIRCLE)
        assert not is_named(connection, photo, bytes(32))
        assert not is_named(connection, sha256(b"other").digest(), OPEN_CIRCLE)
        put((), shown.subject)
        reader.take_all(world)
        assert not is_named(connection, photo, OPEN_CIRCLE)


# --- what nothing shows any more ------------------------------------------------------------

NOW_MS = 1_800_000_000_000
DAY_MS = UNUSED_PHOTO_SECONDS_MAX * 1000


def show(connection, photo: bytes, listing: str = "aa", owner: str = "") -> None:
    """Have a listing of the open circle show a photo, as folding would."""
    connection.execute(
        "INSERT INTO listing_photos (listing, circle, photo) VALUES (?, ?, ?)",
        (listing, OPEN_CIRCLE.hex(), photo.hex()),
    )
    connection.execute(
        "INSERT OR IGNORE INTO listings (listing, circle, owner) VALUES (?, ?, ?)",
        (listing, OPEN_CIRCLE.hex(), owner),
    )


@pytest.fixture
def connection():
    with closing(Database(":memory:")) as database:
        yield database.connection


def test_an_own_photo_waits_a_day_for_its_listing(connection) -> None:
    photo = add_own_photo(connection, PHOTO, NOW_MS)
    for now_ms in (NOW_MS, NOW_MS + DAY_MS):
        assert not has_outdated(connection, now_ms)
        assert delete_unused(connection, now_ms) == 0
    assert has_outdated(connection, NOW_MS + DAY_MS + 1)
    assert delete_unused(connection, NOW_MS + DAY_MS + 1) == 1
    assert not is_held(connection, photo)


def test_a_clock_that_was_set_back_keeps_no_photo_for_ever(connection) -> None:
    add_own_photo(connection, PHOTO, NOW_MS)
    assert has_outdated(connection, NOW_MS - DAY_MS - 1)


def test_a_photo_that_was_shown_goes_at_once(connection) -> None:
    photo = add_own_photo(connection, PHOTO, NOW_MS)
    show(connection, photo)
    show(connection, photo, "bb")
    note_used(connection)
    keep_thumbnail(connection, photo, Thumbnail(b"small", ""))
    connection.execute("DELETE FROM listing_photos WHERE listing = 'aa'")
    assert delete_unused(connection, NOW_MS) == 0
    connection.execute("DELETE FROM listing_photos")
    assert delete_unused(connection, NOW_MS) == 1
    assert read_thumbnail(connection, photo) is None


def test_photos_of_a_salvaged_ledger_wait_from_when_they_are_looked_at(connection) -> None:
    add_blob(connection, PHOTO)
    connection.execute("INSERT INTO unused_photos (hash) SELECT hash FROM blobs")
    assert has_outdated(connection, NOW_MS)
    assert delete_unused(connection, NOW_MS) == 0
    assert not has_outdated(connection, NOW_MS)
    assert delete_unused(connection, NOW_MS + DAY_MS + 1) == 1


# --- fetched, wanted, made small ----------------------------------------------------------------


def test_what_no_listing_shows_any_more_is_not_kept(connection) -> None:
    assert not add_fetched_photo(connection, PHOTO, OPEN_CIRCLE)
    show(connection, sha256(PHOTO).digest())
    assert not add_fetched_photo(connection, PHOTO, bytes(32))
    assert add_fetched_photo(connection, PHOTO, OPEN_CIRCLE)
    assert circles_naming(connection, sha256(PHOTO).digest()) == [OPEN_CIRCLE]


def test_photos_of_others_that_came_first_give_way(connection) -> None:
    connection.execute("INSERT INTO own_persons (person, name) VALUES (x'0a', 'Ada')")
    own = add_own_photo(connection, b"own" * 100, NOW_MS)
    show(connection, own, "aa", owner="0a")
    note_used(connection)
    waiting = add_own_photo(connection, b"new" * 100, NOW_MS)
    others = [bytes([number]) * 100 for number in range(5)]
    hashes = [sha256(data).digest() for data in others]
    for number, data in enumerate(others):
        show(connection, hashes[number], f"b{number}", owner="0b")
        assert add_fetched_photo(connection, data, OPEN_CIRCLE, room=300)
        keep_thumbnail(connection, hashes[number], Thumbnail(b"small", ""))
    assert [is_held(connection, one) for one in hashes] == [False, False, True, True, True]
    assert [read_thumbnail(connection, one) is not None for one in hashes] == [
        is_held(connection, one) for one in hashes
    ]
    assert is_held(connection, own)
    assert is_held(connection, waiting)


def test_wishes_are_few_and_end_with_the_photo(connection) -> None:
    photo = sha256(PHOTO).digest()
    show(connection, photo)
    want_photo(connection, OPEN_CIRCLE, photo)
    want_photo(connection, OPEN_CIRCLE, photo)
    assert wanted_photos(connection) == [(OPEN_CIRCLE, photo, False)]
    add_fetched_photo(connection, PHOTO, OPEN_CIRCLE)
    assert wanted_photos(connection) == []
    for number in range(WANTED_PHOTOS_MAX + 3):
        want_photo(connection, OPEN_CIRCLE, number.to_bytes(32, "big"))
    wishes = wanted_photos(connection)
    assert len(wishes) == WANTED_PHOTOS_MAX
    assert wishes[-1][:2] == (OPEN_CIRCLE, (WANTED_PHOTOS_MAX + 2).to_bytes(32, "big"))
    delete_unused(connection, NOW_MS)
    assert wanted_photos(connection) == []


def test_thumbnails_are_of_photos_that_are_here(connection) -> None:
    keep_thumbnail(connection, bytes(32), Thumbnail(b"small", ""))
    assert read_thumbnail(connection, bytes(32)) is None
    photo = add_blob(connection, PHOTO)
    keep_thumbnail(connection, photo, Thumbnail(b"", "no picture"))
    assert read_thumbnail(connection, photo) == Thumbnail(b"", "no picture")


def test_an_earlier_ledger_knows_its_photos_at_once() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as earlier:
        migrate(earlier, 2)
        earlier.executemany(
            "INSERT INTO listings (listing, circle, title, description, category, tags, photos)"
            " VALUES (?, 'cc', '', '', '', '', ?)",
            [("aa", '["p2", "p1"]'), ("bb", "[]"), ("dd", '["p1"]'), ("ee", "no json")],
        )
        migrate(earlier)
        rows = earlier.execute("SELECT * FROM listing_photos ORDER BY number").fetchall()
    assert [row[1:] for row in rows] == [
        ("aa", "cc", "p2"),
        ("aa", "cc", "p1"),
        ("dd", "cc", "p1"),
    ]


# --- photos of agreements ---------------------------------------------------------------------


def tell(connection, photo: bytes, by: str = "0b", agreement: str = "a1") -> None:
    """Have a move that ``by`` signed show a photo, as folding would."""
    connection.execute(
        "INSERT INTO agreement_photos (agreement, circle, photo) VALUES (?, ?, ?)",
        (agreement, OPEN_CIRCLE.hex(), photo.hex()),
    )
    connection.execute(
        "INSERT INTO agreement_moves (agreement, place, move, person, entry, note, details, desk)"
        " VALUES (?, 1, 'give-back', ?, 'ee', '', ?, 0)",
        (agreement, by, f'{{"photos":["{photo.hex()}"]}}'),
    )


def test_a_photo_that_an_agreement_shows_stays_and_goes_with_the_last_thing_that_shows_it(
    connection,
) -> None:
    photo = add_own_photo(connection, PHOTO, NOW_MS)
    tell(connection, photo)
    show(connection, photo)
    note_used(connection)
    assert not has_outdated(connection, NOW_MS + DAY_MS + 1)
    keep_thumbnail(connection, photo, Thumbnail(b"small", ""))
    for table in ("listing_photos", "agreement_photos"):
        assert delete_unused(connection, NOW_MS + DAY_MS + 1) == 0
        assert is_held(connection, photo)
        connection.execute(f"DELETE FROM {table}")
    assert delete_unused(connection, NOW_MS) == 1
    assert read_thumbnail(connection, photo) is None


def test_what_an_agreement_shows_is_fetched_and_given_out_in_its_circle(connection) -> None:
    photo = sha256(PHOTO).digest()
    tell(connection, photo)
    assert circles_naming(connection, photo) == [OPEN_CIRCLE]
    assert is_named(connection, photo, OPEN_CIRCLE)
    assert not is_named(connection, photo, bytes(32))
    want_photo(connection, OPEN_CIRCLE, photo)
    assert delete_unused(connection, NOW_MS) == 0
    assert wanted_photos(connection) == [(OPEN_CIRCLE, photo, True)]
    assert not add_fetched_photo(connection, PHOTO, bytes(32))
    assert add_fetched_photo(connection, PHOTO, OPEN_CIRCLE)
    assert wanted_photos(connection) == []


def test_own_photos_of_agreements_do_not_give_way(connection) -> None:
    connection.execute("INSERT INTO own_persons (person, name) VALUES (x'0a', 'Ada')")
    own = add_own_photo(connection, b"own" * 100, NOW_MS)
    tell(connection, own, by="0a")
    note_used(connection)
    others = [bytes([number]) * 100 for number in range(3)]
    for number, data in enumerate(others):
        tell(connection, sha256(data).digest(), by="0b", agreement=f"a{number}")
        assert add_fetched_photo(connection, data, OPEN_CIRCLE, room=200)
    assert [is_held(connection, sha256(data).digest()) for data in others] == [False, True, True]
    assert is_held(connection, own)
