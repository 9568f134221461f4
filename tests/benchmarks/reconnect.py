"""(c) A reconnect with nothing new among 10,000 feeds: messages, bytes, round trips.

Two engines over the frontier of a real ledger, their messages carried by hand and counted as
they would travel in websocket frames (payload and frame header; TLS adds 22 bytes a record).
"""

import os
import tempfile
import time
from pathlib import Path

from figures import Figure
from first_sync import fill
from made_feeds import made_feeds

from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import Ledger
from p2pshare.store.feeds import read_frontier
from p2pshare.sync.engine import Engine
from p2pshare.sync.events import CircleOpened, Event, LinkOpened, MessageArrived, SendMessage

FEEDS = 10_000


def measure() -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name) / "ledger"
        fill(folder, list(made_feeds(FEEDS, 0)))
        ledger = Ledger(folder)
        try:
            started = time.perf_counter()
            frontiers = [read_frontier(ledger.database.connection, 1) for _ in range(2)]
            loaded = (time.perf_counter() - started) / 2
        finally:
            ledger.close()
    if len(frontiers[0]) != FEEDS:
        raise RuntimeError(f"the ledger has {len(frontiers[0])} feeds")
    engines = [Engine(bytes([one]) * 32, bytes([one]) * 16, os.urandom) for one in range(2)]
    for engine, frontier in zip(engines, frontiers, strict=True):
        engine.handle(CircleOpened(OPEN_CIRCLE, None, frontier), 0.0)
    started = time.perf_counter()
    waiting: list[tuple[int, bytes]] = []
    for side, engine in enumerate(engines):
        opened = LinkOpened(1, side == 0, bytes([1 - side]) * 32, bytes(32), open_circle=True)
        waiting += _sent(engine, opened, 1 - side)
    legs = messages = total = 0
    while waiting:
        legs += 1
        arrived, waiting = waiting, []
        for side, data in arrived:
            messages += 1
            total += _framed(len(data))
            waiting += _sent(engines[side], MessageArrived(1, data), 1 - side)
    seconds = time.perf_counter() - started
    round_trips = legs / 2  # what each side sends unasked is the first leg, the answer the second
    return [
        Figure("reconnect, 10,000 feeds: round trips", round_trips, "", at_most=1),
        Figure("reconnect, 10,000 feeds: bytes, both ways", total, "bytes", at_most=1023),
        Figure("reconnect, 10,000 feeds: messages", messages, ""),
        Figure("reconnect, 10,000 feeds: comparing", seconds * 1000, "ms"),
        Figure("reconnect, 10,000 feeds: loading the frontier", loaded * 1000, "ms"),
    ]


def _sent(engine: Engine, event: Event, to: int) -> list[tuple[int, bytes]]:
    effects = engine.handle(event, 0.0)
    return [(to, effect.data) for effect in effects if isinstance(effect, SendMessage)]


def _framed(size: int) -> int:
    """Bytes of a websocket frame with the mask that a client adds (RFC 6455 section 5.2)."""
    return size + 6 + (0 if size < 126 else 2)
