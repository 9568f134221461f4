"""One dial: when the other end may be refused, and how an address that leads nowhere is named."""

import socket

import pytest

from p2pshare.log.keys import SigningKey
from p2pshare.net.dialling import dial
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.link_errors import DuplicateLink, LinkClosed, MetOurselves, Unreachable
from p2pshare.net.listener import Listener
from p2pshare.net.tls import make_client_context
from p2pshare.net.transport import Endpoint, LocalDevice

LOOPBACK = InterfaceAddress("lo", 1, "127.0.0.1", 8)
KEY = SigningKey.generate()


@pytest.fixture
async def listener():
    made = Listener(LocalDevice(KEY), lambda link: link.receive())
    await made.start([LOOPBACK])
    yield made
    await made.stop()


async def test_admit_is_asked_before_this_end_says_who_it_is(listener) -> None:
    asked = []

    def refuse(device):
        asked.append(device)
        raise DuplicateLink(device=device)

    def see_nobody(device):
        pytest.fail("the other end learned who dialled")

    listener._admit = see_nobody
    with pytest.raises(DuplicateLink) as refused:
        await dial(
            Endpoint("127.0.0.1", listener.port),
            LocalDevice(SigningKey.generate()),
            make_client_context(),
            admit=refuse,
        )
    assert asked == [refused.value.device] == [KEY.public]


async def test_the_accepting_end_may_refuse_a_proven_device_before_the_welcome(listener) -> None:
    def refuse(device):
        raise MetOurselves(device=device)

    listener._admit = refuse
    with pytest.raises(LinkClosed) as closed:
        await dial(
            Endpoint("127.0.0.1", listener.port),
            LocalDevice(SigningKey.generate()),
            make_client_context(),
        )
    assert closed.value.cause is MetOurselves


async def test_no_answer_at_all() -> None:
    """A full queue of connections that nobody accepts answers nothing (Linux drops the SYN)."""
    with socket.socket() as full, socket.socket() as one, socket.socket() as two:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (one, two):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        with pytest.raises(Unreachable, match="no answer"):
            await dial(
                Endpoint("127.0.0.1", full.getsockname()[1]),
                LocalDevice(KEY),
                make_client_context(),
                seconds=0.2,
            )


@pytest.mark.parametrize("address", ["localhost", "", "127.0.0.1%x", "fe80::1%nosuchinterface"])
async def test_what_is_no_address(address) -> None:
    with pytest.raises(Unreachable):
        await dial(Endpoint(address, 7), LocalDevice(KEY), make_client_context())
