"""(d) Search in 100,000 listings: p95, as a ratio to a bare FTS5 query on the same index; and what
20 wants find there.
"""

import statistics
import tempfile
import time
from pathlib import Path

from figures import Figure
from first_sync import fill
from made_feeds import THINGS, WORDS, made_feeds, made_listing

from p2pshare.domain.commands import AddListing, AddPerson
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.ledger import Ledger

PERSONS, LISTINGS = 5_000, 20
RESULTS = 50
QUERIES = 200
MATCHINGS = 100
MATCHES_MS_AT_MOST = 50.0
WANTS = (
    *("drill", "Bohrmaschine", "cordless drill", "ladder", "échelle", "tall ladder", "tent"),
    *("old tent", "tienda de campaña", "saw", "Säge", "sewing machine", "machine à coudre"),
    *("projector", "Beamer", "bicycle pump", "kettle", "heavy kettle", "power tools", "lawn mower"),
)


def measure() -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        folder = Path(name) / "ledger"
        fill(folder, list(made_feeds(PERSONS, LISTINGS)))
        ledger = Ledger(folder)
        try:
            return [*_measure(ledger), *_measure_matching(ledger)]
        finally:
            ledger.close()


def _measure(ledger: Ledger) -> list[Figure]:
    today = ledger.today()
    connection = ledger.database.connection
    ours, bare, first = [], [], []
    for number in range(QUERIES):
        text = _typed(number)
        start = time.perf_counter()
        found = ledger.queries.listings(today, search=text, limit=RESULTS)
        middle = time.perf_counter()
        expression = " ".join(f'"{word}"*' for word in text.replace("-", " ").split())
        rows = connection.execute(
            "SELECT rowid FROM listings_fts WHERE listings_fts MATCH ? ORDER BY rank LIMIT ?",
            (expression, RESULTS),
        ).fetchall()
        end = time.perf_counter()
        if len(found) != len(rows) or not found:
            raise RuntimeError(f"{text!r} found {len(found)} here and {len(rows)} bare")
        ours.append(middle - start)
        bare.append(end - middle)
        start = time.perf_counter()
        ledger.queries.listings(today, limit=RESULTS)
        first.append(time.perf_counter() - start)
    p95, bare_p95 = _p95(ours), _p95(bare)
    count = PERSONS * LISTINGS
    return [
        Figure(f"search in {count:,}: p95", p95 * 1000, "ms"),
        Figure(f"search in {count:,}: p95 of a bare FTS5 query", bare_p95 * 1000, "ms"),
        Figure(f"search in {count:,}: p95 to that", p95 / bare_p95, "ratio"),
        Figure(f"newest {RESULTS} of {count:,}: p95", _p95(first) * 1000, "ms"),
    ]


def _measure_matching(ledger: Ledger) -> list[Figure]:
    """All that a person is told who wants 20 things, of which most are offered a thousand times."""
    person = ledger.perform(AddPerson(name="Ada"))[0].subject
    for title in WANTS:
        ledger.perform(AddListing(person=person, exchange_type=ExchangeType.WANT, title=title))
    today = ledger.today()
    seconds = []
    for _ in range(MATCHINGS):
        start = time.perf_counter()
        found = ledger.queries.matching.matches([person.hex()], today)
        seconds.append(time.perf_counter() - start)
        if len({match.want for match in found}) != len(WANTS) - 1:
            raise RuntimeError("every want but the last one is offered")
    what = f"matches of {len(WANTS)} wants in {PERSONS * LISTINGS:,}"
    return [
        Figure(f"{what}: p50", statistics.median(seconds) * 1000, "ms"),
        Figure(f"{what}: p95", _p95(seconds) * 1000, "ms", MATCHES_MS_AT_MOST),
    ]


def _typed(number: int) -> str:
    """What somebody may type: a word, its beginning, two words, one exact thing."""
    thing, word = THINGS[number % len(THINGS)], WORDS[number % len(WORDS)]
    match number % 4:
        case 0:
            return thing
        case 1:
            return word[:3]
        case 2:
            return f"{word} {thing[:4]}"
        case _:
            return made_listing(number * 17 % PERSONS, number % LISTINGS).title


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]
