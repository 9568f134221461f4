"""Devices that find, dial and hold each other over real sockets: one link for each pair."""

import asyncio
import contextlib
from random import Random

import pytest
from integration.link_kit import OWN_LOOPBACK

from p2pshare.clock import SystemClock
from p2pshare.errors import LinkError
from p2pshare.log.keys import SigningKey
from p2pshare.net.dialer import Dialer
from p2pshare.net.discovery import Discovery
from p2pshare.net.doctor import Cause, examine
from p2pshare.net.link_errors import LinkClosed, ProtocolBreach
from p2pshare.net.links import Links
from p2pshare.net.listener import Listener
from p2pshare.net.transport import Endpoint, LocalDevice


class Device:
    """A listener, a dialler and a registry, joined as node does it; sessions only say hello."""

    def __init__(self, seed, key=None) -> None:
        self.key = key or SigningKey.generate()
        local = LocalDevice(self.key)
        clock = SystemClock()
        self.links = Links(self.key.public, clock)
        self.worked = []
        self.changed = asyncio.Condition()
        self.sessions = 0
        self.dialer = Dialer(
            local,
            self.links,
            self.session,
            clock,
            Random(seed),
            worked=lambda device, endpoint: self.worked.append((device, endpoint)),
        )
        self.listener = Listener(local, self.dialer.run_accepted)

    async def session(self, link):
        self.sessions += 1
        await self.tell()
        try:
            await link.send(b"hello")
            while True:
                await link.receive()
        finally:
            await asyncio.shield(self.tell())

    async def tell(self):
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition, seconds=8.0):
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)

    def linked_with(self, other):
        link = self.links.get(other.key.public)
        return link is not None and not link.closed

    @property
    def endpoint(self):
        return Endpoint(OWN_LOOPBACK.address, self.listener.port)


@contextlib.asynccontextmanager
async def devices(count):
    made = [Device(seed) for seed in range(count)]
    changed = asyncio.Condition()
    for device in made:
        device.changed = changed
        await device.listener.start([OWN_LOOPBACK])
        device.dialer.set_interfaces([OWN_LOOPBACK], restricted=True)
        device.dialer.start()
    try:
        yield made
    finally:
        for device in made:
            await device.dialer.stop()
            await device.listener.stop()


def transcripts(device):
    return {link.transcript for link in device.links if not link.closed}


async def settled(ada, ben):
    """Both have one link with the other, and it is the same one."""
    await ada.until(
        lambda: (
            ada.linked_with(ben)
            and ben.linked_with(ada)
            and transcripts(ada) == transcripts(ben)
            and len(transcripts(ada)) == 1
        )
    )


async def test_a_typed_address_leads_to_a_link_that_is_remembered() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ben.endpoint)
        await settled(ada, ben)
        assert ada.worked == [(ben.key.public, ben.endpoint)]


@pytest.mark.parametrize("attempt", range(5))
async def test_both_dial_at_once_and_one_link_stays(attempt) -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ben.endpoint)
        ben.dialer.typed(ada.endpoint)
        await settled(ada, ben)
        link = ada.links.get(ben.key.public)
        await link.send(b"still up")
        assert not link.closed


async def test_two_names_for_one_device_make_one_link() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ben.endpoint)
        ada.dialer.discovered("abcdefgh", [ben.endpoint])
        ada.dialer.remembered(ben.key.public, [ben.endpoint])
        await settled(ada, ben)
        assert ada.sessions == ben.sessions == 1


async def test_a_pinned_endpoint_that_is_somebody_else_now_is_not_linked() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.remembered(SigningKey.generate().public, [ben.endpoint])
        ben.dialer.typed(ada.endpoint)
        await settled(ada, ben)
        assert not ada.links.get(ben.key.public).dialled


async def test_a_lost_link_is_made_again() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ben.endpoint)
        await settled(ada, ben)
        first = ada.links.get(ben.key.public)
        await ben.links.get(ada.key.public).close()
        await ada.until(lambda: ada.linked_with(ben) and ada.links.get(ben.key.public) is not first)
        await settled(ada, ben)


async def test_dialling_oneself_ends_in_no_link() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ada.endpoint)
        ada.dialer.typed(ben.endpoint)
        await settled(ada, ben)
        assert all(target.device is not None for target in ada.dialer.book.targets)
        assert ada.dialer.book.next_due() is None


async def test_a_device_that_restarts_is_linked_at_once() -> None:
    async with devices(2) as (ada, ben):
        ada.dialer.typed(ben.endpoint)
        await settled(ada, ben)
        port = ben.listener.port
        await ben.listener.stop()
        await ben.dialer.stop()
        again = Device(9, ben.key)
        again.changed = ada.changed
        await again.listener.start([OWN_LOOPBACK], port)
        try:
            await ada.until(lambda: ada.linked_with(again))
            await again.until(lambda: again.linked_with(ada))
        finally:
            await again.listener.stop()


async def test_three_find_each_other_by_mdns() -> None:
    async with devices(3) as made, contextlib.AsyncExitStack() as stack:
        for seed, device in enumerate(made):
            discovery = Discovery(device.dialer.discovered, device.dialer.gone, Random(seed))
            stack.push_async_callback(discovery.stop)
            await discovery.start([OWN_LOOPBACK], device.listener.port)
        for device in made:
            await device.until(
                lambda device=device: all(
                    device.linked_with(other) for other in made if other is not device
                )
            )
            assert len(device.links) == 2
        findings = await examine([OWN_LOOPBACK.address], present=[OWN_LOOPBACK], listen_seconds=2.5)
        assert [finding.cause for finding in findings] == [Cause.FINE]


async def test_a_session_that_refuses_tells_the_peer() -> None:

    async with devices(2) as (ada, ben):
        ended = []

        async def strict(link):
            raise ProtocolBreach("not a sync message")

        async def watch(link):
            try:
                await link.receive()
            except LinkError as error:
                ended.append(error)
                await ada.tell()
                raise

        ben.dialer._session = strict
        ada.dialer._session = watch
        ada.dialer.typed(ben.endpoint)
        await ada.until(lambda: ended)
        assert isinstance(ended[0], LinkClosed)
        assert ended[0].cause is ProtocolBreach


async def test_the_doctor_sees_a_refusing_computer_and_an_empty_network() -> None:
    findings = await examine([OWN_LOOPBACK.address], present=[OWN_LOOPBACK], listen_seconds=0.8)
    assert [finding.cause for finding in findings] == [Cause.NOBODY]
    discovery = Discovery(lambda instance, endpoints: None, lambda instance: None, Random(0))
    await discovery.start([OWN_LOOPBACK], 1)
    try:
        findings = await examine([OWN_LOOPBACK.address], present=[OWN_LOOPBACK], listen_seconds=2.5)
    finally:
        await discovery.stop()
    assert [finding.cause for finding in findings] == [Cause.REFUSED]
    assert f"{OWN_LOOPBACK.address}:1" in findings[0].sentence
