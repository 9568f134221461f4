"""audit, rebuild, forget: looking after one's ledger."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from p2pshare.cli.output import Progress, plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, damage_named, pass_session
from p2pshare.errors import AlreadyRunning, NodeError, StoreDamaged, UnknownReference

if TYPE_CHECKING:
    from p2pshare.log.keys import ReadingKey
    from p2pshare.node.ledger import Ledger
    from p2pshare.store.audit import AuditReport
    from p2pshare.store.salvage import Salvaged

FAULTS_SHOWN_MAX: Final = 40


@click.command("audit")
@pass_session
def audit_command(session: Session) -> int:
    """Check every signature, chain and row; exit code 1 if something is wrong."""
    return _show(session, _audit(session))


@click.command("rebuild")
@pass_session
def rebuild_command(session: Session) -> int:
    """Make all tables anew from what was signed, then check everything."""
    path, keys = _ledger_file(session)
    with session.output.progress("Rebuilding") as progress, damage_named():
        salvaged = _rebuild(session, path, keys, progress)
    if salvaged is not None and not session.output.json:
        session.output.line(
            f"The file was damaged: {salvaged.entries} entries could be saved from it."
            f" It is kept as {salvaged.kept}."
        )
    return _show(session, _audit(session))


def _rebuild(
    session: Session, path: Path, keys: "list[ReadingKey]", progress: Progress
) -> "Salvaged | None":
    """Rebuild in place, or a new file from a damaged one, for which no node may be running."""
    from p2pshare.node.lock import NodeLock
    from p2pshare.store.salvage import Salvaged, rebuild_file

    try:
        lock = NodeLock(path.parent)
    except AlreadyRunning:
        try:
            with session.ledger() as ledger:
                ledger.rebuild(progress)
        except StoreDamaged as error:
            raise NodeError(
                f"{error}; end p2pshare-cli node (or the window), then rebuild again"
            ) from error
        return None
    try:
        made = rebuild_file(path, keys, progress)
    finally:
        lock.release()
    return made if isinstance(made, Salvaged) else None


def _audit(session: Session) -> "AuditReport":
    """Audit the file as it lies there: it need not be whole enough to be opened as a ledger."""
    from p2pshare.store.audit import audit

    path, keys = _ledger_file(session)
    with session.output.progress("Checking") as progress, damage_named():
        return audit(path, keys, progress=progress)


def _ledger_file(session: Session) -> "tuple[Path, list[ReadingKey]]":
    """The file, and the keys of those who read it here. Raises NodeError."""
    from p2pshare.node.keystore import KeyStore
    from p2pshare.node.ledger import KEYS_FOLDER, LEDGER_FILE

    folder = session.folder()
    path = folder / LEDGER_FILE
    if not path.exists():
        raise NodeError(f"there is no ledger in {folder}; name its folder with --data")
    return path, KeyStore(folder / KEYS_FOLDER).reading_keys()


def _show(session: Session, report: "AuditReport") -> int:
    """Print what was found; the exit code."""
    counts = {
        "entries": report.entries,
        "signatures": report.signatures,
        "chains": report.chains,
        "bodies": report.bodies,
        "tables": report.tables,
    }
    if session.output.json:
        session.output.document(
            {
                **counts,
                "ok": report.ok,
                "faults": [
                    {"what": fault.what, "where": fault.where, "text": fault.text}
                    for fault in report.faults
                ],
            }
        )
        return _exit_code(report)
    checked = ", ".join(f"{count} {name}" for name, count in counts.items())
    if report.ok:
        session.output.line(("All is well: ", "bold green"), checked, ".")
        return _exit_code(report)
    session.output.table(
        ("what", "where", "what is wrong"),
        [
            (plain(fault.what, "bold red"), _where(fault.where), fault.text)
            for fault in report.faults[:FAULTS_SHOWN_MAX]
        ],
    )
    more = len(report.faults) - FAULTS_SHOWN_MAX
    if more > 0:
        session.output.line(f"… and {more} more")
    faults = "1 fault" if len(report.faults) == 1 else f"{len(report.faults)} faults"
    session.output.line((faults, "bold red"), f" in {checked}.")
    if any(fault.what in ("table", "column", "file") for fault in report.faults):
        session.output.line("p2pshare-cli rebuild makes tables and rows anew.")
    if any(fault.what in ("header", "signature", "body") for fault in report.faults):
        session.output.line("p2pshare-cli node mends entries from another computer that has them.")
    return _exit_code(report)


def _exit_code(report: "AuditReport") -> int:
    return 0 if report.ok else 1


def _where(where: str) -> str:
    """An entry id shortened; other places as they are."""
    return short(where) if len(where) == 64 else where


@click.command("forget")
@click.argument("subject", metavar="ID", type=text)
@pass_session
def forget_command(session: Session, subject: str) -> None:
    """Erase what you wrote about a listing, a loan or yourself; other computers follow.

    Payments stay, and so does the fact that something was written. What you wrote about a loan is
    erased once both of you forget it.
    """
    from p2pshare.domain.commands import Forget

    with session.ledger() as ledger:
        person = session.actor(ledger)
        command = Forget(
            person=person,
            circle=session.circle_named(ledger),
            subject=_subject(ledger, person, subject),
        )
        erased = ledger.perform(command)[0].erased
    if session.output.json:
        session.output.document({"erased": erased})
        return
    entries = "entry" if erased == 1 else "entries"
    session.output.line(f"Forgotten: {erased} {entries} of yours. Other computers will follow.")


def _subject(ledger: "Ledger", person: bytes, prefix: str) -> bytes:
    """The one subject that begins so and which the person wrote of or is a party to.

    Asks the log and not the tables alone: what is forgotten by somebody else has no row. A party
    who has not written yet can consent to forgetting. Raises UnknownReference.
    """
    from p2pshare.log.certificate import person_subject

    wanted = prefix.strip().lower()
    found = {
        bytes.fromhex(subject)
        for (subject,) in ledger.database.connection.execute(
            "SELECT lower(hex(e.subject)) FROM feeds AS f"
            " JOIN entries AS e ON e.feed = f.number"
            " WHERE f.person = ?1 AND substr(lower(hex(e.subject)), 1, ?2) = ?3"
            " UNION SELECT agreement FROM agreements WHERE ?4 IN (owner, asker)"
            " AND substr(agreement, 1, ?2) = ?3 LIMIT 3",
            (person, len(wanted), wanted, person.hex()),
        )
    }
    if person.hex().startswith(wanted):
        found.add(person_subject(person))
    if not wanted or not found:
        raise UnknownReference(
            f"nothing you wrote about begins with '{wanted}'; the ids are in"
            " p2pshare-cli listings --mine and p2pshare-cli loans"
        )
    if len(found) > 1:
        raise UnknownReference(f"more than one thing begins with {wanted}; give more of it")
    return found.pop()
