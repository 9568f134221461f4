"""Our bundled categories for the window: their names in the system's language, and their icons.

Both come from ``p2pshare.resources``; what a text means is ``domain.categories``'s. A listing keeps
the words of its owner; what they mean is only looked up.
"""

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from PySide6.QtCore import QByteArray, QLocale, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from p2pshare.domain.alike import bare
from p2pshare.domain.categories import Categories, Category, read_categories
from p2pshare.domain.text import shown
from p2pshare.domain.views import ListingView

TEXTS_REMEMBERED: Final = 4096
ICONS_REMEMBERED: Final = 256


@cache
def categories() -> Categories:
    """The categories that come with the program."""
    data = files("p2pshare.resources").joinpath("categories.json").read_bytes()
    return read_categories(data)


def language() -> str:
    """The system's language, as ``Category.name`` takes it."""
    return QLocale.system().name()


def names() -> list[str]:
    """The names of all categories in the system's language, in their order."""
    return [category.name(language()) for category in categories()]


def category_shown(text: str) -> str:
    """A listing's category: by our name in the system's language if it is one of ours."""
    category = _found(text)
    return shown(text) if category is None else category.name(language())


def category_meant(text: str) -> str:
    """What is signed for a text: the id if it is a name of one of ours, else itself."""
    category = _found(text)
    return text.strip() if category is None else category.id


def category_of(listing: ListingView) -> Category | None:
    """The category of a listing, told by its category or else by its tags."""
    return _category((listing.category,) if listing.category else listing.tags)


def icon(category: Category, side: int, colour: str, ratio: float) -> QPixmap:
    """The icon of a category: ``side`` x ``side`` in this colour, at ``ratio`` device pixels."""
    return _icon(category.id, max(1, round(side * ratio)), colour, ratio)


@lru_cache(TEXTS_REMEMBERED)
def _category(texts: tuple[str, ...]) -> Category | None:
    return categories().first_of(texts)


@lru_cache(TEXTS_REMEMBERED)
def _found(text: str) -> Category | None:
    """The category that is called so; other words that mean it stay as their owner wrote them."""
    category = categories().find(text)
    return category if category is not None and bare(text) in category.called() else None


@lru_cache(ICONS_REMEMBERED)
def _icon(identifier: str, pixels: int, colour: str, ratio: float) -> QPixmap:
    folder = files("p2pshare.resources").joinpath("icons", "categories")
    drawing = folder.joinpath(f"{identifier}.svg").read_bytes()
    renderer = QSvgRenderer(QByteArray(drawing.replace(b"currentColor", colour.encode())))
    made = QPixmap(pixels, pixels)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
