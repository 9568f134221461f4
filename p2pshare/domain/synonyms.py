"""Words that mean the same thing, in groups: a short list that people can read and edit.

One group a line, its words separated by commas (``drill, Bohrmaschine, perceuse, taladro``); what
follows a # is a remark. A word may be several (``tienda de campaña``), and stand in several
groups. ``node.synonyms`` reads the list that comes with the program and the person's own;
``domain.matching`` asks what else a word may be called. This module must not change what anybody
wrote.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from p2pshare.domain.alike import bare
from p2pshare.domain.text import shown
from p2pshare.errors import DomainError
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, SYNONYMS_PER_GROUP_MAX

_WORD: Final = re.compile(r"[^\W_]+")
_SHOWN_CHARACTERS: Final = 40

#: Plural endings of our four languages. What they change inside a word (Sägen, yes; Bücher, no)
#: is left to the list.
ENDINGS: Final = ("s", "es", "n", "en", "e")
_STEM_LETTERS_MIN: Final = 3

_ENGLISH: Final = """
an and any anyone anybody are at borrow by does for from have has hello hi i in is it lend like
look looking me my need needed needs of on one or our please rent search searching seek seeking
some somebody someone something thing that the there these this those to us use want wanted we who
with would you your
"""
_GERMAN: Final = """
aber am auf aus ausborgen ausleihen bei bitte borgen brauche brauchen braucht das dem den der des
die ein eine einem einen einer eines etwas für gerne gesucht habe haben hallo hat ich im ist
jemand leihe leihen mein meine meinen mich mir mit möchte nach oder sein sind suche suchen über um
und uns unser unsere vom von vor wer wir zu zum zur
"""
_FRENCH: Final = """
ai au aux avec besoin bonjour ce ces cherche chercher cherchons dans de des du elle emprunter en
est et il je la le les leur louer ma mes moi mon nos notre nous ou par pour prêt prêter quelqu
quelque recherche recherchons sa ses son sur svp un une votre vous
"""
_SPANISH: Final = """
al algo alguien alquilar buscamos busco como con del el ella es esta este favor hola las lo los mi
mis muy necesitamos necesito nuestra nuestro para pedir por prestada prestado prestar que quiero
se ser si sin su sus tiene una unas unos y yo
"""
#: What says nothing of the thing: articles, prepositions, pronouns, and how one asks. Bare.
STOP_WORDS: Final = frozenset(bare(f"{_ENGLISH} {_GERMAN} {_FRENCH} {_SPANISH}").split())


class Word(NamedTuple):
    """A word as it was written, and bare: in lower case and without accents.

    ``start`` and ``end`` are where it stands in its text, in NFC.
    """

    written: str
    bare: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def _bare_parts(written: str) -> tuple[str, ...]:
    return tuple(bare(written).split())


def words_of(text: str) -> list[Word]:
    """The words of ``text`` in their order; hyphens, apostrophes and underscores part them."""
    return [
        Word(match[0], part, *match.span())
        for match in _WORD.finditer(unicodedata.normalize("NFC", text))
        for part in _bare_parts(match[0])
    ]


def is_significant(word: str) -> bool:
    """Whether a bare word says what a thing is: no stop word, no single letter or digit."""
    return word not in STOP_WORDS and not (len(word) == 1 and word.isascii())


def significant(text: str) -> list[Word]:
    """The significant words of ``text``."""
    return [word for word in words_of(text) if is_significant(word.bare)]


def stems(word: str) -> list[str]:
    """What a bare word may be the plural of."""
    return [
        word.removesuffix(ending)
        for ending in ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= _STEM_LETTERS_MIN
    ]


def plurals(word: str) -> list[str]:
    """What the plural of a word may be."""
    return [word + ending for ending in ENDINGS] if len(word) >= _STEM_LETTERS_MIN else []


def same_word(one: str, other: str) -> bool:
    """Whether two bare words are one, or one the plural of the other."""
    if one == other:
        return True
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer.startswith(shorter) and shorter in stems(longer)


def key_of(words: Iterable[Word]) -> str:
    """By which a word, or several, is found in lists: its bare words, apart by spaces."""
    return " ".join(word.bare for word in words)


class Synonyms:
    """Which words mean the same."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        """``groups`` of words as they are written."""
        self._groups: Final = tuple(tuple(group) for group in groups)
        self._by_key: dict[str, list[int]] = {}
        for number, group in enumerate(self._groups):
            for phrase in group:
                numbers = self._by_key.setdefault(key_of(significant(phrase)), [])
                if number not in numbers:
                    numbers.append(number)
        self.words_max: Final = max((key.count(" ") + 1 for key in self._by_key), default=0)

    def __len__(self) -> int:
        return len(self._groups)

    def __add__(self, other: "Synonyms") -> "Synonyms":
        """The groups of both."""
        return Synonyms((*self._groups, *other._groups))

    def groups(self, words: Sequence[Word]) -> frozenset[int]:
        """The groups, by number, in which ``words`` together stand."""
        return frozenset(self._by_key.get(self._listed(words), ()))

    def others(self, words: Sequence[Word]) -> tuple[str, ...]:
        """What else ``words`` together may be called, as it is written in the list."""
        listed = self._listed(words)
        named = {listed}
        others = []
        for number in self._by_key.get(listed, ()):
            for phrase in self._groups[number]:
                key = key_of(significant(phrase))
                if key not in named:
                    named.add(key)
                    others.append(phrase)
        return tuple(others)

    def _listed(self, words: Sequence[Word]) -> str:
        """Under which key words stand in the list: a plural under its singular, if need be."""
        key = key_of(words)
        return next((one for one in (key, *stems(key)) if one in self._by_key), key)


class ReadSynonyms(NamedTuple):
    """A list as it was read: the good lines, and one sentence about each bad one."""

    synonyms: Synonyms
    faults: tuple[str, ...]


def read_synonyms(text: str, name: str) -> ReadSynonyms:
    """The groups of a list; ``name`` is the file's, for the faults.

    A bad line is left out and told of, so that it costs nobody the good ones.
    """
    groups, faults = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        try:
            groups.append(_group(said))
        except DomainError as error:
            faults.append(f"line {number} of {name} is left out: {error}")
    return ReadSynonyms(Synonyms(groups), tuple(faults))


def _group(line: str) -> tuple[str, ...]:
    phrases = [unicodedata.normalize("NFC", part.strip()) for part in line.split(",")]
    if len(phrases) < 2:
        raise DomainError(
            "it has one word; write those that mean the same with commas between them"
        )
    if len(phrases) > SYNONYMS_PER_GROUP_MAX:
        raise DomainError(
            f"it has {len(phrases)} words, at most {SYNONYMS_PER_GROUP_MAX} are possible"
        )
    for phrase in phrases:
        if not significant(phrase):
            what = f"'{_cut(phrase)}' is no word" if phrase else "a word is missing at a comma"
            raise DomainError(f"{what} to find something by")
        if len(phrase) > CATEGORY_CHARACTERS_MAX:
            raise DomainError(
                f"'{_cut(phrase)}' is too long, at most {CATEGORY_CHARACTERS_MAX} characters are"
                " possible"
            )
    return tuple(phrases)


def _cut(text: str) -> str:
    return shown(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…")
