"""A list of members, loans or hours of another program, read: rows of history, and what is wrong.

One bad row never keeps another from being taken over. What is too long for a line is shortened with
an ellipsis where it is words, and refused where half of it would be something else. The rows come
checked as ``domain.text`` wants what is signed here; what becomes of them is decided in
``node.importing_history``.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from p2pshare import limits
from p2pshare.domain.alike import bare
from p2pshare.domain.history import (
    HOURS_KIND,
    LOANS_KIND,
    MEMBERS_KIND,
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    HistoryTransfer,
    member_text,
    nameless_ref,
)
from p2pshare.domain.lists import cells, dates
from p2pshare.domain.lists.columns import Header
from p2pshare.domain.lists.formats import Use
from p2pshare.domain.lists.history_formats import (
    HISTORY_FORMATS,
    HOURS,
    LOANS,
    MEMBERS,
    NEVER_LENT_WORDS,
)
from p2pshare.domain.lists.opening import OpenedList
from p2pshare.domain.lists.records import Record
from p2pshare.domain.lists.rows import PassedRow, Row, cells_of
from p2pshare.domain.text import clean_block, clean_line
from p2pshare.errors import DomainError

HISTORY_FORMAT_NAMES: Final = tuple(HISTORY_FORMATS)

KIND_OF: Final = {LOANS: LOANS_KIND, MEMBERS: MEMBERS_KIND, HOURS: HOURS_KIND}
"""The kind of entry for each sort of list."""

_SECONDS: Final = re.compile(r"[0-9]{1,12}(?:\.0{1,6})?")
_MINUTE_SECONDS: Final = 60
_ORGANIZATION: Final = "organization"
_TYPES: Final = ("member", _ORGANIZATION)


@dataclass(frozen=True, slots=True)
class PastRow:
    """A row of history; ``item_key`` is what the other program calls the item, if it says."""

    row: int
    past: HistoryRow
    item_key: str = ""


@dataclass(slots=True)
class HistoryReading:
    """What a file says of the past: its ``kind`` of entry, and where it is from."""

    format: str
    encoding: str
    separator: str
    kind: str
    source: str
    rows: list[PastRow] = field(default_factory=list)
    skipped: list[PassedRow] = field(default_factory=list)
    rejected: list[PassedRow] = field(default_factory=list)
    remarks: tuple[str, ...] = ()


def read_history(opened: OpenedList, source: str | None = None) -> HistoryReading:
    """Read what a file says of the past; ``source`` is what to call its origin.

    Raises DomainError if the list is of another sort, or has too many rows.
    """
    header = opened.header
    past = header.format.past
    if past is None:
        raise DomainError("that is no list of members, loans or hours")
    named = clean_line(
        source or header.format.source, limits.HISTORY_TEXT_CHARACTERS_MAX, "the source"
    )
    reading = HistoryReading(
        header.format.name, opened.encoding, opened.separator, KIND_OF[past], named
    )
    _HistoryReader(header, past, reading).read(list(opened.records))
    return reading


class _HistoryReader:
    """Reads row by row; knows which names it has met."""

    def __init__(self, header: Header, past: str, reading: HistoryReading) -> None:
        self._header = header
        self._reading = reading
        self._columns = {use: header.of(use) for use in Use}
        self._month_first = False
        self._refs: dict[str, int] = {}
        self._same: dict[str, int] = defaultdict(int)
        self._nameless: dict[str, int] = {}
        readers: dict[str, Callable[[Row], tuple[HistoryRow, str]]] = {
            LOANS: self._loan,
            MEMBERS: self._member,
            HOURS: self._hours,
        }
        self._read_row = readers[past]

    def read(self, records: Sequence[Record]) -> None:
        self._reading.remarks = (*self._header.remarks, *self._find_date_order(records))
        for record in records:
            try:
                row = Row(self._columns, cells_of(record, self._header.width))
                reason = _why_not_history(row)
                if reason:
                    self._reading.skipped.append(PassedRow(record.number, reason))
                    continue
                past, item_key = self._read_row(row)
                self._check_new(past.ref, record.number)
                self._reading.rows.append(PastRow(record.number, past, item_key))
            except DomainError as error:
                self._reading.rejected.append(PassedRow(record.number, str(error)))

    def _find_date_order(self, records: Sequence[Record]) -> list[str]:
        """How dates of two meanings are to be read in this list; a remark where nothing tells."""
        places = [
            place
            for use in (Use.FROM, Use.UNTIL, Use.RETURNED, Use.JOINED)
            for placed in self._columns[use]
            for place in placed.places
        ]
        said = [
            record.cells[place]
            for record in records
            for place in places
            if place < len(record.cells)
        ]
        found = dates.month_first(said)
        self._month_first = bool(found)
        doubtful = next((cell for cell in said if dates.is_ambiguous(cell)), None)
        if found is None and doubtful is not None:
            return [f"dates like {cells.line(doubtful)} are read as day, month, year"]
        return []

    # --- which row it is ----------------------------------------------------------------------

    def _ref(self, row: Row, said: Sequence[str], *, item: str = "") -> str:
        """What the other program calls the row; by what it says where it has no name for it.

        A loan of several items stands in as many rows, which ``item`` tells apart.
        """
        placed, cell = row.first(Use.KEY)
        if placed is None:
            required = next((one for one in self._columns[Use.KEY] if one.column.required), None)
            if required is not None:
                raise DomainError(f"{required.name} is empty")
            return nameless_ref(said, self._nameless)
        key = _words(cell, placed.name)
        if not placed.column.required:
            return key
        ref = _words(f"{key}/{item}", "the name of the row")
        self._same[ref] += 1
        return ref if self._same[ref] == 1 else _words(f"{ref}.{self._same[ref]}", placed.name)

    def _check_new(self, ref: str, number: int) -> None:
        same = self._refs.setdefault(ref, number)
        if same != number:
            raise DomainError(f"row {same} is called {ref} too")

    # --- what it says -------------------------------------------------------------------------

    def _loan(self, row: Row) -> tuple[HistoryLoan, str]:
        item = _shortened(row.first(Use.TITLE)[1], "the item")
        if not item:
            raise DomainError("it says of no item")
        from_day = self._day(row, Use.FROM)
        until, returned = self._day(row, Use.UNTIL), self._day(row, Use.RETURNED)
        if not from_day:
            raise DomainError("it does not say when it began")
        for day, what in ((until, "was due"), (returned, "came back")):
            if day and day < from_day:
                raise DomainError(f"it {what} on {day}, before it began on {from_day}")
        member, note = self._who(row), _note(row)
        code = cells.line(row.first(Use.ITEM_KEY)[1])
        said = (item, code, member, from_day, until, note)
        ref = self._ref(row, said, item=cells.shortened(code or item, 80))
        return HistoryLoan(ref, item, b"", member, from_day, until, returned, note), code

    def _member(self, row: Row) -> tuple[HistoryMember, str]:
        name = self._name(row)
        email = _word(row, Use.EMAIL)
        if not name and not email:
            raise DomainError("it has no name")
        telephones = [cells.line(cell) for _, cell in row.all(Use.TELEPHONE)]
        telephone = _words(", ".join(dict.fromkeys(telephones)), "the telephone number")
        details = "; ".join(
            f"{placed.column.label}: {cells.line(cell)}" for placed, cell in row.all(Use.DETAIL)
        )
        note = _cleaned_note("\n".join(one for one in (details, _note(row)) if one))
        ref = self._ref(row, (email,) if email else (name, telephone))
        return HistoryMember(ref, name, email, telephone, self._day(row, Use.JOINED), note), ""

    def _hours(self, row: Row) -> tuple[HistoryTransfer, str]:
        giver = _account(row, Use.MEMBER, Use.MEMBER_TYPE)
        receiver = _account(row, Use.RECEIVER, Use.RECEIVER_TYPE)
        placed, cell = row.first(Use.SECONDS)
        text = cell.strip()
        if placed is None or not _SECONDS.fullmatch(text) or int(text.split(".")[0]) == 0:
            raise DomainError(
                f"the amount must be whole seconds, and more than 0, not '{cells.short(cell)}'"
            )
        seconds = int(text.split(".")[0])
        minutes = max(1, (seconds + _MINUTE_SECONDS // 2) // _MINUTE_SECONDS)
        day = self._day(row, Use.FROM)
        if not day:
            raise DomainError("it does not say when it was")
        item = _shortened(row.first(Use.TITLE)[1], "the reason")
        ref = self._ref(row, (giver, receiver, text, row.first(Use.FROM)[1].strip(), item))
        return HistoryTransfer(ref, item, giver, receiver, minutes, day), ""

    def _day(self, row: Row, use: Use) -> str:
        placed, cell = row.first(use)
        if placed is None:
            return ""
        return dates.day(cell, placed.name, by_month_first=self._month_first)

    def _who(self, row: Row) -> str:
        return _words(member_text(self._name(row), _word(row, Use.EMAIL)), "the member")

    def _name(self, row: Row) -> str:
        whole = cells.line(row.first(Use.MEMBER)[1])
        if not whole:
            parts = [*row.all(Use.FIRST_NAME), *row.all(Use.LAST_NAME)]
            whole = " ".join(cells.line(cell) for _, cell in parts)
        return _words(whole, "the name")


def _account(row: Row, who: Use, sort: Use) -> str:
    """Whose account it is: a member by number, or the organization's own."""
    placed, number = row.first(who)
    if placed is None:
        raise DomainError("it does not say who gave to whom")
    _, said = row.first(sort)
    kind = bare(said) or _TYPES[0]
    if kind not in _TYPES:
        raise cells.must_be(said, "the account")
    name = _words(number, placed.name)
    return f"{_ORGANIZATION} {name}" if kind == _ORGANIZATION else name


def _why_not_history(row: Row) -> str:
    """Why nothing of what the row is about ever happened; empty if it did."""
    for placed, cell in row.all(Use.STATUS):
        if NEVER_LENT_WORDS.intersection(bare(cell).split()):
            return f"it was never lent ({placed.name}: {cells.shortened(cells.line(cell), 40)})"
    return ""


def _word(row: Row, use: Use) -> str:
    placed, cell = row.first(use)
    return "" if placed is None else _words(cell, placed.name)


def _words(cell: str, what: str) -> str:
    """A cell as one line that is whole. Raises DomainError."""
    return clean_line(cells.line(cell), limits.HISTORY_TEXT_CHARACTERS_MAX, what)


def _shortened(cell: str, what: str) -> str:
    """A cell as one line, cut if it is long. Raises DomainError."""
    maximum = limits.HISTORY_TEXT_CHARACTERS_MAX
    return clean_line(cells.shortened(cells.line(cell), maximum), maximum, what)


def _note(row: Row) -> str:
    return _cleaned_note("\n".join(cell.strip() for _, cell in row.all(Use.NOTE)))


def _cleaned_note(text: str) -> str:
    maximum = limits.NOTE_CHARACTERS_MAX
    return clean_block(cells.shortened(text, maximum), maximum, "the note")
