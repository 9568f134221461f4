"""Whose keys open with a PIN, and which wrong ones were given: a small file for each, beside them.

A PIN is short, so that each wrong one after the first few makes the next wait (``domain.pin``),
also in another process and after a restart. The file is outside the ledger because a wrong PIN
undoes the transaction it was given in. It slows whoever stands at the desk; whoever can write into
this folder can remove it, and can as well copy the keys (docs/security.md).
"""

import os
from pathlib import Path
from typing import Final

from p2pshare.clock import Clock
from p2pshare.domain.pin import remaining_ms
from p2pshare.errors import NodeError, TooManyTries

_FILE_MODE: Final = 0o600
_TIME_DIGITS_MAX: Final = 16
_MINUTE_MS: Final = 60_000


def has_pin(folder: Path, person: bytes) -> bool:
    """Whether a person's key in this folder of keys opens with a PIN."""
    return _path(folder, person).exists()


class PinGuard:
    """Keeps the wrong PINs of the persons whose keys are in ``folder``."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def watch(self, person: bytes) -> None:
        """Count the wrong PINs of this person from now on. Raises NodeError."""
        self._append(person, "")

    def watches(self, person: bytes) -> bool:
        """Whether this person has a PIN."""
        return has_pin(self._folder, person)

    def check(self, person: bytes) -> None:
        """Raise TooManyTries unless a PIN may be tried now."""
        remaining = remaining_ms(self._wrong_at(person), self._clock.time_ms())
        if remaining:
            minutes = -(-remaining // _MINUTE_MS)
            wait = "a minute" if minutes == 1 else f"{minutes} minutes"
            raise TooManyTries(f"too many wrong PINs were given; wait {wait}, then try again")

    def count_try(self, person: bytes) -> None:
        """Count a PIN as wrong, on disk before this returns, until ``forget`` says that it fits."""
        self._append(person, f"{self._clock.time_ms()}\n")

    def forget(self, person: bytes) -> None:
        """The right PIN was given: what was wrong before counts no more. Raises NodeError."""
        try:
            with _path(self._folder, person).open("r+b") as file:
                file.truncate(0)
                os.fsync(file.fileno())
        except OSError as error:
            raise _unusable(error) from error

    def _append(self, person: bytes, text: str) -> None:
        """In one write, so that of two processes at once both are counted."""
        try:
            descriptor = os.open(
                _path(self._folder, person), os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE
            )
            with os.fdopen(descriptor, "ab") as file:
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unusable(error) from error

    def _wrong_at(self, person: bytes) -> list[int]:
        """When wrong PINs were given. A line that is no time counts, as if it were given now."""
        try:
            lines = _path(self._folder, person).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unusable(error) from error
        now_ms = self._clock.time_ms()
        return [
            int(line) if line.isdigit() and len(line) <= _TIME_DIGITS_MAX else now_ms
            for line in lines
        ]


def _path(folder: Path, person: bytes) -> Path:
    return folder / f"wrong-pins-{person.hex()}"


def _unusable(error: OSError) -> NodeError:
    return NodeError(f"wrong PINs cannot be counted, so none is tried: {error.strerror}")
