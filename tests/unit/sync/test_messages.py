"""Shapes and bounds of messages: what is sent is read back, and strange bytes never surprise."""

import contextlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sim.authors import Author

from p2pshare.errors import SyncError
from p2pshare.limits import (
    BLOB_BYTES_MAX,
    BODY_BYTES_MAX,
    CIRCLE_TAGS_MAX,
    HEADER_BYTES_MAX,
    HEADS_PER_MESSAGE_MAX,
    INTEGER_MAX,
    MESSAGE_BYTES_MAX,
    RANGES_PER_MESSAGE_MAX,
    STRETCH_ENTRIES_MAX,
    STRETCHES_BYTES_AIM,
    STRETCHES_PER_MESSAGE_MAX,
    TIPS_PER_MESSAGE_MAX,
    WANTED_ENTRIES_PER_MESSAGE_MAX,
    WANTED_FEEDS_PER_MESSAGE_MAX,
    WANTED_IDS_PER_MESSAGE_MAX,
)
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.sync.messages import (
    TAG_MAX,
    BlobFound,
    BlobWanted,
    Circles,
    EntriesFound,
    EntriesWanted,
    Head,
    Heads,
    HeadsKind,
    Message,
    Range,
    Ranges,
    Served,
    ServedFeed,
    ServedStatus,
    Stretches,
    Want,
    Wanted,
    decode_message,
    encode_message,
    pack_entries,
    pack_stretches,
)

ID = b"\x11" * 32
ENTRY = SignedEntry(b"h" * 200, b"s" * 64, b"body")
RANGE = Range("0f", 3, ID)

EXAMPLES: list[Message] = [
    Circles(bytes(16), (b"t" * 16,) * 16),
    Ranges(ID, (RANGE,), (RANGE,)),
    Heads(ID, HeadsKind.LISTING, "abc", (Head(ID, ((1, ID), (2, ID))), Head(ID, ()))),
    Want(ID, (Wanted(ID, (ID, ID), True), Wanted(ID, (), False))),
    Stretches(ID, ((ENTRY, ENTRY), (SignedEntry(b"h", b"s" * 64, None),))),
    Served(ID, (ServedFeed(ID, ServedStatus.UNKNOWN_TIPS),)),
    EntriesWanted(ID, (ID,)),
    EntriesFound(ID, (ENTRY,), (ID,)),
    BlobWanted(ID, ID),
    BlobFound(ID, ID, b"jpeg"),
    BlobFound(ID, ID, None),
]


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda one: type(one).__name__)
def test_what_is_sent_is_read_back(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


def test_every_tag_has_an_example() -> None:
    tags = {msgspec.msgpack.decode(encode_message(one))[0] for one in EXAMPLES}
    assert tags == set(range(1, TAG_MAX + 1))


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda one: type(one).__name__)
def test_a_field_added_at_the_end_is_ignored(message: Message) -> None:
    data = msgspec.msgpack.decode(encode_message(message))
    assert decode_message(msgspec.msgpack.encode([*data, {"later": [1]}])) == message


@pytest.mark.parametrize("tag", [0, TAG_MAX + 1, 127, 200, 2**16, 2**40])
def test_a_tag_of_the_future_is_ignored(tag: int) -> None:
    assert decode_message(msgspec.msgpack.encode([tag, "anything"])) is None
    assert decode_message(msgspec.msgpack.encode([tag] + [0] * 20)) is None
    assert decode_message(msgspec.msgpack.encode([tag] + [0] * 70_000)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x91",
        b"\x90",
        b"\xc0",
        b"\x91\xc0",
        b"\x91\xff",
        b"\x91\xcd\x01",
        b"\xdc\x00",
        b"\x81\x01\x02",
        b"\x91\x02",
        msgspec.msgpack.encode(["Ranges"]),
        encode_message(EXAMPLES[1])[:-1],
        encode_message(EXAMPLES[1]) + b"\x00",
    ],
)
def test_malformed_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SyncError):
        decode_message(data)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_sync_error(data: bytes) -> None:
    with contextlib.suppress(SyncError):
        decode_message(data)


@given(st.sampled_from(EXAMPLES), st.data())
def test_damaged_messages_raise_nothing_but_sync_error(
    message: Message, data: st.DataObject
) -> None:
    raw = bytearray(encode_message(message))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SyncError):
        decode_message(bytes(raw))


@given(
    st.integers(1, TAG_MAX),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.binary(max_size=40)
        | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
        ),
        max_leaves=12,
    ),
)
def test_any_values_under_a_known_tag_raise_nothing_but_sync_error(tag: int, value: object) -> None:
    items = value if isinstance(value, list) else [value]
    with contextlib.suppress(SyncError):
        decode_message(msgspec.msgpack.encode([tag, *items]))


def test_deep_nesting_is_refused_or_ignored_without_a_crash() -> None:
    deep = b"\x91" * 100_000 + b"\xc0"
    for tag in (2, 99):
        data = bytes([0x9F, tag]) + deep
        try:
            assert decode_message(data) is None
        except SyncError:
            assert tag == 2


def ids(count: int) -> tuple[bytes, ...]:
    return tuple(number.to_bytes(32, "big") for number in range(count))


BOUNDS: list[tuple[str, int, Callable[[int], Message]]] = [
    ("tags", CIRCLE_TAGS_MAX, lambda n: Circles(bytes(16), (bytes(16),) * n)),
    ("ranges", RANGES_PER_MESSAGE_MAX, lambda n: Ranges(ID, (RANGE,) * n, ())),
    ("same", RANGES_PER_MESSAGE_MAX, lambda n: Ranges(ID, (), (RANGE,) * n)),
    ("prefix", 64, lambda n: Ranges(ID, (Range("a" * n, 0, ID),), ())),
    ("count", INTEGER_MAX, lambda n: Ranges(ID, (Range("", n, ID),), ())),
    (
        "heads",
        HEADS_PER_MESSAGE_MAX,
        lambda n: Heads(ID, HeadsKind.NOTICE, "", (Head(ID, ()),) * n),
    ),
    (
        "tips",
        TIPS_PER_MESSAGE_MAX,
        lambda n: Heads(ID, HeadsKind.NOTICE, "", (Head(ID, tuple(enumerate(ids(n)))),)),
    ),
    (
        "tips of several heads",
        TIPS_PER_MESSAGE_MAX,
        lambda n: Heads(
            ID,
            HeadsKind.NOTICE,
            "",
            (Head(ID, tuple(enumerate(ids(n - 1)))), Head(ID, ((0, ID),))),
        ),
    ),
    (
        "feeds wanted",
        WANTED_FEEDS_PER_MESSAGE_MAX,
        lambda n: Want(ID, (Wanted(ID, (), False),) * n),
    ),
    (
        "ids held",
        WANTED_IDS_PER_MESSAGE_MAX,
        lambda n: Want(ID, (Wanted(ID, ids(n - 1), True), Wanted(ID, (ID,), True))),
    ),
    ("stretch", STRETCH_ENTRIES_MAX, lambda n: Stretches(ID, ((ENTRY,) * n,))),
    ("stretches", STRETCHES_PER_MESSAGE_MAX, lambda n: Stretches(ID, ((ENTRY,),) * n)),
    (
        "header",
        HEADER_BYTES_MAX,
        lambda n: Stretches(ID, ((SignedEntry(bytes(n), bytes(64), None),),)),
    ),
    (
        "body",
        BODY_BYTES_MAX,
        lambda n: Stretches(ID, ((SignedEntry(b"h", bytes(64), bytes(n)),),)),
    ),
    (
        "signature",
        64,
        lambda n: EntriesFound(ID, (SignedEntry(b"h", bytes(n), None),), ()),
    ),
    (
        "feeds served",
        WANTED_FEEDS_PER_MESSAGE_MAX,
        lambda n: Served(ID, (ServedFeed(ID, ServedStatus.COMPLETE),) * n),
    ),
    ("entries wanted", WANTED_ENTRIES_PER_MESSAGE_MAX, lambda n: EntriesWanted(ID, (ID,) * n)),
    ("entries found", WANTED_ENTRIES_PER_MESSAGE_MAX, lambda n: EntriesFound(ID, (ENTRY,) * n, ())),
    ("missing", WANTED_ENTRIES_PER_MESSAGE_MAX, lambda n: EntriesFound(ID, (), (ID,) * n)),
    ("blob", BLOB_BYTES_MAX, lambda n: BlobFound(ID, ID, bytes(n))),
]


@pytest.mark.parametrize(
    ("limit", "make"), [(b[1], b[2]) for b in BOUNDS], ids=[b[0] for b in BOUNDS]
)
def test_both_sides_of_each_bound(limit: int, make: Callable[[int], Message]) -> None:
    assert decode_message(encode_message(make(limit))) == make(limit)
    with pytest.raises(SyncError):
        decode_message(encode_message(make(limit + 1)))


@pytest.mark.parametrize(
    "message",
    [
        Ranges(ID[:-1], (), ()),
        Ranges(ID, (Range("0g", 0, ID),), ()),
        Ranges(ID, (Range("0\n", 0, ID),), ()),
        Ranges(ID, (Range("AB", 0, ID),), ()),
        Ranges(ID, (Range("", -1, ID),), ()),
        Ranges(ID, (Range("", 0, ID + b"x"),), ()),
        Heads(ID, HeadsKind.NOTICE, "", (Head(ID, ((2, ID), (1, ID))),)),
        Heads(ID, HeadsKind.NOTICE, "", (Head(ID, ((1, ID), (1, ID))),)),
        Stretches(ID, ((),)),
        EntriesWanted(ID, ()),
        Circles(bytes(15), ()),
        Circles(bytes(16), (bytes(32),)),
        Want(ID, (Wanted(ID, (b"short",), False),)),
    ],
)
def test_what_is_out_of_shape_is_refused(message: Message) -> None:
    with pytest.raises(SyncError):
        decode_message(encode_message(message))


def test_a_message_is_at_most_a_mebibyte() -> None:
    entry = SignedEntry(bytes(640), bytes(64), bytes(BODY_BYTES_MAX))
    assert len(encode_message(Stretches(ID, ((entry,) * 60,)))) <= MESSAGE_BYTES_MAX
    with pytest.raises(SyncError, match="too large to send"):
        encode_message(Stretches(ID, ((entry,) * 62,)))
    future = msgspec.msgpack.encode([99, bytes(MESSAGE_BYTES_MAX - 7)])
    assert len(future) == MESSAGE_BYTES_MAX
    assert decode_message(future) is None
    with pytest.raises(SyncError, match="larger"):
        decode_message(future + b"\x00")


def test_stretches_are_packed_in_messages_of_about_the_aim(author: Author) -> None:
    chain = author.chain(300)
    stretches = [chain[at : at + 20] for at in range(0, 300, 20)] * 12
    packed = pack_stretches(OPEN_CIRCLE, stretches)
    assert len(packed) > 2
    assert all(len(data) <= STRETCHES_BYTES_AIM for data in packed)
    assert all(len(data) > STRETCHES_BYTES_AIM // 2 for data in packed[:-1])
    received = [
        stretch
        for data in packed
        for stretch in decode_message(data).stretches  # type: ignore[union-attr]
    ]
    assert received == stretches


def test_a_stretch_too_large_with_its_bodies_sends_the_largest_as_nil(author: Author) -> None:
    opening, *rest = author.chain(100)
    large = [SignedEntry(one.header, one.signature, bytes(BODY_BYTES_MAX)) for one in rest]
    large[7] = rest[7]
    (data,) = pack_stretches(OPEN_CIRCLE, [(opening, *large)])
    assert len(data) <= MESSAGE_BYTES_MAX
    message = decode_message(data)
    assert isinstance(message, Stretches)
    (sent,) = message.stretches
    assert sent[0] == opening, "a feed.open never goes without its body"
    assert sent[8] == rest[7]
    assert [one.header for one in sent] == [one.header for one in (opening, *rest)]
    bodies = sum(one.body is not None for one in sent)
    assert 50 < bodies < 70, "no more are left out than need be"


def test_entries_found_are_packed_and_the_last_message_names_the_missing() -> None:
    entry = SignedEntry(bytes(300), bytes(64), bytes(BODY_BYTES_MAX))
    packed = [decode_message(data) for data in pack_entries(ID, [entry] * 40, [ID])]
    assert all(isinstance(one, EntriesFound) for one in packed)
    assert sum(len(one.entries) for one in packed if isinstance(one, EntriesFound)) == 40
    assert [one.missing for one in packed if isinstance(one, EntriesFound)] == [(), (), (ID,)]
    assert len(pack_entries(ID, [], [ID])) == 1
