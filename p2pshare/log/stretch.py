"""Reading a stretch: decode, hash, check the chain, the bodies and the one signature at the end.

docs/protocol.md section 3: an entry is authentic if its signature verifies or if it is an ancestor
of an authentic entry. So a stretch costs one verification. What cannot be decided without other
entries (is the previous one in hand?) is ``node.ingest``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from p2pshare.errors import ChainBroken, EncodingError, SignatureRefused, TooLarge
from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.body import check_body, clear_payload
from p2pshare.log.certificate import (
    FEED_OPEN_KIND,
    Certificate,
    decode_certificate,
    person_subject,
)
from p2pshare.log.entry import (
    Header,
    SignedEntry,
    decode_header,
    entry_id,
    signature_verifies,
)
from p2pshare.log.keys import SIGNATURE_BYTES, check_signing_key


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry whose header, body and place in its stretch were checked."""

    identifier: bytes
    header: Header
    signed: SignedEntry


def read_entry(signed: SignedEntry) -> ReadEntry:
    """Decode and hash one entry and check its body, if it brings one.

    Raises EncodingError or TooLarge. The signature is not checked here.
    """
    header = decode_header(signed.header)
    if len(signed.signature) != SIGNATURE_BYTES:
        raise EncodingError("a signature has 64 bytes")
    if signed.body is not None:
        check_body(signed.body, header.body_hash, header.body_size)
    if (header.kind == FEED_OPEN_KIND) != (header.seq == 0):
        raise ChainBroken("feed.open begins a feed, and nothing else does")
    return ReadEntry(entry_id(signed.header), header, signed)


def read_stretch(stretch: Sequence[SignedEntry]) -> list[ReadEntry]:
    """Decode a stretch and check that each entry is the previous one of the next.

    Raises EncodingError, TooLarge or ChainBroken. ``check_end`` must follow.
    """
    if not stretch:
        raise EncodingError("a stretch has at least one entry")
    if len(stretch) > STRETCH_ENTRIES_MAX:
        raise TooLarge(f"a stretch has at most {STRETCH_ENTRIES_MAX} entries")
    entries = [read_entry(signed) for signed in stretch]
    previous = entries[0]
    for entry in entries[1:]:
        check_follows(entry.header, previous.header, previous.identifier)
        previous = entry
    return entries


def check_follows(header: Header, previous: Header, previous_id: bytes) -> None:
    """Raise ChainBroken unless ``header`` continues ``previous``."""
    if (
        header.previous != previous_id
        or header.seq != previous.seq + 1
        or header.feed != previous.feed
        or header.circle != previous.circle
    ):
        raise ChainBroken(f"entry {header.seq} of the feed does not follow the one before it")


def check_end(entries: Sequence[ReadEntry]) -> None:
    """Raise SignatureRefused unless the feed key signed the last entry of the stretch."""
    last = entries[-1]
    if not signature_verifies(last.header.feed, last.signed.signature, last.identifier):
        raise SignatureRefused("the signature at the end of the stretch does not verify")


def read_certificate(entry: ReadEntry) -> Certificate:
    """The certificate in a ``feed.open``, with the feed key checked for use.

    Raises EncodingError (no body, or a false subject), KeyRefused or CertificateRefused.
    """
    header = entry.header
    check_signing_key(header.feed)
    if entry.signed.body is None:
        raise EncodingError("feed.open comes with its body or not at all")
    certificate = decode_certificate(clear_payload(entry.signed.body), header.circle, header.feed)
    if header.subject != person_subject(certificate.person) or header.after:
        raise EncodingError("feed.open is about its person and comes after nothing")
    return certificate
