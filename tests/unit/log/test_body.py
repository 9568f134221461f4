"""log.body: salts, sealing to readers and to nobody else, and what is bound to its place."""

from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import EncodingError, KeyRefused, TooLarge
from p2pshare.limits import BODY_BYTES_MAX, SEALED_READERS_MAX
from p2pshare.log.body import (
    SALT_BYTES,
    SEALED_LABEL,
    _boxes,
    body_hash,
    check_body,
    clear_body,
    clear_payload,
    open_body,
    seal_body,
)
from p2pshare.log.keys import ReadingKey, public_reading_key

SALT = b"s" * SALT_BYTES
PLACE = {"circle": b"c" * 32, "feed": b"f" * 32, "previous": b"p" * 32}
READERS = [ReadingKey.from_bytes(bytes([number]) * 32) for number in range(1, 11)]
ADA, BEN, EVE = READERS[:3]
BOX_OVERHEAD = 48
FIRST_BOX = 33


def seal(payload: bytes, readers: list[ReadingKey]) -> bytes:
    return seal_body(SALT, payload, [reader.public for reader in readers], **PLACE)


def unseal(body: bytes, *keys: ReadingKey, **moved: Any) -> bytes | None:
    return open_body(body, keys, **{**PLACE, **moved})


BODY = seal(b"payload", [ADA, BEN])


@given(st.binary(max_size=100))
def test_a_clear_body_is_salt_and_payload(payload: bytes) -> None:
    assert clear_payload(clear_body(SALT, payload)) == payload
    assert clear_body(SALT, payload)[:SALT_BYTES] == SALT


def test_a_clear_body_too_short_for_a_salt_has_an_empty_payload() -> None:
    assert clear_payload(b"") == b""
    assert clear_payload(b"x" * 15) == b""


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_salt_of_another_length_is_a_mistake_of_the_caller(length: int) -> None:
    with pytest.raises(ValueError, match="salt"):
        clear_body(b"s" * length, b"")
    with pytest.raises(ValueError, match="salt"):
        seal_body(b"s" * length, b"", [ADA.public], **PLACE)


def test_clear_bodies_on_both_sides_of_the_limit() -> None:
    room = BODY_BYTES_MAX - SALT_BYTES
    assert len(clear_body(SALT, bytes(room))) == BODY_BYTES_MAX
    with pytest.raises(TooLarge):
        clear_body(SALT, bytes(room + 1))


@pytest.mark.parametrize("readers", [1, 2, SEALED_READERS_MAX])
def test_sealed_bodies_on_both_sides_of_the_limit(readers: int) -> None:
    room = (BODY_BYTES_MAX - FIRST_BOX) // readers - BOX_OVERHEAD - SALT_BYTES
    body = seal(bytes(room), READERS[:readers])
    assert BODY_BYTES_MAX - readers < len(body) <= BODY_BYTES_MAX
    assert unseal(body, READERS[readers - 1]) == bytes(room)
    with pytest.raises(TooLarge):
        seal(bytes(room + 1), READERS[:readers])


def test_readers_on_both_sides_of_the_limit() -> None:
    assert SEALED_READERS_MAX == 8
    body = seal(b"payload", READERS[:8])
    assert len(_boxes(body)) == 8
    assert [unseal(body, reader) for reader in READERS] == [b"payload"] * 8 + [None] * 2
    with pytest.raises(TooLarge):
        seal(b"payload", READERS[:9])
    with pytest.raises(TooLarge):
        seal(b"payload", [])


def test_a_reader_named_twice_gets_one_box() -> None:
    assert len(_boxes(seal(b"payload", [ADA, ADA]))) == 1


@given(st.binary(max_size=64))
def test_opens_for_its_readers_and_for_nobody_else(payload: bytes) -> None:
    body = seal(payload, [ADA, BEN])
    assert unseal(body, ADA) == payload
    assert unseal(body, BEN) == payload
    assert unseal(body, EVE, BEN) == payload
    assert unseal(body, EVE) is None
    assert unseal(body) is None


def test_a_sealed_body_shows_no_word_of_its_payload() -> None:
    payload = b"the ladder stands behind the blue shed"
    assert payload not in seal(payload, [ADA])
    assert seal(payload, [ADA]) != seal(payload, [ADA])


def test_the_leading_hash_proves_what_was_said() -> None:
    """A reader who shows salt and payload proves them to one who cannot open the body."""
    assert BODY[:32] == sha256(SALT + b"payload").digest()


@pytest.mark.parametrize("moved", ["circle", "feed", "previous"])
def test_a_box_moved_to_another_place_does_not_open(moved: str) -> None:
    assert unseal(BODY, ADA) == b"payload"
    assert unseal(BODY, ADA, **{moved: b"x" * 32}) is None


def test_every_byte_of_the_box_and_the_hash_is_guarded() -> None:
    body = seal(b"", [ADA])
    for at in range(len(body)):
        tampered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert unseal(tampered, ADA) is None, at


def test_a_damaged_box_leaves_the_other_readers_theirs() -> None:
    size = (len(BODY) - FIRST_BOX) // 2
    damaged = BODY[:FIRST_BOX] + bytes(size) + BODY[FIRST_BOX + size :]
    assert sorted([unseal(damaged, ADA) or b"", unseal(damaged, BEN) or b""]) == [b"", b"payload"]


def test_different_words_for_two_readers_are_noticed() -> None:
    """The sender cannot tell Ada one thing and Ben another: only what fits the hash opens."""
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    info = SEALED_LABEL + PLACE["circle"] + PLACE["feed"] + PLACE["previous"]
    boxes = [
        suite.encrypt(SALT + words, public_reading_key(reader.public), info=info)
        for words, reader in ((b"yes", ADA), (b"no!", BEN))
    ]
    body = sha256(SALT + b"yes").digest() + b"\x02" + b"".join(boxes)
    assert unseal(body, ADA) == b"yes"
    assert unseal(body, BEN) is None


@pytest.mark.parametrize("u", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_sealing_to_a_key_of_small_order_is_refused(u: int) -> None:
    with pytest.raises(KeyRefused):
        seal_body(SALT, b"payload", [ADA.public, u.to_bytes(32, "little")], **PLACE)


@pytest.mark.parametrize("u", [0, 1, 2**255 - 20])
def test_a_box_whose_sender_key_is_of_small_order_does_not_open(u: int) -> None:
    body = seal(b"", [ADA])
    assert unseal(body[:FIRST_BOX] + u.to_bytes(32, "little") + body[FIRST_BOX + 32 :], ADA) is None


MALFORMED = {
    "empty": b"",
    "a hash only": bytes(32),
    "no reader": bytes(32) + b"\x00",
    "no box": bytes(32) + b"\x01",
    "nine readers": bytes(32) + b"\x09" + bytes(9 * 100),
    "boxes of two lengths": bytes(32) + b"\x02" + bytes(201),
    "a box without room for a salt": bytes(32) + b"\x01" + bytes(BOX_OVERHEAD + SALT_BYTES - 1),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_sealed_body_has_no_readers_and_does_not_open(body: bytes) -> None:
    assert len(_boxes(body)) == 0
    assert unseal(body, ADA) is None


def test_the_shortest_box_is_counted() -> None:
    assert len(_boxes(bytes(32) + b"\x01" + bytes(BOX_OVERHEAD + SALT_BYTES))) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_not_opened_and_do_not_raise(body: bytes) -> None:
    assert unseal(body, ADA) is None


def test_a_body_is_checked_against_its_header() -> None:
    check_body(b"body", body_hash(b"body"), 4)
    for hashed, size in ((body_hash(b"bodz"), 4), (body_hash(b"body"), 3), (body_hash(b"body"), 5)):
        with pytest.raises(EncodingError):
            check_body(b"body", hashed, size)
