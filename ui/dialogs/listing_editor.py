"""The editor of a listing of one's own: a new one, or changes to one.

Builds a command and waits for its answer; a refusal is shown beside the fields and nothing is lost.
"""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.commands import AddListing, EditListing
from p2pshare.domain.views import ListingView
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, QUANTITY_MAX, TITLE_CHARACTERS_MAX

from ..backend import Answer, Backend
from ..widgets.plain import PlainLabel, push_button

KINDS = (
    ("A thing I lend", ExchangeType.OFFER, ItemType.GOOD, TransactionType.BORROW_LEND),
    ("A thing I give away", ExchangeType.OFFER, ItemType.GOOD, TransactionType.RECEIVE_DONATE),
    ("A skill I teach, for hours", ExchangeType.OFFER, ItemType.SERVICE, TransactionType.HOURS),
    ("A thing I am looking for", ExchangeType.WANT, ItemType.GOOD, TransactionType.BORROW_LEND),
    ("Help or a skill I need", ExchangeType.WANT, ItemType.SERVICE, TransactionType.HOURS),
)


class ListingEditor(QDialog):
    """Adds a listing, or changes ``listing``; ``accepted`` once the node has done it."""

    def __init__(
        self, backend: Backend, listing: ListingView | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._backend = backend
        self._listing = listing
        self.setWindowTitle(
            self.tr("Add to my shelf") if listing is None else self.tr("Change a listing")
        )
        self.setMinimumWidth(460)
        self.kind = QComboBox()
        for text, *kind in KINDS:
            self.kind.addItem(self.tr(text), tuple(kind))
        self.title = QLineEdit(maxLength=TITLE_CHARACTERS_MAX)
        self.title.setPlaceholderText(self.tr("Cordless drill with case"))
        self.description = QPlainTextEdit()
        self.description.setTabChangesFocus(True)
        self.description.setPlaceholderText(self.tr("What should a neighbour know about it?"))
        self.description.setFixedHeight(110)
        self.category = QLineEdit(maxLength=CATEGORY_CHARACTERS_MAX)
        self.tags = QLineEdit()
        self.tags.setPlaceholderText(self.tr("separated by commas"))
        self.quantity = QSpinBox()
        self.quantity.setRange(1, QUANTITY_MAX)
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.save = push_button(self.tr("&Save"), role="main")
        self.save.setDefault(True)
        self.cancel = push_button(self.tr("Cancel"))
        self._lay_out()
        if listing is not None:
            self._fill(listing)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(10)
        for label, field in (
            (self.tr("What is it?"), self.kind),
            (self.tr("&Title"), self.title),
            (self.tr("&Description"), self.description),
            (self.tr("Cate&gory"), self.category),
            (self.tr("Ta&gs"), self.tags),
            (self.tr("&How many"), self.quantity),
        ):
            named = PlainLabel(label)
            named.setBuddy(field)
            form.addRow(named, field)
            field.setAccessibleName(label.replace("&", ""))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        layout.addLayout(buttons)

    def _fill(self, listing: ListingView) -> None:
        self.kind.setEnabled(False)
        for row, (_, exchange_type, item_type, transaction_type) in enumerate(KINDS):
            if (
                exchange_type.value == listing.exchange_type
                and item_type.value == listing.item_type
                and transaction_type.value in listing.transaction_type
            ):
                self.kind.setCurrentIndex(row)
        self.title.setText(listing.title)
        self.description.setPlainText(listing.description)
        self.category.setText(listing.category)
        self.tags.setText(", ".join(listing.tags))
        self.quantity.setValue(listing.quantity)

    @Slot()
    def _save(self) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        person = bytes.fromhex(identity.person)
        tags = tuple(part.strip() for part in self.tags.text().split(",") if part.strip())
        self.save.setEnabled(False)
        if self._listing is None:
            exchange_type, item_type, transaction_type = self.kind.currentData()
            self._backend.submit(
                AddListing(
                    person=person,
                    exchange_type=exchange_type,
                    item_type=item_type,
                    transaction_types=(transaction_type,),
                    title=self.title.text(),
                    description=self.description.toPlainText(),
                    category=self.category.text(),
                    tags=tags,
                    quantity=self.quantity.value(),
                ),
                self._on_saved,
            )
        else:
            self._backend.submit(
                EditListing(
                    person=person,
                    listing=bytes.fromhex(self._listing.listing),
                    title=self.title.text(),
                    description=self.description.toPlainText(),
                    category=self.category.text(),
                    tags=tags,
                    quantity=self.quantity.value(),
                ),
                self._on_saved,
            )

    def _on_saved(self, answer: Answer) -> None:
        self.save.setEnabled(True)
        if answer.error is None:
            self.accept()
            return
        self.trouble.setText(answer.error)
        self.trouble.setVisible(True)
