"""Paints a listing as a card or as a line of a list. One delegate, no widget per listing.

A hundred thousand listings are one view with uniform sizes; only what is visible is painted. All
text is drawn as it is and cut to its place. Colours come from ``theme``, photos from ``Photos``.
"""

from typing import Final, Protocol

from PySide6.QtCore import (
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from p2pshare.domain.text import shown
from p2pshare.domain.views import ListingView

from ..models.listings import Role
from ..theme import Colours, colours
from .categories import category_of, category_shown, icon

CARD: Final = QSize(236, 252)
LINE: Final = QSize(320, 76)
MARGIN: Final = 6
PADDING: Final = 12
PHOTO_HEIGHT: Final = 116
ICON_SIDE: Final = 52
RADIUS: Final = 9


class Photos(Protocol):
    """Gives the photo of a listing, if it is here; asks for it if not."""

    def pixmap(self, listing: ListingView, size: QSize, ratio: float) -> QPixmap | None:
        """The photo, cut to fill ``size`` at ``ratio`` device pixels, or None."""


class ListingDelegate(QStyledItemDelegate):
    """Paints listings; ``cards`` chooses the look."""

    def __init__(self, photos: Photos | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos = photos
        self.cards = True
        self._card = CARD

    def fit(self, width: int) -> None:
        """Make cards as wide as lets whole ones fill ``width`` pixels."""
        columns = max(1, width // CARD.width())
        self._card = QSize(max(CARD.width(), width // columns - 1), CARD.height())

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """One size for all."""
        if self.cards:
            return self._card
        return QSize(LINE.width(), max(LINE.height(), option.fontMetrics.height() * 3 + 20))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one listing; a blank card while it is being fetched."""
        scheme = colours()
        place = option.rect.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        painter.save()
        painter.setClipRect(option.rect)  # piled-up accents would reach into the neighbours' cards
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(option.font)
        self._paint_ground(painter, option, place, scheme)
        listing = index.data(Role.LISTING)
        if isinstance(listing, ListingView):
            owner = _owner(listing, mine=bool(index.data(Role.MINE)))
            if self.cards:
                self._paint_card(painter, place, listing, owner, scheme)
            else:
                self._paint_line(painter, place, listing, owner, scheme)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, scheme: Colours
    ) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        line = scheme.accent if selected or focused or hovered else scheme.line
        painter.setPen(QPen(QColor(line), 2 if selected or focused else 1))
        painter.setBrush(QColor(scheme.accent_soft if selected else scheme.surface))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)

    def _paint_card(
        self, painter: QPainter, place: QRect, listing: ListingView, owner: str, scheme: Colours
    ) -> None:
        photo = QRect(place.left() + 1, place.top() + 1, place.width() - 2, PHOTO_HEIGHT)
        # What is round below lies outside of what is painted.
        self._paint_photo(painter, photo, photo.adjusted(0, 0, 0, RADIUS), listing, scheme)
        left, width = place.left() + PADDING, place.width() - 2 * PADDING
        title_font = _bold(painter.font())
        metrics = QFontMetrics(title_font)
        top = photo.bottom() + 8
        painter.setFont(title_font)
        painter.setPen(QColor(scheme.ink))
        for row, text in enumerate(_two_lines(shown(listing.title), metrics, width)):
            painter.drawText(
                QRect(left, top + row * metrics.height(), width, metrics.height()),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        bottom = place.bottom() - PADDING + 4
        height = painter.fontMetrics().height()
        painter.setFont(_plain(title_font))
        self._paint_state(painter, QRect(left, bottom - height, width, height), listing, scheme)
        self._paint_text(
            painter,
            QRect(left, bottom - 2 * height - 2, width, height),
            owner,
            scheme.quiet,
        )

    def _paint_line(
        self, painter: QPainter, place: QRect, listing: ListingView, owner: str, scheme: Colours
    ) -> None:
        side = place.height() - 2
        photo = QRect(place.left() + 1, place.top() + 1, side, side)
        self._paint_photo(painter, photo, photo.adjusted(0, 0, RADIUS, 0), listing, scheme)
        left = photo.right() + PADDING
        width = place.right() - PADDING - left
        height = painter.fontMetrics().height()
        middle = place.center().y()
        plain = painter.font()
        painter.setFont(_bold(plain))
        self._paint_text(
            painter,
            QRect(left, middle - height - 3, width * 2 // 3, height),
            shown(listing.title),
            scheme.ink,
        )
        painter.setFont(plain)
        description = shown(listing.description.replace("\n", " ")) or category_shown(
            listing.category
        )
        self._paint_text(
            painter, QRect(left, middle + 3, width * 2 // 3, height), description, scheme.quiet
        )
        side_left = left + width * 2 // 3 + PADDING
        side_width = place.right() - PADDING - side_left
        self._paint_state(
            painter, QRect(side_left, middle - height - 3, side_width, height), listing, scheme
        )
        self._paint_text(
            painter, QRect(side_left, middle + 3, side_width, height), owner, scheme.quiet
        )

    def _paint_photo(
        self,
        painter: QPainter,
        place: QRect,
        rounded: QRect,
        listing: ListingView,
        scheme: Colours,
    ) -> None:
        """The photo, else the icon of the category, else the first letter of the title.

        The corners are those of ``rounded``, of which only ``place`` is painted.
        """
        ratio = painter.device().devicePixelRatio()
        pixmap = None if self._photos is None else self._photos.pixmap(listing, place.size(), ratio)
        painter.save()
        painter.setClipRect(place, Qt.ClipOperation.IntersectClip)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(rounded), RADIUS, RADIUS)
        painter.fillPath(outline, QColor(scheme.raised))
        if pixmap is not None:
            painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
            painter.drawPixmap(place.topLeft(), pixmap)
        else:
            self._paint_icon(painter, place, listing, scheme, ratio)
        painter.restore()

    def _paint_icon(
        self,
        painter: QPainter,
        place: QRect,
        listing: ListingView,
        scheme: Colours,
        ratio: float,
    ) -> None:
        category = category_of(listing)
        if category is not None:
            side = min(ICON_SIDE, place.height() * 5 // 8)
            drawn = QRect(0, 0, side, side)
            drawn.moveCenter(place.center())
            painter.drawPixmap(drawn.topLeft(), icon(category, side, scheme.quiet, ratio))
            return
        letter = _bold(painter.font())
        letter.setPointSizeF(letter.pointSizeF() * 2.6)
        painter.setFont(letter)
        painter.setPen(QColor(scheme.quiet))
        first = next((one for one in listing.title if one.isalnum()), "")
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, first.upper())

    def _paint_state(
        self, painter: QPainter, place: QRect, listing: ListingView, scheme: Colours
    ) -> None:
        """Whether it can be had: in words, and in colour for those who see it."""
        text, colour = state_words(listing, scheme)
        self._paint_text(painter, place, text, colour)

    def _paint_text(self, painter: QPainter, place: QRect, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)


def state_words(listing: ListingView, scheme: Colours) -> tuple[str, str]:
    """What is said of a listing's state, and the colour of it."""
    if listing.exchange_type == "want":
        return QCoreApplication.translate("Listing", "wanted"), scheme.warn
    if "hours" in listing.transaction_type:
        return QCoreApplication.translate("Listing", "for hours"), scheme.good
    if "receive-donate" in listing.transaction_type:
        return QCoreApplication.translate("Listing", "to give away"), scheme.good
    if not listing.available:
        return QCoreApplication.translate("Listing", "out at the moment"), scheme.warn
    if listing.quantity > 1:
        numbers = {"free": listing.available, "count": listing.quantity}
        return QCoreApplication.translate("Listing", "{free} of {count} free").format(
            **numbers
        ), scheme.good
    return QCoreApplication.translate("Listing", "free"), scheme.good


def _owner(listing: ListingView, *, mine: bool) -> str:
    return (
        QCoreApplication.translate("Listing", "yours")
        if mine
        else shown(listing.person_name) or listing.person[:8]
    )


def _two_lines(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """``text`` on at most two lines, the second one cut."""
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    words = text.split(" ")
    first = ""
    while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= width:
        first = f"{first} {words.pop(0)}".strip()
    if not first:  # one long word
        return [metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)]
    return [first, metrics.elidedText(" ".join(words), Qt.TextElideMode.ElideRight, width)]


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(True)
    return made


def _plain(font: QFont) -> QFont:
    made = QFont(font)
    made.setBold(False)
    return made
