"""tests/vectors: the recorded files are what the protocol says, by its own words and by our code.

What a second implementation would compute is written out here with hashlib, hmac and the bare
primitives of ``cryptography``; ``p2pshare.log`` must give the same.
"""

import hmac
import importlib.util
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from p2pshare.domain.hold import queue_tag
from p2pshare.errors import KeyRefused, LogError
from p2pshare.log.body import open_body
from p2pshare.log.certificate import (
    OPEN_CIRCLE,
    closed_circle,
    decode_certificate,
    decode_revocation,
    encode_certificate,
    person_subject,
)
from p2pshare.log.entry import SignedEntry, decode_header, encode_header, entry_id
from p2pshare.log.frontier import Frontier
from p2pshare.log.keys import ReadingKey, SigningKey, check_reading_key, check_signing_key
from p2pshare.log.stretch import check_end, read_certificate, read_entry, read_stretch

FOLDER = Path(__file__).parents[2] / "vectors"


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def unhex(value: Any) -> Any:
    """Hex text to bytes; the rest as it is."""
    if isinstance(value, list):
        return [unhex(one) for one in value]
    return bytes.fromhex(value) if isinstance(value, str) else value


KEYS = load("keys.json")
ENTRIES = {vector["name"]: vector for vector in load("entries.json")}
SEALED = load("sealed.json")
STATEMENTS = load("statements.json")
FRONTIER = load("frontier.json")


def signed_entry(vector: dict[str, Any]) -> SignedEntry:
    return SignedEntry(*(unhex(vector[part]) for part in ("header", "signature", "body")))


@pytest.fixture(scope="module")
def make_vectors() -> Any:
    spec = importlib.util.spec_from_file_location("make_vectors", FOLDER / "make_vectors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_what_make_vectors_makes(make_vectors: Any) -> None:
    made = make_vectors.build(make_vectors.recorded())
    recorded = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.json")}
    assert {name: recorded.get(name) for name in made} == made


def test_a_box_that_no_longer_opens_is_drawn_anew(make_vectors: Any) -> None:
    body = unhex(SEALED["body"])
    assert make_vectors.sealed(body) == SEALED
    fresh = make_vectors.sealed(body[:-1] + bytes([body[-1] ^ 1]))
    assert fresh["body"] != SEALED["body"]
    assert fresh["payload"] == SEALED["payload"]


@pytest.mark.parametrize("vector", KEYS["signing"], ids=lambda vector: vector["name"])
def test_signing_keys(vector: dict[str, str]) -> None:
    key = SigningKey.from_bytes(unhex(vector["secret"]))
    plain = Ed25519PrivateKey.from_private_bytes(unhex(vector["secret"]))
    assert key.public == plain.public_key().public_bytes_raw() == unhex(vector["public"])
    check_signing_key(key.public)


@pytest.mark.parametrize("vector", KEYS["reading"], ids=lambda vector: vector["name"])
def test_reading_keys(vector: dict[str, str]) -> None:
    key = ReadingKey.from_bytes(unhex(vector["secret"]))
    assert key.public == unhex(vector["public"])
    check_reading_key(key.public)


@pytest.mark.parametrize(
    ("check", "vector"),
    [(check_signing_key, vector) for vector in KEYS["refused_signing"]]
    + [(check_reading_key, vector) for vector in KEYS["refused_reading"]],
    ids=lambda part: part["name"] if isinstance(part, dict) else part.__name__,
)
def test_refused_keys(check: Callable[[bytes], None], vector: dict[str, str]) -> None:
    with pytest.raises(KeyRefused):
        check(unhex(vector["public"]))


def test_derived_ids() -> None:
    derived = {name: unhex(value) for name, value in KEYS["derived"].items()}
    open_circle = sha256(b"p2pshare open circle v1\0").digest()
    assert derived["open_circle"] == open_circle == OPEN_CIRCLE
    secret = derived["closed_circle_secret"]
    closed = sha256(b"p2pshare closed circle v1\0" + secret).digest()
    assert derived["closed_circle"] == closed == closed_circle(secret)
    subject = sha256(b"p2pshare person v1\0" + derived["person"]).digest()[:16]
    assert derived["person_subject"] == subject == person_subject(derived["person"])
    tag = sha256(b"p2pshare hold v1\0" + derived["hold_token"]).digest()[:8]
    assert derived["hold_tag"] == tag == queue_tag(derived["hold_token"])


@pytest.mark.parametrize("vector", [*ENTRIES.values(), SEALED], ids=lambda vector: vector["name"])
def test_entries_by_the_words_of_the_protocol(vector: dict[str, Any]) -> None:
    header, body = unhex(vector["header"]), unhex(vector["body"])
    fields = [
        value if name in ("kind", "sealed") or isinstance(value, int) else unhex(value)
        for name, value in vector["fields"].items()
    ]
    assert msgspec.msgpack.encode(fields) == header
    assert len(fields) == 12
    identifier = sha256(b"p2pshare entry v1\0" + header).digest()
    assert unhex(vector["entry_id"]) == identifier
    Ed25519PublicKey.from_public_bytes(fields[2]).verify(
        unhex(vector["signature"]), b"p2pshare entry signature v1\0" + identifier
    )
    assert fields[10] == sha256(body).digest()
    assert fields[11] == len(body)


@pytest.mark.parametrize("vector", [*ENTRIES.values(), SEALED], ids=lambda vector: vector["name"])
def test_entries_by_our_code(vector: dict[str, Any]) -> None:
    entry = read_entry(signed_entry(vector))
    check_end([entry])
    assert entry.identifier == unhex(vector["entry_id"]) == entry_id(unhex(vector["header"]))
    assert encode_header(entry.header) == unhex(vector["header"])
    for name, value in vector["fields"].items():
        ours = getattr(entry.header, name)
        if isinstance(ours, bytes):
            assert ours.hex() == value
        elif isinstance(ours, tuple):
            assert [one.hex() for one in ours] == value
        else:
            assert ours == value


def test_the_chain_and_its_fork_are_stretches() -> None:
    entries = [signed_entry(vector) for vector in ENTRIES.values()]
    opening, profile, listing, edit, fork, largest = entries
    for stretch in ([opening, profile, listing, edit, largest], [listing, fork]):
        check_end(read_stretch(stretch))
    certificate = read_certificate(read_entry(opening))
    assert certificate.person == unhex(KEYS["derived"]["person"])


@pytest.mark.parametrize("vector", load("refused_headers.json"), ids=lambda vector: vector["name"])
def test_refused_headers(vector: dict[str, str]) -> None:
    with pytest.raises(LogError):
        decode_header(unhex(vector["header"]))


@pytest.mark.parametrize("vector", STATEMENTS["certificates"], ids=lambda vector: vector["name"])
def test_certificates(vector: dict[str, Any]) -> None:
    payload, circle, feed = (unhex(vector[name]) for name in ("payload", "circle", "feed"))
    if not vector["valid"]:
        with pytest.raises(LogError):
            decode_certificate(payload, circle, feed)
        return
    fields = msgspec.msgpack.decode(payload)
    scope = [fields[name] for name in ("kinds", "listings", "expires_ms", "last_seq")]
    statement = msgspec.msgpack.encode([circle, feed, fields["reading_key"], *scope])
    Ed25519PublicKey.from_public_bytes(fields["person"]).verify(
        fields["signature"], b"p2pshare certificate v1\0" + statement
    )
    certificate = decode_certificate(payload, circle, feed)
    if len(fields) == 7:
        assert encode_certificate(certificate) == payload


@pytest.mark.parametrize("vector", STATEMENTS["revocations"], ids=lambda vector: vector["name"])
def test_revocations(vector: dict[str, Any]) -> None:
    payload, circle = unhex(vector["payload"]), unhex(vector["circle"])
    revocation = decode_revocation(payload, circle)
    assert (revocation is not None) == vector["valid"]
    if revocation is not None:
        fields = msgspec.msgpack.decode(payload)
        statement = [circle, *(fields[name] for name in ("feed", "last_seq", "last_entry"))]
        Ed25519PublicKey.from_public_bytes(fields["person"]).verify(
            fields["signature"],
            b"p2pshare revocation v1\0" + msgspec.msgpack.encode(statement),
        )
        assert [revocation.feed, revocation.last_seq, revocation.last_entry] == statement[1:]


def rfc_9180_open(box: bytes, private: X25519PrivateKey, info: bytes) -> bytes:
    """RFC 9180 in base mode, sections 4.1, 5.1 and 5.2, for KEM 0x0020, KDF 0x0001, AEAD 0x0003."""
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def extract(suite_id: bytes, key: bytes, label: bytes, data: bytes) -> bytes:
        return hmac.digest(key, b"HPKE-v1" + suite_id + label + data, "sha256")

    def expand(suite_id: bytes, key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + context
        return hmac.digest(key, labelled + b"\x01", "sha256")[:length]

    sender, ciphertext = box[:32], box[32:]
    agreed = private.exchange(X25519PublicKey.from_public_bytes(sender))
    kem_context = sender + private.public_key().public_bytes_raw()
    shared = expand(kem, extract(kem, b"", b"eae_prk", agreed), b"shared_secret", kem_context, 32)
    context = (
        b"\x00" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    )
    secret = extract(suite, shared, b"secret", b"")
    key = expand(suite, secret, b"key", context, 32)
    nonce = expand(suite, secret, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, b"")


def test_the_sealed_body_by_the_words_of_the_protocol() -> None:
    body, fields = unhex(SEALED["body"]), SEALED["fields"]
    plain = unhex(SEALED["salt"]) + unhex(SEALED["payload"])
    assert body[:32] == sha256(plain).digest()
    assert body[32] == 2
    size = (len(body) - 33) // 2
    info = b"p2pshare sealed v1\0" + b"".join(
        unhex(fields[name]) for name in ("circle", "feed", "previous")
    )
    secrets = sorted(
        unhex(SEALED["reading_secrets"]), key=lambda secret: ReadingKey.from_bytes(secret).public
    )
    for number, secret in enumerate(secrets):
        box = body[33 + number * size :][:size]
        assert rfc_9180_open(box, X25519PrivateKey.from_private_bytes(secret), info) == plain
    kind, request = msgspec.msgpack.decode(unhex(SEALED["payload"]))
    assert kind == "loan.request"
    assert request["listing"] == entry_id(request["listing_header"])[:16]


def test_the_sealed_body_by_our_code() -> None:
    fields = SEALED["fields"]
    place = {name: unhex(fields[name]) for name in ("circle", "feed", "previous")}
    for secret in SEALED["reading_secrets"]:
        key = ReadingKey.from_bytes(unhex(secret))
        assert open_body(unhex(SEALED["body"]), [key], **place) == unhex(SEALED["payload"])
    stranger = ReadingKey.from_bytes(b"\x05" * 32)
    assert open_body(unhex(SEALED["body"]), [stranger], **place) is None


def test_fingerprints() -> None:
    tips = {
        unhex(head["feed"]): tuple((seq, unhex(identifier)) for seq, identifier in head["tips"])
        for head in FRONTIER["feeds"]
    }
    assert list(tips) == sorted(tips)
    known = Frontier(tips)
    for prefix, expected in FRONTIER["fingerprints"].items():
        data = b"".join(
            feed
            + len(heads).to_bytes(4, "big")
            + b"".join(seq.to_bytes(8, "big") + identifier for seq, identifier in heads)
            for feed, heads in tips.items()
            if feed.hex().startswith(prefix)
        )
        assert known.fingerprint(prefix).hex() == expected == sha256(data).hexdigest()


# --- receipts -------------------------------------------------------------------------------------


def test_a_receipt_by_the_words_of_the_protocol() -> None:
    """Section 11 with hashes, signatures and MessagePack alone."""
    vector = load("receipt.json")
    data = unhex(vector["file"])
    label = b"p2pshare receipt v1\0"
    assert data.startswith(label)
    moves, listing, names, openings = msgspec.msgpack.decode(data[len(label) :])
    people = {}
    for header, _, body in openings:
        fields = msgspec.msgpack.decode(header)
        people[fields[2]] = msgspec.msgpack.decode(body[16:])["person"]
    identifiers = []
    for header, signature, *parts in [*moves, listing, *names, *openings]:
        fields = msgspec.msgpack.decode(header)
        identifier = sha256(b"p2pshare entry v1\0" + header).digest()
        Ed25519PublicKey.from_public_bytes(fields[2]).verify(
            signature, b"p2pshare entry signature v1\0" + identifier
        )
        if parts:
            assert sha256(parts[0]).digest() == fields[10]
        identifiers.append(identifier)
    said = []
    for header, _, body, plain in moves:
        assert sha256(plain).digest() == body[:32]
        fields = msgspec.msgpack.decode(header)
        kind, words = msgspec.msgpack.decode(plain[16:])
        said.append((fields[5], kind, people[fields[2]].hex(), words))
    said.sort(key=lambda move: move[0])
    assert [(kind, by) for _, kind, by, _ in said] == [
        (f"loan.{move['move']}", move["by"]) for move in vector["moves"]
    ]
    assert said[0][3]["listing_header"] == listing[0]
    assert people[msgspec.msgpack.decode(listing[0])[2]].hex() == vector["parties"][1]
    assert vector["agreement"] in {identifier[:16].hex() for identifier in identifiers}
