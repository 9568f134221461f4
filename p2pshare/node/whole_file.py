"""A file that is written whole or not at all: exports, receipts, photos, backups."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from p2pshare.errors import NodeError


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
