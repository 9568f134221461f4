"""(a) First sync between two processes over TLS on loopback, as a ratio to the floor of the run."""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from children import Child
from figures import Figure
from floor import measure_floor
from made_feeds import Feed, made_feeds

from p2pshare.limits import STRETCH_ENTRIES_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ingest import Arrival
from p2pshare.node.ledger import Ledger

RUNS = 5
RATIO_AT_MOST = 3.0


def fill(folder: Path, feeds: Sequence[Feed]) -> int:
    """Put ``feeds`` into a new ledger; how many entries they have."""
    ledger = Ledger(folder)
    stretches = (
        feed[start : start + STRETCH_ENTRIES_MAX]
        for feed in feeds
        for start in range(0, len(feed), STRETCH_ENTRIES_MAX)
    )
    waiting: list[Arrival] = []
    for stretch in stretches:
        waiting.append(Arrival(OPEN_CIRCLE, stretch))
        if len(waiting) == 200:
            ledger.receive(waiting)
            waiting = []
    ledger.receive(waiting)
    ledger.close()
    return sum(map(len, feeds))


def measure(persons: int, listings: int) -> list[Figure]:
    """The figures of a first sync of ``persons`` with so many ``listings`` each."""
    feeds = list(made_feeds(persons, listings))
    ratios, seconds, floors = [], [], []
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name)
        entries = fill(folder / "full", feeds)
        with Child("serve_ledger.py", [folder / "full"]) as server:
            port = server.line()["port"]
            for run in range(RUNS):
                (folder / f"floor-{run}").mkdir()
                floor = measure_floor(folder / f"floor-{run}", feeds)
                with Child("receive_ledger.py", [folder / f"empty-{run}", port, entries]) as child:
                    report = child.line()
                if report["entries"] < entries or not report["found"]:
                    raise RuntimeError(f"the sync was not whole: {report}")
                floors.append(floor)
                seconds.append(report["seconds"])
                ratios.append(report["seconds"] / floor)
    what = f"first sync, {persons:,} x {listings:,} listings"
    return [
        Figure(f"{what}: to floor", statistics.median(ratios), "ratio", at_most=RATIO_AT_MOST),
        Figure(f"{what}: worst of {RUNS}", max(ratios), "ratio"),
        Figure(f"{what}: sync", statistics.median(seconds), "s"),
        Figure(f"{what}: floor", statistics.median(floors), "s"),
    ]
