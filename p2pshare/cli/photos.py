"""photo, and the option --photo: pictures of what people offer and want, and how it came back.

What goes in and what comes out passes the gate of ``node.photos``.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pshare.cli.output import short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.errors import UnknownReference

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


def taken_in(ledger: "Ledger", files: Sequence[str]) -> tuple[bytes, ...]:
    """The hashes of the photos in these files, made small and plain and kept; '' is no photo.

    Nothing is kept if one of them is refused. Raises PhotoRefused, OSError or StoreError.
    """
    from p2pshare.node.photos import clean_photo, read_photo_file

    cleaned = [clean_photo(read_photo_file(Path(file))) for file in files if file]
    return tuple(ledger.add_photo(photo) for photo in cleaned)


@click.command("photo")
@click.argument("photo", metavar="HASH", type=text)
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="Where to write it; an older FILE is replaced.",
)
@pass_session
def photo_command(session: Session, photo: str, file: Path) -> None:
    """Write a photo to FILE; listing show says its HASH, and loan show that of the two of you.

    One that is not on this computer yet is fetched by the node that runs on this folder.
    """
    from p2pshare.node.lock import is_running
    from p2pshare.node.photos import picture_of
    from p2pshare.node.whole_file import whole_file

    with session.ledger() as ledger:
        identifier = ledger.photo_id(photo)
        data = ledger.photo(identifier)
    if data is None:
        running = is_running(session.folder())
        advice = (
            "p2pshare is running and asks for it: try again in a moment"
            if running
            else "it is fetched when p2pshare-cli node runs"
        )
        raise UnknownReference(f"that photo is not on this computer yet; {advice}")
    picture_of(data)  # refuses what is no photo
    with whole_file(file) as stream:
        stream.buffer.write(data)
    if session.output.json:
        session.output.document({"photo": identifier, "bytes": len(data)})
        return
    session.output.line(
        "Wrote ", (f"{len(data)} bytes", "bold"), f" to {file}", f"   {short(identifier)}"
    )
