"""One row of a list, by what its columns are for. Shared by the readers of listings and of history.

Knows the cells and the columns, and nothing of what either is about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.lists.columns import PlacedColumn
from p2pshare.domain.lists.decoding import UNREADABLE
from p2pshare.domain.lists.formats import Use
from p2pshare.domain.lists.records import Record
from p2pshare.errors import DomainError

#: What Homebox writes for a thing that has no number.
_NO_ASSET_ID: Final = "000-000"


@dataclass(frozen=True, slots=True)
class PassedRow:
    """A row that is not taken over, or cannot be read, and why.

    ``key`` is empty where it is not known, or not to be acted on.
    """

    row: int
    reason: str
    key: str = ""


def cells_of(record: Record, width: int) -> Sequence[str]:
    """The cells of a record of a list with ``width`` columns, that many. Raises DomainError."""
    if record.error:
        raise DomainError(record.error)
    found = len(record.cells)
    if any(cell.strip() for cell in record.cells[width:]) or (record.suspect and found != width):
        raise DomainError(f"it has {found} cells, and the list has {width} columns")
    return [*record.cells[:width], *("" for _ in range(width - found))]


class Row:
    """The cells of one row, by what their columns are for."""

    def __init__(self, columns: Mapping[Use, Sequence[PlacedColumn]], found: Sequence[str]) -> None:
        self._columns = columns
        self._cells = found

    def all(self, use: Use) -> list[tuple[PlacedColumn, str]]:
        """Every cell of a use that says something. Raises DomainError for what cannot be read."""
        said = []
        for placed in self._columns[use]:
            text = self._one(placed)
            if text.strip() and not (use is Use.KEY and text.strip() == _NO_ASSET_ID):
                said.append((placed, text))
        return said

    def first(self, use: Use) -> tuple[PlacedColumn | None, str]:
        """The first cell of a use that says something, or (None, "")."""
        said = self.all(use)
        return said[0] if said else (None, "")

    def _one(self, placed: PlacedColumn) -> str:
        """The text of a column, which may stand in the list more than once."""
        said = {self._cells[place].strip(): self._cells[place] for place in placed.places}
        texts = [text for bare_text, text in said.items() if bare_text]
        if len(texts) > 1:
            raise DomainError(f"the column {placed.name} stands twice and says two things")
        text = texts[0] if texts else ""
        if UNREADABLE in text:
            raise DomainError(f"{placed.name} has characters that cannot be read")
        return text.replace("\r\n", "\n").replace("\r", "\n")
