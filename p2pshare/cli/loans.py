"""loan, loans: asking, lending, giving back.

The moves are those of ``domain.loan``'s table, as are the words for them: there is no list of moves
here. What may be done next is asked of the ledger, not decided.
"""

from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso, iso_or_none
from p2pshare.domain.loan import LOAN

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.views import AgreementView
    from p2pshare.node.ledger import Ledger

_NOTE: Final = click.option(
    "--note", type=text, default="", help="A word to the other; only the two of you can read it."
)


@click.group("loan", no_args_is_help=False)
def loan_command() -> None:
    """Ask to borrow, lend, give back.

    One of you saying what happened is enough; if both do, both have signed the receipt.
    """


@loan_command.command(LOAN.opening.move)
@click.argument("listing", type=text)
@click.option("--from", "from_day", type=text, metavar="D", help="The first day, 2026-11-28.")
@click.option("--until", "until_day", type=text, metavar="D", help="The last day, that included.")
@click.option("--quantity", type=int, default=1, help="How many of it.")
@_NOTE
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

    with session.ledger() as ledger:
        command = RequestLoan(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(ledger.listing_id(listing)),
            from_day=from_day,
            until_day=until_day,
            quantity=quantity,
            note=note,
        )
        loan = ledger.perform(command)[0].subject.hex()
        view = _view(ledger, loan)
    _moved(session, loan, view)


def _move_command(move: str) -> click.Command:
    """The command for one move of the table."""
    rows = [row for row in LOAN.rows if row.move == move]
    roles = " or ".join(dict.fromkeys(role for row in rows for role in row.roles))
    states = dict.fromkeys(state for row in rows for state in row.from_states)
    when = " or ".join(state.replace("_", " ") for state in states)

    @click.command(
        move,
        help=f"{LOAN.label_of(move)}: for the {roles}, while it is {when}.",
        short_help=f"{LOAN.label_of(move)} ({roles}).",
    )
    @click.argument("loan", metavar="ID", type=text)
    @_NOTE
    @pass_session
    def command(session: Session, loan: str, note: str) -> None:
        from p2pshare.domain.commands import MoveLoan

        with session.ledger() as ledger:
            identifier = ledger.agreement_id(loan)
            ledger.perform(
                MoveLoan(
                    person=session.actor(ledger),
                    circle=session.circle_named(ledger),
                    loan=bytes.fromhex(identifier),
                    move=move,
                    note=note,
                )
            )
            view = _view(ledger, identifier)
        _moved(session, identifier, view)

    return command


for _move in LOAN.moves[1:]:
    loan_command.add_command(_move_command(_move))


def _view(ledger: "Ledger", loan: str) -> "AgreementView":
    return ledger.queries.agreements(ledger.clock.time_ms(), agreement=loan)[0]


def _moved(session: Session, loan: str, view: "AgreementView") -> None:
    if session.output.json:
        session.output.document({"loan": loan, "state": view.state})
        return
    session.output.line(
        (view.title, "bold"),
        " is ",
        _state(view),
        f", {view.from_day} to {view.until_day}",
        (f"   {short(loan)}", "dim"),
    )


@click.command("loans")
@pass_session
def loans_command(session: Session) -> None:
    """Your loans, those that changed last first."""
    with session.ledger() as ledger:
        circle = session.circle_named(ledger)
        views = ledger.queries.agreements(
            ledger.clock.time_ms(),
            kind=LOAN.kind,
            persons=own_persons(session, ledger),
            circle=None if circle is None else circle.hex(),
        )
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
                f"{view.from_day} to {view.until_day}",
                _state(view),
                _signed(view),
            )
            for view in views
        ],
        nothing="no loans yet; p2pshare-cli loan request LISTING asks for one",
    )


def _state(view: "AgreementView") -> "Text":
    """The state in plain words, with what somebody should know about it."""
    words = [view.state.replace("_", " ")]
    if view.overdue:
        words.append("overdue")
    if view.conflict:
        words.append("promised twice")
    if view.denied:
        words.append(f"{len(view.denied)} entries revoked")
    alarming = len(words) > 1 or view.state == "disputed"
    return plain(", ".join(words), "bold red" if alarming else "bold")


def _signed(view: "AgreementView") -> "Text":
    names = {view.owner: view.owner_name, view.asker: view.asker_name}
    text = plain("")
    for place, one in enumerate(view.signed_by):
        text.append(", " if place else "")
        text.append_text(plain(f"{one.move} {names.get(one.person, '')}".strip()))
        if one.note:
            text.append_text(plain(f" “{one.note}”", "italic"))
    return text


def loan_document(view: "AgreementView") -> dict[str, Any]:
    """A loan as programs get it: the keys of DESIGN section 12. On top of them only what must not
    be missed: ``conflict`` where it was promised twice, ``denied`` where entries were revoked.
    """
    document: dict[str, Any] = {
        "loan": view.agreement,
        "listing": view.listing,
        "title": view.title,
        "lender": view.owner,
        "lender_name": view.owner_name,
        "borrower": view.asker,
        "borrower_name": view.asker_name,
        "state": view.state,
        "from": view.from_day,
        "until": view.until_day,
        "due_at": iso_or_none(view.due_at_ms),
        "overdue": view.overdue,
        "signed_by": [
            {"move": one.move, "person": one.person, "at": iso(one.at_ms)} for one in view.signed_by
        ],
    }
    if view.conflict:
        document["conflict"] = True
    if view.denied:
        document["denied"] = list(view.denied)
    return document
