"""Which addresses of this computer may be used to listen, dial and multicast; and watching them
change.

With a list of addresses given (P2PSHARE_INTERFACES, --interface) only those are used, loopback
included. Without one: every address of every interface that is up and is not loopback,
point-to-point or a VPN. Opens no socket; ``net.listener``, ``net.discovery`` and ``net.dialer`` are
told the result.
"""

import asyncio
import ipaddress
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ifaddr

from p2pshare.net.tasks import off_loop

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_FLAG_UP: Final = 0x1  # netdevice(7): IFF_UP, IFF_POINTOPOINT
_FLAG_POINT_TO_POINT: Final = 0x10
_FLAG_TENTATIVE: Final = 0x40  # linux/if_addr.h: IFA_F_TENTATIVE, _OPTIMISTIC, _DADFAILED
_FLAG_OPTIMISTIC: Final = 0x04
_FLAG_DUPLICATE: Final = 0x08
_TUNNEL_NAMES: Final = (
    "tun",
    "tap",
    "wg",
    "utun",
    "ppp",
    "ipsec",
    "tailscale",
    "zt",
    "nordlynx",
    "gpd",
)
_SINGLE_HOST: Final = {4: 32, 6: 128}
POLL_SECONDS: Final = 3.0


@dataclass(frozen=True, order=True)
class InterfaceAddress:
    """One address of one interface. ``address`` is numeric text without scope; ``index`` is the
    interface's number.
    """

    name: str
    index: int
    address: str
    prefix_length: int
    point_to_point: bool = False

    @property
    def ip(self) -> IPAddress:
        """The address as an object."""
        return ipaddress.ip_address(self.address)

    @property
    def version(self) -> int:
        """4 or 6."""
        return self.ip.version

    @property
    def is_loopback(self) -> bool:
        """Whether only this computer is behind it."""
        return self.ip.is_loopback

    @property
    def scoped(self) -> str:
        """The address with its scope where it needs one: ``fe80::1%3``."""
        return f"{self.address}%{self.index}" if self._needs_scope else self.address

    @property
    def _needs_scope(self) -> bool:
        return self.version == 6 and self.ip.is_link_local

    def socket_name(self, port: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """What ``bind`` takes for this address and ``port``."""
        if self.version == 4:
            return (self.address, port)
        return (self.address, port, 0, self.index if self._needs_scope else 0)

    def reaches(self, other: IPAddress) -> bool:
        """Whether ``other`` is on the network directly behind this address."""
        if other.version != self.version:
            return False
        if other.version == 6 and other.is_link_local:
            scope = getattr(other, "scope_id", None)
            return self.ip.is_link_local and scope in (None, str(self.index), self.name)
        network = ipaddress.ip_network(f"{self.address}/{self.prefix_length}", strict=False)
        return (
            ipaddress.ip_address(int(other)) in network
            if other.version == 4
            else (ipaddress.IPv6Address(int(other)) in network)
        )


def read_addresses() -> list[InterfaceAddress]:
    """Every address of this computer that works, loopback and tunnels too. Reads small system
    files: off the loop.

    Where the system says so (Linux), interfaces without a cable do not count, nor IPv6 addresses
    that nobody may use yet because others are still asked whether they have them.
    """
    found = []
    unready = _unready_addresses()
    for adapter in ifaddr.get_adapters():
        flags = _flags(adapter.name)
        if (flags is not None and not flags & _FLAG_UP) or _without_carrier(adapter.name):
            continue
        index = adapter.index or 0
        for ip in adapter.ips:
            address = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = address.split("%")[0]
            if (index, address) in unready:
                continue
            version = ipaddress.ip_address(address).version
            loopback = ipaddress.ip_address(address).is_loopback
            tunnel = not loopback and (
                (ip.network_prefix == _SINGLE_HOST[version] and version == 4)
                or bool(flags is not None and flags & _FLAG_POINT_TO_POINT)
                or adapter.name.lower().startswith(_TUNNEL_NAMES)
            )
            found.append(InterfaceAddress(adapter.name, index, address, ip.network_prefix, tunnel))
    return sorted(found)


def _flags(name: str) -> int | None:
    """The interface's flags where the system shows them as a file (Linux), else None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return int(Path("/sys/class/net", name, "flags").read_text(), 16)
    except (OSError, ValueError):
        return None


def _without_carrier(name: str) -> bool:
    """Whether the system says that no cable or radio is connected (Linux): it does not tell by
    taking the address away.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return Path("/sys/class/net", name, "carrier").read_text().strip() == "0"
    except OSError:  # the interface is down, or gone
        return False


def _unready_addresses() -> set[tuple[int, str]]:
    """What ``unready_in`` says of this computer (Linux; elsewhere nothing)."""
    if not sys.platform.startswith("linux"):
        return set()
    try:
        return unready_in(Path("/proc/net/if_inet6").read_text())
    except OSError:  # no IPv6 here
        return set()


def unready_in(table: str) -> set[tuple[int, str]]:
    """(interface index, IPv6 address) of those in ``/proc/net/if_inet6`` that nobody can bind to.

    They are tentative for a second after an interface came up (RFC 4862 section 5.4), or were found
    to be somebody else's.
    """
    found = set()
    for line in table.splitlines():
        digits, index, _, _, flags_text, _ = line.split()
        flags = int(flags_text, 16)
        tentative = flags & _FLAG_TENTATIVE and not flags & _FLAG_OPTIMISTIC
        if tentative or flags & _FLAG_DUPLICATE:
            found.add((int(index, 16), str(ipaddress.IPv6Address(bytes.fromhex(digits)))))
    return found


def usable_addresses(
    present: Sequence[InterfaceAddress], only: Sequence[str] = ()
) -> tuple[InterfaceAddress, ...]:
    """Those of ``present`` that may be used: exactly ``only`` if given, else all that lead to
    neighbours.
    """
    if only:
        wanted = {ipaddress.ip_address(address.split("%")[0]) for address in only}
        return tuple(sorted(one for one in present if one.ip in wanted))
    return tuple(sorted(one for one in present if not one.is_loopback and not one.point_to_point))


def source_for(target: str, usable: Sequence[InterfaceAddress], *, restricted: bool) -> str | None:
    """The local address to dial ``target`` from: one on its network, else None (the system
    chooses).

    ``restricted``: only ``usable`` may be used; then any of the same family, and ValueError if
    there is none.
    """
    address = ipaddress.ip_address(target)
    family = [one for one in usable if one.version == address.version]
    for one in family:
        if one.reaches(address):
            return one.scoped
    if not restricted:
        return None
    if not family:
        raise ValueError(f"no permitted interface leads to {target}")
    return family[0].scoped


class InterfaceWatch:
    """Polls the usable addresses and tells when they change.

    ``read`` is called off the loop. ``on_change`` gets the new set, also the first one.
    """

    def __init__(
        self,
        on_change: Callable[[tuple[InterfaceAddress, ...]], None],
        only: Sequence[str] = (),
        *,
        interval: float = POLL_SECONDS,
        read: Callable[[], Sequence[InterfaceAddress]] = read_addresses,
    ) -> None:
        self._on_change = on_change
        self._only = tuple(only)
        self._interval = interval
        self._read = read
        self.current: tuple[InterfaceAddress, ...] | None = None

    async def poll(self) -> tuple[InterfaceAddress, ...]:
        """Look once; calls ``on_change`` if something changed. Returns the usable addresses."""
        usable = usable_addresses(await off_loop(self._read), self._only)
        if usable != self.current:
            self.current = usable
            self._on_change(usable)
        return usable

    async def run(self) -> None:
        """Poll for ever; run it as a task and cancel it."""
        while True:
            await self.poll()
            await asyncio.sleep(self._interval)
