"""log.tree: ancestry by branches equals a naive walk over previous entries."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from p2pshare.log.tree import ROOT_BRANCH, Branch, Position, path_to

# For each entry a draw for the entry it follows; a small share of them begin the feed anew.
GROWTH = st.lists(st.integers(0, 2**30), min_size=1, max_size=24)


def is_ancestor_or_same(
    branches: Mapping[int, Branch], ancestor: Position, entry: Position
) -> bool:
    return ancestor.seq <= path_to(branches, entry).get(ancestor.branch, -1)


def parents_of(growth: list[int]) -> list[int | None]:
    """Mostly the newest entry, so that branches get long; sometimes any, sometimes none."""
    parents: list[int | None] = [None]
    for number, draw in enumerate(growth, start=1):
        if draw % 16 == 0:
            parents.append(None)
        elif draw % 3 == 0:
            parents.append(draw // 48 % number)
        else:
            parents.append(number - 1)
    return parents


@given(GROWTH)
def test_ancestry_equals_a_naive_walk(
    grow_tree: Callable[[list[int | None]], Any], growth: list[int]
) -> None:
    tree = grow_tree(parents_of(growth))
    for entry in range(len(tree.parents)):
        expected = tree.ancestors_or_same(entry)
        found = {
            ancestor
            for ancestor in range(len(tree.parents))
            if is_ancestor_or_same(tree.branches, tree.positions[ancestor], tree.positions[entry])
        }
        assert found == expected


def test_a_chain_is_one_branch() -> None:
    assert is_ancestor_or_same({}, Position(ROOT_BRANCH, 3), Position(ROOT_BRANCH, 3))
    assert is_ancestor_or_same({}, Position(ROOT_BRANCH, 3), Position(ROOT_BRANCH, 9))
    assert not is_ancestor_or_same({}, Position(ROOT_BRANCH, 9), Position(ROOT_BRANCH, 3))


def test_a_fork_of_a_fork() -> None:
    branches = {1: Branch(ROOT_BRANCH, 4), 2: Branch(1, 6)}
    tip = Position(2, 8)
    for ancestor in (Position(2, 7), Position(1, 6), Position(1, 5), Position(ROOT_BRANCH, 4)):
        assert is_ancestor_or_same(branches, ancestor, tip)
    for other in (Position(1, 7), Position(ROOT_BRANCH, 5), Position(2, 9)):
        assert not is_ancestor_or_same(branches, other, tip)
        assert not is_ancestor_or_same(branches, tip, other) or other == Position(2, 9)


def test_a_second_beginning_of_the_feed_has_no_common_ancestor() -> None:
    """Two ``feed.open`` of one key: the second hangs on nothing, which is seq -1 of branch 0."""
    branches = {1: Branch(ROOT_BRANCH, -1)}
    assert not is_ancestor_or_same(branches, Position(ROOT_BRANCH, 0), Position(1, 5))
    assert not is_ancestor_or_same(branches, Position(1, 0), Position(ROOT_BRANCH, 5))
    assert is_ancestor_or_same(branches, Position(1, 0), Position(1, 5))
