"""What must be true of a ledger after its process was killed, whatever the moment.

``Promised`` collects what the children acknowledged. ``check_quickly`` opens the file read-only,
so that the next child finds the write-ahead log as the dead one left it; ``check_whole`` opens the
ledger as a user would, verifies every byte by docs/protocol.md, and compares it with a rebuild.
"""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.crash_life import Foreign

from p2pshare.domain.commands import SetName
from p2pshare.log.body import check_body
from p2pshare.log.entry import decode_header, entry_id, signature_verifies
from p2pshare.node.ledger import KEYS_FOLDER, LEDGER_FILE, Ledger
from p2pshare.store.audit import audit
from p2pshare.store.database import Database
from p2pshare.store.feeds import chunks, marks
from p2pshare.store.folded_tables import (
    FOLDED,
)
from p2pshare.store.ledger_links import LINKS

FOLLOWING = {
    "owed": "SELECT entry FROM owed",
    "tips": "SELECT entry, feed FROM tips",
    "branches": "SELECT feed, branch, parent, fork_seq FROM branches",
    "revocations": "SELECT entry, circle, person, feed, last_entry FROM revocations",
    "erasures": "SELECT entry, target FROM erasures",
    "usage": "SELECT circle, person, entries, bytes FROM usage",
    **{table.name: f"SELECT {', '.join(table.columns)} FROM {table.name}" for table in FOLDED},
}
"""The tables that a rebuild makes again; ``dependencies`` may keep what nothing waits for."""


@dataclass
class Promised:
    """What killed children had acknowledged of one folder."""

    places: dict[tuple[str, int, str], bytes] = field(default_factory=dict)
    unchecked: list[bytes] = field(default_factory=list)
    bodies: set[bytes] = field(default_factory=set)
    forgetting: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)

    def take(self, lines: list[list[str]]) -> None:
        """Note the lines of a child."""
        for kind, *words in lines:
            if kind == "entries":
                for word in words:
                    feed, seq, identifier = word.split(":")
                    self.places[feed, int(seq), identifier] = bytes.fromhex(identifier)
                    self.unchecked.append(bytes.fromhex(identifier))
            elif kind == "bodies":
                self.bodies.update(bytes.fromhex(word) for word in words)
            elif kind == "forgetting":
                self.forgetting.update(words)
            elif kind == "forgot":
                self.forgotten.update(words)

    def places_used_twice(self, foreign: Foreign) -> list[tuple[str, int]]:
        """(feed, seq) of places acknowledged for two entries, the others' own forks left out."""
        seen: dict[tuple[str, int], bytes] = {}
        twice = []
        for (feed, seq, _), identifier in self.places.items():
            if identifier in foreign.entries:
                continue
            if seen.setdefault((feed, seq), identifier) != identifier:
                twice.append((feed, seq))
        return twice


def check_quickly(folder: Path, promised: Promised) -> None:
    """No acknowledged entry is lost, no own feed has a gap or a fork, forgotten words are gone."""
    fresh, promised.unchecked = promised.unchecked, []
    if not promised.places:
        return  # the file need not be there yet
    database = Database(folder / LEDGER_FILE, read_only=True)
    try:
        _check_held(database.connection, fresh)
        _check_own_feeds(database.connection, folder)
    finally:
        database.close()
    _check_words_gone(folder, promised.forgotten)


def check_whole(folder: Path, promised: Promised, foreign: Foreign) -> dict[str, int]:
    """Everything; figures of what was there. Opens, so recovers, the ledger as a user does."""
    ledger = Ledger(folder)
    try:
        connection = ledger.database.connection
        _check_held(connection, list(promised.places.values()))
        twice = promised.places_used_twice(foreign)
        assert not twice, f"a place was used twice: {twice}"
        _check_own_feeds(connection, folder)
        _check_chains(connection)
        _check_bodies_taken_in(connection, promised.bodies)
        _check_promised_days(ledger)
        _check_forgetting(ledger, promised, foreign)
        left = [path.name for path in (folder / KEYS_FOLDER).glob(".*")]
        assert not left, f"half-written keys were left: {left}"
        _check_sqlite(connection)
        report = audit(folder / LEDGER_FILE, ledger.reading_keys())
        assert report.ok, report
        before = tables(connection)
        ledger.rebuild()
        after = tables(connection)
        for name, rows in before.items():
            assert rows == after[name], f"{name} is not what a rebuild makes of the log"
        entries = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        return {"entries": entries, "agreements": len(after["agreements"])}
    finally:
        ledger.close()


def tables(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """Every row that follows from the log, in an order of its own."""
    return {
        name: sorted(connection.execute(query).fetchall(), key=repr)
        for name, query in FOLLOWING.items()
    }


def _check_held(connection: sqlite3.Connection, identifiers: list[bytes]) -> None:
    for chunk in chunks(sorted(set(identifiers))):
        found = connection.execute(
            f"SELECT count(*) FROM entries WHERE id IN ({marks(chunk)})", chunk
        ).fetchone()[0]
        assert found == len(chunk), f"{len(chunk) - found} acknowledged entries are lost"


def _check_own_feeds(connection: sqlite3.Connection, folder: Path) -> None:
    """Each person hosted here has one feed, whole from 0 to its one tip, and its keys."""
    names = [name for (name,) in connection.execute("SELECT name FROM own_persons")]
    assert len(names) == len(set(names)), f"a person was added twice: {names}"
    rows = connection.execute(
        "SELECT o.feed, o.person, o.retired, f.number, (SELECT count(*) FROM own_feeds AS other"
        " WHERE other.person = o.person AND other.circle = o.circle) FROM own_feeds AS o"
        " LEFT JOIN feeds AS f ON f.feed = o.feed"
    ).fetchall()
    for feed, person, retired, number, feeds in rows:
        entries, places, last = connection.execute(
            "SELECT count(*), count(DISTINCT seq), max(seq) FROM entries WHERE feed = ?", (number,)
        ).fetchone()
        tips = connection.execute("SELECT count(*) FROM tips WHERE feed = ?", (number,)).fetchone()
        told = f"feed {feed.hex()[:8]}: {entries} entries at {places} places up to {last}, {tips}"
        assert entries == places == last + 1, told
        assert tips == (1,), told
        assert (retired, feeds) == (0, 1), f"{told}; retired {retired}, {feeds} feeds"
        for name in (f"feed-{feed.hex()}", f"person-{person.hex()}", f"reading-{person.hex()}"):
            assert (folder / KEYS_FOLDER / f"{name}.pem").is_file(), f"{name}.pem is lost"


def _check_chains(connection: sqlite3.Connection) -> None:
    """Ids, signatures, bodies and places, entry by entry, as docs/protocol.md says."""
    rows = connection.execute(
        "SELECT e.id, f.feed, e.seq, e.header, e.signature, b.body FROM entries AS e"
        " JOIN feeds AS f ON f.number = e.feed LEFT JOIN bodies AS b ON b.entry = e.number"
    ).fetchall()
    places = {identifier: (feed, seq) for identifier, feed, seq, *_ in rows}
    for identifier, feed, seq, data, signature, body in rows:
        header = decode_header(data)
        assert (entry_id(data), header.feed, header.seq) == (identifier, feed, seq)
        assert seq == 0 or places[header.previous] == (feed, seq - 1)
        assert signature_verifies(feed, signature, identifier)
        if body is not None:
            check_body(body, header.body_hash, header.body_size)


def _check_bodies_taken_in(connection: sqlite3.Connection, identifiers: set[bytes]) -> None:
    """A body that was taken in late is there, or an erasure names its entry."""
    for chunk in chunks(sorted(identifiers)):
        missing = connection.execute(
            "SELECT count(*) FROM entries AS e WHERE NOT EXISTS"
            " (SELECT 1 FROM bodies AS b WHERE b.entry = e.number) AND NOT EXISTS"
            f" (SELECT 1 FROM erasures AS x WHERE x.target = e.id) AND e.id IN ({marks(chunk)})",
            chunk,
        ).fetchone()[0]
        assert not missing, f"{missing} bodies that were taken in are lost"


def _check_promised_days(ledger: Ledger) -> None:
    """Whatever was accepted before a crash: after the next command its days are published."""
    own = ledger.own_persons()
    if own:
        person = next(iter(own))
        ledger.perform(SetName(person=person, name=own[person]))
        assert ledger.entail() == [], "promised days were left unpublished"


def _check_forgetting(ledger: Ledger, promised: Promised, foreign: Foreign) -> None:
    """Whatever erasure was committed: its words are in no file any more."""
    connection = ledger.database.connection
    listed = {title.split()[-1] for (title,) in connection.execute("SELECT title FROM listings")}
    gone = promised.forgetting - listed
    assert promised.forgotten <= gone, "a forgotten listing is listed"
    for word, erasure in foreign.erased:
        held = connection.execute(
            "SELECT 1 FROM entries AS e JOIN bodies AS b ON b.entry = e.number WHERE e.id = ?",
            (erasure,),
        ).fetchone()
        # Whoever asked to borrow it before keeps the title as they saw it, in their own request.
        asked = connection.execute(
            "SELECT 1 FROM agreements WHERE title LIKE ?", (f"%{word}%",)
        ).fetchone()
        if held and not asked:
            gone.add(word)
    _check_words_gone(ledger.folder, gone)


def _check_words_gone(folder: Path, words: set[str]) -> None:
    if not words:
        return
    for path in sorted(folder.glob(f"{LEDGER_FILE}*")):
        data = path.read_bytes()
        left = [word for word in words if word.encode() in data]
        assert not left, f"{path.name} still holds forgotten words: {left}"


def _check_sqlite(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # Folded rows may be about a listing that has not arrived (store.ledger_links).
    dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    assert [table for table, *_ in dangling if table not in LINKS] == []
    connection.execute(
        "INSERT INTO listings_fts (listings_fts, rank) VALUES ('integrity-check', 1)"
    )
