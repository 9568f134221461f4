"""A child of the benchmarks: serves the ledger in a folder until its standard input closes."""

import asyncio
import json
import sys
from pathlib import Path

from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.facade import Node


async def serve(folder: Path) -> None:
    """Print the port, then be a node on loopback until standard input ends."""
    network = NetworkConfig(interfaces=("127.0.0.1",), discovery=False)
    async with Node(Config(folder, network)) as node:
        print(json.dumps({"port": node.port}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
