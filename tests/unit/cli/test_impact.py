"""impact: figures, and beside each what it rests on."""

import json

from integration.cli_kit import Home, meet, one_error

from p2pshare.limits import IMPACT_ANSWERS_MIN

KEYS = ["figure", "value", "unit", "assumption", "source"]


def lend(ada: Home, ben: Home, title: str, *answer: str) -> None:
    """Ben borrows something of Ada's and gives it back."""
    listing = ada.json("offer", "add", title)["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", listing)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    ada.json("loan", "hand-over", loan)
    meet(ada, ben)
    ben.json("loan", "give-back", loan, *answer)
    meet(ada, ben)


def figures(home: Home) -> dict[str, tuple[int, str]]:
    document = home.json("impact")
    assert all(list(one) == KEYS for one in document)
    assert all(one["assumption"] and one["source"] for one in document)
    return {one["figure"]: (one["value"], one["unit"]) for one in document}


def test_figures_of_an_empty_ledger(ada: Home) -> None:
    assert figures(ada) == {
        "loans": (0, "loans"),
        "people": (0, "people"),
        "hours": (0, "minutes"),
        "purchases avoided": (0, "purchases"),
        "money kept": (0, "EUR"),
    }


def test_figures_rest_on_assumptions_and_then_on_answers(ada: Home, ben: Home) -> None:
    for number in range(IMPACT_ANSWERS_MIN - 1):
        lend(ada, ben, f"Drill {number}", "--instead", "bought")
    assert figures(ben)["purchases avoided"] == (1, "purchases")
    lend(ada, ben, "Ladder", "--instead", "hired")
    for home in (ada, ben):
        found = figures(home)
        assert found["loans"] == (IMPACT_ANSWERS_MIN, "loans")
        assert found["people"] == (2, "people")
        assert found["purchases avoided"] == (IMPACT_ANSWERS_MIN - 1, "purchases")
        assert found["money kept"] == ((IMPACT_ANSWERS_MIN - 1) * 100 + 10, "EUR")
    said = ada.run("impact").out
    assert "of 5 borrowers who said, 4 would have bought one" in said
    assert "about 410 EUR   money kept" in said
    assert "a thing like it costs 100 EUR new" in said
    assert "source: answers at give-back, in this ledger" in said


def test_a_car_is_told_of(ada: Home, ben: Home) -> None:
    lend(ada, ben, "Car")
    assert figures(ben)["cars replaced"] == (0, "cars")
    assert "9 to 13" in ada.run("impact").out


def test_own_assumptions(ada: Home) -> None:
    own = {"currency": "CHF", "assumptions": [{"name": "price-of-a-thing", "value": 5050}]}
    path = ada.folder / "assumptions.json"
    path.write_text(json.dumps(own))
    assert figures(ada)["money kept"] == (0, "CHF")
    money = ada.json("impact")[-1]
    assert "costs 50.50 CHF new" in money["assumption"]
    assert money["source"].endswith("your own, in assumptions.json")
    path.write_text('{"assumptions": [{"name": "price-of-a-thing", "value": "5"}]}')
    ran = ada.run("--json", "impact")
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert ran.err.startswith("error: assumptions.json cannot be read: Expected `int`, got `str`")
