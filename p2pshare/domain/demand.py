"""What is wanted and not offered, by category: what a street could buy together, or should learn.

A category is told of where DEMAND_PEOPLE_MIN different people ask for something in it that nobody
else offers. Of the others nothing is said, not even in a sum: who alone looks for something
private must not stand in a list of needs. This module must not know how an offer matches.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from p2pshare.domain.matching_views import DemandView
from p2pshare.limits import DEMAND_PEOPLE_MIN


class Want(NamedTuple):
    """An open want: who asks where, for what, and to which category it belongs (an id)."""

    person: str
    circle: str
    title: str
    category: str


def unmet(wants: Iterable[Want], is_met: Callable[[Want], bool]) -> list[DemandView]:
    """The categories in which enough people lack something, those of the most people first.

    ``is_met`` is asked only where that could be so.
    """
    found = []
    for category, asked in _by_category(wants).items():
        if _people(asked) < DEMAND_PEOPLE_MIN:
            continue
        lacking = [want for want in asked if not is_met(want)]
        people = _people(lacking)
        if people >= DEMAND_PEOPLE_MIN:
            found.append(DemandView(category, len(lacking), people))
    return sorted(found, key=lambda view: (-view.people, -view.wants, view.category))


def _by_category(wants: Iterable[Want]) -> dict[str, list[Want]]:
    found: dict[str, list[Want]] = defaultdict(list)
    for want in wants:
        found[want.category].append(want)
    return found


def _people(wants: Iterable[Want]) -> int:
    return len({want.person for want in wants})
