"""gift, gifts, session, sessions: what is given away, and being taught or helped.

The moves are those of the tables in ``domain``, as for loans: ``cli.agreements`` makes them.
"""

from typing import TYPE_CHECKING, Any

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
from p2pshare.domain.agreement_table import AgreementTable
from p2pshare.domain.days import moments
from p2pshare.domain.gift import GIFT
from p2pshare.domain.session import SESSION

if TYPE_CHECKING:
    from p2pshare.domain.views import AgreementView


def _told(session: Session, agreement: str, view: "AgreementView", _move: str) -> None:
    if session.output.json:
        session.output.document({"agreement": agreement, "kind": view.kind, "state": view.state})
        return
    session.output.line(
        (view.title, "bold"), " is ", state_words(view), (f"   {short(agreement)}", "dim")
    )


@click.group("gift", no_args_is_help=False)
def gift_command() -> None:
    """Ask for what is given away, give, receive."""


@gift_command.command(GIFT.opening.move)
@click.argument("listing", type=text)
@click.option("--quantity", type=int, default=1, help="How many of it.")
@NOTE
@pass_session
def gift_request_command(session: Session, listing: str, quantity: int, note: str) -> None:
    """Ask to be given LISTING."""
    from p2pshare.domain.commands import RequestGift

    perform_opening(
        session,
        lambda ledger: RequestGift(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(ledger.listing_id(listing)),
            quantity=quantity,
            note=note,
        ),
        _told,
    )


@click.group("session", no_args_is_help=False)
def session_command() -> None:
    """Be taught or helped, or teach or help: ask, agree, say that it took place.

    Hours move only when whoever was helped pays them: hours pay.
    """


@session_command.command(SESSION.opening.move)
@click.argument("listing", type=text)
@click.option("--at", type=text, metavar="D", help="The day, 2026-11-28, or 2026-11-28T14:30.")
@click.option("--minutes", type=int, metavar="N", help="About how long.")
@NOTE
@pass_session
def session_request_command(
    session: Session, listing: str, at: str | None, minutes: int | None, note: str
) -> None:
    """Ask for a session about LISTING, or answer a want with one; without a day it is today."""
    from p2pshare.domain.commands import RequestSession

    perform_opening(
        session,
        lambda ledger: RequestSession(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(ledger.listing_id(listing)),
            at=at,
            minutes=minutes,
            note=note,
        ),
        _told,
    )


@click.command("gifts")
@pass_session
def gifts_command(session: Session) -> None:
    """What you were given and gave away, what changed last first."""
    _list(session, GIFT, "no gifts yet; p2pshare-cli gift request LISTING asks for one")


@click.command("sessions")
@pass_session
def sessions_command(session: Session) -> None:
    """Your sessions, those that changed last first."""
    _list(session, SESSION, "no sessions yet; p2pshare-cli session request LISTING asks for one")


def _list(session: Session, table: AgreementTable, nothing: str) -> None:
    views = listed(session, table)
    if session.output.json:
        session.output.document([agreement_document(view) for view in views])
        return
    asker, owner = table.roles
    session.output.table(
        ("id", "what", owner, asker, "day", "state", "signed"),
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
        nothing=nothing,
    )


def agreement_document(view: "AgreementView") -> dict[str, Any]:
    """A gift or session as programs get it; a loan has the keys of DESIGN section 12.

    ``day`` is a moment where a time of day was agreed.
    """
    return {
        "agreement": view.agreement,
        "kind": view.kind,
        "listing": view.listing,
        "title": view.title,
        "owner": view.owner,
        "owner_name": view.owner_name,
        "asker": view.asker,
        "asker_name": view.asker_name,
        "state": view.state,
        "quantity": view.quantity,
        "day": moments(view.span)[0],
        "minutes": view.minutes,
        "signed_by": [signed_document(one) for one in view.signed_by],
        **alarming_document(view),
    }


for _group, _table in ((gift_command, GIFT), (session_command, SESSION)):
    add_moves(_group, _table, _told)
    add_show(_group, _table, agreement_document)
