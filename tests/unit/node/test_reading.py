"""Reads for peers and people on the reading thread: statuses, moments, and what is named."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from unit.node.ledger_pair import offer, person

from p2pshare.domain.commands import AddListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import StoreError
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import Ledger
from p2pshare.node.reading import Reading
from p2pshare.store.blobs import add_blob
from p2pshare.store.repair import SIGNATURE_DAMAGED
from p2pshare.sync.blob_names import sealed_name
from p2pshare.sync.events import (
    BlobRead,
    EntriesRead,
    HeldIdsRead,
    ReadBlob,
    ReadEntries,
    ReadHeldIds,
    ReadStretches,
    StretchesRead,
)
from p2pshare.sync.messages import ServedStatus, Wanted

PLENTY = 10**6


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    ada = person(ledger, "Ada")
    for title in ("Drill", "Saw"):
        offer(ledger, ada, title)
    yield ledger
    ledger.close()


@pytest.fixture
async def reading(ledger: Ledger) -> AsyncIterator[Reading]:
    reading = Reading(ledger.folder / "ledger.db")
    await reading.start()
    yield reading
    await reading.stop()


def feed_of(ledger: Ledger) -> tuple[bytes, list[bytes]]:
    """The one feed and its entry ids."""
    rows = ledger.database.connection.execute(
        "SELECT f.feed, e.id FROM entries AS e JOIN feeds AS f ON f.number = e.feed ORDER BY e.seq"
    ).fetchall()
    return rows[0][0], [identifier for _, identifier in rows]


async def read(reading: Reading, *wants: Wanted, aim: int = PLENTY) -> StretchesRead:
    result, _ = await reading.answer(ReadStretches(7, 1, OPEN_CIRCLE, wants, aim))
    assert isinstance(result, StretchesRead)
    assert result.request == 7
    return result


async def test_each_wanted_feed_is_answered_with_how_it_ended(
    ledger: Ledger, reading: Reading
) -> None:
    feed, ids = feed_of(ledger)
    strange = bytes(32)
    result = await read(reading, Wanted(feed, (), False), Wanted(strange, (), False))
    assert [len(stretch) for stretch in result.stretches] == [4]
    assert [(one.feed, one.status) for one in result.ended] == [
        (feed, ServedStatus.COMPLETE),
        (strange, ServedStatus.NOT_AVAILABLE),
    ]
    assert result.ended[0].tips == ((3, ids[3]),)
    result = await read(reading, Wanted(feed, (ids[1], strange), False))
    assert (result.stretches, result.ended[0].status) == ((), ServedStatus.UNKNOWN_TIPS)
    assert result.ended[0].unknown == (strange,)
    result = await read(reading, Wanted(feed, (ids[1], strange), True))
    assert [len(stretch) for stretch in result.stretches] == [2]
    assert (result.ended[0].status, result.ended[0].unknown) == (ServedStatus.COMPLETE, (strange,))


async def test_what_does_not_fit_is_left_for_the_next_read(
    ledger: Ledger, reading: Reading
) -> None:
    feed, ids = feed_of(ledger)
    result = await read(reading, Wanted(feed, (), False), Wanted(bytes(32), (), False), aim=1)
    assert [len(stretch) for stretch in result.stretches] == [1]
    assert result.ended == ()
    result = await read(reading, Wanted(feed, (ids[3],), False), aim=1)
    assert (result.stretches, result.ended[0].status) == ((), ServedStatus.COMPLETE)


async def test_damage_is_told_with_the_answer(ledger: Ledger, reading: Reading) -> None:
    feed, ids = feed_of(ledger)
    change = "UPDATE entries SET signature = zeroblob(64), signature_checked = 0 WHERE id = ?"
    ledger.database.connection.execute(change, (ids[3],))
    effect = ReadStretches(7, 1, OPEN_CIRCLE, (Wanted(feed, (ids[2],), False),), PLENTY)
    result, damaged = await reading.answer(effect)
    assert isinstance(result, StretchesRead)
    assert [one.status for one in result.ended] == [ServedStatus.NOT_AVAILABLE]
    assert damaged == {ids[3]: SIGNATURE_DAMAGED}
    assert await reading.answer(ReadHeldIds(8, OPEN_CIRCLE, feed)) == (
        HeldIdsRead(8, tuple(ids)),
        {},
    )
    found, damaged = await reading.answer(ReadEntries(9, 1, OPEN_CIRCLE, (ids[2], ids[3])))
    assert isinstance(found, EntriesRead)
    assert (len(found.entries), found.missing) == (2, (ids[3],))
    assert damaged == {ids[3]: SIGNATURE_DAMAGED}


async def test_a_blob_is_given_only_where_a_listing_shows_it(
    ledger: Ledger, reading: Reading
) -> None:
    connection = ledger.database.connection
    photo = await asyncio.to_thread(add_blob, connection, b"a photo")
    read_blob = ReadBlob(3, 1, OPEN_CIRCLE, photo, b"asking")
    assert await reading.answer(read_blob) == (BlobRead(3, None), {})
    (ada,) = await asyncio.to_thread(ledger.own_persons)
    command = AddListing(
        person=ada, exchange_type=ExchangeType.OFFER, title="Ladder", photos=(photo,)
    )
    await asyncio.to_thread(ledger.perform, command)
    assert await reading.answer(read_blob) == (BlobRead(3, b"a photo"), {})
    other = ReadBlob(4, 1, OPEN_CIRCLE, sha256(b"another").digest(), b"asking")
    assert await reading.answer(other) == (BlobRead(4, None), {})


async def test_what_only_an_agreement_shows_is_given_to_who_knows_its_hash(
    ledger: Ledger, reading: Reading
) -> None:
    connection = ledger.database.connection
    photo = await asyncio.to_thread(add_blob, connection, b"a photo")

    def tell() -> None:
        connection.execute(
            "INSERT INTO agreement_photos (agreement, circle, photo) VALUES ('aa', ?, ?)",
            (OPEN_CIRCLE.hex(), photo.hex()),
        )

    await asyncio.to_thread(tell)
    name = sealed_name(photo, b"asking")
    by_name = ReadBlob(3, 1, OPEN_CIRCLE, name, b"asking")
    assert await reading.answer(by_name) == (BlobRead(3, b"a photo"), {})
    for refused in (
        ReadBlob(4, 1, OPEN_CIRCLE, photo, b"asking"),
        ReadBlob(4, 1, OPEN_CIRCLE, name, b"on another link"),
        ReadBlob(4, 1, OPEN_CIRCLE, bytes(32), b"asking"),
    ):
        assert await reading.answer(refused) == (BlobRead(4, None), {})
    held = await reading.photo(OPEN_CIRCLE, photo, with_data=False)
    assert (held.is_named, held.is_open, held.is_held) == (True, False, True)


async def test_the_circles_come_with_frontiers_and_what_is_owed(
    ledger: Ledger, reading: Reading
) -> None:
    secret = bytes(range(32))
    circle = await asyncio.to_thread(ledger.add_closed_circle, "Allotments", secret)
    feed, ids = feed_of(ledger)
    open_one, closed = await reading.circles({OPEN_CIRCLE: frozenset({ids[2]})})
    assert (open_one.circle, open_one.secret, open_one.owed) == (OPEN_CIRCLE, None, {ids[2]})
    assert open_one.frontier.get(feed) == ((3, ids[3]),)
    assert (closed.circle, closed.secret, closed.owed) == (circle, secret, frozenset())
    assert len(closed.frontier) == 0


async def test_a_query_sees_one_moment_and_never_writes(ledger: Ledger, reading: Reading) -> None:
    (ada,) = await asyncio.to_thread(ledger.own_persons)
    begun, go_on = threading.Event(), threading.Event()

    def count_twice(queries) -> tuple[int, int]:  # type: ignore[no-untyped-def]
        first = queries.count_listings("2020-01-01")
        begun.set()
        assert go_on.wait(5)
        return first, queries.count_listings("2020-01-01")

    counting = asyncio.ensure_future(reading.query(count_twice))
    await asyncio.to_thread(begun.wait, 5)
    await asyncio.to_thread(offer, ledger, ada, "Ladder")
    go_on.set()
    assert await counting == (2, 2)
    assert await reading.query(lambda queries: queries.count_listings("2020-01-01")) == 3
    with pytest.raises(StoreError, match="readonly"):
        await reading.query(lambda queries: queries._connection.execute("DELETE FROM listings"))


async def test_it_does_not_begin_without_a_ledger(tmp_path: Path) -> None:
    reading = Reading(tmp_path / "nothing" / "ledger.db")
    with pytest.raises(StoreError):
        await reading.start()
    with pytest.raises(RuntimeError, match="not started"):
        await reading.query(lambda queries: None)
    await reading.stop()
