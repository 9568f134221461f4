"""A person's backup: their two keys in one small text file, so that a lost computer costs no one
their identity.

The person key certifies new feeds and revokes old ones; the reading key opens what was sealed to
the person. A restore hosts the person again and never continues an old feed: the next entry opens
a new one (DESIGN section 4). What the person had written comes back from neighbours. Files are
read and written by the caller.
"""

import json
from dataclasses import dataclass
from typing import Final

from p2pshare.errors import NodeError
from p2pshare.log.keys import ReadingKey, SigningKey
from p2pshare.node.keystore import KeyStore, Passphrase, read_pem, reading_pem, signing_pem

BACKUP_BYTES_MAX: Final = 64 * 1024

_FIRST_LINE: Final = "p2pshare person backup v1"
_PEM_END: Final = "-----END"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds of a person, and the passphrase that opened it, if it has one."""

    name: str
    key: SigningKey
    reading: ReadingKey
    passphrase: bytes | None


def write_backup(keys: KeyStore, person: bytes, name: str, passphrase: bytes | None) -> bytes:
    """The backup of a person (32 bytes), locked by ``passphrase`` if there is one.

    Raises KeyLocked, or NodeError if the person's key is not on this computer.
    """
    known = json.dumps({"person": person.hex(), "name": name})
    pems = signing_pem(keys.person_key(person), passphrase) + reading_pem(
        keys.reading_key(person), passphrase
    )
    return f"{_FIRST_LINE}\n{known}\n".encode() + pems


def read_backup(data: bytes, passphrase: Passphrase) -> Backup:
    """The keys in a backup. Raises NodeError if it is none, KeyLocked if it cannot be opened."""
    try:
        first_line, known, *rest = data.decode("ascii").splitlines(keepends=True)
        facts = json.loads(known)
        person, name = bytes.fromhex(facts["person"]), str(facts["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise NodeError("that file is no backup of a person") from error
    pems = _pems(rest)
    if first_line.strip() != _FIRST_LINE or len(pems) != 2:
        raise NodeError("that file is no backup of a person")
    given = passphrase(person) if b"ENCRYPTED" in pems[0] else None
    key, reading = (read_pem(pem, given, "the backup") for pem in pems)
    if not isinstance(key, SigningKey) or not isinstance(reading, ReadingKey):
        raise NodeError("that file is no backup of a person")
    if key.public != person:
        raise NodeError("that backup names another person than its key")
    return Backup(name, key, reading, given)


def _pems(lines: list[str]) -> list[bytes]:
    """The PEM blocks in these lines."""
    blocks, block = [], ""
    for line in lines:
        block += line
        if line.startswith(_PEM_END):
            blocks.append(block.encode("ascii"))
            block = ""
    return blocks
