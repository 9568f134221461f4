"""Which offers are what somebody wants, and why: wants and saved searches against offers.

An offer matches where its title, tags or category have every significant word that was asked for:
the word itself, its plural, a longer word that begins with it, a synonym, or the category that
it names. Descriptions are not asked: they mention too much. ``store.matching`` finds the few offers
that may match and asks ``judge`` about each; ``domain.synonyms`` has the words.

This module must not decide who is told, and what it answers is never signed or folded: the lists
of words and Unicode differ between computers.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.alike import bare
from p2pshare.domain.categories import Categories
from p2pshare.domain.synonyms import (
    Synonyms,
    Word,
    is_significant,
    key_of,
    same_word,
    significant,
    words_of,
)
from p2pshare.limits import MATCHED_PREFIX_LETTERS_MIN

WORDS_MAX: Final = 16
"""Of a longer text the first words are looked for, as in a search."""

_SHORT_LETTERS: Final = 4
"""A word this short that the list knows is whole: who wants a car wants no carpet."""

OTHER: Final = "other"
"""The id of the category for what belongs nowhere else."""

#: How far a word was found from what was asked for; the sum over all words ranks the offers.
_IN_TITLE: Final = 0
_BEGINS_TITLE: Final = 1
_IN_TAGS: Final = 2
_BEGINS_TAG: Final = 3
_SYNONYM: Final = 4
_CATEGORY: Final = 8
_OTHER_CATEGORY: Final = 1


@dataclass(frozen=True, slots=True)
class Phrase:
    """One or several words that must all be there.

    ``beginnings``: longer words that begin so count as well, as they do for what was typed, unless
    that is short and known.
    """

    written: str
    words: tuple[Word, ...]
    beginnings: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that was asked for: as it was said, a synonym, or the id of a category or ""."""

    said: Phrase
    synonyms: tuple[Phrase, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is looking for.

    ``category`` is where it belongs (see ``Vocabulary.category``), or empty. With
    ``only_category`` offers elsewhere are not meant.
    """

    terms: tuple[Term, ...]
    category: str = ""
    only_category: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.terms) or (self.only_category and bool(self.category))


@dataclass(frozen=True, slots=True)
class Offered:
    """What of an offer is looked at; ``category`` as in ``Asked``."""

    title: str
    tags: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """That an offer matches: the smaller, the closer it is.

    ``distance`` is how far its words are from those asked for, ``more`` how many others its title
    has. ``reasons`` say in plain words what was found where.
    """

    distance: int
    more: int
    reasons: tuple[str, ...]

    def why(self, saved_search: str | None = None) -> str:
        """All reasons in one line; ``saved_search`` is the text of one, if it is one's match."""
        reasons = ", ".join(self.reasons)
        if saved_search is None:
            return reasons
        return f"your saved search '{saved_search}'" + (f": {reasons}" if reasons else "")


class Vocabulary:
    """The words that a text is understood by: synonyms, and the names of categories."""

    def __init__(self, categories: Categories, synonyms: Synonyms) -> None:
        self._categories: Final = categories
        self._synonyms: Final = synonyms
        self._named = {
            key_of(significant(name)): category.id
            for category in categories
            for name in (category.id, *category.names.values())
        }
        runs = (key.count(" ") + 1 for key in self._named)
        self._run_max = max(1, synonyms.words_max, max(runs, default=0))

    def asked(self, text: str, category: str = "", *, only_category: bool = False) -> Asked:
        """What is looked for by a text, and where it belongs."""
        return Asked(self._terms(text), self.category(category), only_category)

    def offered(self, title: str, tags: tuple[str, ...], category: str) -> Offered:
        """An offer as it is looked at."""
        return Offered(title, tags, self.category(category))

    def category(self, text: str) -> str:
        """The id of the category that a text means; of one that is not ours the text, bare."""
        if not text:
            return ""
        found = self._categories.find(text)
        return bare(text) if found is None else found.id

    def category_words(self, category: str) -> tuple[str, ...]:
        """All that listings in a category (see ``category``) may have written there, bare."""
        found = self._categories.find(category)
        return (category,) if found is None else tuple(dict.fromkeys(found.words()))

    def place(self, title: str, category: str) -> str:
        """Where a want belongs: to its own category, else to one that its title speaks of.

        The id of "other" if it does not say.
        """
        own = self.category(category)
        if own:
            return own
        words = [word.written for word in significant(title)[:WORDS_MAX]]
        for start in range(len(words)):
            for end in range(min(len(words), start + self._categories.words_max), start, -1):
                found = self._categories.find(" ".join(words[start:end]))
                if found is not None:
                    return found.id
        return OTHER

    def is_a(self, title: str, thing: str) -> bool:
        """Whether a title speaks of a thing, a word of the synonyms, and of no other of them.

        A "car" is one, whatever its colour; a "car seat" and a "trailer for the car" are not.
        """
        meant = self._synonyms.groups(significant(thing))
        found = [self._synonyms.groups(term.said.words) for term in self._terms(title)]
        known = [groups for groups in found if groups]
        return bool(known) and all(meant & groups for groups in known)

    def _terms(self, text: str) -> tuple[Term, ...]:
        words = significant(text)[:WORDS_MAX]
        terms = []
        while words:
            term = self._first_term(text, words)
            terms.append(term)
            words = words[len(term.said.words) :]
        return tuple(terms)

    def _first_term(self, text: str, words: Sequence[Word]) -> Term:
        """What the first words mean together, as many as possible, or the first alone."""
        for count in range(min(len(words), self._run_max), 0, -1):
            run = tuple(words[:count])
            synonyms = self._synonyms.others(run)
            category = self._named.get(key_of(run), "")
            if synonyms or category or count == 1:
                break
        said = unicodedata.normalize("NFC", text)[run[0].start : run[-1].end]
        return Term(
            Phrase(said, run, beginnings=not synonyms or _letters(run) > _SHORT_LETTERS),
            tuple(Phrase(one, tuple(significant(one)), beginnings=False) for one in synonyms),
            category,
        )


def _letters(words: Sequence[Word]) -> int:
    return sum(len(word.bare) for word in words)


def judge(asked: Asked, offered: Offered) -> Hit | None:
    """How an offer matches what was asked for, or None if it does not."""
    if not asked:
        return None
    same_category = bool(asked.category) and asked.category == offered.category
    if asked.only_category and not same_category:
        return None
    title, tags = words_of(offered.title), words_of(" ".join(offered.tags))
    distance, reasons, used = 0, list[str](), set[str]()
    for term in asked.terms:
        found = _find(term, title, tags, offered.category)
        if found is None:
            return None
        distance += found.distance
        used.update(found.words)
        if found.reason not in reasons:
            reasons.append(found.reason)
    if same_category:
        reasons.append("the same category")
    elif asked.category:
        distance += _OTHER_CATEGORY
    others = {word.bare for word in title if is_significant(word.bare)} - used
    return Hit(distance, len(others), tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Found:
    distance: int
    reason: str
    words: tuple[str, ...] = ()


def _find(term: Term, title: Sequence[Word], tags: Sequence[Word], category: str) -> _Found | None:
    """Where a term stands in an offer, as close as possible."""
    found = _place(term.said, title, tags)
    if found is not None:
        return found
    for synonym in term.synonyms:
        found = _place(synonym, title, tags)
        if found is not None:
            return _Found(
                _SYNONYM + found.distance,
                f"'{term.said.written}' means '{synonym.written}'",
                found.words,
            )
    if term.category and term.category == category:
        return _Found(_CATEGORY, f"'{term.said.written}' is its category")
    return None


def _place(phrase: Phrase, title: Sequence[Word], tags: Sequence[Word]) -> _Found | None:
    """Where all words of a phrase stand; its distance is that of the farthest."""
    farthest = _Found(-1, "")
    words = list[str]()
    for word in phrase.words:
        found = _place_word(word, title, tags, beginnings=phrase.beginnings)
        if found is None:
            return None
        words += found.words
        if found.distance > farthest.distance:
            farthest = found
    whole = farthest.distance in (_IN_TITLE, _IN_TAGS)
    where = "the title" if farthest.distance in (_IN_TITLE, _BEGINS_TITLE) else "the tags"
    reason = f"'{phrase.written}' is in {where}" if whole else farthest.reason
    return _Found(farthest.distance, reason, tuple(words))


def _place_word(
    word: Word, title: Sequence[Word], tags: Sequence[Word], *, beginnings: bool
) -> _Found | None:
    def begins(there: str, asked: str) -> bool:
        return len(asked) >= MATCHED_PREFIX_LETTERS_MIN and there.startswith(asked)

    tries: list[tuple[int, Iterable[Word], Callable[[str, str], bool]]] = [
        (_IN_TITLE, title, same_word),
        (_BEGINS_TITLE, title, begins),
        (_IN_TAGS, tags, same_word),
        (_BEGINS_TAG, tags, begins),
    ]
    for distance, there, fits in tries:
        if fits is begins and not beginnings:
            continue
        for one in there:
            if fits(one.bare, word.bare):
                return _Found(
                    distance, f"'{one.written}' begins with '{word.written}'", (one.bare,)
                )
    return None
