"""Photos of a live node: taken in, fetched when first shown, decoded and made small on one thread.

Joins the gate (``node.photos``), the ledger's blobs and sync. Decoding has a thread of its own, so
that it holds up neither the event loop nor the database; Pillow is imported there, when the first
photo is met. Whatever is shown has passed the gate, our own photos too. Used on the event loop.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from p2pshare.errors import PhotoRefused, StoreError, UnknownReference
from p2pshare.node.journal import Journal
from p2pshare.node.reading import Reading
from p2pshare.node.worker import Worker
from p2pshare.store.blobs import Thumbnail

if TYPE_CHECKING:
    from p2pshare.node.photos import Picture

TIDY_SECONDS: Final = 15 * 60.0
"""How often photos that nothing shows are looked for."""


class Gallery:
    """What the window does with photos."""

    def __init__(
        self,
        writer: Worker,
        reading: Reading,
        journal: Callable[[], Journal],
        want: Callable[[bytes, bytes, bool], None],
    ) -> None:
        """``want`` has peers asked for (circle, hash, whether that is sealed), once, however often
        it is called.
        """
        self._writer = writer
        self._reading = reading
        self._journal = journal
        self._want = want
        self._decoder = Worker("photos")
        self._making = asyncio.Lock()

    async def tidy(self) -> None:
        """Now and then delete what was added and never shown; runs until cancelled.

        What cannot be deleted now is deleted later, at the latest when the ledger is opened.
        """
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            journal = self._journal()
            with suppress(StoreError):
                await self._writer.run(journal.ledger.tidy_photos)

    async def stop(self) -> None:
        """End the thread, when what it decodes is done."""
        await self._decoder.close()

    async def add(self, photo: Path | bytes) -> bytes:
        """Keep a photo that a listing or a move is about to show; its hash.

        Raises PhotoRefused, OSError or StoreError.
        """
        cleaned = await self._decoder.run(lambda: _cleaned(photo))
        journal = self._journal()
        return await self._writer.run(lambda: journal.ledger.add_photo(cleaned), urgent=True)

    async def show(self, circle: bytes, photo: bytes, *, thumbnail: bool) -> "Picture | None":
        """The photo, decoded; None if it is not here yet and has now been asked for.

        Raises PhotoRefused with one line for what cannot be shown, UnknownReference for a photo
        that nothing in the circle shows, or StoreError.
        """
        held = await self._reading.photo(circle, photo, with_data=not thumbnail)
        if not held.is_held:
            if not held.is_named:
                raise UnknownReference("nothing here shows that photo")
            self._want(circle, photo, not held.is_open)
            return None
        if not thumbnail:
            data = held.data
            return await self._decoder.run(lambda: _picture(data))
        small = held.thumbnail or await self._thumbnail(circle, photo)
        if small is None:
            return None  # deleted in the meantime
        if small.refusal:
            raise PhotoRefused(small.refusal)
        return await self._decoder.run(lambda: _picture(small.data))

    async def _thumbnail(self, circle: bytes, photo: bytes) -> Thumbnail | None:
        """Make the thumbnail, unless another call has made it meanwhile."""
        async with self._making:
            held = await self._reading.photo(circle, photo, with_data=True)
            if held.thumbnail is not None or not held.is_held:
                return held.thumbnail
            made = await self._decoder.run(lambda: _made_small(held.data))
            journal = self._journal()
            await self._writer.run(lambda: journal.keep_thumbnail(photo, made))
            return made


def _cleaned(photo: Path | bytes) -> bytes:
    from p2pshare.node.photos import clean_photo, read_photo_file

    return clean_photo(photo if isinstance(photo, bytes) else read_photo_file(photo))


def _picture(data: bytes) -> "Picture":
    from p2pshare.node.photos import picture_of

    return picture_of(data)


def _made_small(data: bytes) -> Thumbnail:
    from p2pshare.node.photos import thumbnail_of

    try:
        return Thumbnail(thumbnail_of(data), "")
    except PhotoRefused as refused:
        return Thumbnail(b"", str(refused))
