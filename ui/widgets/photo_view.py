"""The photos of a listing, large, one at a time; the arrow keys and two buttons leaf through them.

Paints what ``PhotoCache`` has; where a photo is not here yet or cannot be shown, it says so.
"""

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from p2pshare.domain.text import shown
from p2pshare.domain.views import ListingView

from ..theme import colours
from .photos import PhotoCache
from .plain import PlainLabel, push_button

HEIGHT_MIN: Final = 180
HEIGHT_LIKED: Final = 300


class PhotoView(QWidget):
    """Shows the photos of ``listing``, which has at least one."""

    def __init__(
        self, photos: PhotoCache, listing: ListingView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._count = len(listing.photos)
        self.canvas = PhotoCanvas(photos, listing)
        self.previous = push_button("←", name=self.tr("Previous photo"))
        self.next = push_button("→", name=self.tr("Next photo"))
        self.place = PlainLabel("", "quiet")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.canvas, 1)
        if self._count > 1:
            row = QHBoxLayout()
            row.addStretch(1)
            for widget in (self.previous, self.place, self.next):
                row.addWidget(widget)
            row.addStretch(1)
            layout.addLayout(row)
        self.previous.clicked.connect(self.canvas.back)
        self.next.clicked.connect(self.canvas.forward)
        self.canvas.turned.connect(self._turned)
        self._turned(0)

    @Slot(int)
    def _turned(self, number: int) -> None:
        self.previous.setEnabled(number > 0)
        self.next.setEnabled(number < self._count - 1)
        self.place.setText(
            self.tr("{number} of {count}").format(number=number + 1, count=self._count)
        )


class PhotoCanvas(QWidget):
    """One of the photos; ``turned`` tells which, from 0."""

    turned = Signal(int)

    def __init__(self, photos: PhotoCache, listing: ListingView) -> None:
        super().__init__()
        self._photos = photos
        self._listing = listing
        self._number = 0
        self.setMinimumHeight(HEIGHT_MIN)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        photos.changed.connect(self.update)
        self._name()

    def sizeHint(self) -> QSize:
        """Large enough to see what it is."""
        return QSize(420, HEIGHT_LIKED)

    @Slot()
    def back(self) -> None:
        """Show the photo before."""
        self.turn(self._number - 1)

    @Slot()
    def forward(self) -> None:
        """Show the next photo."""
        self.turn(self._number + 1)

    def turn(self, number: int) -> None:
        """Show the photo of this number, if there is one."""
        if 0 <= number < len(self._listing.photos) and number != self._number:
            self._number = number
            self._name()
            self.update()
            self.turned.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaf through the photos with the arrow keys, Home and End."""
        match event.key():
            case Qt.Key.Key_Left:
                self.back()
            case Qt.Key.Key_Right:
                self.forward()
            case Qt.Key.Key_Home:
                self.turn(0)
            case Qt.Key.Key_End:
                self.turn(len(self._listing.photos) - 1)
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the photo, all of it, or what there is to say instead."""
        scheme = colours()
        photo = self._listing.photos[self._number]
        pixmap = self._photos.whole(
            self._listing.circle, photo, self.size(), self.devicePixelRatioF()
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = self.rect().adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.raised))
        painter.drawRoundedRect(edge, 9, 9)
        if pixmap is None:
            painter.setPen(QColor(scheme.quiet))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(edge.adjusted(20, 0, -20, 0), flags, self._instead(photo))
        else:
            size = pixmap.deviceIndependentSize().toSize()
            middle = QPoint(
                (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            )
            painter.drawPixmap(middle, pixmap)
        if self.hasFocus():
            painter.setPen(QPen(QColor(scheme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(edge, 9, 9)

    def _instead(self, photo: str) -> str:
        refusal = self._photos.refusal(self._listing.circle, photo, thumbnail=False)
        if refusal:
            return self.tr("This photo cannot be shown: {reason}").format(reason=refusal)
        return self.tr("This photo is fetched from a neighbour's computer …")

    def _name(self) -> None:
        self.setAccessibleName(
            self.tr("Photo {number} of {count}: {title}").format(
                number=self._number + 1,
                count=len(self._listing.photos),
                title=shown(self._listing.title),
            )
        )
