"""Colours: contrast of all pairs in use, light and dark, and what the style sheet is made of."""

import re
from dataclasses import fields

import pytest
from made_views import listing
from p2pshare.ui import theme
from p2pshare.ui.theme import DARK, LIGHT, Colours
from p2pshare.ui.widgets.listing_card import state_words
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPalette
from pytestqt.qtbot import QtBot

TEXT_CONTRAST = 4.5  # WCAG 2.1, 1.4.3
PART_CONTRAST = 3.0  # WCAG 2.1, 1.4.11: borders that show where the keyboard is

GROUNDS = ("ground", "surface", "raised", "accent_soft")
INKS = ("ink", "quiet", "good", "warn", "bad")
SCHEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_specification() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_text_can_be_read(scheme: Colours, ground: str, ink: str) -> None:
    assert contrast(getattr(scheme, ink), getattr(scheme, ground)) >= TEXT_CONTRAST


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_on_the_accent_can_be_read(scheme: Colours) -> None:
    assert contrast(scheme.accent_ink, scheme.accent) >= TEXT_CONTRAST
    assert contrast(scheme.quiet, scheme.line) >= PART_CONTRAST, "a disabled main button"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_where_the_keyboard_is_can_be_seen(scheme: Colours, ground: str) -> None:
    assert contrast(scheme.accent, getattr(scheme, ground)) >= PART_CONTRAST


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pairs_of_the_style_sheet_are_among_those_that_are_computed(scheme: Colours) -> None:
    sheet = theme.style_sheet(scheme)
    names = {getattr(scheme, field.name): field.name for field in fields(scheme)}
    for rule in re.findall(r"\{([^}]*)\}", sheet):
        ground = re.search(r"(?:^|[;\s])background: (#\w+)", rule)
        ink = re.search(r"(?:^|[;\s])color: (#\w+)", rule)
        if ground and ink:
            pair = contrast(ink[1], ground[1])
            least = PART_CONTRAST if names[ground[1]] == "line" else TEXT_CONTRAST
            assert pair >= least, f"{names[ink[1]]} on {names[ground[1]]}: {pair:.2f}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_name_in_the_style_sheet_is_replaced(scheme: Colours) -> None:
    sheet = theme.style_sheet(scheme)
    assert "$" not in sheet
    for picture in re.findall(r'url\("([^"]*)"\)', sheet):
        assert picture.endswith(".svg")
        with open(picture, encoding="utf-8") as file:  # noqa: PTH123
            assert "<svg" in file.read()


def test_dark_when_the_system_is_dark(qtbot: QtBot) -> None:
    hints = QGuiApplication.styleHints()
    hints.setColorScheme(Qt.ColorScheme.Dark)
    try:
        dark = theme.colours()
    finally:
        hints.unsetColorScheme()
    hints.setColorScheme(Qt.ColorScheme.Light)
    try:
        light = theme.colours()
    finally:
        hints.unsetColorScheme()
    assert light == LIGHT
    assert dark in (LIGHT, DARK), "the offscreen platform may keep its scheme"
    assert theme.palette(DARK).color(QPalette.ColorRole.Window).name() == DARK.ground


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "free"),
        ({"quantity": 3, "available": 2}, "2 of 3 free"),
        ({"available": 0}, "out at the moment"),
        ({"exchange_type": "want"}, "wanted"),
        ({"transaction_type": ("hours",)}, "for hours"),
        ({"transaction_type": ("receive-donate",)}, "to give away"),
    ],
)
def test_states_are_told_in_words_and_not_by_colour_alone(
    fields: dict[str, object], words: str
) -> None:
    assert state_words(listing(**fields), LIGHT)[0] == words
