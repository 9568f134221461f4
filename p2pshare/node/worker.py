"""A thread for the database: asyncio hands it functions, one at a time, in order.

A live node has two: one writes, one reads for peers and people. SQLite never runs on the event loop
(DESIGN section 11). Knows nothing of what the functions do.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from p2pshare.net.tasks import off_loop

Result = TypeVar("Result")


class Worker:
    """One named thread, started at its first use and joined by ``close``."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"p2pshare-{name}")

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of ``work()``, which raises here what it raises there.

        If the caller is cancelled, ``work`` is still done whole once it has begun.
        """
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def close(self) -> None:
        """Wait for what was handed over, then end the thread."""
        await off_loop(lambda: self._executor.shutdown(wait=True))
