"""A rebuild gives what arrival gave, mends what follows from headers, and loses nothing."""

import pytest
from unit.store.ledger_kit import ADA, BEN, FileReader, village
from unit.store.world_kit import Reader

from p2pshare.errors import StoreDamaged, StoreTooNew
from p2pshare.store.database import FOLD_VERSION
from p2pshare.store.migrations import DERIVED_TABLES, FOLDED_TABLES
from p2pshare.store.rebuild import rebuild


@pytest.fixture(scope="module")
def world():
    return village()


@pytest.fixture
def reader(world):
    with Reader(ADA, BEN) as one:
        one.take_all(world)
        yield one


def everything(reader):
    """All rows that follow from the log, numbers of entries and feeds included."""
    tables = ("entries", "feeds", "branches", "tips", *DERIVED_TABLES)
    log = {
        table: sorted(
            reader.database.connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr
        )
        for table in tables
    }
    return log, reader.folded()


def found(reader, word):
    return reader.database.connection.execute(
        "SELECT count(*) FROM listings_fts WHERE listings_fts MATCH ?", (word,)
    ).fetchone()[0]


def test_it_gives_what_arrival_gave(world, reader):
    before = everything(reader)
    assert rebuild(reader.database, reader.keys) == len(world.entries)
    assert everything(reader) == before
    assert found(reader, "drill") > 0


def test_it_needs_nothing_but_the_log(reader):
    before = everything(reader)
    connection = reader.database.connection
    for table in (*DERIVED_TABLES, *FOLDED_TABLES, "branches", "tips"):
        connection.execute(f"DELETE FROM {table}")
    rebuild(reader.database, reader.keys)
    assert everything(reader) == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE entries SET seq = 900, time_ms = -1, kind = 'x', subject = x'00' WHERE number = 9",
        "UPDATE entries SET branch = 7, feed = 99 WHERE number = 9",
        "UPDATE entries SET id = randomblob(32) WHERE number = 9",
        "UPDATE entries SET feed = 2 WHERE seq = 0 AND feed = 1",
        "UPDATE entries SET signature_checked = 0",
        "UPDATE feeds SET person = x'00', kinds = '{', listings = 'no', last_seq = 0",
        "UPDATE feeds SET open_entry = randomblob(32) WHERE number = 2",
        "DELETE FROM feeds WHERE number = 3",
        "INSERT INTO feeds (feed, circle, person, open_entry, reading_key, kinds, listings)"
        " VALUES (x'00', 1, x'00', x'00', x'00', '[]', '[]')",
        "UPDATE usage SET bytes = 1",
        "DELETE FROM listings_fts_data",
    ],
)
def test_it_mends_what_follows_from_the_headers(reader, spoil):
    before = everything(reader)
    assert reader.database.connection.execute(spoil).rowcount > 0
    rebuild(reader.database, reader.keys)
    assert everything(reader)[1] == before[1]
    if "signature_checked" not in spoil:
        assert everything(reader)[0] == before[0]
    assert found(reader, "drill") > 0


def test_the_tips_are_marked_as_checked_again(reader):
    connection = reader.database.connection
    connection.execute("UPDATE entries SET signature_checked = 0")
    rebuild(reader.database, reader.keys)
    marks = connection.execute(
        "SELECT DISTINCT signature_checked FROM entries WHERE number IN (SELECT entry FROM tips)"
    ).fetchall()
    assert marks == [(1,)]


@pytest.mark.parametrize(
    "spoil",
    [
        "DELETE FROM entries WHERE number = 9",
        "UPDATE entries SET header = x'00', id = x'00' WHERE number = 9",
        "INSERT INTO bodies (entry, body) VALUES (9999, x'00')",
        "DELETE FROM circles",
    ],
)
def test_what_hangs_together_no_more_is_refused_and_nothing_changes(reader, spoil):
    reader.database.connection.execute(spoil)
    before = everything(reader)
    with pytest.raises(StoreDamaged):
        rebuild(reader.database, reader.keys)
    assert everything(reader) == before
    reader.database.connection.execute(
        "INSERT INTO listings (listing, title) VALUES ('a', 'Zebra')"
    )
    assert found(reader, "zebra") == 1


@pytest.mark.parametrize("spoil", ["header = x'00'", "header = 'text'", "header = NULL"])
def test_a_damaged_entry_stays_is_left_out_and_noted(world, reader, spoil):
    listing = next(entry for entry in world.entries if entry.kind == "listing.put")
    before = everything(reader)
    connection = reader.database.connection
    connection.execute(f"UPDATE entries SET {spoil} WHERE id = ?", (listing.identifier,))
    rebuild(reader.database, reader.keys)
    noted = connection.execute("SELECT id, what FROM damaged").fetchall()
    assert noted == [(listing.identifier, "header")]
    assert len(reader.rows("listings")) == len(before[1]["listings"]) - 1
    assert reader.digest()
    reader.repair([listing])
    rebuild(reader.database, reader.keys)
    assert everything(reader)[1] == before[1]


def test_a_damaged_feed_open_keeps_its_feed(world, reader):
    opening = world.feeds[0].opening
    before = everything(reader)
    reader.database.connection.execute(
        "UPDATE entries SET header = x'00' WHERE id = ?", (opening.identifier,)
    )
    rebuild(reader.database, reader.keys)
    assert everything(reader)[0]["feeds"] == before[0]["feeds"]
    assert everything(reader)[1] == before[1]


def test_the_fold_version_is_written_at_the_end(reader):
    reader.database.connection.execute("UPDATE ledger SET value = '0' WHERE name = 'fold_version'")
    assert reader.database.fold_version() == 0
    rebuild(reader.database, reader.keys)
    assert reader.database.fold_version() == FOLD_VERSION


def test_a_newer_ledger_is_not_rebuilt(world, tmp_path):
    with FileReader(tmp_path / "ledger.db") as reader:
        reader.spoil(
            "UPDATE ledger SET value = ? WHERE name = 'fold_version'", str(FOLD_VERSION + 1)
        )
        with pytest.raises(StoreTooNew):
            rebuild(reader.database, [])


def test_progress_ends_where_it_said(reader):
    steps = []
    rebuild(reader.database, reader.keys, lambda done, total: steps.append((done, total)))
    assert steps[-1][0] == steps[-1][1]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_an_empty_ledger_is_rebuilt_too():
    with Reader() as reader:
        assert rebuild(reader.database, []) == 0
