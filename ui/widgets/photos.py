"""Photos as the window shows them: asked for when first painted, kept as long as memory allows.

One cache for all views. It holds pictures as the core's gate gave them and pixmaps cut to the size
that is painted, together at most MEMORY_BYTES_MAX, the longest unused given up first. ``changed``
tells views to paint anew. It decodes nothing and reads no file: pixels come from the backend.
"""

from collections import OrderedDict
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from shiboken6 import isValid

from p2pshare.domain.views import ListingView
from p2pshare.node.events import EventsMissed, NodeEvent, PhotoArrived

from ..backend import Answer, Backend, ShownPhoto

MEMORY_BYTES_MAX: Final = 64 * 1024 * 1024
ASKED_AT_ONCE_MAX: Final = 8
QUEUED_MAX: Final = 64
REMEMBERED_MAX: Final = 4096
ASK_AGAIN_MS: Final = 30_000
"""How soon a photo that was not here, or refused, is asked for anew, if it is still looked at."""

Kept = TypeVar("Kept")
Wish = tuple[str, str, bool]
"""Circle, hash, and whether the thumbnail is enough."""


class PhotoCache(QObject):
    """The photos of listings. Its methods answer at once; what is not here follows ``changed``."""

    changed = Signal()

    def __init__(self, backend: Backend, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._kept: OrderedDict[object, QImage | QPixmap] = OrderedDict()
        self._bytes = 0
        self._queued: OrderedDict[Wish, None] = OrderedDict()
        self._asked: set[Wish] = set()
        self._awaited: OrderedDict[Wish, int] = OrderedDict()
        self._refused: OrderedDict[Wish, str] = OrderedDict()
        backend.listen(self.on_events)

    def pixmap(self, listing: ListingView, size: QSize, ratio: float = 1.0) -> QPixmap | None:
        """The first photo of a listing, cut to fill ``size`` at ``ratio`` device pixels."""
        if not listing.photos:
            return None
        return self.filling(listing.circle, listing.photos[0], size, ratio)

    def filling(self, circle: str, photo: str, size: QSize, ratio: float) -> QPixmap | None:
        """A small photo cut to fill ``size``; None if it is not here."""
        return self._drawn((circle, photo, True), size, ratio, fill=True)

    def whole(self, circle: str, photo: str, size: QSize, ratio: float) -> QPixmap | None:
        """A large photo, all of it within ``size``; None if it is not here."""
        return self._drawn((circle, photo, False), size, ratio, fill=False)

    def refusal(self, circle: str, photo: str, *, thumbnail: bool) -> str:
        """Why a photo cannot be shown, or nothing."""
        return self._refused.get((circle, photo, thumbnail), "")

    @property
    def held_bytes(self) -> int:
        """How much memory the pictures take."""
        return self._bytes

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Ask again for what has arrived, when it is painted next."""
        arrived = {event.photo for event in events if isinstance(event, PhotoArrived)}
        missed = any(isinstance(event, EventsMissed) for event in events)
        for wish in [one for one in self._awaited if missed or one[1] in arrived]:
            del self._awaited[wish]
        if arrived or missed:
            self.changed.emit()

    # --- inside -------------------------------------------------------------------------------

    def _drawn(self, wish: Wish, size: QSize, ratio: float, *, fill: bool) -> QPixmap | None:
        if size.isEmpty():
            return None
        pixels = QSize(round(size.width() * ratio), round(size.height() * ratio))
        key = (wish, pixels.width(), pixels.height())
        drawn = self._kept.get(key)
        if isinstance(drawn, QPixmap):
            self._kept.move_to_end(key)
            return drawn
        picture = self._kept.get(wish)
        if not isinstance(picture, QImage):
            self._wish(wish)
            return None
        self._kept.move_to_end(wish)
        made = QPixmap.fromImage(_cut(picture, pixels) if fill else _fitted(picture, pixels))
        made.setDevicePixelRatio(ratio)
        self._keep(key, made)
        return made

    def _wish(self, wish: Wish) -> None:
        """Ask for a photo, the one wished for last first; what is scrolled past is dropped."""
        if wish in self._asked:
            return
        asked_ms = self._awaited.get(wish)
        if asked_ms is not None and self._backend.now_ms() - asked_ms < ASK_AGAIN_MS:
            return
        self._queued[wish] = None
        self._queued.move_to_end(wish)
        while len(self._queued) > QUEUED_MAX:
            self._queued.popitem(last=False)
        self._ask()

    def _ask(self) -> None:
        while self._queued and len(self._asked) < ASKED_AT_ONCE_MAX:
            wish, _ = self._queued.popitem()
            self._asked.add(wish)
            self._backend.photo(*wish, partial(self._on_photo, wish))

    def _on_photo(self, wish: Wish, answer: Answer) -> None:
        if not isValid(self):  # the window has been closed meanwhile
            return
        self._asked.discard(wish)
        if isinstance(answer.value, ShownPhoto):
            self._awaited.pop(wish, None)
            self._refused.pop(wish, None)
            self._keep(wish, _image(answer.value))
        else:
            _remember(self._awaited, wish, self._backend.now_ms())
        if answer.error is not None:
            _remember(self._refused, wish, answer.error)
        self._ask()
        if answer.error is not None or answer.value is not None:
            self.changed.emit()

    def _keep(self, key: object, picture: QImage | QPixmap) -> None:
        before = self._kept.pop(key, None)
        self._bytes += _size(picture) - (0 if before is None else _size(before))
        self._kept[key] = picture
        while self._bytes > MEMORY_BYTES_MAX and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)


def _image(photo: ShownPhoto) -> QImage:
    """The pixels as a Qt image with memory of its own."""
    image = QImage(
        photo.pixels, photo.width, photo.height, 3 * photo.width, QImage.Format.Format_RGB888
    )
    return image.copy()


def _cut(image: QImage, size: QSize) -> QImage:
    """The middle of ``image``, as large as fills ``size``."""
    scaled = image.scaled(
        size,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    place = QRect(0, 0, size.width(), size.height())
    place.moveCenter(scaled.rect().center())
    return scaled.copy(place)


def _fitted(image: QImage, size: QSize) -> QImage:
    """All of ``image`` within ``size``, and not larger than it is."""
    if image.width() <= size.width() and image.height() <= size.height():
        return image
    return image.scaled(
        size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def _size(picture: QImage | QPixmap) -> int:
    return picture.width() * picture.height() * 4


def _remember(places: OrderedDict[Wish, Kept], wish: Wish, what: Kept) -> None:
    places[wish] = what
    while len(places) > REMEMBERED_MAX:
        places.popitem(last=False)
