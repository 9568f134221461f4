"""Writing folded rows: only what changed, by subject, and the whole subject."""

import sqlite3
from contextlib import closing

import pytest

from p2pshare.domain.hours import Payment
from p2pshare.store.database import Database
from p2pshare.store.folded_tables import (
    BUSY_PERIODS,
    PAYMENTS,
    PERSONS,
)
from p2pshare.store.rows import (
    FoldedRows,
    RowChange,
    payment_row,
    person_row,
    write_rows,
)

CIRCLE, OTHER = bytes(32), bytes([1]) * 32


@pytest.fixture
def connection():
    with closing(Database(":memory:")) as database:
        yield database.connection


def payment(key, minutes):
    paid = Payment(b"p" * 16, b"a" * 32, b"b" * 32, minutes, b"e" * 32)
    row = dict(zip(PAYMENTS.columns, payment_row(CIRCLE, paid), strict=True))
    return tuple({**row, "payment": key, "circle": "circle"}.values())


def write(connection, table, rows, circle=CIRCLE):
    folded = FoldedRows(circle)
    for key, its in rows.items():
        folded.put(table, key, its)
    return write_rows(connection, folded)


def minutes(connection):
    return dict(connection.execute("SELECT payment, minutes FROM payments"))


def test_new_changed_and_gone_are_told_apart(connection):
    rows = {"a": [payment("a", 1)], "b": [payment("b", 2)]}
    assert write(connection, PAYMENTS, rows) == [
        RowChange("payments", "a", added=True, removed=False),
        RowChange("payments", "b", added=True, removed=False),
    ]
    changes = write(connection, PAYMENTS, {"a": [payment("a", 1)], "b": [payment("b", 3)]})
    assert changes == [RowChange("payments", "b", added=False, removed=False)]
    assert write(connection, PAYMENTS, {"a": []}) == [
        RowChange("payments", "a", added=False, removed=True)
    ]
    assert minutes(connection) == {"b": 3}
    assert write(connection, PAYMENTS, {"a": []}) == []


def test_subjects_that_were_not_folded_are_left_alone(connection):
    write(connection, PAYMENTS, {"a": [payment("a", 1)], "b": [payment("b", 2)]})
    write(connection, PAYMENTS, {"b": [payment("b", 5)]})
    assert minutes(connection) == {"a": 1, "b": 5}


def test_several_rows_of_one_subject_are_replaced_together(connection):
    def period(day, quantity=1):
        return ("listing", day, None, quantity, 0, "aa", 0, 1440)

    write(connection, BUSY_PERIODS, {"listing": [period("2026-11-01"), period("2026-11-02")]})
    write(connection, BUSY_PERIODS, {"listing": [period("2026-11-02"), period("2026-11-02")]})
    rows = connection.execute("SELECT from_day FROM busy_periods ORDER BY number").fetchall()
    assert rows == [("2026-11-02",), ("2026-11-02",)]


def test_a_person_has_a_row_in_each_circle(connection):
    person = bytes([7]) * 32
    for circle, name in ((CIRCLE, "Ada"), (OTHER, "Ada the second")):
        row = person_row(circle, person, name)
        write(connection, PERSONS, {person.hex(): [row]}, circle)
    write(connection, PERSONS, {person.hex(): []}, CIRCLE)
    rows = connection.execute("SELECT circle, name FROM persons").fetchall()
    assert rows == [(OTHER.hex(), "Ada the second")]


def test_more_subjects_than_a_query_takes(connection):
    rows = {str(number): [payment(str(number), number)] for number in range(1201)}
    assert len(write(connection, PAYMENTS, rows)) == 1201
    assert write(connection, PAYMENTS, rows) == []


def test_text_that_is_damaged_in_the_file_is_written_anew(connection):
    rows = {"a": [payment("a", 1)], "b": [payment("b", 2)]}
    write(connection, PAYMENTS, rows)
    connection.execute("UPDATE payments SET circle = CAST(x'63ff' AS TEXT) WHERE payment = 'a'")
    with pytest.raises(sqlite3.OperationalError, match="Could not decode"):
        connection.execute("SELECT circle FROM payments").fetchall()
    changes = write(connection, PAYMENTS, rows)
    assert changes == [RowChange("payments", "a", added=False, removed=False)]
    assert write(connection, PAYMENTS, rows) == []
    circles = connection.execute("SELECT circle FROM payments ORDER BY payment").fetchall()
    assert circles == [("circle",), ("circle",)]
