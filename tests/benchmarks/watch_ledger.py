"""A child of the benchmarks: a node that dials another and prints when each edit became visible.

Arguments: folder, port. Prints a line when linked, then one for each listing that changed, with the
monotonic time (one clock for all processes of a machine) at which its row was there to be read.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import LinkUp, RowChanged
from p2pshare.node.facade import Node


async def watch(folder: Path, port: int) -> None:
    """Print changes until standard input ends."""
    network = NetworkConfig(
        interfaces=("127.0.0.1",), discovery=False, peers=(("127.0.0.1", port),)
    )
    node = Node(Config(folder, network))
    events = node.events()

    async def print_changes() -> None:
        async for event in events:
            now = time.monotonic()
            if isinstance(event, LinkUp):
                print(json.dumps({"linked": now}), flush=True)
            elif isinstance(event, RowChanged) and event.about == "listing":
                print(json.dumps({"listing": event.id, "at": now}), flush=True)

    async with node, asyncio.TaskGroup() as group:
        printing = group.create_task(print_changes())
        await asyncio.to_thread(sys.stdin.read)
        printing.cancel()


if __name__ == "__main__":
    asyncio.run(watch(Path(sys.argv[1]), int(sys.argv[2])))
