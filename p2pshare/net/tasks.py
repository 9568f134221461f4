"""Holds every asyncio task of the core by name: the one place where a task is created.

A task that nobody holds can be collected while it runs, and its exception is seen by nobody. So
each component owns a ``Tasks``; closing it cancels what still runs and waits until it has ended.
``asyncio.create_task`` is used nowhere else (a test enforces it). Knows nothing of what the tasks
do.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")

logger = logging.getLogger("p2pshare.net.tasks")


async def off_loop(work: Callable[[], Result]) -> Result:
    """Run ``work``, which blocks, in a thread of its own; returns or raises as it does."""
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="p2pshare off loop")
    try:
        return await asyncio.get_running_loop().run_in_executor(executor, work)
    finally:
        executor.shutdown(wait=False)


class Tasks:
    """A set of named running tasks with one owner; also an async context manager that closes
    itself.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Result], *, name: str) -> asyncio.Task[Result]:
        """Run ``work`` as a task called ``owner: name``.

        An exception that escapes it is logged as an error, for nobody else will look at it.
        Raises RuntimeError when this holder is closed (``work`` is then disposed of, not run).
        """
        if self._closed:
            work.close()
            raise RuntimeError(f"{self.owner} is closed")
        task = asyncio.create_task(work, name=f"{self.owner}: {name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            logger.error("%s failed unexpectedly", task.get_name(), exc_info=error)

    async def close(self) -> None:
        """Cancel every task and wait for its end; idempotent. Called from one of its own tasks,
        that one is spared.
        """
        self._closed = True
        current = asyncio.current_task()
        ending = [task for task in self._running if task is not current]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
