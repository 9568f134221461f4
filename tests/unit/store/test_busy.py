"""store.busy: promised periods and queues, as their owners told everybody."""

from contextlib import closing

import pytest

from p2pshare.domain.bodies import BusyPeriod
from p2pshare.store.busy import busy_periods_of, queue_of
from p2pshare.store.database import Database
from p2pshare.store.feeds import CHUNK
from p2pshare.store.rows import busy_row, waiting_rows

DRILL, SAW = b"D" * 16, b"S" * 16


@pytest.fixture
def connection():
    with closing(Database(":memory:")) as database:
        yield database.connection


def tell(connection, listing, *periods):
    connection.executemany(
        "INSERT INTO busy_periods (listing, from_day, until_day, quantity, out, tag, from_minute,"
        " until_minute) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [busy_row(listing, period) for period in periods],
    )


def wait(connection, listing, *tokens):
    connection.executemany(
        "INSERT INTO waiting (listing, place, token) VALUES (?, ?, ?)",
        waiting_rows(listing, tokens),
    )


def test_periods_come_as_they_were_told(connection):
    morning = BusyPeriod("2026-11-23", "2026-11-23", 1, False, b"tag-morn", 540, 720)
    out = BusyPeriod("2026-11-24", None, 2, True, b"tag--out")
    tell(connection, DRILL, morning, out)
    tell(connection, SAW, out)
    found = busy_periods_of(connection, [DRILL.hex(), SAW.hex(), "00" * 16])
    assert found == {DRILL.hex(): [morning, out], SAW.hex(): [out]}
    assert busy_periods_of(connection, []) == {}


def test_however_many_listings_are_asked_for(connection):
    out = BusyPeriod("2026-11-24", None, 2, True, b"tag--out")
    tell(connection, DRILL, out)
    many = [f"{number:032x}" for number in range(2 * CHUNK)]
    assert busy_periods_of(connection, [*many, DRILL.hex()]) == {DRILL.hex(): [out]}


def test_a_queue_is_in_its_order(connection):
    tokens = [bytes([number]) * 8 for number in (9, 1, 5)]
    wait(connection, SAW, b"another!")
    wait(connection, DRILL, *tokens)
    assert queue_of(connection, DRILL.hex()) == [token.hex() for token in tokens]
    assert queue_of(connection, "00" * 16) == []
