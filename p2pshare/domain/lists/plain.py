"""The words of an HTML description, for programs that keep such, as plain text.

Paragraphs, list items and line breaks become lines; scripts and styles go; entities become
characters. Nothing of the markup is kept, so nothing of it can be drawn.
"""

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_SILENT: Final = frozenset(("script", "style", "template", "title"))
_MARKUP: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]\w*);|<!--")
_SPACES: Final = re.compile(r"[ \t\f\v\u00a0]+")
_GAP: Final = re.compile(r"\n{3,}")


def plain_text(html: str) -> str:
    """``html`` as lines of text; text without any markup stays as it is."""
    if not _MARKUP.search(html):
        return html.strip()
    words = _Words()
    words.feed(html)
    words.close()
    lines = [_SPACES.sub(" ", line).strip() for line in "".join(words.parts).split("\n")]
    return _GAP.sub("\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    """Collects the text between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins on a line of its own, a list item after a dash."""
        if tag in _SILENT:
            self._silent += 1
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "br":
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As a tag that begins; nothing that is closed at once has silent text in it."""
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """What follows a block begins on a new line."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self._break(tag)

    def _break(self, tag: str) -> None:
        """Begin a new line, after a blank one around a paragraph."""
        if tag == "p":
            self.parts.append("\n\n")
        elif self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Line breaks in the source are spaces to whoever reads it."""
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))
