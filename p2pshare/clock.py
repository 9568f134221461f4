"""The Clock protocol: the only way the core learns what time it is.

Time is a constructor argument everywhere, so that a test or the simulator can own it. Nothing in
``domain``, ``log`` or ``sync`` reads a clock at all: they are handed times in milliseconds.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of wall-clock and monotonic time."""

    def time_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z; may jump when the user sets the clock."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes backwards."""


class SystemClock:
    """The clock of this computer."""

    def time_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds of ``time.monotonic``."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to move: for tests and the simulator."""

    def __init__(self, start_ms: int = 1_760_000_000_000) -> None:
        self._now_ms = start_ms
        self._monotonic = 0.0

    def time_ms(self) -> int:
        """The wall-clock time last set."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds advanced since construction."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by ``seconds`` (>= 0)."""
        if seconds < 0:
            raise ValueError("a clock cannot be advanced backwards")
        self._monotonic += seconds
        self._now_ms += round(seconds * 1000)
