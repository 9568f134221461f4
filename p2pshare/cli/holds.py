"""hold, holds: waiting for a thing that somebody else has.

Whose turn it is, the owner's computer says. A turn is taken by asking for the loan.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso_or_none, local

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.views import HoldView
    from p2pshare.node.ledger import Ledger


@click.group("hold", no_args_is_help=False)
def hold_command() -> None:
    """Wait for a thing that is lent, and be told when it is your turn."""


@hold_command.command("add")
@click.argument("listing", type=text)
@pass_session
def add_command(session: Session, listing: str) -> None:
    """Wait for LISTING; its owner's computer keeps the order."""
    from p2pshare.domain.commands import AddHold

    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        command = AddHold(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(identifier),
        )
        ledger.perform(command)
        views = _waiting(ledger, command.person)
    if session.output.json:
        session.output.document([hold_document(view) for view in views])
        return
    view = next((one for one in views if one.listing == identifier), None)
    if view is None:  # who hosts the owner too has the answer at once: there is nothing to wait for
        session.output.line("there is nothing to wait for: you have it")
        return
    session.output.line(
        "you wait for ",
        (view.title, "bold"),
        f"; {view.owner_name}'s computer will give you a place",
    )


@hold_command.command("drop")
@click.argument("listing", type=text)
@pass_session
def drop_command(session: Session, listing: str) -> None:
    """Wait no longer for LISTING; the ID that holds shows will do too."""
    from p2pshare.domain.commands import DropHold

    with session.ledger() as ledger:
        person = session.actor(ledger)
        command = DropHold(
            person=person,
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(_awaited(ledger, person, listing)),
        )
        ledger.perform(command)
        views = _waiting(ledger, command.person)
    if session.output.json:
        session.output.document([hold_document(view) for view in views])
        return
    session.output.line("you do not wait for that any more")


@click.command("holds")
@pass_session
def holds_command(session: Session) -> None:
    """What you wait for and how many are before you; who waits for your things."""
    with session.ledger() as ledger:
        own = own_persons(session, ledger)
        views = ledger.queries.bookings.holds(own, circle=session.circle_hex(ledger))
    if session.output.json:
        session.output.document([hold_document(view) for view in views])
        return
    session.output.table(
        ("id", "what", "of", "who waits", "place", ""),
        [
            (
                plain(short(view.hold), "dim"),
                plain(view.title, "bold"),
                plain(view.owner_name),
                plain(view.person_name),
                _place(view),
                _turn(view, mine=view.person in own),
            )
            for view in views
        ],
        nothing="nobody waits; p2pshare-cli hold add LISTING waits for a thing that is away",
    )


def _waiting(ledger: "Ledger", person: bytes) -> "Sequence[HoldView]":
    """What somebody waits for."""
    return ledger.queries.bookings.holds([person.hex()], waiting=True)


def _awaited(ledger: "Ledger", person: bytes, prefix: str) -> str:
    """The listing that somebody waits for, by its id or the hold's; its owner may have forgotten
    it. Raises UnknownReference.
    """
    wanted = prefix.lower()
    waits = _waiting(ledger, person)
    found = {one.listing for one in waits if wanted and one.hold.startswith(wanted)}
    found |= {one.listing for one in waits if wanted and one.listing.startswith(wanted)}
    return found.pop() if len(found) == 1 else ledger.listing_id(prefix)


def _place(view: "HoldView") -> str:
    if view.position is None:
        return f"not seen by {view.owner_name} yet"
    return f"{view.position} of {view.waiting}"


def _turn(view: "HoldView", *, mine: bool) -> "Text":
    if view.offered_until_ms is None:
        return plain("")
    until = local(view.offered_until_ms)
    if mine:
        return plain(f"your turn until {until}; ask for it: loan request", "bold green")
    return plain(f"their turn until {until}")


def hold_document(view: "HoldView") -> dict[str, Any]:
    """A hold as programs get it; ``position`` is null while the owner has not seen it."""
    return {
        "hold": view.hold,
        "listing": view.listing,
        "title": view.title,
        "owner": view.owner,
        "owner_name": view.owner_name,
        "person": view.person,
        "person_name": view.person_name,
        "state": view.state,
        "position": view.position,
        "waiting": view.waiting,
        "offered_until": iso_or_none(view.offered_until_ms),
    }
