"""What is wanted and not offered: told where enough people ask, and else not at all."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.demand import Want, unmet
from p2pshare.domain.matching_views import DemandView
from p2pshare.limits import DEMAND_PEOPLE_MIN

WANTS = st.lists(
    st.builds(
        Want,
        person=st.sampled_from(["ada", "ben", "cleo", "dan", "eve"]),
        circle=st.just("street"),
        title=st.sampled_from(["drill", "tent", "met"]),
        category=st.sampled_from(["tools", "camping", "other"]),
    ),
    max_size=25,
)


def is_met(want: Want) -> bool:
    return want.title == "met"


def asked(category: str, *people: str) -> list[Want]:
    return [Want(person, "street", "drill", category) for person in people]


def test_three_people_are_told_of_and_two_are_not() -> None:
    many = ["ada", "ben", "cleo", "dan"][:DEMAND_PEOPLE_MIN]
    wants = asked("tools", *many, "ada") + asked("health", *many[1:], *many[1:])
    assert unmet(wants, is_met) == [
        DemandView("tools", DEMAND_PEOPLE_MIN + 1, DEMAND_PEOPLE_MIN),
    ]


def test_wants_that_somebody_offers_do_not_count() -> None:
    wants = asked("tools", "ada", "ben", "cleo")
    assert unmet(wants, lambda want: want.person == "ben") == []


def test_the_most_people_come_first() -> None:
    wants = asked("tools", "ada", "ben", "cleo") + asked("camping", "ada", "ben", "cleo", "dan")
    wants += asked("books", "ada", "ben", "cleo", "cleo")
    assert [view.category for view in unmet(wants, is_met)] == ["camping", "books", "tools"]


@given(WANTS)
def test_nothing_is_said_of_few(wants: list[Want]) -> None:
    people = defaultdict(set)
    for want in wants:
        if not is_met(want):
            people[want.category].add(want.person)
    found = {view.category: view for view in unmet(wants, is_met)}
    assert found.keys() == {
        category for category, some in people.items() if len(some) >= DEMAND_PEOPLE_MIN
    }
    for category, view in found.items():
        assert view.people == len(people[category])
        assert view.wants == sum(want.category == category and not is_met(want) for want in wants)


@given(WANTS, st.sampled_from(["ada", "ben"]))
def test_who_few_ask_with_leaves_no_trace(wants: list[Want], person: str) -> None:
    """A want of a category that is not told of changes nothing that is."""
    before = unmet(wants, is_met)
    after = unmet([*wants, Want(person, "street", "drill", "something private")], is_met)
    assert before == after


@given(WANTS)
def test_the_order_of_wants_does_not_matter(wants: list[Want]) -> None:
    assert unmet(wants, is_met) == unmet(list(reversed(wants)), is_met)
