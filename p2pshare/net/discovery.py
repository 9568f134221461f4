"""Finds p2pshare on the local network by mDNS service discovery (RFC 6762, RFC 6763), and is found.

Announces ``_p2pshare._tcp.local.`` under a random name drawn at each start, on a random host name,
with the TXT record ``v=1`` and nothing else; browses for others. What it hears is a hint from
nobody in particular: names of another shape, ports out of range and addresses that are not on a
network of ours are dropped, and what is kept and asked for is bounded. Who is really there shows in
the link handshake. Dials nothing: ``net.dialer`` is told endpoints.
"""

import asyncio
import base64
import ipaddress
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from zeroconf import (
    IPVersion,
    NotRunningException,
    ServiceStateChange,
    Zeroconf,
    current_time_millis,
)
from zeroconf._dns import DNSPointer, DNSQuestion
from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from p2pshare.net.interfaces import InterfaceAddress
from p2pshare.net.peers import ENDPOINTS_PER_TARGET_MAX
from p2pshare.net.tasks import Tasks
from p2pshare.net.transport import Endpoint

logger: Final = logging.getLogger("p2pshare.net.discovery")

SERVICE_TYPE: Final = "_p2pshare._tcp.local."
TXT: Final = {b"v": b"1"}
CANDIDATES_MAX: Final = 256
RESOLVING_MAX: Final = 16
RESOLVE_MILLISECONDS: Final = 3000
LOOK_AROUND_SECONDS: Final = 30.0
RESOLVE_TRIES: Final = 4
FLAGS_QUERY: Final = 0  # RFC 1035 section 4.1.1
TYPE_POINTER: Final = 12  # RFC 1035 section 3.2.2
CLASS_INTERNET: Final = 1  # RFC 1035 section 3.2.4
_RANDOM_NAME_BYTES: Final = 10
_INSTANCE: Final = re.compile(r"([a-z2-7]{8,32})\._p2pshare\._tcp\.local\.", re.IGNORECASE)


def random_name() -> str:
    """80 random bits in base32, lower case: 16 characters, no dot (a dot makes Avahi drop a
    service).
    """
    return base64.b32encode(secrets.token_bytes(_RANDOM_NAME_BYTES)).decode().lower()


def instance_of(service_name: str) -> str | None:
    """The instance in a full service name, if it has the shape that ours have."""
    match = _INSTANCE.fullmatch(service_name)
    return match.group(1).lower() if match else None


def plausible_endpoints(
    addresses: Sequence[str], port: int | None, usable: Sequence[InterfaceAddress]
) -> list[Endpoint]:
    """Those of ``addresses`` that are directly on a network of ours, IPv4 first; none if the port
    is impossible.
    """
    if port is None or not 1 <= port <= 65535:
        return []
    found: dict[Endpoint, None] = {}
    for text in addresses[: 4 * ENDPOINTS_PER_TARGET_MAX]:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if address.is_multicast or address.is_unspecified:
            continue
        for interface in usable:
            if interface.reaches(address):
                found[_scoped(address, interface, port)] = None
                break
    return sorted(found, key=lambda one: (":" in one.address, one))[:ENDPOINTS_PER_TARGET_MAX]


def _scoped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, interface: InterfaceAddress, port: int
) -> Endpoint:
    if isinstance(address, ipaddress.IPv6Address) and address.is_link_local:
        bare = str(address).split("%")[0]
        return Endpoint(f"{bare}%{address.scope_id or interface.index}", port)
    return Endpoint(str(address), port)


class Discovery:
    """One announcement and one browser on the usable interfaces.

    ``found(instance, endpoints)`` is called for each candidate and again when its endpoints change;
    ``gone(instance)`` when it says goodbye or expires. Both run in the event loop and must not
    block.
    """

    def __init__(
        self,
        found: Callable[[str, list[Endpoint]], None],
        gone: Callable[[str], None],
        random: Random,
        *,
        candidates_max: int = CANDIDATES_MAX,
        look_around_seconds: float = LOOK_AROUND_SECONDS,
    ) -> None:
        self._found = found
        self._gone = gone
        self._random = random
        self._candidates_max = candidates_max
        self._look_around_seconds = look_around_seconds
        self.instance = random_name()
        self._host = f"{random_name()}.local."
        self._port = 0
        self._usable: tuple[InterfaceAddress, ...] = ()
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._announcing: asyncio.Task[None] | None = None
        self._candidates: dict[str, list[Endpoint]] = {}
        self._resolving: set[str] = set()
        self._tasks = Tasks("discovery")
        self._turn = asyncio.Lock()

    @property
    def running(self) -> bool:
        """Whether it announces and browses; False while there is no interface or 5353 is taken."""
        return self._zeroconf is not None

    @property
    def candidates(self) -> dict[str, list[Endpoint]]:
        """What is on the network now, as far as mDNS says."""
        return dict(self._candidates)

    async def start(self, interfaces: Sequence[InterfaceAddress], port: int) -> None:
        """Announce TCP ``port`` and browse on ``interfaces``; without any, wait for ``update``."""
        self._port = port
        await self.update(interfaces)
        self._tasks.start(self._keep_looking(), name="look around")

    async def update(self, interfaces: Sequence[InterfaceAddress], port: int | None = None) -> None:
        """Follow the network to another set of interfaces, and announce another port if given."""
        async with self._turn:
            self._usable = tuple(interfaces)
            self._port = self._port if port is None else port
            self._drop_unreachable()
            if not self._usable:
                await self._close()
            elif self._zeroconf is None or not await self._move(self._zeroconf):
                await self._close()
                self._open()

    async def refresh(self) -> None:
        """Announce and browse again: after sleep, sockets and what was heard before are worth
        nothing.
        """
        async with self._turn:
            await self._close()
            if self._usable:
                self._open()

    async def stop(self) -> None:
        """Say goodbye and close the sockets, for good."""
        async with self._turn:
            await self._close()
            await self._tasks.close()

    # --- announcing ---------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._zeroconf = AsyncZeroconf(
                interfaces=mdns_interfaces(self._usable), ip_version=ip_version(self._usable)
            )
        except (OSError, RuntimeError) as error:
            logger.info("mDNS is not available: %s", error)
            return
        self._announcing = self._tasks.start(
            self._announce(self._zeroconf, self._describe()), name="announce"
        )
        self._browser = AsyncServiceBrowser(
            self._zeroconf.zeroconf, SERVICE_TYPE, handlers=[self._heard]
        )

    def _describe(self) -> AsyncServiceInfo:
        return AsyncServiceInfo(
            SERVICE_TYPE,
            f"{self.instance}.{SERVICE_TYPE}",
            port=self._port,
            properties=dict(TXT),
            server=self._host,
            parsed_addresses=sorted({interface.address for interface in self._usable}),
        )

    async def _announce(self, zeroconf: AsyncZeroconf, info: AsyncServiceInfo) -> None:
        try:
            announcing = await zeroconf.async_register_service(info)
            await announcing
        except (NotRunningException, OSError) as error:
            logger.info("could not announce: %s", error)

    async def _move(self, zeroconf: AsyncZeroconf) -> bool:
        """Take the open sockets to the interfaces of now. False if that failed: then open anew."""
        if self._announcing is not None and not self._announcing.done():
            return False
        info = self._describe()
        try:
            zeroconf.zeroconf.registry.async_update(info)
            await zeroconf.async_update_interfaces(
                mdns_interfaces(self._usable), ip_version(self._usable)
            )
            announcing = await zeroconf.async_update_service(info)
            await announcing
        except (NotRunningException, OSError, RuntimeError, KeyError) as error:
            logger.info("mDNS starts anew: %s", error)
            return False
        return True

    async def _close(self) -> None:
        zeroconf, self._zeroconf = self._zeroconf, None
        browser, self._browser = self._browser, None
        if self._announcing is not None:
            # An announcement after our goodbye would bring us back to life (seen).
            self._announcing.cancel()
            await asyncio.gather(self._announcing, return_exceptions=True)
            self._announcing = None
        if browser is not None:
            await browser.async_cancel()
        if zeroconf is not None:
            await zeroconf.async_close()
        for instance in list(self._candidates):
            self._forget(instance)

    # --- looking around -----------------------------------------------------------------------

    def given_up(self, instance: str) -> None:
        """Dialling ``instance`` failed too often: when it is heard again, it is found anew."""
        self._candidates.pop(instance, None)

    async def _keep_looking(self) -> None:
        """Ask who is there, again and again, the less often the more there are: each asks, so the
        whole network hears about one question a second.

        A browser alone asks in its first seconds and then nobody for an hour (RFC 6762 section
        5.2), and hosts announce themselves when their own network changes. Two switches that are
        joined by a cable change nobody's, so their neighbours would never meet.
        """
        while True:
            seconds = max(self._look_around_seconds, float(len(self._candidates)))
            await asyncio.sleep(seconds * self._random.uniform(0.5, 1.0))
            if self._zeroconf is not None:
                self._look_around(self._zeroconf.zeroconf)

    def _look_around(self, zeroconf: Zeroconf) -> None:
        """One question, with what is known, which nobody need answer (RFC 6762 section 7.1)."""
        now = current_time_millis()
        question = DNSOutgoing(FLAGS_QUERY)
        question.add_question(DNSQuestion(SERVICE_TYPE, TYPE_POINTER, CLASS_INTERNET))
        lost = []
        for record in zeroconf.cache.get_all_by_details(SERVICE_TYPE, TYPE_POINTER, CLASS_INTERNET):
            if not isinstance(record, DNSPointer) or record.is_expired(now):
                continue
            if instance_of(record.alias) in self._candidates:
                question.add_answer_at_time(record, now)
            else:
                lost.append(record.alias)
        try:
            zeroconf.async_send(question)
        except NotRunningException:
            return
        room = min(len(lost), RESOLVING_MAX, self._candidates_max - len(self._candidates))
        for name in self._random.sample(lost, max(0, room)):
            self._heard(zeroconf, SERVICE_TYPE, name, ServiceStateChange.Updated)

    # --- browsing -------------------------------------------------------------------------------

    def _heard(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        """The browser's news of one service; runs in the event loop."""
        instance = instance_of(name)
        if instance is None or instance == self.instance:
            return
        if state_change is ServiceStateChange.Removed:
            self._forget(instance)
            return
        info = AsyncServiceInfo(SERVICE_TYPE, name)
        if info.load_from_cache(zeroconf):
            self._take(instance, info)
        elif instance not in self._resolving and len(self._resolving) < RESOLVING_MAX:
            self._resolving.add(instance)
            self._tasks.start(self._resolve(zeroconf, instance, info), name=f"resolve {instance}")

    async def _resolve(self, zeroconf: Zeroconf, instance: str, info: AsyncServiceInfo) -> None:
        """Ask for what the news did not hold. Again, for nobody tells us a second time if it is
        lost.
        """
        try:
            for _ in range(RESOLVE_TRIES):
                if await info.async_request(zeroconf, RESOLVE_MILLISECONDS):
                    self._take(instance, info)
                    return
        except NotRunningException:
            return
        finally:
            self._resolving.discard(instance)

    def _take(self, instance: str, info: AsyncServiceInfo) -> None:
        """Keep a candidate if it is plausible; a full table lets a random one go."""
        addresses = info.parsed_scoped_addresses(IPVersion.All)
        endpoints = plausible_endpoints(addresses, info.port, self._usable)
        if not endpoints or self._candidates.get(instance) == endpoints:
            return
        if instance not in self._candidates and len(self._candidates) >= self._candidates_max:
            self._forget(self._random.choice(list(self._candidates)))
        self._candidates[instance] = endpoints
        self._found(instance, endpoints)

    def _forget(self, instance: str) -> None:
        if self._candidates.pop(instance, None) is not None:
            self._gone(instance)

    def _drop_unreachable(self) -> None:
        """After a change of interfaces: what is on none of our networks any more is gone."""
        for instance, endpoints in list(self._candidates.items()):
            addresses = [ipaddress.ip_address(endpoint.address) for endpoint in endpoints]
            if not any(one.reaches(address) for one in self._usable for address in addresses):
                self._forget(instance)


def mdns_interfaces(usable: Sequence[InterfaceAddress]) -> list[str | int]:
    """What zeroconf multicasts on: one address for each interface and family, IPv4 first.

    One, for a group is joined once on an interface; all its addresses are announced there anyway.
    Of IPv6 the link-local one, and never ``::1``, on which zeroconf cannot listen.
    """
    chosen: dict[tuple[int, int, str], str] = {}
    for one in sorted(usable, key=lambda each: (each.version, not each.ip.is_link_local, each)):
        if one.version == 4 or not one.is_loopback:
            chosen.setdefault((one.version, one.index, one.name), one.address)
    return list(chosen.values())


def ip_version(usable: Sequence[InterfaceAddress]) -> IPVersion:
    """The families among what ``mdns_interfaces`` gives."""
    versions = {":" in str(address) for address in mdns_interfaces(usable)}
    if versions == {True}:
        return IPVersion.V6Only
    return IPVersion.All if versions == {True, False} else IPVersion.V4Only
