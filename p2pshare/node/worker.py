"""A thread for the database: asyncio hands it functions, one at a time, in order.

A live node has two: one writes, one reads for peers and people. What people wait for goes before
what peers have queued up: their entries may be costly, and whoever sends them has time. SQLite
never runs on the event loop (DESIGN section 11). Knows nothing of what the functions do.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from p2pshare.net.tasks import off_loop

Result = TypeVar("Result")


class Worker:
    """One named thread, started at its first use and joined by ``close``."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"p2pshare-{name}")
        self._urgent: deque[Callable[[], None]] = deque()
        self._waiting: deque[Callable[[], None]] = deque()

    async def run(self, work: Callable[[], Result], *, urgent: bool = False) -> Result:
        """The result of ``work()``, which raises here what it raises there.

        ``urgent``: before all that waits and is not; a person waits for it. If the caller is
        cancelled, ``work`` is still done whole once it has begun.
        """
        future: Future[Result] = Future()
        queue = self._urgent if urgent else self._waiting
        queue.append(lambda: _settle(future, work))
        try:
            self._executor.submit(self._take)
        except RuntimeError:  # closed
            queue.pop()
            raise
        return await asyncio.wrap_future(future)

    async def close(self) -> None:
        """Wait for what was handed over, then end the thread."""
        await off_loop(lambda: self._executor.shutdown(wait=True))

    def _take(self) -> None:
        """Do what is next; called on the thread as often as something was handed over."""
        queue = self._urgent or self._waiting
        queue.popleft()()


def _settle(future: Future[Result], work: Callable[[], Result]) -> None:
    """Do the work and give the future its outcome, unless nobody wants it any more."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except BaseException as error:  # whatever it is, it is raised in ``run``
        future.set_exception(error)
    else:
        future.set_result(result)
