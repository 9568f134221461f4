"""What words may be entered here, and how words from elsewhere are shown (DESIGN section 13).

Three questions, three answers. ``clean_line`` and ``clean_block`` guard what a person at *this*
computer types: strict, NFC, one clear refusal. ``fits`` is what every node asks of a peer's
text inside the fold: it counts code points and uses no Unicode table, because two Python versions
with different tables would otherwise fold the same bytes into different rows. ``shown`` makes a
peer's text harmless to look at. Used by ``domain.rules``, the command line and the window.

This module must not decide whether a peer's entry counts, and must not alter what was signed.
"""

import re
import unicodedata
from typing import Final

from p2pshare.errors import DomainError

#: Characters that reorder or hide what stands beside them (Unicode Bidirectional Algorithm,
#: UAX #9 section 2): embeddings and overrides, isolates, the directional marks.
BIDIRECTIONAL_CONTROLS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)

_BIDIRECTIONAL_CLASS = "".join(sorted(BIDIRECTIONAL_CONTROLS))
# C0, DEL and C1, the two Unicode separators that break a line, bidirectional controls, surrogates.
_NOT_SHOWN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_BIDIRECTIONAL_CLASS}]")
_ALLOWED_IN_BLOCKS: Final = frozenset("\n\t")


def clean_line(text: str, maximum: int, what: str, *, required: bool = False) -> str:
    """``text`` as one line of at most ``maximum`` characters, NFC and stripped.

    ``what`` names the field in the refusal ("the title"). Raises DomainError if the text is too
    long, holds a character that must not be entered, or is empty although ``required``.
    """
    return _clean(text, maximum, what, frozenset(), required)


def clean_block(text: str, maximum: int, what: str, *, required: bool = False) -> str:
    """``text`` as lines of at most ``maximum`` characters together; newlines and tabs are kept.

    A carriage return before a newline (text pasted on Windows) is dropped. Raises DomainError as
    ``clean_line`` does.
    """
    unix_lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _clean(unix_lines, maximum, what, _ALLOWED_IN_BLOCKS, required)


def fits(text: str, maximum: int) -> bool:
    """Whether ``text`` has at most ``maximum`` code points: the same answer on every node."""
    return len(text) <= maximum


def shown(text: str, *, newlines: bool = False) -> str:
    """``text`` of a peer with control and bidirectional characters as visible ``\\u{202e}``.

    With ``newlines`` a line feed is kept as it is; without it, it is escaped like the others, so
    that a title can never draw a second row.
    """

    def escape(match: re.Match[str]) -> str:
        character = match.group()
        if newlines and character == "\n":
            return character
        return f"\\u{{{ord(character):x}}}"

    return _NOT_SHOWN.sub(escape, text)


def _clean(text: str, maximum: int, what: str, allowed: frozenset[str], required: bool) -> str:
    normal = unicodedata.normalize("NFC", text).strip()
    for match in _NOT_SHOWN.finditer(normal):
        character = match.group()
        if character not in allowed:
            raise DomainError(
                f"{what} holds a character that cannot be used here (U+{ord(character):04X});"
                " please remove it"
            )
    if not fits(normal, maximum):
        raise DomainError(
            f"{what} is too long: {len(normal)} characters, at most {maximum} are possible"
        )
    if required and not normal:
        raise DomainError(f"{what} is empty; please write something")
    return normal
