"""What a receipt says, once it is proven: the agreement, its parties and who signed what, when.

The same engine reads it that folds a ledger (``domain.agreement``), so that a receipt says what the
two saw themselves. It needs nothing but the bytes: no folder, no key, no clock. What it cannot know
is in CANNOT_SHOW, for whoever shows a receipt to people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from p2pshare.domain.agreement import (
    AGREEMENTS,
    AgreementState,
    agreement_of,
    both_signed,
    fold_agreement,
)
from p2pshare.domain.agreement_bodies import AgreementOpening
from p2pshare.domain.bodies import decode_sealed_payload
from p2pshare.domain.days import Span
from p2pshare.domain.move_words import details_of, move_words, period_words, told_of
from p2pshare.domain.ordering import FoldEntry
from p2pshare.errors import ReceiptRefused
from p2pshare.log.entry import SUBJECT_BYTES
from p2pshare.log.receipt import decode_receipt
from p2pshare.log.receipt_proof import Proof, ProvenEntry, prove

CANNOT_SHOW: Final = (
    "It shows what was signed, not what happened.",
    "Times are what the signer's own clock said.",
    "Names are what people call themselves; the keys are what signed.",
    "It cannot show what came later: entries that were not put in, a key revoked since.",
)


AT_THE_DESK: Final = (
    "What was signed at the desk was signed with a PIN on a library's computer, and who keeps that"
    " computer has the key too."
)


@dataclass(frozen=True, slots=True)
class ReceiptMove:
    """One signed move: its name, its plain word, who signed in which role, their clock's time.

    ``desk``: it was signed at the desk of a library. ``details`` is what it says beside its note,
    as ``domain.move_words`` has it.
    """

    move: str
    label: str
    role: str
    person: bytes
    name: str
    time_ms: int
    note: str
    desk: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> tuple[str, ...]:
        """What it says beside its note, in plain words, a line each."""
        return move_words(self.details)

    @property
    def role_and_place(self) -> str:
        """In which role it was signed, and where, if that was at a desk."""
        return f"{self.role}, at the desk" if self.desk else self.role


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt of which every signature holds.

    ``names`` has what the parties call themselves, where the receipt says so. ``entries`` is how
    many entries of the agreement it holds, and ``without_effect`` how many of them the table does
    not allow or a certificate does not cover. ``digest`` is the SHA-256 of the file.
    """

    state: AgreementState
    circle: bytes
    names: Mapping[bytes, str]
    entries: int
    digest: bytes

    @property
    def kind(self) -> str:
        """The kind of agreement: ``loan``."""
        return self.state.kind

    @property
    def period(self) -> str:
        """When it is: the days last agreed upon, with times where it is not by the day."""
        state = self.state
        return period_words(
            Span(state.from_day, state.until_day, state.from_minute, state.until_minute)
        )

    @property
    def without_effect(self) -> int:
        """How many of the entries changed nothing."""
        return self.entries - len(self.state.signatures)

    @property
    def silent(self) -> tuple[bytes, ...]:
        """The parties who signed nothing in it."""
        signers = {signature.person for signature in self.state.signatures}
        return tuple(person for person in self.state.parties if person not in signers)

    @property
    def both_signed(self) -> tuple[tuple[str, str], ...]:
        """The pairs of moves that say the same from both sides, and both are there."""
        return both_signed(AGREEMENTS[self.kind], self.state)

    @property
    def moves(self) -> tuple[ReceiptMove, ...]:
        """Who signed what and when, in the order in which it took effect."""
        table = AGREEMENTS[self.kind]
        return tuple(
            ReceiptMove(
                move=one.move,
                label=table.label_of(one.move),
                role=self.state.role_of(one.person) or "",
                person=one.person,
                name=self.names.get(one.person, ""),
                time_ms=one.time_ms,
                note=one.note,
                desk=one.body.desk,
                details=told_of(details_of(one.body)),
            )
            for one in self.state.signatures
        )

    @property
    def cannot_show(self) -> tuple[str, ...]:
        """What nobody must read out of this receipt, a line each."""
        desk = any(move.desk for move in self.moves)
        return (*CANNOT_SHOW, AT_THE_DESK) if desk else CANNOT_SHOW


def verify_receipt(data: bytes) -> VerifiedReceipt:
    """What the receipt in these bytes of a file proves.

    Raises ReceiptRefused with the reason, in words for people.
    """
    receipt = decode_receipt(data)
    proof = prove(receipt)
    said = decode_sealed_payload(proof.opening.payload)
    table = None if said is None else agreement_of(said[0])
    if said is None or table is None or table.alone or not isinstance(said[1], AgreementOpening):
        raise ReceiptRefused("it is about nothing that this version of p2pshare knows")
    about = said[1]
    _check_listing(proof, about)
    entries = _fold_entries((proof.opening, *proof.later), about.listing)
    state = fold_agreement(table, entries[0], proof.listing.author, entries[1:])
    if state is None:
        raise ReceiptRefused("its first entry does not make an agreement between two people")
    return VerifiedReceipt(
        state=state,
        circle=proof.circle,
        names=proof.names,
        entries=len(entries),
        digest=sha256(data).digest(),
    )


def _check_listing(proof: Proof, about: AgreementOpening) -> None:
    """The listing of the receipt must be the one that was asked for (protocol section 5)."""
    if (
        about.listing_header != proof.listing_header
        or about.listing != proof.listing.identifier[:SUBJECT_BYTES]
    ):
        raise ReceiptRefused("the listing is not the one that was asked for")


def _fold_entries(entries: tuple[ProvenEntry, ...], listing: bytes) -> list[FoldEntry]:
    """The entries as the fold sees them, the first one first."""
    before = _own_previous(entries)
    found = []
    for entry in entries:
        said = decode_sealed_payload(entry.payload)
        kind, body = ("", None) if said is None else said
        counts = entry.denial() is None and entry.standing.in_scope(kind, listing)
        found.append(
            FoldEntry(
                entry_id=entry.identifier,
                author=entry.author,
                feed=entry.header.feed,
                kind=kind,
                body=body if counts else None,
                time_ms=entry.header.time_ms,
                after=entry.header.after,
                own_previous=before[entry.identifier],
            )
        )
    return found


def _own_previous(entries: Iterable[ProvenEntry]) -> dict[bytes, tuple[bytes, ...]]:
    """Of each entry those of its feed with the next lower seq: nobody signs a feed backwards."""
    places: dict[bytes, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        places[entry.header.feed][entry.header.seq].append(entry.identifier)
    before: dict[bytes, tuple[bytes, ...]] = {}
    for by_seq in places.values():
        previous: tuple[bytes, ...] = ()
        for seq in sorted(by_seq):
            before.update(dict.fromkeys(by_seq[seq], previous))
            previous = tuple(by_seq[seq])
    return before
