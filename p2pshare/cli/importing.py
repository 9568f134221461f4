"""import: the list of another program becomes listings of one's own, or history.

Exit code 1 only where nothing could be read; rows that could not are told on standard error, a
line each.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.output import one_line
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.lists.history_reading import HISTORY_FORMAT_NAMES
from p2pshare.domain.lists.reading import FORMAT_NAMES
from p2pshare.limits import LIST_BYTES_MAX

if TYPE_CHECKING:
    from p2pshare.node.importing import ImportResult, RowRemark

ROWS_SHOWN_MAX: Final = 40


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice((*FORMAT_NAMES, *HISTORY_FORMAT_NAMES)),
    help="From which program FILE is, and what it lists; else its columns tell.",
)
@click.option(
    "--source", type=text, metavar="NAME", help="What to call where members or loans are from."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@pass_session
def import_command(
    session: Session, file: Path, form: str | None, source: str | None, dry_run: bool
) -> None:
    """Offer what is listed in FILE: of Homebox, Snipe-IT, Lend Engine or leihs, or any table.

    A list of members, of loans that were made, or of hours that were given becomes history: sealed
    to you alone, and listed by p2pshare-cli history. TimeOverflow's files have no row with names:
    say --format for them.

    The same file again adds nothing; a changed file changes what it says otherwise.
    """
    from p2pshare.node.importing import import_list
    from p2pshare.node.whole_file import read_bounded

    with session.ledger() as ledger:
        person = session.actor(ledger)
        circle = session.circle_named(ledger)
        data = read_bounded(file, LIST_BYTES_MAX)
        with session.output.progress("Trying" if dry_run else "Importing") as progress:
            result = import_list(
                ledger,
                person,
                data,
                circle=circle,
                form=form,
                source=source,
                dry_run=dry_run,
                progress=progress,
            )
    if session.output.json:
        session.output.document(import_document(result))
        return
    _show(session, result, dry_run=dry_run)


def import_document(result: "ImportResult") -> dict[str, Any]:
    """What became of a list, as programs get it (DESIGN section 12)."""
    return {
        "imported": result.imported,
        "updated": result.updated,
        "skipped": result.skipped,
        "rejected": [{"row": one.row, "error": one.reason} for one in result.rejected],
    }


def _show(session: Session, result: "ImportResult", *, dry_run: bool) -> None:
    _tell("skipped", result.passed)
    _tell("rejected", result.rejected)
    for remark in result.remarks:
        session.output.line((f"{remark[:1].upper()}{remark[1:]}.", "dim"))
    would = "Nothing is changed yet. This would be: " if dry_run else ""
    session.output.line(
        (f"{would}{result.imported} imported", "bold"),
        f", {result.updated} changed, {result.skipped} skipped,"
        f" {len(result.rejected)} rejected (read as {result.format}).",
    )
    if not (result.imported or result.updated or result.rejected or result.passed):
        session.output.line("There is nothing new in this list.")
    elif result.format in HISTORY_FORMAT_NAMES and not dry_run:
        session.output.line(
            ("Only you can read it: p2pshare-cli history, p2pshare-cli history members", "dim")
        )


def _tell(what: str, rows: "Sequence[RowRemark]") -> None:
    """Rows by number and reason, on standard error, not all of very many."""
    for one in rows[:ROWS_SHOWN_MAX]:
        sys.stderr.write(f"row {one.row} {what}: {one_line(one.reason)}\n")
    if len(rows) > ROWS_SHOWN_MAX:
        sys.stderr.write(f"… and {len(rows) - ROWS_SHOWN_MAX} more rows {what}\n")
