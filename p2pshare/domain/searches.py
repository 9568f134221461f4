"""What may be saved as a search. It is local: no entry, nothing that is signed or sent.

The searches themselves are ``store.saved_searches``'s; what they find is ``domain.matching``'s.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from p2pshare.domain.commands import SaveSearch
from p2pshare.domain.matching_views import SEARCH_PREFIX, SavedSearchView
from p2pshare.domain.synonyms import significant
from p2pshare.domain.text import clean_line
from p2pshare.errors import DomainError
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, SAVED_SEARCHES_MAX, TITLE_CHARACTERS_MAX

NUMBER_BYTES: Final = 8
"""How wide the number of a search is where ids are bytes."""


class Search(NamedTuple):
    """A search as it is kept."""

    text: str
    category: str


def save_search(command: SaveSearch, saved: Sequence[SavedSearchView]) -> Search:
    """What to keep, beside what the person has ``saved`` already. Raises DomainError."""
    text = clean_line(command.text, TITLE_CHARACTERS_MAX, "the search")
    category = clean_line(command.category, CATEGORY_CHARACTERS_MAX, "the category")
    if not text and not category:
        raise DomainError("write what you look for, or name a category")
    if text and not significant(text):
        raise DomainError(f"'{text}' has no word in it by which anything could be found")
    for search in saved:
        if (search.text.casefold(), search.category.casefold()) == (
            text.casefold(),
            category.casefold(),
        ):
            raise DomainError(f"you look for that already: it is your search {search.number}")
    if len(saved) >= SAVED_SEARCHES_MAX:
        raise DomainError(
            f"you have {len(saved)} saved searches, at most {SAVED_SEARCHES_MAX} are possible;"
            " drop one first"
        )
    return Search(text, category)


def parse_number(text: str) -> int:
    """The number of a search, written as ``3`` or ``search-3``. Raises DomainError."""
    digits = text.strip().removeprefix(SEARCH_PREFIX)
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 2 * NUMBER_BYTES):
        raise DomainError(f"'{text}' is no number of a saved search, such as 3")
    return int(digits)
