"""The causal order of the entries of one subject (docs/protocol.md section 5).

``store`` hands over the entries of a subject as ``FoldEntry`` values, already verified, counted and
waited for; the folds of ``domain`` take them in the order made here. Cause decides, then rank, then
entry id: never seq, never time, never arrival. So every node with the same entries, in any order,
takes them alike.

An entry whose body is absent (erased, owed, not ours to read) or that has no say still *carries*
order: what came before it came before what followed it. It is stepped over and takes no place.

This module must not know what any kind means.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from p2pshare.domain.bodies import Body

#: Of concurrent entries the lesser rank is taken first; the later one has the last word.
Rank = Callable[["FoldEntry"], int]
#: Which entries take a place in the order; the others only carry it.
Say = Callable[["FoldEntry"], bool]


@dataclass(frozen=True)
class FoldEntry:
    """One entry of a subject, as a fold sees it.

    ``author`` is the person (32 bytes), ``kind`` the true kind, also of a sealed entry. ``body`` is
    None where it is absent for the fold; only the place in the order remains then. ``after`` holds
    the entry ids of the header. ``own_previous`` holds the nearest ancestors within the same
    subject in the same feed (a chain has at most one).
    """

    entry_id: bytes
    author: bytes
    feed: bytes
    kind: str
    body: Body | None
    time_ms: int
    after: tuple[bytes, ...] = ()
    own_previous: tuple[bytes, ...] = ()


def no_rank(_entry: FoldEntry) -> int:
    """The rank of every entry where a table says nothing else: 0."""
    return 0


def has_body(entry: FoldEntry) -> bool:
    """Whether the body is there; the least an entry needs to take a place."""
    return entry.body is not None


def causal_order(
    entries: Iterable[FoldEntry], rank: Rank = no_rank, say: Say = has_body
) -> list[FoldEntry]:
    """Those of ``entries`` that have a ``say``, in the one order that every node finds.

    Kahn's algorithm with a heap: of the entries whose predecessors are all taken, the one with the
    least (rank, entry id) comes next. Entries without a say are stepped over at once, so that they
    hand on the order and never delay anybody. Doubles are taken once, predecessors that are not in
    ``entries`` are ignored. O((n + edges) log n).

    A cycle would need a collision of SHA-256; its entries, and what follows them, are left out.
    """
    known = _by_id(entries)
    if len(known) == 1:  # most subjects: a listing nobody has edited
        return [entry for entry in known.values() if say(entry)]
    successors, waiting_for = _edges(known)
    heap: list[tuple[int, int, bytes]] = []

    def make_available(entry: FoldEntry) -> None:
        key = (1, rank(entry)) if say(entry) else (0, 0)
        heapq.heappush(heap, (*key, entry.entry_id))

    for entry in known.values():
        if waiting_for[entry.entry_id] == 0:
            make_available(entry)
    ordered: list[FoldEntry] = []
    while heap:
        takes_place, _, entry_id = heapq.heappop(heap)
        if takes_place:
            ordered.append(known[entry_id])
        for successor in successors[entry_id]:
            waiting_for[successor] -= 1
            if waiting_for[successor] == 0:
                make_available(known[successor])
    return ordered


def heads(entries: Iterable[FoldEntry], say: Say = has_body) -> list[FoldEntry]:
    """Those of ``entries`` with a ``say`` that no other one with a say comes after, by entry id."""
    known = _by_id(entries)
    if len(known) == 1:
        return [entry for entry in known.values() if say(entry)]
    successors, waiting_for = _edges(known)
    taken = [entry_id for entry_id, count in waiting_for.items() if count == 0]
    for entry_id in taken:  # grows while it is walked: a topological order of everything
        for successor in successors[entry_id]:
            waiting_for[successor] -= 1
            if waiting_for[successor] == 0:
                taken.append(successor)
    followed: dict[bytes, bool] = {}
    found = []
    for entry_id in reversed(taken):
        entry = known[entry_id]
        followed[entry_id] = any(
            followed[successor] or say(known[successor])
            for successor in successors[entry_id]
            if successor in followed
        )
        if say(entry) and not followed[entry_id]:
            found.append(entry)
    return sorted(found, key=lambda entry: entry.entry_id)


def _by_id(entries: Iterable[FoldEntry]) -> dict[bytes, FoldEntry]:
    return {entry.entry_id: entry for entry in entries}


def _edges(known: dict[bytes, FoldEntry]) -> tuple[dict[bytes, list[bytes]], dict[bytes, int]]:
    """Successors of each entry, and how many predecessors each one has."""
    successors: dict[bytes, list[bytes]] = {entry_id: [] for entry_id in known}
    waiting_for: dict[bytes, int] = {}
    for entry_id, entry in known.items():
        predecessors = _predecessors(entry, known)
        waiting_for[entry_id] = len(predecessors)
        for predecessor in predecessors:
            successors[predecessor].append(entry_id)
    return successors, waiting_for


def _predecessors(entry: FoldEntry, known: dict[bytes, FoldEntry]) -> Sequence[bytes]:
    named = {*entry.after, *entry.own_previous}
    return [entry_id for entry_id in named if entry_id in known]
