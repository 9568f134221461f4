"""The audit says what is wrong, with which entry, and leaves the rest alone."""

import pytest
from unit.store.ledger_kit import ADA, BEN, FileReader, village, without_body

from p2pshare.errors import StoreError, StoreTooNew
from p2pshare.store.audit import audit
from p2pshare.store.audit_tables import COMPARED
from p2pshare.store.database import FOLD_VERSION, SCHEMA_VERSION
from p2pshare.store.rebuild import rebuild


@pytest.fixture(scope="module")
def world():
    return village()


@pytest.fixture
def reader(world, tmp_path):
    with FileReader(tmp_path / "ledger.db", ADA, BEN) as one:
        one.take_all(world)
        yield one


def faults(report):
    return {(fault.what, fault.where) for fault in report.faults}


def spoil(reader, entry, assignment):
    reader.spoil(f"UPDATE entries SET {assignment} WHERE id = ?", entry.identifier)


def test_a_sound_ledger_is_sound(world, reader):
    report = reader.audit()
    assert report.ok
    assert report.faults == ()
    assert report.entries == report.signatures == len(world.entries)
    assert report.chains == len(world.feeds)
    assert report.bodies == len(reader.held_bodies())
    assert report.tables == len(COMPARED)


def test_another_reader_finds_the_loans_to_be_no_loans_of_theirs(reader):
    report = audit(reader.path, [])
    assert {where for _, where in faults(report)} >= {"agreements", "agreement_moves"}


@pytest.mark.parametrize(
    ("assignment", "what"),
    [
        ("header = x'00'", "header"),
        ("header = 'text'", "header"),
        ("header = NULL", "header"),
        ("signature = zeroblob(64)", "signature"),
        ("signature = x'00'", "signature"),
        ("signature = 5", "signature"),
        ("id = zeroblob(32)", "column"),
        ("seq = 77", "column"),
        ("seq = 'x'", "column"),
        ("time_ms = 1.5", "column"),
        ("kind = 'other'", "column"),
        ("subject = zeroblob(16)", "column"),
        ("branch = 3", "column"),
        ("feed = 2", "column"),
        ("signature_checked = 9", "column"),
    ],
)
def test_each_damaged_value_of_an_entry_is_named_with_it(world, reader, assignment, what):
    entry = world.entries[8]
    spoil(reader, entry, assignment)
    assert (what, entry.identifier.hex()) in faults(reader.audit())


def test_every_bit_of_a_header_signature_and_body_counts(world, reader):
    entry = world.entries[8]
    for column, table, key in (("header", "entries", "number"), ("body", "bodies", "entry")):
        whole = entry.signed.header if column == "header" else entry.signed.body
        for place in range(0, len(whole), 7):
            data = bytearray(whole)
            data[place] ^= 1 << place % 8
            reader.spoil(f"UPDATE {table} SET {column} = ? WHERE {key} = 9", bytes(data))
            report = audit(reader.path, reader.keys, note=False)
            assert (column, entry.identifier.hex()) in faults(report), place
        reader.spoil(f"UPDATE {table} SET {column} = ? WHERE {key} = 9", whole)
    assert reader.audit().ok


def test_a_body_that_is_gone_is_missed_and_asked_for(world, reader):
    entry = world.entries[8]
    reader.spoil("DELETE FROM bodies WHERE entry = 9")
    assert ("body", entry.identifier.hex()) in faults(reader.audit())
    assert reader.wanted() == [entry.identifier]
    reader.repair_from(world)
    assert reader.audit().ok


def test_a_body_that_is_owed_or_erased_is_no_fault(world, tmp_path):
    with FileReader(tmp_path / "owing.db", ADA, BEN) as reader:
        for entry in world.entries:
            reader.take([without_body(entry) if entry.header.seq else entry])
        assert reader.audit().ok


def test_a_body_without_its_entry_is_a_fault(reader):
    reader.spoil("INSERT INTO bodies (entry, body) VALUES (9999, x'00')")
    assert ("body", "row 9999") in faults(reader.audit())


def test_a_missing_entry_breaks_the_chain(world, reader):
    reader.spoil("DELETE FROM entries WHERE id = ?", world.entries[8].identifier)
    found = reader.audit()
    assert any(fault.what == "chain" for fault in found.faults)


SPOILS = [
    ("feeds", "UPDATE feeds SET person = zeroblob(32) WHERE number = 1"),
    ("branches", "DELETE FROM branches"),
    ("tips", "DELETE FROM tips WHERE entry = (SELECT max(entry) FROM tips)"),
    ("owed", "INSERT INTO owed (entry) VALUES (9)"),
    ("dependencies", "INSERT INTO dependencies VALUES (x'00', 1, x'00')"),
    ("revocations", "DELETE FROM revocations"),
    ("erasures", "DELETE FROM erasures"),
    ("usage", "UPDATE usage SET entries = entries + 1"),
    ("persons", "UPDATE persons SET name = 'Mallory'"),
    ("listings", "UPDATE listings SET owner = 'aa' WHERE rowid = 1"),
    ("busy_periods", "INSERT INTO busy_periods (listing) VALUES ('aa')"),
    ("payments", "UPDATE payments SET minutes = 6000"),
    ("agreements", "UPDATE agreements SET state = 'closed'"),
    ("agreement_moves", "DELETE FROM agreement_moves WHERE place = 1"),
    ("agreement_photos", "INSERT INTO agreement_photos (agreement) VALUES ('aa')"),
    ("listing_photos", "INSERT INTO listing_photos (listing) VALUES ('aa')"),
    ("waiting", "INSERT INTO waiting (listing, place, token) VALUES ('aa', 1, 'bb')"),
    ("inductions", "INSERT INTO inductions (induction) VALUES ('aa')"),
    ("history_loans", "INSERT INTO history_loans (history) VALUES ('aa')"),
    ("history_members", "INSERT INTO history_members (history) VALUES ('aa')"),
    ("history_hours", "INSERT INTO history_hours (history) VALUES ('aa')"),
    ("circles", "UPDATE circles SET secret = zeroblob(32)"),
    ("own_feeds", "INSERT INTO own_feeds VALUES (x'00', x'00', x'00', 0)"),
    ("own_persons", "INSERT INTO own_persons VALUES (x'00', 'A', 1, 0)"),
    ("peers", "INSERT INTO peers VALUES ('a', 0, zeroblob(32), 1)"),
    ("refused_feeds", "INSERT INTO refused_feeds VALUES (1, x'00', 'r')"),
    ("blobs", "INSERT INTO blobs VALUES (zeroblob(32), 1, x'00')"),
    ("imported_rows", "INSERT INTO imported_rows VALUES (x'00', x'00', x'00', x'00', '')"),
    ("unused_photos", "INSERT INTO unused_photos VALUES (x'00', 1)"),
    ("wanted_photos", "INSERT INTO wanted_photos VALUES (x'00', x'00')"),
    ("thumbnails", "INSERT INTO thumbnails VALUES (x'00', x'00', '')"),
    ("saved_searches", "INSERT INTO saved_searches VALUES (1, x'00', 'saw', '', 1)"),
    ("told_reminders", "INSERT INTO told_reminders VALUES (x'00', 'key', 1)"),
    ("ledger", "UPDATE ledger SET value = '?' WHERE name = 'fold_version'"),
    ("ledger", "INSERT INTO ledger VALUES ('hours_hard_limit_minutes', 'ten')"),
    ("ledger", "INSERT INTO ledger VALUES ('quiet_hours', '25:00-08:00')"),
    ("listings_fts", "UPDATE listings_fts_data SET block = x'00' WHERE id > 10"),
    ("sqlite_master", "DROP INDEX idx_entries_subject"),
]
"""A statement for each table, after which it is not what it can be."""

CHECKED_ELSEWHERE = {
    *("entries", "bodies", "damaged"),  # entry by entry
    "links",  # means nothing while no node runs
    "_sqlite_migrations",
}


@pytest.mark.parametrize(("table", "statement"), SPOILS)
def test_each_table_is_compared(reader, table, statement):
    reader.database.connection.execute(statement)
    assert table in {fault.where for fault in reader.audit().faults}


def test_no_table_is_left_out(reader):
    tables = {
        name
        for (name,) in reader.database.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_fts\\_%'"
            " ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
    }
    assert tables - CHECKED_ELSEWHERE == {table for table, _ in SPOILS} - {"sqlite_master"}


def test_what_is_noted_is_asked_for_and_repaired(world, reader):
    header, body, signature = world.entries[7:10]
    spoil(reader, header, "header = x'00'")
    reader.spoil("UPDATE bodies SET body = x'00' WHERE entry = 9")
    spoil(reader, signature, "signature = zeroblob(64)")
    assert not reader.audit().ok
    ids = {entry.identifier for entry in (header, body, signature)}
    assert set(reader.wanted()) == ids
    assert set(reader.repair_from(world).repaired) == ids
    assert reader.wanted() == []
    assert reader.audit().ok


def test_a_damaged_signature_ends_no_stretch(world, reader):
    entry = world.entries[8]
    spoil(reader, entry, "signature = zeroblob(64)")
    reader.audit()
    mark = reader.database.connection.execute(
        "SELECT signature_checked FROM entries WHERE id = ?", (entry.identifier,)
    ).fetchone()
    assert mark == (0,)


def test_what_is_right_again_is_noted_no_more(world, reader):
    entry = world.entries[8]
    spoil(reader, entry, "signature = zeroblob(64)")
    reader.audit()
    reader.spoil("UPDATE entries SET signature = ? WHERE number = 9", entry.signed.signature)
    assert reader.wanted() == [entry.identifier]
    assert reader.audit().ok
    assert reader.wanted() == []


def test_without_notes_the_file_is_left_as_it_is(world, reader):
    spoil(reader, world.entries[8], "header = x'00'")
    reader.database.truncate_log()
    before = reader.path.read_bytes()
    assert not audit(reader.path, reader.keys, note=False).ok
    assert reader.path.read_bytes() == before
    assert reader.wanted() == []


def test_a_rebuild_settles_everything_but_the_entries(world, reader):
    reader.spoil("UPDATE listings SET title = 'x'")
    reader.spoil("UPDATE entries SET subject = x'00', seq = 5 WHERE number = 9")
    assert not reader.audit().ok
    rebuild(reader.database, reader.keys)
    assert reader.audit().ok


@pytest.mark.parametrize(
    "newer",
    [
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
        f"UPDATE ledger SET value = '{FOLD_VERSION + 1}' WHERE name = 'fold_version'",
    ],
)
def test_a_newer_ledger_is_not_judged(reader, newer):
    reader.database.connection.execute(newer)
    with pytest.raises(StoreTooNew):
        reader.audit()


def test_no_file_is_an_error_in_one_line(tmp_path):
    with pytest.raises(StoreError, match="there is no ledger"):
        audit(tmp_path / "ledger.db", [])


def test_others_may_write_meanwhile(world, reader):
    with reader.database.transaction(durable=False) as connection:
        connection.execute("UPDATE persons SET name = 'unfinished'")
        assert reader.audit().ok


def test_progress_counts_the_entries(world, reader):
    steps = []
    audit(reader.path, reader.keys, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(len(world.entries), len(world.entries))]
