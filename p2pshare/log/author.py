"""Making entries: header, salt, sealing and signature, for one feed whose key is at hand.

The caller (``node.authoring``) holds the transaction in which the place in the chain was read, and
decides who reads; this module only builds bytes. Randomness (salts) is handed in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from p2pshare.log.body import body_hash, clear_body, seal_body
from p2pshare.log.certificate import (
    FEED_OPEN_KIND,
    Certificate,
    encode_certificate,
    person_subject,
)
from p2pshare.log.entry import (
    OWN_SEALED_KIND,
    SEALED_KIND,
    VERSION,
    ZERO_ID,
    Header,
    SignedEntry,
    encode_header,
    entry_id,
    sign_entry,
)
from p2pshare.log.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Place:
    """The next place in a feed's chain."""

    seq: int
    previous: bytes


FIRST_PLACE = Place(0, ZERO_ID)


def write_entry(
    key: SigningKey,
    circle: bytes,
    place: Place,
    *,
    time_ms: int,
    kind: str,
    payload: bytes,
    salt: bytes,
    subject: bytes = b"",
    after: Iterable[bytes] = (),
    readers: Iterable[bytes] | None = None,
) -> SignedEntry:
    """A signed entry at ``place``; sealed to ``readers`` (public reading keys) if they are given.

    A sealed entry shows no other kind than ``sealed``, or OWN_SEALED_KIND if that is its ``kind``.

    Raises TooLarge, EncodingError or KeyRefused.
    """
    if readers is None:
        body = clear_body(salt, payload)
    else:
        body = seal_body(
            salt, payload, readers, circle=circle, feed=key.public, previous=place.previous
        )
    header = Header(
        version=VERSION,
        circle=circle,
        feed=key.public,
        seq=place.seq,
        previous=place.previous,
        time_ms=time_ms,
        subject=subject,
        kind=kind if readers is None or kind == OWN_SEALED_KIND else SEALED_KIND,
        after=tuple(sorted(set(after))),
        sealed=readers is not None,
        body_hash=body_hash(body),
        body_size=len(body),
    )
    data = encode_header(header)
    return SignedEntry(data, sign_entry(key, entry_id(data)), body)


def write_feed_open(
    key: SigningKey, circle: bytes, certificate: Certificate, *, time_ms: int, salt: bytes
) -> SignedEntry:
    """The entry that begins the feed of ``key`` under ``certificate``."""
    return write_entry(
        key,
        circle,
        FIRST_PLACE,
        time_ms=time_ms,
        kind=FEED_OPEN_KIND,
        payload=encode_certificate(certificate),
        salt=salt,
        subject=person_subject(certificate.person),
    )
