"""The banner above the pages that tells what somebody is to be reminded of, until it is closed.

The node tells each reminder once, so none may be lost here: they stay, the latest first, and beyond
SHOWN_MAX it says how many more there are. What there is to remind of is the node's affair.
"""

from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from .plain import PlainLabel, push_button

SHOWN_MAX: Final = 4
"""So many are shown in words at once."""


class ReminderBanner(QWidget):
    """Hidden until there is something to tell."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[str] = []
        self.words = PlainLabel("", wrap=True)
        self.done = push_button(self.tr("Close"), name=self.tr("Close these reminders"))
        self.done.clicked.connect(self.clear)
        banner = QFrame()
        banner.setObjectName("banner")
        around = QVBoxLayout(self)
        around.setContentsMargins(24, 12, 24, 0)
        around.addWidget(banner)
        row = QHBoxLayout(banner)
        row.setContentsMargins(16, 8, 8, 8)
        row.addWidget(self.words, 1)
        row.addWidget(self.done)
        self.hide()

    def add(self, text: str) -> None:
        """Show one more reminder, above the earlier ones."""
        if text in self._texts:
            self._texts.remove(text)
        self._texts.insert(0, text)
        lines = self._texts[:SHOWN_MAX]
        more = len(self._texts) - len(lines)
        if more:
            lines = [*lines, self.tr("and {n} more: p2pshare-cli reminders").format(n=more)]
        self.words.setText("\n".join(lines))
        self.show()

    @Slot()
    def clear(self) -> None:
        """They were read."""
        self._texts.clear()
        self.words.setText("")
        self.hide()
