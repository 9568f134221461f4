"""What may be saved as a search."""

import pytest

from p2pshare.domain.commands import SaveSearch
from p2pshare.domain.matching_views import SavedSearchView
from p2pshare.domain.searches import Search, parse_number, save_search
from p2pshare.errors import DomainError
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, SAVED_SEARCHES_MAX, TITLE_CHARACTERS_MAX

ADA = b"a" * 32


def save(text: str = "", category: str = "", saved: tuple[SavedSearchView, ...] = ()) -> Search:
    return save_search(SaveSearch(person=ADA, text=text, category=category), saved)


def kept(number: int, text: str, category: str = "") -> SavedSearchView:
    return SavedSearchView(number, ADA.hex(), text, category, 0)


def test_a_search_is_kept_as_it_was_typed() -> None:
    assert save(" A long Ladder ") == Search("A long Ladder", "")
    assert save(category="camping") == Search("", "camping")
    assert save("a" * TITLE_CHARACTERS_MAX, "b" * CATEGORY_CHARACTERS_MAX)


@pytest.mark.parametrize(
    ("text", "category", "said"),
    [
        ("", "", "write what you look for, or name a category"),
        ("  ", " ", "write what you look for"),
        ("for the", "", "'for the' has no word in it by which anything could be found"),
        ("!", "tools", "'!' has no word in it"),
        ("a\u202eb", "", "the search holds a character that cannot be used here"),
        ("x", "\x00", "the category holds a character"),
        ("x" * (TITLE_CHARACTERS_MAX + 1), "", "the search is too long"),
        ("", "x" * (CATEGORY_CHARACTERS_MAX + 1), "the category is too long"),
    ],
)
def test_what_finds_nothing_is_refused(text: str, category: str, said: str) -> None:
    with pytest.raises(DomainError, match=said):
        save(text, category)


def test_one_search_is_kept_once() -> None:
    saved = (kept(4, "Ladder"), kept(7, "ladder", "tools"))
    with pytest.raises(DomainError, match=r"it is your search 4$"):
        save("LADDER", saved=saved)
    with pytest.raises(DomainError, match=r"it is your search 7$"):
        save("ladder", "Tools", saved=saved)
    assert save("ladder", "camping", saved) == Search("ladder", "camping")


def test_searches_are_bounded() -> None:
    saved = tuple(kept(number, f"ladder {number}") for number in range(SAVED_SEARCHES_MAX))
    assert save("tent", saved=saved[1:])
    with pytest.raises(DomainError, match="at most 100 are possible; drop one first"):
        save("tent", saved=saved)


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("search-3", 3), (" 12 ", 12), ("007", 7)])
def test_numbers_are_read(text: str, number: int) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "x", "-1", "search-", "3.5", "٣", "9" * 30, "search-x"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(DomainError, match="is no number of a saved search, such as 3"):
        parse_number(text)
