"""A category is found by its id, its names and its synonyms, in any of four languages."""

import json

import pytest

from p2pshare.domain.categories import Categories, Category, read_categories

DRILLS = Category(
    id="power-tools",
    names={"en": "Power tools", "de": "Elektrowerkzeug", "fr": "Outils électriques"},
    synonyms={"en": ("drill",), "de": ("Bohrer",), "fr": ("perceuse",)},
)
GARDEN = Category(id="garden", names={"en": "Garden"}, synonyms={"de": ("Gartengerät",)})
BOTH = Categories([DRILLS, GARDEN])


@pytest.mark.parametrize(
    "text",
    ["power-tools", "Power Tools", "BOHRER", "perceuse", " outils electriques ", "Elektrowerkzeug"],
)
def test_it_is_found_by_all_its_words(text: str) -> None:
    assert BOTH.find(text) is DRILLS


@pytest.mark.parametrize("text", ["", "Boh", "tools", "perceuses bleues", "\x00"])
def test_other_words_mean_none(text: str) -> None:
    assert BOTH.find(text) is None


def test_the_first_that_means_one() -> None:
    assert BOTH.first_of(["blue", "Gartengerät", "drill"]) is GARDEN
    assert BOTH.first_of(["blue"]) is None


def test_names_by_language() -> None:
    assert DRILLS.name("de") == "Elektrowerkzeug"
    assert DRILLS.name("fr_CA") == "Outils électriques"
    assert GARDEN.name("de") == "Garden"


def test_what_listings_may_have_is_each_name_once() -> None:
    assert DRILLS.called() == ("power tools", "elektrowerkzeug", "outils electriques")


def test_they_stand_in_order() -> None:
    assert [one.id for one in BOTH] == ["power-tools", "garden"]
    assert (len(BOTH), BOTH.words_max, BOTH["garden"]) == (2, 2, GARDEN)


def test_one_word_cannot_mean_two() -> None:
    other = Category(id="music", names={"en": "Music"}, synonyms={"en": ("Drill",)})
    with pytest.raises(ValueError, match="power-tools and music"):
        Categories([DRILLS, other])


def test_they_are_read_from_json() -> None:
    document = [
        {"id": "garden", "names": {"en": "Garden"}, "synonyms": {"de": ["Gartengerät"]}},
    ]
    (read,) = read_categories(json.dumps(document).encode())
    assert read == GARDEN
    with pytest.raises(ValueError, match="unknown field"):
        read_categories(json.dumps([{**document[0], "icon": "x"}]).encode())
