"""gift, session, gifts, sessions, and the moves of every agreement.

The commands for moves are made from the tables of ``domain``: there is no list of moves here, nor
of what a move can say. ``cli.loans`` and ``cli.repairs`` use the same.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.photos import taken_in
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.agreement_bodies import ANSWERS, CONDITIONS, REPORTS
from p2pshare.domain.agreement_table import AgreementTable
from p2pshare.domain.gift import GIFT
from p2pshare.domain.session import SESSION

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.commands import Command
    from p2pshare.domain.views import AgreementView
    from p2pshare.node.ledger import Ledger

NOTE: Final = click.option(
    "--note", type=text, default="", help="A word to the other; only the two of you can read it."
)

#: What moves can say beside a note: the field of the body that has a place for it, and its option.
_OPTIONS: Final = {
    "until_day": click.option(
        "--until", type=text, metavar="D", help="The last day, 2026-11-28, or a time of it."
    ),
    "minutes": click.option("--minutes", type=int, metavar="N", help="How long it took."),
    "condition": click.option(
        "--condition", type=click.Choice(CONDITIONS), help="In what state it is."
    ),
    "checked": click.option(
        "--checked", type=text, multiple=True, help="A point that was found well: clean."
    ),
    "missing": click.option(
        "--missing", type=text, multiple=True, metavar="PART", help="A part that is not there."
    ),
    "photos": click.option(
        "--photo", "photos", metavar="FILE", multiple=True, help="A picture of how it is."
    ),
    "instead": click.option(
        "--instead",
        type=click.Choice(ANSWERS),
        help="What you would have done without it: buy one, hire one, go without.",
    ),
    "what": click.option(
        "--kind", "what", type=click.Choice(REPORTS), required=True, help="What happened."
    ),
    "part": click.option("--part", type=text, default="", help="Which part."),
}

Told = Callable[[Session, str, "AgreementView", str], None]
"""Tells what a move (its name last) made of an agreement (its id)."""


def add_moves(group: click.Group, table: AgreementTable, told: Told) -> None:
    """Give ``group`` a command for each move of ``table`` but the opening one."""
    for move in table.moves[1:]:
        group.add_command(_move_command(table, move, told))


def perform_opening(session: Session, make: Callable[["Ledger"], "Command"], told: Told) -> None:
    """Perform the command that ``make`` builds, and tell what it made."""
    with session.ledger() as ledger:
        agreement = ledger.perform(make(ledger))[0].subject.hex()
        view = view_of(ledger, agreement)
    told(session, agreement, view, "")


def perform_move(session: Session, agreement: str, move: str, told: Told, **said: Any) -> None:
    """Make a move of an agreement, named by the beginning of its id, and tell what it made."""
    from p2pshare.domain.commands import MoveAgreement

    with session.ledger() as ledger:
        identifier = ledger.agreement_id(agreement)
        if "photos" in said:
            said["photos"] = taken_in(ledger, said["photos"])
        ledger.perform(
            MoveAgreement(
                person=session.actor(ledger),
                circle=session.circle_named(ledger),
                agreement=bytes.fromhex(identifier),
                move=move,
                **said,
            )
        )
        view = view_of(ledger, identifier)
    told(session, identifier, view, move)


def view_of(ledger: "Ledger", agreement: str) -> "AgreementView":
    """An agreement as people see it, by its whole id."""
    return ledger.queries.agreements(ledger.clock.time_ms(), agreement=agreement)[0]


def _move_command(table: AgreementTable, move: str, told: Told) -> click.Command:
    rows = [row for row in table.rows if row.move == move]
    roles = " or ".join(dict.fromkeys(role for row in rows for role in row.roles))
    states = dict.fromkeys(state for row in rows for state in row.from_states)
    when = " or ".join(state.replace("_", " ") for state in states)

    @pass_session
    def command(session: Session, /, agreement: str, **said: Any) -> None:
        perform_move(session, agreement, move, told, **said)

    fields = table.body_of(move).__struct_fields__
    for option in [option for name, option in reversed(_OPTIONS.items()) if name in fields]:
        command = option(command)
    command = click.argument("agreement", metavar="ID", type=text)(NOTE(command))
    label = table.label_of(move)
    return click.command(
        move,
        help=f"{label}: for the {roles}, while it is {when}.",
        short_help=f"{label} ({roles}).",
    )(command)


def state_words(view: "AgreementView") -> "Text":
    """The state in plain words, with what somebody should know about it."""
    words = [view.state.replace("_", " ")]
    if view.overdue:
        words.append("overdue")
    if view.asked_until is not None:
        words.append(f"asked for until {view.asked_until[:10]}")
    if view.conflict:
        words.append("promised twice")
    if view.denied:
        words.append(f"{len(view.denied)} entries revoked")
    alarming = view.overdue or view.conflict or view.denied or view.state == "disputed"
    return plain(", ".join(words), "bold red" if alarming else "bold")


def signed_words(view: "AgreementView") -> "Text":
    """Who signed what, with their notes, and where it was signed at a desk."""
    names = {view.owner: view.owner_name, view.asker: view.asker_name}
    words = plain("")
    for place, one in enumerate(view.signed_by):
        words.append(", " if place else "")
        words.append_text(plain(f"{one.move} {names.get(one.person, '')}".strip()))
        if one.desk:
            words.append(" at the desk", "dim")
        if one.note:
            words.append_text(plain(f" “{one.note}”", "italic"))
    return words


# --- gifts and sessions -----------------------------------------------------------------------


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


add_moves(gift_command, GIFT, _told)
add_moves(session_command, SESSION, _told)


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
    with session.ledger() as ledger:
        circle = session.circle_named(ledger)
        views = ledger.queries.agreements(
            ledger.clock.time_ms(),
            kind=table.kind,
            persons=own_persons(session, ledger),
            circle=None if circle is None else circle.hex(),
        )
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
                view.from_day,
                state_words(view),
                signed_words(view),
            )
            for view in views
        ],
        nothing=nothing,
    )


def agreement_document(view: "AgreementView") -> dict[str, Any]:
    """A gift or session as programs get it; a loan has the keys of DESIGN section 12."""
    from p2pshare.domain.instants import iso

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
        "day": view.from_day,
        "minutes": view.minutes,
        "signed_by": [
            {"move": one.move, "person": one.person, "at": iso(one.at_ms), "desk": one.desk}
            for one in view.signed_by
        ],
    }
