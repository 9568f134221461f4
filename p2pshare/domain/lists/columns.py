"""Which program a list is from, and which of its columns says what.

Works on the header alone. What cannot be read is refused; what is merely strange is remarked.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from p2pshare.domain.alike import bare
from p2pshare.domain.lists.cells import line, shortened
from p2pshare.domain.lists.formats import (
    FORMATS,
    PLAIN,
    TWO_MEANINGS,
    Column,
    ListFormat,
    Use,
)
from p2pshare.domain.lists.history_formats import HISTORY_FORMATS
from p2pshare.domain.text import shown
from p2pshare.errors import DomainError
from p2pshare.limits import LIST_COLUMNS_MAX

#: Where two know as many columns, the earlier one is taken: what is read as history by mistake is
#: seen by nobody, and members that were read as things would be seen by everybody.
_ALL_FORMATS: Final = {**HISTORY_FORMATS, **FORMATS}

_NAMES_SHOWN: Final = 12
_NAME_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """A column of the table with the places (from 0) at which it stands in this list."""

    column: Column
    name: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one list; ``width`` is how many there are, ``remarks`` what is strange."""

    format: ListFormat
    columns: tuple[PlacedColumn, ...]
    width: int
    remarks: tuple[str, ...]

    def of(self, use: Use) -> list[PlacedColumn]:
        """The columns of a use, the preferred one first."""
        return [one for one in self.columns if one.column.use is use]


def read_header(cells: Sequence[str], name: str | None) -> Header:
    """What the columns are, of the format with this name or of the one they give away.

    Raises DomainError if the format cannot be told, or a column that it needs is missing.
    """
    if len(cells) > LIST_COLUMNS_MAX:
        raise DomainError(f"the list has more than {LIST_COLUMNS_MAX} columns")
    form = recognised(cells) if name is None else _ALL_FORMATS.get(name)
    if form is None:
        raise DomainError(
            f"it is not known from which program this list is; its columns are {_listed(cells)}."
            " Call the column with the names 'name', or say --format"
        )
    placed, unknown = _placed(form, cells)
    _check_needed(form, placed, cells)
    remarks = [
        f"the column {_short(one.name)} stands {len(one.places)} times"
        for one in placed
        if len(one.places) > 1
    ]
    unused = [one.name for one in placed if one.column.use is Use.UNUSED]
    if unused:
        remarks.append(f"not taken over: {_listed(unused)}")
    if unknown:
        remarks.append(f"unknown columns, not taken over: {_listed(unknown)}")
    return Header(form, tuple(placed), len(cells), tuple(remarks))


def by_position(name: str | None) -> Header | None:
    """The columns of the format with this name, if it is one whose columns have no names."""
    form = None if name is None else _ALL_FORMATS.get(name)
    if form is None or not form.by_position:
        return None
    placed = tuple(
        PlacedColumn(column, column.names[0], (place,)) for place, column in enumerate(form.columns)
    )
    return Header(form, placed, len(placed), ())


def recognised(cells: Sequence[str]) -> ListFormat | None:
    """The format that knows most of these columns, or None; a program's before the plain one."""
    best, most = None, 0
    for form in _ALL_FORMATS.values():
        names = {form.form(cell) for cell in cells}
        if form is not PLAIN and not names.intersection(map(form.form, form.telling)):
            continue
        placed, _ = _placed(form, cells)
        if not _missing(form, placed) and len(placed) > most:
            best, most = form, len(placed)
    return best


def _placed(form: ListFormat, cells: Sequence[str]) -> tuple[list[PlacedColumn], list[str]]:
    """The columns of the format that are there, in its order; the names of those that it has not.

    Columns without a name are taken for nothing.
    """
    places: dict[str, list[int]] = defaultdict(list)
    for place, cell in enumerate(cells):
        if cell.strip():
            places[form.form(cell)].append(place)
    placed = []
    known: set[str] = set()
    for column in form.columns:
        names = [name for name in dict.fromkeys(map(form.form, column.names)) if name in places]
        known.update(names)
        for name in names:
            found = tuple(places[name])
            placed.append(PlacedColumn(column, cells[found[0]].strip(), found))
    placed = _with_meaning(form, placed)
    unknown = [
        cells[found[0]].strip()
        for name, found in places.items()
        if name not in known and not (form.prefix and name.startswith(f"{form.prefix}field."))
    ]
    return placed, unknown


def _with_meaning(form: ListFormat, placed: list[PlacedColumn]) -> list[PlacedColumn]:
    """Take a word of two meanings for the second one where another column has the first."""
    titles = [one for one in placed if one.column.use is Use.TITLE]
    changed = []
    for one in placed:
        other = TWO_MEANINGS.get(bare(one.name))
        if other is not None and one in titles and len(titles) > 1 and form is PLAIN:
            one = PlacedColumn(Column(other, one.column.names), one.name, one.places)
        changed.append(one)
    return changed


def _missing(form: ListFormat, placed: Sequence[PlacedColumn]) -> list[str]:
    """The names of columns that the format needs and the list has not."""
    present = {one.column for one in placed}
    uses = {one.column.use for one in placed}
    missing = [
        column.names[0] for column in form.columns if column.required and column not in present
    ]
    if not missing and not uses.intersection(form.one_of):
        needed = [column.names[0] for column in form.columns if column.use in form.one_of]
        missing.append(" or ".join(needed))
    return missing


def _check_needed(form: ListFormat, placed: Sequence[PlacedColumn], cells: Sequence[str]) -> None:
    missing = _missing(form, placed)
    if missing:
        raise DomainError(
            f"a {form.name} list needs the column {' and '.join(missing)};"
            f" this one has {_listed(cells)}"
        )


def _listed(names: Sequence[str]) -> str:
    """Some names, harmless, in a row."""
    said = [_short(name) for name in names if name.strip()]
    if not said:
        return "without names"
    more = len(said) - _NAMES_SHOWN
    return ", ".join(said[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _short(name: str) -> str:
    return shortened(shown(line(name)), _NAME_CHARACTERS)
