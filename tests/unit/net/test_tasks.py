"""Tasks are held, named, reported when they fail, and gone after closing."""

import asyncio
import threading

import pytest

from p2pshare.net.tasks import Tasks, off_loop


async def forever(ended):
    try:
        await asyncio.Event().wait()
    finally:
        ended.append(True)


async def test_closing_cancels_and_waits() -> None:
    ended = []
    tasks = Tasks("owner")
    task = tasks.start(forever(ended), name="waiting")
    assert task.get_name() == "owner: waiting"
    await asyncio.sleep(0)
    assert len(tasks) == 1
    await tasks.close()
    assert (ended, len(tasks)) == ([True], 0)
    await tasks.close()


async def test_an_unexpected_exception_is_logged(expect_log) -> None:
    expect_log("owner: broken failed unexpectedly", logger="p2pshare.net.tasks")

    async def broken():
        raise ZeroDivisionError

    async with Tasks("owner") as tasks:
        with pytest.raises(ZeroDivisionError):
            await tasks.start(broken(), name="broken")


async def test_results_come_through_and_ended_tasks_are_let_go() -> None:
    async def answer():
        return 42

    async with Tasks("owner") as tasks:
        assert await tasks.start(answer(), name="answer") == 42
        await asyncio.sleep(0)
        assert len(tasks) == 0


async def test_a_closed_holder_starts_nothing() -> None:
    tasks = Tasks("owner")
    await tasks.close()
    with pytest.raises(RuntimeError, match="owner is closed"):
        tasks.start(forever([]), name="late")


async def test_a_task_that_closes_its_own_holder_is_spared() -> None:
    tasks = Tasks("owner")
    ended = []
    tasks.start(forever(ended), name="other")

    async def closer():
        await asyncio.sleep(0)
        await tasks.close()
        return "done"

    assert await tasks.start(closer(), name="closer") == "done"
    assert ended == [True]


async def test_off_loop_runs_elsewhere_and_raises_as_the_work_does() -> None:
    assert await off_loop(threading.get_ident) != threading.get_ident()

    def broken():
        raise KeyError("x")

    with pytest.raises(KeyError):
        await off_loop(broken)
