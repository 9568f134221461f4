"""log.standing: each denial, both sides of it, and revocations against a naive intersection."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.log.standing import Denial, Standing
from p2pshare.log.tree import ROOT_BRANCH, Branch, Position

OPENING = Position(ROOT_BRANCH, 0)


def at(seq: int, branch: int = ROOT_BRANCH) -> Position:
    return Position(branch, seq)


def test_without_limits_everything_counts() -> None:
    assert Standing().denial(at(2**53), 2**53) is None


def test_last_seq_on_both_sides() -> None:
    standing = Standing(last_seq=4)
    assert standing.denial(at(4), 0) is None
    assert standing.denial(at(5), 0) is Denial.LAST_SEQ
    assert Standing(last_seq=0).denial(at(1), 0) is Denial.LAST_SEQ


def test_expiry_on_both_sides_by_the_entrys_own_time() -> None:
    standing = Standing(expires_ms=1000)
    assert standing.denial(at(1), 1000) is None
    assert standing.denial(at(1), 1001) is Denial.EXPIRED
    assert Standing(expires_ms=0).denial(at(1), 1) is Denial.EXPIRED


def test_a_revocation_on_both_sides() -> None:
    standing = Standing(revoked_at=(at(4),))
    assert standing.denial(at(4), 0) is None
    assert standing.denial(at(5), 0) is Denial.REVOKED


def test_a_revocation_cuts_the_branches_it_does_not_stand_on() -> None:
    """Branch 1 leaves after seq 2; the revocation names seq 4 of branch 1."""
    branches = {1: Branch(ROOT_BRANCH, 2)}
    standing = Standing(branches=branches, revoked_at=(at(4, branch=1),))
    assert [standing.denial(at(seq), 0) for seq in (1, 2)] == [None, None]
    assert [standing.denial(at(seq, branch=1), 0) for seq in (3, 4)] == [None, None]
    assert standing.denial(at(3), 0) is Denial.REVOKED
    assert standing.denial(at(5, branch=1), 0) is Denial.REVOKED


def test_of_several_revocations_the_intersection_counts() -> None:
    branches = {1: Branch(ROOT_BRANCH, 2)}
    standing = Standing(branches=branches, revoked_at=(at(9), at(4, branch=1)))
    counting = [
        (branch, seq)
        for branch in (0, 1)
        for seq in range(1, 10)
        if standing.denial(at(seq, branch), 0) is None and (branch == 0 or seq > 2)
    ]
    assert counting == [(0, 1), (0, 2)]


@pytest.mark.parametrize("others", [(), (Position(ROOT_BRANCH, 9),)])
def test_a_revocation_at_an_entry_not_in_hand_denies_all_but_feed_open(
    others: tuple[Position, ...],
) -> None:
    for revoked_at in ((None, *others), (*others, None)):
        standing = Standing(revoked_at=revoked_at)
        assert standing.denial(OPENING, 0) is None
        assert all(standing.denial(at(seq), 0) is Denial.REVOKED for seq in range(1, 9))


def test_feed_open_always_counts() -> None:
    standing = Standing(
        kinds=frozenset({"hours.pay"}), expires_ms=0, last_seq=0, revoked_at=(None,)
    )
    assert standing.denial(OPENING, 2**53) is None
    assert standing.in_scope("feed.open", None)


@given(
    st.lists(st.integers(0, 2**30), max_size=15),
    st.lists(st.none() | st.integers(0, 2**30), max_size=3),
)
def test_revocations_equal_a_naive_intersection_of_ancestors(
    grow_tree: Callable[[list[int | None]], Any], growth: list[int], revoked: list[int | None]
) -> None:
    parents: list[int | None] = [None]
    for number, draw in enumerate(growth, start=1):
        parents.append(draw // 2 % number if draw % 2 else number - 1)
    tree = grow_tree(parents)
    named = [None if one is None else one % len(parents) for one in revoked]
    standing = Standing(
        branches=tree.branches,
        revoked_at=tuple(None if one is None else tree.positions[one] for one in named),
    )
    expected = set(range(len(parents)))
    for one in named:
        expected &= set() if one is None else tree.ancestors_or_same(one)
    expected |= {0}
    counting = {
        entry
        for entry, position in enumerate(tree.positions)
        if standing.denial(position, 0) is None
    }
    assert counting == expected


DRILL, LADDER = b"d" * 16, b"l" * 16


@pytest.mark.parametrize(
    ("kinds", "listings", "kind", "listing", "expected"),
    [
        ((), (), "listing.put", DRILL, True),
        ((), (), "person.profile", None, True),
        (("loan.accept",), (), "loan.accept", DRILL, True),
        (("loan.accept",), (), "loan.acceptance", DRILL, False),
        (("loan.accept",), (), "loan.request", DRILL, False),
        (("loan.accept",), (), "sealed", DRILL, False),
        ((), (LADDER,), "listing.put", LADDER, True),
        ((), (LADDER,), "listing.put", DRILL, False),
        ((), (LADDER,), "person.profile", None, False),
        ((), (LADDER,), "hours.pay", None, False),
        (("loan.accept",), (LADDER,), "loan.accept", LADDER, True),
        (("loan.accept",), (LADDER,), "loan.accept", DRILL, False),
        (("loan.accept",), (LADDER,), "loan.accept", None, False),
        (("loan.accept",), (LADDER,), "listing.put", LADDER, False),
        (("loan.accept",), (LADDER,), "feed.open", None, True),
    ],
)
def test_scope(
    kinds: tuple[str, ...],
    listings: tuple[bytes, ...],
    kind: str,
    listing: bytes | None,
    expected: bool,
) -> None:
    standing = Standing(kinds=frozenset(kinds), listings=frozenset(listings))
    assert standing.in_scope(kind, listing) is expected
