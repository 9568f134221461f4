"""Days as other programs and people write them, in four languages.

A date that can be read in two ways (03/04/2021) is read as the others of its list are, by day and
month where nothing else tells; ``month_first`` finds out. Times of day are stepped over: the day
that is written is meant, in whatever zone.
"""

import re
from collections.abc import Iterable
from typing import Final

from p2pshare.domain.alike import bare
from p2pshare.domain.days import is_day
from p2pshare.domain.lists.cells import line, short
from p2pshare.errors import DomainError

#: What a date is followed by: nothing, or a time of day in some form.
_TIME: Final = r"(?:[T ,]+[0-9]{1,2}(?:[:.][0-9]{2}|[ap]m| ).{0,20})?"
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(
    rf"([0-9]{{1,2}})([-/.]) ?([0-9]{{1,2}})[-/.] ?([0-9]{{4}}){_TIME}", re.IGNORECASE
)
_NAMED: Final = re.compile(
    rf"([0-9]{{1,2}})[.a-z]{{0,3}}(?: de)? ([^\W\d]+)\.?,?(?: de)? ([0-9]{{4}}){_TIME}",
    re.IGNORECASE,
)
_NAMED_FIRST: Final = re.compile(
    rf"([^\W\d]+)\.? ([0-9]{{1,2}})[a-z]{{0,2}},? ([0-9]{{4}}){_TIME}", re.IGNORECASE
)

#: How programs write that there is no date.
_NO_DATES: Final = ("0000-00-00", "0001-01-01")

_MONTH_WORDS: Final = (
    "jan january januar jänner janvier janv ene enero",
    "feb february februar février févr febrero",
    "mar march märz mrz mars marzo",
    "apr april avril avr abr abril",
    "may mai mayo",
    "jun june juni juin junio",
    "jul july juli juillet juil julio",
    "aug august août ago agosto",
    "sep sept september septembre septiembre",
    "oct october okt oktober octobre octubre",
    "nov november novembre noviembre",
    "dec december dez dezember déc décembre dic diciembre",
)
_MONTHS: Final = {
    bare(word): number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()
}


def day(cell: str, column: str, *, by_month_first: bool = False) -> str:
    """The day (YYYY-MM-DD) that a cell names, empty if it names none.

    Raises DomainError for what is no date of the years 1970 to 9999, naming the ``column``.
    """
    text = line(cell)
    if not text or text.startswith(_NO_DATES):
        return ""
    found = _numbers(text, by_month_first=by_month_first)
    if found is not None:
        year, month, number = found
        said = f"{year:04}-{month:02}-{number:02}"
        if is_day(said):
            return said
    raise DomainError(f"{column}: '{short(cell)}' is no date")


def month_first(cells: Iterable[str]) -> bool | None:
    """Whether dates like 03/04/2021 begin with the month in this list.

    None where nothing tells, or some say so and others the opposite.
    """
    verdicts = set()
    for cell in cells:
        match = _YEAR_LAST.fullmatch(line(cell))
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            verdicts.add(False)
        elif second > 12 >= first:
            verdicts.add(True)
    return verdicts.pop() if len(verdicts) == 1 else None


def is_ambiguous(cell: str) -> bool:
    """Whether a cell is a date that could begin with its day or with its month."""
    match = _YEAR_LAST.fullmatch(line(cell))
    return match is not None and match[2] != "." and max(int(match[1]), int(match[3])) <= 12


def _numbers(text: str, *, by_month_first: bool) -> tuple[int, int, int] | None:
    """(year, month, day), or None."""
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if by_month_first and match[2] != ".":  # nobody writes months first with full stops
            first, second = second, first
        return year, second, first
    if match := _NAMED.fullmatch(text):
        return _with_month(match[3], match[2], match[1])
    if match := _NAMED_FIRST.fullmatch(text):
        return _with_month(match[3], match[1], match[2])
    return None


def _with_month(year: str, name: str, number: str) -> tuple[int, int, int] | None:
    month = _MONTHS.get(bare(name))
    return None if month is None else (int(year), month, int(number))
