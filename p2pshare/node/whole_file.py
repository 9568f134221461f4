"""Files that people name: read up to a bound, and written whole or not at all.

Lists, exports, receipts, backups. What is in them is for others to say.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from p2pshare.errors import NodeError


def read_bounded(path: Path, most: int) -> bytes:
    """What is in a file: of one that is larger than ``most`` bytes one byte more than that, so that
    whoever reads it can tell. Raises NodeError.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise NodeError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """A text file that gets its name when the block has ended well, and else leaves nothing.

    Its words are private as the ledger is: only its owner may read it. Bytes go to its ``buffer``.
    Raises NodeError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise NodeError(f"{path} cannot be written: {error.strerror or error}") from error
