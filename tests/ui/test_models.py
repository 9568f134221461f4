"""The models of listings and people: whole to Qt, fetched a page at a time, rows that follow."""

import pytest
from fake_backend import FakeBackend
from made_views import BEN, listing, listings, person
from p2pshare.ui.models.listings import PAGE_ROWS, PAGES_KEPT, ListingsModel, Wanted
from p2pshare.ui.models.people import PeopleModel
from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from p2pshare.node.events import EntriesAdded, EventsMissed, LinkUp, RowChanged


def made(backend: FakeBackend, count: int) -> ListingsModel:
    backend.queries.all_listings = listings(count)
    model = ListingsModel(backend, Wanted())
    model.refresh()
    backend.deliver()
    return model


def test_models_keep_the_rules_of_qt(
    backend: FakeBackend, qtmodeltester: ModelTester, qtbot: QtBot
) -> None:
    model = made(backend, 250)
    qtmodeltester.check(model)
    backend.queries.all_listings = [listing("New"), *listings(249)[3:]]
    model.refresh()
    backend.deliver()
    people = PeopleModel(backend)
    backend.queries.all_people = [person("Ada", own=True), person("Ben")]
    people.refresh()
    backend.deliver()
    qtmodeltester.check(people)
    backend.queries.all_people = [person("Ben")]
    people.refresh()
    backend.deliver()


def test_only_pages_that_are_looked_at_are_fetched(backend: FakeBackend) -> None:
    model = made(backend, 100_000)
    assert model.rowCount() == 100_000
    assert backend.asked == 0
    assert model.index(5).data() == "Thing 5"
    assert model.index(70_005).data() is None, "a blank row while it is fetched"
    assert model.index(70_006).data() is None
    assert backend.asked == 1, "a page is asked for once"
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    backend.deliver()
    assert changed == [(70_000, 70_099)]
    assert model.index(70_005).data() == "Thing 70005"


def test_pages_long_unseen_are_given_up(backend: FakeBackend) -> None:
    model = made(backend, 100_000)
    for page in range(1, PAGES_KEPT + 5):
        model.listing(page * PAGE_ROWS)
        backend.deliver()
    assert len(model._pages) == PAGES_KEPT
    assert model.listing(PAGES_KEPT * PAGE_ROWS) is not None


@pytest.mark.parametrize(
    ("event", "concerned"),
    [
        (RowChanged("listing", "x", True, False), True),
        (RowChanged("busy", "x", False, False), True),
        (RowChanged("person", "x", False, False), True),
        (EventsMissed(), True),
        (RowChanged("payment", "x", True, False), False),
        (LinkUp("d", ""), False),
        (EntriesAdded("c", 5, own=False), False),
    ],
)
def test_what_a_model_reads_anew_for(
    backend: FakeBackend, qtbot: QtBot, event: object, concerned: bool
) -> None:
    model = made(backend, 5)
    backend.tell(event)
    assert model._timer.isActive() == concerned
    backend.tell(event)
    assert backend.asked == 0, "not at once: thousands may follow"


def test_an_index_follows_its_listing(backend: FakeBackend) -> None:
    model = made(backend, 300)
    model.listing(250)
    backend.deliver()
    early, late, gone = (QPersistentModelIndex(model.index(row)) for row in (7, 250, 8))
    del backend.queries.all_listings[8]
    backend.queries.all_listings[:0] = [listing(f"New {number}") for number in range(5)]
    model.refresh()
    backend.deliver()
    assert (early.row(), early.data()) == (12, "Thing 7")
    assert late.data() == "Thing 250"
    assert not gone.isValid()


def test_a_change_that_moves_nothing_keeps_the_rows(backend: FakeBackend) -> None:
    model = made(backend, 10)
    moved, changed = [], []
    model.layoutChanged.connect(lambda: moved.append(1))
    model.modelReset.connect(lambda: moved.append(2))
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    backend.queries.all_listings[3] = listing("Thing 3", available=0)
    model.refresh()
    backend.deliver()
    assert moved == []
    assert changed == [(0, 9)]
    found = model.listing(3)
    assert found is not None
    assert found.available == 0


def test_other_listings_begin_at_the_beginning(backend: FakeBackend) -> None:
    model = made(backend, 10)
    reset = []
    model.modelReset.connect(lambda: reset.append(1))
    model.want(Wanted(owners=(BEN,)))
    backend.deliver()
    model.want(Wanted(owners=(BEN,)))
    assert backend.asked == 0, "what is wanted already is not read again"
    assert reset == [1]
