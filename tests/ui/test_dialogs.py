"""The dialogs: what they submit, that they wait, that a refusal loses nothing, the keyboard."""

from collections.abc import Callable

import pytest
from fake_backend import FakeBackend
from made_views import ADA, BEN, listing, person
from p2pshare.ui.dialogs.give_hours import GiveHours
from p2pshare.ui.dialogs.listing_details import ListingDetails
from p2pshare.ui.dialogs.listing_editor import KINDS, ListingEditor
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from p2pshare.domain.commands import AddListing, EditListing, PayHours, RequestLoan
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType

FindDialog = Callable[[MainWindow], QDialog]
ADA_KEY = bytes.fromhex(ADA)


@pytest.fixture
def editor(window: MainWindow, dialog_of: FindDialog, qtbot: QtBot) -> ListingEditor:
    window.navigation.setCurrentRow(1)
    qtbot.mouseClick(window.shelf.add_button, Qt.MouseButton.LeftButton)
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingEditor)
    return dialog


def test_adding_by_keyboard(
    editor: ListingEditor, window: MainWindow, backend: FakeBackend, qtbot: QtBot
) -> None:
    editor.title.setFocus()
    qtbot.keyClicks(editor.title, "Cordless drill")
    qtbot.keyClick(editor.title, Qt.Key.Key_Tab)
    qtbot.keyClicks(editor.focusWidget(), "With case")
    qtbot.keyClick(editor.focusWidget(), Qt.Key.Key_Tab)
    qtbot.keyClicks(editor.focusWidget(), "Tools")
    editor.tags.setText("drill, , battery ")
    editor.quantity.setValue(2)
    qtbot.keyClick(editor.title, Qt.Key.Key_Return)
    assert backend.submitted == [
        AddListing(
            person=ADA_KEY,
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            transaction_types=(TransactionType.BORROW_LEND,),
            title="Cordless drill",
            description="With case",
            category="tools",
            tags=("drill", "battery"),
            quantity=2,
        )
    ]
    assert editor.isVisible(), "it waits for the node"
    assert not editor.save.isEnabled()
    with qtbot.waitSignal(editor.destroyed):
        backend.accept()


@pytest.mark.parametrize("row", range(len(KINDS)))
def test_every_kind_is_submitted_as_what_it_is(
    editor: ListingEditor, backend: FakeBackend, row: int
) -> None:
    _, exchange_type, item_type, transaction_type = KINDS[row]
    editor.kind.setCurrentIndex(row)
    editor.title.setText("x")
    editor.save.click()
    (command,) = backend.submitted
    assert isinstance(command, AddListing)
    assert command.exchange_type == exchange_type
    assert command.item_type == item_type
    assert command.transaction_types == (transaction_type,)


def test_a_refusal_loses_nothing(editor: ListingEditor, backend: FakeBackend) -> None:
    editor.title.setText("Drill")
    editor.description.setPlainText("Long\ntext")
    editor.save.click()
    backend.refuse("the category is too long: 61 characters, at most 60 are possible")
    assert editor.isVisible()
    assert editor.trouble.isVisible()
    assert editor.trouble.text().startswith("the category is too long")
    assert (editor.title.text(), editor.description.toPlainText()) == ("Drill", "Long\ntext")
    assert editor.save.isEnabled()
    editor.save.click()
    assert len(backend.submitted) == 2


def test_escape_closes_and_submits_nothing(
    editor: ListingEditor, window: MainWindow, backend: FakeBackend, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(editor.destroyed):
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert backend.submitted == []


def test_an_answer_to_a_closed_dialog_is_dropped(
    editor: ListingEditor, window: MainWindow, backend: FakeBackend, qtbot: QtBot
) -> None:
    """The bridge drops it; here is only seen that closing while the node works is possible."""
    editor.title.setText("x")
    editor.save.click()
    with qtbot.waitSignal(editor.destroyed):
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert len(backend.submitted) == 1


def test_changing_a_listing(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog, qtbot: QtBot
) -> None:
    view = listing("Drill", own=True, quantity=3, tags=("one", "two"), category="Tools")
    window.browse.opened.emit(view)
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingEditor)
    assert dialog.title.text() == "Drill"
    assert dialog.description.toPlainText() == view.description
    assert dialog.tags.text() == "one, two"
    assert dialog.quantity.value() == 3
    assert not dialog.kind.isEnabled()
    dialog.title.setText("Hammer drill")
    dialog.save.click()
    assert backend.submitted == [
        EditListing(
            person=ADA_KEY,
            listing=bytes.fromhex(view.listing),
            title="Hammer drill",
            description=view.description,
            category="Tools",
            tags=("one", "two"),
            quantity=3,
        )
    ]


def test_borrowing(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog, qtbot: QtBot
) -> None:
    view = listing("Tent")
    window.browse.opened.emit(view)
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingDetails)
    assert dialog.description.text() == "In good order.\nBring it back clean."
    assert "Ben" in dialog.facts.text()
    dialog.last.setDate(QDate(2026, 9, 23))
    qtbot.keyClicks(dialog.note, "For the weekend")
    qtbot.mouseClick(dialog.borrow, Qt.MouseButton.LeftButton)
    assert backend.submitted == [
        RequestLoan(
            person=ADA_KEY,
            listing=bytes.fromhex(view.listing),
            from_day="2026-09-21",
            until_day="2026-09-23",
            note="For the weekend",
        )
    ]
    backend.refuse("the last day is before the first one")
    assert dialog.trouble.text() == "the last day is before the first one"
    assert dialog.trouble.isVisible()
    assert dialog.note.text() == "For the weekend"
    dialog.borrow.click()
    with qtbot.waitSignal(dialog.destroyed):
        backend.accept()
    assert window.loans.isVisible(), "what was asked for is shown under Loans"


def test_return_in_the_note_borrows(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog, qtbot: QtBot
) -> None:
    window.browse.opened.emit(listing("Tent"))
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingDetails)
    qtbot.keyClick(dialog.note, Qt.Key.Key_Return)
    assert [type(command) for command in backend.submitted] == [RequestLoan]


@pytest.mark.parametrize(
    "fields",
    [
        {"exchange_type": "want"},
        {"transaction_type": ("hours",), "item_type": "service"},
        {"transaction_type": ("receive-donate",)},
    ],
)
def test_what_is_not_lent_cannot_be_borrowed(
    window: MainWindow, dialog_of: FindDialog, fields: dict[str, object]
) -> None:
    window.browse.opened.emit(listing("Tent", **fields))
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingDetails)
    assert not dialog.borrow.isVisible()
    assert not dialog.note.isVisible()
    assert not dialog.first.isVisible()


@pytest.fixture
def giving(window: MainWindow, dialog_of: FindDialog) -> GiveHours:
    window.people.pay.emit(person("Ben"))
    dialog = dialog_of(window)
    assert isinstance(dialog, GiveHours)
    return dialog


def test_giving_hours(giving: GiveHours, backend: FakeBackend, qtbot: QtBot) -> None:
    giving.hours.clear()
    qtbot.keyClicks(giving.hours, "1:30")
    qtbot.keyClick(giving.hours, Qt.Key.Key_Return)
    assert backend.submitted == [PayHours(person=ADA_KEY, payee=bytes.fromhex(BEN), minutes=90)]
    qtbot.keyClick(giving.hours, Qt.Key.Key_Return)
    assert len(backend.submitted) == 1, "hours are not given twice by a second Return"
    with qtbot.waitSignal(giving.destroyed):
        backend.accept()


@pytest.mark.parametrize("typed", ["", "soon", "-1", "0", "1:99"])
def test_what_is_no_time_is_said_at_once(
    giving: GiveHours, backend: FakeBackend, typed: str
) -> None:
    giving.hours.setText(typed)
    giving.give.click()
    if not backend.submitted:  # else the rules of the node refuse it
        assert giving.trouble.isVisible()
        assert giving.trouble.text()
        assert giving.hours.text() == typed
    else:
        backend.refuse("at least one minute")
        assert giving.trouble.text() == "at least one minute"
    assert giving.isVisible()


def test_escape_gives_nothing(giving: GiveHours, backend: FakeBackend, qtbot: QtBot) -> None:
    with qtbot.waitSignal(giving.destroyed):
        qtbot.keyClick(giving, Qt.Key.Key_Escape)
    assert backend.submitted == []
