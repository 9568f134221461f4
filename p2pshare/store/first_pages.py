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
    """The numbers of the pages of ``sqlite_master``, whose root is page 1, with those in which long
    statements go on.
    """
    found, waiting = [], [1]
    while waiting:
        page = waiting.pop()
        found.append(page)
        start = (page - 1) * page_size
        head = start + (_HEADER_BYTES if page == 1 else 0)
        interior = data[head] == _INTERIOR
        if interior:
            waiting.append(_number(data, head + 8))
        pointers = head + (12 if interior else 8)
        for index in range(int.from_bytes(data[head + 3 : head + 5], "big")):
            at = pointers + 2 * index
            cell = start + int.from_bytes(data[at : at + 2], "big")
            if interior:
                waiting.append(_number(data, cell))
            else:
                found.extend(_overflow_pages(data, page_size, cell))
    return found


def _overflow_pages(data: bytes, page_size: int, cell: int) -> list[int]:
    """The pages in which the row of a leaf's cell goes on; its page has no reserved space."""
    size, at = _varint(data, cell)
    _, at = _varint(data, at)  # the row's number
    if size <= page_size - 35:
        return []
    least = (page_size - 12) * 32 // 255 - 23
    local = least + (size - least) % (page_size - 4)
    page = _number(data, at + (local if local <= page_size - 35 else least))
    found = []
    while page:
        found.append(page)
        page = _number(data, (page - 1) * page_size)
    return found


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at ``at``, of 7 bits a byte, and where it ends. Of 8 bytes at most."""
    value = 0
    while True:
        value = value << 7 | data[at] & 0x7F
        at += 1
        if data[at - 1] < 0x80:
            return value, at
