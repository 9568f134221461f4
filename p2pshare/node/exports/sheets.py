"""CSV (RFC 4180) for spreadsheets: listings, loans, all agreements, or payments of hours."""

import csv
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

from p2pshare.domain.exports.spreadsheet import AGREEMENTS, HOURS, LISTINGS, LOANS, Sheet
from p2pshare.domain.loan import LOAN
from p2pshare.node.exports.request import PROGRESS_STEP, ExportRequest, Progress, Written
from p2pshare.store.exported import Exported

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger

TABLES: Final = ("listings", "loans", "agreements", "hours")
"""The tables there are; the first one if none is named."""


def write_sheet(
    ledger: "Ledger", stream: TextIO, progress: Progress, request: ExportRequest
) -> Written:
    """Write the table that ``request`` names, a heading first. Raises StoreError."""
    with ledger.database.snapshot():
        sheet, views = _rows(ledger, request)
    writer = csv.writer(stream)
    writer.writerow(sheet.heading())
    for done, view in enumerate(views, 1):
        writer.writerow(sheet.row(view))
        if done % PROGRESS_STEP == 0:
            progress(done, len(views))
    return Written(len(views), "payments" if request.table == "hours" else request.table)


def _rows(ledger: "Ledger", request: ExportRequest) -> tuple[Sheet[Any], Sequence[Any]]:
    if request.table == "hours":
        exported = Exported(ledger.database.connection)
        return HOURS, exported.payments(circle=request.circle_hex, person=request.person_hex)
    if request.table in ("loans", "agreements"):
        only_loans = request.table == "loans"
        views = ledger.queries.agreements(
            ledger.clock.time_ms(),
            kind=LOAN.kind if only_loans else None,
            persons=request.persons(ledger),
            circle=request.circle_hex,
        )
        return LOANS if only_loans else AGREEMENTS, views
    return LISTINGS, ledger.queries.listings(ledger.today(), circle=request.circle_hex)
