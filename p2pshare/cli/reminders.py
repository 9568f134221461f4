"""reminders: what to think of, now or at another time; and when to be left in peace.

Everything in force is listed, whether the node has told it or not. What there is to remind of is
the domain's (``domain.reminders``).
"""

from typing import TYPE_CHECKING, Any

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import instant, iso, local

if TYPE_CHECKING:
    from p2pshare.domain.reminder_views import Reminder


@click.command("reminders")
@click.option(
    "--at",
    type=text,
    metavar="TIME",
    help="As things stand now, at another time: 2026-11-28, 2026-11-28T18:00, 2026-11-28T17:00Z.",
)
@click.option(
    "--quiet",
    type=text,
    metavar="FROM-UNTIL",
    help="Set the hours in which nobody here is reminded, like 21:00-08:00; off for none.",
)
@pass_session
def reminders_command(session: Session, at: str | None, quiet: str | None) -> None:
    """What is due, who waits for you, what you waited for.

    What falls into the quiet hours (21:00 to 08:00, if you set no others) waits until they end.
    """
    if quiet is not None:
        if at is not None:
            raise click.UsageError("--quiet is a setting; it cannot be given with --at")
        _set_quiet_hours(session, quiet)
        return
    from p2pshare.domain.quiet_hours import clock_text
    from p2pshare.domain.reminders import in_force
    from p2pshare.node.reminding import plan_for

    with session.ledger() as ledger:
        zone = ledger.zone()
        now_ms = ledger.clock.time_ms() if at is None else instant(at, zone)
        quiet_hours = ledger.queries.reminders.quiet_hours()
        names = {person.hex(): name for person, name in ledger.own_persons().items()}
        found = [
            (names[person], one)
            for person in own_persons(session, ledger)
            for one in in_force(plan_for(ledger.queries, person, now_ms, zone), now_ms)
        ]
    found.sort(key=lambda pair: pair[1].due_ms)
    if session.output.json:
        session.output.document([_document(one) for _, one in found])
        return
    several = len(names) > 1
    session.output.table(
        ("id", "since", *(["for"] if several else []), ""),
        [
            (
                plain(short(one.about), "dim"),
                local(one.due_ms),
                *([name] if several else []),
                one.text,
            )
            for name, one in found
        ],
        nothing=(
            f"nothing to think of before {clock_text(quiet_hours.until_minute)}: it is quiet"
            if quiet_hours.covers(now_ms, zone)
            else "nothing to think of"
        ),
    )


def _document(one: "Reminder") -> dict[str, Any]:
    return {
        "reason": one.reason.value,
        "about": one.about,
        "due": iso(one.due_ms),
        "text": one.text,
    }


def _set_quiet_hours(session: Session, typed: str) -> None:
    from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, parse_quiet_hours
    from p2pshare.store.reminders import set_quiet_hours

    quiet = parse_quiet_hours(typed)
    with session.ledger() as ledger, ledger.database.transaction(durable=True) as connection:
        set_quiet_hours(connection, quiet)
    if session.output.json:
        session.output.document({"quiet": str(quiet)})
    elif quiet == NO_QUIET_HOURS:
        session.output.line("Reminders come at any time of day.")
    else:
        session.output.line("Quiet hours: ", (str(quiet), "bold"))
