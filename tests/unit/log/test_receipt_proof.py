"""log.receipt_proof: each signature by itself, each feed under its certificate, nothing besides."""

from hashlib import sha256

import pytest

from p2pshare.errors import ReceiptRefused
from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.body import unseal_body
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate, person_subject
from p2pshare.log.entry import SignedEntry, decode_header, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.log.receipt import BareEntry, ClearEntry, OpenedEntry, make_receipt
from p2pshare.log.receipt_proof import prove

SALT = bytes(16)
OTHER_CIRCLE = b"c" * 32


class Somebody:
    """A person with one feed; writes entries one after the other."""

    def __init__(self, name, circle=OPEN_CIRCLE, **scope):
        def seed(what):
            return sha256(f"{name} {what}".encode()).digest()

        self.circle = circle
        self.person = SigningKey.from_bytes(seed("person"))
        self.reading = ReadingKey.from_bytes(seed("reading"))
        self.feed = SigningKey.from_bytes(seed("feed"))
        certificate = issue_certificate(
            self.person, self.reading.public, circle, self.feed.public, **scope
        )
        self.opening = write_feed_open(self.feed, circle, certificate, time_ms=1, salt=SALT)
        self.place = Place(1, entry_id(self.opening.header))

    def write(self, kind, payload=b"\x80", **more):
        entry = write_entry(
            self.feed,
            self.circle,
            self.place,
            time_ms=2,
            kind=kind,
            payload=payload,
            salt=SALT,
            **more,
        )
        self.place = Place(self.place.seq + 1, entry_id(entry.header))
        return entry

    def move(self, payload=b"said", **more):
        entry = self.write("loan.x", payload, readers=[self.reading.public], **more)
        header = decode_header(entry.header)
        plain = unseal_body(
            entry.body,
            [self.reading],
            circle=header.circle,
            feed=header.feed,
            previous=header.previous,
        )
        return OpenedEntry(entry.header, entry.signature, entry.body, plain)

    def name(self):
        return clear(
            self.write("person.profile", b"\x80", subject=person_subject(self.person.public))
        )


def clear(entry: SignedEntry) -> ClearEntry:
    assert entry.body is not None
    return ClearEntry(entry.header, entry.signature, entry.body)


@pytest.fixture
def ada():
    return Somebody("ada")


@pytest.fixture
def ben():
    return Somebody("ben")


def receipt(ada, *moves, names=(), openings=()):
    listing = ada.write("listing.put")
    return make_receipt(
        moves, BareEntry(listing.header, listing.signature), names, [clear(one) for one in openings]
    )


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
    refused("not a sealed entry", receipt(ada, move, openings=[ada.opening, ben.opening]))
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
