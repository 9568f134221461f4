"""People: the neighbours met so far, how many are nearby now, and giving somebody hours.

``pay`` carries the PersonView that was chosen; the window opens what follows. Knows no other page.
"""

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QVBoxLayout, QWidget

from p2pshare.domain.views import PersonView
from p2pshare.node.events import LinkDown, LinkUp, NodeEvent

from ..backend import Backend
from ..models.people import PERSON_ROLE, PeopleModel
from ..widgets.person_line import PersonDelegate
from ..widgets.plain import PlainLabel, counted, push_button


class PeoplePage(QWidget):
    """The page; ``pay`` carries the chosen PersonView, ``failed`` one line that says what to do."""

    pay = Signal(object)
    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("People"))
        self._devices: set[str] = set()
        self.nearby = PlainLabel("", "quiet", wrap=True)
        self.model = PeopleModel(backend, self)
        self.view = QListView()
        self.view.setObjectName("listings")
        self.view.setAccessibleName(self.tr("People you have met"))
        self.view.setItemDelegate(PersonDelegate(self.model, self))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setModel(self.model)
        self.button = push_button(self.tr("&Give hours …"), role="main")
        bar = QHBoxLayout()
        bar.addWidget(PlainLabel(self.tr("People"), "title"), 1)
        bar.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.addLayout(bar)
        layout.addWidget(self.nearby)
        layout.addWidget(self.view, 1)
        self.button.clicked.connect(self._pay)
        self.view.activated.connect(self._pay)
        self.view.selectionModel().currentChanged.connect(self._choose)
        self.model.layoutChanged.connect(self._choose)
        self.model.failed.connect(self.failed)
        backend.listen(self.on_events)
        self._show_nearby()
        self._choose()
        if backend.identity is not None:
            self.refresh()

    def refresh(self) -> None:
        """Read the people anew."""
        self.model.refresh()

    def chosen(self) -> PersonView | None:
        """The person the keyboard or mouse is on."""
        person = self.view.currentIndex().data(PERSON_ROLE)
        return person if isinstance(person, PersonView) else None

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Follow computers that come and go."""
        for event in events:
            match event:
                case LinkUp(device, _):
                    self._devices.add(device)
                case LinkDown(device, _, _):
                    self._devices.discard(device)
                case _:
                    pass
        self._show_nearby()

    def _show_nearby(self) -> None:
        count = len(self._devices)
        if count:
            text = counted(
                count,
                self.tr("1 neighbour's computer is nearby now."),
                self.tr("{n} neighbours' computers are nearby now."),
            )
        else:
            text = self.tr(
                "Nobody is nearby right now. Others appear here by themselves when their p2pshare"
                " is on the same network."
            )
        self.nearby.setText(text)

    @Slot()
    @Slot(QModelIndex, QModelIndex)
    def _choose(self, *_: object) -> None:
        person = self.chosen()
        self.button.setEnabled(person is not None and not person.own)

    @Slot()
    @Slot(QModelIndex)
    def _pay(self, _index: QModelIndex | None = None) -> None:
        person = self.chosen()
        if person is not None and not person.own:
            self.pay.emit(person)
