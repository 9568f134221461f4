"""Listings for the views: any number of them, fetched from the ledger a page at a time.

The model knows how many there are and fetches the pages that are looked at; what is not here yet
is a blank row. After an event the count and the pages in view are read anew, in one reading of one
moment, and rows change only then. What is selected is a listing and not a row: it moves with it.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    Slot,
)

from p2pshare.domain.text import shown
from p2pshare.domain.views import ListingView
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend

PAGE_ROWS: Final = 100
PAGES_KEPT: Final = 30
PAGES_LOOKED_AT: Final = 3
REFRESH_MS: Final = 300

Index = QModelIndex | QPersistentModelIndex
ROOT: Final = QModelIndex()


class Role(IntEnum):
    """Roles beside Qt's own."""

    LISTING = Qt.ItemDataRole.UserRole + 1
    MINE = Qt.ItemDataRole.UserRole + 2  # whether whoever acts now is its owner


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which listings the model is about; ``owners`` are hex person ids."""

    search: str | None = None
    exchange_type: str | None = None
    item_type: str | None = None
    owners: tuple[str, ...] | None = None


class ListingsModel(QAbstractListModel):
    """A list of listings. ``counted`` tells how many there are; ``failed`` why a read failed."""

    counted = Signal(int)
    failed = Signal(str)

    def __init__(self, backend: Backend, wanted: Wanted, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._wanted = wanted
        self._here: Wanted | None = None
        self._count = 0
        self._generation = 0
        self._pages: OrderedDict[int, list[ListingView]] = OrderedDict()
        self._asked: set[int] = set()
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)

    # --- Qt's side ----------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        """How many listings there are."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The listing, or what a screen reader says of it; None while its page is fetched."""
        listing = self.listing(index.row())
        if listing is None:
            return None
        match role:
            case Role.LISTING:
                return listing
            case Role.MINE:
                identity = self._backend.identity
                return identity is not None and identity.person == listing.person
            case Qt.ItemDataRole.DisplayRole:
                return shown(listing.title)
            case Qt.ItemDataRole.AccessibleTextRole:
                return spoken(listing)
        return None

    # --- ours ---------------------------------------------------------------------------------

    def listing(self, row: int) -> ListingView | None:
        """The listing in a row; asks for its page if it is not here."""
        number, place = divmod(row, PAGE_ROWS)
        page = self._pages.get(number)
        if page is None:
            self._fetch(number)
            return None
        self._pages.move_to_end(number)
        return page[place] if place < len(page) else None

    def want(self, wanted: Wanted) -> None:
        """Be about other listings from now on."""
        if wanted != self._wanted:
            self._wanted = wanted
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Count anew and fetch what is looked at anew."""
        self._generation += 1
        generation, wanted, today = self._generation, self._wanted, self._backend.today()
        numbers = {0}
        if wanted == self._here:
            numbers.update(list(self._pages)[-PAGES_LOOKED_AT:])
        reads = {number: _read(wanted, today, number * PAGE_ROWS) for number in sorted(numbers)}
        count = _count(wanted, today)
        self._backend.ask(
            lambda queries: _News(
                generation,
                wanted,
                count(queries),
                {number: read(queries) for number, read in reads.items()},
            ),
            self._on_news,
        )

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Refresh soon if a listing, a promise or a name has changed."""
        concerned = any(
            isinstance(event, EventsMissed)
            or (isinstance(event, RowChanged) and event.about in ("listing", "busy", "person"))
            for event in events
        )
        if concerned and not self._timer.isActive():
            self._timer.start()

    def _on_news(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
            return
        news: _News = answer.value
        if news.generation != self._generation:
            return
        self._asked.clear()
        if news.wanted != self._here:
            self.beginResetModel()
            self._here = news.wanted
            self._take(news)
            self.endResetModel()
        elif news.count == self._count and all(
            _ids(self._pages.get(number, [])) == _ids(page) for number, page in news.pages.items()
        ):
            self._take(news)
            for number, page in news.pages.items():
                self._tell_changed(number * PAGE_ROWS, len(page))
        else:
            self._move_rows(news)
        self.counted.emit(news.count)

    def _take(self, news: "_News") -> None:
        self._count = news.count
        self._pages = OrderedDict(news.pages)

    def _move_rows(self, news: "_News") -> None:
        """Let every index that a view holds follow its listing to the row it has now."""
        rows = {
            listing.listing: number * PAGE_ROWS + place
            for number, page in news.pages.items()
            for place, listing in enumerate(page)
        }
        grown = news.count - self._count
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = []
        for index in before:
            page = self._pages.get(index.row() // PAGE_ROWS, [])
            place = index.row() % PAGE_ROWS
            row = rows.get(page[place].listing) if place < len(page) else None
            if row is None and (index.row() + grown) // PAGE_ROWS not in news.pages:
                row = index.row() + grown  # not read: what is new is at the beginning
            known = row is not None and 0 <= row < news.count
            after.append(self.createIndex(row, 0) if known and row is not None else QModelIndex())
        self._take(news)
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _fetch(self, number: int) -> None:
        if number in self._asked or number * PAGE_ROWS >= self._count:
            return
        self._asked.add(number)
        generation = self._generation
        read = _read(self._wanted, self._backend.today(), number * PAGE_ROWS)
        self._backend.ask(lambda queries: (generation, number, read(queries)), self._on_page)

    def _on_page(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
            return
        generation, number, page = answer.value
        if generation != self._generation:
            return
        self._asked.discard(number)
        self._pages[number] = page
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        self._tell_changed(number * PAGE_ROWS, len(page))

    def _tell_changed(self, first: int, count: int) -> None:
        if count:
            self.dataChanged.emit(self.index(first), self.index(first + count - 1))


@dataclass(frozen=True, slots=True)
class _News:
    """What was read at one moment: how many there are, and some of the pages."""

    generation: int
    wanted: Wanted
    count: int
    pages: dict[int, list[ListingView]]


def _ids(page: list[ListingView]) -> list[str]:
    return [listing.listing for listing in page]


def spoken(listing: ListingView) -> str:
    """A listing in one sentence, for a screen reader."""
    said = (
        QCoreApplication.translate(
            "Listing", "Offer: {title}, from {owner}, {free} of {count} free"
        )
        if listing.exchange_type == "offer"
        else QCoreApplication.translate("Listing", "Wanted: {title}, by {owner}")
    )
    return said.format(
        title=shown(listing.title),
        owner=shown(listing.person_name) or QCoreApplication.translate("Listing", "somebody"),
        free=listing.available,
        count=listing.quantity,
    )


def _read(wanted: Wanted, today: str, offset: int) -> Callable[[Any], list[ListingView]]:
    def read(queries: Any) -> list[ListingView]:
        found: list[ListingView] = queries.listings(
            today,
            search=wanted.search,
            exchange_type=wanted.exchange_type,
            item_type=wanted.item_type,
            owners=wanted.owners,
            limit=PAGE_ROWS,
            offset=offset,
        )
        return found

    return read


def _count(wanted: Wanted, today: str) -> Callable[[Any], int]:
    def count(queries: Any) -> int:
        found: int = queries.count_listings(
            today,
            search=wanted.search,
            exchange_type=wanted.exchange_type,
            item_type=wanted.item_type,
            owners=wanted.owners,
        )
        return found

    return count
