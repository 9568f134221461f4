"""Local tables: circles, persons, feeds that retire, addresses, refused feeds, links."""

from contextlib import closing

import pytest

from p2pshare.log.certificate import OPEN_CIRCLE, OPEN_CIRCLE_NAME, closed_circle
from p2pshare.store import local
from p2pshare.store.database import Database

SECRET = bytes(range(32))
CIRCLE = closed_circle(SECRET)
PERSON, FEED, OTHER = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32


@pytest.fixture
def connection():
    with closing(Database(":memory:")) as database:
        local.ensure_open_circle(database.connection)
        yield database.connection


def test_everybody_is_in_the_open_circle_once(connection):
    local.ensure_open_circle(connection)
    circles = local.read_circles(connection)
    assert [(one.circle, one.name, one.secret) for one in circles] == [
        (OPEN_CIRCLE, OPEN_CIRCLE_NAME, None)
    ]


def test_a_closed_circle_keeps_its_number_when_it_is_renamed(connection):
    local.add_circle(connection, CIRCLE, "Street", SECRET)
    before = local.read_circles(connection)[1]
    local.add_circle(connection, CIRCLE, "Our street", SECRET)
    after = local.read_circles(connection)[1]
    assert (after.number, after.name, after.secret) == (before.number, "Our street", SECRET)


def test_persons_come_in_the_order_they_were_added(connection):
    local.add_own_person(connection, PERSON, "Zoe", 1)
    local.add_own_person(connection, OTHER, "Ada", 2)
    local.add_own_person(connection, PERSON, "Again", 3)
    assert list(local.own_persons(connection).items()) == [(PERSON, "Zoe"), (OTHER, "Ada")]
    local.rename_own_person(connection, PERSON, "Zoë")
    assert local.own_persons(connection)[PERSON] == "Zoë"


def test_a_retired_feed_is_written_no_more_and_not_forgotten(connection):
    assert local.current_feed(connection, CIRCLE, PERSON) is None
    local.add_own_feed(connection, FEED, CIRCLE, PERSON)
    assert local.current_feed(connection, CIRCLE, PERSON) == FEED
    assert local.current_feed(connection, OPEN_CIRCLE, PERSON) is None
    assert local.retire_feed(connection, FEED)
    assert not local.retire_feed(connection, FEED)
    assert local.current_feed(connection, CIRCLE, PERSON) is None
    assert local.own_feeds(connection) == {FEED}


def test_all_feeds_retire_at_once(connection):
    for feed in (FEED, OTHER):
        local.add_own_feed(connection, feed, CIRCLE, PERSON)
    assert local.retire_all_feeds(connection) == 2
    assert local.retire_all_feeds(connection) == 0


def test_the_addresses_used_last_are_remembered(connection):
    for number in range(local.REMEMBERED_ADDRESSES_MAX + 1):
        local.remember_address(connection, "127.0.0.1", number + 1, PERSON, number)
    remembered = local.remembered_addresses(connection)
    assert len(remembered) == local.REMEMBERED_ADDRESSES_MAX
    assert remembered[0].worked_ms == local.REMEMBERED_ADDRESSES_MAX
    assert remembered[-1].worked_ms == 1
    local.remember_address(connection, "127.0.0.1", 2, OTHER, 10**6)
    assert local.remembered_addresses(connection)[0].device == OTHER
    assert len(local.remembered_addresses(connection)) == local.REMEMBERED_ADDRESSES_MAX


def test_a_refused_feed_is_named_with_its_circle(connection):
    for reason in ("full", "still full"):
        local.refuse_feed(connection, 1, FEED, reason)
    assert local.refused_feeds(connection) == {(OPEN_CIRCLE, FEED)}


def test_feeds_over_quota_do_not_fill_the_file(connection, monkeypatch):
    monkeypatch.setattr(local, "REFUSED_FEEDS_MAX", 3)
    for number in range(10):
        local.refuse_feed(connection, 1, bytes([number]) * 32, "full")
    assert {feed[0] for _, feed in local.refused_feeds(connection)} == {7, 8, 9}
