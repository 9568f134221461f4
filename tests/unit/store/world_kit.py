"""Worlds of several persons, several feeds and much trouble, and readers that take them in.

``World`` writes real entries from fixed keys: every key, salt, box and so every id follows from the
steps that made the world, so that an example of hypothesis is the same example each time. A
``Reader`` is the real ingest and fold on a ledger in memory. ``deliver`` hands a world to a reader
in one of the many orders in which a network may.
"""

import hmac
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from p2pshare.clock import ManualClock
from p2pshare.domain.agreement import AGREEMENTS, AgreementTable
from p2pshare.domain.agreement_bodies import AgreementOpening, LoanRequest
from p2pshare.domain.bodies import (
    Body,
    EntryErase,
    HoursPay,
    ListingBusy,
    ListingClose,
    ListingPut,
    PersonProfile,
    encode_payload,
    encode_sealed_payload,
)
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.author import write_feed_open
from p2pshare.log.body import body_hash, clear_body
from p2pshare.log.certificate import (
    OPEN_CIRCLE,
    issue_certificate,
    person_subject,
    revocation_payload,
)
from p2pshare.log.entry import (
    OWN_SEALED_KIND,
    SEALED_KIND,
    SUBJECT_BYTES,
    VERSION,
    Header,
    SignedEntry,
    decode_header,
    encode_header,
    entry_id,
    sign_entry,
)
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node.ingest import Arrival, Ingest, IngestReport
from p2pshare.store import local
from p2pshare.store.append import Outcome, Quota
from p2pshare.store.database import Database
from p2pshare.store.feeds import circle_numbers, read_frontier
from p2pshare.store.migrations import FOLDED_TABLES
from p2pshare.store.queries import Queries

START_MS: Final = 1_760_000_000_000
YEAR_MS: Final = 365 * 24 * 60 * 60 * 1000
DAY: Final = "2026-11-23"


_MORE_THAN_A_NOTE: Final[dict[str, dict[str, Any]]] = {
    "done": {"minutes": 60},
    "offer": {"offered_until_ms": START_MS + YEAR_MS // 12},
}
"""What moves must say beside a note."""


def seeded(*parts: object) -> bytes:
    """32 bytes that follow from the parts."""
    return sha256(repr(parts).encode()).digest()


@dataclass(frozen=True)
class Person:
    """Somebody with a person key and a reading key, the same on all their computers."""

    number: int
    key: SigningKey
    reading: ReadingKey

    @property
    def id(self) -> bytes:
        return self.key.public


@lru_cache
def person_of(number: int) -> Person:
    return Person(
        number,
        SigningKey.from_bytes(seeded("person", number)),
        ReadingKey.from_bytes(seeded("reading", number)),
    )


@dataclass(frozen=True, eq=False)
class Written:
    """An entry of the world: what it is, and what it stands on."""

    identifier: bytes
    header: Header
    signed: SignedEntry
    key: SigningKey
    author: Person
    kind: str
    body: Body | None
    parent: "Written | None"

    @property
    def subject(self) -> bytes:
        return self.header.subject or self.identifier[:SUBJECT_BYTES]


@dataclass(eq=False)
class Feed:
    """One ``feed.open`` and where its author goes on writing; a fork goes on elsewhere."""

    key: SigningKey
    author: Person
    opening: Written
    last: Written


@dataclass(repr=False)
class World:
    """Everything that anybody has written, in the order of writing."""

    circle: bytes = OPEN_CIRCLE
    entries: list[Written] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_id: dict[bytes, Written] = {}

    def __repr__(self) -> str:
        """Short enough for a failing example: who wrote what about what."""
        places = {entry.identifier: place for place, entry in enumerate(self.entries)}
        subjects: dict[bytes, int] = {}
        lines = []
        for place, entry in enumerate(self.entries[:60]):
            subject = subjects.setdefault(entry.subject, place)
            parent = "" if entry.parent is None else f" on {places.get(entry.parent.identifier)}"
            lines.append(f"{place}: {entry.author.number} {entry.kind} of {subject}{parent}")
        return f"World({'; '.join(lines)})"

    # --- writing --------------------------------------------------------------------------

    def open_feed(self, author: Person, *, key: SigningKey | None = None, **scope: Any) -> Feed:
        """A feed of ``author``; of a given key for a second ``feed.open`` of it."""
        number = len(self.feeds)
        feed_key = key or SigningKey.from_bytes(seeded("feed", number))
        certificate = issue_certificate(
            author.key, author.reading.public, self.circle, feed_key.public, **scope
        )
        signed = write_feed_open(
            feed_key, self.circle, certificate, time_ms=START_MS + number, salt=self._salt()
        )
        opening = self._keep(signed, feed_key, author, "feed.open", None, None)
        feed = Feed(feed_key, author, opening, opening)
        self.feeds.append(feed)
        return feed

    def write(
        self,
        feed: Feed,
        kind: str,
        body: Body | bytes,
        *,
        subject: bytes = b"",
        after: Iterable[Written] = (),
        follow: Written | None = None,
        time_ms: int | None = None,
        readers: Sequence[Person] | None = None,
        shown: str = SEALED_KIND,
    ) -> Written:
        """The next entry of a feed; after ``follow`` instead (a fork).

        Sealed if there are ``readers``, with the kind that is ``shown`` in the header.
        """
        parent = follow or feed.last
        salt = self._salt()
        if readers is None:
            payload = body if isinstance(body, bytes) else encode_payload(body)
            data = clear_body(salt, payload)
        else:
            assert isinstance(body, Body)
            payload = encode_sealed_payload(kind, body)
            info = self.circle + feed.key.public + parent.identifier
            data = _sealed(salt + payload, [one.reading.public for one in readers], info)
        header = Header(
            version=VERSION,
            circle=self.circle,
            feed=feed.key.public,
            seq=parent.header.seq + 1,
            previous=parent.identifier,
            time_ms=START_MS + len(self.entries) if time_ms is None else max(0, time_ms),
            subject=subject,
            kind=kind if readers is None else shown,
            after=tuple(sorted({one.identifier for one in after})),
            sealed=readers is not None,
            body_hash=body_hash(data),
            body_size=len(data),
        )
        header_bytes = encode_header(header)
        signature = sign_entry(feed.key, entry_id(header_bytes))
        signed = SignedEntry(header_bytes, signature, data)
        said = body if isinstance(body, Body) else None
        written = self._keep(signed, feed.key, feed.author, kind, said, parent)
        feed.last = written
        return written

    def _keep(
        self,
        signed: SignedEntry,
        key: SigningKey,
        author: Person,
        kind: str,
        body: Body | None,
        parent: Written | None,
    ) -> Written:
        identifier = entry_id(signed.header)
        header = decode_header(signed.header)
        written = Written(identifier, header, signed, key, author, kind, body, parent)
        self.entries.append(written)
        self.by_id[identifier] = written
        return written

    def _salt(self) -> bytes:
        return seeded("salt", len(self.entries))[:16]

    def part(self, entries: Iterable[Written]) -> "World":
        """The world of these entries alone."""
        part = World(self.circle, list(entries))
        part.by_id = {entry.identifier: entry for entry in part.entries}
        return part

    # --- what people say ------------------------------------------------------------------

    def profile(self, feed: Feed, name: str, **place: Any) -> Written:
        subject = person_subject(feed.author.id)
        return self.write(
            feed, "person.profile", PersonProfile(name=name), subject=subject, **place
        )

    def put(self, feed: Feed, title: str, listing: bytes = b"", **place: Any) -> Written:
        """A new listing, or an edit of ``listing``."""
        quantity = place.pop("quantity", 1)
        body = ListingPut(
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            transaction_types=("borrow-lend",),
            title=title,
            quantity=quantity,
        )
        return self.write(feed, "listing.put", body, subject=listing, **place)

    def close(self, feed: Feed, listing: bytes, **place: Any) -> Written:
        return self.write(feed, "listing.close", ListingClose(), subject=listing, **place)

    def busy(self, feed: Feed, listing: bytes, periods: Sequence[Any], **place: Any) -> Written:
        body = ListingBusy(periods=tuple(periods))
        return self.write(feed, "listing.busy", body, subject=listing, **place)

    def request(self, feed: Feed, listing: Written, note: str = "", **place: Any) -> Written:
        """A sealed request to borrow ``listing`` (its creating entry)."""
        body = LoanRequest(
            listing=listing.subject,
            listing_header=listing.signed.header,
            title="seen",
            quantity=1,
            from_day=DAY,
            until_day="2026-11-28",
            note=note,
        )
        place.setdefault("readers", (feed.author, listing.author))
        return self.write(feed, "loan.request", body, **place)

    def move(self, feed: Feed, loan: Written, move: str, note: str = "", **place: Any) -> Written:
        """A sealed move of the loan that ``loan`` opened; to its readers if none are named."""
        body: Body = LOAN.body_of(move)(
            note=note, **({"due_at_ms": START_MS + YEAR_MS // 12} if move == "accept" else {})
        )
        place.setdefault("readers", self.parties(loan))
        return self.write(feed, f"loan.{move}", body, subject=loan.subject, **place)

    def ask(
        self, feed: Feed, table: AgreementTable, listing: Written, note: str = "", **place: Any
    ) -> Written:
        """The opening entry of any agreement about ``listing`` (its creating entry)."""
        move = table.opening.move
        body: Body = table.opening.body(
            listing=listing.subject,
            listing_header=listing.signed.header,
            title="seen",
            quantity=1,
            from_day=DAY,
            until_day="2026-11-28",
            note=note,
            **({"token": self._salt()[:8]} if move == "add" else {}),
        )
        place.setdefault("readers", (feed.author, feed.author if table.alone else listing.author))
        place.setdefault("shown", OWN_SEALED_KIND if table.alone else SEALED_KIND)
        return self.write(feed, table.kind_of(move), body, **place)

    def go_on(self, feed: Feed, first: Written, move: str, note: str = "", **place: Any) -> Written:
        """A later move of any agreement but a loan, to its parties if no readers are named."""
        table = AGREEMENTS[first.kind.partition(".")[0]]
        body = table.body_of(move)(note=note, **_MORE_THAN_A_NOTE.get(move, {}))
        place.setdefault("readers", self.parties(first))
        place.setdefault("shown", OWN_SEALED_KIND if table.alone else SEALED_KIND)
        return self.write(feed, table.kind_of(move), body, subject=first.subject, **place)

    def parties(self, first: Written) -> tuple[Person, Person]:
        """Who asks, and whose the listing is, by the entry that opens an agreement."""
        assert isinstance(first.body, AgreementOpening)
        return first.author, self.by_id[entry_id(first.body.listing_header)].author

    def pay(self, feed: Feed, payer: Person, payee: Person, minutes: int, **place: Any) -> Written:
        body = HoursPay(payer=payer.id, payee=payee.id, minutes=minutes)
        return self.write(feed, "hours.pay", body, **place)

    def erase(self, feed: Feed, targets: Iterable[Written], **place: Any) -> Written:
        named = tuple(sorted({one.identifier for one in targets}))
        return self.write(feed, "entry.erase", EntryErase(entries=named), **place)

    def revoke(self, carrier: Feed, person: Person, last: Written, **place: Any) -> Written:
        """``person`` says that of the feed of ``last`` only it and its ancestors count."""
        payload = revocation_payload(
            person.key, self.circle, last.header.feed, last.header.seq, last.identifier
        )
        subject = person_subject(person.id)
        return self.write(carrier, "person.revoke", payload, subject=subject, **place)


def ancestors(entry: Written) -> list[Written]:
    """The entry and what it stands on, the first one first."""
    found = []
    at: Written | None = entry
    while at is not None:
        found.append(at)
        at = at.parent
    return found[::-1]


def _sealed(plain: bytes, readers: Sequence[bytes], where: bytes) -> bytes:
    """What ``log.body.seal_body`` makes, but with a sender's key that follows from its contents."""
    unique = sorted(set(readers))
    info = b"p2pshare sealed v1\0" + where
    boxes = [_box(plain, reader, info) for reader in unique]
    return b"".join([sha256(plain).digest(), bytes([len(unique)]), *boxes])


def _box(plain: bytes, reader: bytes, info: bytes) -> bytes:
    """RFC 9180 in base mode, sections 4.1, 5.1 and 5.2, for KEM 0x0020, KDF 0x0001, AEAD 0x0003."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def extract(suite_id: bytes, key: bytes, label: bytes, data: bytes) -> bytes:
        return hmac.digest(key, b"HPKE-v1" + suite_id + label + data, "sha256")

    def expand(suite_id: bytes, key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + context
        return hmac.digest(key, labelled + b"\x01", "sha256")[:length]

    sender = ReadingKey.from_bytes(seeded("sender", plain, reader, info))
    agreed = sender.private.exchange(X25519PublicKey.from_public_bytes(reader))
    kem_context = sender.public + reader
    shared = expand(kem, extract(kem, b"", b"eae_prk", agreed), b"shared_secret", kem_context, 32)
    context = (
        b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    )
    secret = extract(suite, shared, b"secret", b"")
    key = expand(suite, secret, b"key", context, 32)
    nonce = expand(suite, secret, b"base_nonce", context, 12)
    return sender.public + ChaCha20Poly1305(key).encrypt(nonce, plain, b"")


# --- readers --------------------------------------------------------------------------------------


class Reader:
    """A node that takes entries in: the real ingest on a ledger in memory."""

    def __init__(self, *persons: Person, quota: Quota | None = None) -> None:
        self.clock = ManualClock(START_MS)
        self.keys = [person.reading for person in persons]
        self.database = Database(":memory:")
        with self.database.transaction(durable=False) as connection:
            local.ensure_open_circle(connection)
        self.ingest = Ingest(self.database, self.clock, lambda: self.keys, quota)
        self.queries = Queries(self.database.connection)

    def take(self, *stretches: Sequence[Written | SignedEntry]) -> IngestReport:
        """Receive stretches in one transaction."""
        return self.ingest.receive(
            [
                Arrival(
                    OPEN_CIRCLE,
                    [one.signed if isinstance(one, Written) else one for one in stretch],
                )
                for stretch in stretches
            ]
        )

    def take_all(self, world: World) -> None:
        """Receive a whole world in the order of writing, each entry on its own."""
        self.take(*([entry] for entry in world.entries))

    def repair(self, entries: Iterable[Written]) -> IngestReport:
        return self.ingest.repair(OPEN_CIRCLE, [entry.signed for entry in entries])

    def owed(self) -> set[bytes]:
        return self._ids("SELECT e.id FROM owed AS o JOIN entries AS e ON e.number = o.entry")

    def held_bodies(self) -> set[bytes]:
        return self._ids("SELECT e.id FROM bodies AS b JOIN entries AS e ON e.number = b.entry")

    def _ids(self, query: str) -> set[bytes]:
        return {identifier for (identifier,) in self.database.connection.execute(query)}

    def digest(self) -> bytes:
        number = circle_numbers(self.database.connection)[OPEN_CIRCLE]
        return read_frontier(self.database.connection, number).digest()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a folded table, without their numbers, in an order of their own."""
        cursor = self.database.connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
        for row in rows:
            row.pop("number", None)
        return sorted(rows, key=repr)

    def folded(self) -> dict[str, list[dict[str, Any]]]:
        """Every folded table."""
        return {table: self.rows(table) for table in FOLDED_TABLES}

    def derived(self) -> dict[str, list[tuple[Any, ...]]]:
        """What is derived for the fold, and which bodies are held, without row numbers."""
        queries = {
            "owed": "SELECT e.id FROM owed AS d JOIN entries AS e ON e.number = d.entry",
            "bodies": "SELECT e.id FROM bodies AS d JOIN entries AS e ON e.number = d.entry",
            "tips": "SELECT e.id FROM tips AS d JOIN entries AS e ON e.number = d.entry",
            "dependencies": "SELECT needed, subject FROM dependencies",
            "revocations": "SELECT e.id, d.person, d.feed, d.last_entry FROM revocations AS d"
            " JOIN entries AS e ON e.number = d.entry",
            "erasures": "SELECT e.id, d.target FROM erasures AS d"
            " JOIN entries AS e ON e.number = d.entry",
            "usage": "SELECT person, entries, bytes FROM usage",
        }
        return {
            name: sorted(self.database.connection.execute(query).fetchall())
            for name, query in queries.items()
        }

    def loan(self, loan: Written) -> dict[str, Any] | None:
        """The agreement row of the loan that this entry opened."""
        key = loan.subject.hex()
        return next((row for row in self.rows("agreements") if row["agreement"] == key), None)

    def signed_by(self, loan: Written) -> set[tuple[str, str]]:
        """(move, person) of each signature of a loan."""
        key = loan.subject.hex()
        return {
            (row["move"], row["person"])
            for row in self.rows("agreement_moves")
            if row["agreement"] == key
        }

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- delivery -------------------------------------------------------------------------------------


def deliver(
    world: World,
    reader: Reader,
    seed: int,
    lost: Iterable[Written] = (),
    strip: float = 0.3,
    observe: Callable[[Reader], None] | None = None,
) -> Reader:
    """Hand every entry to ``reader`` in an order, in cuts, with doubles, all drawn from ``seed``.

    Some bodies stay behind and are offered later, as the protocol does by asking each link; those
    of ``lost`` never come. ``observe`` is called after each transaction.
    """
    drawn = random.Random(seed)
    never = {entry.identifier for entry in lost if entry.header.seq}
    pending = _stretches(world, drawn)
    waited = 0
    while pending:
        size = min(len(pending), drawn.choice((1, 1, 2, 5, 40)))
        batch, pending = pending[:size], pending[size:]
        report = reader.take(
            *([_sent(entry, drawn, never, strip) for entry in stretch] for stretch in batch)
        )
        for stretch, result in zip(batch, report.results, strict=True):
            if result.outcome is Outcome.MISSING_PREVIOUS:
                pending.append(stretch)
            else:
                waited = 0
                assert result.outcome in (Outcome.STORED, Outcome.DUPLICATE), result.reason
        if observe is not None:
            observe(reader)
        waited += size
        assert waited < 50 * len(world.entries), "nothing moves any more"
        if drawn.random() < 0.1:
            offer_owed(world, reader, never)
    settle(world, reader, never)
    return reader


def settle(world: World, reader: Reader, never: Iterable[bytes] = ()) -> None:
    """Offer owed bodies until that changes nothing."""
    for _ in range(len(world.entries)):
        if not offer_owed(world, reader, never):
            return
    raise AssertionError("the reader asks for the same bodies again and again")


def offer_owed(world: World, reader: Reader, never: Iterable[bytes] = ()) -> bool:
    """Answer what the reader asks for, where it is to be had; whether there was anything."""
    wanted = sorted(reader.owed().difference(never))
    if wanted:
        reader.repair(world.by_id[identifier] for identifier in wanted)
    return bool(wanted)


def _stretches(world: World, drawn: random.Random) -> list[list[Written]]:
    """Stretches that together hold every entry at least once."""
    stretches = []
    remaining = {entry.identifier: entry for entry in world.entries}
    while remaining:
        end = remaining[drawn.choice(list(remaining))]
        path = ancestors(end)[-drawn.randint(1, 8) :]
        for entry in path:
            remaining.pop(entry.identifier, None)
        stretches.append(path)
        if drawn.random() < 0.2:
            stretches.append(path)
    drawn.shuffle(stretches)
    return stretches


def _sent(entry: Written, drawn: random.Random, never: set[bytes], strip: float) -> SignedEntry:
    stays = entry.identifier in never or (entry.header.seq > 0 and drawn.random() < strip)
    return SignedEntry(entry.signed.header, entry.signed.signature, None) if stays else entry.signed
