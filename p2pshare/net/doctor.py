"""Names the cause when nobody is found, in plain words, with what to do about it.

``diagnose`` judges what was observed and is pure; ``examine`` observes: interfaces, UDP 5353,
whether an announcement of ours comes back, who else announces, and whether they can be reached. It
uses only the given interfaces, makes no link and changes nothing.
"""

import asyncio
import errno
import socket
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final

from p2pshare.net.discovery import Discovery
from p2pshare.net.interfaces import (
    InterfaceAddress,
    read_addresses,
    source_for,
    usable_addresses,
)
from p2pshare.net.tasks import off_loop
from p2pshare.net.transport import Endpoint, socket_name

MDNS_GROUP: Final = "224.0.0.251"  # RFC 6762 section 3
MDNS_PORT: Final = 5353
LISTEN_SECONDS: Final = 4.0
CONNECT_SECONDS: Final = 2.0
CONNECTS_MAX: Final = 8


class Cause(Enum):
    """What is wrong, for programs."""

    NO_INTERFACE = "no_interface"
    NAMED_INTERFACE_MISSING = "named_interface_missing"
    ONLY_VPN = "only_vpn"
    MDNS_PORT_TAKEN = "mdns_port_taken"
    NOT_HEARD = "not_heard"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    NOBODY = "nobody"
    FINE = "fine"


@dataclass(frozen=True)
class Finding:
    """One cause: a plain sentence, and what to do."""

    cause: Cause
    sentence: str
    advice: str


class Reached(Enum):
    """How a TCP connection went."""

    CONNECTED = "connected"
    REFUSED = "refused"
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Observed:
    """What ``examine`` saw. ``mdns_error`` is why UDP 5353 could not be used; ``heard_own`` None if
    not tried.
    """

    present: tuple[InterfaceAddress, ...]
    usable: tuple[InterfaceAddress, ...]
    only: tuple[str, ...] = ()
    mdns_error: str | None = None
    heard_own: bool | None = None
    reached: tuple[tuple[Endpoint, Reached], ...] = ()


def diagnose(observed: Observed) -> list[Finding]:
    """The causes that fit what was observed, the most basic first; never empty."""
    if not observed.usable:
        return [_no_interface(observed)]
    findings = []
    if observed.mdns_error is not None:
        findings.append(
            Finding(
                Cause.MDNS_PORT_TAKEN,
                f"Looking around the network is not possible: UDP port 5353 cannot be used"
                f" ({observed.mdns_error}).",
                "Close the program that keeps port 5353 to itself, or type an address instead.",
            )
        )
    elif observed.heard_own is False:
        findings.append(
            Finding(
                Cause.NOT_HEARD,
                "This computer's own announcement does not come back: something blocks multicast.",
                "Allow UDP port 5353 for p2pshare in this computer's firewall, and turn off a VPN.",
            )
        )
    unreached = {how for _, how in observed.reached if how is not Reached.CONNECTED}
    connected = any(how is Reached.CONNECTED for _, how in observed.reached)
    if Reached.REFUSED in unreached:
        findings.append(
            Finding(
                Cause.REFUSED,
                f"{_places(observed, Reached.REFUSED)} announced p2pshare but refuses connections.",
                "Look whether p2pshare still runs there and whether the firewall there lets it in.",
            )
        )
    if Reached.TIMED_OUT in unreached:
        findings.append(
            Finding(
                Cause.TIMED_OUT,
                f"{_places(observed, Reached.TIMED_OUT)} announced p2pshare but does not answer.",
                "Allow p2pshare in the firewall there; on a guest Wi-Fi turn off AP isolation.",
            )
        )
    if not findings and connected:
        findings.append(
            Finding(Cause.FINE, "Other computers with p2pshare can be reached.", "Nothing to do.")
        )
    elif not findings:
        findings.append(
            Finding(
                Cause.NOBODY,
                "The network works, but no other computer announces p2pshare on it.",
                "Start p2pshare on another computer in the same network, or type its address.",
            )
        )
    return findings


def _no_interface(observed: Observed) -> Finding:
    if observed.only:
        return Finding(
            Cause.NAMED_INTERFACE_MISSING,
            f"None of the addresses that p2pshare may use is there: {', '.join(observed.only)}.",
            "Correct P2PSHARE_INTERFACES or --interface, or connect that network.",
        )
    if any(interface.point_to_point for interface in observed.present):
        return Finding(
            Cause.ONLY_VPN,
            "This computer is connected through a VPN only, and has no local network.",
            "Connect to the Wi-Fi or cable that your neighbours use.",
        )
    return Finding(
        Cause.NO_INTERFACE,
        "This computer is not connected to any network.",
        "Connect to the Wi-Fi or cable that your neighbours use; it needs no internet.",
    )


def _places(observed: Observed, how: Reached) -> str:
    return ", ".join(str(endpoint) for endpoint, reached in observed.reached if reached is how)


async def examine(
    only: Sequence[str] = (),
    *,
    ignore: Collection[Endpoint] = (),
    present: Sequence[InterfaceAddress] | None = None,
    listen_seconds: float = LISTEN_SECONDS,
    connect_seconds: float = CONNECT_SECONDS,
) -> list[Finding]:
    """Look for ``listen_seconds`` and say what is wrong.

    ``only``: the addresses it may use. ``ignore``: endpoints of this very installation.
    ``present``: what ``read_addresses`` gave, if the caller has it.
    """
    if present is None:
        present = await off_loop(read_addresses)
    usable = usable_addresses(present, only)
    if not usable:
        return diagnose(Observed(tuple(present), (), tuple(only)))
    found: dict[str, list[Endpoint]] = {}
    discovery = Discovery(found.__setitem__, lambda instance: None, Random())
    ears = _Ears(discovery.instance)
    error = await ears.open(usable)
    if error is not None:
        return diagnose(Observed(tuple(present), usable, tuple(only), mdns_error=error))
    try:
        # The announced port answers nothing; it is gone again before anybody has tried it twice.
        await discovery.start(usable, port=9)
        heard = await ears.wait(listen_seconds)
        candidates = [endpoints[0] for endpoints in found.values()]
        strangers = [endpoint for endpoint in candidates if endpoint not in ignore][:CONNECTS_MAX]
        reached = await asyncio.gather(
            *(_try(endpoint, usable, bool(only), connect_seconds) for endpoint in strangers)
        )
    finally:
        await discovery.stop()
        ears.close()
    return diagnose(
        Observed(
            tuple(present),
            usable,
            tuple(only),
            heard_own=heard,
            reached=tuple(zip(strangers, reached, strict=True)),
        )
    )


async def _try(
    endpoint: Endpoint, usable: Sequence[InterfaceAddress], restricted: bool, seconds: float
) -> Reached:
    """Connect by TCP and hang up."""
    family, name = socket_name(endpoint)
    source = source_for(endpoint.address, usable, restricted=restricted)
    with socket.socket(family, socket.SOCK_STREAM) as trying:
        trying.setblocking(False)
        try:
            if source is not None:
                trying.bind(socket_name(Endpoint(source, 0))[1])
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_connect(trying, name)
        except TimeoutError:
            return Reached.TIMED_OUT
        except OSError as error:
            return Reached.REFUSED if error.errno == errno.ECONNREFUSED else Reached.TIMED_OUT
    return Reached.CONNECTED


class _Ears(asyncio.DatagramProtocol):
    """Listens on UDP 5353 beside others and notes whether packets name ``instance``."""

    def __init__(self, instance: str) -> None:
        self._label = instance.encode()
        self._heard = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, usable: Sequence[InterfaceAddress]) -> str | None:
        """Join the group on the IPv4 interfaces; returns what went wrong, or None."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            listening.setblocking(False)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "SO_REUSEPORT"):
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listening.bind(("", MDNS_PORT))
            for interface in usable:
                if interface.version == 4:
                    member = struct.pack(
                        "4s4s", socket.inet_aton(MDNS_GROUP), socket.inet_aton(interface.address)
                    )
                    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: self, sock=listening
            )
        except OSError as error:
            listening.close()
            return error.strerror or str(error)
        return None

    def datagram_received(self, data: bytes, address: tuple[str | int, ...]) -> None:
        """Any packet to the group."""
        if self._label in data:
            self._heard.set()

    async def wait(self, seconds: float) -> bool:
        """Listen all the time, for others need it to answer; True if our own name was heard."""
        await asyncio.sleep(seconds)
        return self._heard.is_set()

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()
