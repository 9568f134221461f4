"""Saved searches: kept for each person, dropped for good."""

from collections.abc import Iterator

import pytest

from p2pshare.domain.matching_views import SavedSearchView
from p2pshare.store.database import Database
from p2pshare.store.saved_searches import drop_search, read_searches, save_search

ADA, BEN = b"a" * 32, b"b" * 32


@pytest.fixture
def database() -> Iterator[Database]:
    opened = Database(":memory:")
    yield opened
    opened.close()


def numbers(database: Database, *persons: bytes) -> list[int]:
    found = read_searches(database.connection, [person.hex() for person in persons])
    return [search.number for search in found]


def test_searches_are_kept_for_each_person(database: Database) -> None:
    with database.transaction(durable=True) as connection:
        first = save_search(connection, ADA, "ladder", "", 1000)
        second = save_search(connection, BEN, "", "camping", 2000)
    assert read_searches(database.connection, [ADA.hex()]) == [
        SavedSearchView(first, ADA.hex(), "ladder", "", 1000)
    ]
    assert numbers(database, ADA, BEN) == [first, second]
    assert numbers(database) == []
    found = read_searches(database.connection, [ADA.hex(), BEN.hex()])
    assert [(search.want, search.title) for search in found] == [
        (f"search-{first}", "ladder"),
        (f"search-{second}", "camping"),
    ]


def test_only_ones_own_is_dropped_and_its_number_stays_unused(database: Database) -> None:
    with database.transaction(durable=True) as connection:
        first = save_search(connection, ADA, "ladder", "", 1000)
        last = save_search(connection, ADA, "tent", "", 1000)
        assert not drop_search(connection, BEN, last)
        assert drop_search(connection, ADA, last)
        assert not drop_search(connection, ADA, last)
        assert save_search(connection, ADA, "saw", "", 1000) > last
    assert first in numbers(database, ADA)
    assert last not in numbers(database, ADA)
