"""When two words are the same to a person: whatever their case, accents, hyphens and spaces.

Used to recognise columns of lists, words in their cells, and categories. Its answers are never
signed and never folded, for Unicode tables differ between Python versions.
"""

import re
import unicodedata
from typing import Final

_NO_WORD: Final = re.compile(r"[\W_]+")


def bare(text: str) -> str:
    """``text`` in lower case, without accents, its words apart by one space each."""
    letters = text
    if not text.isascii():  # which has neither accents nor other forms of its letters
        parts = unicodedata.normalize("NFKD", text)
        letters = "".join(one for one in parts if not unicodedata.combining(one))
    return _NO_WORD.sub(" ", letters.casefold()).strip()
