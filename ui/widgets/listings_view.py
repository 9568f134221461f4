"""The view of listings that Browse and My shelf share: keeps its place while neighbours' come in.

What is read in the view stays where it is when rows come or go above it, and the keyboard stays
on the listing it was on. The model decides which row a listing has; this only scrolls after it.
"""

from PySide6.QtCore import QPersistentModelIndex, QPoint, Slot
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from ..models.listings import ListingsModel
from .listing_card import ListingDelegate

SCROLL_STEP = 24


class ListingsView(QListView):
    """Listings as lines, or with ``show_cards`` as cards; scrolls by pixels."""

    def __init__(
        self, model: ListingsModel, delegate: ListingDelegate, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._top = QPersistentModelIndex()
        self._top_at = 0
        self.setObjectName("listings")
        self.setItemDelegate(delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(SCROLL_STEP)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        model.layoutAboutToBeChanged.connect(self._note_place)
        self.setModel(model)
        model.layoutChanged.connect(self._return_to_place)  # after the view's own slot

    def show_cards(self, cards: bool) -> None:
        """Flow from left to right in rows, or one line below the other."""
        self.setFlow(QListView.Flow.LeftToRight if cards else QListView.Flow.TopToBottom)
        self.setWrapping(cards)
        self.scheduleDelayedItemsLayout()

    @Slot()
    def _note_place(self) -> None:
        """Remember what is uppermost, unless it is the beginning: that shows what is new."""
        self._top = QPersistentModelIndex()
        if self.verticalScrollBar().value() > 0:
            index = self.indexAt(QPoint(SCROLL_STEP, SCROLL_STEP))
            self._top, self._top_at = QPersistentModelIndex(index), self.visualRect(index).top()

    @Slot()
    def _return_to_place(self) -> None:
        if self._top.isValid():
            self.executeDelayedItemsLayout()
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + self.visualRect(self._top).top() - self._top_at)
        self._top = QPersistentModelIndex()
