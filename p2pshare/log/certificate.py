"""Certificates (who a feed speaks for, and in what scope), revocations, and derived ids.

docs/protocol.md sections 1 and 3. Both statements are signed by the person key, each under a label
of its own. Whether an entry counts under them is ``log.standing``.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from p2pshare.domain.nesting import nested_too_deep
from p2pshare.errors import CertificateRefused, KeyRefused
from p2pshare.limits import INTEGER_MAX, KIND_CHARACTERS_MAX, SCOPE_ITEMS_MAX
from p2pshare.log.entry import ID_BYTES, SUBJECT_BYTES
from p2pshare.log.keys import SigningKey, check_reading_key, check_signing_key, verify

FEED_OPEN_KIND: Final = "feed.open"
REVOKE_KIND: Final = "person.revoke"

OPEN_CIRCLE: Final = sha256(b"p2pshare open circle v1\0").digest()
OPEN_CIRCLE_NAME: Final = "Everyone nearby"

_CERTIFICATE_LABEL: Final = b"p2pshare certificate v1\0"
_REVOCATION_LABEL: Final = b"p2pshare revocation v1\0"
_PERSON_LABEL: Final = b"p2pshare person v1\0"
_CLOSED_CIRCLE_LABEL: Final = b"p2pshare closed circle v1\0"

_encode: Final = msgspec.msgpack.Encoder().encode


def person_subject(person: bytes) -> bytes:
    """The 16-byte subject of entries about the person with this key."""
    return sha256(_PERSON_LABEL + person).digest()[:SUBJECT_BYTES]


def closed_circle(secret: bytes) -> bytes:
    """The 32-byte id of the closed circle with this 32-byte secret."""
    return sha256(_CLOSED_CIRCLE_LABEL + secret).digest()


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of ``feed.open``: the person's word that a feed speaks for them.

    ``kinds`` and ``listings`` are the scope; empty means all. ``expires_ms`` is compared with an
    entry's own time, ``last_seq`` with its seq.
    """

    person: bytes
    reading_key: bytes
    kinds: tuple[str, ...] = ()
    listings: tuple[bytes, ...] = ()
    expires_ms: int | None = None
    last_seq: int | None = None
    signature: bytes = b""


_certificate_decoder: Final = msgspec.msgpack.Decoder(Certificate)


def _certificate_statement(certificate: Certificate, circle: bytes, feed: bytes) -> bytes:
    return _CERTIFICATE_LABEL + _encode(
        [
            circle,
            feed,
            certificate.reading_key,
            certificate.kinds,
            certificate.listings,
            certificate.expires_ms,
            certificate.last_seq,
        ]
    )


def issue_certificate(
    person_key: SigningKey,
    reading_key: bytes,
    circle: bytes,
    feed: bytes,
    *,
    kinds: tuple[str, ...] = (),
    listings: tuple[bytes, ...] = (),
    expires_ms: int | None = None,
    last_seq: int | None = None,
) -> Certificate:
    """A certificate by which ``feed`` speaks for the person in ``circle``, within the scope."""
    unsigned = Certificate(
        person=person_key.public,
        reading_key=reading_key,
        kinds=tuple(sorted(set(kinds))),
        listings=tuple(sorted(set(listings))),
        expires_ms=expires_ms,
        last_seq=last_seq,
    )
    signature = person_key.sign(_certificate_statement(unsigned, circle, feed))
    return msgspec.structs.replace(unsigned, signature=signature)


def encode_certificate(certificate: Certificate) -> bytes:
    """The payload bytes of a ``feed.open``."""
    return _encode(certificate)


def decode_certificate(payload: bytes, circle: bytes, feed: bytes) -> Certificate:
    """The verified certificate in a ``feed.open`` payload.

    Raises CertificateRefused, or KeyRefused for a person or reading key that must not be used.
    """
    if nested_too_deep(payload):
        raise CertificateRefused("the certificate is nested too deep")
    try:
        certificate = _certificate_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CertificateRefused(f"the certificate is not readable: {error}") from error
    _check_scope(certificate)
    check_signing_key(certificate.person)
    check_reading_key(certificate.reading_key)
    statement = _certificate_statement(certificate, circle, feed)
    if not verify(certificate.person, certificate.signature, statement):
        raise CertificateRefused("the certificate is not signed by the person it names")
    return certificate


def _check_scope(certificate: Certificate) -> None:
    kinds, listings = certificate.kinds, certificate.listings
    if len(kinds) > SCOPE_ITEMS_MAX or len(listings) > SCOPE_ITEMS_MAX:
        raise CertificateRefused("the certificate's scope has too many items")
    if any(len(kind) > KIND_CHARACTERS_MAX for kind in kinds) or any(
        len(listing) != SUBJECT_BYTES for listing in listings
    ):
        raise CertificateRefused("the certificate's scope is malformed")
    if list(kinds) != sorted(set(kinds)) or list(listings) != sorted(set(listings)):
        raise CertificateRefused("the certificate's scope is not in order")
    for number in (certificate.expires_ms, certificate.last_seq):
        if number is not None and not 0 <= number <= INTEGER_MAX:
            raise CertificateRefused("an integer in the certificate is out of range")


@dataclass(frozen=True, slots=True)
class Revocation:
    """Of the revoked feed only ``last_entry`` and its ancestors count, from now on and for ever."""

    circle: bytes
    person: bytes
    feed: bytes
    last_seq: int
    last_entry: bytes


class _RevocationPayload(msgspec.Struct, frozen=True, kw_only=True):
    person: bytes
    feed: bytes
    last_seq: int
    last_entry: bytes
    signature: bytes


_revocation_decoder: Final = msgspec.msgpack.Decoder(_RevocationPayload)


def _revocation_statement(circle: bytes, feed: bytes, last_seq: int, last_entry: bytes) -> bytes:
    return _REVOCATION_LABEL + _encode([circle, feed, last_seq, last_entry])


def revocation_payload(
    person_key: SigningKey, circle: bytes, feed: bytes, last_seq: int, last_entry: bytes
) -> bytes:
    """The payload of a ``person.revoke`` that ends ``feed`` after ``last_entry``."""
    signature = person_key.sign(_revocation_statement(circle, feed, last_seq, last_entry))
    return _encode(
        _RevocationPayload(
            person=person_key.public,
            feed=feed,
            last_seq=last_seq,
            last_entry=last_entry,
            signature=signature,
        )
    )


def decode_revocation(payload: bytes, circle: bytes) -> Revocation | None:
    """The revocation in a ``person.revoke`` payload, or None if it is not in force."""
    if nested_too_deep(payload):
        return None
    try:
        raw = _revocation_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if len(raw.feed) != ID_BYTES or len(raw.last_entry) != ID_BYTES:
        return None
    if not 0 <= raw.last_seq <= INTEGER_MAX:
        return None
    try:
        check_signing_key(raw.person)
    except KeyRefused:
        return None
    statement = _revocation_statement(circle, raw.feed, raw.last_seq, raw.last_entry)
    if not verify(raw.person, raw.signature, statement):
        return None
    return Revocation(circle, raw.person, raw.feed, raw.last_seq, raw.last_entry)
