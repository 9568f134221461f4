"""A damaged file makes way for a new ledger with all that could be read; nothing is thrown away."""

import sqlite3
from contextlib import closing

import pytest
from unit.store.ledger_kit import ADA, BEN, FileReader, village

from p2pshare.domain.hour_rules import DEFAULT_LIMITS, HourLimits
from p2pshare.domain.quiet_hours import QuietHours
from p2pshare.errors import StoreDamaged
from p2pshare.log.certificate import closed_circle
from p2pshare.store import local
from p2pshare.store.accounts import write_limits
from p2pshare.store.audit import audit
from p2pshare.store.first_pages import graft_first_pages
from p2pshare.store.queries import Queries
from p2pshare.store.reminders import mark_told, set_quiet_hours
from p2pshare.store.salvage import Salvaged, rebuild_file, salvage
from p2pshare.store.saved_searches import save_search

PAGE = 4096
SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def world():
    return village(listings=40)


@pytest.fixture
def sound(world, tmp_path):
    """The path of a closed ledger in which Ada lives, and what it says."""
    path = tmp_path / "ledger.db"
    with FileReader(path, ADA, BEN) as reader:
        reader.take_all(world)
        with reader.database.transaction(durable=True) as connection:
            local.add_own_person(connection, ADA.id, "Ada", 1)
            local.add_own_person(connection, BEN.id, "Ben", 2, desk=True)
            save_search(connection, ADA.id, "saw", "tools", 1)
            mark_told(connection, ADA.id.hex(), ["a key"], 1)
            set_quiet_hours(connection, QuietHours(60, 120))
            write_limits(connection, HourLimits(soft=None, hard=90))
            local.add_own_feed(connection, world.feeds[0].key.public, world.circle, ADA.id)
            local.add_circle(connection, closed_circle(SECRET), "Street", SECRET)
            local.remember_address(connection, "127.0.0.1", 1234, bytes(32), 1)
        reader.database.truncate_log()
        said = reader.digest(), reader.folded(), reader.keys
    return path, *said


def pages_of(path, table):
    """The leaf pages of a table, found by what stands in its rows."""
    with closing(sqlite3.connect(path)) as connection:
        (row,) = connection.execute(f"SELECT max(header) FROM {table}").fetchone()
    data = path.read_bytes()
    return data.index(row) // PAGE


def overwrite(path, page, data):
    whole = bytearray(path.read_bytes())
    whole[page * PAGE : page * PAGE + len(data)] = data
    path.write_bytes(whole)


def test_a_sound_file_is_rebuilt_in_place(world, sound):
    path, _, _, keys = sound
    assert rebuild_file(path, keys) == len(world.entries)
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_lost_page_costs_its_rows_only_and_peers_have_them(world, sound):
    path, digest, folded, keys = sound
    overwrite(path, pages_of(path, "entries"), bytes(PAGE))
    broken = path.read_bytes()
    assert not audit(path, keys, note=False).ok
    done = rebuild_file(path, keys)
    assert isinstance(done, Salvaged)
    assert done.kept.name == "ledger.db.damaged-1"
    assert done.kept.read_bytes() == broken
    assert 0 < done.entries < len(world.entries)
    assert audit(path, keys).ok
    with FileReader(path, ADA, BEN) as reader:
        reader.take_all(world)
        assert (reader.digest(), reader.folded()) == (digest, folded)


def test_what_is_local_comes_along_and_own_feeds_are_retired(world, sound):
    path, _, _, keys = sound
    salvage(path, keys)
    with FileReader(path, ADA, BEN) as reader:
        connection = reader.database.connection
        assert local.own_persons(connection) == {ADA.id: "Ada", BEN.id: "Ben"}
        assert local.desk_persons(connection) == {BEN.id}
        assert local.own_feeds(connection) == {world.feeds[0].key.public}
        assert local.current_feed(connection, world.circle, ADA.id) is None
        assert [circle.secret for circle in local.read_circles(connection)] == [None, SECRET]
        assert len(local.remembered_addresses(connection)) == 1
        queries = Queries(connection)
        assert [one.text for one in queries.matching.searches([ADA.id.hex()])] == ["saw"]
        assert save_search(connection, ADA.id, "axe", "", 2) == 2
        assert queries.reminders.told(ADA.id.hex()) == {"a key"}
        assert queries.reminders.quiet_hours() == QuietHours(60, 120)
        assert queries.accounts.limits() == HourLimits(soft=None, hard=90)
    assert audit(path, keys).ok


def test_a_setting_that_cannot_be_is_left_behind(sound):
    path, _, _, keys = sound
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE ledger SET value = 'x' WHERE name = 'hours_hard_limit_minutes'")
    salvage(path, keys)
    with FileReader(path, ADA, BEN) as reader:
        limits = Queries(reader.database.connection).accounts.limits()
    assert limits == HourLimits(soft=None, hard=DEFAULT_LIMITS.hard)


def test_nothing_readable_is_lost(world, sound):
    path, digest, folded, keys = sound
    done = salvage(path, keys)
    assert done.entries == len(world.entries)
    with FileReader(path, ADA, BEN) as reader:
        assert (reader.digest(), reader.folded()) == (digest, folded)
        received = reader.database.connection.execute("SELECT DISTINCT received_ms FROM entries")
        assert received.fetchall() == [(reader.clock.time_ms(),)]


@pytest.mark.parametrize("damage", [b"\xff" * 100, b"\xff" * PAGE])
def test_a_broken_header_or_schema_is_replaced(world, sound, damage):
    path, digest, folded, keys = sound
    overwrite(path, 0, damage)
    assert not audit(path, keys, note=False).ok
    assert salvage(path, keys).entries == len(world.entries)
    with FileReader(path, ADA, BEN) as reader:
        assert (reader.digest(), reader.folded()) == (digest, folded)


def test_grafting_a_sound_file_keeps_what_it_says(sound, tmp_path):
    path, digest, folded, _ = sound
    target = tmp_path / "grafted.db"
    graft_first_pages(path, target)
    with FileReader(target, ADA, BEN) as reader:
        assert (reader.digest(), reader.folded()) == (digest, folded)


def test_a_second_damaged_file_gets_a_name_of_its_own(sound):
    path, _, _, keys = sound
    assert salvage(path, keys).kept.name.endswith("damaged-1")
    assert salvage(path, keys).kept.name.endswith("damaged-2")
    assert sorted(one.name for one in path.parent.glob("*.db*")) == [
        "ledger.db",
        "ledger.db.damaged-1",
        "ledger.db.damaged-2",
    ]


def test_where_nothing_can_be_read_the_file_stays(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no ledger" * 5000)
    with pytest.raises(StoreDamaged, match="backup"):
        salvage(path, [])
    assert path.read_bytes() == b"no ledger" * 5000
    assert [one.name for one in tmp_path.iterdir()] == ["ledger.db"]
