"""log.keys: which public keys are refused, and why (DESIGN section 4, measured here)."""

from hashlib import sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import KeyRefused
from p2pshare.log.keys import (
    ReadingKey,
    SigningKey,
    check_reading_key,
    check_signing_key,
    public_reading_key,
    verify,
)

# edwards25519 in plain affine arithmetic (RFC 8032 section 5.1), so that the eight points of small
# order are found here and not copied from the module under test.
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD
SQUARE_ROOT_OF_MINUS_1 = pow(2, (FIELD - 1) // 4, FIELD)
IDENTITY = (0, 1)

Point = tuple[int, int]


def add(first: Point, second: Point) -> Point:
    (x1, y1), (x2, y2) = first, second
    product = CURVE_D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, FIELD) % FIELD,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, FIELD) % FIELD,
    )


def times(scalar: int, point: Point) -> Point:
    result = IDENTITY
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def point_with_y(y: int) -> Point | None:
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    for root in (x, x * SQUARE_ROOT_OF_MINUS_1 % FIELD):
        if root * root % FIELD == square:
            return root, y
    return None


def order_of(point: Point) -> int:
    order, at = 1, point
    while at != IDENTITY:
        order, at = order + 1, add(at, point)
    return order


def torsion_points() -> list[Point]:
    """The eight points whose order divides 8: the multiples of one of order 8."""
    for y in range(2, 100):
        point = point_with_y(y)
        if point is not None and order_of(candidate := times(ORDER, point)) == 8:
            return [times(scalar, candidate) for scalar in range(8)]
    raise AssertionError("no point of order 8 found")


TORSION = torsion_points()


def encodings(y: int) -> list[bytes]:
    """Each 32-byte string with this y modulo the field: both signs, and y + p where it fits."""
    return [
        (value | sign << 255).to_bytes(32, "little")
        for value in (y, y + FIELD)
        if value < 2**255
        for sign in (0, 1)
    ]


def canonical(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def plainly_verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Plain Ed25519 of `cryptography`, without any check of the key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def challenge(commitment: bytes, public: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(commitment + public + message).digest(), "little") % ORDER


MESSAGES = [f"message {number}".encode() for number in range(64)]
FIXED_SIGNATURE = canonical(IDENTITY) + bytes(32)


def test_the_torsion_group_has_eight_points_of_orders_1_2_4_8() -> None:
    assert len(set(TORSION)) == 8
    assert sorted(order_of(point) for point in TORSION) == [1, 2, 4, 4, 8, 8, 8, 8]


@pytest.mark.parametrize("public", encodings(1), ids=bytes.hex)
def test_one_fixed_signature_verifies_for_any_message_under_the_identity(public: bytes) -> None:
    """Why keys are checked, in all four encodings: nobody holds the key and all is signed."""
    assert all(plainly_verifies(public, FIXED_SIGNATURE, message) for message in MESSAGES)
    with pytest.raises(KeyRefused):
        check_signing_key(public)


@pytest.mark.parametrize("point", TORSION, ids=lambda point: f"order-{order_of(point)}")
def test_a_stranger_signs_any_message_under_a_small_order_key(point: Point) -> None:
    """Under order n the fixed signature verifies exactly where the challenge is 0 modulo n, so a
    stranger who varies the message (or the commitment) needs n tries and no private key."""
    public, order = canonical(point), order_of(point)
    accepted = [plainly_verifies(public, FIXED_SIGNATURE, message) for message in MESSAGES]
    assert accepted == [
        challenge(FIXED_SIGNATURE[:32], public, message) % order == 0 for message in MESSAGES
    ]
    assert any(accepted)


@pytest.mark.parametrize("point", TORSION, ids=lambda point: f"order-{order_of(point)}")
def test_small_order_signing_keys_are_refused_in_every_encoding(point: Point) -> None:
    for public in encodings(point[1]):
        with pytest.raises(KeyRefused):
            check_signing_key(public)


@pytest.mark.parametrize("y", range(19))
@pytest.mark.parametrize("sign", [0, 1])
def test_a_y_that_is_not_below_the_field_is_refused(y: int, sign: int) -> None:
    with pytest.raises(KeyRefused, match="canonical" if y + FIELD < 2**255 else ""):
        check_signing_key((y + FIELD | sign << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("y", [2, 3, FIELD - 2])
@pytest.mark.parametrize("sign", [0, 1])
def test_neighbours_of_the_refused_values_are_accepted(y: int, sign: int) -> None:
    check_signing_key((y | sign << 255).to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(KeyRefused, match="32 bytes"):
        check_signing_key(b"\x05" * length)
    with pytest.raises(KeyRefused, match="32 bytes"):
        check_reading_key(b"\x05" * length)


def small_order_u() -> set[int]:
    """The u of RFC 7748 that are of small order: those of the curve's torsion, by the birational
    map u = (1 + y) / (1 - y) of section 4.1, and -1, the order-4 point of the twist."""
    on_the_curve = {
        (1 + y) * pow(1 - y, -1, FIELD) % FIELD for _, y in TORSION if (1 - y) % FIELD != 0
    }
    return on_the_curve | {0, FIELD - 1}


@pytest.mark.parametrize("u", sorted(small_order_u()), ids=hex)
def test_small_order_reading_keys_are_refused_in_every_encoding(u: int) -> None:
    for public in encodings(u):
        with pytest.raises(KeyRefused):
            check_reading_key(public)
        # `cryptography` itself notices the zero secret; the check does not depend on it.
        with pytest.raises(ValueError, match="key"):
            X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(public))


def test_five_reading_keys_of_small_order_are_known() -> None:
    assert len(small_order_u()) == 5


def test_a_reading_key_with_the_top_bit_set_is_refused() -> None:
    public = ReadingKey.from_bytes(b"\x07" * 32).public
    check_reading_key(public)
    with pytest.raises(KeyRefused, match="canonical"):
        check_reading_key(public[:31] + bytes([public[31] | 0x80]))


@given(st.binary(min_size=32, max_size=32))
def test_generated_keys_are_never_refused(seed: bytes) -> None:
    check_signing_key(SigningKey.from_bytes(seed).public)
    check_reading_key(ReadingKey.from_bytes(seed).public)


def test_drawn_keys_differ_and_come_back_from_their_secret() -> None:
    signing, reading = SigningKey.generate(), ReadingKey.generate()
    assert SigningKey.from_bytes(signing.secret_bytes()).public == signing.public
    assert ReadingKey.from_bytes(reading.secret_bytes()).public == reading.public
    assert SigningKey.generate().public != signing.public
    assert ReadingKey.generate().public != reading.public
    assert public_reading_key(reading.public).public_bytes_raw() == reading.public


def test_rfc_8032_test_2() -> None:
    key = SigningKey.from_bytes(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert key.sign(b"\x72") == signature
    assert verify(key.public, signature, b"\x72")


def test_verify_is_false_for_whatever_is_malformed() -> None:
    key = SigningKey.from_bytes(b"\x05" * 32)
    signature = key.sign(b"data")
    assert verify(key.public, signature, b"data")
    assert not verify(key.public, signature, b"date")
    assert not verify(key.public, signature[:-1], b"data")
    assert not verify(key.public, signature + b"\0", b"data")
    assert not verify(key.public, b"", b"data")
    assert not verify(key.public[:-1], signature, b"data")
    assert not verify(b"\x02" + bytes(31), signature, b"data")


def test_a_signature_with_s_not_below_the_order_does_not_verify() -> None:
    """RFC 8032 section 5.1.7: otherwise one signature could be written in two ways."""
    key = SigningKey.from_bytes(b"\x05" * 32)
    signature = key.sign(b"data")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not verify(key.public, signature[:32] + scalar.to_bytes(32, "little"), b"data")


@given(st.binary(max_size=40), st.binary(max_size=70), st.binary(max_size=10))
def test_verify_never_raises(public: bytes, signature: bytes, data: bytes) -> None:
    assert verify(public, signature, data) in (True, False)
