"""What is proven by a receipt: signatures, certificates, bodies, and who wrote what.

docs/protocol.md section 11. Every signature is verified by itself: nothing here leans on a chain
that the reader does not have. What the entries mean is ``node.receipts``' affair, through
``domain.agreement``; this module must not know a kind of agreement.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.bodies import PersonProfile, decode_payload
from p2pshare.errors import LogError, ReceiptRefused
from p2pshare.log.body import SALT_BYTES, clear_payload, is_sealed_plain
from p2pshare.log.certificate import Certificate, person_subject
from p2pshare.log.entry import (
    SEALED_KIND,
    SUBJECT_BYTES,
    Header,
    SignedEntry,
    signature_verifies,
)
from p2pshare.log.receipt import BareEntry, ClearEntry, OpenedEntry, Receipt
from p2pshare.log.standing import Denial, Standing
from p2pshare.log.stretch import ReadEntry, read_certificate, read_entry
from p2pshare.log.tree import ROOT_BRANCH, Position

LISTING_KIND: Final = "listing.put"
PROFILE_KIND: Final = "person.profile"


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that its author's feed signed, under that person's certificate.

    ``payload`` is what a sealed entry says, empty for others. ``standing`` says whether it counts.
    """

    identifier: bytes
    header: Header
    author: bytes
    payload: bytes
    standing: Standing

    def denial(self) -> Denial | None:
        """Why its certificate alone makes it not count, scope aside; None if it does."""
        return self.standing.denial(Position(ROOT_BRANCH, self.header.seq), self.header.time_ms)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a receipt proves. ``opening`` is the move that created the agreement.

    ``listing`` is the entry that created the listing, by its owner; ``names`` what the parties call
    themselves, as far as the receipt says.
    """

    circle: bytes
    opening: ProvenEntry
    later: tuple[ProvenEntry, ...]
    listing: ProvenEntry
    listing_header: bytes
    names: Mapping[bytes, str]

    @property
    def parties(self) -> tuple[bytes, bytes]:
        """Who asked, and the listing's owner."""
        return self.opening.author, self.listing.author


@dataclass(frozen=True, slots=True)
class _Opening:
    """A feed.open that verified."""

    circle: bytes
    certificate: Certificate


def prove(receipt: Receipt) -> Proof:
    """Check everything that is signed in a receipt. Raises ReceiptRefused with the reason."""
    openings: dict[bytes, _Opening] = {}
    for number, entry in enumerate(receipt.openings, 1):
        with _reasons(f"feed {number}"):
            feed, opening = _prove_opening(entry)
        if feed in openings:
            raise ReceiptRefused(f"feed {number}: the receipt opens one feed twice")
        openings[feed] = opening
    moves = []
    for number, move in enumerate(receipt.moves, 1):
        with _reasons(f"move {number}"):
            moves.append(_prove_move(move, openings))
    with _reasons("the listing"):
        listing = _prove_listing(receipt.listing, openings)
    opening_move, later = _parted(moves)
    parties = (opening_move.author, listing.author)
    if any(move.author not in parties for move in later):
        raise ReceiptRefused("an entry of somebody else is in the receipt")
    names: dict[bytes, str] = {}
    profiles = []
    for number, profile in enumerate(receipt.names, 1):
        with _reasons(f"name {number}"):
            proven, name = _prove_name(profile, openings)
        if proven.author not in parties or proven.author in names:
            raise ReceiptRefused(f"name {number}: it is not the one name of one of the two")
        names[proven.author] = name
        profiles.append(proven)
    proven_entries = [*moves, listing, *profiles]
    if {entry.header.circle for entry in proven_entries} != {opening_move.header.circle}:
        raise ReceiptRefused("the entries of the receipt are of different circles")
    if {entry.header.feed for entry in proven_entries} != set(openings):
        raise ReceiptRefused("a feed of the receipt wrote nothing in it")
    return Proof(
        circle=opening_move.header.circle,
        opening=opening_move,
        later=later,
        listing=listing,
        listing_header=receipt.listing.header,
        names=names,
    )


def _prove_opening(entry: ClearEntry) -> tuple[bytes, _Opening]:
    """The feed that ``entry`` opens, and its certificate. Raises LogError."""
    read = read_entry(SignedEntry(entry.header, entry.signature, entry.body))
    if read.header.seq != 0:
        raise ReceiptRefused("it is not the entry that opens a feed")
    certificate = read_certificate(read)
    _check_signature(read)
    return read.header.feed, _Opening(read.header.circle, certificate)


def _prove_move(entry: OpenedEntry, openings: Mapping[bytes, _Opening]) -> ProvenEntry:
    read = read_entry(SignedEntry(entry.header, entry.signature, entry.body))
    if read.header.kind != SEALED_KIND:
        raise ReceiptRefused("it is not sealed to two people")
    if not is_sealed_plain(entry.body, entry.plain):
        raise ReceiptRefused("the words shown are not the ones that were sealed and signed")
    return _proven(read, openings, entry.plain[SALT_BYTES:])


def _prove_listing(entry: BareEntry, openings: Mapping[bytes, _Opening]) -> ProvenEntry:
    read = read_entry(SignedEntry(entry.header, entry.signature, None))
    if read.header.kind != LISTING_KIND or read.header.subject:
        raise ReceiptRefused("it is not the entry that created one")
    return _proven(read, openings)


def _prove_name(entry: ClearEntry, openings: Mapping[bytes, _Opening]) -> tuple[ProvenEntry, str]:
    read = read_entry(SignedEntry(entry.header, entry.signature, entry.body))
    if read.header.kind != PROFILE_KIND:
        raise ReceiptRefused("it is not a profile")
    proven = _proven(read, openings)
    body = decode_payload(PROFILE_KIND, clear_payload(entry.body))
    if not isinstance(body, PersonProfile) or read.header.subject != person_subject(proven.author):
        raise ReceiptRefused("it says nothing, or is about another person")
    if proven.denial() is not None or not proven.standing.in_scope(PROFILE_KIND, None):
        raise ReceiptRefused("the certificate of its feed does not reach that far")
    return proven, body.name


def _parted(moves: list[ProvenEntry]) -> tuple[ProvenEntry, tuple[ProvenEntry, ...]]:
    """The entry that creates the agreement, and the others, which all are about it."""
    creating = [move for move in moves if not move.header.subject]
    if len(creating) != 1:
        raise ReceiptRefused("a receipt is about one agreement, created once")
    opening = creating[0]
    later = tuple(move for move in moves if move is not opening)
    if any(move.header.subject != opening.identifier[:SUBJECT_BYTES] for move in later):
        raise ReceiptRefused("an entry of another agreement is in the receipt")
    identifiers = {move.identifier for move in moves}
    if any(not identifiers.issuperset(move.header.after) for move in moves):
        raise ReceiptRefused("an entry that another one comes after is missing")
    return opening, later


def _proven(
    read: ReadEntry, openings: Mapping[bytes, _Opening], payload: bytes = b""
) -> ProvenEntry:
    """The entry with its author, once its signature and its feed's opening are known to hold."""
    opening = openings.get(read.header.feed)
    if opening is None or read.header.seq == 0:
        raise ReceiptRefused("the opening of its feed is missing: nobody knows who wrote it")
    if read.header.circle != opening.circle:
        raise ReceiptRefused("its feed was opened in another circle")
    _check_signature(read)
    certificate = opening.certificate
    return ProvenEntry(
        identifier=read.identifier,
        header=read.header,
        author=certificate.person,
        payload=payload,
        standing=Standing(
            kinds=frozenset(certificate.kinds),
            listings=frozenset(certificate.listings),
            expires_ms=certificate.expires_ms,
            last_seq=certificate.last_seq,
        ),
    )


def _check_signature(read: ReadEntry) -> None:
    if not signature_verifies(read.header.feed, read.signed.signature, read.identifier):
        raise ReceiptRefused("the signature does not verify: it was changed, or never signed")


@contextmanager
def _reasons(what: str) -> Iterator[None]:
    """Say where in the receipt it was that something was refused."""
    try:
        yield
    except LogError as error:
        raise ReceiptRefused(f"{what}: {error}") from error
