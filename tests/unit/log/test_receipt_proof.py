"""log.receipt_proof: each signature by itself, each feed under its certificate, nothing besides."""

import pytest
from unit.log.receipt_kit import SALT, Somebody, clear, receipt

from p2pshare.errors import ReceiptRefused
from p2pshare.log.author import write_feed_open
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate, person_subject
from p2pshare.log.entry import entry_id
from p2pshare.log.receipt import BareEntry, OpenedEntry, make_receipt
from p2pshare.log.receipt_proof import prove

OTHER_CIRCLE = b"c" * 32


@pytest.fixture
def ada():
    return Somebody("ada")


@pytest.fixture
def ben():
    return Somebody("ben")


def test_who_wrote_what_is_proven(ada, ben):
    request = ben.move(b"may I?")
    reply = ada.move(b"yes", subject=entry_id(request.header)[:16])
    proof = prove(
        receipt(ada, request, reply, names=[ada.name()], openings=[ada.opening, ben.opening])
    )
    assert proof.parties == (ben.person.public, ada.person.public)
    assert (proof.opening.payload, proof.later[0].payload) == (b"may I?", b"yes")
    assert proof.names == {ada.person.public: ""}
    assert proof.circle == OPEN_CIRCLE


def refused(reason, made):
    with pytest.raises(ReceiptRefused, match=reason):
        prove(made)


def test_a_stranger_has_no_part_in_it(ada, ben):
    request, eve = ben.move(), Somebody("eve")
    said = eve.move(subject=entry_id(request.header)[:16])
    openings = [ada.opening, ben.opening, eve.opening]
    refused("somebody else", receipt(ada, request, said, openings=openings))
    refused("the one name", receipt(ada, request, names=[eve.name()], openings=openings))
    refused("wrote nothing in it", receipt(ada, request, openings=openings))


def test_one_name_each(ada, ben):
    names = [ada.name(), ada.name()]
    made = receipt(ada, ben.move(), names=names, openings=[ada.opening, ben.opening])
    refused("the one name", made)


def test_a_profile_of_another_person_is_no_name(ada, ben):
    false = clear(ada.write("person.profile", subject=person_subject(ben.person.public)))
    made = receipt(ada, ben.move(), names=[false], openings=[ada.opening, ben.opening])
    refused("name 1: it says nothing, or is about another", made)


def test_a_feed_that_nobody_opened_is_nobodys(ada, ben):
    refused("move 1: the opening of its feed", receipt(ada, ben.move(), openings=[ada.opening]))
    refused("the listing: the opening", receipt(ada, ben.move(), openings=[ben.opening]))


def test_a_feed_is_opened_once(ada, ben):
    certificate = issue_certificate(ada.person, ben.reading.public, OPEN_CIRCLE, ben.feed.public)
    again = write_feed_open(ben.feed, OPEN_CIRCLE, certificate, time_ms=1, salt=SALT)
    openings = [ada.opening, ben.opening, again]
    refused("opens one feed twice", receipt(ada, ben.move(), openings=openings))


def test_all_is_of_one_circle(ada):
    ben = Somebody("ben", OTHER_CIRCLE)
    made = receipt(ada, ben.move(), openings=[ada.opening, ben.opening])
    refused("different circles", made)


def test_an_entry_of_another_agreement_is_refused(ada, ben):
    other = ben.move(subject=bytes(16))
    openings = [ada.opening, ben.opening]
    refused("another agreement", receipt(ada, ben.move(), other, openings=openings))
    refused("created once", receipt(ada, ben.move(), ben.move(), openings=openings))


def test_what_an_entry_comes_after_must_be_there(ada, ben):
    request = ben.move()
    late = ada.move(subject=entry_id(request.header)[:16], after=[b"m" * 32])
    made = receipt(ada, request, late, openings=[ada.opening, ben.opening])
    refused("comes after is missing", made)


def test_a_name_beyond_its_certificate_is_none(ben):
    ada = Somebody("ada", kinds=("listing.put",))
    made = receipt(ada, ben.move(), names=[ada.name()], openings=[ada.opening, ben.opening])
    refused("does not reach that far", made)


def test_a_certificate_says_whether_an_entry_counts(ada):
    ben = Somebody("ben", last_seq=0)
    proof = prove(receipt(ada, ben.move(), openings=[ada.opening, ben.opening]))
    assert proof.opening.denial() is not None
    assert proof.listing.denial() is None


def test_a_signature_that_was_swapped_is_seen(ada, ben):
    one, two = ben.move(), ben.move()
    swapped = OpenedEntry(one.header, two.signature, one.body, one.plain)
    made = receipt(ada, swapped, openings=[ada.opening, ben.opening])
    refused("move 1: the signature does not verify", made)


def test_only_sealed_entries_are_moves_and_only_a_first_entry_opens(ada, ben):
    said = ben.write("listing.put")
    move = OpenedEntry(said.header, said.signature, said.body, said.body)
    refused("not sealed to two people", receipt(ada, move, openings=[ada.opening, ben.opening]))
    refused("opens a feed", receipt(ada, ben.move(), openings=[ada.opening, said]))


def test_the_listing_is_the_entry_that_created_one(ada, ben):
    edit = ada.write("listing.put", subject=bytes(16))
    made = make_receipt(
        [ben.move()],
        BareEntry(edit.header, edit.signature),
        [],
        [clear(ada.opening), clear(ben.opening)],
    )
    refused("the listing: it is not the entry", made)
