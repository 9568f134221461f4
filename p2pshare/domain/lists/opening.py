"""A file of bytes opened as a list: by which encoding, separator and format it is to be read.

The first step of ``reading`` (things and skills) and of ``history_reading`` (what was before). The
records come bounded in number, whatever the bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from p2pshare.domain.lists.columns import Header, by_position, read_header
from p2pshare.domain.lists.decoding import decode
from p2pshare.domain.lists.records import Record, find_table
from p2pshare.errors import DomainError
from p2pshare.limits import LIST_BYTES_MAX, LIST_ROWS_MAX


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list whose columns are known; ``records`` are its rows, to be gone through once."""

    header: Header
    encoding: str
    separator: str
    records: Iterator[Record]


def open_list(data: bytes, name: str | None = None) -> OpenedList:
    """Find out how a file is to be read; ``name`` is its format's, or None to recognise it.

    Raises DomainError if nothing of it can be read, and nothing else, whatever the bytes; its
    ``records`` raise it too where they are too many.
    """
    if len(data) > LIST_BYTES_MAX:
        raise DomainError(
            f"the file is larger than {LIST_BYTES_MAX // (1024 * 1024)} MiB; split it"
        )
    decoded = decode(data)
    table = find_table(decoded.text)
    records = table.records()
    first = next(records, None)
    if first is None:
        raise DomainError("the file is empty")
    header = by_position(name)
    if header is not None:
        records = chain([first], records)
    elif first.error:
        raise DomainError(f"its first row cannot be read: {first.error}")
    else:
        header = read_header(first.cells, name)
    return OpenedList(header, decoded.encoding, table.separator, _counted(records))


def _counted(records: Iterator[Record]) -> Iterator[Record]:
    for count, record in enumerate(records, 1):
        if count > LIST_ROWS_MAX:
            raise DomainError(f"the list has more than {LIST_ROWS_MAX} rows; split it")
        yield record
