"""Browse: the offers and wants of everyone, as cards or as a list, with a search box.

Shows what the model has; which listing was opened is told by ``opened``, and the window decides
what follows. Knows no other page.
"""

from typing import Final

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.views import ListingView

from ..backend import Backend
from ..models.listings import ListingsModel, Role, Wanted
from ..widgets.listing_card import ListingDelegate, Photos
from ..widgets.listings_view import ListingsView
from ..widgets.plain import PlainLabel, counted

TYPING_MS: Final = 200


class BrowsePage(QWidget):
    """The page; ``opened`` carries the ListingView that was chosen."""

    opened = Signal(object)

    def __init__(
        self, backend: Backend, photos: Photos | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("Browse offers and wants"))
        self._backend = backend
        self.model = ListingsModel(backend, Wanted(), self)
        self.search = QLineEdit(
            placeholderText=self.tr("Search for a drill, a tent, a lesson …"),
            clearButtonEnabled=True,
        )
        self.search.setAccessibleName(self.tr("Search"))
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("What to show"))
        for text, wanted in (
            (self.tr("Offers and wants"), (None, None)),
            (self.tr("Things offered"), ("offer", "good")),
            (self.tr("Skills offered"), ("offer", "service")),
            (self.tr("Wanted"), ("want", None)),
        ):
            self.kind.addItem(text, wanted)
        self.as_list = QToolButton()
        self.as_list.setText(self.tr("List"))
        self.as_list.setCheckable(True)
        self.as_list.setAccessibleName(self.tr("Show as a list instead of cards"))
        self.count = PlainLabel(role="quiet")
        self.empty = PlainLabel(role="quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.delegate = ListingDelegate(photos, self)
        self.view = ListingsView(self.model, self.delegate)
        self.view.setAccessibleName(self.tr("Listings"))
        self.view.show_cards(True)
        self._lay_out()
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self._wanted_changed)
        self.search.textChanged.connect(self._typing.start)
        self.search.returnPressed.connect(self._wanted_changed)
        self.kind.currentIndexChanged.connect(self._wanted_changed)
        self.as_list.toggled.connect(self._show_as_list)
        self.view.activated.connect(self._activated)
        self.view.clicked.connect(self._activated)
        self.model.counted.connect(self._counted)
        self.model.failed.connect(self._failed)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.search.setFocus)
        if backend.identity is not None:  # else the window asks, once it is known who acts
            self.model.refresh()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(self.search, 1)
        bar.addWidget(self.kind)
        bar.addWidget(self.as_list)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        heading = QHBoxLayout()
        heading.addWidget(PlainLabel(self.tr("What neighbours share"), "title"), 1)
        heading.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.addLayout(heading)
        layout.addLayout(bar)
        layout.addLayout(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the cards share the width among them."""
        super().resizeEvent(event)
        self.delegate.fit(self.width() - 2 * 24 - self.view.verticalScrollBar().sizeHint().width())
        self.view.scheduleDelayedItemsLayout()

    @Slot()
    def _wanted_changed(self) -> None:
        exchange_type, item_type = self.kind.currentData()
        text = self.search.text().strip()
        self.model.want(Wanted(text or None, exchange_type, item_type))

    @Slot(bool)
    def _show_as_list(self, as_list: bool) -> None:
        self.delegate.cards = not as_list
        self.view.show_cards(not as_list)

    @Slot(QModelIndex)
    def _activated(self, index: QModelIndex) -> None:
        listing = index.data(Role.LISTING)
        if isinstance(listing, ListingView):
            self.opened.emit(listing)

    @Slot(int)
    def _counted(self, count: int) -> None:
        self.count.setText(counted(count, self.tr("1 listing"), self.tr("{n} listings")))
        if count:
            self._stack.setCurrentWidget(self.view)
            return
        searching = bool(self.search.text().strip()) or self.kind.currentIndex() > 0
        self.empty.setText(
            self.tr("Nothing like that is shared here yet.\nPut up a want, and neighbours see it.")
            if searching
            else self.tr(
                "Nothing is shared here yet.\nPut the first thing on your shelf, or wait for a"
                " neighbour to come by: their offers appear by themselves."
            )
        )
        self._stack.setCurrentWidget(self.empty)

    @Slot(str)
    def _failed(self, error: str) -> None:
        self.empty.setText(error)
        self._stack.setCurrentWidget(self.empty)
