"""A tool library's desk with 100,000 agreements: lists, calendar, balances, and one more move.

The queries are those that the window and the command line make. Each is taken in turn with a bare
one, the newest 50 rows of the same table by their number, so that a slow machine slows both; and
what the processor alone worked on it is told, since others may be using the machine too. Moves
come in as in life, a member's from a peer and the library's own by its rules, each a transaction of
its own (WAL; what is signed here with synchronous=FULL); how much of that is folding is taken out.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from figures import Figure
from made_agreements import Desk

from p2pshare.domain.bookings import Moment
from p2pshare.domain.days import add_days
from p2pshare.domain.loan import LOAN
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import Ledger
from p2pshare.store.folding import Folder, FoldResult

AGREEMENTS, LISTINGS, MEMBERS = 100_000, 20_000, 500
PAGE = 50
ASKINGS = 100
MOVES = 200
QUERY_MS_AT_MOST = 20.0
FOLD_MS_AT_MOST = 2.0
OPEN_STATES = ("requested", "accepted", "checked_out", "returned", "disputed")


def measure(
    agreements: int = AGREEMENTS, listings: int = LISTINGS, members: int = MEMBERS
) -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        desk = Desk(Path(name) / "desk", agreements=agreements, listings=listings, members=members)
        try:
            desk.fill()
            return [*_measure_queries(desk), *_measure_moves(desk, Path(name))]
        finally:
            desk.ledger.close()


# --- queries --------------------------------------------------------------------------------------


def _measure_queries(desk: Desk) -> Iterator[Figure]:
    count = f"{desk.counts[0]:,}"
    for what, query in _queries(desk):
        ours, working, bare = [], [], []
        for number in range(ASKINGS):
            start, begun = time.perf_counter(), time.thread_time()
            query(number)
            working.append(time.thread_time() - begun)
            middle = time.perf_counter()
            _bare(desk.ledger)
            ours.append(middle - start)
            bare.append(time.perf_counter() - middle)
        yield Figure(f"{what}, of {count}: p50", _p50(ours) * 1000, "ms")
        p95 = _p95(ours) * 1000
        yield Figure(f"{what}, of {count}: p95", p95, "ms", at_most=QUERY_MS_AT_MOST)
        yield Figure(f"{what}: p95 of its processor time alone", _p95(working) * 1000, "ms")
        yield Figure(f"{what}: p50 to bare rows", _p50(ours) / _p50(bare), "ratio")


def _queries(desk: Desk) -> Iterable[tuple[str, Callable[[int], Any]]]:
    """What people look at; the number says which of the listings or members they look at."""
    queries, now_ms = desk.ledger.queries, desk.clock.time_ms()
    now = Moment(desk.ledger.today(), 12 * 60)
    circle = OPEN_CIRCLE.hex()
    library = desk.library.person.hex()
    members = [feed.person.hex() for feed in desk.members]
    wanted = _most_wanted(desk.ledger)

    def member(number: int) -> str:
        return members[number * 7 % len(members)]

    def listing(number: int) -> str:
        return wanted[number % len(wanted)]

    return (
        ("agreements, newest page", lambda _: queries.agreements(now_ms, limit=PAGE)),
        (
            "agreements, mine",
            lambda _: queries.agreements(now_ms, persons=[library], limit=PAGE),
        ),
        (
            "agreements, a page from the middle",
            lambda _: queries.agreements(
                now_ms, persons=[library], limit=PAGE, offset=desk.counts[0] // 2
            ),
        ),
        (
            "agreements, open",
            lambda _: queries.agreements(now_ms, persons=[library], states=OPEN_STATES, limit=PAGE),
        ),
        (
            "agreements, asked for",
            lambda _: queries.agreements(
                now_ms, persons=[library], states=["requested"], limit=PAGE
            ),
        ),
        (
            "agreements, overdue",
            lambda _: queries.agreements(
                now_ms, states=sorted(LOAN.held), due_before_ms=now_ms, limit=PAGE
            ),
        ),
        (
            "agreements of a member",
            lambda number: queries.agreements(now_ms, persons=[member(number)], limit=PAGE),
        ),
        (
            "calendar of a listing, a month",
            lambda number: queries.bookings.calendar(
                listing(number), [library], now, now.day, add_days(now.day, 30)
            ),
        ),
        (
            "agreements about a listing that take it",
            lambda number: queries.agreements(
                now_ms, listing=listing(number), states=sorted(LOAN.promises | LOAN.asked)
            ),
        ),
        ("who waits for what, in the whole library", lambda _: queries.bookings.holds([library])),
        ("busy days of a listing", lambda number: queries.busy_periods(listing(number))),
        ("balance of a member", lambda number: queries.accounts.balance(member(number), circle)),
        ("balance of the library", lambda _: queries.accounts.balance(library, circle)),
        ("balances of all members", lambda _: queries.accounts.members(circle)),
        (
            "statement of a member",
            lambda number: queries.accounts.statement(member(number), circle),
        ),
    )


def _most_wanted(ledger: Ledger) -> list[str]:
    """The listings with the most agreements, and as many that few have asked for."""
    rows = ledger.database.connection.execute(
        "SELECT listing FROM agreements GROUP BY listing ORDER BY count(*) DESC"
    ).fetchall()
    return [listing for (listing,) in (*rows[:20], *rows[-20:])]


def _bare(ledger: Ledger) -> None:
    ledger.database.connection.execute(
        "SELECT * FROM agreements ORDER BY rowid DESC LIMIT ?", (PAGE,)
    ).fetchall()


# --- one more move --------------------------------------------------------------------------------


def _measure_moves(desk: Desk, folder: Path) -> Iterator[Figure]:
    """The library hands over what it promised, durably; members' signatures arrive beside them."""
    bare = _bare_database(folder)
    count = f"{desk.counts[0]:,}"
    arriving: list[float] = []
    folds: list[tuple[float, float]] = []
    with _timed_folds(folds):
        for arrival in desk.late_signatures(MOVES):
            start = time.perf_counter()
            report = desk.ledger.receive([arrival])
            arriving.append(time.perf_counter() - start)
            if not report.changes:
                raise RuntimeError("a late signature changed nothing")
    what = f"folding a move that arrives among {count} agreements"
    yield from _fold_figures(what, folds)
    yield Figure("… verified, appended, folded, committed: p50", _p50(arriving) * 1000, "ms")
    yield Figure("… verified, appended, folded, committed: p95", _p95(arriving) * 1000, "ms")
    own: list[float] = []
    committing: list[float] = []
    folds.clear()
    with _timed_folds(folds):
        for command in desk.hand_overs(MOVES):
            start = time.perf_counter()
            desk.ledger.perform(command)
            middle = time.perf_counter()
            _commit(bare)
            committing.append(time.perf_counter() - middle)
            own.append(middle - start)
    bare.close()
    what = f"folding a move of one's own among {count} agreements"
    yield from _fold_figures(what, folds)
    yield Figure(
        "… judged, signed, folded, FULL, busy days told, FULL: p50", _p50(own) * 1000, "ms"
    )
    yield Figure(
        "… judged, signed, folded, FULL, busy days told, FULL: p95", _p95(own) * 1000, "ms"
    )
    yield Figure("… to two bare FULL commits", _p50(own) / (2 * _p50(committing)), "ratio")


def _fold_figures(what: str, folds: list[tuple[float, float]]) -> Iterator[Figure]:
    lasting, working = [one for one, _ in folds], [one for _, one in folds]
    yield Figure(f"{what}: p50", _p50(lasting) * 1000, "ms")
    yield Figure(f"{what}: p95", _p95(lasting) * 1000, "ms", at_most=FOLD_MS_AT_MOST)
    yield Figure(f"{what}: p95 of its processor time alone", _p95(working) * 1000, "ms")


@contextmanager
def _timed_folds(folds: list[tuple[float, float]]) -> Iterator[None]:
    """Within, how long each fold takes is appended to ``folds``: seconds in all, and at work."""
    fold = Folder.fold

    def timed(self: Folder, dirty: Iterable[tuple[int, bytes]]) -> FoldResult:
        start, begun = time.perf_counter(), time.thread_time()
        result = fold(self, dirty)
        folds.append((time.perf_counter() - start, time.thread_time() - begun))
        return result

    with patch.object(Folder, "fold", timed):
        yield


def _bare_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "bare.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE entries (number INTEGER PRIMARY KEY, body BLOB)")
    return database


def _commit(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO entries (body) VALUES (?)", (bytes(600),))
    database.execute("COMMIT")


def _p50(values: list[float]) -> float:
    return statistics.median(values)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]
