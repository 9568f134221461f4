"""The formats there are, by the names that the command line knows them by.

Whoever adds a format writes a function like ``write_entries`` and a line here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from p2pshare.node.exports.calendar_file import write_calendar
from p2pshare.node.exports.flows import write_flows
from p2pshare.node.exports.profiles import write_profiles
from p2pshare.node.exports.request import ExportRequest, Progress, Written
from p2pshare.node.exports.sheets import write_sheet
from p2pshare.node.exports.signed_log import write_entries
from p2pshare.node.whole_file import whole_file

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger

Writer = Callable[["Ledger", TextIO, Progress, ExportRequest], Written]
"""Writes what is asked for to a text stream that changes no newline."""

JSON_LINES: Final = "jsonl"
SPREADSHEET: Final = "csv"
VALUEFLOWS: Final = "valueflows"
CALENDAR: Final = "ics"
MURMURATIONS: Final = "murmurations"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: what it says in a few words, how it is written, and which file names mean it."""

    about: str
    write: Writer
    suffixes: tuple[str, ...] = ()


FORMATS: Final = {
    JSON_LINES: ExportFormat("every signed entry", write_entries, (".jsonl",)),
    SPREADSHEET: ExportFormat("a table for spreadsheets", write_sheet, (".csv",)),
    VALUEFLOWS: ExportFormat("offers, agreements and hours as JSON-LD", write_flows, (".jsonld",)),
    CALENDAR: ExportFormat("your loans and sessions for a calendar", write_calendar, (".ics",)),
    MURMURATIONS: ExportFormat("your listings, to publish on the web", write_profiles),
}
"""Each format by its name; the first where nothing says which."""


def export_file(
    ledger: "Ledger", file: Path, form: str, request: ExportRequest, progress: Progress
) -> Written:
    """Write ``file`` in the format of that name, whole or not at all.

    Single documents stand in an archive if its name ends in .zip. Raises DomainError, StoreError
    or NodeError.
    """
    request = replace(request, archive=file.suffix.lower() == ".zip")
    with whole_file(file) as stream:
        return FORMATS[form].write(ledger, stream, progress, request)


def format_of(suffix: str) -> str:
    """The name of the format that a file name with this ending means."""
    for name, form in FORMATS.items():
        if suffix.lower() in form.suffixes:
            return name
    return JSON_LINES
