"""Blobs by hash: bounded, kept once, given out only where a listing of the circle shows them."""

from hashlib import sha256

import pytest
from unit.store.world_kit import Reader, World, Written, person_of

from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import TooLarge
from p2pshare.limits import BLOB_BYTES_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.blobs import add_blob, is_named, read_blob

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
