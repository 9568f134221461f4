"""Which listing came from which row: each person's in each circle, the last word counts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unit.store.ledger_kit import ADA, BEN, FileReader

from p2pshare.log.certificate import OPEN_CIRCLE, closed_circle
from p2pshare.store.database import Database
from p2pshare.store.imports import ImportedRow, note_imported, read_imported
from p2pshare.store.salvage import salvage

WORKSHOP = closed_circle(b"a closed circle's 32 byte secret")
SOURCE, OTHER = b"s" * 32, b"o" * 32
DRILL, SAW = ImportedRow(b"d" * 16, "title:1"), ImportedRow(b"s" * 16, "title:2")


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(Database(":memory:")) as made:
        yield made


def test_rows_are_kept_by_person_and_circle(database: Database) -> None:
    connection = database.connection
    note_imported(connection, ADA.id, OPEN_CIRCLE, {SOURCE: DRILL, OTHER: SAW})
    note_imported(connection, BEN.id, OPEN_CIRCLE, {SOURCE: SAW})
    assert read_imported(connection, ADA.id, OPEN_CIRCLE) == {SOURCE: DRILL, OTHER: SAW}
    assert read_imported(connection, BEN.id, OPEN_CIRCLE) == {SOURCE: SAW}
    assert read_imported(connection, ADA.id, WORKSHOP) == {}


def test_a_row_says_what_it_said_last(database: Database) -> None:
    note_imported(database.connection, ADA.id, OPEN_CIRCLE, {SOURCE: DRILL})
    changed = ImportedRow(DRILL.listing, "title:3")
    note_imported(database.connection, ADA.id, OPEN_CIRCLE, {SOURCE: changed})
    assert read_imported(database.connection, ADA.id, OPEN_CIRCLE) == {SOURCE: changed}


def test_rows_survive_rebuilding_and_salvaging_and_damage_to_them_is_found(tmp_path: Path) -> None:
    reader = FileReader(tmp_path / "ledger.db", ADA)
    note_imported(reader.database.connection, ADA.id, OPEN_CIRCLE, {SOURCE: DRILL, OTHER: SAW})
    assert reader.audit().faults == ()
    reader.spoil("UPDATE imported_rows SET listing = x'00' WHERE source = ?", OTHER)
    assert [fault.where for fault in reader.audit().faults] == ["imported_rows"]
    reader.database.close()
    salvage(reader.path, reader.keys)
    with closing(Database(reader.path)) as database:
        assert read_imported(database.connection, ADA.id, OPEN_CIRCLE) == {SOURCE: DRILL}
