"""The window with 100,000 listings against an empty Qt window: first paint, memory, scrolling.

All offscreen, where Qt paints everything and shows nothing. The first paint is that of the first
listings, from the start of the process; of the empty window, that of its ground.
"""

import statistics
import tempfile
import time
from pathlib import Path

from children import Child
from figures import Figure
from first_sync import fill
from made_feeds import made_feeds

from p2pshare.domain.commands import AddPerson
from p2pshare.node.ledger import Ledger

PERSONS, LISTINGS = 5_000, 20
RUNS = 5
PAINT_MS_AT_MOST = 100.0


def measure() -> list[Figure]:
    """The figures."""
    ours, bare, memories, bare_memories = [], [], [], []
    paints: list[float] = []
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name) / "ledger"
        fill(folder, list(made_feeds(PERSONS, LISTINGS)))
        ledger = Ledger(folder)
        ledger.perform(AddPerson(name="Ada"))
        ledger.close()
        for _ in range(RUNS):
            with Child("window_start.py", [time.monotonic()]) as child:
                line = child.line()
                bare.append(line["seconds"])
                bare_memories.append(line["memory"])
            with Child("window_start.py", [time.monotonic(), folder]) as child:
                line = child.line()
                ours.append(line["seconds"])
                memories.append(line["memory"])
                paints.extend(child.line()["paints"])
    seconds, empty = statistics.median(ours), statistics.median(bare)
    memory, empty_memory = statistics.median(memories), statistics.median(bare_memories)
    what = f"window with {PERSONS * LISTINGS:,} listings"
    percentiles = statistics.quantiles(paints, n=100)
    return [
        Figure(f"{what}: first paint of listings", seconds, "s"),
        Figure("empty Qt window: first paint", empty, "s"),
        Figure(f"{what}: first paint to that", seconds / empty, "ratio"),
        Figure(f"{what}: memory", memory, "MiB"),
        Figure("empty Qt window: memory", empty_memory, "MiB"),
        Figure(f"{what}: memory to that", memory / empty_memory, "ratio"),
        Figure(f"{what}: wheel step and paint, p50", percentiles[49], "ms"),
        Figure(
            f"{what}: wheel step and paint, p99", percentiles[98], "ms", at_most=PAINT_MS_AT_MOST
        ),
    ]
