"""Tables for spreadsheets: the columns, and that no cell is ever run."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.exports.export_kit import (
    ADA,
    AT_MS,
    BEN,
    agreement,
    any_agreements,
    any_listings,
    any_payments,
    listing,
    payment,
    signed,
)

from p2pshare.domain.exports.spreadsheet import (
    AGREEMENTS,
    HOURS,
    LISTINGS,
    LOANS,
    spreadsheet_cell,
)


def named(sheet, view) -> dict[str, str]:
    return dict(zip(sheet.heading(), sheet.row(view), strict=True))


def test_a_listing_is_a_row() -> None:
    row = named(LISTINGS, listing(tags=("diy", "=1+1"), transaction_type=("borrow-lend", "hours")))
    assert row["tags"] == "diy; =1+1"
    assert row["transaction_type"] == "borrow-lend; hours"
    assert (row["quantity"], row["updated"]) == ("2", "2026-11-18T11:06:40Z")


def test_a_loan_is_a_row_with_who_signed_what_and_when() -> None:
    moves = signed("request", by=BEN) + signed("accept", "hand-over", "receive", "take-back")
    view = agreement(state="closed", signed_by=moves, due_at_ms=AT_MS, overdue=True)
    row = named(LOANS, view)
    assert (row["lender"], row["lender_name"]) == (ADA, "Ada")
    assert (row["borrower"], row["borrower_name"]) == (BEN, "Ben")
    assert (row["from"], row["until"]) == ("2026-11-20", "2026-11-27")
    assert (row["due_at"], row["overdue"]) == ("2026-11-18T11:06:40Z", "yes")
    assert (row["handed_over"], row["given_back"]) == (
        "2026-11-18T12:06:40Z",
        "2026-11-18T14:06:40Z",
    )
    assert row["signed_by"].startswith("request by Ben at 2026-11-18T11:06:40Z; accept by Ada at")
    assert named(LOANS, agreement())["handed_over"] == ""


def test_what_is_lent_by_the_hour_says_from_when_until_when():
    hours = replace(agreement(), until_day="2026-11-20", from_minute=540, until_minute=600)
    for sheet in (LOANS, AGREEMENTS):
        row = named(sheet, hours)
        assert (row["from"], row["until"]) == ("2026-11-20T09:00", "2026-11-20T10:00")


def test_every_kind_of_agreement_has_a_row() -> None:
    row = named(AGREEMENTS, agreement("session", "done", minutes=90))
    assert (row["kind"], row["minutes"], row["due_at"]) == ("session", "90", "")


def test_a_payment_is_a_row_in_minutes_and_hours() -> None:
    row = named(HOURS, payment(minutes=100, corrects="9b" * 16, confirmed=True))
    assert (row["minutes"], row["hours"]) == ("100", "1.67")
    assert (row["from_name"], row["to_name"]) == ("Ben", "Ada")
    assert (row["corrects"], row["confirmed"], row["desk"]) == ("9b" * 16, "yes", "no")


@given(st.one_of(any_listings(), any_agreements(), any_payments()))
def test_no_cell_of_any_row_is_a_formula(view) -> None:
    sheets = {
        "ListingView": (LISTINGS,),
        "AgreementView": (LOANS, AGREEMENTS),
        "PaymentView": (HOURS,),
    }
    for sheet in sheets[type(view).__name__]:
        row = sheet.row(view)
        assert len(row) == len(sheet.heading()) == len(set(sheet.heading()))
        assert not [cell for cell in row if cell.lstrip(" ")[:1] in tuple("=+-@\t\r")[:6] and cell]
        assert not [cell for cell in row if "\x00" in cell or "\r" in cell]


@pytest.mark.parametrize(
    "begins", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\n="]
)
def test_no_cell_is_a_formula(begins: str) -> None:
    assert spreadsheet_cell(f"{begins}1") == f"'{begins}1"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("a=b", "a=b"),
        (3, "3"),
        (-3, "-3"),
        (1.5, "1.5"),
        (True, "yes"),
        (False, "no"),
        (None, ""),
        (["a", "b"], "a; b"),
        (("=a", "b"), "'=a; b"),
        ("", ""),
        ("\t=1", "\\u{9}=1"),
    ],
)
def test_other_cells_are_as_they_are(value: object, cell: str) -> None:
    assert spreadsheet_cell(value) == cell
