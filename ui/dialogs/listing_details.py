"""A listing in full, with its one main button: borrow it. Days are chosen here.

Builds a command and waits for its answer; a refusal is shown and nothing is lost.
"""

from PySide6.QtCore import QDate, Slot
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.commands import RequestLoan
from p2pshare.domain.days import add_days
from p2pshare.domain.text import shown
from p2pshare.domain.views import ListingView
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.limits import LOAN_DAYS_DEFAULT, NOTE_CHARACTERS_MAX

from ..backend import Answer, Backend
from ..theme import colours
from ..widgets.categories import category_shown
from ..widgets.listing_card import state_words
from ..widgets.photo_view import PhotoView
from ..widgets.photos import PhotoCache
from ..widgets.plain import PlainLabel, brief, push_button


class ListingDetails(QDialog):
    """Shows ``listing``; ``accepted`` once a request was sent."""

    def __init__(
        self,
        backend: Backend,
        listing: ListingView,
        parent: QWidget | None = None,
        *,
        photos: PhotoCache | None = None,
    ) -> None:
        """``photos`` is the window's cache; without it the dialog has one of its own."""
        super().__init__(parent)
        self._backend = backend
        self._listing = listing
        cache = photos or PhotoCache(backend, self)
        self.photos = PhotoView(cache, listing) if listing.photos else None
        self.setWindowTitle(brief(listing.title))
        self.setMinimumSize(460, 360)
        self.title = PlainLabel(brief(listing.title), "title", wrap=True)
        owner = self.tr("yours") if self._is_mine else brief(listing.person_name)
        state, _ = state_words(listing, colours())
        parts = [owner, state, brief(category_shown(listing.category), 60)]
        parts.append(brief(", ".join(map(shown, listing.tags)), 240))
        self.facts = PlainLabel(" · ".join(part for part in parts if part), "quiet", wrap=True)
        self.description = PlainLabel(shown(listing.description, newlines=True), wrap=True)
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.first, self.last = self._day_field(0), self._day_field(LOAN_DAYS_DEFAULT)
        self.first.setAccessibleName(self.tr("First day"))
        self.last.setAccessibleName(self.tr("Last day"))
        self.note = QLineEdit(maxLength=NOTE_CHARACTERS_MAX)
        self.note.setPlaceholderText(self.tr("A few words to the owner (only they can read them)"))
        self.note.setAccessibleName(self.tr("A few words to the owner"))
        self.borrow = push_button(self.tr("&Borrow"), role="main")
        self.borrow.setDefault(True)
        self.close_button = push_button(self.tr("Close"))
        self._lay_out()
        self.borrow.clicked.connect(self._borrow)
        self.close_button.clicked.connect(self.reject)

    @property
    def can_borrow(self) -> bool:
        """Whether it is somebody else's thing that is lent."""
        return (
            not self._is_mine
            and self._listing.exchange_type == "offer"
            and TransactionType.BORROW_LEND in self._listing.transaction_type
        )

    @property
    def _is_mine(self) -> bool:
        identity = self._backend.identity
        return identity is not None and identity.person == self._listing.person

    def _day_field(self, after: int) -> QDateEdit:
        day = QDate.fromString(add_days(self._backend.today(), after), "yyyy-MM-dd")
        field = QDateEdit(day)
        field.setCalendarPopup(True)
        field.setDisplayFormat("yyyy-MM-dd")
        field.setMinimumDate(QDate.fromString(self._backend.today(), "yyyy-MM-dd"))
        return field

    def _lay_out(self) -> None:
        inside = QWidget()
        texts = QVBoxLayout(inside)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.addWidget(self.description)
        texts.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName(self.tr("Description"))
        days = QHBoxLayout()
        days.addWidget(PlainLabel(self.tr("From")))
        days.addWidget(self.first)
        days.addWidget(PlainLabel(self.tr("until")))
        days.addWidget(self.last)
        days.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.borrow)
        asking = QWidget()
        asked = QVBoxLayout(asking)
        asked.setContentsMargins(0, 0, 0, 0)
        asked.addLayout(days)
        asked.addWidget(self.note)
        asking.setVisible(self.can_borrow)
        self.borrow.setVisible(self.can_borrow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        for widget in (self.title, self.facts):
            layout.addWidget(widget)
        if self.photos is not None:
            self.resize(620, 700)
            layout.addWidget(self.photos, 4)
        layout.addWidget(scroll, 1)
        layout.addWidget(asking)
        layout.addWidget(self.trouble)
        layout.addLayout(buttons)

    @Slot()
    def _borrow(self) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        self.borrow.setEnabled(False)
        command = RequestLoan(
            person=bytes.fromhex(identity.person),
            listing=bytes.fromhex(self._listing.listing),
            from_day=self.first.date().toString("yyyy-MM-dd"),
            until_day=self.last.date().toString("yyyy-MM-dd"),
            note=self.note.text(),
        )
        self._backend.submit(command, self._on_asked)

    def _on_asked(self, answer: Answer) -> None:
        self.borrow.setEnabled(True)
        if answer.error is None:
            self.accept()
            return
        self.trouble.setText(answer.error)
        self.trouble.setVisible(True)
