"""How much a thing is used, from the moves of its loans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.days import DAY_MS, day_of, days_between
from p2pshare.domain.loan import LOAN
from p2pshare.domain.usage import BACK_MOVES, OUT_MOVES, Outing, Use, outing, use

START_MS = 1_795_000_000_000  # 2026-11-18T11:06:40Z


def day(number: int) -> int:
    return START_MS + number * DAY_MS


def test_the_moves_are_those_of_the_table() -> None:
    assert frozenset({"hand-over", "receive"}) == OUT_MOVES
    assert {row.move for row in LOAN.rows} >= BACK_MOVES


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], None),
        ([("request", 1), ("accept", 2)], None),
        ([("request", 1), ("accept", 2), ("hand-over", 3), ("receive", 9)], Outing(3, None)),
        ([("receive", 3), ("give-back", 5), ("take-back", 7)], Outing(3, 5)),
        ([("hand-over", 3), ("lost", 8)], Outing(3, 8)),
        ([("receive", 3), ("give-back", 5), ("hand-over", 6)], Outing(3, 5)),
    ],
)
def test_when_a_thing_was_out(moves: list[tuple[str, int]], expected: Outing | None) -> None:
    assert outing(moves) == expected


@pytest.mark.parametrize(
    ("outings", "expected"),
    [
        ([], Use(0, 0, None, 10)),
        ([Outing(day(2), day(2))], Use(1, 1, "2026-11-20", 8)),
        ([Outing(day(2), day(4)), Outing(day(4), day(5))], Use(2, 5, "2026-11-23", 5)),
        ([Outing(day(9), None)], Use(1, 2, "2026-11-28", 0)),
        ([Outing(day(5), day(3))], Use(1, 1, "2026-11-23", 5)),
    ],
)
def test_use(outings: list[Outing], expected: Use) -> None:
    assert use(outings, offered_ms=day(0), now_ms=day(10), zone=0) == expected


def test_days_are_local() -> None:
    night = [Outing(START_MS + 11 * 3_600_000, START_MS + 13 * 3_600_000)]  # 22:06 to 00:06 UTC
    assert use(night, 0, day(3), 0).days_out == 2
    assert use(night, 0, day(3), 120).days_out == 1


OUTINGS = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 20))).map(
        lambda one: Outing(day(one[0]), None if one[1] is None else day(one[0] + one[1]))
    ),
    max_size=6,
)


@given(OUTINGS, st.integers(-720, 720))
def test_use_adds_up(outings: list[Outing], zone: int) -> None:
    now_ms = day(60)
    whole = use(outings, START_MS, now_ms, zone)
    single = [use([one], START_MS, now_ms, zone) for one in outings]
    assert whole.loans == len(outings)
    assert whole.days_out == sum(one.days_out for one in single) >= whole.loans
    assert whole.idle_days == min(
        (one.idle_days for one in single),
        default=days_between(day_of(START_MS, zone), day_of(now_ms, zone)),
    )
    if any(one.back_ms is None for one in outings):
        assert whole.idle_days == 0
