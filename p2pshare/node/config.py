"""What can be configured of an installation, and where it comes from. Frozen, read once.

Command line beats environment beats default. P2PSHARE_DATA names the folder, P2PSHARE_INTERFACES
the only addresses that are used, by every part of the program.
"""

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from p2pshare.domain.days import Zone
from p2pshare.errors import NodeError
from p2pshare.node.local_zone import LOCAL_ZONE
from p2pshare.store.append import Quota


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """How this installation is on the network.

    ``interfaces`` are the only addresses used; empty means every usable one. ``port`` 0 is any
    free one. ``peers`` are (host, port) to be dialled whatever discovery says.
    """

    interfaces: tuple[str, ...] = ()
    port: int = 0
    peers: tuple[tuple[str, int], ...] = ()
    discovery: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """The folder of an installation and its limits."""

    folder: Path
    network: NetworkConfig = field(default_factory=NetworkConfig)
    quota: Quota = field(default_factory=Quota)


def default_folder() -> Path:
    """The folder used when none is named: P2PSHARE_DATA, else the platform's place for data."""
    named = os.environ.get("P2PSHARE_DATA")
    return Path(named) if named else user_data_path("p2pshare", appauthor=False)


def interfaces_from_environment() -> tuple[str, ...]:
    """The addresses in P2PSHARE_INTERFACES, separated by commas; empty if it is not set.

    Raises NodeError for what is no address: it must never come to mean "every address".
    """
    text = os.environ.get("P2PSHARE_INTERFACES", "")
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(map(parse_interface, parts))
    except NodeError as error:
        raise NodeError(f"P2PSHARE_INTERFACES: {error}") from None


def parse_interface(text: str) -> str:
    """An IP address as text, a scope (``fe80::1%eth0``) kept. Raises NodeError."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise NodeError(f"{text!r} is not an address such as 192.168.1.7") from None


def parse_peer(text: str) -> tuple[str, int]:
    """(host, port) of ``HOST:PORT`` or ``[IPV6]:PORT``. Raises NodeError."""
    host, _, port = text.rpartition(":")
    if not host.strip("[]") or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise NodeError(f"'{text}' is not HOST:PORT, for example 192.168.1.20:4711")
    return host.strip("[]"), int(port)


def local_zone() -> Zone:
    """This computer's time zone, with its summer time."""
    return LOCAL_ZONE
