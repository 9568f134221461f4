"""Impact: counted where it can be, else reckoned from what is named, sourced and editable."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.impact import (
    NAMES,
    VALUE_MAX,
    Assumptions,
    ImpactFacts,
    ImpactFigure,
    changed,
    impact,
    read_assumptions,
)
from p2pshare.errors import DomainError
from p2pshare.limits import IMPACT_ANSWERS_MIN


def listed(**changes: Any) -> bytes:
    """A list like the bundled one, with round numbers."""
    rows = {
        "loans-instead-of-purchases": (25, "percent", "{value} of 100 loans", 0, 100),
        "price-of-a-thing": (10000, "cents", "costs {value}", 0, VALUE_MAX),
        "price-of-hiring": (1050, "cents", "hired for {value}", 0, VALUE_MAX),
        "cars-for-a-shared-car": (9, "cars", "{value} cars", 0, VALUE_MAX),
        "people-for-a-shared-car": (60, "people", "{value} people", 1, VALUE_MAX),
    }
    return json.dumps(
        {
            "currency": "EUR",
            "assumptions": [
                {
                    "name": name,
                    "value": value,
                    "unit": unit,
                    "says": says,
                    "source": f"source of {name}",
                    "least": least,
                    "most": most,
                }
                for name, (value, unit, says, least, most) in rows.items()
            ],
            **changes,
        }
    ).encode()


ASSUMED = read_assumptions(listed())


def figures(facts: ImpactFacts, assumed: Assumptions = ASSUMED) -> dict[str, ImpactFigure]:
    return {one.figure: one for one in impact(facts, assumed)}


def test_what_is_counted_is_said_to_be() -> None:
    found = figures(ImpactFacts(loans=7, people=5, minutes=90, thing_loans=7))
    counted = [(one.value, one.unit) for one in found.values()][:3]
    assert counted == [(7, "loans"), (5, "people"), (90, "minutes")]
    for name in ("loans", "people", "hours"):
        assert found[name].assumption == "nothing is assumed: it is counted"
        assert "ledger" in found[name].source


def test_with_few_answers_it_rests_on_assumptions() -> None:
    found = figures(ImpactFacts(thing_loans=10, bought=IMPACT_ANSWERS_MIN - 1))
    assert found["purchases avoided"] == ImpactFigure(
        *("purchases avoided", 3, "purchases"),
        *("25 of 100 loans", "source of loans-instead-of-purchases"),
    )
    assert found["money kept"] == ImpactFigure(
        *("money kept", 250, "EUR"),
        "25 of 100 loans; costs 100 EUR",
        "source of loans-instead-of-purchases; source of price-of-a-thing",
    )


def test_with_enough_answers_it_rests_on_them() -> None:
    facts = ImpactFacts(thing_loans=20, bought=2, hired=1, without=IMPACT_ANSWERS_MIN - 3)
    found = figures(facts)
    assert found["purchases avoided"].value == 8
    assert found["purchases avoided"].assumption == (
        "of 5 borrowers who said, 2 would have bought one, and so of all 20 loans of things"
    )
    assert found["purchases avoided"].source == "answers at give-back, in this ledger"
    assert found["money kept"].value == 842, "8 things at 100, 4 hired for 10.50"
    assert found["money kept"].assumption == (
        "of 5 borrowers who said, 2 would have bought one and 1 hired one, and so of all 20 loans"
        " of things; costs 100 EUR; hired for 10.50 EUR"
    )
    assert found["money kept"].source.endswith("source of price-of-hiring")


def test_cars_are_spoken_of_where_one_was_lent() -> None:
    assert "cars replaced" not in figures(ImpactFacts(loans=3, thing_loans=3))
    few, many = figures(ImpactFacts(car_sharers=6)), figures(ImpactFacts(car_sharers=60))
    assert (few["cars replaced"].value, many["cars replaced"].value) == (0, 9)
    assert few["cars replaced"].assumption == "9 cars; 60 people; 6 borrowed one here"


COUNTS = st.integers(0, 10_000)


@st.composite
def facts_of(draw: st.DrawFn) -> ImpactFacts:
    answers = [draw(COUNTS) for _ in range(3)]
    things = sum(answers) + draw(COUNTS)
    sharers = draw(COUNTS)
    return ImpactFacts(
        things + sharers, draw(COUNTS), draw(COUNTS), things, *answers, car_sharers=sharers
    )


@given(facts_of(), st.integers(0, 100), st.integers(0, VALUE_MAX), st.integers(0, VALUE_MAX))
def test_figures_are_whole_and_as_close_as_whole_numbers_are(
    facts: ImpactFacts, percent: int, price: int, hire: int
) -> None:
    own = {
        "loans-instead-of-purchases": percent,
        "price-of-a-thing": price,
        "price-of-hiring": hire,
    }
    rows = [{"name": name, "value": value} for name, value in own.items()]
    assumed = changed(ASSUMED, json.dumps({"assumptions": rows}).encode(), "mine")
    found = figures(facts, assumed)
    if facts.answers >= IMPACT_ANSWERS_MIN:
        bought = Fraction(facts.thing_loans * facts.bought, facts.answers)
        hired = Fraction(facts.thing_loans * facts.hired, facts.answers)
    else:
        bought, hired = Fraction(facts.thing_loans * percent, 100), Fraction(0)
    money = (bought * price + hired * hire) / 100
    assert abs(found["purchases avoided"].value - bought) <= Fraction(1, 2)
    assert abs(found["money kept"].value - money) <= Fraction(1, 2)
    assert found["purchases avoided"].value <= facts.thing_loans
    assert all(type(one.value) is int and one.value >= 0 for one in found.values())


@given(facts_of())
def test_no_figure_goes_without_what_it_rests_on(facts: ImpactFacts) -> None:
    for one in impact(facts, ASSUMED):
        assert one.unit
        assert one.assumption
        assert one.source


# --- the list ------------------------------------------------------------------------------


def test_a_person_changes_what_is_assumed() -> None:
    own = {
        "currency": "CHF",
        "assumptions": [
            {"name": "price-of-a-thing", "value": 8050, "source": "what ours cost"},
            {"name": "loans-instead-of-purchases", "value": 100},
        ],
    }
    assumed = changed(ASSUMED, json.dumps(own).encode(), "assumptions.json")
    money = figures(ImpactFacts(thing_loans=2), assumed)["money kept"]
    assert money == ImpactFigure(
        *("money kept", 161, "CHF"),
        "100 of 100 loans; costs 80.50 CHF",
        "your own, in assumptions.json; what ours cost",
    )
    assert ASSUMED.value("price-of-a-thing") == 10000


@pytest.mark.parametrize("own", ["{}", '{"assumptions": []}', '{"currency": "EUR"}'])
def test_an_empty_list_changes_nothing(own: str) -> None:
    assert changed(ASSUMED, own.encode(), "mine") == ASSUMED


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("", "mine cannot be read: Input data was truncated"),
        ("[]", "mine cannot be read: Expected `object`, got `array`"),
        ('{"currencies": "EUR"}', "unknown field `currencies`"),
        ('{"currency": "Euro"}', "mine has a currency that is not three capital letters"),
        ('{"assumptions": [{"name": "x", "value": 1}]}', "mine names 'x', which is none of loans"),
        ('{"assumptions": [{"name": "price-of-a-thing"}]}', "missing required field `value`"),
        ('{"assumptions": [{"name": "price-of-a-thing", "value": 1.5}]}', "got `float`"),
        ('{"assumptions": [{"name": "price-of-a-thing", "value": "1"}]}', "got `str`"),
        ('{"assumptions": [{"name": "price-of-a-thing", "value": -1}]}', ">= 0"),
        (
            '{"assumptions": [{"name": "loans-instead-of-purchases", "value": 101}]}',
            "mine sets loans-instead-of-purchases to 101; 0 to 100 is possible",
        ),
        (
            '{"assumptions": [{"name": "people-for-a-shared-car", "value": 0}]}',
            "mine sets people-for-a-shared-car to 0; 1 to 1000000000 is possible",
        ),
    ],
)
def test_a_wrong_list_is_refused_in_one_line(own: str, said: str) -> None:
    with pytest.raises(DomainError) as refused:
        changed(ASSUMED, own.encode(), "mine")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    said = ""
    try:
        assert changed(ASSUMED, data, "mine").by_name.keys() == ASSUMED.by_name.keys()
    except DomainError as error:
        said = str(error)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"assumptions": []}, "the assumptions are"),
        ({"more": 1}, "unknown field"),
        ({"currency": 3}, "Expected `str`"),
    ],
)
def test_the_bundled_list_must_be_whole(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_assumptions(listed(**changes))
    assert tuple(ASSUMED.by_name) == NAMES
