"""Categories of our own: where a listing belongs, in four languages, and the words that mean it.

A listing's category is free text that its owner signed. Where it is the name, the id or a synonym
of one of ours, everybody sees that one in their own language, and finds it by any of its words.
The list itself comes with the program (``node.categories`` reads it); this module must not change
what a peer wrote.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from p2pshare.domain.alike import bare

LANGUAGES: Final = ("en", "de", "fr", "es")


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category: its id (an English word), its name and further words by language."""

    id: str
    names: Mapping[str, str]
    synonyms: Mapping[str, tuple[str, ...]]

    def name(self, language: str) -> str:
        """What it is called in a language ("de", "de_AT"), else in English."""
        return self.names.get(language[:2].lower(), self.names["en"])

    def called(self) -> tuple[str, ...]:
        """What listings in it may have as their category: the id and all names, bare."""
        return tuple(dict.fromkeys(bare(word) for word in (self.id, *self.names.values())))

    def words(self) -> Iterator[str]:
        """Everything that means it, bare."""
        yield from self.called()
        for listed in self.synonyms.values():
            yield from map(bare, listed)


class Categories:
    """The categories, in their order, and which words mean which."""

    def __init__(self, categories: Iterable[Category] = ()) -> None:
        """Raises ValueError if one word means two of them."""
        self._by_id = {one.id: one for one in categories}
        self._by_word: dict[str, Category] = {}
        for category in self:
            for word in category.words():
                if self._by_word.setdefault(word, category) is not category:
                    raise ValueError(f"'{word}' means {self._by_word[word].id} and {category.id}")
        self.words_max: Final = max((word.count(" ") + 1 for word in self._by_word), default=0)

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, identifier: str) -> Category:
        return self._by_id[identifier]

    def find(self, text: str) -> Category | None:
        """The category that a text means, in any language, accents and case aside; or None."""
        return self._by_word.get(bare(text))

    def first_of(self, texts: Sequence[str]) -> Category | None:
        """The category that the first of some texts means which means one."""
        return next(filter(None, map(self.find, texts)), None)


def read_categories(data: bytes) -> Categories:
    """The categories in a JSON document, a list of ``Category``. Raises ValueError."""
    return Categories(msgspec.json.decode(data, type=list[Category]))
