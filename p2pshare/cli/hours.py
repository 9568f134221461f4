"""hours: paying, splitting, confirming, correcting, and the limits of this computer.

The ledger keeps whole minutes; people write and read hours. What may be paid, and who has to
correct what, is asked of the ledger and not decided here. ``cli.accounts`` shows what came of it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.accounts import FLAGS
from p2pshare.cli.output import short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.hours import format_minutes, parse_hours

if TYPE_CHECKING:
    from p2pshare.domain.commands import CorrectHours, PayHours, SplitHours
    from p2pshare.domain.hour_views import MemberView
    from p2pshare.node.ledger import Ledger

_NO_LIMIT: Final = "none"

_GIFT: Final = click.option("--gift", is_flag=True, help="A gift: nothing was done for it.")


@click.group("hours", no_args_is_help=False)
def hours_command() -> None:
    """Pay somebody in hours: an hour taught is an hour earned, whatever was taught."""


# --- paying ---------------------------------------------------------------------------------


@hours_command.command("pay")
@click.argument("person", type=text)
@click.argument("hours", type=text)
@_GIFT
@pass_session
def pay_command(session: Session, person: str, hours: str, *, gift: bool) -> None:
    """Pay PERSON some HOURS, written as 1, 1.5, 1:30 or 90m. A payment cannot be taken back."""
    from p2pshare.domain.commands import PayHours

    minutes = parse_hours(hours)
    with session.ledger() as ledger:
        command = PayHours(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            payee=ledger.person(person),
            minutes=minutes,
            gift=gift,
        )
        payment, account = _perform(session, ledger, command)
        name = _name(ledger, command.payee.hex())
    if session.output.json:
        session.output.document({"payment": payment, **_limit_reached(account)})
        return
    said = "You gave " if gift else "You paid "
    session.output.line(said, (name, "bold"), f" {format_minutes(minutes)}.", _id(payment))
    _warn(session, account)


@hours_command.command("split")
@click.argument("first", metavar="HOURS", type=text)
@click.argument("others", metavar="PERSON…", type=text, nargs=-1, required=False)
@_GIFT
@pass_session
def split_command(session: Session, first: str, others: tuple[str, ...], *, gift: bool) -> None:
    """Pay several people at once.

    \b
    split 3 Ben Cleo Dan      3 hours, evenly; what is left over goes to the first ones
    split Ben=2 Cleo=1:30     to each what stands after the =
    """
    from p2pshare.domain.commands import SplitHours

    with session.ledger() as ledger:
        command = SplitHours(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            shares=_shares(ledger, first, others),
            gift=gift,
        )
        payment, account = _perform(session, ledger, command)
        paid = [(_name(ledger, payee.hex()), minutes) for payee, minutes in command.shares]
    if session.output.json:
        session.output.document({"payment": payment, **_limit_reached(account)})
        return
    for name, minutes in paid:
        session.output.line("You paid ", (name, "bold"), f" {format_minutes(minutes)}.")
    session.output.line("Together ", format_minutes(sum(minutes for _, minutes in paid)), ".")
    session.output.line((f"   {short(payment)}", "dim"))
    _warn(session, account)


def _shares(ledger: "Ledger", first: str, others: Sequence[str]) -> tuple[tuple[bytes, int], ...]:
    """Who is paid how many minutes: evenly, or what stands after the last ``=`` of each."""
    from p2pshare.domain.hour_rules import even_shares

    if "=" not in first:
        if not others:
            raise click.UsageError("name the people who are paid, after the hours")
        return even_shares(parse_hours(first), [ledger.person(person) for person in others])
    shares = []
    for part in (first, *others):
        person, found, hours = part.rpartition("=")
        if not found:
            raise click.UsageError(f"write {part}=HOURS, as for the others")
        shares.append((ledger.person(person), parse_hours(hours)))
    return tuple(shares)


# --- confirming and correcting --------------------------------------------------------------


@hours_command.command("confirm")
@click.argument("payment", type=text)
@pass_session
def confirm_command(session: Session, payment: str) -> None:
    """Sign a PAYMENT that you received: then both of you have."""
    from p2pshare.domain.commands import ConfirmHours

    with session.ledger() as ledger:
        identifier = ledger.payment_id(payment)
        command = ConfirmHours(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            payment=bytes.fromhex(identifier),
        )
        ledger.perform(command)
        part = next(
            one
            for one in ledger.queries.accounts.payment(identifier)
            if one.payee == command.person
        )
        name = _name(ledger, part.payer.hex())
    if session.output.json:
        session.output.document({"payment": identifier, "confirmed": part.confirmed})
        return
    session.output.line(
        f"You confirmed {format_minutes(part.minutes)} from ", (name, "bold"), ".", _id(identifier)
    )


@hours_command.command("correct")
@click.argument("payment", type=text)
@click.argument("hours", type=text)
@click.option("--for", "payee", type=text, metavar="PERSON", help="Whose part of a split.")
@pass_session
def correct_command(session: Session, payment: str, hours: str, payee: str | None) -> None:
    """Say what a PAYMENT should have been: HOURS, or 0.

    A new payment of the difference names the old one. If it was too much, who received it pays the
    rest back; if too little, who paid adds to it.
    """
    from p2pshare.domain.commands import CorrectHours

    minutes = parse_hours(hours, least=0)
    with session.ledger() as ledger:
        identifier = ledger.payment_id(payment)
        command = CorrectHours(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            payment=bytes.fromhex(identifier),
            minutes=minutes,
            payee=None if payee is None else ledger.person(payee),
        )
        correction, account = _perform(session, ledger, command)
        made = ledger.queries.accounts.payment(correction)
        moved = sum(one.minutes for one in made)
    if session.output.json:
        session.output.document(
            {
                "payment": correction,
                "corrects": identifier,
                "minutes": moved,
                **_limit_reached(account),
            }
        )
        return
    session.output.line(
        f"You paid {format_minutes(moved)}; together it comes to {format_minutes(minutes)} now.",
        _id(correction),
    )
    _warn(session, account)


# --- limits ---------------------------------------------------------------------------------


@hours_command.command("limits")
@click.option("--soft", type=text, metavar="HOURS", help="From here on a payment says so.")
@click.option("--hard", type=text, metavar="HOURS", help="Further nobody here can pay.")
@pass_session
def limits_command(session: Session, soft: str | None, hard: str | None) -> None:
    """How far below zero an account may go, on this computer; HOURS or none."""
    from p2pshare.domain.commands import SetHourLimits

    with session.ledger() as ledger:
        if soft is not None or hard is not None:
            ledger.perform(
                SetHourLimits(person=session.actor(ledger), soft=_limit(soft), hard=_limit(hard))
            )
        limits = ledger.queries.accounts.limits()
    if session.output.json:
        session.output.document({"soft": limits.soft, "hard": limits.hard})
        return
    session.output.facts(
        [
            ("soft limit", _limit_words(limits.soft, "a payment past it says so")),
            ("hard limit", _limit_words(limits.hard, "nobody here can pay past it")),
        ]
    )


def _limit(given: str | None) -> Any:
    """The limit that was typed, as ``SetHourLimits`` takes it."""
    from p2pshare.domain.commands import UNCHANGED

    if given is None:
        return UNCHANGED
    return None if given.strip().lower() == _NO_LIMIT else parse_hours(given, least=0)


def _limit_words(minutes: int | None, meaning: str) -> str:
    return "none" if minutes is None else f"{format_minutes(minutes)} below zero; {meaning}"


# --- words ----------------------------------------------------------------------------------


def _perform(
    session: Session, ledger: "Ledger", command: "PayHours | SplitHours | CorrectHours"
) -> "tuple[str, MemberView]":
    """Do it; the new payment, and the payer's account after it."""
    payment = ledger.perform(command)[0].subject.hex()
    accounts = ledger.queries.accounts
    circle = accounts.circle_of(payment) or ledger.circle(session.circle).hex()
    return payment, accounts.member(command.person.hex(), circle)


def _limit_reached(account: "MemberView") -> dict[str, Any]:
    """What a payer at a limit must know, for programs; nothing for others."""
    return {"flag": account.flag, "balance": account.minutes} if account.flag else {}


def _warn(session: Session, account: "MemberView") -> None:
    if account.flag:
        session.output.line(
            (
                f"You are {format_minutes(-account.minutes)} below zero now,"
                f" {FLAGS[account.flag]}; give some hours when you can.",
                "yellow",
            )
        )


def _id(payment: str) -> tuple[str, str]:
    return f"   {short(payment)}", "dim"


def _name(ledger: "Ledger", person: str) -> str:
    return next((view.name for view in ledger.queries.people() if view.person == person), person)
