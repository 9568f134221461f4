"""Notes: left with a transaction, found by whoever comes next, removed by nobody else's hand."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from p2pshare.store.database import Database
from p2pshare.store.notes import (
    ERASED_IN_LOG,
    PROMISES_UNPUBLISHED,
    empty_log,
    leave_note,
    read_note,
    remove_note,
)

FILE = "ledger.db"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / FILE)) as opened:
        yield opened


def _leave(database: Database, name: str) -> str:
    with database.transaction(durable=True) as connection:
        return leave_note(connection, name)


def test_there_is_no_note_at_first(database: Database) -> None:
    assert read_note(database.connection, ERASED_IN_LOG) is None
    assert empty_log(database)


def test_a_note_is_left_with_its_transaction_or_not_at_all(
    database: Database, tmp_path: Path
) -> None:
    def leave_and_fail() -> None:
        with database.transaction(durable=True) as connection:
            leave_note(connection, PROMISES_UNPUBLISHED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave_and_fail()
    assert read_note(database.connection, PROMISES_UNPUBLISHED) is None
    value = _leave(database, PROMISES_UNPUBLISHED)
    with closing(Database(tmp_path / FILE)) as other:
        assert read_note(other.connection, PROMISES_UNPUBLISHED) == value
        assert read_note(other.connection, ERASED_IN_LOG) is None


def test_a_note_left_anew_is_not_removed_by_the_hand_of_the_old(database: Database) -> None:
    old = _leave(database, PROMISES_UNPUBLISHED)
    new = _leave(database, PROMISES_UNPUBLISHED)
    assert old != new
    remove_note(database, PROMISES_UNPUBLISHED, old)
    assert read_note(database.connection, PROMISES_UNPUBLISHED) == new
    remove_note(database, PROMISES_UNPUBLISHED, new)
    assert read_note(database.connection, PROMISES_UNPUBLISHED) is None


def test_a_note_in_a_newer_ledger_is_left_alone(database: Database) -> None:
    value = _leave(database, PROMISES_UNPUBLISHED)
    database.connection.execute("PRAGMA user_version = 99")
    remove_note(database, PROMISES_UNPUBLISHED, value)
    assert read_note(database.connection, PROMISES_UNPUBLISHED) == value


def test_the_log_is_emptied_once_no_reader_holds_it(database: Database, tmp_path: Path) -> None:
    log = tmp_path / f"{FILE}-wal"
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM ledger").fetchone()
        _leave(database, ERASED_IN_LOG)
        assert not empty_log(database, patient=False)
        assert read_note(database.connection, ERASED_IN_LOG) is not None
        assert log.stat().st_size > 0
        reader.execute("ROLLBACK")
    truncated = database.truncate_log
    sizes = []

    def truncate_and_look(*, patient: bool = True) -> bool:
        done = truncated(patient=patient)
        sizes.append(log.stat().st_size)
        return done

    vars(database)["truncate_log"] = truncate_and_look
    assert empty_log(database)
    assert sizes == [0]
    assert read_note(database.connection, ERASED_IN_LOG) is None
    assert empty_log(database)
    assert sizes == [0], "nothing to do, nothing done"


def test_waiting_for_a_reader_leaves_the_patience_of_writes_as_it_was(database: Database) -> None:
    before = database.connection.execute("PRAGMA busy_timeout").fetchone()
    database.truncate_log(patient=False)
    database.truncate_log()
    assert database.connection.execute("PRAGMA busy_timeout").fetchone() == before == (30_000,)


def test_strangers_cannot_have_the_whole_file_read_all_the_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _leave(database, ERASED_IN_LOG)
    assert empty_log(database)
    _leave(database, ERASED_IN_LOG)
    assert not empty_log(database), "looked at a moment ago"
    assert read_note(database.connection, ERASED_IN_LOG) is not None, "a later write sees to it"
    assert empty_log(database, at_once=True), "one's own words go at once"
    _leave(database, ERASED_IN_LOG)
    monkeypatch.setattr("p2pshare.store.database.WIPE_SECONDS", 0.0)
    assert empty_log(database)
