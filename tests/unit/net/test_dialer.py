"""The dialler's shell: what it logs, where it dials from, and that it ends."""

import asyncio
import logging
from random import Random

import pytest

from p2pshare.clock import SystemClock
from p2pshare.log.keys import SigningKey
from p2pshare.net.dialer import Dialer
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.link_errors import Unreachable
from p2pshare.net.links import Links
from p2pshare.net.peers import FAILURES_MAX
from p2pshare.net.transport import Endpoint, LocalDevice

LOOPBACK = InterfaceAddress("lo", 1, "127.0.0.1", 8)
NOBODY = Endpoint("127.0.0.1", 1)


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self.queue.put_nowait(record.getMessage())


@pytest.fixture
async def dialer():
    local, clock = LocalDevice(SigningKey.generate()), SystemClock()
    made = Dialer(local, Links(local.key.public, clock), never, clock, Random(1))
    lines = Lines()
    logger = logging.getLogger("p2pshare.net.dialer")
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    made.lines = lines.queue
    made.start()
    yield made
    await made.stop()
    logger.removeHandler(lines)
    logger.setLevel(level)


async def never(link):
    pytest.fail("there is nobody to link with")


async def next_line(dialer):
    async with asyncio.timeout(5):
        return await dialer.lines.get()


async def test_a_refused_dial_is_logged_with_its_address(dialer) -> None:
    dialer.set_interfaces([LOOPBACK], restricted=True)
    dialer.typed(NOBODY)
    line = await next_line(dialer)
    assert line == "dialled 127.0.0.1:1: no link: cannot be reached: connection refused"
    (target,) = dialer.book.targets
    assert target.failures == 1


async def test_with_named_interfaces_no_other_is_used(dialer) -> None:
    dialer.set_interfaces([InterfaceAddress("lo", 1, "::1", 128)], restricted=True)
    dialer.typed(NOBODY)
    assert "no permitted interface" in await next_line(dialer)


async def test_a_failing_one_is_dialled_again_when_the_network_changes(dialer) -> None:
    dialer.typed(NOBODY)
    for _ in range(3):
        assert "refused" in await next_line(dialer)
        dialer.network_changed()
    assert dialer.book.targets[0].failures <= 1


async def test_a_discovered_one_that_failed_too_often_is_given_up_and_said_so() -> None:
    local, clock, given_up = LocalDevice(SigningKey.generate()), SystemClock(), []
    links = Links(local.key.public, clock)
    idle = Dialer(local, links, never, clock, Random(1), given_up=given_up.append)
    idle.discovered("abcdefgh", [NOBODY])
    idle.remembered(bytes(32), [NOBODY])
    for _ in range(FAILURES_MAX):
        assert given_up == []
        for target in idle.book.targets:
            idle._not_linked(target, NOBODY, Unreachable("no answer"))
    assert given_up == ["abcdefgh"]
    assert idle.book.targets == []
