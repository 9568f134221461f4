"""The photos of a listing that is being written: small pictures, each with its remover.

Photos come by ``add``, and from what is dropped on or pasted into the widgets given to
``catch_from``. The backend takes in one after the other; what it refuses is told in one line, and
everything else stays. ``photos`` are the hashes, in their order.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    QSize,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QDropEvent,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QGridLayout, QToolButton, QVBoxLayout, QWidget

from p2pshare.limits import PHOTOS_MAX

from ..backend import Answer, Backend
from ..theme import colours
from .photos import PhotoCache
from .plain import PlainLabel

TILE: Final = QSize(76, 76)
TILES_PER_ROW: Final = 5
ENCODED: Final = ("image/png", "image/jpeg", "image/webp")
DROPS: Final = (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop)


class PhotoStrip(QWidget):
    """The photos; ``changed`` tells that photos came or went, or began to be taken in."""

    changed = Signal()

    def __init__(
        self,
        backend: Backend,
        photos: PhotoCache,
        circle: str = "",
        shown_now: Iterable[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._backend = backend
        self._cache = photos
        self._circle = circle
        self._waiting: list[Path | bytes] = []
        self._refused: list[str] = []
        self.photos = list(shown_now)
        self.tiles: list[PhotoTile] = []
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.hint = PlainLabel("", "quiet", wrap=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(TILES_PER_ROW, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._grid)
        layout.addWidget(self.hint)
        layout.addWidget(self.trouble)
        photos.changed.connect(self._repaint)
        self._rebuild()

    @property
    def is_busy(self) -> bool:
        """Whether photos are still being taken in."""
        return bool(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another photo."""
        return len(self.photos) + len(self._waiting) >= PHOTOS_MAX

    def add(self, chosen: Iterable[Path | bytes]) -> None:
        """Take in photos, as many as there is room for."""
        self._refused = [] if not self._waiting else self._refused
        left_out = 0
        for one in chosen:
            if self.is_full:
                left_out += 1
                continue
            self._waiting.append(one)
            if len(self._waiting) == 1:
                self._take_in()
        if left_out:
            self._refused.append(
                self.tr("a listing has room for {count} photos; the others were left out").format(
                    count=PHOTOS_MAX
                )
            )
        self._rebuild()

    def catch_from(self, widget: QWidget) -> None:
        """Take photos that are dropped on ``widget`` or pasted into it."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch photos; everything else goes its way."""
        if event.type() in DROPS and isinstance(event, QDropEvent):
            if not holds_photos(event.mimeData()):
                return False
            event.acceptProposedAction()
            if event.type() == QEvent.Type.Drop:
                self.add(photos_in(event.mimeData()))
            return True
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.matches(QKeySequence.StandardKey.Paste)
        ):
            return self.paste()
        return False

    def paste(self) -> bool:
        """Take the photos in the clipboard; whether there were any."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not holds_photos(mime):
            return False
        self.add(photos_in(mime))
        return True

    # --- inside -------------------------------------------------------------------------------

    def _take_in(self) -> None:
        self._backend.add_photo(self._waiting[0], self._on_added)

    def _on_added(self, answer: Answer) -> None:
        taken = self._waiting.pop(0)
        if answer.error is not None:
            name = taken.name if isinstance(taken, Path) else self.tr("the pasted picture")
            self._refused.append(f"{name}: {answer.error}")
        elif answer.value not in self.photos:
            self.photos.append(answer.value)
        if self._waiting:
            self._take_in()
        self._rebuild()

    def _remove(self, number: int) -> None:
        del self.photos[number]
        self._rebuild()
        if self.tiles:
            self.tiles[min(number, len(self.tiles) - 1)].remove.setFocus()

    @Slot()
    def _removed(self) -> None:
        button = self.sender()
        numbers = [place for place, tile in enumerate(self.tiles) if tile.remove is button]
        if numbers:
            self._remove(numbers[0])

    def _rebuild(self) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = []
        for place, photo in enumerate(self.photos):
            tile = PhotoTile(self._cache, self._circle, photo, place + 1)
            tile.remove.clicked.connect(self._removed)
            self._grid.addWidget(tile, *divmod(place, TILES_PER_ROW))
            self.tiles.append(tile)
        if self._waiting:
            self.hint.setText(self.tr("Preparing photos …"))
        elif self.photos:
            self.hint.setText(self.tr("The first one is on the card. Camera data is taken out."))
        else:
            self.hint.setText(self.tr("Drop photos here, paste one, or choose files."))
        self.trouble.setText("; ".join(self._refused))
        self.trouble.setVisible(bool(self._refused))
        self.changed.emit()

    @Slot()
    def _repaint(self) -> None:
        for tile in self.tiles:
            tile.update()


class PhotoTile(QWidget):
    """One small photo and the button that removes it."""

    def __init__(self, cache: PhotoCache, circle: str, photo: str, number: int) -> None:
        super().__init__()
        self._cache = cache
        self._circle = circle
        self._photo = photo
        self.setFixedSize(TILE)
        self.setAccessibleName(self.tr("Photo {number}").format(number=number))
        self.remove = QToolButton(self)
        self.remove.setObjectName("remove")
        self.remove.setText("✕")
        self.remove.setAccessibleName(self.tr("Remove photo {number}").format(number=number))
        self.remove.setToolTip(self.tr("Remove"))
        self.remove.setFixedSize(26, 26)
        self.remove.move(TILE.width() - 29, 3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the photo with round corners."""
        pixmap = self._cache.filling(
            self._circle, self._photo, self.size(), self.devicePixelRatioF()
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(self.rect(), 8, 8)
        painter.fillPath(outline, QColor(colours().raised))
        if pixmap is not None:
            painter.setClipPath(outline)
            painter.drawPixmap(0, 0, pixmap)


def holds_photos(mime: QMimeData) -> bool:
    """Whether files, or a picture that is not merely the look of some text."""
    if any(url.isLocalFile() for url in mime.urls()):
        return True
    return not mime.hasText() and (mime.hasImage() or any(map(mime.hasFormat, ENCODED)))


def photos_in(mime: QMimeData) -> list[Path | bytes]:
    """The files, or the bytes of the picture, in what was dropped or copied."""
    files: list[Path | bytes] = [
        Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()
    ]
    if files:
        return files
    for name in ENCODED:
        if mime.hasFormat(name):
            return [bytes(mime.data(name).data())]
    image = mime.imageData()
    if not isinstance(image, QImage):
        return []
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return [bytes(buffer.data().data())]
