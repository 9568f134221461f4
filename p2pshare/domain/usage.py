"""How much a thing is used: how often it was out, for how many days, and since when it lies idle.

Counted from the moves that people signed, by local days. ``store.statistics`` has them. This module
must not read a clock or know who had it.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from p2pshare.domain.days import Zone, day_of, days_between
from p2pshare.domain.loan import LOAN

#: The moves by which a loan's thing leaves, and by which it is back, or known to be lost.
OUT_MOVES: Final = frozenset(row.move for row in LOAN.rows if row.to_state in LOAN.held)
BACK_MOVES: Final = frozenset({"give-back", "take-back", "lost"})


class Outing(NamedTuple):
    """A thing was out, from an instant until another; None while it still is."""

    out_ms: int
    back_ms: int | None


class Use(NamedTuple):
    """How much a thing was used; the fields are those of ``matching_views.UsageView``."""

    loans: int
    days_out: int
    last_out: str | None
    idle_days: int


def outing(moves: Iterable[tuple[str, int]]) -> Outing | None:
    """When a loan's thing was out, from its moves (name, instant) in causal order.

    The first who signs tells: that the other has seen it too may come much later. None if it never
    left.
    """
    out_ms = back_ms = None
    for move, at_ms in moves:
        if move in OUT_MOVES and out_ms is None:
            out_ms = at_ms
        elif move in BACK_MOVES and back_ms is None:
            back_ms = at_ms
    return None if out_ms is None else Outing(out_ms, back_ms)


def use(outings: Sequence[Outing], offered_ms: int, now_ms: int, zone: Zone) -> Use:
    """How much a thing was used that was first offered at ``offered_ms``.

    The first and the last day of an outing count, as people count them; clocks that went wrong make
    it one day.
    """
    today = day_of(now_ms, zone)
    days = [
        (day_of(one.out_ms, zone), today if one.back_ms is None else day_of(one.back_ms, zone))
        for one in outings
    ]
    last_out = max((max(out, back) for out, back in days), default=None)
    since = day_of(offered_ms, zone) if last_out is None else last_out
    return Use(
        loans=len(outings),
        days_out=sum(max(0, days_between(out, back)) + 1 for out, back in days),
        last_out=last_out,
        idle_days=max(0, days_between(since, today)),
    )
