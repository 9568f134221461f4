"""mDNS: how long until a late joiner sees 20 devices on its network. Real multicast on loopback."""

import asyncio
import os
import statistics
import time
from random import Random

from children import Child
from figures import Figure

from p2pshare.net.discovery import Discovery
from p2pshare.net.interfaces import InterfaceAddress

DEVICES = 20
JOINS = 5


def measure() -> list[Figure]:
    """The figures, over JOINS late joiners one after another."""
    network = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 256}"
    with Child("announce_devices.py", [DEVICES, network]) as announcing:
        instances = set(announcing.line()["instances"])
        seconds = [
            second for _ in range(JOINS) for second in asyncio.run(_join(network, instances))
        ]
    ordered = statistics.quantiles(seconds, n=20)
    return [
        Figure(f"late joiner sees each of {DEVICES} devices: p50", ordered[9], "s"),
        Figure(f"late joiner sees each of {DEVICES} devices: p95", ordered[18], "s"),
        Figure(f"late joiner sees all {DEVICES} devices: worst of {JOINS}", max(seconds), "s"),
    ]


async def _join(network: str, instances: set[str]) -> list[float]:
    """Seconds from the start of a joiner until it knew each of the devices."""
    seen: dict[str, float] = {}
    everybody = asyncio.Event()
    start = time.perf_counter()

    def found(instance: str, endpoints: object) -> None:
        if instance in instances:
            seen.setdefault(instance, time.perf_counter() - start)
        if len(seen) == len(instances):
            everybody.set()

    joiner = Discovery(found, lambda instance: None, Random())
    await joiner.start([InterfaceAddress("lo", 1, f"{network}.1", 24)], 3999)
    try:
        async with asyncio.timeout(30):
            await everybody.wait()
    finally:
        await joiner.stop()
    return list(seen.values())
