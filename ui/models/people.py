"""People for the list: everybody met, read anew when a name has changed."""

from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, QTimer, Signal, Slot

from p2pshare.domain.views import PersonView
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend
from ..widgets.plain import brief
from .listings import ROOT, Index

REFRESH_MS: Final = 300
PERSON_ROLE: Final = Qt.ItemDataRole.UserRole + 1


class PeopleModel(QAbstractListModel):
    """A list of PersonView. ``failed`` tells why a reading failed."""

    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._people: list[PersonView] = []
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)

    def rowCount(self, parent: Index = ROOT) -> int:
        """How many people were met, oneself included."""
        return 0 if parent.isValid() else len(self._people)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The person, their name, or what a screen reader says of them."""
        if not 0 <= index.row() < len(self._people):
            return None
        person = self._people[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.name_of(person)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{self.name_of(person)}, {self.detail_of(person)}"
            case _ if role == PERSON_ROLE:
                return person
        return None

    def name_of(self, person: PersonView) -> str:
        """The name, safe to show."""
        return brief(person.name) or self.tr("somebody without a name")

    def detail_of(self, person: PersonView) -> str:
        """When somebody was last heard of."""
        if person.own:
            return self.tr("on this computer")
        if person.last_seen_ms is None:
            return self.tr("not heard of yet")
        day = self._backend.day(person.last_seen_ms)
        return self.tr("last heard of on {day}").format(day=day)

    @Slot()
    def refresh(self) -> None:
        """Read the people anew."""
        self._backend.ask(lambda queries: queries.people(), self._on_people)

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Read anew soon if a name has changed."""
        if not self._timer.isActive() and any(
            isinstance(event, EventsMissed)
            or (isinstance(event, RowChanged) and event.about == "person")
            for event in events
        ):
            self._timer.start()

    def _on_people(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
            return
        people: list[PersonView] = answer.value
        rows = {person.person: row for row, person in enumerate(people)}
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [
            QModelIndex() if row is None else self.createIndex(row, 0)
            for row in (rows.get(self._people[index.row()].person) for index in before)
        ]
        self._people = people
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
