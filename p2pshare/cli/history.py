"""history: what was before, brought along from another program; read by its importer alone.

Each line says where it is from, for nobody but the importer has signed it.
"""

from typing import Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.history_views import PastMemberView, PastView

LINES_SHOWN_MAX: Final = 50


@click.group("history", invoke_without_command=True, no_args_is_help=False)
@click.option("--item", type=text, metavar="LISTING", help="Only what became of this listing.")
@click.option("--search", type=text, metavar="TEXT", help="Only lines with all of these words.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"How many lines at most, the latest first; without it {LINES_SHOWN_MAX} are shown.",
)
@click.pass_context
def history_command(
    context: click.Context, item: str | None, search: str | None, limit: int | None
) -> None:
    """Loans and hours of before, from another program: no receipts, and only you can read them."""
    if context.invoked_subcommand is not None:
        return
    session: Session = context.obj
    most = LINES_SHOWN_MAX if limit is None and not session.output.json else limit
    with session.ledger() as ledger:
        views = ledger.queries.history.past(
            own_persons(session, ledger),
            listing=None if item is None else ledger.listing_id(item),
            search=search,
            circle=session.circle_hex(ledger),
            limit=most,
        )
    if session.output.json:
        session.output.document([past_document(view) for view in views])
        return
    session.output.table(
        ("what", "who", "when", "from where"),
        [
            (
                plain(view.item, "bold") if view.item else "",
                _who(view),
                _when(view),
                plain(_from_where(view), "dim"),
            )
            for view in views
        ],
        nothing="no history here; p2pshare-cli import FILE brings it from another program",
    )
    if limit is None and len(views) == LINES_SHOWN_MAX:
        session.output.line(("The latest; --limit N shows more, --search TEXT others.", "dim"))


def past_document(view: PastView) -> dict[str, object]:
    """A loan or hours of before, as programs get it."""
    return {
        "history": view.history,
        "what": view.what,
        "source": view.source,
        "ref": view.ref,
        "item": view.item,
        "listing": view.listing,
        "member": view.member,
        "receiver": view.receiver,
        "from": view.from_day,
        "until": view.until_day,
        "returned": view.returned_day,
        "minutes": view.minutes,
        "note": view.note,
    }


def _who(view: PastView) -> str:
    return f"{view.member} to {view.receiver}" if view.receiver else view.member


def _when(view: PastView) -> str:
    """The days of a loan, or how long somebody gave and when."""
    if view.minutes is not None:
        return f"{view.minutes // 60} h {view.minutes % 60:02} min on {view.from_day}"
    if view.returned_day:
        return f"{view.from_day} to {view.returned_day}"
    due = f", due {view.until_day}" if view.until_day else ""
    return f"{view.from_day}, not said to be back{due}"


def _from_where(view: PastView | PastMemberView) -> str:
    return f"from {view.source}{f', {view.ref}' if view.ref else ''}"


@history_command.command("members")
@click.option("--search", type=text, metavar="TEXT", help="Only members with all of these words.")
@pass_session
def members_command(session: Session, search: str | None) -> None:
    """The members of before, with how to reach them."""
    with session.ledger() as ledger:
        views = ledger.queries.history.members(
            own_persons(session, ledger),
            search=search,
            circle=session.circle_hex(ledger),
        )
    if session.output.json:
        session.output.document(
            [
                {
                    "history": view.history,
                    "source": view.source,
                    "ref": view.ref,
                    "name": view.name,
                    "email": view.email,
                    "telephone": view.telephone,
                    "joined": view.joined,
                    "note": view.note,
                }
                for view in views
            ]
        )
        return
    session.output.table(
        ("name", "email", "telephone", "joined", "from where"),
        [
            (
                plain(view.name, "bold"),
                view.email,
                view.telephone,
                view.joined,
                plain(_from_where(view), "dim"),
            )
            for view in views
        ],
        nothing="no members here; p2pshare-cli import FILE brings them from another program",
    )


@history_command.command("forget")
@click.option("--member", type=text, metavar="NAME", help="A number, an address or a name.")
@click.option("--source", type=text, metavar="NAME", help="Where it is from: 'Lend Engine'.")
@click.option("--all", "everything", is_flag=True, help="All of it.")
@pass_session
def forget_command(
    session: Session, member: str | None, source: str | None, everything: bool
) -> None:
    """Erase what is said of a member, what came from one program, or all of it.

    It is erased here at once; other computers keep only what they never could read, and follow.
    """
    from p2pshare.node.forgetting_history import forget_history

    if everything == (member is not None or source is not None):
        raise click.UsageError("say --member or --source or both; or else --all")
    with session.ledger() as ledger:
        person = session.actor(ledger)
        forgotten = forget_history(
            ledger,
            person,
            circle=session.circle_named(ledger),
            source=source,
            member=member,
        )
        name = ledger.own_persons()[person]
    if session.output.json:
        session.output.document({"forgotten": forgotten})
        return
    lines = "1 line" if forgotten == 1 else f"{forgotten} lines"
    session.output.line(f"Forgotten: {lines} of history that {name} had brought along.")
