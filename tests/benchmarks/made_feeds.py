"""Feeds made for the benchmarks: real keys, real signatures, the same texts at each run."""

from collections.abc import Iterator
from hashlib import sha256

from p2pshare.domain.bodies import ListingPut, PersonProfile, encode_payload
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.author import Place, write_entry, write_feed_open
from p2pshare.log.certificate import OPEN_CIRCLE, issue_certificate, person_subject
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey

TIME_MS = 1_790_000_000_000
THINGS = ("drill", "ladder", "tent", "saw", "sewing machine", "projector", "bicycle pump", "kettle")
CATEGORIES = (
    *("power-tools", "ladders", "camping", "tools", "sewing", "electronics", "bicycles", "kitchen"),
)
WORDS = ("cordless", "tall", "green", "old", "sturdy", "borrowed", "spare", "little", "heavy")

Feed = tuple[SignedEntry, ...]


def made_feed(person: int, listings: int) -> Feed:
    """The feed of one person with so many listings: feed.open, a profile, the listings."""
    seeds = [sha256(f"{what} {person}".encode()).digest() for what in ("person", "read", "feed")]
    person_key, feed_key = SigningKey.from_bytes(seeds[0]), SigningKey.from_bytes(seeds[2])
    reading_key = ReadingKey.from_bytes(seeds[1])
    certificate = issue_certificate(person_key, reading_key.public, OPEN_CIRCLE, feed_key.public)
    entries = [
        write_feed_open(feed_key, OPEN_CIRCLE, certificate, time_ms=TIME_MS, salt=_salt(person, 0))
    ]

    def add(kind: str, payload: bytes, subject: bytes = b"") -> None:
        entries.append(
            write_entry(
                feed_key,
                OPEN_CIRCLE,
                Place(len(entries), entry_id(entries[-1].header)),
                time_ms=TIME_MS + len(entries),
                kind=kind,
                payload=payload,
                salt=_salt(person, len(entries)),
                subject=subject,
            )
        )

    add(
        "person.profile",
        encode_payload(PersonProfile(name=f"Person {person}")),
        person_subject(person_key.public),
    )
    for number in range(listings):
        add("listing.put", encode_payload(made_listing(person, number)))
    return tuple(entries)


def made_listing(person: int, number: int) -> ListingPut:
    """An offer with about 200 bytes of text."""
    kind = (person * 7 + number) % len(THINGS)
    thing = THINGS[kind]
    word = WORDS[(person + number * 5) % len(WORDS)]
    return ListingPut(
        exchange_type=ExchangeType.OFFER,
        item_type=ItemType.GOOD,
        transaction_types=("borrow-lend",),
        title=f"{word.capitalize()} {thing} {person}-{number}",
        description=f"A {word} {thing} in good order, lent for a week at a time to neighbours who"
        f" bring it back clean. Number {number} of person {person}; ask for the manual.",
        category=CATEGORIES[kind],
        tags=(thing, word, "shared"),
        quantity=1,
    )


def made_feeds(persons: int, listings: int) -> Iterator[Feed]:
    """The feeds of so many persons with so many listings each."""
    return (made_feed(person, listings) for person in range(persons))


def _salt(person: int, seq: int) -> bytes:
    return sha256(f"salt {person} {seq}".encode()).digest()[:16]
