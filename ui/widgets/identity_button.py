"""Who acts in this window, and the menu to choose another person or to change one's name.

Tells the window by ``chosen`` and ``rename``; changes nothing itself. Reads who is set up here
anew when a name has changed.
"""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from p2pshare.domain.text import shown
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend, Identity

REFRESH_MS = 100
ARROW_WIDTH = 44


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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut a long name to the width there is."""
        super().resizeEvent(event)
        self._write_name()

    def _write_name(self) -> None:
        if self._identity is None:
            return
        name = shown(self._identity.name)
        room = max(0, self.width() - ARROW_WIDTH)
        cut = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)
        self.setText(cut.replace("&", "&&"))
        self.setToolTip(name if cut != name else "")
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
                action = QAction(shown(one.name).replace("&", "&&"), self._choices)
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
