"""Making a receipt: what the two signed about one agreement, from the ledger of one of them.

Only a party can: it takes their reading key to open what was sealed. It shows those entries and
what proves them, and nothing of anybody else. ``log.verified_receipt`` checks a receipt; what this
module makes has passed that check, and says the same as the ledger does.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from p2pshare.domain.agreement import AgreementState
from p2pshare.domain.person import fold_person
from p2pshare.errors import DomainError, ReceiptRefused, UnknownReference
from p2pshare.limits import RECEIPT_MOVES_MAX
from p2pshare.log.body import unseal_body
from p2pshare.log.certificate import person_subject
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey
from p2pshare.log.receipt import (
    BareEntry,
    ClearEntry,
    OpenedEntry,
    encode_receipt,
    make_receipt,
)
from p2pshare.log.standing import Denial
from p2pshare.log.verified_receipt import VerifiedReceipt, verify_receipt
from p2pshare.store.evidence import entry_with_id, opening_of
from p2pshare.store.feeds import FeedCache, circle_numbers
from p2pshare.store.gather import Gathered, GatheredSubject
from p2pshare.store.lookup import circle_of_subject
from p2pshare.store.states import SubjectStates, fold_entry, is_covered

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


@dataclass(frozen=True, slots=True)
class MadeReceipt:
    """The bytes of a receipt file, and what they prove."""

    data: bytes
    verified: VerifiedReceipt


def receipt_of(ledger: "Ledger", agreement: bytes, person: bytes) -> MadeReceipt:
    """The receipt of an agreement (its 16-byte id) for one of its parties, whose computer this is.

    Raises UnknownReference where ``person`` is no party to it or a proof is not in hand, NodeError
    where their reading key is not here, and DomainError where a receipt would not say what is so.
    """
    key = ledger.keys.reading_key(person)
    with ledger.database.snapshot() as connection:
        return _Maker(connection, key).make(agreement, person)


class _Maker:
    """Collects what a receipt holds, within one read transaction."""

    def __init__(self, connection: sqlite3.Connection, key: ReadingKey) -> None:
        self._connection = connection
        self._key = key
        self._circles = circle_numbers(connection)
        self._states = SubjectStates(connection, FeedCache(connection), self._circles, [key])

    def make(self, agreement: bytes, person: bytes) -> MadeReceipt:
        circle = circle_of_subject(self._connection, agreement)
        if circle is None:
            raise UnknownReference("there is no such agreement here")
        number = self._circles[circle]
        gathered = self._states.gather(number, [agreement])[0]
        reading = self._states.agreement_of(gathered)
        if reading is None or reading.state is None or person not in reading.parties:
            raise UnknownReference("only the two who made an agreement can make its receipt")
        state = reading.state
        if reading.table.alone:
            raise DomainError("a receipt takes two people, and that one is yours alone")
        if state.denied:
            raise DomainError(
                "a revoked key signed a part of this; a receipt cannot tell how that stands"
            )
        moves, feeds = self._moves(gathered, reading.parties)
        listing, listing_feed = entry_with_id(self._connection, entry_id(state.listing_header))
        names, name_feeds = self._names(number, state.parties)
        openings = self._openings({*feeds, listing_feed, *name_feeds})
        receipt = make_receipt(moves, BareEntry(listing.header, listing.signature), names, openings)
        try:
            data = encode_receipt(receipt)
            verified = verify_receipt(data)
        except ReceiptRefused as error:
            raise DomainError(f"no receipt can be made of this: {error}") from error
        if not _says_the_same(verified.state, state):
            raise DomainError(
                "no receipt can be made of this: a copied installation signed at the same time,"
                " and a receipt alone does not show which entry came first"
            )
        return MadeReceipt(data, verified)

    def _moves(
        self, gathered: GatheredSubject, parties: tuple[bytes, bytes]
    ) -> tuple[list[OpenedEntry], set[int]]:
        """The parties' entries that this person can read, and the numbers of their feeds."""
        found: list[OpenedEntry] = []
        feeds: set[int] = set()
        for entry in gathered.entries:
            if entry.feed.person not in parties or entry.denial is Denial.REVOKED:
                continue
            if is_covered(entry, parties):
                continue
            opened = self._opened(entry)
            if opened is not None:
                found.append(opened)
                feeds.add(entry.feed.number)
        if len(found) > RECEIPT_MOVES_MAX:
            raise DomainError(f"a receipt has room for {RECEIPT_MOVES_MAX} entries")
        return found, feeds

    def _opened(self, entry: Gathered) -> OpenedEntry | None:
        signed, _ = entry_with_id(self._connection, entry.identifier)
        if signed.body is None or not entry.header.sealed:
            return None
        plain = unseal_body(
            signed.body,
            [self._key],
            circle=entry.header.circle,
            feed=entry.header.feed,
            previous=entry.header.previous,
        )
        if plain is None:
            return None
        return OpenedEntry(signed.header, signed.signature, signed.body, plain)

    def _names(
        self, circle: int, parties: tuple[bytes, bytes]
    ) -> tuple[list[ClearEntry], set[int]]:
        """The profiles of the parties, as far as they are in hand, and their feeds' numbers."""
        found: list[ClearEntry] = []
        feeds: set[int] = set()
        for person in parties:
            gathered = self._states.gather(circle, [person_subject(person)])[0]
            state = fold_person(person, [fold_entry(one, None) for one in gathered.entries])
            if state is not None:
                signed, feed = entry_with_id(self._connection, state.profile_entry)
                found.append(_clear(signed))
                feeds.add(feed)
        return found, feeds

    def _openings(self, feeds: Iterable[int]) -> list[ClearEntry]:
        return [_clear(opening_of(self._connection, number)) for number in feeds]


def _clear(signed: SignedEntry) -> ClearEntry:
    if signed.body is None:
        raise UnknownReference("the words of an entry that proves it have not arrived here yet")
    return ClearEntry(signed.header, signed.signature, signed.body)


def _says_the_same(one: AgreementState, other: AgreementState) -> bool:
    """Whether the same signatures led to the same state, in the same order."""
    return (one.underlying, one.parties, one.signatures) == (
        other.underlying,
        other.parties,
        other.signatures,
    )
