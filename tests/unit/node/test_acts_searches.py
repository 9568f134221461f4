"""Saving and dropping searches: a person's own, without a key, and nothing of it is signed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.node.computers import START_MS, Computer

from p2pshare.domain.commands import AddPerson, DropSearch, SaveSearch
from p2pshare.domain.matching_views import SavedSearchView
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.store.notes import empty_log


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Computer]:
    computer = Computer(tmp_path / "home")
    yield computer
    computer.close()


def save(home: Computer, person: bytes, text: str) -> int:
    performed = home.perform(SaveSearch(person=person, text=text))
    assert [one.report.new for one in performed] == [[]]
    return int.from_bytes(performed[0].subject, "big")


def test_a_search_is_kept_and_dropped(home: Computer) -> None:
    ada, ben = home.add("Ada"), home.add("Ben")
    entries = home.count()
    number = save(home, ada, " ladder ")
    assert home.queries.matching.searches([ada.hex(), ben.hex()]) == [
        SavedSearchView(number, ada.hex(), "ladder", "", START_MS)
    ]
    with pytest.raises(UnknownReference, match=f"you have no saved search {number}"):
        home.perform(DropSearch(person=ben, number=number))
    home.perform(DropSearch(person=ada, number=number))
    assert home.queries.matching.searches([ada.hex()]) == []
    assert home.count() == entries


def test_what_is_refused_changes_nothing(home: Computer) -> None:
    ada = home.add("Ada")
    save(home, ada, "ladder")
    with pytest.raises(DomainError, match="you look for that already"):
        save(home, ada, "Ladder")
    with pytest.raises(UnknownReference, match="not hosted"):
        save(home, bytes(32), "ladder")
    assert len(home.queries.matching.searches([ada.hex()])) == 1


def test_a_locked_key_is_no_hindrance(tmp_path: Path) -> None:
    first = Computer(tmp_path / "locked")
    ada = first.perform(AddPerson(name="Ada"), b"secret words")[0].subject
    first.close()
    again = Computer(tmp_path / "locked")
    assert save(again, ada, "ladder") == 1
    again.close()


def test_a_dropped_search_leaves_no_words_in_the_file(home: Computer) -> None:
    ada = home.add("Ada")
    number = save(home, ada, "unmistakable crutches")
    assert b"unmistakable" in home.file_bytes()
    home.perform(DropSearch(person=ada, number=number))
    empty_log(home.database, at_once=True)
    assert b"unmistakable" not in home.file_bytes()
