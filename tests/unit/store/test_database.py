"""Opening, versions, transactions; two processes that make the same new ledger."""

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from p2pshare.errors import StoreBusy, StoreDamaged, StoreError, StoreTooNew
from p2pshare.store.database import FOLD_VERSION, SCHEMA_VERSION, Database, stored_versions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def count_circles(database: Database) -> int:
    return int(database.connection.execute("SELECT count(*) FROM circles").fetchone()[0])


ADD_CIRCLE = "INSERT INTO circles (circle, name) VALUES (x'01', 'one')"


def test_a_new_ledger_has_the_versions_of_this_program(path):
    with closing(Database(path)) as database:
        assert stored_versions(database.connection) == (SCHEMA_VERSION, FOLD_VERSION)
        assert database.fold_version() == FOLD_VERSION
        mode = database.connection.execute("PRAGMA journal_mode").fetchone()[0]
        assert mode == "wal"
        assert database.connection.execute("PRAGMA secure_delete").fetchone()[0] == 1


def test_opening_again_changes_nothing(path):
    with closing(Database(path)) as database:
        database.connection.execute(ADD_CIRCLE)
    with closing(Database(path)) as database:
        assert count_circles(database) == 1


@pytest.mark.parametrize(
    "newer",
    [
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
        f"UPDATE ledger SET value = '{FOLD_VERSION + 1}' WHERE name = 'fold_version'",
    ],
)
def test_a_newer_ledger_is_refused_and_left_alone(path, newer):
    Database(path).close()
    spoil(path, newer)
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreTooNew):
            Database(path, read_only=read_only)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "newer",
    [
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
        f"UPDATE ledger SET value = '{FOLD_VERSION + 1}' WHERE name = 'fold_version'",
    ],
)
def test_a_process_that_meets_a_newer_ledger_stops_writing(path, newer):
    with closing(Database(path)) as database:
        spoil(path, newer)
        with pytest.raises(StoreTooNew), database.transaction(durable=False) as connection:
            connection.execute(ADD_CIRCLE)
        assert not database.connection.in_transaction
        assert count_circles(database) == 0


@pytest.mark.parametrize("value", ["x", "", "-1", "²"])
def test_a_fold_version_that_is_no_number_counts_as_old(path, value):
    with closing(Database(path)) as database:
        spoil(path, f"UPDATE ledger SET value = '{value}' WHERE name = 'fold_version'")
        assert database.fold_version() == 0


def test_a_transaction_commits_or_leaves_nothing(path):
    with closing(Database(path)) as database:
        with (
            pytest.raises(StoreDamaged),
            database.transaction(durable=True) as connection,
        ):
            connection.executemany(ADD_CIRCLE, [(), ()])
        assert count_circles(database) == 0
        with database.transaction(durable=True) as connection:
            connection.execute(ADD_CIRCLE)
        assert count_circles(database) == 1


@pytest.mark.parametrize(("durable", "synchronous"), [(True, 2), (False, 1)])
def test_what_this_device_signs_is_durable(path, durable, synchronous):
    with closing(Database(path)) as database, database.transaction(durable=durable) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == synchronous


def test_a_snapshot_does_not_see_what_is_written_meanwhile(path):
    with closing(Database(path)) as reader, closing(Database(path)) as writer:
        with reader.snapshot():
            assert count_circles(reader) == 0
            with writer.transaction(durable=False) as connection:
                connection.execute(ADD_CIRCLE)
            with reader.snapshot():
                assert count_circles(reader) == 0
        assert count_circles(reader) == 1


def test_the_data_version_tells_of_other_processes_only(path):
    with closing(Database(path)) as reader, closing(Database(path)) as writer:
        before = reader.data_version(), writer.data_version()
        with writer.transaction(durable=False) as connection:
            connection.execute(ADD_CIRCLE)
        assert reader.data_version() != before[0]
        assert writer.data_version() == before[1]


def test_a_read_only_connection_cannot_write(path):
    Database(path).close()
    with (
        closing(Database(path, read_only=True)) as database,
        pytest.raises(StoreError, match="cannot be used"),
        database.transaction(durable=False),
    ):
        pass


def test_another_writer_is_said_to_be_busy(path):
    with closing(Database(path)) as database, closing(Database(path)) as other:
        other.connection.execute("PRAGMA busy_timeout = 0")
        with (
            database.transaction(durable=False),
            pytest.raises(StoreBusy),
            other.transaction(durable=False),
        ):
            pass


def test_a_file_that_is_no_database_is_damaged(path):
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDamaged):
        Database(path)


def test_a_folder_that_is_not_there_is_an_error_in_one_line(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        Database(tmp_path / "missing" / "ledger.db")


def test_the_log_of_a_reader_is_emptied_later(path):
    with closing(Database(path)) as reader, closing(Database(path)) as writer:
        with reader.snapshot():
            assert count_circles(reader) == 0
            with writer.transaction(durable=False) as connection:
                connection.execute(ADD_CIRCLE)
            assert not writer.truncate_log(patient=False)
        assert writer.truncate_log()
    assert path.exists()


def _make_and_write(path: str, start: object, number: int, results: object) -> None:
    start.wait()
    with closing(Database(Path(path))) as database, database.transaction(durable=True) as one:
        one.execute(
            "INSERT INTO circles (circle, name) VALUES (?, 'x')", (number.to_bytes(32, "big"),)
        )
    results.put(number)


def test_processes_that_make_one_ledger_at_once_make_one(path):
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(4), context.SimpleQueue()
    children = [
        context.Process(target=_make_and_write, args=(str(path), start, number, results))
        for number in range(4)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0, 0]
    assert sorted(results.get() for _ in children) == [0, 1, 2, 3]
    with closing(Database(path)) as database:
        assert count_circles(database) == 4
        assert database.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
