"""1,000 random bits of ledger.db are flipped.

Every header, signature and body that a flip changes is found by the audit, nothing ends in a
traceback, what a peer still has is repaired, and a file that SQLite cannot read is salvaged.
"""

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from unit.store.ledger_kit import ADA, BEN, FileReader, village
from unit.store.world_kit import Reader, World

from p2pshare.errors import StoreDamaged, StoreError
from p2pshare.log.entry import SignedEntry
from p2pshare.store.audit import AuditReport, audit
from p2pshare.store.database import SQLITE_DAMAGE
from p2pshare.store.salvage import Salvaged, rebuild_file
from p2pshare.store.serving import LogReader

FLIPS = 1000
FLIPS_PER_COPY = 4
PAGE = 4096
SALVAGED_COPIES = 16
OF_AN_ENTRY = {"header", "signature", "body"}

Rows = dict[tuple[str, int], tuple[Any, ...]]


@dataclass(frozen=True)
class Sound:
    """A ledger before it is damaged: its bytes, what it says, and who else has all of it."""

    folder: Path
    data: bytes
    rows: Rows
    names: dict[int, str]
    folded: dict[str, list[dict[str, Any]]]
    digest: bytes
    world: World
    keys: list[Any]

    def write(self, name: str, flips: Iterable[tuple[int, int]]) -> Path:
        """A copy of the file with these bits (byte, bit) flipped."""
        data = bytearray(self.data)
        for place, bit in flips:
            data[place] ^= 1 << bit
        path = self.folder / name
        path.write_bytes(data)
        return path

    def changed(self, path: Path) -> set[int] | None:
        """The numbers of the entries that are not what they were; None if SQLite cannot tell."""
        try:
            rows = read_rows(path)
        except SQLITE_DAMAGE:
            return None
        return {
            key[1] for key in rows.keys() | self.rows.keys() if rows.get(key) != self.rows.get(key)
        }


def read_rows(path: Path) -> Rows:
    """Headers, signatures and bodies by (table, number), as SQLite reads them."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        rows: Rows = {}
        for number, *row in connection.execute("SELECT number, header, signature FROM entries"):
            rows["entries", number] = tuple(row)
        for number, *row in connection.execute("SELECT entry, body FROM bodies"):
            rows["bodies", number] = tuple(row)
        return rows


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("flips")
    world = village(listings=450)
    with FileReader(folder / "sound.db", ADA, BEN) as reader:
        reader.take_all(world)
        assert reader.database.truncate_log()
        names = dict(
            reader.database.connection.execute("SELECT number, lower(hex(id)) FROM entries")
        )
        folded, digest, keys = reader.folded(), reader.digest(), reader.keys
    path = folder / "sound.db"
    assert audit(path, keys).ok
    return Sound(folder, path.read_bytes(), read_rows(path), names, folded, digest, world, keys)


@pytest.fixture(scope="module")
def peer(sound: Sound) -> Iterator[Reader]:
    """A stranger's ledger that has everything."""
    with Reader() as reader:
        reader.take_all(sound.world)
        yield reader


def drawn_flips(sound: Sound) -> list[list[tuple[int, int]]]:
    """The 1,000 flips, in groups whose flips are in different pages."""
    drawn = random.Random(20261123)
    pages = range(len(sound.data) // PAGE)
    return [
        [
            (page * PAGE + drawn.randrange(PAGE), drawn.randrange(8))
            for page in drawn.sample(pages, FLIPS_PER_COPY)
        ]
        for _ in range(FLIPS // FLIPS_PER_COPY)
    ]


def unnamed(sound: Sound, changed: set[int], report: AuditReport) -> set[int]:
    """The changed entries that the report does not name."""
    named = {fault.where for fault in report.faults if fault.what in OF_AN_ENTRY}
    return {
        number
        for number in changed
        if sound.names.get(number) not in named and f"row {number}" not in named
    }


def is_structural(report: AuditReport) -> bool:
    return any(fault.what == "file" for fault in report.faults)


def test_every_flip_that_changes_the_log_is_found_and_mended(sound: Sound, peer: Reader) -> None:
    changed_entries = mended = structural = 0
    for number, flips in enumerate(drawn_flips(sound)):
        path = sound.write(f"flipped-{number}.db", flips)
        report = audit(path, sound.keys)
        changed = sound.changed(path)
        if is_structural(report):
            # What hides behind a broken page is told apart by trying each flip alone.
            structural += 1
            if changed is None or unnamed(sound, changed, report):
                check_alone(sound, number, flips)
        else:
            assert changed is not None, f"flips {flips} are unreadable and were not found"
            assert not unnamed(sound, changed, report), f"flips {flips}: {report.faults}"
            changed_entries += len(changed)
            mended += mend(sound, peer, path, report)
        remove(path)
    assert changed_entries > 60, "the flips meant to test this hardly met an entry"
    assert mended > 60
    assert structural > 20


def check_alone(sound: Sound, number: int, flips: list[tuple[int, int]]) -> None:
    for flip in flips:
        path = sound.write(f"alone-{number}.db", [flip])
        report = audit(path, sound.keys)
        changed = sound.changed(path)
        if changed is None or unnamed(sound, changed, report):
            assert is_structural(report), f"flip {flip} was not found: {report.faults}"
        remove(path)


def mend(sound: Sound, peer: Reader, path: Path, report: AuditReport) -> int:
    """Ask the peer for what the audit noted; how many entries are right again."""
    wrong = {fault.where for fault in report.faults if fault.what in OF_AN_ENTRY}
    if not wrong:
        return 0
    with FileReader(path, ADA, BEN) as reader:
        wanted = reader.wanted()
        repaired = reader.ingest.repair(sound.world.circle, answer(peer, wanted)).repaired
    again = audit(path, sound.keys)
    left = {fault for fault in again.faults if fault.what in OF_AN_ENTRY}
    assert not left, f"{left} of {report.faults}"
    # A damaged erasure makes bodies look lost that are erased, which its repair settles.
    assert repaired, report.faults
    return len(repaired)


def answer(peer: Reader, wanted: list[bytes]) -> list[SignedEntry]:
    """The entries as the peer has them: of an erased one the header, which can be damaged too."""
    connection = peer.database.connection
    entries, missing = LogReader(connection, 1).read_entries(wanted)
    found = {one.header: one for one in entries}
    for identifier in missing:
        header, signature = connection.execute(
            "SELECT header, signature FROM entries WHERE id = ?", (identifier,)
        ).fetchone()
        found.setdefault(header, SignedEntry(header, signature, None))
    return list(found.values())


def test_a_file_that_sqlite_cannot_read_is_salvaged(sound: Sound) -> None:
    salvaged = 0
    for number, flips in enumerate(drawn_flips(sound)):
        path = sound.write(f"broken-{number}.db", flips)
        if not is_structural(audit(path, sound.keys, note=False)):
            remove(path)
            continue
        broken = path.read_bytes()
        done = rebuild_file(path, sound.keys)
        if isinstance(done, Salvaged):
            salvaged += 1
            assert done.kept.read_bytes() == broken, "the damaged file is kept as it was"
            remove(done.kept)
        check_made_whole(sound, path)
        remove(path)
        if salvaged == SALVAGED_COPIES:
            break
    assert salvaged == SALVAGED_COPIES


def check_made_whole(sound: Sound, path: Path) -> None:
    """What is left is sound, and with what peers have it is what it was."""
    report = audit(path, sound.keys)
    # Who follows a bad signature vouches for it: it is kept, and asked for.
    assert {fault.what for fault in report.faults} <= {"signature"}, report.faults
    with FileReader(path, ADA, BEN) as reader:
        reader.take_all(sound.world)
        reader.repair(sound.world.by_id[identifier] for identifier in reader.wanted())
        assert reader.digest() == sound.digest
        assert reader.folded() == sound.folded
    assert audit(path, sound.keys).ok


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 400, bytes(PAGE * 8)])
def test_a_file_that_is_no_database_is_a_fault_and_not_a_traceback(
    sound: Sound, tmp_path: Path, damage: bytes
) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(damage)
    assert not audit(path, sound.keys).ok


@pytest.mark.parametrize("length", [100, PAGE, PAGE * 3 + 17, PAGE * 20])
def test_a_file_that_was_cut_off_is_a_fault_and_not_a_traceback(
    sound: Sound, tmp_path: Path, length: int
) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(sound.data[:length])
    assert not audit(path, sound.keys).ok


def test_no_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no ledger"):
        audit(tmp_path / "ledger.db", [])
    (tmp_path / "ledger.db").write_bytes(b"x" * 10000)
    with pytest.raises(StoreDamaged):
        rebuild_file(tmp_path / "ledger.db", [])


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
