"""loan, loans: asking, lending, giving back.

The moves are those of ``domain.loan``'s table, as are the words for them: there is no list of moves
here. What may be done next is asked of the ledger, not decided.
"""

from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.agreements import (
    NOTE,
    add_moves,
    alarming_document,
    days_of,
    listed,
    perform_opening,
    signed_document,
    signed_words,
    state_words,
)
from p2pshare.cli.one_agreement import add_show
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso_or_none
from p2pshare.domain.days import moments
from p2pshare.domain.loan import LOAN

if TYPE_CHECKING:
    from p2pshare.domain.views import AgreementView

_WITH_DUE: Final = frozenset({"renew", "grant", "refuse", "report", "dispute", "settle"})
"""Moves after which programs are told when it is due."""


@click.group("loan", no_args_is_help=False)
def loan_command() -> None:
    """Ask to borrow, lend, give back.

    One of you saying what happened is enough; if both do, both have signed the receipt.
    """


@loan_command.command(LOAN.opening.move)
@click.argument("listing", type=text)
@click.option(
    "--from",
    "from_day",
    type=text,
    metavar="D",
    help="The first day, or 2026-11-28T09:00.",
)
@click.option("--until", "until_day", type=text, metavar="D", help="The last day, that included.")
@click.option("--quantity", type=int, default=1, help="How many of it.")
@NOTE
@pass_session
def request_command(
    session: Session,
    listing: str,
    from_day: str | None,
    until_day: str | None,
    quantity: int,
    note: str,
) -> None:
    """Ask to borrow LISTING; without days, for a week from today."""
    from p2pshare.domain.commands import RequestLoan

    perform_opening(
        session,
        lambda ledger: RequestLoan(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(ledger.listing_id(listing)),
            from_day=from_day,
            until_day=until_day,
            quantity=quantity,
            note=note,
        ),
        _told,
    )


def _told(session: Session, loan: str, view: "AgreementView", move: str) -> None:
    if session.output.json:
        document: dict[str, str | None] = {"loan": loan, "state": view.state}
        if move in _WITH_DUE:
            document["due_at"] = iso_or_none(view.due_at_ms)
        session.output.document(document)
        return
    session.output.line(
        (view.title, "bold"),
        " is ",
        state_words(view),
        f", {days_of(view)}",
        (f"   {short(loan)}", "dim"),
    )


add_moves(loan_command, LOAN, _told)


@click.command("loans")
@pass_session
def loans_command(session: Session) -> None:
    """Your loans, those that changed last first."""
    views = listed(session, LOAN)
    if session.output.json:
        session.output.document([loan_document(view) for view in views])
        return
    session.output.table(
        ("id", "what", "lent by", "lent to", "days", "state", "signed"),
        [
            (
                plain(short(view.agreement), "dim"),
                plain(view.title, "bold"),
                plain(view.owner_name),
                plain(view.asker_name),
                days_of(view),
                state_words(view),
                signed_words(view),
            )
            for view in views
        ],
        nothing="no loans yet; p2pshare-cli loan request LISTING asks for one",
    )


def loan_document(view: "AgreementView") -> dict[str, Any]:
    """A loan as programs get it: the keys of DESIGN section 12, and what must not be missed.

    ``from`` and ``until`` are days, or moments where it is lent by the hour.
    """
    begins, ends = moments(view.span)
    return {
        "loan": view.agreement,
        "listing": view.listing,
        "title": view.title,
        "lender": view.owner,
        "lender_name": view.owner_name,
        "borrower": view.asker,
        "borrower_name": view.asker_name,
        "state": view.state,
        "from": begins,
        "until": ends,
        "due_at": iso_or_none(view.due_at_ms),
        "overdue": view.overdue,
        "signed_by": [signed_document(one) for one in view.signed_by],
        **alarming_document(view),
    }


add_show(loan_command, LOAN, loan_document)
