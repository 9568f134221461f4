"""log.verified_receipt: what the recorded receipt says, and that no byte of it can be another."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from unit.log.receipt_kit import Somebody, clear

from p2pshare.domain.agreement_bodies import LoanAccept, LoanRequest
from p2pshare.domain.bodies import encode_sealed_payload
from p2pshare.domain.loan import LOAN
from p2pshare.errors import ReceiptRefused
from p2pshare.log.entry import entry_id
from p2pshare.log.receipt import BareEntry, encode_receipt, make_receipt
from p2pshare.log.verified_receipt import verify_receipt

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "receipt.json").read_text("utf-8"))
DATA = bytes.fromhex(VECTOR["file"])


def test_it_says_what_the_vector_says():
    verified = verify_receipt(DATA)
    assert verified.kind == VECTOR["kind"]
    assert verified.state.agreement.hex() == VECTOR["agreement"]
    assert [person.hex() for person in verified.state.parties] == VECTOR["parties"]
    assert {person.hex(): name for person, name in verified.names.items()} == VECTOR["names"]
    assert verified.state.state == VECTOR["state"]
    assert [
        {"move": one.move, "by": one.person.hex(), "time_ms": one.time_ms} for one in verified.moves
    ] == VECTOR["moves"]
    assert [(one.role, one.name, one.note) for one in verified.moves] == [
        ("borrower", "", "For the shelf."),
        ("lender", "Ada", "Gladly."),
    ]
    assert (verified.entries, verified.without_effect, verified.silent) == (2, 0, ())
    assert verified.both_signed == ()
    assert verified.digest == sha256(DATA).digest()


@pytest.mark.parametrize("vector", VECTOR["refused"], ids=lambda vector: vector["name"])
def test_what_the_vectors_refuse_is_refused(vector):
    with pytest.raises(ReceiptRefused):
        verify_receipt(bytes.fromhex(vector["file"]))


@pytest.mark.parametrize("part", range(8))
def test_any_changed_byte_is_refused_with_a_reason(part):
    for at in range(part, len(DATA), 8):
        changed = bytearray(DATA)
        changed[at] ^= 1 << (at // 8 % 8)
        with pytest.raises(ReceiptRefused) as refused:
            verify_receipt(bytes(changed))
        assert str(refused.value)


def test_bytes_put_in_taken_out_or_doubled_are_refused(mutate):
    for how in ("insert", "remove", "cut", "double"):
        for at in range(1, len(DATA), 37):
            changed = mutate(DATA, how, at, 7)
            if changed != DATA:
                with pytest.raises(ReceiptRefused):
                    verify_receipt(changed)


# --- what the fold makes of it --------------------------------------------------------------------


class Story:
    """Ben asks for a thing of Ada's, and what they then write."""

    def __init__(self, ada=None, ben=None, **asked):
        self.ada, self.ben = ada or Somebody("ada"), ben or Somebody("ben")
        self.listing = self.ada.write("listing.put")
        fields = {
            "listing": entry_id(self.listing.header)[:16],
            "listing_header": self.listing.header,
            "quantity": 1,
            "from_day": "2026-05-01",
            "until_day": "2026-05-02",
        }
        opening = encode_sealed_payload("loan.request", LoanRequest(**(fields | asked)))
        self.moves = [self.ben.move(opening)]
        self.loan = entry_id(self.moves[0].header)[:16]

    def move(self, who, move, body=None, after=None):
        payload = encode_sealed_payload(f"loan.{move}", body or LOAN.body_of(move)())
        last = [entry_id(self.moves[-1].header)] if after is None else after
        self.moves.append(who.move(payload, subject=self.loan, after=last))

    def verified(self):
        people = {self.ada.feed.public: self.ada, self.ben.feed.public: self.ben}
        listing = BareEntry(self.listing.header, self.listing.signature)
        openings = [clear(one.opening) for one in people.values()]
        return verify_receipt(encode_receipt(make_receipt(self.moves, listing, [], openings)))


def test_a_move_beyond_its_certificate_has_no_effect():
    story = Story(ada=Somebody("ada", kinds=("listing.put", "loan.accept")))
    story.move(story.ada, "accept", LoanAccept(due_at_ms=9))
    story.move(story.ada, "hand-over")
    verified = story.verified()
    assert (verified.state.state, verified.without_effect) == ("accepted", 1)


def test_a_certificate_for_another_listing_lets_nothing_count():
    story = Story(ada=Somebody("ada", listings=(bytes(16),)))
    story.move(story.ada, "decline")
    verified = story.verified()
    assert (verified.state.state, verified.silent) == ("requested", (story.ada.person.public,))


def test_a_move_that_the_table_does_not_allow_has_no_effect():
    story = Story()
    story.move(story.ben, "accept", LoanAccept(due_at_ms=9))
    assert story.verified().state.state == "requested"
    assert story.verified().without_effect == 1


def test_what_one_person_wrote_is_taken_in_the_order_of_their_feed():
    story = Story()
    story.move(story.ada, "accept", LoanAccept(due_at_ms=9))
    accepted = [entry_id(story.moves[-1].header)]
    for move in ("hand-over", "take-back"):  # both name only the accept
        story.move(story.ada, move, after=accepted)
    verified = story.verified()
    assert [one.move for one in verified.moves] == ["request", "accept", "hand-over", "take-back"]
    assert verified.state.state == "closed"


def refused(reason, story):
    with pytest.raises(ReceiptRefused, match=reason):
        story.verified()


def test_the_listing_must_be_the_one_that_was_asked_for():
    other = Story().ada.write("listing.put").header
    refused("not the one that was asked for", Story(listing_header=other))
    refused("not the one that was asked for", Story(listing=bytes(16)))


def test_nobody_makes_an_agreement_with_themselves():
    alone = Somebody("ada")
    refused("between two people", Story(ada=alone, ben=alone))


def test_an_opening_that_does_not_count_makes_nothing():
    refused("between two people", Story(ben=Somebody("ben", last_seq=0)))


def test_what_this_version_does_not_know_is_said():
    for payload in (b"\xc0", encode_sealed_payload("loan.accept", LoanAccept(due_at_ms=9))):
        story = Story()
        story.moves = [story.ben.move(payload)]
        refused("about nothing that this version", story)
