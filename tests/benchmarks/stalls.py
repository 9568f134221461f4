"""How long the window's event loop stalls during a first sync of 10,000 listings, on loopback."""

import statistics
import tempfile
from pathlib import Path

from children import Child
from figures import Figure
from first_sync import fill
from made_feeds import made_feeds

RUNS = 3
STALL_MS_AT_MOST = 100.0


def measure(persons: int, listings: int) -> list[Figure]:
    """The figures; the p99 is taken over all runs, over time and not over beats.

    A beat that comes 200 ms late stands for 200 ms in which nothing moved: each stall is weighed by
    its own length, so that a few long ones do not drown among thousands of beats in time.
    """
    stalls: list[float] = []
    seconds = []
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name)
        fill(folder / "full", list(made_feeds(persons, listings)))
        with Child("serve_ledger.py", [folder / "full"]) as server:
            port = server.line()["port"]
            for run in range(RUNS):
                arguments = [folder / f"empty-{run}", port, persons * listings]
                with Child("window_sync.py", arguments) as child:
                    line = child.line()
                stalls.extend(line["stalls"])
                seconds.append(line["seconds"])
    what = f"window, first sync of {persons:,} x {listings:,}"
    percentiles = statistics.quantiles(stalls, n=100)
    return [
        Figure(f"{what}: stall p50", percentiles[49], "ms"),
        Figure(f"{what}: stall p99", percentiles[98], "ms", at_most=STALL_MS_AT_MOST),
        Figure(f"{what}: stall p99, weighed by length", _weighed_p99(stalls), "ms"),
        Figure(f"{what}: longest stall", max(stalls), "ms"),
        Figure(f"{what}: all shown after", statistics.median(seconds), "s"),
    ]


def _weighed_p99(stalls: list[float]) -> float:
    """The stall that 99 of 100 moments are not within a longer one of."""
    ordered = sorted(stalls)
    left = 0.99 * sum(ordered)
    for stall in ordered:
        left -= stall
        if left <= 0:
            return stall
    return ordered[-1]
