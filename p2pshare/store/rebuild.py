"""Making everything that follows from the log again: trees, derived tables, folded rows, search.

Uses the code that made them first (``store.places``, ``store.derive``, ``store.folding``), in one
write transaction. Runs when the rows were folded by an older version, and by ``p2pshare-cli
rebuild``. Damaged entries stay, are left out of the fold, and are noted so that ``node`` asks for
them; a file whose structure is damaged is ``store.salvage``'s. Never touches what is local.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from p2pshare.errors import StoreDamaged
from p2pshare.log.entry import SUBJECT_BYTES
from p2pshare.log.keys import ReadingKey
from p2pshare.store.append import Added, AddedEntry
from p2pshare.store.database import FOLD_VERSION, Database
from p2pshare.store.derive import Derivation, Subject
from p2pshare.store.examine import Examined, Examiner, read_rows
from p2pshare.store.feeds import FeedCache, chunks, circle_numbers
from p2pshare.store.folding import Folder
from p2pshare.store.migrations import FOLDED_TABLES
from p2pshare.store.notes import ERASED_IN_LOG, empty_log, leave_note
from p2pshare.store.repair import SIGNATURE_DAMAGED
from p2pshare.store.replay import Replay

Progress = Callable[[int, int], None]
"""Called with (done, total), in steps of the same size."""

_SUBJECTS_AT_ONCE: Final = 2000


def rebuild(
    database: Database, keys: Sequence[ReadingKey], progress: Progress | None = None
) -> int:
    """Make every row that follows from the log again; how many entries were read.

    Raises StoreDamaged if the log's tables hang together no more (nothing is changed then),
    StoreTooNew or StoreBusy.
    """
    with database.transaction(durable=True) as connection:
        entries, erased = remake(connection, keys, progress)
        if erased:
            leave_note(connection, ERASED_IN_LOG)
    empty_log(database)
    return entries


def remake(
    connection: sqlite3.Connection, keys: Sequence[ReadingKey], progress: Progress | None = None
) -> tuple[int, int]:
    """What ``rebuild`` does, in the transaction of the caller: (entries read, bodies erased).

    Raises StoreDamaged or sqlite3.Error.
    """
    total = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    say = progress or _silent
    triggers = _drop_triggers(connection)
    for table in ("dependencies", "revocations", "erasures", *FOLDED_TABLES):
        connection.execute(f"DELETE FROM {table}")
    # What is owed is remembered where only a body never seen can tell whether it is erased.
    connection.execute(
        "DELETE FROM owed WHERE entry IN (SELECT entry FROM bodies)"
        " OR entry NOT IN (SELECT number FROM entries)"
    )
    dirty = _remake_log(connection, lambda done: say(done, 2 * total))
    _check_tips(connection)
    erased = _fold(connection, keys, dirty, lambda part: say(total + int(part * total), 2 * total))
    for trigger in triggers:
        connection.execute(trigger)
    connection.execute("INSERT INTO listings_fts (listings_fts) VALUES ('rebuild')")
    connection.execute(
        "INSERT OR REPLACE INTO ledger (name, value) VALUES ('fold_version', ?)",
        (str(FOLD_VERSION),),
    )
    return total, erased


def _silent(_done: int, _total: int) -> None:
    pass


def _drop_triggers(connection: sqlite3.Connection) -> list[str]:
    """Take the triggers off ``listings``: the index is made at once at the end, not row by row."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'listings'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    return [sql for _, sql in triggers]


def _remake_log(connection: sqlite3.Connection, say: Callable[[int], None]) -> set[Subject]:
    """Mend and place every entry, derive what follows; the subjects there are."""
    circles = circle_numbers(connection)
    feeds = FeedCache(connection)
    replay = Replay(connection, circles)
    derivation = Derivation(connection, feeds, circles)
    examiner = Examiner(connection, signatures=False)
    damaged: list[Examined] = []
    done = 0
    for batch in read_rows(connection):
        added = Added()
        for row in batch:
            examined = examiner.examine(row)
            number = replay.take(examined)
            if examined.damage:
                damaged.append(examined)
            if examined.header is not None:
                added.entries.append(AddedEntry(row.number, feeds.row(number), examined.entry))
            elif isinstance(row.subject, bytes) and len(row.subject) == SUBJECT_BYTES:
                derivation.dirty.add((feeds.row(number).circle, row.subject))
        derivation.take(added)
        done += len(batch)
        say(done)
    replay.finish()
    _check_bodies(connection)
    note_damage(connection, damaged, keep_signatures=True)
    return derivation.dirty


def _check_bodies(connection: sqlite3.Connection) -> None:
    orphan = connection.execute(
        "SELECT entry FROM bodies WHERE entry NOT IN (SELECT number FROM entries) LIMIT 1"
    ).fetchone()
    if orphan is not None:
        raise StoreDamaged("there is a body without its entry")


def note_damage(
    connection: sqlite3.Connection, found: Iterable[Examined], *, keep_signatures: bool
) -> None:
    """Make the table ``damaged`` say what was found, so that links are asked for these entries.

    A signature that does not verify ends no stretch any more. ``keep_signatures``: signatures were
    not looked at, and what was said of them before still stands.
    """
    kept = SIGNATURE_DAMAGED if keep_signatures else None
    connection.execute("DELETE FROM damaged WHERE ?1 IS NULL OR what IS NOT ?1", (kept,))
    for examined in found:
        if examined.identifier is None:
            continue
        connection.execute(
            "INSERT OR REPLACE INTO damaged (entry, id, what) VALUES (?, ?, ?)",
            (examined.row.number, examined.identifier, next(iter(examined.damage))),
        )
        if SIGNATURE_DAMAGED in examined.damage:
            connection.execute(
                "UPDATE entries SET signature_checked = 0 WHERE number = ?", (examined.row.number,)
            )


def _check_tips(connection: sqlite3.Connection) -> None:
    """Verify the signatures whose mark cannot be right: a stretch ends at a checked one."""
    examiner = Examiner(connection, signatures=True)
    doubtful: list[Any] = [
        number
        for (number,) in connection.execute(
            "SELECT number FROM entries WHERE signature_checked NOT IN (0, 1)"
            " OR signature_checked IS NULL OR number IN (SELECT entry FROM tips)"
            " AND signature_checked = 0"
        )
    ]
    if not doubtful:
        return
    wanted = set(doubtful)
    for batch in read_rows(connection):
        for row in batch:
            if row.number not in wanted:
                continue
            examined = examiner.examine(row)
            whole = examined.header is not None and SIGNATURE_DAMAGED not in examined.damage
            connection.execute(
                "UPDATE entries SET signature_checked = ? WHERE number = ?",
                (int(whole), row.number),
            )


def _fold(
    connection: sqlite3.Connection,
    keys: Sequence[ReadingKey],
    dirty: set[Subject],
    say: Callable[[float], None],
) -> int:
    """Fold all these subjects; how many bodies turned out to be erased."""
    circles = circle_numbers(connection)
    feeds = FeedCache(connection)
    erased = done = 0
    for chunk in chunks(sorted(dirty), _SUBJECTS_AT_ONCE):
        erased += Folder(connection, feeds, circles, keys).fold(chunk).erased
        done += len(chunk)
        say(done / len(dirty))
    return erased
