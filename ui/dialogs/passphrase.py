"""Ask for the passphrase or PIN of a person whose key is locked, while a command waits for it.

What was typed goes to the backend and is not kept here.
"""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from p2pshare.domain.text import shown

from ..backend import Backend, Locked
from ..widgets.plain import PlainLabel, push_button


class AskPassphrase(QDialog):
    """Answers ``locked`` in any case: with what was typed, or that nothing was."""

    def __init__(
        self, backend: Backend, locked: Locked, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._backend = backend
        self._locked = locked
        who = shown(name) or self.tr("this person")
        self.setWindowTitle(self.tr("Locked"))
        self.setMinimumWidth(400)
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setAccessibleName(self.tr("Passphrase or PIN of {name}").format(name=who))
        self.trouble = PlainLabel(self._said(locked.why), "error", wrap=True)
        self.trouble.setVisible(bool(locked.why))
        self.unlock = push_button(self.tr("&Unlock"), role="main")
        self.unlock.setDefault(True)
        self.unlock.setEnabled(False)
        self.cancel = push_button(self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.unlock)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(
            PlainLabel(
                self.tr("Passphrase or PIN of {name}").format(name=who), "heading", wrap=True
            )
        )
        layout.addWidget(self.passphrase)
        layout.addWidget(
            PlainLabel(
                self.tr("What you asked for is then done. It stays open until p2pshare is closed."),
                "quiet",
                wrap=True,
            )
        )
        layout.addWidget(self.trouble)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.passphrase.textChanged.connect(self._typed)
        self.unlock.clicked.connect(self.accept)
        self.cancel.clicked.connect(self.reject)
        self.finished.connect(self._finished)

    def _said(self, why: str) -> str:
        return self.tr("{reason}. Please try again.").format(reason=why[:1].upper() + why[1:])

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.unlock.setEnabled(bool(text))

    @Slot(int)
    def _finished(self, result: int) -> None:
        accepted = result == QDialog.DialogCode.Accepted and bool(self.passphrase.text())
        given = self.passphrase.text() if accepted else None
        self.passphrase.clear()
        self._backend.give_passphrase(self._locked.number, given)
