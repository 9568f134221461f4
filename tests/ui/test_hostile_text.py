"""What peers wrote is shown exactly as it is, everywhere, and cannot move the window about."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from fake_backend import FakeBackend
from made_views import listing, loan, person
from p2pshare.ui.dialogs.give_hours import GiveHours
from p2pshare.ui.dialogs.listing_details import ListingDetails
from p2pshare.ui.dialogs.listing_editor import ListingEditor
from p2pshare.ui.widgets.plain import PlainLabel
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from p2pshare.domain.text import BIDIRECTIONAL_CONTROLS
from p2pshare.domain.views import SignedMoveView

Opener = Callable[[FakeBackend], MainWindow]

HOSTILE = {
    "bold": "<b>bold</b>",
    "image": '<img src="file:///etc/passwd" width=9999>',
    "link": '<a href="http://192.0.2.1/">click</a><br><h1>big',
    "override": "\u202egnp.exe\u2066\u2069\u200f",
    "controls": "a\x00b\x07c\x1b[31md\x85e\u2028f",
    "newlines": "\n" * 200 + "x",
    "word": "W" * 4000,
    "wide": "\u5bbd" * 4000,
    "accents": "a" + "\u0301" * 2000,
    "mnemonics": "&File &&Edit %1 {name} {0} $ink",
    "placeholder": "[*] modified",
    "surrogate": "\ud800 alone",
    "empty": "",
}
NOT_TEXT = {
    "listing",
    "agreement",
    "person",
    "owner",
    "asker",
    "circle",
    "exchange_type",
    "item_type",
    "kind",
    "state",
    "underlying_state",
    "from_day",
    "until_day",
    "expires",
    "move",
}
"""Fields that the fold lets hold only ids, words of the vocabulary or days."""


def filled(view: Any, text: str) -> Any:
    """The view with ``text`` in every field that a peer writes."""
    changes: dict[str, Any] = {}
    for field in fields(view):
        value = getattr(view, field.name)
        if field.name in NOT_TEXT or field.name in ("photos", "denied"):
            continue
        if isinstance(value, str):
            changes[field.name] = text
        elif isinstance(value, tuple) and value and isinstance(value[0], SignedMoveView):
            changes[field.name] = tuple(replace(one, note=text) for one in value)
        elif isinstance(value, tuple) and value and isinstance(value[0], str):
            changes[field.name] = (text,) * 12 if field.name == "tags" else value
    return replace(view, **changes)


def hostile_backend(text: str) -> FakeBackend:
    backend = FakeBackend()
    backend.queries.all_listings = [
        filled(listing("Tent"), text),
        filled(listing("Drill", own=True), text),
        filled(listing("Saw", exchange_type="want", category="x"), text),
    ]
    backend.queries.all_people = [filled(person("Ben"), text), filled(person(own=True), text)]
    backend.queries.all_loans = [
        filled(loan("requested", signed=("accept",)), text),
        filled(loan("checked_out", lending=False, title="Tent"), text),
    ]
    return backend


def label_faults(root: QWidget) -> list[str]:
    """Labels that would draw markup, or draw a character that hides or reorders others."""
    found = []
    for label in root.findChildren(QLabel):
        if label.textFormat() != Qt.TextFormat.PlainText:
            found.append(f"{type(label).__name__} guesses rich text: {label.text()[:40]!r}")
        bad = BIDIRECTIONAL_CONTROLS | {"\x00", "\x07", "\x1b", "\x85", "\u2028"}
        if bad & set(label.text()):
            found.append(f"not escaped: {label.text()[:40]!r}")
    return found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_page_shows_it_plainly_and_keeps_its_shape(
    open_window: Opener, qtbot: QtBot, text: str
) -> None:
    window = open_window(FakeBackend())
    usual = window.minimumSizeHint()
    window.close()
    backend = hostile_backend(text)
    window = open_window(backend)
    size = window.size()
    for row in range(window.pages.count()):
        window.navigation.setCurrentRow(row)
        window.grab()
        backend.deliver()
    window.browse.as_list.setChecked(True)
    window.navigation.setCurrentRow(0)
    window.grab()
    window.show_trouble(text)
    window.grab()
    assert label_faults(window) == []
    assert window.minimumSizeHint().width() <= usual.width()
    assert window.size() == size
    for card in window.loans.cards:
        assert card.width() <= window.loans.width()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda backend, text: ListingEditor(backend, text), id="editor"),
        pytest.param(lambda backend, text: ListingDetails(backend, text), id="details"),
        pytest.param(
            lambda backend, view: GiveHours(backend, person(view.person_name)), id="hours"
        ),
    ],
)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_dialog_shows_it_plainly_and_stays_on_the_screen(
    backend: FakeBackend, qtbot: QtBot, make: Callable[..., QDialog], text: str
) -> None:
    dialog = make(backend, filled(listing("Tent", own=False), text))
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.grab()
    assert label_faults(dialog) == []
    assert dialog.minimumSizeHint().width() <= 700
    assert dialog.minimumSizeHint().height() <= 700
    assert dialog.width() <= 700
    assert dialog.height() <= 700


def test_a_refusal_that_quotes_a_peer_is_plain_too(qtbot: QtBot, window: MainWindow) -> None:
    window.show_trouble("<img src=x> is no listing")
    assert window.trouble_text.textFormat() == Qt.TextFormat.PlainText


def test_the_check_finds_a_label_that_guesses(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    QLabel("<b>x</b>", root)
    hiding = QLabel("\u202ex", root)
    hiding.setTextFormat(Qt.TextFormat.PlainText)
    PlainLabel("<b>x</b>\u202e", parent=root)
    assert len(label_faults(root)) == 2
