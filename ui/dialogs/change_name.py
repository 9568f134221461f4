"""Change the name one is known by: one field, one button. Builds a command and waits."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from p2pshare.domain.commands import SetName
from p2pshare.limits import PERSON_NAME_CHARACTERS_MAX

from ..backend import Answer, Backend, Identity
from ..widgets.plain import PlainLabel, push_button


class ChangeName(QDialog):
    """Changes the name of ``identity``; ``accepted`` once the node has done it."""

    def __init__(self, backend: Backend, identity: Identity, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._identity = identity
        self.setWindowTitle(self.tr("Change my name"))
        self.setMinimumWidth(400)
        self.name = QLineEdit(identity.name)
        self.name.setMaxLength(PERSON_NAME_CHARACTERS_MAX)
        self.name.setAccessibleName(self.tr("Your name"))
        self.name.selectAll()
        self.trouble = PlainLabel("", "error", wrap=True)
        self.trouble.setVisible(False)
        self.save = push_button(self.tr("&Save"), role="main")
        self.save.setDefault(True)
        self.cancel = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(PlainLabel(self.tr("How shall neighbours know you?"), "heading"))
        layout.addWidget(self.name)
        layout.addWidget(
            PlainLabel(self.tr("Neighbours see the new name when they meet you next."), "quiet")
        )
        layout.addWidget(self.trouble)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.name.textChanged.connect(self._typed)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self._typed(identity.name)

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.save.setEnabled(bool(text.strip()))

    @Slot()
    def _save(self) -> None:
        name = self.name.text().strip()
        if name == self._identity.name:
            self.reject()
            return
        self.save.setEnabled(False)
        person = bytes.fromhex(self._identity.person)
        self._backend.submit(SetName(person=person, name=name), self._on_saved)

    def _on_saved(self, answer: Answer) -> None:
        self.save.setEnabled(True)
        if answer.error is None:
            self.accept()
            return
        self.trouble.setText(answer.error)
        self.trouble.setVisible(True)
