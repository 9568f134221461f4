"""People who sign real chains, from a seed: keys, feed.open, entries, forks."""

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from p2pshare.log.author import FIRST_PLACE, Place, write_entry, write_feed_open
from p2pshare.log.certificate import issue_certificate
from p2pshare.log.entry import SignedEntry, entry_id
from p2pshare.log.keys import ReadingKey, SigningKey

START_MS = 1_760_000_000_000


def seeded(*parts: object) -> bytes:
    """32 bytes that depend on the parts only."""
    return sha256(repr(parts).encode()).digest()


@dataclass
class Author:
    """A person with one feed in ``circle``; ``seed`` decides all of it."""

    seed: object
    circle: bytes
    place: Place = FIRST_PLACE
    written: int = field(default=0)

    @cached_property
    def key(self) -> SigningKey:
        return SigningKey.from_bytes(seeded(self.seed, "feed"))

    @property
    def feed(self) -> bytes:
        return self.key.public

    def write(self, text: str = "x", place: Place | None = None) -> SignedEntry:
        """The next entry (feed.open first); after ``place`` instead, for a fork."""
        at = self.place if place is None else place
        self.written += 1
        salt = seeded(self.seed, self.written)[:16]
        if at.seq == 0:
            person = SigningKey.from_bytes(seeded(self.seed, "person"))
            reading = ReadingKey.from_bytes(seeded(self.seed, "reading"))
            certificate = issue_certificate(person, reading.public, self.circle, self.feed)
            entry = write_feed_open(self.key, self.circle, certificate, time_ms=START_MS, salt=salt)
        else:
            entry = write_entry(
                self.key,
                self.circle,
                at,
                time_ms=START_MS + self.written,
                kind="test.note",
                payload=b"\x81\xa4text" + bytes([0xA0 + min(len(text), 31)]) + text[:31].encode(),
                salt=salt,
            )
        self.place = Place(at.seq + 1, entry_id(entry.header))
        return entry

    def chain(self, entries: int) -> tuple[SignedEntry, ...]:
        """The next ``entries`` entries, one after the other."""
        return tuple(self.write(f"entry {number}") for number in range(entries))
