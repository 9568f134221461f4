"""receipt, verify: what two people signed, as a file that anybody can check.

``verify`` opens no folder and needs no set-up: it is for somebody who has never met either person.
"""

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from p2pshare.cli.agreements import said_words
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.cli.terms import sentences_of
from p2pshare.cli.times import iso, local
from p2pshare.errors import ReceiptRefused

if TYPE_CHECKING:
    from p2pshare.log.verified_receipt import VerifiedReceipt


@click.command("receipt")
@click.argument("agreement", metavar="ID", type=text)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="Where to write it, by custom as .p2preceipt; an older FILE is replaced.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it as a page to print, too.",
)
@pass_session
def receipt_command(session: Session, agreement: str, file: Path, page: Path | None) -> None:
    """Write the receipt of a loan or another agreement of yours to FILE.

    It holds what the two of you signed, words included: give it to whom you want to show them.
    p2pshare-cli verify checks it on any computer.
    """
    from p2pshare.node.receipts import receipt_of
    from p2pshare.node.whole_file import whole_file

    with session.ledger() as ledger:
        identifier = bytes.fromhex(ledger.agreement_id(agreement))
        made = receipt_of(ledger, identifier, session.actor(ledger))
    with whole_file(file) as stream:
        stream.buffer.write(made.data)
    if page is not None:
        from p2pshare.node.receipt_page import receipt_page, shown_instants

        times = {at: f"{local(at, UTC)} UTC" for at in shown_instants(made.verified)}
        with whole_file(page) as stream:
            stream.write(receipt_page(made.verified, times))
    if session.output.json:
        session.output.document(
            {"receipt": str(file), "entries": made.verified.entries, "bytes": len(made.data)}
        )
        return
    session.output.line(
        "Wrote the receipt of ",
        (made.verified.state.title, "bold"),
        f": {made.verified.entries} signed entries, {len(made.data)} bytes, to {file}",
    )


@click.command("verify")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@pass_session
def verify_command(session: Session, file: Path) -> int:
    """Check a receipt: who signed what, and when; exit code 1 if it does not hold.

    Needs neither a folder nor a network, and knows neither of the two.
    """
    from p2pshare.limits import RECEIPT_BYTES_MAX
    from p2pshare.log.verified_receipt import verify_receipt

    with file.open("rb") as stream:
        data = stream.read(RECEIPT_BYTES_MAX + 1)
    try:
        verified = verify_receipt(data)
    except ReceiptRefused as error:
        return _refused(session, str(error))
    if session.output.json:
        session.output.document(verdict_document(verified))
        return 0
    _show(session, verified)
    return 0


def verdict_document(verified: "VerifiedReceipt") -> dict[str, Any]:
    """What ``verify`` prints for programs: parties as ids, in the order of the roles."""
    return {
        "ok": True,
        "kind": verified.kind,
        "parties": [person.hex() for person in verified.state.parties],
        "moves": [
            {
                "move": one.move,
                "by": one.person.hex(),
                "at": iso(one.time_ms),
                **({"desk": True} if one.desk else {}),
                **({"details": dict(one.details)} if one.details else {}),
            }
            for one in verified.moves
        ],
        "reason": None,
    }


def _refused(session: Session, reason: str) -> int:
    if session.output.json:
        session.output.document(
            {"ok": False, "kind": None, "parties": [], "moves": [], "reason": reason}
        )
    else:
        session.output.line(("This receipt does not hold: ", "bold red"), reason)
    return 1


def _show(session: Session, verified: "VerifiedReceipt") -> None:
    state = verified.state
    session.output.line(
        ("Every signature holds. ", "bold green"),
        f"A {state.kind}: ",
        (state.title, "bold"),
        f", {verified.period}, {state.state.replace('_', ' ')}.",
    )
    facts = [
        (role, f"{verified.names.get(person, '')} {person.hex()}".strip())
        for role, person in zip(state.roles, state.parties, strict=True)
    ]
    if state.quantity > 1:
        facts.append(("how many", str(state.quantity)))
    if state.due_at_ms is not None:
        facts.append(("back by", local(state.due_at_ms)))
    facts.extend(("terms", line) for line in sentences_of(state.terms))
    session.output.facts(facts)
    session.output.table(
        ("what was signed", "by", "when", "words"),
        [
            (
                plain(one.label, "bold"),
                f"{one.name or short(one.person.hex())} ({one.role_and_place})",
                local(one.time_ms),
                said_words(one.note, one.said),
            )
            for one in verified.moves
        ],
    )
    for person in verified.silent:
        name = verified.names.get(person) or short(person.hex())
        session.output.line((f"{name} signed nothing in this receipt.", "bold red"))
    if verified.without_effect:
        session.output.line(f"{verified.without_effect} more entries in it change nothing.")
    for line in verified.cannot_show:
        session.output.line((line, "dim"))
