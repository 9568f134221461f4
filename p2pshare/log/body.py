"""Bodies: clear ones with a salt, and ones sealed to their readers (docs/protocol.md section 2).

What a payload means is ``domain.bodies``' affair. HPKE is ``cryptography``'s (RFC 9180); nothing of
it is written here.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from p2pshare.errors import EncodingError, TooLarge
from p2pshare.limits import BODY_BYTES_MAX, SEALED_READERS_MAX
from p2pshare.log.keys import ReadingKey, check_reading_key, public_reading_key

SALT_BYTES: Final = 16
SEALED_LABEL: Final = b"p2pshare sealed v1\0"

_HASH_BYTES: Final = 32
_BOX_OVERHEAD: Final = 32 + 16  # encapsulated key and authentication tag
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def body_hash(body: bytes) -> bytes:
    """The hash that a header carries of its body."""
    return sha256(body).digest()


def clear_body(salt: bytes, payload: bytes) -> bytes:
    """A body that everyone may read. The salt keeps an erased body from being guessed back.

    Raises TooLarge.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return _bounded(salt + payload)


def clear_payload(body: bytes) -> bytes:
    """The payload of a clear body (empty if the body is too short to have one)."""
    return body[SALT_BYTES:]


def seal_body(
    salt: bytes,
    payload: bytes,
    readers: Iterable[bytes],
    *,
    circle: bytes,
    feed: bytes,
    previous: bytes,
) -> bytes:
    """A body that only ``readers`` (public reading keys, 32 bytes each) can open.

    Raises TooLarge, and KeyRefused for a reading key that must not be used.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    unique = sorted(set(readers))
    if not 1 <= len(unique) <= SEALED_READERS_MAX:
        raise TooLarge(f"an entry is sealed to between 1 and {SEALED_READERS_MAX} readers")
    info = _info(circle, feed, previous)
    plain = salt + payload
    parts = [sha256(plain).digest(), bytes([len(unique)])]
    for reader in unique:
        check_reading_key(reader)
        parts.append(_SUITE.encrypt(plain, public_reading_key(reader), info=info))
    return _bounded(b"".join(parts))


def sealed_payload_max(readers: int) -> int:
    """How many bytes of payload fit into a body that is sealed to so many readers."""
    boxes = BODY_BYTES_MAX - _HASH_BYTES - 1
    return boxes // readers - _BOX_OVERHEAD - SALT_BYTES


def open_body(
    body: bytes, keys: Sequence[ReadingKey], *, circle: bytes, feed: bytes, previous: bytes
) -> bytes | None:
    """The payload of a sealed body, or None if none of ``keys`` opens it or its hash is false."""
    plain = unseal_body(body, keys, circle=circle, feed=feed, previous=previous)
    return None if plain is None else plain[SALT_BYTES:]


def unseal_body(
    body: bytes, keys: Sequence[ReadingKey], *, circle: bytes, feed: bytes, previous: bytes
) -> bytes | None:
    """``salt || payload`` of a sealed body, which a reader can show to others; None as above."""
    boxes = _boxes(body)
    info = _info(circle, feed, previous)
    for key in keys:
        for box in boxes:
            try:
                plain = _SUITE.decrypt(box, key.private, info=info)
            except (InvalidTag, ValueError):
                continue
            if is_sealed_plain(body, plain):
                return plain
    return None


def is_sealed_plain(body: bytes, plain: bytes) -> bool:
    """Whether ``plain``, a salt and a payload, is what the sealed ``body`` holds by its hash."""
    return len(plain) >= SALT_BYTES and sha256(plain).digest() == body[:_HASH_BYTES]


def check_body(body: bytes, expected_hash: bytes, expected_size: int) -> None:
    """Raise EncodingError unless ``body`` is the one its header promises."""
    if len(body) != expected_size or body_hash(body) != expected_hash:
        raise EncodingError("the body is not the one its header names")


def _boxes(body: bytes) -> list[bytes]:
    """The boxes of a sealed body, all of one length; empty where the layout is broken."""
    if len(body) <= _HASH_BYTES:
        return []
    count = body[_HASH_BYTES]
    rest = body[_HASH_BYTES + 1 :]
    if not 1 <= count <= SEALED_READERS_MAX or len(rest) % count:
        return []
    size = len(rest) // count
    if size < _BOX_OVERHEAD + SALT_BYTES:
        return []
    return [rest[start : start + size] for start in range(0, len(rest), size)]


def _info(circle: bytes, feed: bytes, previous: bytes) -> bytes:
    return SEALED_LABEL + circle + feed + previous


def _bounded(body: bytes) -> bytes:
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge(f"this is too long to share: {len(body)} of {BODY_BYTES_MAX} bytes")
    return body
