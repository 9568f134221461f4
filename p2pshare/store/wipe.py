"""Zeroing what SQLite leaves behind in the unused middle of its pages.

secure_delete zeroes a row where it is deleted. But when rows move between pages, copies of them
stay in the gap between the cell pointers and the cells of the page they left, and nobody deletes
those (seen: a forgotten title in a leaf of ``listings``, once in some thousand kills). SQLite
never reads the gap (https://sqlite.org/fileformat2.html section 1.6), so it can be zeroed in the
file itself.

Only while the caller holds the write lock and the write-ahead log is empty: then nobody else writes
to the file. The descriptor is kept as long as this process has the ledger open, since closing any
descriptor of a file drops all POSIX locks that the process holds on it, SQLite's among them
(https://sqlite.org/howtocorrupt.html section 2.2).
"""

import os
from pathlib import Path
from typing import Final

_FIRST_PAGE_HEADER: Final = 100
_LEAF_HEADER, _INTERIOR_HEADER = 8, 12
_HEADERS: Final = {
    0x02: _INTERIOR_HEADER,
    0x05: _INTERIOR_HEADER,
    0x0A: _LEAF_HEADER,
    0x0D: _LEAF_HEADER,
}
"""Page types of b-trees. Other pages begin with the high byte of a page number: 0 below 64 GiB."""

_open: dict[str, int] = {}
_descriptors: dict[str, int] = {}


def ledger_opened(path: Path) -> None:
    """This process has one more connection to the file."""
    key = str(path)
    _open[key] = _open.get(key, 0) + 1


def ledger_closed(path: Path) -> None:
    """This process has one connection less, already closed; the last one takes our descriptor."""
    key = str(path)
    _open[key] = _open.get(key, 1) - 1
    if _open[key] <= 0:
        del _open[key]
        descriptor = _descriptors.pop(key, None)
        if descriptor is not None:
            os.close(descriptor)


def wipe_gaps(path: Path, page_size: int) -> int:
    """Zero the gaps of all b-tree pages; how many pages had something in them. Raises OSError."""
    key = str(path)
    if key not in _descriptors:
        _descriptors[key] = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    descriptor = _descriptors[key]
    if os.fstat(descriptor).st_ino != path.stat().st_ino:
        raise OSError("the ledger was replaced by another file while it was open")
    wiped = 0
    for start in range(0, os.fstat(descriptor).st_size, page_size):
        os.lseek(descriptor, start, os.SEEK_SET)
        page = os.read(descriptor, page_size)
        gap = _gap(page, _FIRST_PAGE_HEADER if start == 0 else 0)
        if gap is not None and any(page[gap[0] : gap[1]]):
            os.lseek(descriptor, start + gap[0], os.SEEK_SET)
            os.write(descriptor, bytes(gap[1] - gap[0]))
            wiped += 1
    if wiped:
        os.fsync(descriptor)
    return wiped


def _gap(page: bytes, header: int) -> tuple[int, int] | None:
    """Where the unused middle of a page begins and ends; None if it is no sound b-tree page."""
    size = _HEADERS.get(page[header]) if len(page) > header else None
    if size is None:
        return None
    cells = int.from_bytes(page[header + 3 : header + 5], "big")
    begins = header + size + 2 * cells
    ends = int.from_bytes(page[header + 5 : header + 7], "big") or 65536
    return (begins, ends) if begins < ends <= len(page) else None
