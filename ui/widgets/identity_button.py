"""Who acts in this window, and the menu to choose another person or to change one's name.

Tells the window by ``chosen`` and ``rename``; changes nothing itself. Reads who is set up here
anew when a name has changed.
"""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QPaintEvent
from PySide6.QtWidgets import (
    QMenu,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend, Identity
from .plain import brief

REFRESH_MS = 100
NAME_LEFT = 23
ARROW_WIDTH = 36


class IdentityButton(QPushButton):
    """The button; ``chosen`` carries the Identity that is to act, or the same under a new name."""

    chosen = Signal(object)
    rename = Signal()

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("who")
        self.setProperty("role", "menu")
        self._backend = backend
        self._persons: tuple[Identity, ...] = ()
        self._identity: Identity | None = None
        self._choices = QMenu(self)
        self._choices.triggered.connect(self._triggered)
        self.setMenu(self._choices)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)

    @property
    def choices(self) -> list[str]:
        """What the menu offers."""
        return [action.text() for action in self._choices.actions() if not action.isSeparator()]

    def show_identity(self, identity: Identity) -> None:
        """Show who acts, and read who else is here."""
        self._identity = identity
        self._write_name()
        self._fill_menu()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read anew who is set up on this computer."""
        if self._identity is not None:
            self._backend.persons(self._on_persons)

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Read anew soon if one of the names here may have changed."""
        own = {one.person for one in self._persons}
        if any(
            isinstance(event, EventsMissed)
            or (isinstance(event, RowChanged) and event.about == "person" and event.id in own)
            for event in events
        ):
            self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, and the name from the left, cut to the room there is.

        The style sheet would put it where the navigation's words do not begin.
        """
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        room = self.rect().adjusted(NAME_LEFT, 0, -ARROW_WIDTH, 0)
        name = self._name()
        cut = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)

    def _name(self) -> str:
        return "" if self._identity is None else brief(self._identity.name)

    def _write_name(self) -> None:
        name = self._name()
        self.setText(name.replace("&", "&&"))
        self.setAccessibleName(self.tr("{name} acts; choose another").format(name=name))

    def _on_persons(self, answer: Answer) -> None:
        if answer.error is not None or self._identity is None:
            return  # the name that is shown still holds
        self._persons = answer.value
        for one in self._persons:
            if one.person == self._identity.person and one.name != self._identity.name:
                self.chosen.emit(one)
                return
        self._fill_menu()

    def _fill_menu(self) -> None:
        self._choices.clear()
        group = QActionGroup(self._choices)  # one of them is ticked
        if len(self._persons) > 1:
            for one in self._persons:
                action = QAction(brief(one.name).replace("&", "&&"), self._choices)
                action.setCheckable(True)
                action.setChecked(one == self._identity)
                action.setData(one)
                group.addAction(action)
                self._choices.addAction(action)
            self._choices.addSeparator()
        self._choices.addAction(self.tr("Change my name …"))

    @Slot(QAction)
    def _triggered(self, action: QAction) -> None:
        identity = action.data()
        if isinstance(identity, Identity):
            self.chosen.emit(identity)
        else:
            self.rename.emit()
