"""Importing a list of 10,000 rows: seconds and rows a second, durable at the end."""

import csv
import io
import tempfile
import time
from pathlib import Path

from figures import Figure
from made_feeds import made_listing

from p2pshare.domain.commands import AddPerson
from p2pshare.node.importing import import_list
from p2pshare.node.ledger import Ledger

ROWS = 10_000
SECONDS_AT_MOST = 10.0


def measure() -> list[Figure]:
    """The figures."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["title", "description", "category", "quantity"])
    for number in range(ROWS):
        made = made_listing(number, number % 20)
        writer.writerow([made.title, made.description, made.category, 1 + number % 3])
    data = text.getvalue().encode()
    with tempfile.TemporaryDirectory(prefix="p2pshare-bench-") as name:
        ledger = Ledger(Path(name) / "ledger")
        try:
            person = ledger.perform(AddPerson(name="Library"))[0].subject
            start = time.perf_counter()
            result = import_list(ledger, person, data)
            seconds = time.perf_counter() - start
            start = time.perf_counter()
            again = import_list(ledger, person, data)
            second = time.perf_counter() - start
        finally:
            ledger.close()
    if result.imported != ROWS or again.imported:
        raise RuntimeError(f"{result.imported} rows came in, then {again.imported}")
    return [
        Figure(f"import of {ROWS:,} rows", seconds, "s", at_most=SECONDS_AT_MOST),
        Figure("import: rows a second", ROWS / seconds, "/s"),
        Figure("import of the same file again (adds nothing)", second, "s"),
    ]
