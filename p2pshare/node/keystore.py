"""The keys of this installation, in ``keys/``: who it is, whom it hosts, what it may sign with.

One PKCS8 PEM file a key, 0600 in a folder 0700, written whole and fsynced before its name exists. A
person's passphrase encrypts what signs (person and feed keys). The reading key is not locked: what
it opens stands in the ledger beside it. No key ever leaves this module but as a key object. Where
the passphrase is a short PIN, ``node.pins`` counts the wrong ones.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from p2pshare.clock import Clock, SystemClock
from p2pshare.errors import KeyLocked, NodeError
from p2pshare.limits import PIN_OPEN_SECONDS_MAX
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node.pins import PinGuard

Passphrase = Callable[[bytes], bytes | None]
"""Gives a person's passphrase or PIN, or None if it is not known now."""

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


def no_passphrase(_person: bytes) -> bytes | None:
    """Knows no passphrase: keys without one can be used, the others stay locked."""
    return None


class KeyStore:
    """The files in ``keys/``."""

    def __init__(
        self,
        folder: Path,
        passphrase: Passphrase = no_passphrase,
        clock: Clock | None = None,
    ) -> None:
        """Make the folder if it is missing. Raises NodeError if it cannot be used."""
        self._folder = folder
        self._ask = passphrase
        self._clock = clock or SystemClock()
        self._pins = PinGuard(folder, self._clock)
        self._opened: dict[bytes, float] = {}
        self._known: dict[bytes, bytes] = {}
        try:
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            folder.chmod(_FOLDER_MODE)
        except OSError as error:
            raise NodeError(f"the folder {folder} cannot be used: {error.strerror}") from error

    def device_key(self) -> SigningKey:
        """The key of this installation, drawn at its first use."""
        path = self._folder / "device.pem"
        if not path.exists():
            self._write(path, signing_pem(SigningKey.generate(), None), replace=False)
        return self._read_signing(path, None)

    def draw_device_key(self) -> SigningKey:
        """A new device key: another installation was met that has the old one."""
        self._write(
            self._folder / "device.pem",
            signing_pem(SigningKey.generate(), None),
            replace=True,
        )
        return self.device_key()

    def add_person(
        self,
        passphrase: bytes | None = None,
        key: SigningKey | None = None,
        reading: ReadingKey | None = None,
        *,
        pin: bool = False,
    ) -> SigningKey:
        """A person's key and reading key, drawn anew or (a second computer, a backup) given.

        Locked by ``passphrase`` if there is one; ``pin``: it is a PIN, and wrong ones are counted.
        Raises NodeError.
        """
        person = key or SigningKey.generate()
        if pin:
            self._pins.watch(person.public)
        reading_key = reading or ReadingKey.generate()
        self._write(
            self._reading_path(person.public), reading_pem(reading_key, None), replace=False
        )
        self._write(
            self._person_path(person.public),
            signing_pem(person, passphrase),
            replace=False,
        )
        if passphrase:
            self._known[person.public] = passphrase
            self._opened[person.public] = self._clock.monotonic()
        return person

    def sweep(self) -> None:
        """Remove the half-written and doubled files that a killed process left, secrets in them.

        Only under the ledger's write lock: all keys but the device's are written under it, so that
        none of these files can be somebody's who is still writing.
        """
        for path in self._folder.glob(".*-*.pem.*"):
            path.unlink(missing_ok=True)

    def unlock(self, person: bytes, passphrase: bytes) -> None:
        """Use this passphrase until ``lock``; a PIN for PIN_OPEN_SECONDS_MAX at most.

        Raises KeyLocked if it is the wrong one, or TooManyTries if wrong PINs were given before.
        """
        self._prove(person, passphrase)
        self._known[person] = passphrase
        self._opened[person] = self._clock.monotonic()

    def lock(self, person: bytes) -> None:
        """Forget the passphrase of a person."""
        self._known.pop(person, None)

    def has_pin(self, person: bytes) -> bool:
        """Whether the person's key opens with a PIN, and wrong ones are counted."""
        return self._pins.watches(person)

    def _passphrase(self, person: bytes) -> bytes | None:
        """The passphrase to try; of a PIN it is known that it is the right one.

        At a desk the next one stands there soon: a PIN is asked for again after a while.
        """
        opened = self._opened.get(person, 0.0)
        if self._clock.monotonic() - opened >= PIN_OPEN_SECONDS_MAX and self.has_pin(person):
            self.lock(person)
        known = self._known.get(person)
        if known is not None:
            return known
        given = self._ask(person)
        if given is not None and self.has_pin(person):
            self.unlock(person, given)
        return given

    def _prove(self, person: bytes, passphrase: bytes) -> None:
        """Open the person's key with it. Raises KeyLocked, TooManyTries, or NodeError."""
        path = self._person_path(person)
        data, what = self._bytes_of(path), f"the key file {path.name}"
        if not is_locked(data):
            return
        if not self._pins.watches(person):
            read_pem(data, passphrase, what)
            return
        self._pins.check(person)
        self._pins.count_try(person)
        read_pem(data, passphrase, what)
        self._pins.forget(person)

    def add_feed(self, person: bytes) -> SigningKey:
        """A new feed key, locked as the person's key is; on disk before this returns.

        Raises KeyLocked where the person's passphrase is not known.
        """
        self.person_key(person)  # proves that the passphrase is the right one
        key = SigningKey.generate()
        passphrase = self._passphrase(person) if self.is_locked(person) else None
        self._write(self._feed_path(key.public), signing_pem(key, passphrase), replace=False)
        return key

    def person_key(self, person: bytes) -> SigningKey:
        """The person's key. Raises KeyLocked, or NodeError if it is not on this computer."""
        return self._read_signing(self._person_path(person), person)

    def is_locked(self, person: bytes) -> bool:
        """Whether the person's key needs a passphrase. Raises NodeError if it is not here."""
        try:
            return is_locked(self._person_path(person).read_bytes())
        except OSError as error:
            raise NodeError("that person's key is not on this computer") from error

    def has_person_key(self, person: bytes) -> bool:
        """Whether the person's key is here: feeds can be opened and revoked."""
        return self._person_path(person).exists()

    def feed_key(self, feed: bytes, person: bytes) -> SigningKey:
        """A feed's key. Raises KeyLocked, or NodeError if it is not on this computer."""
        return self._read_signing(self._feed_path(feed), person)

    def has_feed_key(self, feed: bytes) -> bool:
        """Whether the key of a feed is on this computer."""
        return self._feed_path(feed).exists()

    def reading_key(self, person: bytes) -> ReadingKey:
        """The reading key of a person. Raises NodeError if it is not here."""
        key = self._load(self._reading_path(person), None)
        if not isinstance(key, ReadingKey):
            raise NodeError(f"the key file {self._reading_path(person).name} is of another kind")
        return key

    def reading_keys(self) -> list[ReadingKey]:
        """The reading keys of every person hosted here."""
        found = []
        for path in sorted(self._folder.glob("reading-*.pem")):
            key = self._load(path, None)
            if isinstance(key, ReadingKey):
                found.append(key)
        return found

    def _read_signing(self, path: Path, person: bytes | None) -> SigningKey:
        key = self._load(path, person)
        if not isinstance(key, SigningKey):
            raise NodeError(f"the key file {path.name} is of another kind")
        return key

    def _load(self, path: Path, person: bytes | None) -> SigningKey | ReadingKey:
        data = self._bytes_of(path)
        passphrase = None
        if person is not None and is_locked(data):
            passphrase = self._passphrase(person)
        return read_pem(data, passphrase, f"the key file {path.name}")

    def _bytes_of(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise NodeError(f"the key {path.name} is not on this computer") from error
        except OSError as error:
            raise NodeError(f"the key {path.name} cannot be read: {error.strerror}") from error

    def _write(self, path: Path, data: bytes, *, replace: bool) -> None:
        """Write a file that is either whole under its name or not there at all."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                temporary.replace(path)
            else:
                try:
                    os.link(temporary, path)
                except FileExistsError:
                    pass  # another process was first: its key is the one
                finally:
                    temporary.unlink()
            _sync_folder(self._folder)
        except OSError as error:
            raise NodeError(f"the key {path.name} cannot be written: {error.strerror}") from error

    def _person_path(self, person: bytes) -> Path:
        return self._folder / f"person-{person.hex()}.pem"

    def _reading_path(self, person: bytes) -> Path:
        return self._folder / f"reading-{person.hex()}.pem"

    def _feed_path(self, feed: bytes) -> Path:
        return self._folder / f"feed-{feed.hex()}.pem"


def signing_pem(key: SigningKey, passphrase: bytes | None) -> bytes:
    """A signing key as a PKCS8 PEM file, locked by ``passphrase`` if there is one."""
    private = Ed25519PrivateKey.from_private_bytes(key.secret_bytes())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))


def reading_pem(key: ReadingKey, passphrase: bytes | None) -> bytes:
    """A reading key as a PKCS8 PEM file, locked by ``passphrase`` if there is one."""
    return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))


def read_pem(data: bytes, passphrase: bytes | None, what: str) -> SigningKey | ReadingKey:
    """The key in a PKCS8 PEM file; ``what`` names it.

    Raises KeyLocked if the passphrase is missing or wrong, NodeError for anything else.
    """
    if passphrase is None and is_locked(data):
        raise KeyLocked("this person's key is locked; give the passphrase or PIN")
    try:
        private = load_pem_private_key(data, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase is not None:
            raise KeyLocked("that passphrase or PIN does not open the key") from error
        raise NodeError(f"{what} is damaged") from error
    match private:
        case Ed25519PrivateKey():
            return SigningKey(private)
        case X25519PrivateKey():
            return ReadingKey(private)
        case _:
            raise NodeError(f"{what} is of another kind")


def _encryption(passphrase: bytes | None) -> KeySerializationEncryption:
    return BestAvailableEncryption(passphrase) if passphrase else NoEncryption()


def is_locked(pem: bytes) -> bool:
    """Whether a PEM file needs a passphrase."""
    return b"ENCRYPTED" in pem.split(b"\n", 1)[0]


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; folders cannot be synced on Windows, which needs it not."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
