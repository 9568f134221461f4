"""log.entry: one canonical encoding, both sides of every limit, and nothing else gets in."""

import struct
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import EncodingError, TooLarge
from p2pshare.limits import (
    AFTER_ENTRIES_MAX,
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    INTEGER_MAX,
    KIND_CHARACTERS_MAX,
)
from p2pshare.log.entry import (
    SEALED_KINDS,
    ZERO_ID,
    Header,
    decode_header,
    encode_header,
    entry_id,
    sign_entry,
    signature_verifies,
    subject_of,
)
from p2pshare.log.keys import SigningKey

FIELDS = Header.__struct_fields__
PLAIN = Header(
    version=1,
    circle=b"c" * 32,
    feed=b"f" * 32,
    seq=5,
    previous=b"p" * 32,
    time_ms=1_760_000_000_000,
    subject=b"s" * 16,
    kind="listing.put",
    after=(b"a" * 32, b"b" * 32),
    sealed=False,
    body_hash=b"h" * 32,
    body_size=100,
)


def with_fields(**changed: Any) -> Header:
    return msgspec.structs.replace(PLAIN, **changed)


def raw_header(array: bytes = b"\x9c", tail: bytes = b"", **raw_fields: bytes) -> bytes:
    """The bytes of PLAIN with some fields written as these raw bytes."""
    parts = [raw_fields.get(name, msgspec.msgpack.encode(getattr(PLAIN, name))) for name in FIELDS]
    return array + b"".join(parts) + tail


ids = st.binary(min_size=32, max_size=32)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    seq = draw(st.integers(0, INTEGER_MAX))
    sealed = draw(st.booleans())
    kind = "k" + draw(st.text("abz09.-", max_size=KIND_CHARACTERS_MAX - 1))
    return Header(
        version=1,
        circle=draw(ids),
        feed=draw(ids),
        seq=seq,
        previous=ZERO_ID if seq == 0 else draw(ids.filter(lambda one: one != ZERO_ID)),
        time_ms=draw(st.integers(0, INTEGER_MAX)),
        subject=draw(st.just(b"") | st.binary(min_size=16, max_size=16)),
        kind=draw(st.sampled_from(SEALED_KINDS)) if sealed else kind,
        after=tuple(sorted(draw(st.sets(ids, max_size=AFTER_ENTRIES_MAX)))),
        sealed=sealed,
        body_hash=draw(ids),
        body_size=draw(st.integers(0, BODY_BYTES_MAX)),
    )


@given(headers())
def test_round_trip(header: Header) -> None:
    data = encode_header(header)
    assert decode_header(data) == header
    assert encode_header(decode_header(data)) == data


def test_the_raw_writer_of_these_tests_writes_the_canonical_header() -> None:
    assert raw_header() == encode_header(PLAIN)
    assert decode_header(raw_header()) == PLAIN


@given(st.binary(max_size=HEADER_BYTES_MAX + 10))
def test_arbitrary_bytes_only_raise_encoding_errors(data: bytes) -> None:
    with pytest.raises((EncodingError, TooLarge)):
        decode_header(data)


@given(
    st.sampled_from(["change", "insert", "remove", "cut", "double"]),
    st.integers(0, 1_000),
    st.integers(0, 255),
)
def test_mutated_bytes_are_refused_or_are_another_canonical_header(
    mutate: Callable[[bytes, str, int, int], bytes], how: str, where: int, value: int
) -> None:
    mutated = mutate(raw_header(), how, where, value)
    try:
        header = decode_header(mutated)
    except (EncodingError, TooLarge):
        return
    assert encode_header(header) == mutated


STR_32 = b"\xd9\x20" + b"c" * 32

NOT_CANONICAL = {
    "array16": raw_header(array=b"\xdc\x00\x0c"),
    "array32": raw_header(array=b"\xdd\x00\x00\x00\x0c"),
    "an element too many": raw_header(array=b"\x9d", tail=b"\xc0"),
    "an element too few": b"\x9b" + raw_header()[1:-1],
    "a map": b"\x8c" + raw_header()[1:],
    "a byte behind": raw_header(tail=b"\xc0"),
    "nothing": b"",
    "version as uint8": raw_header(version=b"\xcc\x01"),
    "version as int8": raw_header(version=b"\xd0\x01"),
    "seq as uint16": raw_header(seq=b"\xcd\x00\x05"),
    "seq as uint32": raw_header(seq=b"\xce\x00\x00\x00\x05"),
    "seq as uint64": raw_header(seq=b"\xcf" + (5).to_bytes(8, "big")),
    "seq as int64": raw_header(seq=b"\xd3" + (5).to_bytes(8, "big")),
    "time as int64": raw_header(time_ms=b"\xd3" + PLAIN.time_ms.to_bytes(8, "big")),
    "body size as uint16": raw_header(body_size=b"\xcd\x00\x64"),
    "circle as str": raw_header(circle=STR_32),
    "feed as str": raw_header(feed=STR_32),
    "previous as str": raw_header(previous=STR_32),
    "subject as str": raw_header(subject=b"\xb0" + b"s" * 16),
    "empty subject as str": raw_header(subject=b"\xa0"),
    "empty subject as nil": raw_header(subject=b"\xc0"),
    "after as str": raw_header(after=b"\x91" + STR_32),
    "body hash as str": raw_header(body_hash=STR_32),
    "circle as bin16": raw_header(circle=b"\xc5\x00\x20" + b"c" * 32),
    "circle as bin32": raw_header(circle=b"\xc6\x00\x00\x00\x20" + b"c" * 32),
    "circle as ext": raw_header(circle=b"\xc7\x20\x01" + b"c" * 32),
    "kind as bin": raw_header(kind=b"\xc4\x01a"),
    "kind as str8": raw_header(kind=b"\xd9\x01a"),
    "kind as str32": raw_header(kind=b"\xdb\x00\x00\x00\x01a"),
    "kind not UTF-8": raw_header(kind=b"\xa1\xff"),
    "after as array16": raw_header(after=b"\xdc\x00\x00"),
    "after as nil": raw_header(after=b"\xc0"),
    "after nested": raw_header(after=b"\x91\x91\xc4\x20" + b"a" * 32),
    "seq nested": raw_header(seq=b"\x91\x05"),
    "seq as float64": raw_header(seq=b"\xcb" + struct.pack(">d", 5.0)),
    "seq as float32": raw_header(seq=b"\xca" + struct.pack(">f", 5.0)),
    "time as float64": raw_header(time_ms=b"\xcb" + struct.pack(">d", PLAIN.time_ms)),
    "version as bool": raw_header(version=b"\xc3"),
    "seq as bool": raw_header(seq=b"\xc3"),
    "body size as bool": raw_header(body_size=b"\xc3"),
    "sealed as int": raw_header(sealed=b"\x00"),
    "sealed as nil": raw_header(sealed=b"\xc0"),
    "seq as text": raw_header(seq=b"\xa15"),
    "seq as nil": raw_header(seq=b"\xc0"),
    "version negative": raw_header(version=b"\xff"),
    "seq negative": raw_header(seq=b"\xff"),
    "time negative": raw_header(time_ms=b"\xff"),
    "body size negative": raw_header(body_size=b"\xff"),
    "seq above 2^53": raw_header(seq=b"\xcf" + (2**53 + 1).to_bytes(8, "big")),
    "time above 2^53": raw_header(time_ms=b"\xcf" + (2**53 + 1).to_bytes(8, "big")),
    "seq of 2^64 - 1": raw_header(seq=b"\xcf" + b"\xff" * 8),
    "version 0": raw_header(version=b"\x00"),
    "version 2": raw_header(version=b"\x02"),
    "the byte that is never used": raw_header(seq=b"\xc1"),
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_what_is_not_the_canonical_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(EncodingError):
        decode_header(data)


def test_a_nest_is_refused_alike_at_any_depth_of_the_stack() -> None:
    """msgspec skips a 13th element by recursion and counts the caller's frames."""
    nest = raw_header(array=b"\x9d", tail=b"\x91" * 300 + b"\xc0")

    def decode_below(frames: int) -> None:
        if frames:
            decode_below(frames - 1)
        else:
            decode_header(nest)

    frame, used = sys._getframe(), 0
    while (below := frame.f_back) is not None:
        frame, used = below, used + 1
    for frames in (0, sys.getrecursionlimit() - used - 100):
        with pytest.raises(EncodingError):
            decode_below(frames)


def refused_by_both(error: type[Exception], **changed: Any) -> None:
    """Neither written nor read."""
    header = with_fields(**changed)
    with pytest.raises(error):
        encode_header(header)
    with pytest.raises(error):
        decode_header(msgspec.msgpack.encode(header))


def accepted_by_both(**changed: Any) -> None:
    header = with_fields(**changed)
    assert decode_header(encode_header(header)) == header


@pytest.mark.parametrize("name", ["seq", "time_ms"])
def test_integers_up_to_2_to_the_53(name: str) -> None:
    accepted_by_both(**{name: 2**53})
    refused_by_both(EncodingError, **{name: 2**53 + 1})
    refused_by_both(EncodingError, **{name: -1})
    accepted_by_both(time_ms=0)
    with pytest.raises(EncodingError):
        encode_header(with_fields(**{name: 2**64}))


def test_body_size_up_to_its_limit() -> None:
    accepted_by_both(body_size=0)
    accepted_by_both(body_size=BODY_BYTES_MAX)
    refused_by_both(TooLarge, body_size=BODY_BYTES_MAX + 1)


def test_after_up_to_four_ascending_ids() -> None:
    ascending = tuple(bytes([number]) * 32 for number in range(AFTER_ENTRIES_MAX + 1))
    accepted_by_both(after=())
    accepted_by_both(after=ascending[:AFTER_ENTRIES_MAX])
    refused_by_both(TooLarge, after=ascending)
    refused_by_both(EncodingError, after=(b"b" * 32, b"a" * 32))
    refused_by_both(EncodingError, after=(b"a" * 32, b"a" * 32))
    refused_by_both(EncodingError, after=(b"a" * 31,))
    refused_by_both(EncodingError, after=(b"a" * 33,))


@pytest.mark.parametrize("kind", ["a", "loan.hand-over", "a1.b2-", "k" * KIND_CHARACTERS_MAX])
def test_kinds_that_are_short_dotted_names(kind: str) -> None:
    accepted_by_both(kind=kind)


@pytest.mark.parametrize(
    "kind",
    ["", "A", "1a", ".a", "-a", "a b", "a_b", "a\n", "é", "aé", "a\0", "k" * 33, "k" * 400],
)
def test_kinds_that_are_refused(kind: str) -> None:
    assert KIND_CHARACTERS_MAX == 32
    with pytest.raises(EncodingError):
        encode_header(with_fields(kind=kind))
    with pytest.raises(EncodingError):
        decode_header(msgspec.msgpack.encode(with_fields(kind=kind)))


@pytest.mark.parametrize("name", ["circle", "feed", "previous", "body_hash"])
@pytest.mark.parametrize("length", [0, 31, 33])
def test_ids_of_another_length_are_refused(name: str, length: int) -> None:
    refused_by_both(EncodingError, **{name: b"x" * length})


@pytest.mark.parametrize("length", [1, 15, 17, 32])
def test_a_subject_has_16_bytes_or_none(length: int) -> None:
    accepted_by_both(subject=b"")
    refused_by_both(EncodingError, subject=b"x" * length)


def test_sealed_and_its_kind_go_together() -> None:
    accepted_by_both(kind="sealed", sealed=True)
    refused_by_both(EncodingError, kind="sealed", sealed=False)
    refused_by_both(EncodingError, kind="loan.request", sealed=True)
    accepted_by_both(kind="sealed.own", sealed=True)
    refused_by_both(EncodingError, kind="sealed.own", sealed=False)
    refused_by_both(EncodingError, kind="sealed.other", sealed=True)
    accepted_by_both(kind="sealed.other", sealed=False)


def test_only_the_first_entry_has_no_previous_one() -> None:
    accepted_by_both(seq=0, previous=ZERO_ID)
    refused_by_both(EncodingError, seq=0)
    refused_by_both(EncodingError, seq=1, previous=ZERO_ID)


def test_header_size_on_both_sides_of_the_limit() -> None:
    """Too many bytes are refused before they are parsed."""
    with pytest.raises(EncodingError):
        decode_header(bytes(HEADER_BYTES_MAX))
    with pytest.raises(TooLarge):
        decode_header(bytes(HEADER_BYTES_MAX + 1))


def test_the_largest_header_that_keeps_the_rules_fits() -> None:
    largest = with_fields(
        seq=INTEGER_MAX,
        time_ms=INTEGER_MAX,
        kind="k" * KIND_CHARACTERS_MAX,
        after=tuple(bytes([number]) * 32 for number in range(AFTER_ENTRIES_MAX)),
        body_size=BODY_BYTES_MAX,
    )
    data = encode_header(largest)
    assert len(data) == 349
    assert decode_header(data) == largest


def test_the_id_covers_every_byte_and_names_what_is_created() -> None:
    data = encode_header(PLAIN)
    flipped = {entry_id(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]) for at in range(100)}
    assert len(flipped | {entry_id(data)}) == 101
    assert subject_of(PLAIN, entry_id(data)) == PLAIN.subject
    creating = with_fields(subject=b"")
    identifier = entry_id(encode_header(creating))
    assert subject_of(creating, identifier) == identifier[:16]


def test_signatures_carry_the_label_of_entries() -> None:
    key = SigningKey.from_bytes(b"\x05" * 32)
    identifier = entry_id(encode_header(PLAIN))
    signature = sign_entry(key, identifier)
    assert signature_verifies(key.public, signature, identifier)
    assert not signature_verifies(key.public, key.sign(identifier), identifier)
    assert not signature_verifies(key.public, signature[:63], identifier)
    assert not signature_verifies(key.public, signature + b"\0", identifier)
    assert not signature_verifies(key.public, signature, identifier[::-1])
    assert not signature_verifies(SigningKey.generate().public, signature, identifier)
