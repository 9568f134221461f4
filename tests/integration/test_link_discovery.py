"""mDNS on loopback, with the real library and real multicast on 127.0.0.1 only."""

import asyncio
import contextlib
import getpass
import socket
import struct
from random import Random

import pytest
from integration.link_kit import OWN_LOOPBACK, SECOND_LOOPBACK
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from p2pshare.net.discovery import SERVICE_TYPE, Discovery, random_name
from p2pshare.net.transport import Endpoint

GROUP, MDNS_PORT = "224.0.0.251", 5353
HERE, NEAR = OWN_LOOPBACK.address, SECOND_LOOPBACK.address


class Neighbour:
    """A Discovery whose news can be waited for."""

    def __init__(self, **options) -> None:
        self.news = asyncio.Event()
        self.here: dict[str, list[Endpoint]] = {}
        self.discovery = Discovery(self.found, self.gone, Random(1), **options)

    def found(self, instance, endpoints):
        self.here[instance] = endpoints
        self.news.set()

    def gone(self, instance):
        del self.here[instance]
        self.news.set()

    async def until(self, condition, seconds=8.0):
        async with asyncio.timeout(seconds):
            while not condition():
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def neighbour(port, interfaces=(OWN_LOOPBACK,), **options):
    one = Neighbour(**options)
    await one.discovery.start(interfaces, port)
    try:
        yield one
    finally:
        await one.discovery.stop()


class Ears(asyncio.DatagramProtocol):
    """Everything that is sent to the mDNS group on loopback."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def datagram_received(self, data, address):
        self.packets.append(data)


@contextlib.asynccontextmanager
async def ears():
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.setblocking(False)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("", MDNS_PORT))
    member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(HERE))
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    transport, heard = await asyncio.get_running_loop().create_datagram_endpoint(
        Ears, sock=listening
    )
    try:
        yield heard
    finally:
        transport.close()


async def test_two_find_each_other_a_third_comes_late_and_one_says_goodbye() -> None:
    async with neighbour(1001) as ada, neighbour(1002) as ben:
        names = {one.discovery.instance for one in (ada, ben)}
        await ada.until(lambda: ben.discovery.instance in ada.here)
        await ben.until(lambda: ada.discovery.instance in ben.here)
        assert ada.here[ben.discovery.instance] == [Endpoint(HERE, 1002)]
        assert ada.discovery.instance not in ada.here
        async with neighbour(1003) as late:
            await late.until(lambda: names <= set(late.here))
            await ada.until(lambda: late.discovery.instance in ada.here)
            gone = late.discovery.instance
        await ada.until(lambda: gone not in ada.here)
        assert ben.discovery.instance in ada.here


async def test_a_goodbye_right_after_the_first_announcement_is_the_last_word() -> None:
    async with neighbour(1014) as ada:
        async with neighbour(1015) as brief:
            name = brief.discovery.instance
            await ada.until(lambda: name in ada.here)
        await ada.until(lambda: name not in ada.here)
        with pytest.raises(TimeoutError):  # the time in which other announcements would have come
            await ada.until(lambda: name in ada.here, seconds=0.6)


async def test_what_is_sent_holds_nothing_personal(monkeypatch) -> None:
    # Distinctive ones, for the real ones may be short and stand in random bytes by chance.
    monkeypatch.setattr(socket, "gethostname", lambda: "adas-own-computer")
    monkeypatch.setenv("LOGNAME", "adas-own-login")
    async with ears() as heard, neighbour(1004) as ada, neighbour(1005) as ben:
        await ada.until(lambda: ben.discovery.instance in ada.here)
        await ben.until(lambda: ada.discovery.instance in ben.here)
        names = (ada.discovery.instance, ben.discovery.instance)
    hosts = (ada.discovery._host, ben.discovery._host)
    labels = [name.split(".")[0].encode() for name in (*names, *hosts)]
    sent = b"".join(one for one in heard.packets if any(label in one for label in labels)).lower()
    assert all(name.encode() in sent for name in names)
    for personal in (socket.gethostname(), getpass.getuser()):
        assert personal.encode() not in sent
    assert b"\x03v=1" in sent
    network = socket.inet_aton(OWN_LOOPBACK.address)[:3].lower()  # may hold a "=" by chance
    assert sent.replace(network, b"").count(b"=") == sent.count(b"v=1")


async def test_the_name_is_another_at_each_start() -> None:
    names = {Discovery(print, print, Random(1)).instance for _ in range(20)}
    assert len(names) == 20
    assert all(len(name) == 16 and name.isalnum() and name.islower() for name in names)


async def test_refresh_after_sleep_announces_and_browses_again() -> None:
    async with neighbour(1006) as ada, neighbour(1007) as ben:
        await ada.until(lambda: ben.discovery.instance in ada.here)
        await ben.discovery.refresh()
        assert ben.discovery.running
        await ben.until(lambda: ada.discovery.instance in ben.here)
        await ada.until(lambda: ben.discovery.instance in ada.here)


async def test_interfaces_come_and_go() -> None:
    async with neighbour(1008, interfaces=()) as ada, neighbour(1009) as ben:
        assert not ada.discovery.running
        await ada.discovery.update([OWN_LOOPBACK])
        await ada.until(lambda: ben.discovery.instance in ada.here)
        await ben.until(lambda: ada.discovery.instance in ben.here)
        await ada.discovery.update([OWN_LOOPBACK, SECOND_LOOPBACK])
        both = [Endpoint(HERE, 1008), Endpoint(SECOND_LOOPBACK.address, 1008)]
        await ben.until(lambda: ben.here.get(ada.discovery.instance) == both)
        await ada.discovery.update([])
        assert not ada.discovery.running
        assert ada.here == {}
        await ben.until(lambda: ada.discovery.instance not in ben.here)


@contextlib.asynccontextmanager
async def liar():
    """Announces services as it likes."""
    zeroconf = AsyncZeroconf(interfaces=[HERE], ip_version=IPVersion.V4Only)
    try:
        yield zeroconf
    finally:
        await zeroconf.async_close()


async def announce(zeroconf, name, port=7, addresses=(HERE,), properties=None):
    info = AsyncServiceInfo(
        SERVICE_TYPE,
        f"{name}.{SERVICE_TYPE}",
        port=port,
        properties=properties or {},
        server=f"{random_name()}.local.",
        parsed_addresses=list(addresses),
    )
    return await zeroconf.async_register_service(info, cooperating_responders=True, strict=False)


async def test_lies_are_not_believed() -> None:
    async with liar() as zeroconf, neighbour(1010) as ada:
        announcing = [
            await announce(zeroconf, "Ada's computer"),
            await announce(zeroconf, "short"),
            await announce(zeroconf, random_name(), port=0),
            await announce(zeroconf, random_name(), addresses=["8.8.8.8"]),
            await announce(zeroconf, random_name(), addresses=["127.0.0.1"]),
            await announce(zeroconf, random_name(), addresses=["224.0.0.251"]),
        ]
        honest = random_name()
        announcing.append(
            await announce(
                zeroconf, honest, addresses=["8.8.8.8", NEAR], properties={"name": "Eve"}
            )
        )
        await ada.until(lambda: honest in ada.here)
        await asyncio.gather(*announcing)
        assert ada.here == {honest: [Endpoint(NEAR, 7)]}


async def test_a_flood_of_services_is_bounded_and_an_honest_one_can_come_through() -> None:
    async with liar() as zeroconf, neighbour(1011, candidates_max=10) as ada:
        announcing = [await announce(zeroconf, random_name(), port=7) for _ in range(60)]
        await ada.until(lambda: len(ada.here) == 10)
        await asyncio.gather(*announcing)
        assert len(ada.here) == len(ada.discovery.candidates) == 10
        async with neighbour(1012) as ben:
            await ada.until(lambda: ben.discovery.instance in ada.here)
            assert len(ada.here) == 10


@pytest.mark.parametrize("when", ["at once", "while announcing"])
async def test_stopping_early_leaves_nothing(when) -> None:
    one = Neighbour()
    await one.discovery.start([OWN_LOOPBACK], 1013)
    if when == "while announcing":
        await asyncio.sleep(0)
    await one.discovery.stop()
    assert not one.discovery.running


async def test_who_was_given_up_is_found_again_by_looking_around() -> None:
    async with neighbour(1020, look_around_seconds=0.2) as ada, neighbour(1021) as ben:
        name = ben.discovery.instance
        await ada.until(lambda: name in ada.here)
        del ada.here[name]
        ada.discovery.given_up(name)
        assert name not in ada.discovery.candidates
        await ada.until(lambda: name in ada.here)
        assert ada.here[name] == [Endpoint(HERE, 1021)]
