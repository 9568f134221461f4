"""Signing keys (Ed25519) and reading keys (X25519), and the check that a public key may be used.

Every public key from outside passes ``check_signing_key`` or ``check_reading_key`` once, before
anything is verified or sealed with it. This module never touches a file: ``node.keystore`` does.
"""

from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from p2pshare.errors import KeyRefused

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_FIELD: Final = 2**255 - 19
_SIGN_BIT: Final = 1 << 255

# The y coordinates of the eight points of small order on edwards25519: 1 (identity), -1 (order 2),
# 0 (order 4, both signs) and the two y of order 8. Under the identity one fixed signature verifies
# for ANY message with plain Ed25519 (DESIGN section 4); under a point of order n it does for one
# message in n, so that a stranger signs what they like in n tries ("Taming the many EdDSAs",
# Chalkias et al. 2020). tests/unit/log/test_keys.py measures both.
_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset({0, 1, _FIELD - 1, _ORDER_8_Y, _FIELD - _ORDER_8_Y})

# The u coordinates of small order on curve25519 (RFC 7748 section 6.1 and section 7): sealing to
# them would give a shared secret of zero.
_SMALL_ORDER_U: Final = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    }
)


def check_signing_key(public: bytes) -> None:
    """Refuse an Ed25519 public key (32 bytes) that is not canonical or is of small order.

    Raises KeyRefused. Whether the bytes are a point at all shows when a signature is verified.
    """
    if len(public) != KEY_BYTES:
        raise KeyRefused("a signing key must be 32 bytes")
    y = int.from_bytes(public, "little") & (_SIGN_BIT - 1)
    if y >= _FIELD:
        raise KeyRefused("the signing key is not in its canonical encoding")
    if y in _SMALL_ORDER_Y:
        raise KeyRefused("the signing key is of small order: it would sign anything")


def check_reading_key(public: bytes) -> None:
    """Refuse an X25519 public key (32 bytes) that is not canonical or is of small order.

    Raises KeyRefused.
    """
    if len(public) != KEY_BYTES:
        raise KeyRefused("a reading key must be 32 bytes")
    u = int.from_bytes(public, "little")
    if u >= _FIELD:
        raise KeyRefused("the reading key is not in its canonical encoding")
    if u in _SMALL_ORDER_U:
        raise KeyRefused("the reading key is of small order: anybody could read what is sealed")


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` (64 bytes) over ``data`` verifies under ``public`` (RFC 8032).

    False for any malformed input. The key must have passed ``check_signing_key``.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


class SigningKey:
    """An Ed25519 private key with its public key at hand."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public: Final = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, secret: bytes) -> Self:
        """The key of a 32-byte seed (RFC 8032 section 5.1.5)."""
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    def secret_bytes(self) -> bytes:
        """The 32-byte seed."""
        return self._private.private_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature over ``data``; callers put a label of their own in front."""
        return self._private.sign(data)


class ReadingKey:
    """An X25519 private key: opens what is sealed to a person."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self.private: Final = private
        self.public: Final = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key from the system's randomness."""
        return cls(X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, secret: bytes) -> Self:
        """The key of 32 secret bytes (RFC 7748)."""
        return cls(X25519PrivateKey.from_private_bytes(secret))

    def secret_bytes(self) -> bytes:
        """The 32 secret bytes."""
        return self.private.private_bytes_raw()


def public_reading_key(public: bytes) -> X25519PublicKey:
    """The key object of 32 public bytes that passed ``check_reading_key``."""
    return X25519PublicKey.from_public_bytes(public)
