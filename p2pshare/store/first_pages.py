"""A copy of a damaged ledger that is given the first pages of a fresh one.

The header of the file and the pages of ``sqlite_master`` say where each table begins. A bit flipped
there hides whole tables from SQLite although their pages are sound. Every ledger of one schema
version is made by the same statements, so that these pages are the same in all of them, but for the
size of the file (https://sqlite.org/fileformat2.html sections 1.3, 1.6 and 2.6).
"""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

from p2pshare.store.database import Database

_HEADER_BYTES: Final = 100
_INTERIOR: Final = 0x05


def graft_first_pages(path: Path, target: Path) -> None:
    """Write a copy of the ledger at ``path`` to ``target`` with a fresh header and schema."""
    fresh = _fresh_ledger(target.with_name(f"{target.name}.fresh"))
    page_size = int.from_bytes(fresh[16:18], "big")
    data = bytearray(path.read_bytes())
    for page in _schema_pages(fresh, page_size):
        start = (page - 1) * page_size
        data[start : start + page_size] = fresh[start : start + page_size]
    data[28:32] = (len(data) // page_size).to_bytes(4, "big")
    data[32:40] = bytes(8)  # no list of free pages: nothing is written into this copy
    target.write_bytes(data)
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        shutil.copyfile(log, target.with_name(f"{target.name}-wal"))


def _fresh_ledger(path: Path) -> bytes:
    """The bytes of an empty ledger, made at ``path`` and removed again."""
    path.unlink(missing_ok=True)
    try:
        with closing(Database(path)) as database:
            database.truncate_log()
        return path.read_bytes()
    finally:
        path.unlink(missing_ok=True)


def _schema_pages(data: bytes, page_size: int) -> list[int]:
    """The numbers of the pages of ``sqlite_master``, whose root is page 1."""
    found, waiting = [], [1]
    while waiting:
        page = waiting.pop()
        found.append(page)
        start = (page - 1) * page_size
        head = start + (_HEADER_BYTES if page == 1 else 0)
        if data[head] != _INTERIOR:
            continue
        cells = int.from_bytes(data[head + 3 : head + 5], "big")
        waiting.append(int.from_bytes(data[head + 8 : head + 12], "big"))
        for index in range(cells):
            at = head + 12 + 2 * index
            cell = start + int.from_bytes(data[at : at + 2], "big")
            waiting.append(int.from_bytes(data[cell : cell + 4], "big"))
    return found
