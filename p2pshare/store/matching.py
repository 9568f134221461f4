"""Which offers match the wants and saved searches of persons hosted here; what nobody offers.

The index of ``store.search`` finds the few offers that may match, the newest first;
``domain.matching`` judges each and says why. An offer of one's own never matches, nor one that is
closed or has ended. Reads only; who has been told of a match is not known here.
"""

import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

from p2pshare.domain.demand import Want, unmet
from p2pshare.domain.matching import Asked, Hit, Phrase, Term, Vocabulary, judge
from p2pshare.domain.matching_views import DemandView, MatchView, SavedSearchView
from p2pshare.domain.synonyms import Word, plurals, stems
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.limits import MATCHED_PREFIX_LETTERS_MIN, MATCHES_PER_WANT_MAX, WANTS_MATCHED_MAX
from p2pshare.store.labels import names_of, times_of
from p2pshare.store.saved_searches import read_searches

CANDIDATES_MAX: Final = 25
"""So many of the newest offers that match are compared for one want."""

_ROWS_MAX: Final = 500
"""And so many that the index finds are judged, should most of them not match after all."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """A want or a saved search: its name, what it is shown as, and what is looked for."""

    want: str
    title: str
    person: str
    since_ms: int
    asked: Asked
    saved_search: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An open offer that the index has found; ``number`` is greater the later it was changed."""

    number: int
    offer: str
    circle: str
    owner: str
    title: str
    tags: tuple[str, ...]
    category: str
    updated_entry: str


class Matching:
    """Reads the ledger for what is wanted."""

    def __init__(self, connection: sqlite3.Connection, vocabulary: Vocabulary) -> None:
        self._connection = connection
        self._vocabulary = vocabulary

    def matches(
        self,
        persons: Sequence[str],
        today: str,
        *,
        circle: str | None = None,
        limit: int = MATCHES_PER_WANT_MAX,
    ) -> list[MatchView]:
        """The offers of others that persons (hex) hosted here want on ``today`` (a local day).

        Each person's wants come first, the newest first (of very many WANTS_MATCHED_MAX), then
        saved searches; of each the ``limit`` closest offers in a circle, or in any, among the
        newest, the closest first.
        """
        sought_here = [sought for person in persons for sought in self._wants(person, today)]
        found = [
            (sought, candidate, hit)
            for sought in (*sought_here, *self._searches(persons))
            for candidate, hit in self._best(sought, today, circle, limit)
        ]
        names = names_of(self._connection, {candidate.owner for _, candidate, _ in found})
        times = times_of(self._connection, {candidate.updated_entry for _, candidate, _ in found})
        return [
            MatchView(
                want=sought.want,
                want_title=sought.title,
                wanted_by=sought.person,
                offer=candidate.offer,
                offer_title=candidate.title,
                person=candidate.owner,
                person_name=names.get(candidate.owner, ""),
                circle=candidate.circle,
                why=hit.why(sought.saved_search),
                since_ms=max(sought.since_ms, times.get(candidate.updated_entry, 0)),
            )
            for sought, candidate, hit in found
        ]

    def searches(self, persons: Sequence[str]) -> list[SavedSearchView]:
        """The saved searches of persons (hex), the oldest first."""
        return read_searches(self._connection, persons)

    def demand(self, today: str, *, circle: str | None = None) -> list[DemandView]:
        """What is wanted in a circle, or in any, and offered by nobody else there, by category.

        Only what DEMAND_PEOPLE_MIN people ask for; nothing is said of the rest.
        """
        within, values = ("", ()) if circle is None else (" AND circle = ?", (circle,))
        rows = self._connection.execute(
            "SELECT owner, circle, title, category FROM listings WHERE exchange_type = ?"
            f" AND closed = 0 AND (expires IS NULL OR expires >= ?){within}",
            (ExchangeType.WANT, today, *values),
        ).fetchall()

        @cache
        def is_offered(term: Term, in_circle: str) -> bool:
            return any(True for _ in self._offers(Asked((term,)), today, in_circle))

        @cache
        def owners_of_offers(title: str, in_circle: str) -> tuple[str, ...]:
            """Two owners of matching offers, or all: then there is one besides any person.

            A want is mostly met by nobody for the sake of one word, which others want too.
            """
            asked = self._vocabulary.asked(title)
            if not all(is_offered(term, in_circle) for term in asked.terms):
                return ()
            offers = self._offers(asked, today, in_circle)
            return tuple(islice(_distinct(offer.owner for offer, _ in offers), 2))

        return unmet(
            [
                Want(owner, in_circle, title, self._vocabulary.place(title, category))
                for owner, in_circle, title, category in rows
            ],
            lambda want: any(
                owner != want.person for owner in owners_of_offers(want.title, want.circle)
            ),
        )

    # --- what is sought -------------------------------------------------------------------

    def _wants(self, person: str, today: str) -> list[_Sought]:
        """The open wants of a person, the newest first; of very many the newest."""
        rows = self._connection.execute(
            "SELECT listing, title, owner, category, updated_entry FROM listings"
            " WHERE owner = ? AND exchange_type = ? AND closed = 0"
            " AND (expires IS NULL OR expires >= ?) ORDER BY rowid DESC LIMIT ?",
            (person, ExchangeType.WANT, today, WANTS_MATCHED_MAX),
        ).fetchall()
        times = times_of(self._connection, [row[4] for row in rows])
        return [
            _Sought(
                want=listing,
                title=title,
                person=owner,
                since_ms=times.get(entry, 0),
                asked=self._vocabulary.asked(title, category),
            )
            for listing, title, owner, category, entry in rows
        ]

    def _searches(self, persons: Sequence[str]) -> list[_Sought]:
        return [
            _Sought(
                want=search.want,
                title=search.title,
                person=search.person,
                since_ms=search.added_ms,
                asked=self._vocabulary.asked(
                    search.text, search.category, only_category=bool(search.category)
                ),
                saved_search=search.title,
            )
            for search in read_searches(self._connection, persons)
        ]

    # --- what is offered ------------------------------------------------------------------

    def _best(
        self, sought: _Sought, today: str, circle: str | None, limit: int
    ) -> list[tuple[_Candidate, Hit]]:
        """The closest offers of somebody else, of equally close ones the newest first."""
        offers = self._offers(sought.asked, today, circle, besides=sought.person)
        found = list(islice(offers, CANDIDATES_MAX))
        found.sort(key=lambda one: (one[1].distance, one[1].more, -one[0].number))
        return found[:limit]

    def _offers(
        self, asked: Asked, today: str, circle: str | None = None, *, besides: str = ""
    ) -> Iterator[tuple[_Candidate, Hit]]:
        """The open offers that match, as far as they are asked for.

        Those with the very words or a synonym come first, then all others; the latest changed
        first. For what a word begins the index must read all that begins so, which is often not
        needed any more.
        """
        seen = set[int]()
        for wide in (False, True):
            expression = offers_expression(asked, self._vocabulary, wide=wide)
            if expression is None:
                continue
            for candidate in self._found(expression, today, circle, besides):
                hit = judge(
                    asked,
                    self._vocabulary.offered(candidate.title, candidate.tags, candidate.category),
                )
                if hit is not None and candidate.number not in seen:
                    seen.add(candidate.number)
                    yield candidate, hit

    def _found(
        self, expression: str, today: str, circle: str | None, besides: str
    ) -> Iterator[_Candidate]:
        """Open offers that an FTS5 expression finds, the latest changed first.

        The order is that of the rows, so that SQLite answers row by row; a rank would be reckoned
        of every match before the first is given.
        """
        within, values = ("", ()) if circle is None else (" AND l.circle = ?", (circle,))
        for number, offer, where, owner, title, tags, category, entry in self._connection.execute(
            "SELECT l.rowid, l.listing, l.circle, l.owner, l.title, l.tags, l.category,"
            " l.updated_entry FROM listings_fts AS s JOIN listings AS l ON l.rowid = s.rowid"
            " WHERE listings_fts MATCH ? AND l.exchange_type = ? AND l.closed = 0"
            f" AND (l.expires IS NULL OR l.expires >= ?) AND l.owner <> ?{within}"
            " ORDER BY s.rowid DESC LIMIT ?",
            (expression, ExchangeType.OFFER, today, besides, *values, _ROWS_MAX),
        ):
            yield _Candidate(
                number, offer, where, owner, title, tuple(json.loads(tags)), category, entry
            )


def offers_expression(asked: Asked, vocabulary: Vocabulary, *, wide: bool) -> str | None:
    """The FTS5 expression by which the offers are found that ``judge`` may say match.

    ``wide`` finds every one of them; else only those that have the very words or synonyms. None
    where nothing is looked for.
    """
    parts = []
    for term in asked.terms:
        phrases = [_phrase(term.said, beginnings=wide and term.said.beginnings)]
        phrases += [_phrase(phrase, beginnings=False) for phrase in term.synonyms]
        ways = [f"{{title tags}} : ({' OR '.join(phrases)})"]
        if term.category and wide:
            ways.append(_category(term.category, vocabulary))
        parts.append(f"({' OR '.join(ways)})")
    if asked.only_category and asked.category:
        parts.append(_category(asked.category, vocabulary))
    return " AND ".join(parts) or None


def _phrase(phrase: Phrase, *, beginnings: bool) -> str:
    """All words of a phrase, wherever they stand."""
    words = (_forms(word, beginnings=beginnings) for word in phrase.words)
    return f"({' AND '.join(f'({forms})' for forms in words)})"


def _forms(word: Word, *, beginnings: bool) -> str:
    """All that may stand in a listing for a word: itself, its plural or singular, what begins so.

    The index folds accents and case; what ``bare`` folds beside, such as ß, is looked for as well.
    """
    spelled = [word.written] if _folded(word.written) == word.bare else [word.written, word.bare]
    if beginnings and len(word.bare) >= MATCHED_PREFIX_LETTERS_MIN:
        forms = [f'"{one}"*' for one in spelled]
    else:
        forms = [f'"{form}"' for one in spelled for form in (one, *plurals(one))]
    forms += [f'"{stem}"' for stem in stems(word.bare)]
    return " OR ".join(forms)


def _folded(word: str) -> str:
    """A word as the index keeps it (unicode61 with remove_diacritics 2)."""
    parts = unicodedata.normalize("NFD", word)
    return "".join(one for one in parts if not unicodedata.combining(one)).lower()


def _category(category: str, vocabulary: Vocabulary) -> str:
    """Listings whose category begins with one of the words that mean it."""
    names = " OR ".join(f'^"{name}"' for name in vocabulary.category_words(category))
    return f"category : ({names})"


def _distinct(items: Iterable[str]) -> Iterator[str]:
    """Each item once, as they come."""
    seen = set[str]()
    for item in items:
        if item not in seen:
            seen.add(item)
            yield item
