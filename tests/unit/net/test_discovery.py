"""What is believed of mDNS, without a network."""

import pytest
from zeroconf import IPVersion

from p2pshare.net.discovery import (
    instance_of,
    ip_version,
    mdns_interfaces,
    plausible_endpoints,
    random_name,
)
from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.transport import Endpoint

LO = InterfaceAddress("lo", 1, "127.0.0.1", 8)
LO6 = InterfaceAddress("lo", 1, "::1", 128)
LAN = InterfaceAddress("eth0", 2, "192.168.1.5", 24)
SECOND = InterfaceAddress("eth0", 2, "192.168.7.5", 24)
LAN6 = InterfaceAddress("eth0", 2, "fd00::5", 64)
LINK6 = InterfaceAddress("eth0", 2, "fe80::5", 64)


def test_names_are_random_base32_without_a_dot() -> None:
    names = {random_name() for _ in range(100)}
    assert len(names) == 100
    assert all(instance_of(f"{name}._p2pshare._tcp.local.") == name for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "._p2pshare._tcp.local.",
        "short._p2pshare._tcp.local.",
        "Ada's computer._p2pshare._tcp.local.",
        "abcdefgh.evil._p2pshare._tcp.local.",
        "../../../etc._p2pshare._tcp.local.",
        "abcdefgh1._p2pshare._tcp.local.",
        f"{'a' * 33}._p2pshare._tcp.local.",
        "abcdefgh._http._tcp.local.",
        "abcdefgh._p2pshare._tcp.local.\n",
    ],
)
def test_other_names_are_ignored(name) -> None:
    assert instance_of(name) is None


def test_addresses_of_other_networks_are_dropped_and_ipv4_comes_first() -> None:
    heard = ["fe80::9%2", "8.8.8.8", "fd00::9", "192.168.1.9", "224.0.0.251", "0.0.0.0", "x"]
    assert plausible_endpoints(heard, 7, [LAN, LAN6, LINK6]) == [
        Endpoint("192.168.1.9", 7),
        Endpoint("fd00::9", 7),
        Endpoint("fe80::9%2", 7),
    ]


def test_a_link_local_address_gets_its_scope_or_is_dropped() -> None:
    assert plausible_endpoints(["fe80::9"], 7, [LINK6]) == [Endpoint("fe80::9%2", 7)]
    assert plausible_endpoints(["fe80::9%3"], 7, [LINK6]) == []


@pytest.mark.parametrize("port", [None, 0, -1, 65536])
def test_impossible_ports(port) -> None:
    assert plausible_endpoints(["192.168.1.9"], port, [LAN]) == []


def test_many_addresses_are_bounded() -> None:
    heard = [f"192.168.1.{number}" for number in range(1, 250)]
    assert len(plausible_endpoints(heard, 7, [LAN])) == 8


def test_one_address_for_each_interface_and_family_and_never_the_ipv6_loopback() -> None:
    assert mdns_interfaces([LAN, SECOND, LAN6, LINK6]) == ["192.168.1.5", "fe80::5"]
    assert mdns_interfaces([LO, LO6]) == ["127.0.0.1"]
    assert ip_version([LO, LO6]) is IPVersion.V4Only
    assert ip_version([LAN, LAN6]) is IPVersion.All
    assert ip_version([LINK6]) is IPVersion.V6Only
