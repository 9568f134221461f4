"""Every control has a name for screen readers: the widget tree of pages and dialogs is walked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_backend import FakeBackend
from made_views import ADA, BEN, listing, loan, person
from p2pshare.ui.backend import Identity, Locked
from p2pshare.ui.dialogs.change_name import ChangeName
from p2pshare.ui.dialogs.give_hours import GiveHours
from p2pshare.ui.dialogs.import_lists import ImportLists
from p2pshare.ui.dialogs.listing_details import ListingDetails
from p2pshare.ui.dialogs.listing_editor import ListingEditor
from p2pshare.ui.dialogs.passphrase import AskPassphrase
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCalendarWidget,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

MADE_BY_QT = {"qt_spinbox_lineedit", "qt_scrollarea_hcontainer", "qt_scrollarea_vcontainer"}
Opener = Callable[[FakeBackend], MainWindow]


def controls(root: QWidget) -> Iterator[QWidget]:
    """What the keyboard can come to, and buttons; parts that Qt makes inside a control left out."""
    for widget in root.findChildren(QWidget):
        made_by_qt = widget.objectName().startswith("qt_") or any(
            isinstance(above, QComboBox | QLineEdit | QCalendarWidget)
            or above.objectName() in MADE_BY_QT
            for above in ancestors(widget)
        )
        can_focus = widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        shown = not widget.isHidden()
        if shown and not made_by_qt and (can_focus or isinstance(widget, QAbstractButton)):
            yield widget


def ancestors(widget: QWidget) -> Iterator[QWidget]:
    above = widget.parentWidget()
    while above is not None:
        yield above
        above = above.parentWidget()


def nameless(root: QWidget) -> list[str]:
    found = []
    for widget in controls(root):
        spoken = QAccessible.queryAccessibleInterface(widget)
        name = spoken.text(QAccessible.Text.Name) if spoken is not None else ""
        if not name.strip() or (not widget.accessibleName() and not hasattr(widget, "text")):
            found.append(f"{type(widget).__name__} {widget.objectName()!r}")
    return found


@pytest.fixture
def full() -> FakeBackend:
    backend = FakeBackend()
    backend.queries.all_listings = [listing("Drill", own=True), listing("Tent")]
    backend.queries.all_people = [person("Ada", own=True), person("Ben")]
    backend.queries.all_loans = [
        loan(state, lending=lending, title=f"{state} {lending}")
        for state in ("requested", "accepted", "checked_out", "returned", "closed")
        for lending in (True, False)
    ]
    return backend


def test_every_control_of_the_window_has_a_name(
    full: FakeBackend, open_window: Opener, qtbot: QtBot
) -> None:
    window = open_window(full)
    qtbot.waitUntil(lambda: len(window.loans.cards) == 10, timeout=3000)
    assert len(list(controls(window))) >= 30
    assert nameless(window) == []


def test_every_page_and_view_says_what_it_is(full: FakeBackend, open_window: Opener) -> None:
    window = open_window(full)
    for row in range(window.pages.count()):
        assert window.pages.widget(row).accessibleName()
    for view in window.findChildren(QAbstractItemView):
        if not isinstance(view.parentWidget(), QComboBox) and not view.window().isHidden():
            outer = view.parentWidget().metaObject().className()
            assert view.accessibleName() or "QComboBox" in outer, view


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda backend: ListingEditor(backend), id="new listing"),
        pytest.param(lambda backend: ListingEditor(backend, listing(own=True)), id="edit"),
        pytest.param(lambda backend: ListingDetails(backend, listing()), id="details"),
        pytest.param(lambda backend: GiveHours(backend, person()), id="give hours"),
        pytest.param(
            lambda backend: ListingDetails(backend, listing(photos=("1" * 64, "2" * 64))),
            id="details with photos",
        ),
        pytest.param(
            lambda backend: ListingEditor(backend, listing(own=True, photos=("1" * 64,))),
            id="edit with photos",
        ),
        pytest.param(lambda backend: ImportLists(backend, Path("/things.csv")), id="bring a list"),
        pytest.param(lambda backend: ChangeName(backend, Identity("a" * 64, "Ada")), id="name"),
        pytest.param(
            lambda backend: AskPassphrase(backend, Locked(1, "a" * 64, "wrong"), "Ada"),
            id="passphrase",
        ),
    ],
)
def test_every_control_of_a_dialog_has_a_name(
    backend: FakeBackend, qtbot: QtBot, make: Callable[[FakeBackend], QDialog]
) -> None:
    dialog = make(backend)
    qtbot.addWidget(dialog)
    dialog.open()
    backend.deliver()
    assert dialog.windowTitle()
    assert list(controls(dialog))
    assert nameless(dialog) == []


def test_the_walk_finds_a_control_without_a_name(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    QLineEdit(root)
    assert nameless(root) == ["QLineEdit ''"]


def test_rows_are_spoken(full: FakeBackend, open_window: Opener) -> None:
    window = open_window(full)
    spoken = [
        window.browse.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)
    ]
    assert spoken[0].startswith("Offer: Drill, from")
    assert spoken[1].startswith("Offer: Tent, from Ben")
    by_interface = QAccessible.queryAccessibleInterface(window.browse.view)
    assert by_interface.childCount() >= 2


def test_cards_are_spoken_with_their_state(full: FakeBackend, open_window: Opener) -> None:
    window = open_window(full)
    card = window.loans.cards[0]
    assert card.accessibleName() == "requested True, for Ben, Ben asks for it. Your turn."
    assert card.main.accessibleName() == "Lend: requested True"


def test_fields_have_labels_that_lead_to_them(backend: FakeBackend, qtbot: QtBot) -> None:
    editor = ListingEditor(backend)
    qtbot.addWidget(editor)
    buddies = [label.buddy() for label in editor.findChildren(QLabel) if label.buddy()]
    assert {editor.title, editor.description, editor.quantity} <= set(buddies)


def test_ids_of_people_are_not_read_out(full: FakeBackend, open_window: Opener) -> None:
    window = open_window(full)
    texts = [
        window.people.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in (0, 1)
    ]
    assert not any(ADA[:8] in text or BEN[:8] in text for text in texts)
