"""Where an entry stands in the tree of its feed, and who is whose ancestor.

A feed without a fork is one branch, 0. An entry that follows one which already has a follower
begins a new branch. Which of two followers keeps the old branch depends on arrival; ancestry does
not, and only ancestry is ever used (DESIGN section 4). ``store.feeds`` keeps the branches.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch hangs on the entry with ``fork_seq`` of branch ``parent``; branch 0 on nothing."""

    parent: int
    fork_seq: int


@dataclass(frozen=True, slots=True)
class Position:
    """The place of an entry in its feed's tree."""

    branch: int
    seq: int


ROOT_BRANCH = 0


def path_to(branches: Mapping[int, Branch], entry: Position) -> dict[int, int]:
    """Of each branch that ``entry`` stands on, the seq of the last entry that it stands on.

    Exactly the entries up to these are ``entry`` and its ancestors. ``branches`` names every branch
    but ROOT_BRANCH. Takes a step per fork, not per entry.
    """
    branch, seq = entry.branch, entry.seq
    path = {branch: seq}
    while branch != ROOT_BRANCH:
        place = branches[branch]
        branch, seq = place.parent, place.fork_seq
        path[branch] = seq
    return path
