"""What people type is searched for and never understood as syntax; ids and names by beginnings."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from unit.store.world_kit import Reader, World, person_of

from p2pshare.domain.bodies import ListingPut
from p2pshare.domain.categories import Categories, Category
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import UnknownReference
from p2pshare.store.queries import Queries
from p2pshare.store.search import match_expression, resolve, resolve_person

TODAY = "2026-11-23"


def shop(*titles: str) -> Reader:
    world = World()
    feed = world.open_feed(person_of(1))
    world.profile(feed, "Ada")
    for title in titles:
        world.put(feed, title)
    reader = Reader()
    reader.take_all(world)
    return reader


@pytest.fixture(scope="module")
def drill_shop() -> Iterator[Reader]:
    with shop("Drill") as reader:
        yield reader


def found(reader: Reader, text: str) -> list[str]:
    return sorted(one.title for one in reader.queries.listings(TODAY, search=text))


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("drill", ["Cordless drill", "Drill bits"]),
        ("DRI", ["Cordless drill", "Drill bits"]),
        ("drill cord", ["Cordless drill"]),
        ("cord drill", ["Cordless drill"]),
        ("rill", []),
        ("creme", ["Crème brûlée torch"]),
        ("Crème", ["Crème brûlée torch"]),
        ("brulee", ["Crème brûlée torch"]),
        (unicodedata.normalize("NFD", "brûlée"), ["Crème brûlée torch"]),
        ("strasse", []),
        ("Straße", ["Straßenkreide"]),
        ("лопа", ["Лопата"]),
        ("梯", ["梯子"]),
        ("foo bar", ["foo_bar"]),
        ("foo_b", ["foo_bar"]),
        ("bits AND drill", []),
        ("bits OR cordless", []),
        ("NOT drill", []),
        ('"drill', ["Cordless drill", "Drill bits"]),
        ("title:drill", []),
        ("drill*", ["Cordless drill", "Drill bits"]),
        ("drill)", ["Cordless drill", "Drill bits"]),
        ("-cordless +drill", ["Cordless drill"]),
        ("^drill", ["Cordless drill", "Drill bits"]),
        ("drill NEAR(bits, 2)", []),
        ("' OR 1=1 --", []),
        ("", []),
        (" ... ", []),
        ("_", []),
        ("\x00", []),
    ],
)
def test_every_word_must_be_there_whole_or_as_a_beginning(text: str, titles: list[str]) -> None:
    with shop(
        "Cordless drill",
        "Drill bits",
        "Crème brûlée torch",
        "Straßenkreide",
        "Лопата",
        "梯子",
        "foo_bar",
    ) as reader:
        assert found(reader, text) == titles


@given(st.text(max_size=80))
@example('"')
@example("a\x00b")
@example("\ud7ff\ue000 x")
@example("ⅷ ² ¼ ४ \uff41")
def test_no_text_is_ever_an_error(drill_shop: Reader, text: str) -> None:
    titles = found(drill_shop, text)
    assert titles in ([], ["Drill"])
    if match_expression(text) is None:
        assert titles == []


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from(["ladder", "Drill", "été", "梯子", "a", "0"]), min_size=1, max_size=9)
)
def test_a_title_is_found_by_its_own_words(words: list[str]) -> None:
    title = " ".join(words)
    with shop(title) as reader:
        assert found(reader, title) == [title]
        assert found(reader, title.upper()) == [title]


def test_a_text_of_very_many_words_is_cut() -> None:
    expression = match_expression("word " * 1000)
    assert expression is not None
    assert expression.count('"word"*') == 16


CATEGORIES = Categories(
    [
        Category(
            id="power-tools",
            names={"en": "Power tools", "de": "Elektrowerkzeug"},
            synonyms={"de": ("Bohrer",), "fr": ("perceuse", "perceuse à percussion")},
        ),
        Category(id="tools", names={"en": "Tools"}, synonyms={"en": ("hammer",)}),
    ]
)


@pytest.fixture(scope="module")
def tool_shop() -> Iterator[Reader]:
    """Things by title, with what their owners wrote as their category."""
    world = World()
    feed = world.open_feed(person_of(1))
    for title, category in (
        ("Makita", "power-tools"),
        ("Bosch blue", "Elektrowerkzeug"),
        ("Bohrer", "other"),
        ("Mallet", "Tools"),
        ("Tent", "camping"),
    ):
        body = ListingPut(
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            title=title,
            category=category,
            quantity=1,
        )
        world.write(feed, "listing.put", body)
    with Reader() as reader:
        reader.take_all(world)
        reader.queries = Queries(reader.database.connection, CATEGORIES)
        yield reader


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("bohrer", ["Bohrer", "Bosch blue", "Makita"]),
        ("PERCEUSE", ["Bosch blue", "Makita"]),
        ("perceuse à percussion", ["Bosch blue", "Makita"]),
        ("blue perceuse", ["Bosch blue"]),
        ("perceuse tent", []),
        ("power tools", ["Bosch blue", "Makita"]),
        ("hammer", ["Mallet"]),
        ("perceu", []),
        ("makita", ["Makita"]),
    ],
)
def test_words_of_a_category_find_what_is_in_it(
    tool_shop: Reader, text: str, titles: list[str]
) -> None:
    assert found(tool_shop, text) == titles
    assert tool_shop.queries.count_listings(TODAY, search=text) == len(titles)


def test_titles_come_before_categories(tool_shop: Reader) -> None:
    titles = [one.title for one in tool_shop.queries.listings(TODAY, search="bohrer")]
    assert titles[0] == "Bohrer"


@given(st.lists(st.sampled_from(["perceuse", "à", "percussion", "power", "OR", '"', ")"])))
def test_no_text_about_categories_is_ever_an_error(tool_shop: Reader, words: list[str]) -> None:
    found(tool_shop, " ".join(words))


def test_ids_are_resolved_by_unambiguous_beginnings() -> None:
    with shop("One", "Two") as reader:
        connection = reader.database.connection
        one, two = (row["listing"] for row in reader.rows("listings"))
        for length in (8, 31, 32):
            assert resolve(connection, "listings", "listing", one[:length].upper()) == one
        assert resolve(connection, "listings", "listing", f" {two} ") == two
        for wrong, said in (
            ("", "is not the beginning"),
            ("xyz", "is not the beginning"),
            ("%", "is not the beginning"),
            (one + "0", "there is no listing"),
        ):
            with pytest.raises(UnknownReference, match=said):
                resolve(connection, "listings", "listing", wrong)


def test_an_ambiguous_beginning_is_refused() -> None:
    with shop(*(f"Listing {number}" for number in range(17))) as reader:
        ids = sorted(row["listing"] for row in reader.rows("listings"))
        first = next(one[0] for one, next_one in pairwise(ids) if one[0] == next_one[0])
        with pytest.raises(UnknownReference, match="more than one listing"):
            resolve(reader.database.connection, "listings", "listing", first)


def people(**names: int) -> Reader:
    world = World()
    for name, number in names.items():
        world.profile(world.open_feed(person_of(number)), name)
    reader = Reader()
    reader.take_all(world)
    return reader


def test_people_are_found_by_name_or_id() -> None:
    ada, zoe = person_of(1).id.hex(), person_of(2).id.hex()
    with people(Ada=1, Zoë=2) as reader:
        connection = reader.database.connection
        for text in ("Ada", " ada ", "ADA", ada, ada[:10].upper()):
            assert resolve_person(connection, text) == ada
        for text in ("Zoë", unicodedata.normalize("NFD", "zoë"), zoe[:12]):
            assert resolve_person(connection, text) == zoe
        for text in ("Nobody", "", "%", "A", "0" * 64):
            with pytest.raises(UnknownReference):
                resolve_person(connection, text)


def test_two_of_one_name_are_told_apart_by_their_ids() -> None:
    with people(Ben=1, BEN=2) as reader:
        with pytest.raises(UnknownReference, match="several people are called Ben") as said:
            resolve_person(reader.database.connection, "Ben")
        for number in (1, 2):
            assert person_of(number).id.hex()[:12] in str(said.value)


def test_a_name_that_looks_like_anothers_id_does_not_take_it_over() -> None:
    victim = person_of(1).id.hex()
    with people(**{"Ada": 1, victim[:12]: 2}) as reader:
        assert resolve_person(reader.database.connection, victim[:12]) == victim
