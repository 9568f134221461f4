"""A child of the benchmarks: so many devices that announce themselves on a loopback network.

Arguments: how many, the first three numbers of the network (127.x.y). Prints a line when all have
announced, then stays until standard input ends.
"""

import asyncio
import json
import sys
from random import Random

from p2pshare.net.discovery import Discovery
from p2pshare.net.interfaces import InterfaceAddress


async def announce(count: int, network: str) -> None:
    """Announce ``count`` devices, each with an address of its own."""
    found = asyncio.Event()
    devices = [
        Discovery(lambda instance, endpoints: found.set(), lambda instance: None, Random())
        for _ in range(count)
    ]
    for number, device in enumerate(devices, start=2):
        await device.start([InterfaceAddress("lo", 1, f"{network}.{number}", 24)], 4000 + number)
    async with asyncio.timeout(60):
        while any(len(device.candidates) < count - 1 for device in devices):
            found.clear()
            await found.wait()
    print(json.dumps({"instances": [device.instance for device in devices]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await asyncio.gather(*(device.stop() for device in devices))


if __name__ == "__main__":
    asyncio.run(announce(int(sys.argv[1]), sys.argv[2]))
