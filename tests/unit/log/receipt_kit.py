"""People with one feed each, who write what a receipt may hold: by the rules or against them."""

from hashlib import sha256

from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.body import unseal_body
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate, person_subject
from p2pshare.log.entry import SignedEntry, decode_header, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.log.receipt import BareEntry, ClearEntry, OpenedEntry, make_receipt

SALT = bytes(16)


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


def receipt(ada, *moves, names=(), openings=()):
    listing = ada.write("listing.put")
    return make_receipt(
        moves, BareEntry(listing.header, listing.signature), names, [clear(one) for one in openings]
    )
