"""One SQLite connection on ledger.db: pragmas, transactions, versions.

Knows nothing of entries. Several processes may hold the file at once (DESIGN section 10): each
write takes BEGIN IMMEDIATE and, inside it, checks that the file is not newer than this program.
Used from one thread at a time; readers open their own.
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from p2pshare.errors import StoreBusy, StoreDamaged, StoreError, StoreTooNew
from p2pshare.store.migrations import create_latest, migrate
from p2pshare.store.wipe import ledger_closed, ledger_opened, wipe_gaps

SCHEMA_VERSION: Final = 4
"""Raised with each schema change (and ``migrations.FIRST_OF_VERSION``); in PRAGMA user_version."""

FOLD_VERSION: Final = 2
"""Raised when folding gives other rows; an older ledger is rebuilt, a newer one is left alone."""

SQLITE_DAMAGE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What a damaged file makes ``sqlite3`` raise: the second where the message itself cannot be read,
as it quotes a damaged statement of the schema."""

WIPE_SECONDS: Final = 30.0
"""Others' erasures cause at most one reading of the whole file in this time."""

_BUSY_SECONDS: Final = 30.0
_TRUNCATE_MS: Final = 1000


class Database:
    """A connection to the ledger; ``path`` may be ``:memory:`` for the simulator."""

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        """Open and, unless ``read_only``, create or migrate the file.

        Raises StoreError: StoreTooNew, StoreDamaged or StoreBusy.
        """
        self.path: Final = path
        self._wiped_at = -math.inf
        with _translated():
            if read_only:
                uri = f"{Path(path).resolve().as_uri()}?mode=ro"
                self.connection = sqlite3.connect(
                    uri,
                    uri=True,
                    timeout=_BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                )
            else:
                self.connection = sqlite3.connect(
                    path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
                )
        try:
            with _translated():
                self._prepare(read_only)
        except BaseException:
            self.connection.close()
            raise
        if isinstance(path, Path):
            ledger_opened(path)

    def _prepare(self, read_only: bool) -> None:
        connection = self.connection
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -32768")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
            self.check_versions()
            return
        self._use_write_ahead_log()
        connection.execute("BEGIN IMMEDIATE")
        try:
            self.check_versions()
            if self._user_version() < SCHEMA_VERSION:
                empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
                (create_latest if empty else migrate)(connection)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                connection.execute(
                    "INSERT OR IGNORE INTO ledger (name, value) VALUES ('fold_version', ?)",
                    (str(FOLD_VERSION),),
                )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _use_write_ahead_log(self) -> None:
        """Turn the file to WAL, which a new file needs once.

        SQLite answers "locked" at once, whatever the timeout, when two connections turn the same
        new file; whoever comes second waits here and then finds it done.
        """
        end = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _user_version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])

    def check_versions(self) -> None:
        """Raise StoreTooNew if the file was written by a newer p2pshare."""
        version = self._user_version()
        if version > SCHEMA_VERSION or self.fold_version() > FOLD_VERSION:
            raise StoreTooNew(
                "the ledger was written by a newer p2pshare; update this one to write to it"
            )

    def fold_version(self) -> int:
        """The fold version of the rows in the file (0 for a file without tables)."""
        return 0 if self._user_version() == 0 else stored_versions(self.connection)[1] or 0

    def data_version(self) -> int:
        """A number that changes when another connection has committed."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """A write transaction, rolled back if the block raises.

        ``durable`` commits reach the disk before this returns (synchronous=FULL): for what this
        device signs. Others (NORMAL) may be lost at a power cut and are fetched again.
        """
        with _translated():
            connection = self.connection
            # synchronous cannot change inside a transaction.
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            try:
                self.check_versions()
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A read transaction: everything read in the block is of one moment."""
        with _translated():
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def truncate_log(self, *, patient: bool = True) -> bool:
        """Move the write-ahead log into the file and empty it, so that erased bytes are gone.

        False if a reader held it open (for a second, if ``patient``); the caller tries again later.
        """
        with _translated():
            self.connection.execute(f"PRAGMA busy_timeout = {_TRUNCATE_MS if patient else 0}")
            try:
                row = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self.connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
        return row is not None and row[0] == 0

    def wipe_unused(self) -> bool:
        """Zero what moved rows left behind in unused parts of pages (``store.wipe``).

        Only right after ``truncate_log``. False if somebody has written since, or writes now; the
        caller tries again later. Raises StoreError.
        """
        if not isinstance(self.path, Path):
            return True
        log = self.path.with_name(f"{self.path.name}-wal")
        with _translated():
            page_size = int(self.connection.execute("PRAGMA page_size").fetchone()[0])
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    return False
                raise
            try:
                if log.exists() and log.stat().st_size:
                    return False
                wipe_gaps(self.path, page_size)
            except OSError as error:
                raise StoreError(f"the ledger cannot be used: {error.strerror}") from error
            finally:
                self.connection.execute("ROLLBACK")
                # Pages in the cache have the gaps as they were; other connections read theirs anew
                # after the next commit.
                self.connection.execute("PRAGMA shrink_memory")
        self._wiped_at = time.monotonic()
        return True

    def wipe_is_due(self) -> bool:
        """Whether the last wipe is long enough ago that strangers' erasures may cause one."""
        return time.monotonic() >= self._wiped_at + WIPE_SECONDS

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
        if isinstance(self.path, Path):
            ledger_closed(self.path)


def stored_versions(connection: sqlite3.Connection) -> tuple[int, int | None]:
    """(schema version, fold version) as they stand in a ledger; None if that is no number.

    Raises sqlite3.DatabaseError.
    """
    user_version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    row = connection.execute("SELECT value FROM ledger WHERE name = 'fold_version'").fetchone()
    return user_version, int(row[0]) if row and str(row[0]).isdecimal() else None


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's errors as ours, in one place."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise StoreBusy("another program is using the ledger; try again") from error
        if "readonly" in text or "unable to open" in text or "disk" in text or "full" in text:
            raise StoreError(f"the ledger cannot be used: {text}") from error
        raise StoreDamaged(f"the ledger is damaged: {text}") from error
    except SQLITE_DAMAGE as error:
        raise StoreDamaged(f"the ledger is damaged: {error}") from error
