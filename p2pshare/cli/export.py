"""export: everything in hand as a file, whole or not at all.

``jsonl`` is the signed log, one entry a line, with the exact bytes, so that anybody can check it
without p2pshare (docs/protocol.md sections 2 and 3), and beside them what they say where this
computer can read it. ``csv`` is the listings, for a spreadsheet. This module must not let
a peer's text become a formula.
"""

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from p2pshare.cli.listings import listing_document
from p2pshare.cli.output import Progress
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso
from p2pshare.domain.text import shown
from p2pshare.errors import NodeError

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger

JSON_LINES: Final = "jsonl"
SPREADSHEET: Final = "csv"

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Their full-width forms, which some spreadsheets take for the same.
_WIDE_FORMULA_BEGINNINGS: Final = tuple(chr(ord(one) + 0xFEE0) for one in "=+-@")

#: The columns of the spreadsheet: those of a listing in DESIGN section 12.
LISTING_COLUMNS: Final = (
    *("listing", "exchange_type", "item_type", "transaction_type", "title", "description"),
    *("category", "tags", "quantity", "available", "photos", "person", "person_name", "circle"),
    "updated",
)

_PROGRESS_STEP: Final = 500


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice([JSON_LINES, SPREADSHEET]),
    help="jsonl: every signed entry. csv: the listings. Else as the name of FILE ends.",
)
@pass_session
def export_command(session: Session, file: Path, form: str | None) -> None:
    """Write everything to FILE, for keeping or for other programs; an older FILE is replaced."""
    chosen = form or (SPREADSHEET if file.suffix.lower() == ".csv" else JSON_LINES)
    write = _write_listings if chosen == SPREADSHEET else _write_entries
    with (
        session.output.progress("Exporting") as progress,
        session.ledger() as ledger,
        whole_file(file) as stream,
    ):
        exported = write(ledger, stream, progress)
    if session.output.json:
        session.output.document({"exported": exported})
        return
    what = "listings" if chosen == SPREADSHEET else "entries"
    session.output.line("Exported ", (f"{exported} {what}", "bold"), f" to {file}")


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that gets its name when the block has ended well, and else leaves nothing.

    Its words are private as the ledger is: only its owner may read it. Raises NodeError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise NodeError(f"{path} cannot be written: {error.strerror or error}") from error


# --- the listings -----------------------------------------------------------------------------


def _write_listings(ledger: "Ledger", stream: TextIO, progress: Progress) -> int:
    views = ledger.queries.listings(ledger.today())
    writer = csv.writer(stream)
    writer.writerow(LISTING_COLUMNS)
    for done, view in enumerate(views, 1):
        document = listing_document(view)
        writer.writerow([spreadsheet_cell(document[column]) for column in LISTING_COLUMNS])
        if done % _PROGRESS_STEP == 0:
            progress(done, len(views))
    return len(views)


def spreadsheet_cell(value: object) -> str:
    """A value as text that no spreadsheet runs: a formula's beginning gets an apostrophe."""
    text = "; ".join(value) if isinstance(value, list) else str(value)
    harmless = shown(text, newlines=True)
    if isinstance(value, int):
        return harmless
    begins = harmless.lstrip(" ").startswith((*_FORMULA_BEGINNINGS, *_WIDE_FORMULA_BEGINNINGS))
    return f"'{harmless}" if begins else harmless


# --- the log ------------------------------------------------------------------------------------


def _write_entries(ledger: "Ledger", stream: TextIO, progress: Progress) -> int:
    from p2pshare.log.entry import decode_header

    read = _payload_reader(ledger)
    written = 0
    with ledger.database.snapshot() as connection:
        total = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        for identifier, person, header_bytes, signature, body in connection.execute(
            "SELECT e.id, f.person, e.header, e.signature, b.body FROM entries AS e"
            " JOIN feeds AS f ON f.number = e.feed"
            " LEFT JOIN bodies AS b ON b.entry = e.number ORDER BY e.number"
        ):
            header = decode_header(header_bytes)
            kind, payload = read(header, body)
            document = {
                "entry": identifier.hex(),
                "circle": header.circle.hex(),
                "feed": header.feed.hex(),
                "person": person.hex(),
                "seq": header.seq,
                "previous": header.previous.hex(),
                "time": iso(header.time_ms),
                "subject": (header.subject or identifier[:16]).hex(),
                "kind": kind,
                "sealed": header.sealed,
                "payload": payload,
                "header": header_bytes.hex(),
                "signature": signature.hex(),
                "body": None if body is None else body.hex(),
            }
            stream.write(json.dumps(document, ensure_ascii=True) + "\n")
            written += 1
            if written % _PROGRESS_STEP == 0:
                progress(written, total)
    return written


def _payload_reader(ledger: "Ledger") -> Callable[[Any, bytes | None], tuple[str, Any]]:
    """Gives the true kind of an entry and its payload as plain values, None if unreadable."""
    import msgspec

    from p2pshare.domain.bodies import decode_payload, decode_sealed_payload
    from p2pshare.log.body import clear_payload, open_body

    keys = ledger.reading_keys()

    def read(header: Any, body: bytes | None) -> tuple[str, Any]:
        if body is None:
            return header.kind, None
        if not header.sealed:
            decoded = decode_payload(header.kind, clear_payload(body))
            kind = header.kind
        else:
            payload = open_body(
                body, keys, circle=header.circle, feed=header.feed, previous=header.previous
            )
            opened = None if payload is None else decode_sealed_payload(payload)
            if opened is None:
                return header.kind, None
            kind, decoded = opened
        return kind, None if decoded is None else _plain(
            msgspec.to_builtins(decoded, builtin_types=(bytes,))
        )

    return read


def _plain(value: Any) -> Any:
    """``value`` with bytes as hex, as everywhere in what this program prints."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
