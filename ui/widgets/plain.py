"""Labels and buttons with the habits this window needs: plain text only, and a name for readers.

QLabel guesses rich text by default; what a peer wrote must never be markup (DESIGN section 11). All
text of others passes ``domain.text.shown``, which makes control and bidirectional characters
visible.
"""

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from p2pshare.domain.text import shown
from p2pshare.limits import TITLE_CHARACTERS_MAX

BRIEF_CHARACTERS = TITLE_CHARACTERS_MAX


class PlainLabel(QLabel):
    """A label that shows exactly its text. ``role`` is a style of resources/window.qss."""

    def __init__(
        self, text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show ``text``: no markup, and no character that hides or reorders others."""
        super().setText(shown(text, newlines=True))


def brief(text: str, characters: int = BRIEF_CHARACTERS) -> str:
    """What somebody else wrote, as one line that is no longer than a title can be."""
    line = shown(text)
    return line if len(line) <= characters else f"{line[: characters - 1]}…"


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


def dropped_file(mime: QMimeData) -> Path | None:
    """The file that is dragged, if it is one and on this computer."""
    files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return files[0] if len(files) == 1 else None
