"""Photos between two live nodes: taken in, wanted when first shown, made small once, deleted."""

from contextlib import closing
from pathlib import Path

import pytest
from integration.nodes_kit import (
    bytes_on_disk,
    event_of,
    has_listing,
    linked,
    loan_of,
    moved,
    node_of,
    offer,
    request,
    sees,
)
from integration.nodes_kit import person as person_at
from unit.node.photo_kit import encoded, halves, noise, talkative

from p2pshare.domain.commands import AddListing, EditListing, Forget, MoveAgreement
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError, PhotoRefused, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.net.tasks import off_loop
from p2pshare.node import gallery
from p2pshare.node.facade import Node
from p2pshare.node.ledger import Ledger
from p2pshare.store.blobs import add_own_photo, read_blob, want_photo


def count(table: str):
    def read(ledger: Ledger) -> int:
        rows = ledger.database.connection.execute(f"SELECT count(*) FROM {table}")
        return int(rows.fetchone()[0])

    return read


async def fetched(node: Node, photo: bytes):
    """The photo at a node that has not got it yet: asked for, awaited, shown."""
    stream = node.events()
    assert await node.photo(OPEN_CIRCLE, photo) is None
    await node.photo(OPEN_CIRCLE, photo, thumbnail=True)  # it may have arrived by now
    told = await event_of(stream, "photo-arrived", photo=photo.hex())
    assert told.to_dict()["circle"] == OPEN_CIRCLE.hex()
    return await node.photo(OPEN_CIRCLE, photo)


async def test_a_photo_is_fetched_when_it_is_first_shown(tmp_path: Path) -> None:
    chosen = tmp_path / "drill.jpg"
    chosen.write_bytes(talkative("JPEG", noise(1500, 900)))
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person_at(a, "Ada")
        photo = await a.add_photo(chosen)
        drill = await offer(a, ada, "Drill", photos=(photo,))
        await linked(a, b)
        await has_listing(b, drill)
        assert await b.with_ledger(count("blobs")) == 0
        picture = await fetched(b, photo)
        assert (picture.width, picture.height) == (1280, 768)
        assert picture == await a.photo(OPEN_CIRCLE, photo)
        small = await b.photo(OPEN_CIRCLE, photo, thumbnail=True)
        assert (small.width, small.height) == (256, 154)
        assert await b.with_ledger(count("thumbnails")) == 1


async def test_thumbnails_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = gallery._made_small
    monkeypatch.setattr(gallery, "_made_small", lambda data: made.append(data) or make(data))
    async with node_of(tmp_path / "a") as a:
        ada = await person_at(a, "Ada")
        photo = await a.add_photo(encoded(halves()))
        await offer(a, ada, "Drill", photos=(photo,))
        small = [await a.photo(OPEN_CIRCLE, photo, thumbnail=True) for _ in range(3)]
    async with node_of(tmp_path / "a") as a:
        small.append(await a.photo(OPEN_CIRCLE, photo, thumbnail=True))
    assert len(made) == 1
    assert small == [small[0]] * 4


async def test_what_a_peer_passes_off_as_a_photo_is_not_shown(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person_at(a, "Ada")

        def pass_off(ledger: Ledger) -> bytes:
            with ledger.database.transaction(durable=True) as connection:
                return add_own_photo(connection, b"PK\3\4 no photo", ledger.clock.time_ms())

        photo = await a.with_ledger(pass_off)
        await has_listing(b, await offer(a, ada, "Drill", photos=(photo,)))
        stream = b.events()
        assert await b.photo(OPEN_CIRCLE, photo) is None
        await event_of(stream, "photo-arrived")
        for thumbnail in (False, True, True):
            with pytest.raises(PhotoRefused, match="not a PNG"):
                await b.photo(OPEN_CIRCLE, photo, thumbnail=thumbnail)


async def test_what_nothing_in_the_circle_shows_is_not_asked_for(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person_at(a, "Ada")
        for photo in (bytes(32), b"x"):
            with pytest.raises(UnknownReference, match="nothing here shows"):
                await a.photo(OPEN_CIRCLE, photo)
        add = AddListing(
            person=ada, exchange_type=ExchangeType.OFFER, title="Drill", photos=(bytes(32),)
        )
        with pytest.raises(DomainError, match="not on this computer"):
            await a.submit(add)


async def test_another_process_wants_a_photo(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person_at(a, "Ada")
        photo = await a.add_photo(encoded(halves()))
        await has_listing(b, await offer(a, ada, "Drill", photos=(photo,)))
        stream = b.events()

        def want() -> None:
            with (
                closing(Ledger(tmp_path / "b")) as other,
                other.database.transaction(durable=False) as connection,
            ):
                want_photo(connection, OPEN_CIRCLE, photo)

        await off_loop(want)
        await event_of(stream, "photo-arrived", photo=photo.hex())
        assert await b.with_ledger(count("wanted_photos")) == 0
        assert await b.photo(OPEN_CIRCLE, photo) is not None


async def test_forgetting_the_last_listing_deletes_the_photo_everywhere(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person_at(a, "Ada")
        photo = await a.add_photo(encoded(noise(300, 300)))
        drill = await offer(a, ada, "Drill", photos=(photo,))
        saw = await offer(a, ada, "Saw", photos=(photo,))
        await has_listing(b, drill)
        await has_listing(b, saw)
        await fetched(b, photo)
        await b.photo(OPEN_CIRCLE, photo, thumbnail=True)
        data = await a.with_ledger(lambda ledger: read_blob(ledger.database.connection, photo))
        assert data is not None
        inside = data[2000:2032]
        streams = {node: node.events() for node in (a, b)}
        await a.submit(EditListing(person=ada, listing=saw, photos=()))
        for node in (a, b):
            await event_of(streams[node], "changed", id=saw.hex())
            assert await node.with_ledger(count("blobs")) == 1
        await a.submit(Forget(person=ada, subject=drill))
        for node in (a, b):
            await event_of(streams[node], "changed", id=drill.hex(), removed=True)
            for table in ("blobs", "thumbnails", "unused_photos", "wanted_photos"):
                assert await node.with_ledger(count(table)) == 0
    for name in ("a", "b"):
        assert inside not in bytes_on_disk(tmp_path / name)


# --- how it was when it changed hands -------------------------------------------------------------


def photos_of(loan: bytes):
    """The photos that the last move of a loan shows."""

    def read(queries) -> list[str]:
        last = loan_of(loan)(queries).signed_by[-1]
        return list(dict(last.details).get("photos", ()))

    return read


async def test_a_photo_of_the_hand_over_goes_to_the_other_party_alone(tmp_path: Path) -> None:
    async with (
        node_of(tmp_path / "a") as a,
        node_of(tmp_path / "b", a) as b,
        node_of(tmp_path / "c", a, b) as c,
    ):
        ada, ben = await person_at(a, "Ada"), await person_at(b, "Ben")
        await person_at(c, "Cleo")
        await linked(a, b, c)
        drill = await offer(a, ada, "Drill")
        loan = await request(b, ben, drill)
        await moved(a, ada, loan, "accept", "accepted", b)
        photo = await a.add_photo(talkative("JPEG", noise(300, 300)))
        await a.submit(
            MoveAgreement(
                person=ada, agreement=loan, move="hand-over", condition="worn", photos=(photo,)
            )
        )
        assert await a.with_ledger(count("unused_photos")) == 0
        await sees(b, photos_of(loan), [photo.hex()])
        assert await b.with_ledger(count("blobs")) == 0
        picture = await fetched(b, photo)
        assert picture == await a.photo(OPEN_CIRCLE, photo)
        with pytest.raises(UnknownReference, match="nothing here shows"):
            await c.photo(OPEN_CIRCLE, photo)
        data = await b.with_ledger(lambda ledger: read_blob(ledger.database.connection, photo))
        assert data is not None
        inside = data[2000:2032]

        streams = {node: node.events() for node in (a, b)}
        await a.submit(Forget(person=ada, subject=loan))
        assert await a.with_ledger(count("blobs")) == 1, "it takes both to erase it"
        await b.submit(Forget(person=ben, subject=loan))
        for node in (a, b):
            await event_of(streams[node], "changed", id=loan.hex(), removed=True)
            for table in ("blobs", "thumbnails", "unused_photos", "wanted_photos"):
                assert await node.with_ledger(count(table)) == 0
    for name in ("a", "b"):
        assert inside not in bytes_on_disk(tmp_path / name)
