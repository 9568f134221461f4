"""Who acts: choosing among the persons of a computer, a new name, and a key that is locked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_backend import FakeBackend
from made_views import ADA, BEN, listing
from p2pshare.ui.backend import Identity, Locked
from p2pshare.ui.dialogs.change_name import ChangeName
from p2pshare.ui.dialogs.listing_details import ListingDetails
from p2pshare.ui.dialogs.listing_editor import ListingEditor
from p2pshare.ui.dialogs.passphrase import AskPassphrase
from p2pshare.ui.widgets.identity_button import REFRESH_MS
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLineEdit
from pytestqt.qtbot import QtBot
from real_node import WAIT_MS, Asked, started_bridge

from p2pshare.domain.commands import AddListing, AddPerson, SetName
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.limits import PERSON_NAME_CHARACTERS_MAX
from p2pshare.node.events import EventsMissed, RowChanged
from p2pshare.node.ledger import Ledger

Opener = Callable[[FakeBackend], MainWindow]
FindDialog = Callable[[MainWindow], QDialog]

ME = Identity(ADA, "Ada")
OTHER = Identity(BEN, "Ben & family")


@pytest.fixture
def family(backend: FakeBackend, open_window: Opener) -> MainWindow:
    backend.queries.hosted = [ME, OTHER]
    backend.queries.all_listings = [
        listing("Drill", own=True),
        listing("Tent", own=True, person=BEN, person_name="Ben"),
    ]
    return open_window(backend)


def action(window: MainWindow, text: str) -> QAction:
    (found,) = [one for one in window.who.menu().actions() if one.text() == text]
    return found


def changed(person: str) -> RowChanged:
    return RowChanged("person", person, added=False, removed=False)


# --- choosing -------------------------------------------------------------------------------------


def test_alone_there_is_nobody_to_choose(window: MainWindow) -> None:
    assert window.who.text() == "Ada"
    assert window.who.choices == ["Change my name …"]


def test_whoever_is_chosen_acts_and_sees_what_is_theirs(
    family: MainWindow, backend: FakeBackend
) -> None:
    assert family.who.choices == ["Ada", "Ben && family", "Change my name …"]
    assert action(family, "Ada").isChecked()
    shelf = family.shelf.model
    assert [shelf.listing(row).title for row in range(shelf.rowCount())] == ["Drill"]
    action(family, "Ben && family").trigger()
    backend.deliver()
    assert backend.identity == OTHER
    assert family.who.accessibleName().startswith("Ben & family")
    assert [shelf.listing(row).title for row in range(shelf.rowCount())] == ["Tent"]
    assert action(family, "Ben && family").isChecked()


def test_what_another_person_of_the_computer_lends_is_not_mine(
    family: MainWindow, dialog_of: FindDialog
) -> None:
    family.browse.opened.emit(listing("Tent", own=True, person=BEN, person_name="Ben"))
    details = dialog_of(family)
    assert isinstance(details, ListingDetails)
    assert details.can_borrow
    details.close()
    family.browse.opened.emit(listing("Drill", own=True))
    assert any(one.isVisible() for one in family.findChildren(ListingEditor))


def test_the_menu_is_reached_by_keyboard(family: MainWindow, qtbot: QtBot) -> None:
    family.navigation.setFocus()
    qtbot.keyClick(family.navigation, Qt.Key.Key_Backtab)
    assert family.who.hasFocus()


# --- a new name -----------------------------------------------------------------------------------


def test_changing_my_name(
    family: MainWindow, backend: FakeBackend, dialog_of: FindDialog, qtbot: QtBot
) -> None:
    action(family, "Change my name …").trigger()
    dialog = dialog_of(family)
    assert isinstance(dialog, ChangeName)
    assert dialog.name.maxLength() == PERSON_NAME_CHARACTERS_MAX
    dialog.name.setText("  ")
    assert not dialog.save.isEnabled()
    dialog.name.setText(" Ada Lovelace ")
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert backend.submitted == [SetName(person=bytes.fromhex(ADA), name="Ada Lovelace")]
    backend.accept()
    assert not dialog.isVisible()


def test_a_refused_name_stays_to_be_mended(
    family: MainWindow, backend: FakeBackend, dialog_of: FindDialog
) -> None:
    family.who.rename.emit()
    dialog = dialog_of(family)
    assert isinstance(dialog, ChangeName)
    dialog.name.setText("Ada\u202e")
    dialog.save.click()
    backend.refuse("the name holds a character that cannot be used here")
    assert dialog.trouble.text() == "the name holds a character that cannot be used here"
    assert dialog.isVisible()
    assert dialog.save.isEnabled()


def test_the_same_name_asks_for_nothing(
    family: MainWindow, backend: FakeBackend, dialog_of: FindDialog
) -> None:
    family.who.rename.emit()
    dialog = dialog_of(family)
    assert isinstance(dialog, ChangeName)
    dialog.save.click()
    assert not dialog.isVisible()
    assert backend.submitted == []


@pytest.mark.parametrize("event", [changed(ADA), EventsMissed()])
def test_a_name_that_was_changed_anywhere_is_shown(
    family: MainWindow, backend: FakeBackend, qtbot: QtBot, event: RowChanged | EventsMissed
) -> None:
    renamed = Identity(ADA, "Ada L.")
    backend.queries.hosted = [renamed, OTHER]
    backend.tell(event)
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=20 * REFRESH_MS)
    qtbot.waitUntil(lambda: (backend.deliver(), family.who.text() == "Ada L.")[1])
    assert backend.identity == renamed


def test_a_long_name_is_cut_and_said_whole(backend: FakeBackend, open_window: Opener) -> None:
    name = "Makerspace of the northern river bank, tools and teaching"
    backend.identity = Identity(ADA, name)
    window = open_window(backend)
    assert window.who.width() <= 180
    assert name in window.who.accessibleName()


# --- locked ---------------------------------------------------------------------------------------


def asked(window: MainWindow) -> AskPassphrase:
    (dialog,) = [one for one in window.findChildren(AskPassphrase) if one.isVisible()]
    return dialog


def test_a_locked_person_is_asked_for_above_what_they_do(
    family: MainWindow, backend: FakeBackend, qtbot: QtBot
) -> None:
    family.shelf.add.emit()
    assert backend.asker is not None
    backend.asker(Locked(3, ADA, ""))
    dialog = asked(family)
    assert dialog.passphrase.echoMode() == QLineEdit.EchoMode.Password
    assert dialog.passphrase.accessibleName() == "Passphrase or PIN of Ada"
    assert not dialog.trouble.isVisible()
    qtbot.keyClicks(dialog.passphrase, "secret")
    qtbot.keyClick(dialog.passphrase, Qt.Key.Key_Return)
    assert backend.passphrases == [(3, "secret")]
    assert dialog.passphrase.text() == ""
    assert any(one.isVisible() for one in family.findChildren(ListingEditor))


@pytest.mark.parametrize("how", ["button", "escape", "window"])
def test_giving_up_is_told_too(
    family: MainWindow, backend: FakeBackend, qtbot: QtBot, how: str
) -> None:
    assert backend.asker is not None
    backend.asker(Locked(4, ADA, "that passphrase or PIN does not open the key"))
    dialog = asked(family)
    assert dialog.trouble.text().startswith("That passphrase or PIN does not open the key.")
    if how == "button":
        dialog.passphrase.setText("half")
        dialog.cancel.click()
    elif how == "escape":
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    else:
        family.close()
    assert backend.passphrases == [(4, None)]


def test_what_waited_for_the_passphrase_is_done(tmp_path: Path, qtbot: QtBot) -> None:
    ledger = Ledger(tmp_path / "ada")
    person = ledger.perform(AddPerson(name="Ada"), b"secret")[0].subject
    ledger.close()
    bridge = started_bridge(tmp_path / "ada", qtbot)
    wanted: list[Locked] = []

    class Asker:
        def ask(self, locked: Locked) -> None:
            wanted.append(locked)

    def next_wanted() -> Locked:
        qtbot.waitUntil(lambda: bool(wanted), timeout=WAIT_MS)
        return wanted.pop()

    asker, answer = Asker(), Asked(qtbot)
    bridge.on_locked(asker.ask)
    command = AddListing(person=person, exchange_type=ExchangeType.OFFER, title="Drill")
    try:
        bridge.submit(command, answer.answered)
        locked = next_wanted()
        assert (locked.person, locked.why) == (person.hex(), "")
        bridge.give_passphrase(locked.number, None)
        assert "passphrase was not given" in str(answer.answer().error)
        bridge.submit(command, answer.answered)
        bridge.give_passphrase(next_wanted().number, "wrong")
        again = next_wanted()
        assert "does not open the key" in again.why
        bridge.give_passphrase(again.number, "secret")
        assert len(answer.value().subject) == 16
        bridge.submit(command, answer.answered)
        answer.value()
        assert wanted == []
        bridge.persons(answer.answered)
        assert answer.value() == (Identity(person.hex(), "Ada"),)
    finally:
        bridge.stop()


def test_without_anybody_to_ask_a_locked_command_is_refused(tmp_path: Path, qtbot: QtBot) -> None:
    ledger = Ledger(tmp_path / "ada")
    person = ledger.perform(AddPerson(name="Ada"), b"secret")[0].subject
    ledger.close()
    bridge = started_bridge(tmp_path / "ada", qtbot)
    answer = Asked(qtbot)
    try:
        bridge.submit(SetName(person=person, name="Eve"), answer.answered)
        assert "passphrase was not given" in str(answer.answer().error)
    finally:
        bridge.stop()
