"""The editor of a listing of one's own: a new one, or changes to one.

Builds a command and waits for its answer; a refusal is shown beside the fields and nothing is lost.
"""

from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QStyledItemDelegate,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.commands import UNCHANGED, AddListing, EditListing
from p2pshare.domain.views import ListingView
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, QUANTITY_MAX, TITLE_CHARACTERS_MAX

from ..backend import Answer, Backend
from ..widgets.categories import category_meant, category_shown, names
from ..widgets.photo_strip import PhotoStrip
from ..widgets.photos import PhotoCache
from ..widgets.plain import PlainLabel, push_button

KINDS = (
    (
        QT_TRANSLATE_NOOP("ListingEditor", "A thing I lend"),
        ExchangeType.OFFER,
        ItemType.GOOD,
        TransactionType.BORROW_LEND,
    ),
    (
        QT_TRANSLATE_NOOP("ListingEditor", "A thing I give away"),
        ExchangeType.OFFER,
        ItemType.GOOD,
        TransactionType.RECEIVE_DONATE,
    ),
    (
        QT_TRANSLATE_NOOP("ListingEditor", "A skill I teach, for hours"),
        ExchangeType.OFFER,
        ItemType.SERVICE,
        TransactionType.HOURS,
    ),
    (
        QT_TRANSLATE_NOOP("ListingEditor", "A thing I am looking for"),
        ExchangeType.WANT,
        ItemType.GOOD,
        TransactionType.BORROW_LEND,
    ),
    (
        QT_TRANSLATE_NOOP("ListingEditor", "Help or a skill I need"),
        ExchangeType.WANT,
        ItemType.SERVICE,
        TransactionType.HOURS,
    ),
)


class ListingEditor(QDialog):
    """Adds a listing, or changes ``listing``; ``accepted`` once the node has done it."""

    def __init__(
        self,
        backend: Backend,
        listing: ListingView | None = None,
        parent: QWidget | None = None,
        *,
        photos: PhotoCache | None = None,
    ) -> None:
        """``photos`` is the window's cache; without it the dialog has one of its own."""
        super().__init__(parent)
        self._backend = backend
        self._listing = listing
        self.setWindowTitle(
            self.tr("Add to my shelf") if listing is None else self.tr("Change a listing")
        )
        self.setMinimumWidth(560)
        self.kind = QComboBox()
        for text, *kind in KINDS:
            self.kind.addItem(self.tr(str(text)), tuple(kind))
        self.title = QLineEdit(maxLength=TITLE_CHARACTERS_MAX)
        self.title.setPlaceholderText(self.tr("Cordless drill with case"))
        self.description = QPlainTextEdit()
        self.description.setTabChangesFocus(True)
        self.description.setPlaceholderText(self.tr("What should a neighbour know about it?"))
        self.description.setFixedHeight(96)
        self.choose = push_button(self.tr("Add &photos …"))
        self.photos = PhotoStrip(
            backend,
            photos or PhotoCache(backend, self),
            circle="" if listing is None else listing.circle,
            shown_now=() if listing is None else listing.photos,
        )
        self.category = _category_field(self.tr("choose one, or write your own"))
        self.tags = QLineEdit()
        self.tags.setPlaceholderText(self.tr("separated by commas"))
        self.quantity = QSpinBox()
        self.quantity.setRange(1, QUANTITY_MAX)
        self.quantity.lineEdit().setTextMargins(6, 0, 0, 0)  # the style sheet does not reach it
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.save = push_button(self.tr("&Save"), role="main")
        self.save.setDefault(True)
        self.cancel = push_button(self.tr("Cancel"))
        self._lay_out()
        if listing is not None:
            self._fill(listing)
        self._catch_photos()
        self.save.clicked.connect(self._save)
        self.choose.clicked.connect(self._choose_photos)
        self.photos.changed.connect(self._photos_changed)
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
        pictures = QVBoxLayout()
        pictures.setSpacing(6)
        pictures.addWidget(self.photos)
        pictures.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeft)
        form.addRow(PlainLabel(self.tr("Photos")), pictures)
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
        self.category.setEditText(category_shown(listing.category))
        self.tags.setText(", ".join(listing.tags))
        self.quantity.setValue(listing.quantity)

    @Slot()
    def _save(self) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        person = bytes.fromhex(identity.person)
        category = self._category()
        shown_photos = tuple(self.photos.photos)
        photos = tuple(bytes.fromhex(photo) for photo in shown_photos)
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
                    category=category,
                    tags=tags,
                    quantity=self.quantity.value(),
                    photos=photos,
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
                    category=category,
                    tags=tags,
                    quantity=self.quantity.value(),
                    photos=UNCHANGED if self._listing.photos == shown_photos else photos,
                ),
                self._on_saved,
            )

    def _category(self) -> str:
        """What is signed; what was not touched stays as its owner wrote it."""
        text = self.category.currentText()
        before = "" if self._listing is None else self._listing.category
        return before if text == category_shown(before) else category_meant(text)

    # --- photos -------------------------------------------------------------------------------

    def _catch_photos(self) -> None:
        """Take photos dropped anywhere on the dialog, and pasted wherever the keyboard is."""
        self.setAcceptDrops(True)
        for widget in (self, self.description.viewport(), *self.findChildren(QWidget)):
            self.photos.catch_from(widget)

    @Slot()
    def _choose_photos(self) -> None:
        chooser = QFileDialog(self, self.tr("Add photos"))
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        chooser.setNameFilters(
            [self.tr("Photos") + " (*.png *.jpg *.jpeg *.webp)", self.tr("All files") + " (*)"]
        )
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.filesSelected.connect(self._files_chosen)
        chooser.open()

    @Slot(list)
    def _files_chosen(self, files: list[str]) -> None:
        self.photos.add([Path(file) for file in files])

    @Slot()
    def _photos_changed(self) -> None:
        self.save.setEnabled(not self.photos.is_busy)
        self.choose.setEnabled(not self.photos.is_full)

    def _on_saved(self, answer: Answer) -> None:
        self.save.setEnabled(True)
        if answer.error is None:
            self.accept()
            return
        self.trouble.setText(answer.error)
        self.trouble.setVisible(True)


def _category_field(placeholder: str) -> QComboBox:
    """The bundled categories, and whatever else somebody types."""
    field = QComboBox()
    field.setEditable(True)
    field.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    field.setItemDelegate(QStyledItemDelegate(field))  # heeds the style sheet
    field.addItems(names())
    field.setMaxVisibleItems(12)
    line = field.lineEdit()
    if line is not None:  # an editable box has one
        line.setMaxLength(CATEGORY_CHARACTERS_MAX)
        line.setPlaceholderText(placeholder)
    field.setCurrentIndex(-1)
    field.clearEditText()
    return field
