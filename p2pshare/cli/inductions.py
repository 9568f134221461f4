"""induction, inductions: who was shown how to use what, before they may borrow it.

What is said here is public in its circle; ``forget ID`` takes it back.
"""

from typing import TYPE_CHECKING, Any

import click

from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso, local

if TYPE_CHECKING:
    from p2pshare.domain.views import InductionView


@click.group("induction", no_args_is_help=False)
def induction_command() -> None:
    """Say that you have shown somebody how to use a thing that needs it."""


@induction_command.command("grant")
@click.argument("person", type=text)
@click.argument("listing", type=text)
@pass_session
def grant_command(session: Session, person: str, listing: str) -> None:
    """State that you have shown PERSON how to use LISTING, as its owner or a witness it names.

    Everybody in the circle can read it. `forget ID` takes it back.
    """
    from p2pshare.domain.commands import GrantInduction

    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        command = GrantInduction(
            person=session.actor(ledger),
            circle=session.circle_named(ledger),
            listing=bytes.fromhex(identifier),
            inducted=ledger.person(person),
        )
        induction = ledger.perform(command)[0].subject.hex()
        views = ledger.queries.inductions.find(listing=identifier)
    if session.output.json:
        session.output.document({"induction": induction})
        return
    view = next(one for one in views if one.induction == induction)
    session.output.line(
        (view.person_name, "bold"),
        " was shown how to use ",
        (view.title, "bold"),
        (f"   {short(induction)}", "dim"),
    )


@click.command("inductions")
@click.option("--listing", type=text, metavar="ID", help="Only those about this.")
@click.option("--person", type=text, metavar="PERSON", help="Only those that somebody was given.")
@pass_session
def inductions_command(session: Session, listing: str | None, person: str | None) -> None:
    """Who was shown how to use what, and by whom; the latest first."""
    with session.ledger() as ledger:
        views = ledger.queries.inductions.find(
            listing=None if listing is None else ledger.listing_id(listing),
            person=None if person is None else ledger.person(person).hex(),
            circle=session.circle_hex(ledger),
        )
    if session.output.json:
        session.output.document([induction_document(view) for view in views])
        return
    session.output.table(
        ("id", "who", "may use", "shown by", "when", ""),
        [
            (
                plain(short(view.induction), "dim"),
                plain(view.person_name, "bold"),
                plain(view.title or short(view.listing)),
                plain(view.witness_name),
                local(view.at_ms),
                plain("" if view.valid else "does not count: no witness of it", "yellow"),
            )
            for view in views
        ],
        nothing="no inductions yet; p2pshare-cli induction grant PERSON LISTING makes one",
    )


def induction_document(view: "InductionView") -> dict[str, Any]:
    """A statement as programs get it; ``valid`` is whether it counts as the listing stands now."""
    return {
        "induction": view.induction,
        "person": view.person,
        "person_name": view.person_name,
        "listing": view.listing,
        "title": view.title,
        "witness": view.witness,
        "witness_name": view.witness_name,
        "at": iso(view.at_ms),
        "valid": view.valid,
        "circle": view.circle,
    }
