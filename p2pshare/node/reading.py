"""Reads for peers and for people, on a thread and a connection of their own.

Turns what ``sync`` asks into reads of ``store.serving`` and back. Never writes.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from p2pshare.node.categories import bundled_categories
from p2pshare.node.own_lists import Words
from p2pshare.node.worker import Worker
from p2pshare.store import local
from p2pshare.store.blobs import (
    Thumbnail,
    is_held,
    is_named,
    is_open,
    read_blob,
    read_thumbnail,
    sealed_photos,
)
from p2pshare.store.database import Database
from p2pshare.store.feeds import circle_numbers, read_frontier
from p2pshare.store.queries import Queries
from p2pshare.store.serving import LogReader, ServedFeed
from p2pshare.sync import events as sync
from p2pshare.sync.blob_names import sealed_name
from p2pshare.sync.messages import ServedStatus, Stretch

Result = TypeVar("Result")

ReadEffect = sync.ReadStretches | sync.ReadHeldIds | sync.ReadEntries | sync.ReadBlob
ReadResult = sync.StretchesRead | sync.HeldIdsRead | sync.EntriesRead | sync.BlobRead


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """What is here of a photo; ``is_named``: it is shown in the circle, ``is_open``: to all."""

    is_named: bool
    is_open: bool
    is_held: bool
    data: bytes
    thumbnail: Thumbnail | None


class Reading:
    """The reading thread of a live node."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._words = Words(path.parent)
        self._worker = Worker("read")
        self._database: Database | None = None

    async def start(self) -> None:
        """Open the connection. Raises StoreError."""
        self._database = await self._worker.run(lambda: Database(self._path, read_only=True))

    async def stop(self) -> None:
        """Close the connection and end the thread."""
        database = self._database
        if database is not None:
            await self._worker.run(database.close)
            self._database = None
        await self._worker.close()

    async def query(self, work: Callable[[Queries], Result]) -> Result:
        """What ``work`` reads, all of one moment. Raises StoreError and what ``work`` raises."""

        def read() -> Result:
            with self._open().snapshot() as connection:
                return work(Queries(connection, bundled_categories(), self._words.vocabulary))

        return await self._worker.run(read, urgent=True)

    async def photo(self, circle: bytes, photo: bytes, *, with_data: bool) -> HeldPhoto:
        """What is here of a photo; ``data`` is empty unless it was asked for and is held.

        Raises StoreError.
        """

        def read() -> HeldPhoto:
            with self._open().snapshot() as connection:
                data = read_blob(connection, photo) if with_data else None
                return HeldPhoto(
                    is_named(connection, photo, circle),
                    is_open(connection, photo, circle),
                    data is not None or is_held(connection, photo),
                    data or b"",
                    read_thumbnail(connection, photo),
                )

        return await self._worker.run(read, urgent=True)

    async def circles(self, owed: Mapping[bytes, frozenset[bytes]]) -> list[sync.CircleOpened]:
        """The circles to sync, with their frontiers and what is ``owed`` in them."""

        def read() -> list[sync.CircleOpened]:
            with self._open().snapshot() as connection:
                return [
                    sync.CircleOpened(
                        one.circle,
                        one.secret,
                        read_frontier(connection, one.number),
                        owed.get(one.circle, frozenset()),
                    )
                    for one in local.read_circles(connection)
                ]

        return await self._worker.run(read)

    async def answer(self, effect: ReadEffect) -> tuple[ReadResult, dict[bytes, str]]:
        """The answer to a read of the engine, and the ids found damaged on the way, each with what
        is wrong with it in the words of ``store.repair``.

        Raises StoreError.
        """
        return await self._worker.run(lambda: self._answer(effect))

    def _answer(self, effect: ReadEffect) -> tuple[ReadResult, dict[bytes, str]]:
        with self._open().snapshot() as connection:
            reader = LogReader(connection, circle_numbers(connection)[effect.circle])
            match effect:
                case sync.ReadStretches():
                    return _read_stretches(reader, effect), reader.damaged
                case sync.ReadHeldIds(request, _, feed):
                    return sync.HeldIdsRead(request, reader.held_ids(feed)), reader.damaged
                case sync.ReadEntries(request, _, _, ids):
                    entries, missing = reader.read_entries(ids)
                    return sync.EntriesRead(request, entries, missing), reader.damaged
                case sync.ReadBlob(request, _, circle, blob, asking):
                    named = _blob_named(connection, circle, blob, asking)
                    data = None if named is None else read_blob(connection, named)
                    return sync.BlobRead(request, data), reader.damaged

    def _open(self) -> Database:
        if self._database is None:
            raise RuntimeError("the reading thread is not started")
        return self._database


def _blob_named(
    connection: sqlite3.Connection, circle: bytes, name: bytes, asking: bytes
) -> bytes | None:
    """The hash of the photo that a peer may have by this name; None if there is none."""
    if is_open(connection, name, circle):
        return name
    sealed = sealed_photos(connection, circle)
    return next((blob for blob in sealed if sealed_name(blob, asking) == name), None)


def _read_stretches(reader: LogReader, effect: sync.ReadStretches) -> sync.StretchesRead:
    reader.room = effect.bytes_aim
    stretches: list[Stretch] = []
    ended: list[sync.FeedRead] = []
    for wanted in effect.wants:
        if reader.room <= 0:
            break
        served = reader.read_feed(wanted.feed, wanted.held, every=wanted.every)
        stretches.extend(served.stretches)
        status = _status(served, every=wanted.every)
        if status is not None:
            ended.append(sync.FeedRead(wanted.feed, status, served.tips, served.unknown))
    return sync.StretchesRead(effect.request, tuple(stretches), tuple(ended))


def _status(served: ServedFeed, *, every: bool) -> ServedStatus | None:
    """How the reading of a feed ended; None if there is more of it to read."""
    if not served.held or served.broken:
        return ServedStatus.NOT_AVAILABLE
    if served.unknown and not every:
        return ServedStatus.UNKNOWN_TIPS
    return ServedStatus.COMPLETE if served.ended else None
