"""store.wipe: what moved rows leave in the unused middle of pages is zeroed, and nothing else."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from p2pshare.store import wipe
from p2pshare.store.database import Database

FILE = "ledger.db"


@pytest.fixture
def database(tmp_path: Path):
    with closing(Database(tmp_path / FILE)) as database:
        database.connection.execute("CREATE TABLE words (word TEXT PRIMARY KEY, more TEXT)")
        yield database


def churn(database: Database, seed: int) -> set[bytes]:
    """Add and delete words at random; those that are deleted in the end."""
    rng = random.Random(seed)
    present: list[str] = []
    gone: set[bytes] = set()
    for _ in range(60):
        with database.transaction(durable=False) as connection:
            for _ in range(40):
                word = f"word{rng.getrandbits(48):012x}"
                more = "x" * rng.randrange(400)
                connection.execute("INSERT INTO words VALUES (?, ?)", (word, more))
                present.append(word)
            rng.shuffle(present)
            for _ in range(rng.randrange(45)):
                if present:
                    word = present.pop()
                    connection.execute("DELETE FROM words WHERE word = ?", (word,))
                    gone.add(word.encode())
    return gone


def left(path: Path, words: set[bytes]) -> int:
    data = path.read_bytes()
    return sum(word in data for word in words)


def test_nothing_that_was_deleted_is_left_in_the_file(database: Database, tmp_path: Path) -> None:
    path = tmp_path / FILE
    gone = churn(database, 1)
    assert database.truncate_log()
    before = database.connection.execute("SELECT * FROM words ORDER BY word").fetchall()
    assert left(path, gone) > 0, "secure_delete alone would do, and this module could go"
    assert database.wipe_unused()
    assert left(path, gone) == 0
    assert database.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(sqlite3.connect(path)) as another:
        assert another.execute("SELECT * FROM words ORDER BY word").fetchall() == before
    assert database.wipe_unused(), "a second time there is nothing to do"


def test_later_writes_bring_nothing_back(database: Database, tmp_path: Path) -> None:
    """No cache still has the pages as they were: neither ours nor another connection's."""
    path = tmp_path / FILE
    with closing(Database(path)) as another:
        gone = churn(database, 2)
        another.connection.execute("SELECT count(*), max(more) FROM words").fetchone()
        assert database.truncate_log()
        assert database.wipe_unused()
        with database.transaction(durable=False) as connection:
            connection.execute("INSERT INTO words VALUES ('after', '')")
        for one in (another, database):
            with one.transaction(durable=False) as connection:
                connection.execute("UPDATE words SET more = more || 'y'")
            assert one.truncate_log()
        assert left(path, gone) == 0


def test_somebody_who_writes_is_not_disturbed(database: Database, tmp_path: Path) -> None:
    churn(database, 3)
    assert not database.wipe_unused(), "the log is not empty"
    assert database.truncate_log()
    with closing(Database(tmp_path / FILE)) as another:
        database.connection.execute("PRAGMA busy_timeout = 0")
        with another.transaction(durable=False):
            assert not database.wipe_unused()
    assert database.wipe_unused()


def test_the_descriptor_goes_with_the_last_connection(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(Database(path)) as one:
        assert one.truncate_log()
        assert one.wipe_unused()
        with closing(Database(path, read_only=True)):
            assert str(path) in wipe._descriptors
        assert str(path) in wipe._descriptors, "closing it would drop the locks of the other"
    assert str(path) not in wipe._descriptors
    assert str(path) not in wipe._open


def test_pages_of_no_tree_are_left_alone() -> None:
    assert wipe._gap(bytes(4096), 0) is None
    assert wipe._gap(b"\x0d\x00\x00\xff\xff\x00\x10" + bytes(4089), 0) is None
    assert wipe._gap(b"", 0) is None
    sound = b"\x0d\x00\x00\x00\x02\x0f\x00\x00" + bytes(4088)
    assert wipe._gap(sound, 0) == (12, 0x0F00)
