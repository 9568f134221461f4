"""Importing a list of 10,000 things, and a history of 20,000 loans: durable at the end."""

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
LOANS = 20_000
SECONDS_AT_MOST = 10.0


def measure() -> list[Figure]:
    """The figures."""
    return [*_listings(), *_history()]


def _listings() -> list[Figure]:
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


def _history() -> list[Figure]:
    """20,000 loans of 400 things to 700 members, as Lend Engine's report lists them."""
    rows = ["Loan,Status,Item,Code,Member,Email,Checked out,Checked in"]
    for number in range(LOANS):
        item, member, day = number % 400, number % 700, 1 + number % 28
        rows.append(
            f"{number},CLOSED,{made_listing(item, 0).title.replace(',', ' ')},C-{item},Member"
            f" {member},member{member}@example.org,{day:02} Mar 2021 3:05 pm,"
            f"{day:02} Apr 2021 9:00 am"
        )
    data = "\n".join(rows).encode()
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
            start = time.perf_counter()
            listed = ledger.queries.history.past([person.hex()], limit=50)
            listing = time.perf_counter() - start
            start = time.perf_counter()
            ledger.queries.history.past([person.hex()], search="member 42", limit=50)
            searching = time.perf_counter() - start
        finally:
            ledger.close()
    if result.imported != LOANS or again.imported or len(listed) != 50:
        raise RuntimeError(f"{result.imported} loans came in, then {again.imported}")
    return [
        Figure(f"history of {LOANS:,} loans, imported", seconds, "s", at_most=SECONDS_AT_MOST),
        Figure("history: the same file again (adds nothing)", second, "s"),
        Figure("history: the latest 50", 1000 * listing, "ms"),
        Figure("history: 50 found by words", 1000 * searching, "ms"),
    ]
