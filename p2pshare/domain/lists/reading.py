"""A list of another program, read: rows that can be offered here, and what is wrong with others.

One bad row never keeps another from being read. Each row has the number that a spreadsheet shows,
and a key that is the same when the same row is read again, from the same or a changed file: what
the other program identifies it by, or else its title.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from p2pshare.domain.alike import bare
from p2pshare.domain.lists import cells
from p2pshare.domain.lists.columns import Header
from p2pshare.domain.lists.formats import FORMATS, GONE_WORDS, LEIHS, PLAIN, ListFormat, Use
from p2pshare.domain.lists.opening import OpenedList
from p2pshare.domain.lists.plain import plain_text
from p2pshare.domain.lists.records import Record
from p2pshare.domain.lists.rows import PassedRow, Row, cells_of
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError
from p2pshare.limits import CATEGORY_CHARACTERS_MAX

FORMAT_NAMES: Final = tuple(FORMATS)


@dataclass(frozen=True, slots=True)
class ListedFields:
    """What a row says of a listing; not yet judged by the rules."""

    title: str
    description: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    quantity: int = 1
    exchange_type: ExchangeType = ExchangeType.OFFER
    item_type: ItemType = ItemType.GOOD
    transaction_types: tuple[TransactionType, ...] = ()
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row that can be offered; ``key`` identifies it among all rows of all lists."""

    row: int
    key: str
    fields: ListedFields


@dataclass(slots=True)
class ListReading:
    """What a file says, and by which format, encoding and separator it was read."""

    format: str
    encoding: str
    separator: str
    rows: list[ListedRow] = field(default_factory=list)
    skipped: list[PassedRow] = field(default_factory=list)
    rejected: list[PassedRow] = field(default_factory=list)
    remarks: tuple[str, ...] = ()


def read_listings(opened: OpenedList) -> ListReading:
    """Read what a file says of things and skills.

    Raises DomainError if nothing of it can be read, and nothing else, whatever it says.
    """
    header = opened.header
    if header.format.past is not None:
        raise DomainError(f"that is a list of {header.format.past}, not of things and skills")
    reading = ListReading(
        header.format.name, opened.encoding, opened.separator, remarks=header.remarks
    )
    _Reader(header, reading).read(opened.records)
    return reading


class _Reader:
    """Reads row by row; knows which keys it has met."""

    def __init__(self, header: Header, reading: ListReading) -> None:
        self._header = header
        self._format: ListFormat = header.format
        self._reading = reading
        self._titles: Counter[str] = Counter()
        self._met: dict[str, int] = {}
        self._said: dict[ListedFields, int] = {}
        self._columns = {use: header.of(use) for use in Use}

    def read(self, records: Iterable[Record]) -> None:
        for record in records:
            try:
                self._read(record)
            except DomainError as error:
                self._reading.rejected.append(PassedRow(record.number, str(error)))

    def _read(self, record: Record) -> None:
        row = Row(self._columns, cells_of(record, self._header.width))
        key = self._own_key(row)
        self._check_new(key, record.number)
        reason = _why_not_offered(row)
        if reason:
            key = key or self._title_key(self._title(row))
            self._reading.skipped.append(PassedRow(record.number, reason, key))
            return
        fields = self._fields(row)
        if not key:
            same = self._said.setdefault(fields, record.number)
            if same != record.number:
                self._reading.skipped.append(PassedRow(record.number, f"row {same} says the same"))
                return
            key = self._title_key(fields.title)
        self._reading.rows.append(ListedRow(record.number, key, fields))

    # --- which row it is ----------------------------------------------------------------------

    def _own_key(self, row: Row) -> str:
        """The key by what the other program calls the row, or nothing."""
        placed, cell = row.first(Use.KEY)
        if placed is None:
            required = next((one for one in self._columns[Use.KEY] if one.column.required), None)
            if required is not None:
                raise DomainError(f"{required.name} is empty")
            if Use.KEY in self._format.one_of:
                names = " and ".join(one.name for one in self._columns[Use.KEY])
                raise DomainError(f"{names} {'are' if ' and ' in names else 'is'} empty")
            return ""
        column = placed.column.names[0]
        return "\0".join((self._format.name, column, cells.line(cell)))

    def _check_new(self, key: str, number: int) -> None:
        if not key:
            return
        same = self._met.setdefault(key, number)
        if same != number:
            raise DomainError(f"row {same} has the same {' '.join(key.split(chr(0))[1:])}")

    def _title_key(self, title: str) -> str:
        """The key by the title; of several rows with one title by their order too."""
        plain = bare(title) or title
        self._titles[plain] += 1
        return "\0".join((self._format.name, "", plain, str(self._titles[plain])))

    # --- what it says -------------------------------------------------------------------------

    def _title(self, row: Row) -> str:
        """The title. Raises DomainError if there is none."""
        for use in (Use.TITLE, Use.NOTE):
            _, cell = row.first(use)
            title = cells.line(cell.strip().split("\n")[0] if use is Use.NOTE else cell)
            if title:
                return self._unescaped(title)
        if self._format is LEIHS:  # where names are kept with the models, in another list
            _, code = row.first(Use.KEY)
            return f"{cells.line(code)} (model {cells.line(row.first(Use.DETAIL)[1])})"
        raise DomainError("it has no name")

    def _fields(self, row: Row) -> ListedFields:
        exchange, item = self._kinds(row)
        column, count = row.first(Use.QUANTITY)
        terms, types = row.first(Use.TRANSACTION_TYPE)
        return ListedFields(
            title=self._title(row),
            description=self._description(row),
            category=cells.shortened(
                self._unescaped(cells.line(row.first(Use.CATEGORY)[1])), CATEGORY_CHARACTERS_MAX
            ),
            tags=tuple(
                dict.fromkeys(
                    self._unescaped(word)
                    for _, cell in row.all(Use.TAGS)
                    for word in cells.split(cell, self._format.tag_separators)
                )
            ),
            quantity=1 if column is None else cells.quantity(count, column.name),
            exchange_type=exchange,
            item_type=item,
            transaction_types=() if terms is None else cells.transaction_types(types, terms.name),
            expires=row.first(Use.EXPIRES)[1].strip() or None,
        )

    def _kinds(self, row: Row) -> tuple[ExchangeType, ItemType]:
        """Offered or wanted, a thing or a skill; what is not said is what lists are mostly of."""
        exchange, item = None, None
        for _, cell in row.all(Use.KIND):
            exchange, item = cells.exchange_type(cell), cells.item_type(cell)
        placed, cell = row.first(Use.EXCHANGE_TYPE)
        if placed is not None:
            exchange = cells.exchange_type(cell)
            if exchange is None:
                raise cells.must_be(cell, placed.name)
        placed, cell = row.first(Use.ITEM_TYPE)
        if placed is not None:
            item = cells.item_type(cell)
            if item is None:
                raise cells.must_be(cell, placed.name)
        return exchange or ExchangeType.OFFER, item or ItemType.GOOD

    def _description(self, row: Row) -> str:
        """Paragraphs, then a line for each detail."""
        paragraphs = [cell.strip() for _, cell in row.all(Use.SUMMARY)]
        paragraphs += [cell.strip() for _, cell in row.all(Use.DESCRIPTION)]
        paragraphs += [plain_text(cell) for _, cell in row.all(Use.MARKUP)]
        if row.first(Use.TITLE)[0] is not None:
            paragraphs += [cell.strip() for _, cell in row.all(Use.NOTE)]
        else:
            for _, cell in row.all(Use.NOTE):
                paragraphs += cell.strip().split("\n")[1:]
        details = [
            f"{placed.column.label}: {cells.line(plain_text(cell))}"
            for placed, cell in row.all(Use.DETAIL)
        ]
        said = dict.fromkeys([*(self._unescaped(one) for one in paragraphs), "\n".join(details)])
        return "\n\n".join(one for one in said if one)

    def _unescaped(self, text: str) -> str:
        """Without the apostrophe that our own spreadsheet puts before what looks like a formula."""
        if self._format is PLAIN and text[:1] == "'" and text[1:2] in ("=", "+", "-", "@"):
            return text[1:]
        return text


def _why_not_offered(row: Row) -> str:
    """Why what the row is about is not to be lent: archived, sold, out of use; empty if it is."""
    for placed, cell in row.all(Use.ARCHIVED):
        if cells.yes_or_no(cell, placed.name):
            return "it is archived"
    for placed, cell in row.all(Use.SOLD):
        if cells.is_said(cell):
            return f"it is sold ({placed.name})"
    for placed, cell in row.all(Use.STATUS):
        if GONE_WORDS.intersection(bare(cell).split()):
            return f"it is not in use ({placed.name})"
    for placed, cell in row.all(Use.LENDABLE):
        if cells.yes_or_no(cell, placed.name) is False:
            return f"it is not to be lent ({placed.name})"
    return ""
