"""Binding and following addresses; what comes in is tried in tests/integration/test_link_*.py."""

import socket

import pytest

from p2pshare.log.keys import SigningKey
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.listener import Listener
from p2pshare.net.transport import LocalDevice

FIRST = InterfaceAddress("lo", 1, "127.0.0.1", 8)
SECOND = InterfaceAddress("lo", 1, "127.0.0.2", 8)
ABSENT = InterfaceAddress("gone0", 9, "192.0.2.77", 24)


async def nobody(link):
    pytest.fail("nobody dials here")


@pytest.fixture
async def listener():
    made = Listener(LocalDevice(SigningKey.generate()), nobody)
    yield made
    await made.stop()


async def test_all_addresses_share_one_port(listener) -> None:
    port = await listener.start([FIRST, SECOND])
    assert listener.addresses == ["127.0.0.1", "127.0.0.2"]
    assert listener.port == port > 0


async def test_a_port_that_is_taken(listener) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await listener.start([FIRST], port)
        assert await listener.start([FIRST, SECOND], port) == port
        assert listener.addresses == ["127.0.0.2"]


async def test_an_address_that_is_not_there_does_not_hinder_the_others(listener) -> None:
    await listener.start([FIRST, ABSENT])
    assert listener.addresses == ["127.0.0.1"]
    listener.update([FIRST, ABSENT])
    assert listener.addresses == ["127.0.0.1"]


async def test_starting_without_a_network_and_following_it(listener) -> None:
    assert await listener.start([]) == 0
    listener.update([FIRST])
    port = listener.port
    assert port > 0
    listener.update([SECOND])
    assert (listener.addresses, listener.port) == (["127.0.0.2"], port)
    listener.update([])
    assert listener.addresses == []
