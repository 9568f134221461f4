"""balance, statement: what somebody has, by which payments it came, and who is at a limit.

Reads only. ``cli.hours`` pays.
"""

from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso, local
from p2pshare.domain.hours import format_minutes

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.hour_views import MemberView, OverspentView, StatementLine

FLAGS: Final = {
    "soft": "at the soft limit or past it",
    "hard": "at the hard limit or past it",
    "overspent": "past the limit, signed on computers apart",
}
"""What a flag of an account means, in plain words."""

# --- balances -------------------------------------------------------------------------------


@click.command("balance")
@click.argument("person", type=text, required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody of the circle.")
@pass_session
def balance_command(session: Session, person: str | None, everybody: bool) -> None:
    """How many hours you, or PERSON, have; all of a circle's balances add up to zero."""
    if everybody and person is not None:
        raise click.UsageError("give a PERSON or --all, not both")
    with session.ledger() as ledger:
        circle = ledger.circle(session.circle).hex()
        accounts = ledger.queries.accounts
        if everybody:
            _print_members(session, accounts.members(circle))
            return
        whose = session.actor(ledger) if person is None else ledger.person(person)
        member = accounts.member(whose.hex(), circle)
        overspent = accounts.overspent(circle, concerning=member.person)
    if session.output.json:
        document = {"circle": circle, "person": member.person, "minutes": member.minutes}
        if member.flag:
            document["flag"] = member.flag
        if overspent:
            document["overspent"] = [overspent_document(one) for one in overspent]
        session.output.document(document)
        return
    style = "bold red" if member.minutes < 0 else "bold green"
    session.output.line(
        f"{member.name or member.person}: ",
        (format_minutes(member.minutes), style),
        (f"   {FLAGS[member.flag]}" if member.flag else "", "bold red"),
    )
    _print_overspent(session, overspent)


def _print_members(session: Session, members: "list[MemberView]") -> None:
    if session.output.json:
        session.output.document(
            [
                {
                    "person": one.person,
                    "name": one.name,
                    "minutes": one.minutes,
                    "flag": one.flag or None,
                }
                for one in members
            ]
        )
        return
    session.output.table(
        ("id", "who", "hours", ""),
        [
            (
                plain(short(one.person), "dim"),
                plain(one.name, "bold"),
                plain(format_minutes(one.minutes), "red" if one.minutes < 0 else ""),
                plain(FLAGS.get(one.flag, ""), "bold red"),
            )
            for one in members
        ],
    )


# --- statements -----------------------------------------------------------------------------


@click.command("statement")
@click.argument("person", type=text, required=False)
@click.option("--from", "from_day", type=text, metavar="D", help="The first day, 2026-11-01.")
@click.option("--until", "until_day", type=text, metavar="D", help="The last day, that included.")
@pass_session
def statement_command(
    session: Session, person: str | None, from_day: str | None, until_day: str | None
) -> None:
    """Your payments, or those of PERSON, the oldest first."""
    from p2pshare.domain.days import end_of_day_ms, instant_ms, parse_day

    if from_day is not None:
        parse_day(from_day, "--from")
    if until_day is not None:
        parse_day(until_day, "--until")
    with session.ledger() as ledger:
        whose = session.actor(ledger) if person is None else ledger.person(person)
        circle = ledger.circle(session.circle).hex()
        zone = ledger.zone()
        lines = ledger.queries.accounts.statement(
            whose.hex(),
            circle,
            from_ms=None if from_day is None else instant_ms(from_day, 0, zone),
            until_ms=None if until_day is None else end_of_day_ms(until_day, zone),
        )
        overspent = ledger.queries.accounts.overspent(circle, concerning=whose.hex())
    apart = {payment.payment for one in overspent for payment in one.payments}
    if session.output.json:
        session.output.document([statement_document(line, apart) for line in lines])
        return
    session.output.table(
        ("id", "when", "from", "to", "hours", "balance", ""),
        [
            (
                plain(short(line.payment), "dim"),
                local(line.at_ms),
                plain(line.payer_name or short(line.payer)),
                plain(line.payee_name or short(line.payee)),
                format_minutes(line.minutes),
                format_minutes(line.balance),
                _remarks(line, apart),
            )
            for line in lines
        ],
        nothing="no payments in that time",
    )
    _print_overspent(session, overspent)


def _remarks(line: "StatementLine", apart: set[str]) -> "Text":
    """What there is to say of a payment, in a few words."""
    words = ["confirmed" if line.confirmed else "not confirmed yet"]
    if line.gift:
        words.append("gift")
    if line.corrects is not None:
        words.append(f"corrects {short(line.corrects)}")
    if line.desk:
        words.append("at the desk")
    if line.payment in apart:
        words.append("signed apart, past the limit")
    return plain(", ".join(words), "bold red" if line.payment in apart else "dim")


def statement_document(line: "StatementLine", apart: set[str]) -> dict[str, Any]:
    """A payment as programs get it; ``overspent`` only where it was signed apart, past the limit.

    ``balance`` is that of the person whose statement it is, after the payment.
    """
    document: dict[str, Any] = {
        "payment": line.payment,
        "from": line.payer,
        "from_name": line.payer_name,
        "to": line.payee,
        "to_name": line.payee_name,
        "minutes": line.minutes,
        "at": iso(line.at_ms),
        "corrects": line.corrects,
        "confirmed": line.confirmed,
        "gift": line.gift,
        "desk": line.desk,
        "balance": line.balance,
    }
    if line.payment in apart:
        document["overspent"] = True
    return document


def overspent_document(view: "OverspentView") -> dict[str, Any]:
    """Hours spent apart as programs get them."""
    return {
        "person": view.person,
        "name": view.name,
        "minutes": view.minutes,
        "limit": view.limit,
        "balance": view.balance,
        "payments": [
            {
                "payment": one.payment,
                "to": one.payee,
                "minutes": one.minutes,
                "at": iso(one.at_ms),
                "feed": one.feed,
            }
            for one in view.payments
        ],
    }


# --- hours spent apart ----------------------------------------------------------------------


def _print_overspent(session: Session, overspent: "list[OverspentView]") -> None:
    for one in overspent:
        computers = len({payment.feed for payment in one.payments})
        session.output.line(
            (
                f"{one.name or short(one.person)} signed {len(one.payments)} payments on computers"
                f" apart from each other ({computers} feeds); together they lead"
                f" {format_minutes(one.minutes)} past the limit of {format_minutes(one.limit)}.",
                "bold red",
            )
        )
