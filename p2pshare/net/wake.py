"""Notices that the computer slept, or that its clock was set: wall time has moved without us.

While a computer sleeps the monotonic clock stands still (Linux, macOS) and the wall clock does not.
After that connections are half dead and mDNS records have expired unheard, so announce, browse and
dial again.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from p2pshare.clock import Clock

JUMP_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 5.0


class WakeWatch:
    """Compares both clocks; ``on_wake`` is called when they moved apart by more than JUMP_SECONDS,
    or when the loop itself was not run for so long."""

    def __init__(
        self, clock: Clock, on_wake: Callable[[], None], *, interval: float = LOOK_SECONDS
    ) -> None:
        self._clock = clock
        self._on_wake = on_wake
        self._interval = interval
        self._wall = clock.time_ms() / 1000
        self._monotonic = clock.monotonic()

    def look(self) -> bool:
        """Compare once; True if a jump was seen (``on_wake`` was called)."""
        wall, monotonic = self._clock.time_ms() / 1000, self._clock.monotonic()
        passed = monotonic - self._monotonic
        drift = abs((wall - self._wall) - passed)
        self._wall, self._monotonic = wall, monotonic
        if drift > JUMP_SECONDS or passed > self._interval + JUMP_SECONDS:
            self._on_wake()
            return True
        return False

    async def run(self) -> None:
        """Look for ever; run it as a task and cancel it."""
        while True:
            await asyncio.sleep(self._interval)
            self.look()
