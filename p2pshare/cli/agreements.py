"""The moves of every agreement as commands, and the words for what came of them.

The commands are made from the tables of ``domain``: there is no list of moves here, nor of what a
move can say. Used by ``cli.loans``, ``cli.gifts`` and ``cli.repairs``; ``cli.one_agreement`` shows
one whole.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain
from p2pshare.cli.parameters import text
from p2pshare.cli.photos import taken_in
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.agreement_bodies import ANSWERS, CONDITIONS, REPORTS
from p2pshare.domain.agreement_table import AgreementTable
from p2pshare.domain.loan import LOAN
from p2pshare.domain.move_words import move_words, period_words, told_of
from p2pshare.domain.usage import OUT_MOVES
from p2pshare.errors import UnknownReference

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.commands import Command
    from p2pshare.domain.views import AgreementView, SignedMoveView
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


def perform_move(
    session: Session, agreement: str, move: str, told: Told, *, kind: str, **said: Any
) -> None:
    """Make a move of an agreement of that kind, named by the beginning of its id, and tell what it
    made.
    """
    from p2pshare.domain.commands import MoveAgreement

    with session.ledger() as ledger:
        identifier = identified(ledger, agreement, kind).agreement
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
        listing = ledger.queries.listing(view.listing, ledger.today())
    told(session, identifier, view, move)
    notice = "" if listing is None or move not in OUT_MOVES else listing.policy.notice
    if kind == LOAN.kind and notice and not session.output.json:
        session.output.line(("At the hand-over: ", "dim"), plain(notice, newlines=True))


def identified(ledger: "Ledger", agreement: str, kind: str) -> "AgreementView":
    """The agreement whose id begins so, if it is of that kind. Raises UnknownReference."""
    view = view_of(ledger, ledger.agreement_id(agreement))
    if view.kind != kind:
        raise UnknownReference(f"that is a {view.kind}, not a {kind}: p2pshare-cli {view.kind}")
    return view


def listed(session: Session, table: AgreementTable) -> "list[AgreementView]":
    """The agreements of that kind in which whoever acts takes part, those changed last first."""
    with session.ledger() as ledger:
        return ledger.queries.agreements(
            ledger.clock.time_ms(),
            kind=table.kind,
            persons=own_persons(session, ledger),
            circle=session.circle_hex(ledger),
        )


def days_of(view: "AgreementView") -> str:
    """When it is, with times where it is not for whole days."""
    return period_words(view.span)


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
        perform_move(session, agreement, move, told, kind=table.kind, **said)

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
        said = move_words(dict(one.details))
        if said:
            words.append_text(plain(f" ({'; '.join(said)})", "dim"))
        if one.note:
            words.append_text(plain(f" “{one.note}”", "italic"))
    return words


def said_words(note: str, said: Iterable[str]) -> "Text":
    """What a move said, a line each: the note in quotes, so that it passes for nothing else."""
    words = plain(f"“{note}”" if note else "", "italic")
    for line in said:
        words.append("\n" if words else "")
        words.append_text(plain(line))
    return words


def signed_document(one: "SignedMoveView") -> dict[str, Any]:
    """A signature as programs get it; ``desk`` where it was signed at one, ``details`` where it
    said more than a note.
    """
    from p2pshare.domain.instants import iso

    details = told_of(dict(one.details))
    return {
        "move": one.move,
        "person": one.person,
        "at": iso(one.at_ms),
        **({"desk": True} if one.desk else {}),
        **({"details": details} if details else {}),
    }


def alarming_document(view: "AgreementView") -> dict[str, Any]:
    """What must not be missed: ``conflict`` where more is promised than there is, ``denied`` where
    entries were revoked.
    """
    return {
        **({"conflict": True} if view.conflict else {}),
        **({"denied": list(view.denied)} if view.denied else {}),
    }
