"""Labels and buttons with the habits this window needs: plain text only, and a name for readers.

QLabel guesses rich text by default; what a peer wrote must never be markup (DESIGN section 11). All
text of others passes ``domain.text.shown``, which makes control and bidirectional characters
visible.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from p2pshare.domain.text import shown


class PlainLabel(QLabel):
    """A label that shows exactly its text. ``role`` is a style of resources/window.qss."""

    def __init__(
        self, text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def show_text(self, text: str, *, newlines: bool = False) -> None:
        """Show what somebody else wrote."""
        self.setText(shown(text, newlines=newlines))


def push_button(text: str, *, role: str = "", name: str = "") -> QPushButton:
    """A button; ``name`` is what a screen reader says, if it differs from the text."""
    button = QPushButton(text)
    button.setAccessibleName(name or text.replace("&", ""))
    if role:
        button.setProperty("role", role)
    button.setAutoDefault(False)
    return button


def counted(count: int, one: str, many: str) -> str:
    """``one`` for exactly one, else ``many`` with the number in the place of ``{n}``."""
    return one if count == 1 else many.format(n=f"{count:,}")
