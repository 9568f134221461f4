"""Live nodes when something is lost, damaged, too much or copied: what they do about it."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.nodes_kit import (
    dial,
    equal,
    event_of,
    folded,
    has_listing,
    linked,
    node_of,
    offer,
    owed_count,
    person,
    refused,
    sees,
    titles,
    until,
)

from p2pshare.domain.commands import AddListing, AddPerson, Command, Forget
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import QuotaExceeded, StoreTooNew
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.net.transport import Endpoint
from p2pshare.node.events import WritingStopped
from p2pshare.node.facade import Node
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.append import Quota
from p2pshare.store.audit import AuditReport, audit
from p2pshare.store.database import SCHEMA_VERSION
from p2pshare.store.local import current_feed, own_feeds

ExpectLog = Callable[..., None]


def spoil(folder: Path, *statements: str) -> None:
    """Change rows behind everybody's back."""
    connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
    try:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    finally:
        connection.close()


def flip(folder: Path, column: str) -> None:
    """Change one byte of the listing's header, signature or body."""
    table, key = ("bodies", "entry") if column == "body" else ("entries", "number")
    connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
    query = "SELECT number FROM entries WHERE kind = 'listing.put'"
    (number,) = connection.execute(query).fetchone()
    (value,) = connection.execute(f"SELECT {column} FROM {table} WHERE {key} = {number}").fetchone()
    changed = value[:40] + bytes([value[40] ^ 1]) + value[41:]
    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = {number}", (changed,))
    connection.close()


async def test_after_a_restart_a_remembered_address_is_dialled(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        async with node_of(tmp_path / "b", a) as b:
            await linked(a, b)

            async def is_remembered() -> bool:
                return await b.with_ledger(
                    lambda ledger: bool(local.remembered_addresses(ledger.database.connection))
                )

            await until(is_remembered, b)
        ada = await person(a, "Ada")
        drill = await offer(a, ada)
        async with node_of(tmp_path / "b") as again:  # told of nobody
            await has_listing(again, drill)
            await linked(a, again)


async def test_bodies_that_were_owed_are_fetched_over_the_link(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
        await offer(a, ada)
        async with node_of(tmp_path / "b", a) as b:
            await equal(a, b)
        spoil(
            tmp_path / "b",
            "INSERT INTO owed (entry) SELECT number FROM entries WHERE kind = 'listing.put'",
            "DELETE FROM bodies WHERE entry IN (SELECT entry FROM owed)",
        )
        b = node_of(tmp_path / "b", a)
        stream = b.events()
        async with b:
            await event_of(stream, "entries-repaired", entries=1)
            assert await b.with_ledger(owed_count) == 0
            assert await a.query(folded) == await b.query(folded)


@pytest.mark.parametrize("column", ["signature", "header", "body"])
async def test_damage_that_the_audit_finds_is_repaired_over_the_link(
    tmp_path: Path, column: str
) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person(a, "Ada")
        await offer(a, ada)
        await equal(a, b)
        good = await b.query(folded)
        flip(tmp_path / "b", column)
        stream = b.events()
        report = await b.with_ledger(audit_of)
        assert not report.ok
        await event_of(stream, "entries-repaired", entries=1)
        assert (await b.with_ledger(audit_of)).ok
        assert await b.query(folded) == good
        assert await b.with_ledger(owed_count) == 0


async def test_the_signature_of_what_was_forgotten_is_repaired_too(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        ada = await person(a, "Ada")
        drill = await offer(a, ada)
        await a.submit(Forget(person=ada, subject=drill))
        await equal(a, b)
        flip(tmp_path / "b", "signature")
        stream = b.events()
        assert not (await b.with_ledger(audit_of)).ok
        await event_of(stream, "entries-repaired", entries=1)
        assert (await b.with_ledger(audit_of)).ok


def audit_of(ledger: Ledger) -> AuditReport:
    return audit(ledger.folder / "ledger.db", ledger.reading_keys())


@pytest.mark.parametrize("column", ["signature", "header", "body"])
async def test_damage_that_a_neighbour_would_refuse_is_met_while_serving(
    tmp_path: Path, column: str, expect_log: ExpectLog
) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
        drill = await offer(a, ada)
        async with node_of(tmp_path / "b", a) as b:
            await equal(a, b)
    spoil(tmp_path / "b", "UPDATE entries SET signature_checked = 0")
    flip(tmp_path / "b", column)
    expect_log("1 entries are damaged", logger="p2pshare.node.effects")
    async with node_of(tmp_path / "b") as b:
        async with node_of(tmp_path / "c", b) as c:
            await until(lambda: b.with_ledger(lambda ledger: owed_count(ledger) > 0), b, c)
            assert await c.query(titles) == []
        stream = b.events()
        async with node_of(tmp_path / "a") as a:
            await dial(a, b)
            await event_of(stream, "entries-repaired", entries=1)
            await equal(a, b)
        async with node_of(tmp_path / "c", b) as c:
            await has_listing(c, drill)
            await equal(b, c)


async def test_who_is_over_quota_is_refused_here_and_there(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
        for number in range(6):
            await offer(a, ada, f"Drill {number}")
        async with node_of(tmp_path / "b", a, quota=Quota(entries=5)) as b:
            await sees(b, lambda queries: len(titles(queries)), 3)
            ben = await person(b, "Ben")  # two entries: the feed and the name
            for number in range(3):
                await offer(b, ben, f"Ladder {number}")
            command = AddListing(person=ben, exchange_type=ExchangeType.OFFER, title="One too many")
            assert "full" in await refused(b, command, QuotaExceeded)
            await sees(a, lambda queries: len(titles(queries)), 9)
            ledger_entries = await b.query(lambda queries: queries.circles()[0].entries)
            assert ledger_entries == 10


async def test_another_process_on_the_folder_is_published_live(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a, node_of(tmp_path / "b", a) as b:
        await linked(a, b)
        stream = a.events()
        other = await asyncio.to_thread(Ledger, tmp_path / "a")
        try:

            async def perform(command: Command) -> bytes:
                return (await asyncio.to_thread(other.perform, command))[0].subject

            ada = await perform(AddPerson(name="Ada"))
            drill = await perform(
                AddListing(person=ada, exchange_type=ExchangeType.OFFER, title="Drill")
            )
            await event_of(stream, "changed", about="listing", id=drill.hex())
            await has_listing(b, drill)
            await offer(a, ada, "Ladder")  # the same feed goes on, whoever writes
            await perform(Forget(person=ada, subject=drill))
            await event_of(stream, "changed", about="listing", id=drill.hex(), removed=True)
            await sees(b, titles, ["Ladder"])
            await equal(a, b)
            circles = await b.query(lambda queries: queries.circles())
            assert circles[0].feeds == 1
        finally:
            await asyncio.to_thread(other.close)


async def test_both_copies_of_a_folder_become_new_devices_and_go_on(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
        await offer(a, ada, "Before")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    async with node_of(tmp_path / "a") as a:
        device = a.device
        here = a.events()
        async with node_of(tmp_path / "copy", a) as copy:
            there = copy.events()
            await event_of(here, "device-copied")
            await event_of(there, "device-copied")
            assert len({device, a.device, copy.device}) == 3
            await offer(a, ada, "Here")
            await offer(copy, ada, "There")
            await dial(a, copy)
            await equal(a, copy)
            for node in (a, copy):
                assert await node.query(titles) == ["Before", "Here", "There"]
                assert (await node.query(lambda queries: queries.circles()))[0].feeds == 3
                current, own = await node.with_ledger(feeds_of(ada))
                assert current in own
                assert len(own) == 2
    async with node_of(tmp_path / "a") as a:  # and remember it
        assert a.device != device


def feeds_of(who: bytes) -> Callable[[Ledger], tuple[bytes | None, set[bytes]]]:
    def read(ledger: Ledger) -> tuple[bytes | None, set[bytes]]:
        connection = ledger.database.connection
        return current_feed(connection, OPEN_CIRCLE, who), own_feeds(connection)

    return read


async def test_a_copy_that_wrote_first_shows_its_entries_as_returned(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        ada = await person(a, "Ada")
    shutil.copytree(tmp_path / "a", tmp_path / "copy")
    async with node_of(tmp_path / "kiosk") as kiosk:
        async with node_of(tmp_path / "copy", kiosk) as copy:
            await offer(copy, ada, "Written elsewhere")
            await equal(copy, kiosk)
        a = node_of(tmp_path / "a", kiosk)
        stream = a.events()
        async with a:
            await event_of(stream, "entries-returned", person=ada.hex(), entries=1)
            await offer(a, ada, "Written here")
            await equal(a, kiosk)
            assert await kiosk.query(titles) == ["Written elsewhere", "Written here"]
            assert (await kiosk.query(lambda queries: queries.circles()))[0].feeds == 2


async def test_dialling_oneself_is_harmless(tmp_path: Path) -> None:
    async with node_of(tmp_path / "a") as a:
        device = a.device
        ada = await person(a, "Ada")
        stream = a.events()
        a.dial(Endpoint("127.0.0.1", a.port))
        down = await event_of(stream, "link-down", device=device.hex())
        assert "this is the same computer" in down.to_dict()["reason"]
        async with node_of(tmp_path / "b", a) as b:
            await has_listing(b, await offer(a, ada))
            assert (a.device, {peer for peer, _ in a.links()}) == (device, {b.device})


async def test_a_newer_schema_stops_the_writing_and_is_said(
    tmp_path: Path, expect_log: ExpectLog
) -> None:
    expect_log("left the network: .*newer p2pshare", logger="p2pshare.node.facade")
    async with node_of(tmp_path / "b") as b, node_of(tmp_path / "a", b) as a:
        ada = await person(a, "Ada")
        await offer(a, ada)
        await linked(a, b)
        stream = a.events()
        newer = sqlite3.connect(tmp_path / "a" / "ledger.db")
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        newer.close()
        told = await event_of(stream, "writing-stopped")
        assert isinstance(told, WritingStopped)
        assert "update" in told.reason
        assert a.links() == []
        command = AddListing(person=ada, exchange_type=ExchangeType.OFFER, title="Late")
        await refused(a, command, StoreTooNew)
        assert await a.query(titles) == ["Drill"]
    again: Node = node_of(tmp_path / "a")
    with pytest.raises(StoreTooNew):
        await again.start()
