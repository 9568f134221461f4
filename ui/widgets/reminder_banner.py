"""The banner above the pages that tells what somebody is to be reminded of, until it is closed.

The node tells each reminder once, so none may be lost here: they stay, the latest first, and beyond
SHOWN_MAX it says how many more there are. What there is to remind of is the node's affair.
"""

from typing import Final

from PySide6.QtCore import Slot

from .banner import Banner

SHOWN_MAX: Final = 4
"""So many are shown in words at once."""


class ReminderBanner(Banner):
    """Hidden until there is something to tell."""

    def __init__(self) -> None:
        super().__init__("banner")
        self.done.setAccessibleName(self.tr("Close these reminders"))
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Show one more reminder, above the earlier ones."""
        if text in self._texts:
            self._texts.remove(text)
        self._texts.insert(0, text)
        lines = self._texts[:SHOWN_MAX]
        more = len(self._texts) - len(lines)
        if more:
            lines = [*lines, self.tr("and {n} more: p2pshare-cli reminders").format(n=more)]
        self.show_words("\n".join(lines))

    @Slot()
    def clear(self) -> None:
        """They were read."""
        self._texts.clear()
        super().clear()
