"""init, person, people: who uses this computer, and who was met."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.times import ago, iso_or_none
from p2pshare.errors import DomainError
from p2pshare.limits import PIN_DIGITS_MAX, PIN_DIGITS_MIN

if TYPE_CHECKING:
    from p2pshare.domain.views import PersonView

_LOCK = click.option(
    "--passphrase",
    "locked",
    is_flag=True,
    help="Lock the key with a passphrase; it is asked for, and never stands on the command line.",
)


@click.command("init")
@click.option("--name", type=text, required=True, help="What your neighbours call you.")
@_LOCK
@pass_session
def init_command(session: Session, name: str, locked: bool) -> None:
    """Say who you are: makes your keys and an empty ledger on this computer."""
    _add(session, name, locked=locked, first=True)


@click.group("person", no_args_is_help=False)
def person_command() -> None:
    """Other people who use this computer."""


@person_command.command("add")
@click.argument("name", type=text)
@_LOCK
@click.option(
    "--desk",
    is_flag=True,
    help="A member without a computer, who comes to this one to sign; asks for a PIN of"
    f" {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits.",
)
@pass_session
def add_command(session: Session, name: str, locked: bool, desk: bool) -> None:
    """Let NAME use this computer too, with a key of their own.

    What is signed with a PIN at a desk says so for ever: "at the desk".
    """
    _add(session, name, locked=locked or desk, first=False, desk=desk)


@person_command.command("rename")
@click.argument("name", type=text)
@pass_session
def rename_command(session: Session, name: str) -> None:
    """Be called NAME from now on."""
    from p2pshare.domain.commands import SetName

    with session.ledger() as ledger:
        command = SetName(
            person=session.actor(ledger), circle=session.circle_named(ledger), name=name
        )
        person = ledger.perform(command)[0].subject
        known_as = ledger.own_persons()[person]
    if session.output.json:
        session.output.document({"person": person.hex(), "name": known_as})
        return
    session.output.line("You are called ", (known_as, "bold"), " now.")


def _add(session: Session, name: str, *, locked: bool, first: bool, desk: bool = False) -> None:
    from p2pshare.domain.commands import AddPerson
    from p2pshare.domain.rules import clean_name

    clean = clean_name(name)
    passphrase = session.new_passphrase("PIN" if desk else "passphrase") if locked else None
    with session.ledger(create=True) as ledger:
        present = ", ".join(ledger.own_persons().values())
        if first and present:
            raise DomainError(
                f"{present} is set up here already; for somebody else: p2pshare-cli person add NAME"
            )
        person = ledger.perform(AddPerson(name=clean, desk=desk), passphrase)[0].subject
        device = ledger.keys.device_key().public
        several = len(ledger.own_persons()) > 1
    if session.output.json:
        session.output.document({"person": person.hex(), "device": device.hex()})
        return
    session.output.line("Hello ", (clean, "bold green"), "!")
    session.output.line(f"Your keys and your ledger are in {session.folder()}")
    if desk:
        session.output.line(
            ("Without the PIN nobody can sign as you; nobody can look it up.", "dim")
        )
    if several:
        session.output.line((f'You share this computer: add --as "{clean}" to commands.', "dim"))
    else:
        session.output.line(
            ('Next: p2pshare-cli offer add "Hammer drill", then p2pshare-cli node', "dim")
        )


@click.command("people")
@pass_session
def people_command(session: Session) -> None:
    """Who was met, and when they last signed something."""
    with session.ledger() as ledger:
        views = ledger.queries.people(session.circle_hex(ledger))
        now_ms = ledger.clock.time_ms()
    if session.output.json:
        session.output.document(
            [
                {
                    "person": view.person,
                    "name": view.name,
                    "last_seen": iso_or_none(view.last_seen_ms),
                    **({"desk": True} if view.desk else {}),
                }
                for view in views
            ]
        )
        return
    session.output.table(
        ("id", "name", "last seen", ""),
        [
            (
                plain(short(view.person), "dim"),
                plain(view.name, "bold green" if view.own else ""),
                _where(view) if view.own else _seen(view.last_seen_ms, now_ms),
                "wrote on two computers apart: all of it counts" if view.forked else "",
            )
            for view in views
        ],
        nothing="nobody was met yet; leave p2pshare-cli node running",
    )


def _where(view: "PersonView") -> str:
    return "here, at the desk" if view.desk else "here"


def _seen(last_seen_ms: int | None, now_ms: int) -> str:
    return "never" if last_seen_ms is None else ago(last_seen_ms, now_ms)


@person_command.command("feeds")
@pass_session
def feeds_command(session: Session) -> None:
    """Your feeds: each computer of yours writes one of its own in each circle."""
    with session.ledger() as ledger:
        person = session.actor(ledger)
        views = ledger.queries.feeds(person.hex())
    if session.output.json:
        session.output.document(
            [
                {
                    "feed": view.feed,
                    "circle": view.circle,
                    "entries": view.entries,
                    "last_entries": list(view.tips),
                    "here": view.here,
                    "revoked": view.revoked,
                    "last": iso_or_none(view.last_ms),
                }
                for view in views
            ]
        )
        return
    session.output.table(
        ("feed", "entries", "last written", "last entry", ""),
        [
            (
                plain(short(view.feed), "dim"),
                str(view.entries),
                iso_or_none(view.last_ms) or "",
                ", ".join(short(tip) for tip in view.tips),
                " ".join(
                    word
                    for word, is_so in (("written here", view.here), ("revoked", view.revoked))
                    if is_so
                ),
            )
            for view in views
        ],
    )


@person_command.command("revoke")
@click.argument("feed", type=text)
@click.option(
    "--last-entry",
    type=text,
    metavar="ID",
    help="The last entry that is to count; without it, all of the feed that is here counts.",
)
@pass_session
def revoke_command(session: Session, feed: str, last_entry: str | None) -> None:
    """Let nothing more of FEED count: its computer was lost or stolen. It cannot be undone."""
    from p2pshare.domain.commands import RevokeFeed
    from p2pshare.store.search import resolve_bytes

    with session.ledger() as ledger:
        person = session.actor(ledger)
        connection = ledger.database.connection
        command = RevokeFeed(
            person=person,
            circle=session.circle_named(ledger),
            feed=resolve_bytes(connection, "feeds", "feed", feed),
            last_entry=None
            if last_entry is None
            else resolve_bytes(connection, "entries", "id", last_entry),
        )
        revoked = ledger.perform(command)[0].subject
    if session.output.json:
        session.output.document({"revoked": revoked.hex()})
        return
    session.output.line("Nothing more of the feed ", (short(revoked.hex()), "dim"), " counts.")


@person_command.command("backup")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write it; keep it off this computer.",
)
@_LOCK
@pass_session
def backup_command(session: Session, path: Path, locked: bool) -> None:
    """Write your two keys to FILE, so that a lost computer does not cost you who you are.

    Whoever has the file, and its passphrase if it has one, can be you.
    """
    from p2pshare.node.backup import write_backup
    from p2pshare.node.whole_file import whole_file

    with session.ledger() as ledger:
        person = session.actor(ledger)
        name = ledger.own_persons()[person]
        locked = locked or ledger.keys.is_locked(person)
        passphrase = session.new_passphrase() if locked else None
        data = write_backup(ledger.keys, person, name, passphrase)
    with whole_file(path) as stream:
        stream.write(data.decode("ascii"))
    if session.output.json:
        session.output.document({"person": person.hex(), "backup": str(path)})
        return
    session.output.line("Your keys are in ", (str(path), "bold"), ".")
    if passphrase is None:
        session.output.line(("It has no passphrase: whoever has the file can be you.", "dim"))


@person_command.command("restore")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@pass_session
def restore_command(session: Session, path: Path) -> None:
    """Be the person of a backup on this computer too, or again.

    What you wrote comes back from neighbours; what you write from now on is a feed of its own, so
    that nothing you ever signed is split or lost.
    """
    from p2pshare.node.backup import BACKUP_BYTES_MAX, read_backup
    from p2pshare.node.whole_file import read_bounded

    backup = read_backup(read_bounded(path, BACKUP_BYTES_MAX), session.passphrase)
    with session.ledger(create=True) as ledger:
        person = ledger.restore_person(backup)
        device = ledger.keys.device_key().public
    if session.output.json:
        session.output.document({"person": person.hex(), "device": device.hex()})
        return
    session.output.line("Welcome back, ", (backup.name, "bold green"), "!")
    session.output.line(("p2pshare-cli node brings what you wrote from your neighbours.", "dim"))
