"""Matching in a ledger: whatever the judge says matches is found, the closest and newest first."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.store.world_kit import DAY, START_MS, Reader, World, person_of

from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.categories import Categories, Category
from p2pshare.domain.matching import Vocabulary, judge
from p2pshare.domain.matching_views import DemandView, MatchView
from p2pshare.domain.synonyms import Synonyms
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.limits import DEMAND_PEOPLE_MIN, MATCHES_PER_WANT_MAX, WANTS_MATCHED_MAX
from p2pshare.store.database import Database
from p2pshare.store.matching import Matching, offers_expression
from p2pshare.store.saved_searches import save_search

TODAY, YESTERDAY = DAY, "2026-11-22"
ADA, BEN, CLEO = ("a" * 64, "b" * 64, "c" * 64)
STREET, CLUB = "1" * 64, "2" * 64

TOOLS = Category("tools", {"en": "Tools", "de": "Werkzeug"}, {"en": ("drill", "hand tools")})
CAMPING = Category("camping", {"en": "Camping"}, {})
VOCABULARY = Vocabulary(
    Categories([TOOLS, CAMPING, Category("other", {"en": "Other"}, {})]),
    Synonyms([("drill", "Bohrmaschine"), ("tent", "tienda de campaña"), ("ladder", "échelle")]),
)


class Shop:
    """A ledger with listings put straight into its table."""

    def __init__(self) -> None:
        self.database = Database(":memory:")
        self.matching = Matching(self.database.connection, VOCABULARY)
        self._ids = count(1)

    def add(
        self,
        owner: str,
        exchange: str,
        title: str,
        *,
        tags: Sequence[str] = (),
        category: str = "",
        description: str = "",
        circle: str = STREET,
        closed: bool = False,
        expires: str | None = None,
    ) -> str:
        listing = f"{next(self._ids):032x}"
        self.database.connection.execute(
            "INSERT INTO listings (listing, circle, owner, exchange_type, item_type,"
            " transaction_types, title, description, category, tags, quantity, expires, photos,"
            " terms, closed, updated_entry)"
            " VALUES (?, ?, ?, ?, 'good', '[]', ?, ?, ?, ?, 1, ?, '[]', '[]', ?, ?)",
            (
                *(listing, circle, owner, exchange, title, description, category),
                *(json.dumps(list(tags)), expires, int(closed), "00" * 32),
            ),
        )
        return listing

    def matches(self, *persons: str, limit: int = MATCHES_PER_WANT_MAX) -> list[MatchView]:
        return self.matching.matches(persons, TODAY, limit=limit)

    def pairs(self, *persons: str) -> list[tuple[str, str]]:
        return [(match.want, match.offer) for match in self.matches(*persons)]


@pytest.fixture
def shop() -> Iterator[Shop]:
    opened = Shop()
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def shared_shop() -> Iterator[Shop]:
    """For tests of many examples, each of which begins with an empty one."""
    opened = Shop()
    yield opened
    opened.database.close()


def test_a_want_is_matched_by_others_open_offers_alone(shop: Shop) -> None:
    want = shop.add(ADA, "want", "Drill")
    shop.add(ADA, "offer", "Drill")
    shop.add(BEN, "offer", "Drill", closed=True)
    shop.add(BEN, "offer", "Drill", expires=YESTERDAY)
    shop.add(BEN, "want", "Drill")
    shop.add(BEN, "offer", "Hammer", description="a drill, a drill, a drill")
    bought = shop.add(BEN, "offer", "Bohrmaschine", expires=TODAY)
    plain = shop.add(CLEO, "offer", "Drill", circle=CLUB)
    assert shop.pairs(ADA) == [(want, plain), (want, bought)]
    assert shop.pairs(CLEO) == []
    assert shop.pairs() == []


def test_wants_that_are_over_match_nothing(shop: Shop) -> None:
    shop.add(BEN, "offer", "Drill")
    shop.add(ADA, "want", "Drill", closed=True)
    shop.add(ADA, "want", "Drill", expires=YESTERDAY)
    assert shop.pairs(ADA) == []


def test_persons_of_one_computer_are_told_of_each_others_offers(shop: Shop) -> None:
    want, offer = shop.add(ADA, "want", "Drill"), shop.add(BEN, "offer", "Drill")
    assert shop.pairs(ADA, BEN) == [(want, offer)]
    match = shop.matches(ADA, BEN)[0]
    assert (match.wanted_by, match.person, match.want_title, match.offer_title) == (
        *(ADA, BEN),
        *("Drill", "Drill"),
    )


def test_saved_searches_match_too(shop: Shop) -> None:
    ladder = shop.add(BEN, "offer", "Échelle", category="Werkzeug")
    stove = shop.add(BEN, "offer", "Stove", category="camping")
    own = bytes.fromhex(ADA)
    with shop.database.transaction(durable=True) as connection:
        save_search(connection, own, "ladder", "", 1000)
        save_search(connection, own, "", "camping", 1000)
        save_search(connection, own, "ladder", "camping", 1000)
        save_search(connection, own, "ladder", "tools", 1000)
    assert [(match.want, match.offer, match.why) for match in shop.matches(ADA)] == [
        ("search-1", ladder, "your saved search 'ladder': 'ladder' means 'échelle'"),
        ("search-2", stove, "your saved search 'camping': the same category"),
        (
            *("search-4", ladder),
            "your saved search 'ladder': 'ladder' means 'échelle', the same category",
        ),
    ]
    assert shop.pairs(BEN) == []
    assert [search.text for search in shop.matching.searches([ADA])] == [
        "ladder",
        "",
        *["ladder"] * 2,
    ]


def test_the_closest_are_given_and_the_newest_of_those(shop: Shop) -> None:
    want = shop.add(ADA, "want", "Drill")
    others = [shop.add(BEN, "offer", "Bohrmaschine") for _ in range(3)]
    beginning = shop.add(BEN, "offer", "Drilling machine")
    same = [shop.add(BEN, "offer", "Drill") for _ in range(3)]
    assert shop.pairs(ADA) == [
        (want, offer) for offer in (*reversed(same), beginning, *reversed(others))
    ]
    assert [match.offer for match in shop.matches(ADA, limit=2)] == [same[2], same[1]]


def test_a_want_is_told_a_bounded_number_of_offers(shop: Shop) -> None:
    shop.add(ADA, "want", "Drill")
    offers = [shop.add(BEN, "offer", "Drill") for _ in range(MATCHES_PER_WANT_MAX + 1)]
    assert [offer for _, offer in shop.pairs(ADA)] == offers[:0:-1]


def test_of_very_many_wants_the_newest_are_looked_for(shop: Shop) -> None:
    offer = shop.add(BEN, "offer", "Drill")
    wants = [shop.add(ADA, "want", "Drill") for _ in range(WANTS_MATCHED_MAX + 1)]
    late = shop.add(CLEO, "want", "Drill")
    assert shop.pairs(ADA, CLEO) == [
        *((want, offer) for want in wants[:0:-1]),
        (late, offer),
    ]


def test_matches_in_one_circle(shop: Shop) -> None:
    want = shop.add(ADA, "want", "Drill", circle=STREET)
    there = shop.add(BEN, "offer", "Drill", circle=CLUB)
    assert shop.pairs(ADA) == [(want, there)]
    assert shop.matching.matches([ADA], TODAY, circle=STREET) == []
    assert len(shop.matching.matches([ADA], TODAY, circle=CLUB)) == 1


def test_a_match_says_since_when_and_who() -> None:
    world = World()
    ada, ben = world.open_feed(person_of(1)), world.open_feed(person_of(2))
    world.profile(ben, "Ben")

    def put(exchange: ExchangeType, title: str) -> ListingPut:
        return ListingPut(
            exchange_type=exchange,
            item_type=ItemType.GOOD,
            transaction_types=("borrow-lend",),
            title=title,
            quantity=1,
        )

    want = world.write(ada, "listing.put", put(ExchangeType.WANT, "Drill"), time_ms=START_MS - 5000)
    offer = world.write(
        ben, "listing.put", put(ExchangeType.OFFER, "Bohrmaschine"), time_ms=START_MS - 2000
    )
    with Reader() as reader:
        reader.take_all(world)
        found = Matching(reader.database.connection, VOCABULARY).matches(
            [person_of(1).id.hex()], TODAY
        )
    assert found == [
        MatchView(
            want=want.subject.hex(),
            want_title="Drill",
            wanted_by=person_of(1).id.hex(),
            offer=offer.subject.hex(),
            offer_title="Bohrmaschine",
            person=person_of(2).id.hex(),
            person_name="Ben",
            circle=world.circle.hex(),
            why="'Drill' means 'Bohrmaschine'",
            since_ms=START_MS - 2000,
        )
    ]


# --- what the index finds -------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("drill", "drills", "Bohrmaschinen", "tent", "Tienda", "campaña", "de", "Werkzeug"),
        *("ladder", "Échelles", "echelle", "Straße", "strasse", "straßen", "TV", "tvs", "saw_dust"),
        *("saw-dust", "m²", "Möbel", "mobel", "梯", "4", '"', "AND", "dri", "la", "Zelte", "Zelt"),
    ]
)
TITLES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
PLACES = st.sampled_from(["", "tools", "Werkzeug", "hand tools", "Model trains", "camping"])


def folded_alike(text: str) -> bool:
    """Whether the index folds a text as we do: it keeps ß and ² and the like as they are."""
    parts = unicodedata.normalize("NFD", text)
    return not any(one in parts for one in "ß²")


@given(
    st.lists(st.tuples(TITLES, st.lists(WORDS, max_size=2), PLACES), min_size=1, max_size=6),
    st.one_of(TITLES, st.just("")),
    PLACES,
    st.booleans(),
)
@example([("Möbel", [], "")], "mobel", "", False)
@example([("x", [], "hand tools")], "Werkzeug", "", False)
@example([("Straße", [], "")], "straßen", "", False)
def test_the_index_finds_whatever_the_judge_says_matches(
    shared_shop: Shop,
    offers: list[tuple[str, list[str], str]],
    text: str,
    category: str,
    only_category: bool,
) -> None:
    asked = VOCABULARY.asked(text, category, only_category=only_category)
    shared_shop.database.connection.execute("DELETE FROM listings")
    expected, doubtful = set[str](), set[str]()
    for title, tags, place in offers:
        listing = shared_shop.add(BEN, "offer", title, tags=tags, category=place)
        if judge(asked, VOCABULARY.offered(title, tuple(tags), place)) is not None:
            expected.add(listing)
        if not folded_alike(f"{title} {' '.join(tags)}"):
            doubtful.add(listing)
    found = {one.offer for one, _ in shared_shop.matching._offers(asked, TODAY)}
    assert found <= expected
    assert expected - found <= doubtful


@given(st.text(max_size=60), st.text(max_size=20), st.booleans(), st.booleans())
@example('"', "", False, True)
@example("a\x00b", "\x00", True, True)
@example("ⅷ ² ¼ ४ \uff41", "½", True, False)
def test_no_text_is_ever_an_error(
    shared_shop: Shop, text: str, category: str, only_category: bool, wide: bool
) -> None:
    asked = VOCABULARY.asked(text, category, only_category=only_category)
    expression = offers_expression(asked, VOCABULARY, wide=wide)
    assert (expression is not None) == bool(asked)
    if expression is not None:
        shared_shop.database.connection.execute(
            "SELECT rowid FROM listings_fts WHERE listings_fts MATCH ?", (expression,)
        ).fetchall()


# --- demand ---------------------------------------------------------------------------------


def people(number: int) -> list[str]:
    return [f"{one:064x}" for one in range(number)]


def test_demand_counts_what_nobody_else_offers(shop: Shop) -> None:
    for person in people(DEMAND_PEOPLE_MIN):
        shop.add(person, "want", "Drill")
        shop.add(person, "want", "Zelt", category="Camping")
    for person in people(DEMAND_PEOPLE_MIN - 1):
        shop.add(person, "want", "Crutches", category="health")
        shop.add(person, "want", "More crutches", category="health")
    shop.add(people(1)[0], "want", "Saw", category="tools")
    assert shop.matching.demand(TODAY) == [
        DemandView("tools", DEMAND_PEOPLE_MIN + 1, DEMAND_PEOPLE_MIN),
        DemandView("camping", DEMAND_PEOPLE_MIN, DEMAND_PEOPLE_MIN),
    ]
    shop.add(BEN, "offer", "Bohrmaschine")
    assert [view.category for view in shop.matching.demand(TODAY)] == ["camping"]


def test_an_offer_of_ones_own_or_elsewhere_meets_no_want(shop: Shop) -> None:
    asking = people(DEMAND_PEOPLE_MIN)
    for person in asking:
        shop.add(person, "want", "Drill")
    lacking = [DemandView("tools", DEMAND_PEOPLE_MIN, DEMAND_PEOPLE_MIN)]
    shop.add(BEN, "offer", "Drill", circle=CLUB)
    shop.add(BEN, "offer", "Drill", closed=True)
    assert shop.matching.demand(TODAY) == lacking
    assert shop.matching.demand(TODAY, circle=STREET) == lacking
    assert shop.matching.demand(TODAY, circle=CLUB) == []
    shop.add(asking[0], "offer", "Drill")
    shop.add(asking[0], "offer", "Drill")
    assert shop.matching.demand(TODAY) == [], "only one of them still lacks it"
