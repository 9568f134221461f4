"""status: this computer, its people, circles and connections."""

from typing import TYPE_CHECKING

import click

from p2pshare.cli.output import plain, short
from p2pshare.cli.session import Session, pass_session

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


@click.command("status")
@pass_session
def status_command(session: Session) -> None:
    """This computer: its people, circles and connections.

    Two computers with the same digest of a circle hold exactly the same entries of it.
    """
    with session.ledger() as ledger:
        device = ledger.keys.device_key().public.hex()
        persons = {person.hex(): name for person, name in ledger.own_persons().items()}
        circles = ledger.queries.circles()
        links = _links(ledger)
    if session.output.json:
        session.output.document(
            {
                "device": device,
                "persons": [{"person": person, "name": name} for person, name in persons.items()],
                "circles": [
                    {
                        "circle": one.circle,
                        "name": one.name,
                        "entries": one.entries,
                        "feeds": one.feeds,
                        "digest": one.digest,
                    }
                    for one in circles
                ],
                "links": [{"device": linked, "address": address} for linked, address in links],
            }
        )
        return
    session.output.facts(
        [
            ("device", plain(short(device), "dim")),
            ("folder", str(session.folder())),
            ("people", ", ".join(persons.values()) or "nobody; only passes on what others wrote"),
        ]
    )
    session.output.table(
        ("circle", "entries", "feeds", "digest"),
        [
            (one.name, str(one.entries), str(one.feeds), plain(short(one.digest), "dim"))
            for one in circles
        ],
    )
    session.output.table(
        ("connected to", "at"),
        [(plain(short(linked), "dim"), address) for linked, address in links],
        nothing="not connected to anybody; p2pshare-cli node connects",
    )


def _links(ledger: "Ledger") -> list[tuple[str, str]]:
    """The links of the node that runs on this folder; none if none runs."""
    from p2pshare.node.lock import is_running
    from p2pshare.store import local

    links = local.noted_links(ledger.database.connection)
    return links if links and is_running(ledger.folder) else []
