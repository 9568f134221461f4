"""``make bench``: run the benchmarks, print a table, write bench-results.json.

    python tests/benchmarks/run.py [--only NAME]... [--json FILE]

Ratios are taken within one run, because the machines it runs on are noisy. Nothing here is a test:
a missed bound is printed as MISSED, and the exit status stays 0.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import first_sync
import hour_accounts
import import_rate
import ledger_queries
import live_update
import many_devices
import node_memory
import reconnect
import search
import stalls
import window
from figures import Figure, show, write

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "first-sync-many": lambda: first_sync.measure(500, 20),
    "first-sync-one": lambda: first_sync.measure(1, 10_000),
    "live-update": live_update.measure,
    "live-update-loaded": lambda: live_update.measure(loaded=True),
    "reconnect": reconnect.measure,
    "search": search.measure,
    "many-devices": many_devices.measure,
    "hours": hour_accounts.measure,
    "import": import_rate.measure,
    "ledger-queries": ledger_queries.measure,
    "node-memory": node_memory.measure,
    "window": window.measure,
    "window-sync-many": lambda: stalls.measure(500, 20),
    "window-sync-one": lambda: stalls.measure(1, 10_000),
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=BENCHMARKS)
    parser.add_argument("--json", type=Path, default=Path("bench-results.json"))
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for name in arguments.only or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures.extend(BENCHMARKS[name]())
    show(figures)
    write(figures, arguments.json)
    print(f"written to {arguments.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
