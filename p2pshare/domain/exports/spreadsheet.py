"""Tables for spreadsheets: which columns there are, and cells that no spreadsheet runs.

The listings' columns are those of DESIGN section 12, the loans' and payments' too, with what else
one would sort by. A peer's text must never become a formula here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from p2pshare.domain.days import moments
from p2pshare.domain.exports.payments import PaymentView
from p2pshare.domain.instants import iso, iso_or_none
from p2pshare.domain.text import shown
from p2pshare.domain.views import AgreementView, ListingView

View = TypeVar("View")

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
_FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Their full-width forms, which some spreadsheets take for the same.
_WIDE_FORMULA_BEGINNINGS: Final = tuple(chr(ord(one) + 0xFEE0) for one in "=+-@")


@dataclass(frozen=True, slots=True)
class Sheet(Generic[View]):
    """A table of views: the columns in their order, each with how a view gives its value."""

    columns: dict[str, Callable[[View], object]]

    def heading(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns)

    def row(self, view: View) -> list[str]:
        """The cells of one view."""
        return [spreadsheet_cell(value(view)) for value in self.columns.values()]


def spreadsheet_cell(value: object) -> str:
    """A value as text that no spreadsheet runs: a formula's beginning gets an apostrophe.

    Nothing is an empty cell, several values are joined by semicolons.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    harmless = shown(text, newlines=True)
    begins = harmless.lstrip(" ").startswith((*_FORMULA_BEGINNINGS, *_WIDE_FORMULA_BEGINNINGS))
    return f"'{harmless}" if begins else harmless


LISTINGS: Final[Sheet[ListingView]] = Sheet(
    {
        "listing": lambda view: view.listing,
        "exchange_type": lambda view: view.exchange_type,
        "item_type": lambda view: view.item_type,
        "transaction_type": lambda view: view.transaction_type,
        "title": lambda view: view.title,
        "description": lambda view: view.description,
        "category": lambda view: view.category,
        "tags": lambda view: view.tags,
        "quantity": lambda view: view.quantity,
        "available": lambda view: view.available,
        "photos": lambda view: view.photos,
        "person": lambda view: view.person,
        "person_name": lambda view: view.person_name,
        "circle": lambda view: view.circle,
        "updated": lambda view: iso(view.updated_ms),
    }
)

LOANS: Final[Sheet[AgreementView]] = Sheet(
    {
        "loan": lambda view: view.agreement,
        "listing": lambda view: view.listing,
        "title": lambda view: view.title,
        "lender": lambda view: view.owner,
        "lender_name": lambda view: view.owner_name,
        "borrower": lambda view: view.asker,
        "borrower_name": lambda view: view.asker_name,
        "state": lambda view: view.state,
        "from": lambda view: moments(view.span)[0],
        "until": lambda view: moments(view.span)[1],
        "due_at": lambda view: iso_or_none(view.due_at_ms),
        "overdue": lambda view: view.overdue,
        "quantity": lambda view: view.quantity,
        "handed_over": lambda view: _first(view, "hand-over", "receive"),
        "given_back": lambda view: _first(view, "give-back", "take-back"),
        "note": lambda view: view.note,
        "signed_by": lambda view: _signed_by(view),
        "circle": lambda view: view.circle,
    }
)

AGREEMENTS: Final[Sheet[AgreementView]] = Sheet(
    {
        "kind": lambda view: view.kind,
        "agreement": lambda view: view.agreement,
        "listing": lambda view: view.listing,
        "title": lambda view: view.title,
        "owner": lambda view: view.owner,
        "owner_name": lambda view: view.owner_name,
        "asker": lambda view: view.asker,
        "asker_name": lambda view: view.asker_name,
        "state": lambda view: view.state,
        "from": lambda view: moments(view.span)[0],
        "until": lambda view: moments(view.span)[1],
        "due_at": lambda view: iso_or_none(view.due_at_ms),
        "quantity": lambda view: view.quantity,
        "minutes": lambda view: view.minutes,
        "note": lambda view: view.note,
        "signed_by": lambda view: _signed_by(view),
        "circle": lambda view: view.circle,
    }
)

HOURS: Final[Sheet[PaymentView]] = Sheet(
    {
        "payment": lambda view: view.payment,
        "from": lambda view: view.payer,
        "from_name": lambda view: view.payer_name,
        "to": lambda view: view.payee,
        "to_name": lambda view: view.payee_name,
        "minutes": lambda view: view.minutes,
        "hours": lambda view: f"{view.minutes / 60:.2f}",
        "at": lambda view: iso(view.at_ms),
        "gift": lambda view: view.gift,
        "corrects": lambda view: view.corrects,
        "confirmed": lambda view: view.confirmed,
        "desk": lambda view: view.desk,
        "circle": lambda view: view.circle,
    }
)


def _signed_by(view: AgreementView) -> list[str]:
    names = {view.owner: view.owner_name, view.asker: view.asker_name}
    return [
        f"{one.move} by {names.get(one.person) or one.person[:8]} at {iso(one.at_ms)}"
        for one in view.signed_by
    ]


def _first(view: AgreementView, *moves: str) -> str | None:
    """When the first of these moves was signed."""
    return next((iso(one.at_ms) for one in view.signed_by if one.move in moves), None)
