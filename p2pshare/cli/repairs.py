"""repair, repairs: tickets for one's own things that are broken.

The states are those of ``domain.repair``'s table, whose move leads there is looked up in it.
"""

from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.agreements import listed, perform_move, perform_opening, state_words
from p2pshare.cli.one_agreement import add_show
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.repair import OPEN, REPAIR, RESOLVED, RETIRED

if TYPE_CHECKING:
    from p2pshare.domain.views import AgreementView

_NOTE: Final = click.option("--note", type=text, default="", help="A word to yourself.")

_MOVE_TO: Final = {row.to_state: row.move for row in REPAIR.rows[1:]}
"""The move that leads to a state."""


@click.group("repair", no_args_is_help=False)
def repair_command() -> None:
    """Take a broken thing of yours off the shelf until it works again."""


@repair_command.command("open")
@click.argument("listing", type=text)
@click.option("--quantity", type=int, default=1, help="How many of it are broken.")
@click.option("--fixer", is_flag=True, help="Also ask everybody nearby for somebody to repair it.")
@_NOTE
@pass_session
def open_command(session: Session, listing: str, quantity: int, fixer: bool, note: str) -> None:
    """Open a ticket for LISTING; it is off the shelf until the ticket is closed."""
    from p2pshare.domain.commands import OpenRepair

    perform_opening(
        session,
        lambda ledger: OpenRepair(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(ledger.listing_id(listing)),
            quantity=quantity,
            fixer=fixer,
            note=note,
        ),
        _told,
    )


@repair_command.command("move")
@click.argument("ticket", type=text)
@click.argument("state", type=click.Choice(OPEN))
@_NOTE
@pass_session
def move_command(session: Session, ticket: str, state: str, note: str) -> None:
    """Say where the repair stands."""
    perform_move(session, ticket, _MOVE_TO[state], _told, kind=REPAIR.kind, note=note)


@repair_command.command("close")
@click.argument("ticket", type=text)
@click.option("--retired", is_flag=True, help="It cannot be repaired and is gone for good.")
@_NOTE
@pass_session
def close_command(session: Session, ticket: str, retired: bool, note: str) -> None:
    """Say that it works again, or that it never will."""
    move = _MOVE_TO[RETIRED if retired else RESOLVED]
    perform_move(session, ticket, move, _told, kind=REPAIR.kind, note=note)


@click.command("repairs")
@pass_session
def repairs_command(session: Session) -> None:
    """Your tickets, those that changed last first."""
    views = listed(session, REPAIR)
    if session.output.json:
        session.output.document([ticket_document(view) for view in views])
        return
    session.output.table(
        ("id", "what", "since", "state", "note"),
        [
            (
                plain(short(view.agreement), "dim"),
                plain(view.title, "bold"),
                view.from_day,
                state_words(view),
                plain(view.note),
            )
            for view in views
        ],
        nothing="nothing is broken; p2pshare-cli repair open LISTING opens a ticket",
    )


def _told(session: Session, ticket: str, view: "AgreementView", _move: str) -> None:
    if session.output.json:
        session.output.document({"ticket": ticket, "state": view.state})
        return
    session.output.line(
        (view.title, "bold"), " is in repair: ", state_words(view), (f"   {short(ticket)}", "dim")
    )


def ticket_document(view: "AgreementView") -> dict[str, Any]:
    """A ticket as programs get it."""
    return {
        "ticket": view.agreement,
        "listing": view.listing,
        "title": view.title,
        "quantity": view.quantity,
        "state": view.state,
        "since": view.from_day,
        "note": view.note,
    }


add_show(repair_command, REPAIR, ticket_document)
