"""Paints a person as a line of a list: the name, when they were heard of, how their id begins.

One delegate and no widget per person, for thousands may have been met.
"""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from p2pshare.domain.views import PersonView

from ..models.people import PERSON_ROLE, PeopleModel
from ..theme import colours

MARGIN: Final = 4
PADDING: Final = 14
ID_SHOWN: Final = 12


class PersonDelegate(QStyledItemDelegate):
    """Paints the rows of ``model``."""

    def __init__(self, model: PeopleModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """One size for all."""
        return QSize(280, option.fontMetrics.height() * 2 + 4 * MARGIN + 2 * 8)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one person."""
        person = index.data(PERSON_ROLE)
        if not isinstance(person, PersonView):
            return
        scheme = colours()
        place = option.rect.adjusted(0, MARGIN, -2 * MARGIN, -MARGIN)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setClipRect(option.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = scheme.accent if selected or hovered else scheme.line
        painter.setPen(QPen(QColor(line), 2 if selected else 1))
        painter.setBrush(QColor(scheme.accent_soft if selected else scheme.surface))
        painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), 10, 10)
        bold = QFont(option.font)
        bold.setBold(True)
        height = option.fontMetrics.height()
        upper = QRect(place.left() + PADDING, 0, place.width() - 2 * PADDING, height)
        upper.moveTop(place.center().y() - height - 1)
        lower = upper.translated(0, height + 2)
        for rect, font, colour, text in (
            (upper, bold, scheme.ink, self._model.name_of(person)),
            (
                lower,
                option.font,
                scheme.quiet,
                f"{self._model.detail_of(person)} · {person.person[:ID_SHOWN]}",
            ),
        ):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
            painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)
        painter.restore()
