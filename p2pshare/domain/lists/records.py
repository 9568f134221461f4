"""Cutting text into records of cells: which character separates, where a line ends, what is broken.

Quoting is RFC 4180's, read by the csv module in its strict mode. Records are numbered as a
spreadsheet numbers its rows: from 1, blank ones too, a quoted line break in none. Knows nothing of
columns.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = (",", ";", "\t", "|")

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SAID: Final = re.compile(r'(?:"?)sep=([,;|\t])(?:"?)[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_HEADER_CHARACTERS: Final = 65_536
_BROKEN: Final = "its quotation marks do not fit together"
_UNCLOSED: Final = "a quotation mark is opened in it and never closed"
_TOO_BROKEN: Final = "from here on the quotation marks do not fit together"


@dataclass(frozen=True, slots=True)
class Record:
    """A row of the file: its number, its cells; or why they cannot be told apart.

    ``suspect``: a broken record came before, so that this may be a part of it.
    """

    number: int
    cells: tuple[str, ...] = ()
    error: str = ""
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A text and how it is to be cut; ``separator`` is one of SEPARATORS."""

    text: str
    separator: str
    spaced: bool = False

    def records(self) -> Iterator[Record]:
        """Every record that is not blank, the broken ones too."""
        return _records(_LINE.findall(self.text), self.separator, self.spaced)


def find_table(text: str) -> Table:
    """How ``text`` is to be cut, by its first line that says something.

    Of a line without any separator every cell is a whole line.
    """
    said = _SAID.match(text)
    if said is not None:  # what Excel writes for itself; it shows the line in no row
        return Table(text[said.end() :], said.group(1))
    header = text[:_HEADER_CHARACTERS].lstrip("\r\n\t ;,|")
    unquoted = _QUOTED.sub('""', header)
    first = re.split(r"[\r\n]", unquoted, maxsplit=1)[0]
    separator = max(SEPARATORS, key=lambda one: (first.count(one), -SEPARATORS.index(one)))
    if first and separator not in first:
        separator = "\t"
    return Table(
        text, separator, spaced=re.search(rf"{re.escape(separator)} +\"", first) is not None
    )


def _records(lines: list[str], separator: str, spaced: bool) -> Iterator[Record]:
    """Read on after each broken record, at its second line, for as long as that is bearable."""
    start, number, suspect = 0, 0, False
    patience = 4 * sum(map(len, lines)) + 65_536
    while start < len(lines):
        reader = csv.reader(
            (lines[place] for place in range(start, len(lines))),
            delimiter=separator,
            skipinitialspace=spaced,
            strict=True,
        )
        begin = start
        try:
            for cells in reader:
                number += 1
                begin = start + reader.line_num
                if any(cell.strip() for cell in cells):
                    yield Record(number, tuple(cells), suspect=suspect)
            return
        except csv.Error as error:
            number += 1
            taken = lines[begin : start + reader.line_num]
            yield Record(number, error=_UNCLOSED if _is_unclosed(error) else _BROKEN)
            patience -= sum(map(len, taken))
            if patience < 0:
                yield Record(number + 1, error=_TOO_BROKEN)
                return
            start, suspect = begin + 1, True


def _is_unclosed(error: csv.Error) -> bool:
    """Whether the text of a cell ran on to the end, or further than any cell does."""
    return "unexpected end" in str(error) or "field larger" in str(error)
