"""hours, balance: time credits. The ledger keeps whole minutes; people write and read hours."""

from typing import TYPE_CHECKING

import click

from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session

if TYPE_CHECKING:
    from p2pshare.domain.views import PersonView


@click.group("hours", no_args_is_help=False)
def hours_command() -> None:
    """Pay somebody in hours: an hour taught is an hour earned, whatever was taught."""


@hours_command.command("pay")
@click.argument("person", type=text)
@click.argument("hours", type=text)
@pass_session
def pay_command(session: Session, person: str, hours: str) -> None:
    """Pay PERSON some HOURS, written as 1, 1.5, 1:30 or 90m. A payment cannot be taken back."""
    from p2pshare.domain.commands import PayHours
    from p2pshare.domain.hours import format_minutes, parse_hours

    minutes = parse_hours(hours)
    with session.ledger() as ledger:
        actor = session.actor(ledger)
        payee = ledger.person(person)
        command = PayHours(
            person=actor, circle=session.circle_named(ledger), payee=payee, minutes=minutes
        )
        payment = ledger.perform(command)[0].subject.hex()
        name = _name(ledger.queries.people(), payee.hex())
    if session.output.json:
        session.output.document({"payment": payment})
        return
    session.output.line("You paid ", (name, "bold"), f" {format_minutes(minutes)}.")


@click.command("balance")
@click.argument("person", type=text, required=False)
@pass_session
def balance_command(session: Session, person: str | None) -> None:
    """How many hours you, or PERSON, have; all of a circle's balances add up to zero."""
    from p2pshare.domain.hours import format_minutes

    with session.ledger() as ledger:
        whose = session.actor(ledger) if person is None else ledger.person(person)
        circle = ledger.circle(session.circle)
        view = ledger.queries.balance(whose.hex(), circle.hex())
        name = _name(ledger.queries.people(), view.person)
    if session.output.json:
        session.output.document(
            {"circle": view.circle, "person": view.person, "minutes": view.minutes}
        )
        return
    style = "bold red" if view.minutes < 0 else "bold green"
    session.output.line(f"{name}: ", (format_minutes(view.minutes), style))


def _name(people: "list[PersonView]", person: str) -> str:
    return next((view.name for view in people if view.person == person), person)
