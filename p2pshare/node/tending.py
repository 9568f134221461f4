"""From time to time: what follows from the clock alone, while a node is on.

A turn in a queue lapses, a thing has rested, days for which nobody came have passed. What is then
written is ``node.entailing``'s; this module only says when to look, and tells what came of it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from p2pshare.clock import Clock
from p2pshare.errors import StoreError
from p2pshare.node.journal import Change, Journal
from p2pshare.node.reading import Reading
from p2pshare.node.worker import Worker
from p2pshare.store.queries import Queries

logger: Final = logging.getLogger("p2pshare.node.tending")

LOOK_SECONDS_MIN: Final = 60.0
"""The shortest time between two looks: a turn is hours long."""

LOOK_SECONDS_MAX: Final = 300.0
"""The longest one: things come to be free by the minute, and somebody may have set the clock."""


class Tending:
    """Looks after the things of the persons hosted here."""

    def __init__(
        self,
        writer: Worker,
        reading: Reading,
        journal: Callable[[], Journal],
        clock: Clock,
        publish: Callable[[Change], None],
    ) -> None:
        self._writer = writer
        self._reading = reading
        self._journal = journal
        self._clock = clock
        self._publish = publish

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await asyncio.sleep(await self.seconds_until_next())
                await self.look()
            except StoreError as error:
                logger.error("what is due could not be looked at: %s", error)
                await asyncio.sleep(LOOK_SECONDS_MIN)

    async def look(self) -> None:
        """Write what is due now, and publish it. Raises StoreError."""
        journal = self._journal()
        self._publish(await self._writer.run(journal.tend))

    async def seconds_until_next(self) -> float:
        """How long to wait: until the next turn passes, within bounds. Raises StoreError."""
        next_ms = await self._reading.query(_next_turn_ms)
        if next_ms is None:
            return LOOK_SECONDS_MAX
        # The last millisecond belongs to the turn.
        left = (next_ms + 1 - self._clock.time_ms()) / 1000
        return min(LOOK_SECONDS_MAX, max(LOOK_SECONDS_MIN, left))


def _next_turn_ms(queries: Queries) -> int | None:
    return queries.bookings.next_turn_ms(queries.reminders.hosted())
