"""A child of the benchmarks: an empty node that dials another and takes in what it has.

Arguments: folder, port of the other, entries awaited. Prints the seconds from the link to the last
entry, durable and searchable, and the seconds of processor time they took.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import EntriesAdded, LinkUp
from p2pshare.node.facade import Node


async def receive(folder: Path, port: int, awaited: int) -> None:
    """Dial, wait for ``awaited`` entries, make them durable, find one of them."""
    network = NetworkConfig(
        interfaces=("127.0.0.1",), discovery=False, peers=(("127.0.0.1", port),)
    )
    node = Node(Config(folder, network))
    events = node.events()
    async with node:
        start = processor = 0.0
        entries = 0
        async for event in events:
            if isinstance(event, LinkUp):
                start, processor = time.perf_counter(), time.process_time()
            elif isinstance(event, EntriesAdded):
                entries += event.entries
                if entries >= awaited:
                    break
        await node.with_ledger(lambda ledger: ledger.database.truncate_log())
        found = await node.query(lambda queries: queries.listings("2026-11-23", search="drill"))
        seconds = time.perf_counter() - start
        report = {
            "seconds": seconds,
            "processor": time.process_time() - processor,
            "entries": entries,
            "found": len(found),
            "process": os.getpid(),
        }
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    asyncio.run(receive(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
