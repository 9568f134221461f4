"""export: what is in hand as a file, whole or not at all.

Only the command line is read here: which formats there are, and how they are written, is
``node.exports``'; that a profile is published by consent alone is ``domain.exports.murmurations``'.
"""

from pathlib import Path
from typing import Final

import click

from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.exports.murmurations import (
    GEOGRAPHIC_SCOPES,
    NO_CONSENT,
    Consent,
    consent,
)
from p2pshare.errors import DomainError
from p2pshare.node.exports.formats import (
    FORMATS,
    MURMURATIONS,
    SPREADSHEET,
    export_file,
    format_of,
)
from p2pshare.node.exports.request import ExportRequest
from p2pshare.node.exports.sheets import TABLES

_FORMATS_HELP: Final = "; ".join(f"{name}: {form.about}" for name, form in FORMATS.items())


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    help=f"{_FORMATS_HELP}. Else as the name of FILE ends.",
)
@click.option(
    "--what",
    "table",
    type=click.Choice(TABLES),
    help="Which table, for csv; the listings if you do not say.",
)
@click.option(
    "--consent-to-publish",
    "agreed",
    is_flag=True,
    help="For murmurations: everybody may read your listings and how to reach you.",
)
@click.option("--email", type=text, metavar="ADDRESS", help="For murmurations: your e-mail.")
@click.option(
    "--contact-form", type=text, metavar="URL", help="For murmurations: a page to reach you by."
)
@click.option(
    "--geographic-scope",
    "scope",
    type=click.Choice(GEOGRAPHIC_SCOPES),
    help="For murmurations: for people from how far around; local if you do not say.",
)
@pass_session
def export_command(
    session: Session,
    file: Path,
    form: str | None,
    table: str | None,
    agreed: bool,
    email: str | None,
    contact_form: str | None,
    scope: str | None,
) -> None:
    """Write what is in hand to FILE, for keeping or for other programs; an older FILE is replaced.

    With --as, only the agreements and payments of that person. Murmurations profiles are a JSON
    list, or one document each in an archive if FILE ends in .zip.
    """
    chosen = form or format_of(file.suffix)
    published = (agreed or None, email, contact_form, scope)
    if chosen != SPREADSHEET and table is not None:
        raise click.UsageError(f"--what goes with --format {SPREADSHEET}")
    if chosen != MURMURATIONS and any(one is not None for one in published):
        raise click.UsageError(
            f"--consent-to-publish and how to reach you go with --format {MURMURATIONS}"
        )
    allowed = _consent(agreed, email, contact_form, scope) if chosen == MURMURATIONS else None
    with session.output.progress("Exporting") as progress, session.ledger() as ledger:
        request = ExportRequest(
            person=None if session.acting is None else session.actor(ledger),
            circle=session.circle_named(ledger),
            table=table or TABLES[0],
            consent=allowed,
        )
        written = export_file(ledger, file, chosen, request, progress)
    if session.output.json:
        session.output.document({"exported": written.number})
        return
    session.output.line("Exported ", (written.words, "bold"), f" to {file}")


def _consent(
    agreed: bool, email: str | None, contact_form: str | None, scope: str | None
) -> Consent:
    if not agreed:
        raise DomainError(f"{NO_CONSENT}; add --consent-to-publish if you agree")
    return consent(
        agreed,
        email=email or "",
        contact_form=contact_form or "",
        scope=scope or GEOGRAPHIC_SCOPES[0],
    )
