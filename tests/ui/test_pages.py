"""Browse, My shelf, People and Hours: what is shown, what is asked of the node, nothing lost."""

from typing import TypeVar

import pytest
from fake_backend import FakeBackend
from made_views import ADA, BEN, listing, listings, person
from p2pshare.ui.pages.browse import BrowsePage
from p2pshare.ui.pages.hours import HoursPage
from p2pshare.ui.pages.people import PeoplePage
from p2pshare.ui.pages.shelf import ShelfPage
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from p2pshare.domain.commands import CloseListing
from p2pshare.node.events import LinkDown, LinkUp, RowChanged

Page = TypeVar("Page", bound=QWidget)


def show(qtbot: QtBot, page: Page) -> Page:
    page.resize(900, 600)
    qtbot.addWidget(page)
    with qtbot.waitActive(page):
        page.show()
    return page


@pytest.fixture
def browse(backend: FakeBackend, qtbot: QtBot) -> BrowsePage:
    backend.queries.all_listings = [
        listing("Hammer drill"),
        listing("Tent", own=True),
        listing("French lesson", item_type="service", transaction_type=("hours",)),
        listing("Ladder", exchange_type="want"),
    ]
    page = show(qtbot, BrowsePage(backend))
    backend.deliver()
    return page


def titles(page: BrowsePage | ShelfPage) -> list[str]:
    return [page.model.index(row).data() for row in range(page.model.rowCount())]


def test_browse_shows_what_everybody_shares(browse: BrowsePage) -> None:
    assert titles(browse) == ["Hammer drill", "Tent", "French lesson", "Ladder"]
    assert browse.count.text() == "4 listings"
    assert browse.view.isVisible()


def test_browse_says_how_to_begin(backend: FakeBackend, qtbot: QtBot) -> None:
    page = show(qtbot, BrowsePage(backend))
    backend.deliver()
    assert page.empty.isVisible()
    assert page.empty.text().startswith("Nothing is shared here yet.")
    assert page.count.text() == "0 listings"


def test_search_waits_until_somebody_has_typed(
    browse: BrowsePage, backend: FakeBackend, qtbot: QtBot
) -> None:
    backend.queries.searches.clear()
    qtbot.keyClicks(browse.search, "drill")
    assert backend.asked == 0
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=2000)
    backend.deliver()
    assert backend.queries.searches == ["drill"]
    assert titles(browse) == ["Hammer drill"]
    assert browse.count.text() == "1 listing"


def test_return_searches_at_once_and_nothing_found_is_said(
    browse: BrowsePage, backend: FakeBackend, qtbot: QtBot
) -> None:
    qtbot.keyClicks(browse.search, "yacht")
    qtbot.keyClick(browse.search, Qt.Key.Key_Return)
    backend.deliver()
    assert browse.empty.text().startswith("Nothing like that is shared here yet.")
    browse.search.clear()
    qtbot.keyClick(browse.search, Qt.Key.Key_Return)
    backend.deliver()
    assert browse.view.isVisible()
    assert len(titles(browse)) == 4


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (0, ["Hammer drill", "Tent", "French lesson", "Ladder"]),
        (1, ["Hammer drill", "Tent"]),
        (2, ["French lesson"]),
        (3, ["Ladder"]),
    ],
)
def test_browse_by_kind(
    browse: BrowsePage, backend: FakeBackend, row: int, found: list[str]
) -> None:
    browse.kind.setCurrentIndex(row)
    backend.deliver()
    assert titles(browse) == found


def test_a_late_answer_to_an_earlier_search_is_not_shown(
    browse: BrowsePage, backend: FakeBackend
) -> None:
    browse.kind.setCurrentIndex(2)
    browse.kind.setCurrentIndex(3)
    backend.deliver()
    assert titles(browse) == ["Ladder"]


def test_a_search_that_fails_says_why_and_recovers(
    browse: BrowsePage, backend: FakeBackend
) -> None:
    browse.model.refresh()
    backend.deliver(error="the ledger is damaged; run p2pshare-cli audit")
    assert browse.empty.isVisible()
    assert browse.empty.text() == "the ledger is damaged; run p2pshare-cli audit"
    browse.model.refresh()
    backend.deliver()
    assert browse.view.isVisible()


def test_cards_and_list(browse: BrowsePage, qtbot: QtBot) -> None:
    first, second = (browse.view.visualRect(browse.model.index(row)) for row in (0, 1))
    assert first.top() == second.top()
    assert first.left() < second.left()
    qtbot.keyClick(browse.as_list, Qt.Key.Key_Space)
    browse.view.executeDelayedItemsLayout()
    first, second = (browse.view.visualRect(browse.model.index(row)) for row in (0, 1))
    assert first.bottom() < second.top()
    assert first.width() > 700, "a line takes the whole width"


def test_control_f_goes_to_the_search(browse: BrowsePage, qtbot: QtBot) -> None:
    browse.view.setFocus()
    qtbot.keyClick(browse.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert browse.search.hasFocus()


def test_return_opens_what_the_keyboard_is_on(browse: BrowsePage, qtbot: QtBot) -> None:
    browse.view.setFocus()
    browse.view.setCurrentIndex(browse.model.index(0))
    qtbot.keyClick(browse.view, Qt.Key.Key_Right)
    with qtbot.waitSignal(browse.opened) as opened:
        qtbot.keyClick(browse.view, Qt.Key.Key_Return)
    assert opened.args[0].title == "Tent"


def test_a_click_opens_a_card(browse: BrowsePage, qtbot: QtBot) -> None:
    place = browse.view.visualRect(browse.model.index(2)).center()
    with qtbot.waitSignal(browse.opened) as opened:
        qtbot.mouseClick(browse.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened.args[0].title == "French lesson"


# --- my shelf -------------------------------------------------------------------------------------


@pytest.fixture
def shelf(backend: FakeBackend, qtbot: QtBot) -> ShelfPage:
    backend.queries.all_listings = [
        listing("Drill", own=True),
        listing("Tent", own=True),
        listing("Kayak"),
    ]
    page = show(qtbot, ShelfPage(backend))
    backend.deliver()
    return page


def test_the_shelf_shows_only_ones_own(shelf: ShelfPage) -> None:
    assert titles(shelf) == ["Drill", "Tent"]
    assert not shelf.edit_button.isEnabled()
    assert not shelf.withdraw_button.isEnabled()


def test_an_empty_shelf_says_what_to_do(backend: FakeBackend, qtbot: QtBot) -> None:
    page = show(qtbot, ShelfPage(backend))
    backend.deliver()
    assert page.empty.isVisible()
    assert "Add a thing you would lend" in page.empty.text()


def test_add_and_change_ask_for_the_editor(shelf: ShelfPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shelf.add):
        qtbot.keyClick(shelf.add_button, Qt.Key.Key_Space)
    shelf.view.setCurrentIndex(shelf.model.index(1))
    for act in (
        lambda: qtbot.keyClick(shelf.view, Qt.Key.Key_Return),
        lambda: qtbot.mouseClick(shelf.edit_button, Qt.MouseButton.LeftButton),
    ):
        with qtbot.waitSignal(shelf.edit) as asked:
            act()
        assert asked.args[0].title == "Tent"


def test_withdrawing_waits_for_the_event(
    shelf: ShelfPage, backend: FakeBackend, qtbot: QtBot
) -> None:
    shelf.view.setCurrentIndex(shelf.model.index(0))
    drill = listing("Drill", own=True)
    qtbot.mouseClick(shelf.withdraw_button, Qt.MouseButton.LeftButton)
    assert backend.submitted == [
        CloseListing(person=bytes.fromhex(ADA), listing=bytes.fromhex(drill.listing))
    ]
    assert not shelf.withdraw_button.isEnabled()
    backend.accept()
    assert titles(shelf) == ["Drill", "Tent"], "it is taken away by the event and not by the click"
    backend.queries.all_listings = [listing("Tent", own=True)]
    backend.tell(RowChanged("listing", drill.listing, False, False))
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=2000)
    backend.deliver()
    assert titles(shelf) == ["Tent"]


def test_a_refused_withdrawal_is_said(shelf: ShelfPage, backend: FakeBackend, qtbot: QtBot) -> None:
    shelf.view.setCurrentIndex(shelf.model.index(0))
    qtbot.mouseClick(shelf.withdraw_button, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(shelf.failed) as failed:
        backend.refuse("the disk is full; make room and try again")
    assert failed.args == ["the disk is full; make room and try again"]
    assert shelf.withdraw_button.isEnabled()
    assert titles(shelf) == ["Drill", "Tent"]


def test_withdraw_means_the_listing_that_was_chosen_and_not_its_row(
    shelf: ShelfPage, backend: FakeBackend, qtbot: QtBot
) -> None:
    shelf.view.setCurrentIndex(shelf.model.index(0))
    backend.queries.all_listings.insert(0, listing("Saw", own=True))
    shelf.model.refresh()
    backend.deliver()
    assert titles(shelf) == ["Saw", "Drill", "Tent"]
    qtbot.mouseClick(shelf.withdraw_button, Qt.MouseButton.LeftButton)
    (command,) = backend.submitted
    assert isinstance(command, CloseListing)
    assert command.listing.hex() == listing("Drill").listing


# --- people ---------------------------------------------------------------------------------------


@pytest.fixture
def people(backend: FakeBackend, qtbot: QtBot) -> PeoplePage:
    backend.queries.all_people = [
        person("Ada", own=True),
        person("Ben"),
        person("Cem", last_seen_ms=None),
        person(""),
    ]
    page = show(qtbot, PeoplePage(backend))
    backend.deliver()
    return page


def test_people_and_when_they_were_heard_of(people: PeoplePage) -> None:
    spoken = [people.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(4)]
    assert spoken == [
        "Ada, on this computer",
        "Ben, last heard of on 2026-09-21",
        "Cem, not heard of yet",
        "somebody without a name, last heard of on 2026-09-21",
    ]


def test_hours_go_to_whom_was_chosen_and_never_to_oneself(people: PeoplePage, qtbot: QtBot) -> None:
    assert not people.button.isEnabled()
    people.view.setCurrentIndex(people.model.index(0))
    assert not people.button.isEnabled()
    qtbot.keyClick(people.view, Qt.Key.Key_Down)
    assert people.button.isEnabled()
    with qtbot.waitSignal(people.pay) as paid:
        qtbot.keyClick(people.button, Qt.Key.Key_Space)
    assert paid.args[0].person == BEN
    with qtbot.waitSignal(people.pay) as paid:
        qtbot.keyClick(people.view, Qt.Key.Key_Return)
    assert paid.args[0].person == BEN


def test_the_keyboard_stays_on_a_person_while_others_come(
    people: PeoplePage, backend: FakeBackend, qtbot: QtBot
) -> None:
    people.view.setCurrentIndex(people.model.index(1))
    backend.queries.all_people.insert(1, person("Anna"))
    backend.tell(RowChanged("person", "x", True, False))
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=2000)
    backend.deliver()
    chosen = people.chosen()
    assert chosen is not None
    assert chosen.name == "Ben"
    backend.queries.all_people = [person("Ada", own=True)]
    people.refresh()
    backend.deliver()
    assert people.chosen() is None
    assert not people.button.isEnabled()


def test_people_nearby_come_and_go(people: PeoplePage, backend: FakeBackend) -> None:
    assert people.nearby.text().startswith("Nobody is nearby right now.")
    backend.tell(LinkUp("d1", ""), LinkUp("d2", ""))
    assert people.nearby.text() == "2 neighbours' computers are nearby now."
    backend.tell(LinkDown("d1", "", "left"), LinkDown("d1", "", "left"))
    assert people.nearby.text() == "1 neighbour's computer is nearby now."


# --- hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "shown", "meaning"),
    [
        (90, "1 h 30 min", "Neighbours gave you more hours than you gave them."),
        (0, "0 min", "Hours given and received are even."),
        (-60, "-1 h", "You gave neighbours more hours than they gave you; that is fine."),
    ],
)
def test_hours(backend: FakeBackend, qtbot: QtBot, minutes: int, shown: str, meaning: str) -> None:
    backend.queries.minutes = minutes
    page = show(qtbot, HoursPage(backend))
    backend.deliver()
    assert page.balance.text() == shown
    assert page.meaning.text() == meaning


def test_hours_follow_a_payment(backend: FakeBackend, qtbot: QtBot) -> None:
    page = show(qtbot, HoursPage(backend))
    backend.deliver()
    backend.queries.minutes = 60
    backend.tell(RowChanged("payment", "x", True, False))
    qtbot.waitUntil(lambda: backend.asked > 0, timeout=2000)
    backend.deliver()
    assert page.balance.text() == "1 h"


# --- many -----------------------------------------------------------------------------------------


def test_what_is_read_stays_in_its_place_while_offers_come_in(
    backend: FakeBackend, qtbot: QtBot
) -> None:
    backend.queries.all_listings = listings(1000)
    page = show(qtbot, BrowsePage(backend))
    backend.deliver()
    page.view.scrollTo(page.model.index(40), page.view.ScrollHint.PositionAtTop)
    page.view.grab()
    backend.deliver()
    before = {
        page.model.index(row).data(): page.view.visualRect(page.model.index(row)).top()
        for row in range(39, 45)
    }
    backend.queries.all_listings[:0] = [listing(f"New {number}") for number in range(9)]
    page.model.refresh()
    backend.deliver()
    assert page.model.rowCount() == 1009
    after = {
        page.model.index(row).data(): page.view.visualRect(page.model.index(row)).top()
        for row in range(39 + 9, 45 + 9)
    }
    assert after == before


def test_at_the_beginning_new_offers_are_seen(backend: FakeBackend, qtbot: QtBot) -> None:
    backend.queries.all_listings = listings(50)
    page = show(qtbot, BrowsePage(backend))
    backend.deliver()
    backend.queries.all_listings.insert(0, listing("New"))
    page.model.refresh()
    backend.deliver()
    assert page.view.verticalScrollBar().value() == 0
    assert page.model.index(0).data() == "New"
