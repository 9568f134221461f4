"""``node.lock``: which of the processes on one folder is the one on the network.

An operating-system lock, which a killed process cannot leave behind (DESIGN section 10). Writing to
the ledger needs no lock of ours: SQLite has its own.
"""

import sys
from pathlib import Path
from typing import IO

from p2pshare.errors import AlreadyRunning, NodeError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class NodeLock:
    """Held from construction until ``release`` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take the lock. Raises AlreadyRunning if another process has it."""
        path = folder / "node.lock"
        try:
            self._file = path.open("ab")
        except OSError as error:
            raise NodeError(f"{path} cannot be opened: {error.strerror}") from error
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise AlreadyRunning(
                f"p2pshare is already running on {folder}; close it, or use another --data folder"
            ) from error

    def release(self) -> None:
        """Let another process be the one on the network."""
        self._file.close()


def is_running(folder: Path) -> bool:
    """Whether another process is on the network with this folder."""
    if not (folder / "node.lock").exists():
        return False
    try:
        NodeLock(folder).release()
    except AlreadyRunning:
        return True
    return False
