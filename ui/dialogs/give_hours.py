"""Give hours to somebody: one field, one button. Builds a command and waits for its answer."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from p2pshare.domain.commands import PayHours
from p2pshare.domain.hours import parse_hours
from p2pshare.domain.views import PersonView
from p2pshare.errors import DomainError

from ..backend import Answer, Backend
from ..widgets.plain import PlainLabel, brief, push_button


class GiveHours(QDialog):
    """Gives hours to ``person``; ``accepted`` once the node has done it."""

    def __init__(self, backend: Backend, person: PersonView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._person = person
        name = brief(person.name)
        self.setWindowTitle(self.tr("Give hours"))
        self.setMinimumWidth(380)
        self.hours = QLineEdit("1")
        self.hours.setAccessibleName(self.tr("Hours to give to {name}").format(name=name))
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.give = push_button(self.tr("&Give"), role="main")
        self.give.setDefault(True)
        self.cancel = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.give)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(
            PlainLabel(
                self.tr("How many hours for {name}?").format(name=name), "heading", wrap=True
            )
        )
        layout.addWidget(self.hours)
        layout.addWidget(
            PlainLabel(self.tr("For example 1, 1.5, 1:30 or 90m. It cannot be undone."), "quiet")
        )
        layout.addWidget(self.trouble)
        layout.addLayout(buttons)
        self.give.clicked.connect(self._give)
        self.cancel.clicked.connect(self.reject)

    @Slot()
    def _give(self) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        try:
            minutes = parse_hours(self.hours.text())
        except DomainError as error:
            self._show_trouble(str(error))
            return
        self.give.setEnabled(False)
        command = PayHours(
            person=bytes.fromhex(identity.person),
            payee=bytes.fromhex(self._person.person),
            minutes=minutes,
        )
        self._backend.submit(command, self._on_given)

    def _on_given(self, answer: Answer) -> None:
        self.give.setEnabled(True)
        if answer.error is None:
            self.accept()
        else:
            self._show_trouble(answer.error)

    def _show_trouble(self, text: str) -> None:
        self.trouble.setText(text)
        self.trouble.setVisible(True)
