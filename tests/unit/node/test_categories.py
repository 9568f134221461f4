"""The categories that come with the program: four languages, an icon each, no word for two."""

import xml.etree.ElementTree as ElementTree
from importlib.resources import files

import pytest

from p2pshare.domain.categories import LANGUAGES
from p2pshare.limits import CATEGORY_CHARACTERS_MAX
from p2pshare.node.categories import bundled_categories, category_icon

IDS = [one.id for one in bundled_categories()]
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {f"{SVG}{name}" for name in ("path", "circle", "ellipse")}


def test_there_are_some_and_they_are_read_once() -> None:
    assert 20 <= len(IDS) <= 40
    assert bundled_categories() is bundled_categories()


@pytest.mark.parametrize("identifier", IDS)
def test_each_has_a_name_and_words_in_each_language(identifier: str) -> None:
    category = bundled_categories()[identifier]
    assert identifier.replace("-", "").isalpha()
    assert identifier.islower()
    assert set(category.names) == set(category.synonyms) == set(LANGUAGES)
    assert all(0 < len(name) <= CATEGORY_CHARACTERS_MAX for name in category.names.values())
    assert all(category.synonyms.values())


@pytest.mark.parametrize("identifier", IDS)
def test_each_has_an_icon_in_the_current_colour(identifier: str) -> None:
    icon = ElementTree.fromstring(category_icon(identifier))
    assert icon.tag == f"{SVG}svg"
    assert (icon.get("width"), icon.get("height")) == ("24", "24")
    assert icon.get("viewBox") == "0 0 24 24"
    assert (icon.get("stroke"), icon.get("fill")) == ("currentColor", "none")
    assert len(icon) > 0
    assert {shape.tag for shape in icon} <= SHAPES
    assert not any(shape.get("fill") or shape.get("stroke") for shape in icon)


def test_there_is_no_icon_without_a_category() -> None:
    folder = files("p2pshare.resources").joinpath("icons", "categories")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{one}.svg" for one in IDS)
    with pytest.raises(KeyError):
        category_icon("../categories")


@pytest.mark.parametrize(
    ("word", "identifier"),
    [
        ("Bohrer", "power-tools"),
        ("perceuse", "power-tools"),
        ("taladro", "power-tools"),
        ("Werkzeug", "tools"),
        ("jardin", "garden"),
        ("childcare", "children"),
        ("Umzug", "moving"),
        ("bicis", "bicycles"),
    ],
)
def test_words_that_people_use(word: str, identifier: str) -> None:
    found = bundled_categories().find(word)
    assert found is not None
    assert found.id == identifier
