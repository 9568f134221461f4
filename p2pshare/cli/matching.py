"""matches, search, searches, demand, usage: who offers what is wanted, and what nobody does."""

from typing import TYPE_CHECKING, Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short, write_error
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import iso, local

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger

_LONG_IDLE_DAYS: Final = 180
"""From when on it is marked that nobody uses a thing."""

# --- matches --------------------------------------------------------------------------------


@click.command("matches")
@pass_session
def matches_command(session: Session) -> None:
    """Offers of others that are what you want or search for, and why.

    The file synonyms.txt in your data folder may hold words of your own that mean the same: a group
    a line, with commas between them.
    """
    with session.ledger() as ledger:
        found = ledger.queries.matching.matches(
            own_persons(session, ledger),
            ledger.today(),
            circle=session.circle_hex(ledger),
        )
        _tell_of_faults(ledger)
    if session.output.json:
        session.output.document(
            [
                {
                    "want": match.want,
                    "offer": match.offer,
                    "why": match.why,
                    "want_title": match.want_title,
                    "offer_title": match.offer_title,
                    "wanted_by": match.wanted_by,
                    "person": match.person,
                    "person_name": match.person_name,
                    "circle": match.circle,
                    "since": iso(match.since_ms),
                }
                for match in found
            ]
        )
        return
    session.output.table(
        ("you want", "id", "there is", "from", "why"),
        [
            (
                plain(match.want_title),
                plain(short(match.offer), "dim"),
                plain(match.offer_title, "bold"),
                plain(match.person_name),
                match.why,
            )
            for match in found
        ],
        nothing="nobody offers what you want yet",
    )


def _tell_of_faults(ledger: "Ledger") -> None:
    """Say in one line what of the person's own list of synonyms could not be used."""
    from p2pshare.node.own_lists import own_synonyms

    faults = own_synonyms(ledger.folder).faults
    if faults:
        more = len(faults) - 1
        write_error(faults[0] + (f" (and {more} more of its lines)" if more else ""))


# --- saved searches -------------------------------------------------------------------------


@click.group("search", no_args_is_help=False)
def search_command() -> None:
    """Go on looking for something; matches and reminders tell what is found."""


@search_command.command("save")
@click.argument("words", metavar="TEXT", type=text, default="")
@click.option("--category", type=text, default="", help="Only what belongs there, such as tools.")
@pass_session
def save_command(session: Session, words: str, category: str) -> None:
    """Look for TEXT from now on, as a want does; nobody but you sees it."""
    from p2pshare.domain.commands import SaveSearch

    with session.ledger() as ledger:
        command = SaveSearch(person=session.actor(ledger), text=words, category=category)
        number = int.from_bytes(ledger.perform(command)[0].subject, "big")
    if session.output.json:
        session.output.document({"search": number})
        return
    session.output.line("Saved.", (f"   {number}", "dim"))


@search_command.command("drop")
@click.argument("number", metavar="N", type=text)
@pass_session
def drop_command(session: Session, number: str) -> None:
    """Look no more for what your saved search N looks for."""
    from p2pshare.domain.commands import DropSearch
    from p2pshare.domain.searches import parse_number

    parsed = parse_number(number)
    with session.ledger() as ledger:
        ledger.perform(DropSearch(person=session.actor(ledger), number=parsed))
    if session.output.json:
        session.output.document({"search": parsed})
        return
    session.output.line("Dropped.")


@click.command("searches")
@pass_session
def searches_command(session: Session) -> None:
    """What you have saved to look for."""
    with session.ledger() as ledger:
        found = ledger.queries.matching.searches(own_persons(session, ledger))
    if session.output.json:
        session.output.document(
            [
                {
                    "search": search.number,
                    "want": search.want,
                    "text": search.text,
                    "category": search.category,
                    "person": search.person,
                    "added": iso(search.added_ms),
                }
                for search in found
            ]
        )
        return
    session.output.table(
        ("id", "text", "category", "since"),
        [
            (plain(str(search.number), "dim"), search.text, search.category, local(search.added_ms))
            for search in found
        ],
        nothing="no saved search yet",
    )


# --- demand and use -------------------------------------------------------------------------


@click.command("demand")
@pass_session
def demand_command(session: Session) -> None:
    """What is wanted and offered by nobody else, by category.

    A category is named only where at least three people ask; of the rest nothing is said.
    """
    with session.ledger() as ledger:
        found = ledger.queries.matching.demand(ledger.today(), circle=session.circle_hex(ledger))
    if session.output.json:
        session.output.document(
            [
                {"category": view.category, "wants": view.wants, "people": view.people}
                for view in found
            ]
        )
        return
    session.output.table(
        ("lacking", "people", "wants"),
        [(_category_name(view.category), str(view.people), str(view.wants)) for view in found],
        nothing="nothing that at least three people lack",
    )


def _category_name(category: str) -> str:
    """What people call a category; one that is not ours as it was written."""
    from p2pshare.node.categories import bundled_categories

    found = bundled_categories().find(category)
    return category if found is None else found.name("en")


@click.command("usage")
@click.option("--idle", is_flag=True, help="Those that were not used for longest come first.")
@click.option("--borrowed", is_flag=True, help="Also what you have borrowed of others.")
@pass_session
def usage_command(session: Session, idle: bool, borrowed: bool) -> None:
    """How much the things that you lend are used; counted from loans that you took part in."""
    with session.ledger() as ledger:
        found = ledger.queries.statistics.usage(
            own_persons(session, ledger),
            ledger.clock.time_ms(),
            ledger.zone(),
            borrowed=borrowed,
        )
    if idle:
        found.sort(key=lambda view: -view.idle_days)
    if session.output.json:
        session.output.document(
            [
                {
                    "listing": view.listing,
                    "title": view.title,
                    "loans": view.loans,
                    "days_out": view.days_out,
                    "last_out": view.last_out,
                    "idle_days": view.idle_days,
                }
                for view in found
            ]
        )
        return
    session.output.table(
        ("id", "what", "loans", "days out", "last out", "days idle"),
        [
            (
                plain(short(view.listing), "dim"),
                plain(view.title, "bold"),
                str(view.loans),
                str(view.days_out),
                view.last_out or "never",
                plain(str(view.idle_days), "yellow" if view.idle_days > _LONG_IDLE_DAYS else ""),
            )
            for view in found
        ],
        nothing="you lend nothing yet",
    )
