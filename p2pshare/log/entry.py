"""The header of an entry, its one canonical encoding, its id and its signature.

docs/protocol.md section 2. Bodies are in ``log.body``; chains in ``log.stretch``. A header is
hashed, stored and relayed exactly as received: nothing here rewrites bytes.
"""

import re
from hashlib import sha256
from itertools import pairwise
from typing import Final

import msgspec

from p2pshare.errors import EncodingError, TooLarge
from p2pshare.limits import (
    AFTER_ENTRIES_MAX,
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    INTEGER_MAX,
    KIND_CHARACTERS_MAX,
)
from p2pshare.log.keys import SIGNATURE_BYTES, SigningKey, verify

VERSION: Final = 1
ID_BYTES: Final = 32
SUBJECT_BYTES: Final = 16
ZERO_ID: Final = bytes(ID_BYTES)
SEALED_KIND: Final = "sealed"
"""The kind in the header of what is sealed to several people; both of an agreement may erase it."""

OWN_SEALED_KIND: Final = "sealed.own"
"""The kind in the header of what is sealed to its author alone, who alone may erase it."""

SEALED_KINDS: Final = (SEALED_KIND, OWN_SEALED_KIND)

ENTRY_LABEL: Final = b"p2pshare entry v1\0"
ENTRY_SIGNATURE_LABEL: Final = b"p2pshare entry signature v1\0"

_KIND: Final = re.compile(r"[a-z][a-z0-9.-]*", re.ASCII)


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What everyone keeps of an entry for ever; the body may be sealed or erased."""

    version: int
    circle: bytes
    feed: bytes
    seq: int
    previous: bytes
    time_ms: int
    subject: bytes
    kind: str
    after: tuple[bytes, ...]
    sealed: bool
    body_hash: bytes
    body_size: int


class SignedEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it travels: exact header bytes, 64-byte signature, body or None if not sent."""

    header: bytes
    signature: bytes
    body: bytes | None


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Header)


def encode_header(header: Header) -> bytes:
    """The canonical bytes of ``header``.

    Raises EncodingError or TooLarge where it breaks a rule of docs/protocol.md section 2.
    """
    _check_rules(header)
    return _encoder.encode(header)


def decode_header(data: bytes) -> Header:
    """The header in ``data``, if it is canonical and keeps every rule that needs no other entry.

    Raises EncodingError or TooLarge.
    """
    if len(data) > HEADER_BYTES_MAX:
        raise TooLarge(f"a header is at most {HEADER_BYTES_MAX} bytes, this one has {len(data)}")
    try:
        header = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EncodingError(f"the header is not readable: {error}") from error
    if _encoder.encode(header) != data:
        raise EncodingError("the header is not in its canonical encoding")
    _check_rules(header)
    return header


def _check_rules(header: Header) -> None:
    """A header that keeps these rules has at most 349 bytes: HEADER_BYTES_MAX leaves room."""
    if header.version != VERSION:
        raise EncodingError(f"entry version {header.version} is not known here")
    if (
        len(header.circle) != ID_BYTES
        or len(header.feed) != ID_BYTES
        or len(header.previous) != ID_BYTES
        or len(header.body_hash) != ID_BYTES
        or len(header.subject) not in (0, SUBJECT_BYTES)
    ):
        raise EncodingError("an id in the header has the wrong length")
    if (
        not (0 <= header.seq <= INTEGER_MAX and 0 <= header.time_ms <= INTEGER_MAX)
        or header.body_size < 0
    ):
        raise EncodingError("an integer in the header is out of range")
    if header.body_size > BODY_BYTES_MAX:
        raise TooLarge(f"a body is at most {BODY_BYTES_MAX} bytes")
    if len(header.kind) > KIND_CHARACTERS_MAX or not _KIND.fullmatch(header.kind):
        raise EncodingError("the kind is not a short dotted name")
    if header.sealed != (header.kind in SEALED_KINDS):
        raise EncodingError("a sealed entry, and only that, has a sealed kind")
    after = header.after
    if after:
        if len(after) > AFTER_ENTRIES_MAX:
            raise TooLarge(f"an entry names at most {AFTER_ENTRIES_MAX} entries it comes after")
        if any(len(one) != ID_BYTES for one in after):
            raise EncodingError("an id in the header has the wrong length")
        if any(first >= second for first, second in pairwise(after)):
            raise EncodingError("the ids an entry comes after must ascend")
    if (header.seq == 0) != (header.previous == ZERO_ID):
        raise EncodingError("the first entry of a feed, and only that, has no previous entry")


def entry_id(header: bytes) -> bytes:
    """The 32-byte id of the entry with these exact header bytes."""
    return sha256(ENTRY_LABEL + header).digest()


def subject_of(header: Header, identifier: bytes) -> bytes:
    """The 16-byte subject an entry is about: the one it names, or the one it creates."""
    return header.subject or identifier[:SUBJECT_BYTES]


def sign_entry(key: SigningKey, identifier: bytes) -> bytes:
    """The feed key's signature over an entry id."""
    return key.sign(ENTRY_SIGNATURE_LABEL + identifier)


def signature_verifies(feed: bytes, signature: bytes, identifier: bytes) -> bool:
    """Whether the feed key signed the entry with this id."""
    return len(signature) == SIGNATURE_BYTES and verify(
        feed, signature, ENTRY_SIGNATURE_LABEL + identifier
    )
