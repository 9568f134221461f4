"""The window: the first start, where the keyboard goes, who is nearby, what is said of trouble."""

from collections.abc import Callable

import pytest
from fake_backend import FakeBackend
from made_views import ADA, listing, loan, person
from p2pshare.ui.backend import Identity
from p2pshare.ui.widgets.reminder_banner import SHOWN_MAX
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from p2pshare.domain.commands import AddPerson
from p2pshare.domain.text import shown
from p2pshare.node.events import EntriesAdded, LinkDown, LinkUp, PeerFound, ReminderDue

Opener = Callable[[FakeBackend], MainWindow]
FindDialog = Callable[[MainWindow], QDialog]


@pytest.fixture
def nobody() -> FakeBackend:
    return FakeBackend(None)


def test_before_the_node_has_started_nothing_is_asked(nobody: FakeBackend, qtbot: QtBot) -> None:
    window = MainWindow(nobody)
    qtbot.addWidget(window)
    window.show()
    assert window.opening.isVisible()
    assert not window.welcome.isVisible()
    assert not window.main.isVisible()


def test_why_it_could_not_start_is_said(nobody: FakeBackend, qtbot: QtBot) -> None:
    window = MainWindow(nobody)
    qtbot.addWidget(window)
    window.show()
    window.start_failed("p2pshare is already running on this folder")
    assert window.opening.isVisible()
    assert window.opening.text() == "p2pshare is already running on this folder"


def test_first_start_asks_for_a_name_and_nothing_else(
    nobody: FakeBackend, open_window: Opener, qtbot: QtBot
) -> None:
    window = open_window(nobody)
    assert window.welcome.isVisible()
    focusable = [
        one
        for one in window.welcome.findChildren(QWidget)
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert focusable == [window.welcome.name, window.welcome.begin]
    assert window.welcome.name.hasFocus()
    assert not window.welcome.begin.isEnabled()
    qtbot.keyClicks(window.welcome.name, "  ")
    assert not window.welcome.begin.isEnabled()
    qtbot.keyClicks(window.welcome.name, "Ada ")
    qtbot.keyClick(window.welcome.name, Qt.Key.Key_Return)
    assert nobody.submitted == [AddPerson(name="Ada")]
    qtbot.keyClick(window.welcome.name, Qt.Key.Key_Return)
    assert len(nobody.submitted) == 1, "a second Return while the node works"
    nobody.identity = Identity(ADA, "Ada")
    nobody.accept()
    window.ready(nobody.identity)
    nobody.deliver()
    assert window.main.isVisible()
    assert window.who.text() == "Ada"


def test_a_refused_name_stays_in_the_field(
    nobody: FakeBackend, open_window: Opener, qtbot: QtBot
) -> None:
    window = open_window(nobody)
    qtbot.keyClicks(window.welcome.name, "Ada")
    qtbot.mouseClick(window.welcome.begin, Qt.MouseButton.LeftButton)
    nobody.refuse("the disk is full; make room and try again")
    assert window.welcome.trouble.isVisible()
    assert window.welcome.trouble.text() == "the disk is full; make room and try again"
    assert window.welcome.name.text() == "Ada"
    assert window.welcome.name.hasFocus()
    qtbot.keyClick(window.welcome.name, Qt.Key.Key_Return)
    assert not window.welcome.trouble.isVisible()
    assert len(nobody.submitted) == 2


def test_first_start_shows_who_is_nearby(nobody: FakeBackend, open_window: Opener) -> None:
    window = open_window(nobody)
    text = window.welcome.nearby.text
    assert text() == "Looking for neighbours …"
    nobody.tell(PeerFound(("192.0.2.1",)))
    assert text() == "Somebody is nearby; saying hello …"
    nobody.tell(LinkUp("d1", "192.0.2.1:1"), LinkUp("d1", "192.0.2.1:2"))
    assert text() == "A neighbour is nearby already."
    nobody.tell(LinkUp("d2", "192.0.2.2:1"), EntriesAdded("c", 12, own=False))
    assert text() == "2 neighbours are nearby already. Their offers are arriving."
    nobody.tell(LinkDown("d1", "", "left"), LinkDown("d2", "", "left"))
    assert text() == "Somebody is nearby; saying hello …"


def test_alt_and_a_number_open_the_pages(window: MainWindow, qtbot: QtBot) -> None:
    pages = [window.browse, window.shelf, window.loans, window.people, window.hours]
    for number, page in enumerate(pages):
        qtbot.keyClick(window, Qt.Key.Key_1 + number, Qt.KeyboardModifier.AltModifier)
        assert page.isVisible()
        assert [one.isVisible() for one in pages].count(True) == 1


def test_arrows_in_the_navigation_open_the_pages(window: MainWindow, qtbot: QtBot) -> None:
    assert window.navigation.hasFocus()
    qtbot.keyClick(window.navigation, Qt.Key.Key_Down)
    assert window.shelf.isVisible()
    qtbot.keyClick(window.navigation, Qt.Key.Key_Up)
    assert window.browse.isVisible()


def tab_stops(window: MainWindow, qtbot: QtBot) -> list[QWidget]:
    """The widgets that Tab comes by, beginning after the navigation, until it is there again."""
    window.navigation.setFocus()
    found: list[QWidget] = []
    for _ in range(30):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        if window.focusWidget() is window.navigation:
            return found
        found.append(window.focusWidget())
    raise AssertionError(f"Tab never came back: {found}")


def test_tab_comes_by_everything_in_the_order_it_is_read(
    backend: FakeBackend, open_window: Opener, qtbot: QtBot
) -> None:
    backend.queries.all_listings = [listing("Drill", own=True)]
    backend.queries.all_people = [person()]
    backend.queries.all_loans = [loan("accepted")]
    window = open_window(backend)
    browse, shelf = window.browse, window.shelf
    assert tab_stops(window, qtbot) == [
        *(browse.search, browse.kind, browse.as_list, browse.view),
        window.who,
    ]
    window.navigation.setCurrentRow(1)
    shelf.view.setCurrentIndex(shelf.model.index(0))
    assert set(tab_stops(window, qtbot)) == {
        shelf.view,
        shelf.edit_button,
        shelf.withdraw_button,
        shelf.bring_button,
        shelf.add_button,
        window.who,
    }
    window.navigation.setCurrentRow(2)
    stops = tab_stops(window, qtbot)
    (card,) = window.loans.cards
    assert [one for one in stops if card.isAncestorOf(one)] == [card.main, card.more]
    window.navigation.setCurrentRow(3)
    window.people.view.setCurrentIndex(window.people.model.index(0))
    assert set(tab_stops(window, qtbot)) >= {window.people.view, window.people.button}


def test_who_is_nearby_and_how_far_a_sync_is(
    window: MainWindow, backend: FakeBackend, qtbot: QtBot
) -> None:
    assert window.nearby.text() == "Nobody nearby"
    backend.tell(LinkUp("d1", "192.0.2.1:1"))
    assert window.nearby.text() == "1 computer nearby"
    backend.tell(EntriesAdded("c", 400, own=False))
    backend.tell(EntriesAdded("c", 834, own=False), EntriesAdded("c", 3, own=True))
    assert window.progress.isVisible()
    assert window.progress_text.text() == "1,234 new entries"
    qtbot.waitUntil(lambda: not window.progress.isVisible(), timeout=3000)
    assert window.progress_text.text() == ""
    backend.tell(LinkDown("d1", "192.0.2.1:1", "it left"))
    assert window.nearby.text() == "Nobody nearby"


def test_own_entries_and_one_entry_are_no_sync(window: MainWindow, backend: FakeBackend) -> None:
    backend.tell(EntriesAdded("c", 5, own=True), EntriesAdded("c", 1, own=False))
    assert not window.progress.isVisible()


def test_reminders_stay_until_they_are_closed(
    backend: FakeBackend, window: MainWindow, qtbot: QtBot
) -> None:
    assert not window.reminders.isVisible()
    texts = [f"Ben has still your thing {number}.\u202e" for number in range(SHOWN_MAX + 2)]
    due = [ReminderDue("aa", "overdue", "bb", 1000, text) for text in texts]
    backend.tell(*due[:2], due[0])
    assert window.reminders.isVisible()
    assert window.reminders.words.text().splitlines() == [shown(texts[0]), shown(texts[1])]
    backend.tell(*due)
    lines = window.reminders.words.text().splitlines()
    assert len(lines) == SHOWN_MAX + 1
    assert lines[-1].startswith("and 2 more")
    window.reminders.done.click()
    assert not window.reminders.isVisible()
    backend.tell(due[3])
    assert window.reminders.words.text() == shown(texts[3])


def test_trouble_is_shown_and_can_be_closed(window: MainWindow, qtbot: QtBot) -> None:
    window.show_trouble("the ledger is busy; try again")
    assert window.trouble.isVisible()
    assert window.trouble_text.text() == "the ledger is busy; try again"
    window.close_trouble.click()
    assert not window.trouble.isVisible()


@pytest.mark.parametrize("page", [1, 2, 3, 4])
def test_a_reading_that_fails_is_said(window: MainWindow, backend: FakeBackend, page: int) -> None:
    pages = [window.browse, window.shelf, window.loans, window.people, window.hours]
    getattr(pages[page], "model", pages[page]).refresh()
    backend.deliver(error="the ledger is damaged; run p2pshare-cli audit")
    assert window.trouble.isVisible()
    assert window.trouble_text.text() == "the ledger is damaged; run p2pshare-cli audit"


def test_one_dialog_at_a_time(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog
) -> None:
    """A click that is both a click and an activation opens one."""
    window.browse.opened.emit(listing("Tent"))
    window.browse.opened.emit(listing("Tent"))
    assert dialog_of(window).windowTitle() == "Tent"


def test_closing_the_window_closes_its_dialogs(
    window: MainWindow, dialog_of: FindDialog, qtbot: QtBot
) -> None:
    window.shelf.add.emit()
    dialog = dialog_of(window)
    with qtbot.waitSignal(dialog.destroyed):
        window.close()
