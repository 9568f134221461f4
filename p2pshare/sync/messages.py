"""The messages of sync: their wire shapes, one per websocket message, bounded before use.

docs/protocol.md section 7. A message is a MessagePack array whose first item is its tag. Fields may
be added at the end of a message, and unknown tags are ignored; nothing else changes within version
1. This module knows shapes and bounds only; what a message means is ``session``'s.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import Meta

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
from p2pshare.log.entry import SignedEntry, decode_header

Stretch = tuple[SignedEntry, ...]
"""Entries of one feed, each the previous of the next, the last one's signature checked."""

Identifier = Annotated[bytes, Meta(min_length=32, max_length=32)]
Prefix = Annotated[str, Meta(max_length=64, pattern=r"^[0-9a-f]*\Z")]
Number = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
CircleTag = Annotated[bytes, Meta(min_length=16, max_length=16)]
Nonce = Annotated[bytes, Meta(min_length=16, max_length=16)]
WireTip = tuple[Number, Identifier]
WireTips = Annotated[tuple[WireTip, ...], Meta(max_length=TIPS_PER_MESSAGE_MAX)]
Identifiers = Annotated[tuple[Identifier, ...], Meta(max_length=WANTED_IDS_PER_MESSAGE_MAX)]

SIGNATURE_BYTES: Final = 64
ENTRY_OVERHEAD_BYTES: Final = 16
"""At most this many bytes of MessagePack stand around the three fields of one entry."""


class Circles(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """First on each link: the nonce of this run of the node, and proofs of closed circles."""

    instance: Nonce
    tags: Annotated[tuple[CircleTag, ...], Meta(max_length=CIRCLE_TAGS_MAX)]


class Range(msgspec.Struct, frozen=True, array_like=True):
    """What the sender has of the feeds that begin with ``prefix`` (hex digits)."""

    prefix: Prefix
    count: Number
    fingerprint: Identifier


class Ranges(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Ranges to compare, and those of the other side's ranges that were found to be ``same``."""

    circle: Identifier
    ranges: Annotated[tuple[Range, ...], Meta(max_length=RANGES_PER_MESSAGE_MAX)]
    same: Annotated[tuple[Range, ...], Meta(max_length=RANGES_PER_MESSAGE_MAX)]


class HeadsKind(IntEnum):
    """What a feed's absence from a Heads message says."""

    NOTICE = 0  # nothing: these heads changed
    LISTING = 1  # the sender has no other feed in the prefix; please answer with the differences
    DIFFERENCES = 2  # both have the same of every feed of the prefix that is not named here


class Head(msgspec.Struct, frozen=True, array_like=True):
    """A feed and the tips that the sender has of it; no tips: it has nothing of the feed."""

    feed: Identifier
    tips: WireTips


class Heads(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """Heads of feeds; ``prefix`` says of which range, unless the kind is NOTICE."""

    circle: Identifier
    kind: HeadsKind
    prefix: Prefix
    heads: Annotated[tuple[Head, ...], Meta(max_length=HEADS_PER_MESSAGE_MAX)]


class Wanted(msgspec.Struct, frozen=True, array_like=True):
    """A feed wanted after the entries ``held``: its tips, or every id if ``every`` is set."""

    feed: Identifier
    held: Identifiers
    every: bool


class Want(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """Please send what you have of these feeds that does not precede what I hold."""

    circle: Identifier
    feeds: Annotated[tuple[Wanted, ...], Meta(max_length=WANTED_FEEDS_PER_MESSAGE_MAX)]


class Stretches(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """Entries: an answer to Want, or pushed because they are new."""

    circle: Identifier
    stretches: Annotated[
        tuple[
            Annotated[tuple[SignedEntry, ...], Meta(min_length=1, max_length=STRETCH_ENTRIES_MAX)],
            ...,
        ],
        Meta(max_length=STRETCHES_PER_MESSAGE_MAX),
    ]


class ServedStatus(IntEnum):
    """How a want ended."""

    COMPLETE = 0
    UNKNOWN_TIPS = 1  # an id of ``held`` is not known here: repeat with every id held
    NOT_AVAILABLE = 2


class ServedFeed(msgspec.Struct, frozen=True, array_like=True):
    """The end of the answer for one feed."""

    feed: Identifier
    status: ServedStatus


class Served(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """All that was to be sent of these feeds has been sent."""

    circle: Identifier
    feeds: Annotated[tuple[ServedFeed, ...], Meta(max_length=WANTED_FEEDS_PER_MESSAGE_MAX)]


class EntriesWanted(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """Please send these entries whole: their bodies are owed here, or their bytes damaged."""

    circle: Identifier
    entries: Annotated[
        tuple[Identifier, ...], Meta(min_length=1, max_length=WANTED_ENTRIES_PER_MESSAGE_MAX)
    ]


class EntriesFound(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """Entries with their bodies, and the wanted ids that the sender cannot give whole."""

    circle: Identifier
    entries: Annotated[tuple[SignedEntry, ...], Meta(max_length=WANTED_ENTRIES_PER_MESSAGE_MAX)]
    missing: Annotated[tuple[Identifier, ...], Meta(max_length=WANTED_ENTRIES_PER_MESSAGE_MAX)]


class BlobWanted(msgspec.Struct, frozen=True, array_like=True, tag=9):
    """Please send the blob of this name, which an entry of the circle gives it.

    Its SHA-256, or if only sealed entries name it, what ``sync.blob_names`` makes of that.
    """

    circle: Identifier
    blob: Identifier


class BlobFound(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """A blob by the name it was wanted by, or nil if the sender has it not or nothing names it."""

    circle: Identifier
    blob: Identifier
    data: Annotated[bytes, Meta(max_length=BLOB_BYTES_MAX)] | None


Message = (
    Circles
    | Ranges
    | Heads
    | Want
    | Stretches
    | Served
    | EntriesWanted
    | EntriesFound
    | BlobWanted
    | BlobFound
)

TAG_MAX: Final = 10

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """The bytes of one websocket message. Raises SyncError if they exceed MESSAGE_BYTES_MAX."""
    data = _encoder.encode(message)
    if len(data) > MESSAGE_BYTES_MAX:
        raise SyncError(f"a message of {len(data)} bytes is too large to send")
    return data


def decode_message(data: bytes) -> Message | None:
    """The message in ``data``, every list and id in it bounded; None for a tag of the future.

    Raises SyncError for anything else.
    """
    if len(data) > MESSAGE_BYTES_MAX:
        raise SyncError(f"a message of {len(data)} bytes is larger than {MESSAGE_BYTES_MAX}")
    tag = _tag(data)
    if tag is None:
        raise SyncError("a message is an array that begins with its tag")
    if not 1 <= tag <= TAG_MAX:
        return None
    try:
        message: Message = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SyncError(f"a message with tag {tag} is malformed: {error}") from error
    match message:
        case Stretches(stretches=stretches):
            for stretch in stretches:
                _check_entries(stretch)
        case EntriesFound(entries=entries):
            _check_entries(entries)
        case Heads(heads=heads):
            _check_heads(heads)
        case Want(feeds=feeds):
            if sum(len(wanted.held) for wanted in feeds) > WANTED_IDS_PER_MESSAGE_MAX:
                raise SyncError("a want names too many ids")
        case _:
            pass
    return message


def _tag(data: bytes) -> int | None:
    """The first item of the array in ``data`` if it is an array that begins with an integer."""
    if not data:
        return None
    first = data[0]
    if 0x91 <= first <= 0x9F:
        rest = data[1:10]
    elif first == 0xDC:
        rest = data[3:12]
    elif first == 0xDD:
        rest = data[5:14]
    else:
        return None
    if not rest:
        return None
    if rest[0] < 0x80:
        return rest[0]
    size = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}.get(rest[0])
    if size is None or len(rest) < 1 + size:
        return None
    return int.from_bytes(rest[1 : 1 + size], "big")


def _check_entries(entries: Iterable[SignedEntry]) -> None:
    for entry in entries:
        if (
            len(entry.header) > HEADER_BYTES_MAX
            or len(entry.signature) != SIGNATURE_BYTES
            or (entry.body is not None and len(entry.body) > BODY_BYTES_MAX)
        ):
            raise SyncError("a field of an entry is longer than entries have it")


def _check_heads(heads: Iterable[Head]) -> None:
    total = 0
    for head in heads:
        tips = head.tips
        total += len(tips)
        if len(tips) > 1 and any(first >= second for first, second in pairwise(tips)):
            raise SyncError("the tips of a feed must ascend")
    if total > TIPS_PER_MESSAGE_MAX:
        raise SyncError("a message names too many tips")


def entry_bytes(entry: SignedEntry) -> int:
    """An upper bound of what ``entry`` adds to a message, in bytes."""
    body = entry.body
    return len(entry.header) + SIGNATURE_BYTES + ENTRY_OVERHEAD_BYTES + len(body or b"")


def pack_stretches(circle: bytes, stretches: Sequence[Stretch]) -> list[bytes]:
    """Encoded Stretches messages of about STRETCHES_BYTES_AIM each, none above the maximum.

    A stretch that is too large with its bodies sends the largest of them as nil: they are owed.
    """
    room = MESSAGE_BYTES_MAX - 256
    messages: list[bytes] = []
    batch: list[Stretch] = []
    batch_bytes = 0
    for stretch in stretches:
        size = sum(map(entry_bytes, stretch))
        if size > room:
            stretch = _stripped(stretch, size - room)
            size = sum(map(entry_bytes, stretch))
        full = batch_bytes + size > STRETCHES_BYTES_AIM or len(batch) == STRETCHES_PER_MESSAGE_MAX
        if batch and full:
            messages.append(encode_message(Stretches(circle, tuple(batch))))
            batch, batch_bytes = [], 0
        batch.append(stretch)
        batch_bytes += size
    if batch:
        messages.append(encode_message(Stretches(circle, tuple(batch))))
    return messages


def _stripped(stretch: Stretch, excess: int) -> Stretch:
    """``stretch`` without its largest bodies, so that at least ``excess`` bytes are saved.

    The body of a feed.open stays: without it no peer may accept the feed.
    """
    first = 1 if decode_header(stretch[0].header).seq == 0 else 0
    order = sorted(range(first, len(stretch)), key=lambda at: -len(stretch[at].body or b""))
    entries = list(stretch)
    for at in order:
        if excess <= 0:
            break
        excess -= len(entries[at].body or b"")
        entries[at] = SignedEntry(entries[at].header, entries[at].signature, None)
    return tuple(entries)


def pack_entries(
    circle: bytes, entries: Sequence[SignedEntry], missing: Sequence[bytes]
) -> list[bytes]:
    """Encoded EntriesFound messages; the last one names what is missing."""
    messages: list[bytes] = []
    batch: list[SignedEntry] = []
    batch_bytes = 0
    for entry in entries:
        size = entry_bytes(entry)
        if batch and batch_bytes + size > STRETCHES_BYTES_AIM:
            messages.append(encode_message(EntriesFound(circle, tuple(batch), ())))
            batch, batch_bytes = [], 0
        batch.append(entry)
        batch_bytes += size
    messages.append(encode_message(EntriesFound(circle, tuple(batch), tuple(missing))))
    return messages
