"""log.certificate: who a feed speaks for, what ends a feed, and derived ids."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import CertificateRefused, KeyRefused, LogError
from p2pshare.limits import INTEGER_MAX, KIND_CHARACTERS_MAX, PAYLOAD_NESTING_MAX, SCOPE_ITEMS_MAX
from p2pshare.log.certificate import (
    OPEN_CIRCLE,
    Certificate,
    Revocation,
    closed_circle,
    decode_certificate,
    decode_revocation,
    encode_certificate,
    issue_certificate,
    person_subject,
    revocation_payload,
)
from p2pshare.log.keys import ReadingKey, SigningKey

PERSON = SigningKey.from_bytes(b"\x01" * 32)
READING = ReadingKey.from_bytes(b"\x02" * 32)
CIRCLE, FEED, LAST = b"c" * 32, b"f" * 32, b"l" * 32
IDENTITY_KEY = b"\x01" + bytes(31)


def issue(**scope: Any) -> Certificate:
    return issue_certificate(PERSON, READING.public, CIRCLE, FEED, **scope)


def signed_anyhow(**fields: Any) -> bytes:
    """A payload with any fields, truly signed by the person: what a hostile person could send."""
    whole: dict[str, Any] = {
        "person": PERSON.public,
        "reading_key": READING.public,
        "kinds": [],
        "listings": [],
        "expires_ms": None,
        "last_seq": None,
        **fields,
    }
    statement = b"p2pshare certificate v1\0" + msgspec.msgpack.encode(
        [CIRCLE, FEED]
        + [whole[name] for name in ("reading_key", "kinds", "listings", "expires_ms", "last_seq")]
    )
    return msgspec.msgpack.encode({"signature": PERSON.sign(statement), **whole})


def decode(payload: bytes) -> Certificate:
    return decode_certificate(payload, CIRCLE, FEED)


def test_round_trip_with_everything() -> None:
    certificate = issue(
        kinds=("loan.accept", "hours.pay"),
        listings=(b"b" * 16, b"a" * 16, b"b" * 16),
        expires_ms=1_760_000_000_000,
        last_seq=9,
    )
    assert certificate.kinds == ("hours.pay", "loan.accept")
    assert certificate.listings == (b"a" * 16, b"b" * 16)
    assert decode(encode_certificate(certificate)) == certificate


def test_the_statement_is_the_one_of_the_protocol() -> None:
    assert decode(signed_anyhow()) == issue()
    assert decode(signed_anyhow(last_seq=3)) == issue(last_seq=3)


@given(
    st.sets(st.text("abz09.-", min_size=1, max_size=KIND_CHARACTERS_MAX), max_size=5),
    st.sets(st.binary(min_size=16, max_size=16), max_size=5),
    st.none() | st.integers(0, INTEGER_MAX),
    st.none() | st.integers(0, INTEGER_MAX),
)
def test_round_trip(
    kinds: set[str], listings: set[bytes], expires_ms: int | None, last_seq: int | None
) -> None:
    certificate = issue(
        kinds=tuple(kinds), listings=tuple(listings), expires_ms=expires_ms, last_seq=last_seq
    )
    assert decode(encode_certificate(certificate)) == certificate


def test_it_holds_for_its_circle_and_feed_only() -> None:
    payload = encode_certificate(issue())
    for circle, feed in ((b"x" * 32, FEED), (CIRCLE, b"x" * 32)):
        with pytest.raises(CertificateRefused, match="not signed"):
            decode_certificate(payload, circle, feed)


@pytest.mark.parametrize(
    "changed",
    [
        {"kinds": ("hours.pay", "listing.put")},
        {"kinds": ()},
        {"listings": ()},
        {"expires_ms": 11},
        {"expires_ms": None},
        {"last_seq": 8},
        {"last_seq": None},
        {"person": SigningKey.from_bytes(b"\x09" * 32).public},
        {"reading_key": ReadingKey.from_bytes(b"\x09" * 32).public},
        {"signature": bytes(64)},
        {"signature": b""},
    ],
    ids=str,
)
def test_nothing_in_it_can_be_changed(changed: dict[str, Any]) -> None:
    certificate = issue(kinds=("hours.pay",), listings=(b"a" * 16,), expires_ms=10, last_seq=9)
    altered = msgspec.structs.replace(certificate, **changed)
    with pytest.raises(CertificateRefused, match="not signed"):
        decode(encode_certificate(altered))


def many_kinds(count: int) -> list[str]:
    return [f"k{number:03}" for number in range(count)]


def many_listings(count: int) -> list[bytes]:
    return [number.to_bytes(16, "big") for number in range(count)]


def test_scope_items_on_both_sides_of_the_limit() -> None:
    assert len(decode(signed_anyhow(kinds=many_kinds(SCOPE_ITEMS_MAX))).kinds) == SCOPE_ITEMS_MAX
    listings = many_listings(SCOPE_ITEMS_MAX)
    assert len(decode(signed_anyhow(listings=listings)).listings) == SCOPE_ITEMS_MAX
    for too_many in (
        {"kinds": many_kinds(SCOPE_ITEMS_MAX + 1)},
        {"listings": many_listings(SCOPE_ITEMS_MAX + 1)},
    ):
        with pytest.raises(CertificateRefused, match="too many"):
            decode(signed_anyhow(**too_many))


def test_kinds_in_scope_on_both_sides_of_the_limit() -> None:
    decode(signed_anyhow(kinds=["k" * KIND_CHARACTERS_MAX]))
    with pytest.raises(CertificateRefused, match="malformed"):
        decode(signed_anyhow(kinds=["k" * (KIND_CHARACTERS_MAX + 1)]))


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_listing_in_scope_has_16_bytes(length: int) -> None:
    with pytest.raises(CertificateRefused, match="malformed"):
        decode(signed_anyhow(listings=[b"x" * length]))


@pytest.mark.parametrize(
    "scope",
    [
        {"kinds": ["b", "a"]},
        {"kinds": ["a", "a"]},
        {"listings": [b"b" * 16, b"a" * 16]},
        {"listings": [b"a" * 16, b"a" * 16]},
    ],
    ids=str,
)
def test_a_scope_out_of_order_is_refused(scope: dict[str, Any]) -> None:
    with pytest.raises(CertificateRefused, match="order"):
        decode(signed_anyhow(**scope))


@pytest.mark.parametrize("name", ["expires_ms", "last_seq"])
def test_integers_on_both_sides_of_the_limit(name: str) -> None:
    for number in (0, 2**53):
        assert getattr(decode(signed_anyhow(**{name: number})), name) == number
    for number in (-1, 2**53 + 1, 2**64 - 1):
        with pytest.raises(CertificateRefused, match="range"):
            decode(signed_anyhow(**{name: number}))


def test_keys_that_must_not_be_used_are_refused() -> None:
    """Under the identity a stranger could certify any feed with the fixed signature."""
    forged = {"person": IDENTITY_KEY, "signature": IDENTITY_KEY + bytes(32)}
    with pytest.raises(KeyRefused):
        decode(signed_anyhow(**forged))
    with pytest.raises(KeyRefused):
        decode(signed_anyhow(reading_key=bytes(32)))
    with pytest.raises(KeyRefused):
        decode(signed_anyhow(person=PERSON.public[:31]))


def test_fields_it_does_not_know_are_ignored() -> None:
    assert decode(signed_anyhow(shoe_size=43)) == issue()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80",
        b"\xc0",
        b"\xff" * 10,
        signed_anyhow() + b"\xc0",
        signed_anyhow(last_seq=1.0),
        signed_anyhow(last_seq=True),
        signed_anyhow(person="x" * 32),
        signed_anyhow(kinds=[b"a"]),
        signed_anyhow(kinds=["a"]).replace(b"\xa1a", b"\xa1\xff"),
    ],
    ids=bytes.hex,
)
def test_what_does_not_decode_is_refused(payload: bytes) -> None:
    with pytest.raises(CertificateRefused):
        decode(payload)


def nest(depth: int) -> Any:
    inside: Any = None
    for _ in range(depth):
        inside = [inside]
    return inside


def test_nesting_on_both_sides_of_the_limit() -> None:
    """Refused alike by all nodes, whatever their stack; msgspec would raise RecursionError."""
    assert decode(signed_anyhow(unknown=nest(PAYLOAD_NESTING_MAX - 1))) == issue()
    with pytest.raises(CertificateRefused, match="nested"):
        decode(signed_anyhow(unknown=nest(PAYLOAD_NESTING_MAX)))
    with pytest.raises(CertificateRefused, match="nested"):
        decode(b"\x81\xa1x" + b"\x91" * 16_000 + b"\xc0")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_only_raise_log_errors(payload: bytes) -> None:
    with pytest.raises(LogError):
        decode(payload)
    assert decode_revocation(payload, CIRCLE) is None


MUTATIONS = (
    st.sampled_from(["change", "insert", "remove", "cut", "double"]),
    st.integers(0, 10_000),
    st.integers(0, 255),
)


@given(*MUTATIONS)
def test_a_mutated_certificate_is_refused_or_says_the_same(
    mutate: Callable[[bytes, str, int, int], bytes], how: str, where: int, value: int
) -> None:
    certificate = issue(kinds=("hours.pay",), listings=(b"a" * 16,), expires_ms=10, last_seq=9)
    try:
        read = decode(mutate(encode_certificate(certificate), how, where, value))
    except LogError:
        return
    assert read == certificate


REVOCATION = Revocation(CIRCLE, PERSON.public, FEED, 7, LAST)
REVOCATION_PAYLOAD = revocation_payload(PERSON, CIRCLE, FEED, 7, LAST)


def test_a_revocation_round_trips() -> None:
    assert decode_revocation(REVOCATION_PAYLOAD, CIRCLE) == REVOCATION


def test_a_revocation_holds_in_its_circle_only() -> None:
    assert decode_revocation(REVOCATION_PAYLOAD, b"x" * 32) is None


@given(*MUTATIONS)
def test_a_mutated_revocation_is_not_in_force_or_says_the_same(
    mutate: Callable[[bytes, str, int, int], bytes], how: str, where: int, value: int
) -> None:
    mutated = mutate(REVOCATION_PAYLOAD, how, where, value)
    assert decode_revocation(mutated, CIRCLE) in (None, REVOCATION)


def changed_revocation(**changed: Any) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(REVOCATION_PAYLOAD), **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"person": SigningKey.from_bytes(b"\x09" * 32).public},
        {"person": IDENTITY_KEY, "signature": IDENTITY_KEY + bytes(32)},
        {"person": b""},
        {"feed": b"g" * 32},
        {"feed": b"f" * 31},
        {"last_seq": 6},
        {"last_entry": b"m" * 32},
        {"last_entry": b"l" * 33},
        {"signature": b""},
        {"last_seq": None},
        {"unknown": nest(PAYLOAD_NESTING_MAX)},
        {"unknown": nest(900)},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_a_changed_revocation_is_not_in_force(changed: dict[str, Any]) -> None:
    assert decode_revocation(changed_revocation(**changed), CIRCLE) is None


@pytest.mark.parametrize(
    ("last_seq", "in_force"), [(0, True), (2**53, True), (2**53 + 1, False), (-1, False)]
)
def test_the_last_seq_of_a_revocation_on_both_sides_of_the_limit(
    last_seq: int, in_force: bool
) -> None:
    payload = revocation_payload(PERSON, CIRCLE, FEED, last_seq, LAST)
    assert (decode_revocation(payload, CIRCLE) is not None) == in_force


def test_a_certificate_is_no_revocation_and_the_other_way_round() -> None:
    """Each has a label of its own, so a signature over one never serves for the other."""
    assert decode_revocation(encode_certificate(issue()), CIRCLE) is None
    with pytest.raises(CertificateRefused):
        decode(REVOCATION_PAYLOAD)


def test_derived_ids_are_those_of_the_protocol() -> None:
    assert sha256(b"p2pshare open circle v1\0").digest() == OPEN_CIRCLE
    assert closed_circle(b"k" * 32) == sha256(b"p2pshare closed circle v1\0" + b"k" * 32).digest()
    assert person_subject(b"k" * 32) == sha256(b"p2pshare person v1\0" + b"k" * 32).digest()[:16]
