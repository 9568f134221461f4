"""Memory of a headless node with 100,000 listings, beside one with none."""

import os
import tempfile
from pathlib import Path

from children import Child
from figures import Figure
from first_sync import fill
from made_feeds import made_feeds

PERSONS, LISTINGS = 5_000, 20


def measure() -> list[Figure]:
    """The figures: resident memory after the start, in MB."""
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name)
        fill(folder / "full", list(made_feeds(PERSONS, LISTINGS)))
        full, empty = _resident(folder / "full"), _resident(folder / "empty")
    count = PERSONS * LISTINGS
    return [
        Figure(f"headless node with {count:,} listings: memory", full, "MB"),
        Figure("headless node with none: memory", empty, "MB"),
        Figure("headless node: memory, full to empty", full / empty, "ratio"),
    ]


def _resident(folder: Path) -> float:
    """Resident memory of a node on ``folder``, once it listens and answers a question (Linux)."""
    with Child("serve_ledger.py", [folder]) as child:
        child.line()
        fields = Path(f"/proc/{child.process_id}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
