"""What a link asked of us: one read at a time, chunk after chunk, only a little ahead."""

import pytest
from sim.authors import Author

from p2pshare.errors import SyncError
from p2pshare.limits import (
    READS_QUEUED_MAX,
    STRETCHES_BYTES_AIM,
    UNSENT_MESSAGES_MAX,
    WANTED_FEEDS_PER_MESSAGE_MAX,
    WANTED_IDS_QUEUED_MAX,
    WANTS_QUEUED_MAX,
)
from p2pshare.log.entry import entry_id
from p2pshare.sync.events import (
    BlobRead,
    EntriesRead,
    FeedRead,
    ReadBlob,
    ReadEntries,
    ReadStretches,
    StretchesRead,
)
from p2pshare.sync.messages import (
    BlobFound,
    EntriesFound,
    Served,
    ServedFeed,
    ServedStatus,
    Stretches,
    Wanted,
    decode_message,
)
from p2pshare.sync.serving import ServeQueue, SmallRead

CIRCLE = b"c" * 32
COMPLETE = ServedStatus.COMPLETE

ASKING = b"how the peer asks"


def wanted(number: int, held: int = 0) -> Wanted:
    return Wanted(number.to_bytes(32, "big"), (bytes(32),) * held, False)


def ids(count: int) -> tuple[bytes, ...]:
    return tuple(number.to_bytes(32, "big") for number in range(count))


@pytest.fixture
def queue() -> ServeQueue:
    return ServeQueue(7, ASKING)


def test_one_read_at_a_time_until_the_feed_is_at_its_end(queue: ServeQueue, author: Author) -> None:
    chain = author.chain(30)
    want = Wanted(author.feed, (), False)
    queue.add_wants(CIRCLE, [want])
    assert queue.is_ready()
    read = queue.next_read(1)
    assert read == ReadStretches(1, 7, CIRCLE, (want,), STRETCHES_BYTES_AIM)
    assert not queue.is_ready(), "one read at a time"
    (data,) = queue.stretches_read(read, StretchesRead(1, (chain[:10],), ()))
    assert decode_message(data) == Stretches(CIRCLE, (chain[:10],))
    assert queue.is_ready(), "the next chunk is read while this one is sent"
    read = queue.next_read(2)
    held = (entry_id(chain[9].header),)
    assert isinstance(read, ReadStretches)
    assert read.wants == (Wanted(author.feed, held, False),)
    ended = FeedRead(author.feed, COMPLETE)
    messages = queue.stretches_read(read, StretchesRead(2, (chain[10:],), (ended,)))
    assert decode_message(messages[-1]) == Served(CIRCLE, (ServedFeed(author.feed, COMPLETE),))
    assert not queue.is_ready(), "what was read is not sent yet"
    for _ in range(3):
        queue.message_sent()
    assert queue.next_read(3) is None


def test_nothing_is_read_while_the_transport_is_full(queue: ServeQueue, author: Author) -> None:
    chain = author.chain(10)
    queue.add_wants(CIRCLE, [Wanted(author.feed, (), False)])
    for number in range(UNSENT_MESSAGES_MAX):
        assert queue.is_ready()
        read = queue.next_read(number)
        assert isinstance(read, ReadStretches)
        queue.stretches_read(read, StretchesRead(number, (chain[number : number + 1],), ()))
    assert not queue.is_ready()
    queue.message_sent()
    assert queue.is_ready()


def test_small_reads_take_turns_with_feeds(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(1)])
    queue.add_small(SmallRead(CIRCLE, ids(2), is_blob=False))
    queue.add_small(SmallRead(CIRCLE, ids(1), is_blob=True))
    read = queue.next_read(1)
    assert read == ReadEntries(1, 7, CIRCLE, ids(2))
    (data,) = queue.entries_read(read, EntriesRead(1, (), ids(2)))
    assert decode_message(data) == EntriesFound(CIRCLE, (), ids(2))
    queue.message_sent()
    read = queue.next_read(2)
    assert isinstance(read, ReadStretches)
    queue.stretches_read(read, StretchesRead(2, (), (FeedRead(wanted(1).feed, COMPLETE),)))
    queue.message_sent()
    read = queue.next_read(3)
    assert read == ReadBlob(3, 7, CIRCLE, ids(1)[0], ASKING)
    (data,) = queue.blob_read(read, BlobRead(3, b"jpeg").data)
    assert decode_message(data) == BlobFound(CIRCLE, ids(1)[0], b"jpeg")


def test_a_read_that_gets_nowhere_ends(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(1), wanted(2)])
    read = queue.next_read(1)
    assert isinstance(read, ReadStretches)
    (data,) = queue.stretches_read(read, StretchesRead(1, (), ()))
    served = decode_message(data)
    assert isinstance(served, Served)
    assert {one.status for one in served.feeds} == {ServedStatus.NOT_AVAILABLE}
    queue.message_sent()
    assert queue.next_read(2) is None


def test_a_feed_wanted_anew_while_it_is_read_is_read_from_its_new_place(
    queue: ServeQueue, author: Author
) -> None:
    chain = author.chain(3)
    queue.add_wants(CIRCLE, [Wanted(author.feed, (), False)])
    read = queue.next_read(1)
    assert isinstance(read, ReadStretches)
    anew = Wanted(author.feed, (b"i" * 32,), True)
    queue.add_wants(CIRCLE, [anew])
    queue.stretches_read(read, StretchesRead(1, (chain,), (FeedRead(author.feed, COMPLETE),)))
    queue.message_sent()
    read = queue.next_read(2)
    assert isinstance(read, ReadStretches)
    assert read.wants == (anew,)


def test_a_read_names_at_most_as_many_feeds_as_a_message(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(n) for n in range(WANTED_FEEDS_PER_MESSAGE_MAX + 1)])
    read = queue.next_read(1)
    assert isinstance(read, ReadStretches)
    assert len(read.wants) == WANTED_FEEDS_PER_MESSAGE_MAX


def test_a_flood_of_wants_is_a_breach(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(n) for n in range(WANTS_QUEUED_MAX)])
    queue.add_wants(CIRCLE, [wanted(0)])
    with pytest.raises(SyncError, match="too many feeds"):
        queue.add_wants(CIRCLE, [wanted(WANTS_QUEUED_MAX)])


def test_a_flood_of_ids_is_a_breach(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(1, held=WANTED_IDS_QUEUED_MAX)])
    with pytest.raises(SyncError, match="too many feeds"):
        queue.add_wants(CIRCLE, [wanted(2, held=1)])


def test_a_flood_of_small_reads_is_a_breach_but_what_is_remembered_is_not(
    queue: ServeQueue,
) -> None:
    for number in range(READS_QUEUED_MAX):
        queue.add_small(SmallRead(CIRCLE, ids(1), is_blob=bool(number % 2)))
    for _ in range(10):
        queue.add_small(SmallRead(CIRCLE, ids(1), is_blob=False, is_remembered=True))
    with pytest.raises(SyncError, match="too many entries"):
        queue.add_small(SmallRead(CIRCLE, ids(1), is_blob=False))


def test_a_circle_that_was_left_is_not_served(queue: ServeQueue) -> None:
    queue.add_wants(CIRCLE, [wanted(1)])
    queue.add_small(SmallRead(CIRCLE, ids(1), is_blob=False))
    queue.forget_circle(CIRCLE)
    assert not queue.is_ready()


def test_what_is_read_of_a_forked_feed_leaves_the_other_held_ids(
    queue: ServeQueue, author: Author
) -> None:
    chain = author.chain(4)
    first, other = entry_id(chain[0].header), b"o" * 32
    queue.add_wants(CIRCLE, [Wanted(author.feed, (first, other), True)])
    read = queue.next_read(1)
    assert isinstance(read, ReadStretches)
    queue.stretches_read(read, StretchesRead(1, (chain[1:3],), ()))
    read = queue.next_read(2)
    assert isinstance(read, ReadStretches)
    assert read.wants == (Wanted(author.feed, (other, entry_id(chain[2].header)), True),)
