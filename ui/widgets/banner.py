"""A banner above the pages: some words and a button that closes it; hidden until there are any."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from .plain import PlainLabel, push_button


class Banner(QWidget):
    """``style`` is an object name in window.qss; ``close_name`` is what a screen reader says."""

    def __init__(self, style: str, close_name: str = "") -> None:
        super().__init__()
        self.words = PlainLabel("", wrap=True)
        self.done = push_button(self.tr("Close"), name=close_name)
        self.done.clicked.connect(self.clear)
        frame = QFrame()
        frame.setObjectName(style)
        around = QVBoxLayout(self)
        around.setContentsMargins(24, 12, 24, 0)
        around.addWidget(frame)
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(self.words, 1)
        row.addWidget(self.done)
        self.hide()

    def show_words(self, text: str) -> None:
        """Show ``text`` in place of what was there; nothing hides it."""
        self.words.setText(text)
        self.setVisible(bool(text))

    @Slot()
    def clear(self) -> None:
        """It was read."""
        self.show_words("")
