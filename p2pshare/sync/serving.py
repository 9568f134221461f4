"""What one link has asked of us, in a bounded queue, one read at a time.

DESIGN section 7.3 and 7.5. A read is issued while at most UNSENT_MESSAGES_MAX of the messages that
earlier reads made are still with the transport: the next chunk is read while the last is sent, and
a slow link costs no memory. Small reads (entries, blobs) take turns with chunks of feeds.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from p2pshare.errors import SyncError
from p2pshare.limits import (
    READS_QUEUED_MAX,
    STRETCHES_BYTES_AIM,
    UNSENT_MESSAGES_MAX,
    WANTED_FEEDS_PER_MESSAGE_MAX,
    WANTED_IDS_QUEUED_MAX,
    WANTS_QUEUED_MAX,
)
from p2pshare.log.entry import decode_header, entry_id
from p2pshare.sync.events import (
    EntriesRead,
    FeedRead,
    ReadBlob,
    ReadEntries,
    ReadStretches,
    StretchesRead,
)
from p2pshare.sync.messages import (
    BlobFound,
    Served,
    ServedFeed,
    ServedStatus,
    Stretch,
    Wanted,
    encode_message,
    pack_entries,
    pack_stretches,
)

Read = ReadStretches | ReadEntries | ReadBlob


@dataclass(frozen=True, slots=True)
class SmallRead:
    """Entries or, if ``is_blob``, one blob that the peer asked for.

    ``is_remembered``: asked in vain before, and held now (``session``); that has its own bound.
    """

    circle: bytes
    ids: tuple[bytes, ...]
    is_blob: bool
    is_remembered: bool = False

    def counted(self) -> int:
        """How much of READS_QUEUED_MAX it takes."""
        return 0 if self.is_remembered else len(self.ids)


class ServeQueue:
    """The requests of the peer of ``link`` that are not answered yet."""

    def __init__(self, link: int, asking: bytes) -> None:
        """``asking``: with what the peer makes the names of sealed blobs (``blob_names``)."""
        self._link = link
        self._asking = asking
        self._wants: dict[bytes, dict[bytes, Wanted]] = {}
        self._small: deque[SmallRead] = deque()
        self._small_ids = 0
        self._active: Read | None = None
        self._small_is_next = True
        self._unsent = 0

    def add_wants(self, circle: bytes, wants: Iterable[Wanted]) -> None:
        """Queue feeds; a feed that waits already is asked from its new place. Raises SyncError."""
        waiting = self._wants.setdefault(circle, {})
        for wanted in wants:
            waiting[wanted.feed] = wanted
        feeds = ids = 0
        for queued in self._wants.values():
            feeds += len(queued)
            ids += sum(len(wanted.held) for wanted in queued.values())
        if feeds > WANTS_QUEUED_MAX or ids > WANTED_IDS_QUEUED_MAX:
            raise SyncError("too many feeds are wanted at once")

    def add_small(self, small: SmallRead) -> None:
        """Queue a read of entries or a blob. Raises SyncError for a flood of new questions."""
        self._small_ids += small.counted()
        if self._small_ids > READS_QUEUED_MAX:
            raise SyncError("too many entries or blobs are wanted at once")
        self._small.append(small)

    def forget_circle(self, circle: bytes) -> None:
        """Nothing of this circle is served any more."""
        self._wants.pop(circle, None)
        self._small = deque(small for small in self._small if small.circle != circle)
        self._small_ids = sum(small.counted() for small in self._small)

    def is_ready(self) -> bool:
        """Whether ``next_read`` has something to read now."""
        return (
            self._active is None
            and self._unsent < UNSENT_MESSAGES_MAX
            and bool(self._small or self._wants)
        )

    def next_read(self, request: int) -> Read | None:
        """The next read, under this request number."""
        if self._small and (self._small_is_next or not self._wants):
            self._small_is_next = False
            small = self._small.popleft()
            self._small_ids -= small.counted()
            if small.is_blob:
                blob = small.ids[0]
                self._active = ReadBlob(request, self._link, small.circle, blob, self._asking)
            else:
                self._active = ReadEntries(request, self._link, small.circle, small.ids)
            return self._active
        self._small_is_next = True
        for circle, queued in list(self._wants.items()):
            if not queued:
                del self._wants[circle]
                continue
            wants = tuple(queued.values())[:WANTED_FEEDS_PER_MESSAGE_MAX]
            self._wants[circle] = self._wants.pop(circle)  # circles take turns
            self._active = ReadStretches(request, self._link, circle, wants, STRETCHES_BYTES_AIM)
            return self._active
        return None

    def message_sent(self) -> None:
        """The transport took one of the messages made here."""
        self._unsent = max(0, self._unsent - 1)

    def stretches_read(self, read: ReadStretches, result: StretchesRead) -> list[bytes]:
        """The messages that answer a read of feeds; what is not at its end waits for its turn."""
        self._active = None
        queued = self._wants.get(read.circle, {})
        asked = {wanted.feed: wanted for wanted in read.wants}
        for stretch in result.stretches:
            self._advance(queued, asked, stretch)
        ended = result.ended
        if not ended and not result.stretches:  # no reader gets anywhere with these
            ended = tuple(FeedRead(feed, ServedStatus.NOT_AVAILABLE) for feed in asked)
        for one in ended:
            if one.feed in asked and queued.get(one.feed) is asked[one.feed]:
                del queued[one.feed]
        messages = pack_stretches(read.circle, result.stretches)
        if ended:
            served = tuple(ServedFeed(one.feed, one.status) for one in ended)
            messages.append(encode_message(Served(read.circle, served)))
        return self._counted(messages)

    def entries_read(self, read: ReadEntries, result: EntriesRead) -> list[bytes]:
        """The messages that answer a read of entries."""
        self._active = None
        return self._counted(pack_entries(read.circle, result.entries, result.missing))

    def blob_read(self, read: ReadBlob, data: bytes | None) -> list[bytes]:
        """The messages that answer a read of a blob."""
        self._active = None
        return self._counted([encode_message(BlobFound(read.circle, read.blob, data))])

    def _counted(self, messages: list[bytes]) -> list[bytes]:
        self._unsent += len(messages)
        return messages

    def _advance(
        self, queued: dict[bytes, Wanted], asked: dict[bytes, Wanted], stretch: Stretch
    ) -> None:
        """What was read counts as held there from now on, unless the feed was wanted anew."""
        first = decode_header(stretch[0].header)
        wanted = queued.get(first.feed)
        if wanted is None or wanted is not asked.get(first.feed):
            return
        held = tuple(identifier for identifier in wanted.held if identifier != first.previous)
        advanced = msgspec.structs.replace(wanted, held=(*held, entry_id(stretch[-1].header)))
        queued[first.feed] = asked[first.feed] = advanced
