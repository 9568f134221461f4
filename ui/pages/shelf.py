"""My shelf: what I offer and want; add, change, withdraw.

``add`` and ``edit`` ask the window for the editor, ``bring`` for taking in a list. Knows no other
page.
"""

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.commands import CloseListing
from p2pshare.domain.views import ListingView

from ..backend import Answer, Backend
from ..models.listings import ListingsModel, Role, Wanted
from ..widgets.listing_card import ListingDelegate, Photos
from ..widgets.listings_view import ListingsView
from ..widgets.plain import PlainLabel, dropped_file, push_button


class ShelfPage(QWidget):
    """The page; ``bring`` carries the Path of a list that was dropped, or None.

    ``failed`` carries one line that says what to do.
    """

    add = Signal()
    edit = Signal(object)
    bring = Signal(object)
    failed = Signal(str)

    def __init__(
        self, backend: Backend, photos: Photos | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("My shelf"))
        self.setAcceptDrops(True)
        self._backend = backend
        self.model = ListingsModel(backend, self._wanted(), self)
        self.delegate = ListingDelegate(photos, self)
        self.delegate.cards = False
        self.view = ListingsView(self.model, self.delegate)
        self.view.setAccessibleName(self.tr("What you offer and want"))
        self.add_button = push_button(self.tr("&Add something"), role="main")
        self.bring_button = push_button(self.tr("&Bring a list …"))
        self.edit_button = push_button(self.tr("&Change"))
        self.withdraw_button = push_button(self.tr("&Withdraw"))
        self.empty = PlainLabel(
            self.tr(
                "Your shelf is empty.\nAdd a thing you would lend, a skill you would teach, or"
                " something you are looking for."
            ),
            "quiet",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.add_button.clicked.connect(self.add)
        self.bring_button.clicked.connect(self._bring)
        self.edit_button.clicked.connect(self._edit)
        self.withdraw_button.clicked.connect(self._withdraw)
        self.view.activated.connect(self._edit)
        self.view.selectionModel().currentChanged.connect(self._choose)
        self.model.counted.connect(self._counted)
        self.model.failed.connect(self.failed)
        self._choose()
        if backend.identity is not None:
            self.model.refresh()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.addWidget(PlainLabel(self.tr("My shelf"), "title"), 1)
        bar.addWidget(self.bring_button)
        bar.addWidget(self.add_button)
        chosen = QHBoxLayout()
        chosen.addWidget(self.edit_button)
        chosen.addWidget(self.withdraw_button)
        chosen.addStretch(1)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.addLayout(bar)
        layout.addLayout(self._stack, 1)
        layout.addLayout(chosen)

    def refresh(self) -> None:
        """Show the shelf of whoever acts now."""
        self.model.want(self._wanted())

    def chosen(self) -> ListingView | None:
        """The listing the keyboard or mouse is on."""
        listing = self.view.currentIndex().data(Role.LISTING)
        return listing if isinstance(listing, ListingView) else None

    def _wanted(self) -> Wanted:
        identity = self._backend.identity
        return Wanted(owners=() if identity is None else (identity.person,))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A list of another program may be dropped here."""
        if dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Have the list taken in that was dropped."""
        file = dropped_file(event.mimeData())
        if file is not None:
            event.acceptProposedAction()
            self.bring.emit(file)

    @Slot()
    def _bring(self) -> None:
        self.bring.emit(None)

    @Slot()
    @Slot(QModelIndex)
    def _edit(self, _index: QModelIndex | None = None) -> None:
        listing = self.chosen()
        if listing is not None:
            self.edit.emit(listing)

    @Slot()
    def _withdraw(self) -> None:
        listing, identity = self.chosen(), self._backend.identity
        if listing is not None and identity is not None:
            self.withdraw_button.setEnabled(False)
            command = CloseListing(
                person=bytes.fromhex(identity.person), listing=bytes.fromhex(listing.listing)
            )
            self._backend.submit(command, self._on_withdrawn)

    def _on_withdrawn(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
        self._choose()

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, *_: QModelIndex) -> None:
        has_one = self.view.currentIndex().isValid()
        self.edit_button.setEnabled(has_one)
        self.withdraw_button.setEnabled(has_one)

    @Slot(int)
    def _counted(self, count: int) -> None:
        self._stack.setCurrentWidget(self.view if count else self.empty)
        self._choose()
