"""The database thread: one function at a time, in order, and none left over."""

import asyncio
import threading

import pytest

from p2pshare.node.worker import Worker


async def test_functions_run_in_order_on_one_named_thread() -> None:
    worker = Worker("trial")
    done: list[int] = []

    def work(number: int) -> str:
        done.append(number)
        return threading.current_thread().name

    names = await asyncio.gather(*(worker.run(lambda n=number: work(n)) for number in range(20)))
    assert done == list(range(20))
    assert set(names) == {"p2pshare-trial_0"}
    await worker.close()
    assert "p2pshare-trial_0" not in {thread.name for thread in threading.enumerate()}


async def test_what_a_person_waits_for_goes_before_what_peers_have_queued() -> None:
    worker = Worker("trial")
    begun, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def hold() -> None:
        begun.set()
        assert go_on.wait(5)

    works = [asyncio.ensure_future(worker.run(hold))]
    await asyncio.to_thread(begun.wait, 5)
    for name, urgent in (("a", False), ("b", False), ("c", True), ("d", True), ("e", False)):
        work = worker.run(lambda name=name: done.append(name), urgent=urgent)
        works.append(asyncio.ensure_future(work))
    cancelled = asyncio.ensure_future(worker.run(lambda: done.append("f")))
    await asyncio.wait([cancelled], timeout=0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    go_on.set()
    await asyncio.gather(*works)
    await worker.close()
    assert done == ["c", "d", "a", "b", "e"]


async def test_what_is_raised_there_is_raised_here() -> None:
    worker = Worker("trial")

    def fail() -> None:
        raise ZeroDivisionError("there")

    with pytest.raises(ZeroDivisionError, match="there"):
        await worker.run(fail)
    assert await worker.run(lambda: 1) == 1
    await worker.close()


async def test_what_has_begun_is_done_whole_if_the_caller_goes() -> None:
    worker = Worker("trial")
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(5)
        done.set()

    task = asyncio.ensure_future(worker.run(work))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await worker.close()
    assert done.is_set()


async def test_a_worker_that_was_never_used_closes() -> None:
    worker = Worker("trial")
    await worker.close()
    with pytest.raises(RuntimeError):
        await worker.run(lambda: None)
