"""Which addresses are used, and that changes are noticed."""

import ipaddress

import pytest

from p2pshare.net.interfaces import (
    InterfaceAddress,
    InterfaceWatch,
    read_addresses,
    source_for,
    unready_in,
    usable_addresses,
)

LO = InterfaceAddress("lo", 1, "127.0.0.1", 8)
LO6 = InterfaceAddress("lo", 1, "::1", 128)
LAN = InterfaceAddress("eth0", 2, "192.168.1.5", 24)
LAN6 = InterfaceAddress("eth0", 2, "fd00::5", 64)
LINK6 = InterfaceAddress("eth0", 2, "fe80::5", 64)
VPN = InterfaceAddress("wg0", 3, "10.8.0.2", 32, True)
ALL = [LO, LO6, LAN, LAN6, LINK6, VPN]


def test_without_a_list_everything_that_leads_to_neighbours() -> None:
    assert set(usable_addresses(ALL)) == {LAN, LAN6, LINK6}


def test_with_a_list_exactly_that() -> None:
    assert usable_addresses(ALL, ["127.0.0.1"]) == (LO,)
    assert set(usable_addresses(ALL, ["10.8.0.2", "fe80::5%eth0"])) == {VPN, LINK6}
    assert usable_addresses(ALL, ["192.168.1.9"]) == ()


def test_this_computer_has_its_loopback() -> None:
    found = [one for one in read_addresses() if one.address == "127.0.0.1"]
    assert len(found) == 1
    assert found[0].is_loopback
    assert found[0].prefix_length == 8
    assert not found[0].point_to_point


def test_ipv6_addresses_that_nobody_can_bind_to_yet() -> None:
    """Lines as Linux writes them: address, index, prefix length, scope, flags, name."""
    table = """\
fe800000000000000000000000000001 02 40 20 80     eth0
fe800000000000000000000000000002 02 40 20 c0     eth0
fd000000000000000000000000000003 0a 40 00 44     wlan0
fd000000000000000000000000000004 0a 40 00 88     wlan0
00000000000000000000000000000001 01 80 10 80       lo
"""
    assert unready_in(table) == {(2, "fe80::2"), (10, "fd00::4")}  # tentative; a duplicate
    assert unready_in("") == set()


@pytest.mark.parametrize(
    ("interface", "other", "reached"),
    [
        (LAN, "192.168.1.77", True),
        (LAN, "192.168.2.77", False),
        (LAN, "fd00::77", False),
        (LAN6, "fd00::77", True),
        (LAN6, "fd01::77", False),
        (LAN6, "fe80::77", False),
        (LINK6, "fe80::77", True),
        (LINK6, "fe80::77%2", True),
        (LINK6, "fe80::77%eth0", True),
        (LINK6, "fe80::77%3", False),
        (LO, "127.9.9.9", True),
    ],
)
def test_what_is_behind_an_address(interface, other, reached) -> None:
    assert interface.reaches(ipaddress.ip_address(other)) is reached


def test_names_for_sockets() -> None:
    assert LAN.socket_name(7) == ("192.168.1.5", 7)
    assert LAN6.socket_name(7) == ("fd00::5", 7, 0, 0)
    assert LINK6.socket_name(7) == ("fe80::5", 7, 0, 2)
    assert (LINK6.scoped, LAN6.scoped) == ("fe80::5%2", "fd00::5")


def test_the_source_is_on_the_network_of_the_target() -> None:
    usable = [LO, LAN, LINK6]
    assert source_for("192.168.1.9", usable, restricted=True) == "192.168.1.5"
    assert source_for("fe80::9%2", usable, restricted=True) == "fe80::5%2"
    assert source_for("10.1.1.1", usable, restricted=False) is None
    assert source_for("10.1.1.1", [LAN], restricted=True) == "192.168.1.5"
    with pytest.raises(ValueError, match="no permitted interface"):
        source_for("fd00::1", [LAN], restricted=True)


async def test_the_watch_tells_of_each_change_once() -> None:
    present = [LO, LAN]
    seen = []
    watch = InterfaceWatch(seen.append, read=lambda: list(present))
    await watch.poll()
    await watch.poll()
    present.append(LAN6)
    await watch.poll()
    present.clear()
    await watch.poll()
    assert seen == [(LAN,), (LAN, LAN6), ()]


async def test_the_watch_keeps_to_its_list() -> None:
    seen = []
    watch = InterfaceWatch(seen.append, ["127.0.0.1"], read=lambda: ALL)
    assert await watch.poll() == (LO,)
    assert seen == [(LO,)]
