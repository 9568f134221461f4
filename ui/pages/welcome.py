"""The first start: asks for a name and nothing else, and shows who is nearby meanwhile.

``named`` carries the name. Knows no other page.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from p2pshare.limits import PERSON_NAME_CHARACTERS_MAX
from p2pshare.node.events import EntriesAdded, LinkDown, LinkUp, NodeEvent, PeerFound

from ..backend import Backend
from ..widgets.plain import PlainLabel, counted, push_button


class WelcomePage(QWidget):
    """The page."""

    named = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("Welcome"))
        self._devices: set[str] = set()
        self._entries = 0
        self._found = False
        self.name = QLineEdit(placeholderText=self.tr("Your name, as neighbours know you"))
        self.name.setMaxLength(PERSON_NAME_CHARACTERS_MAX)
        self.name.setAccessibleName(self.tr("Your name"))
        self.begin = push_button(self.tr("&Begin"), role="main")
        self.begin.setEnabled(False)
        self.trouble = PlainLabel("", "error", wrap=True)
        self.nearby = PlainLabel(self.tr("Looking for neighbours …"), "quiet", wrap=True)
        self._lay_out()
        self.name.textChanged.connect(self._typed)
        self.name.returnPressed.connect(self._begin)
        self.begin.clicked.connect(self._begin)
        backend.listen(self.on_events)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(self.begin)
        inside = QVBoxLayout()
        inside.setSpacing(14)
        inside.addWidget(PlainLabel(self.tr("Share with your neighbours"), "title"))
        inside.addWidget(
            PlainLabel(
                self.tr(
                    "Lend a drill, borrow a tent, teach each other. There is no account and no"
                    " company: this computer speaks with your neighbours' computers itself."
                ),
                wrap=True,
            )
        )
        inside.addLayout(row)
        inside.addWidget(self.trouble)
        inside.addWidget(self.nearby)
        box = QWidget()
        box.setLayout(inside)
        box.setMaximumWidth(560)
        box.setMinimumWidth(460)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(box, 4)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)
        self.trouble.setVisible(False)
        inside.setAlignment(Qt.AlignmentFlag.AlignTop)

    def show_trouble(self, text: str) -> None:
        """Say why it did not work, and let the person try again."""
        self.trouble.setText(text)
        self.trouble.setVisible(bool(text))
        self.setEnabled(True)
        self.name.setFocus()

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Show who is nearby."""
        for event in events:
            match event:
                case LinkUp(device, _):
                    self._devices.add(device)
                case LinkDown(device, _, _):
                    self._devices.discard(device)
                case EntriesAdded(own=False):
                    self._entries += event.entries
                case PeerFound():
                    self._found = True
                case _:
                    pass
        if self._devices:
            self.nearby.setText(
                counted(
                    len(self._devices),
                    self.tr("A neighbour is nearby already."),
                    self.tr("{n} neighbours are nearby already."),
                )
                + (" " + self.tr("Their offers are arriving.") if self._entries else "")
            )
        elif self._found:
            self.nearby.setText(self.tr("Somebody is nearby; saying hello …"))

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.begin.setEnabled(bool(text.strip()))

    @Slot()
    def _begin(self) -> None:
        name = self.name.text().strip()
        if name:
            self.trouble.setVisible(False)
            self.setEnabled(False)
            self.named.emit(name)
