"""matches, search, searches, demand, usage."""

import json
from pathlib import Path

import pytest
from integration.cli_kit import INSTANT, Home, is_id, meet, one_error, sign_listing

from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.limits import DEMAND_PEOPLE_MIN

MATCH_KEYS = {
    *("want", "offer", "why", "want_title", "offer_title", "wanted_by", "person", "person_name"),
    *("circle", "since"),
}


def neighbours(folder: Path, *names: str) -> list[Home]:
    homes = [Home(folder / name, in_process=True) for name in names]
    for home, name in zip(homes, names, strict=True):
        home.json("init", "--name", name)
    return homes


def test_a_want_that_is_offered(ada: Home, ben: Home) -> None:
    want = ada.json("want", "add", "Drill", "--category", "power tools")["listing"]
    offer = ben.json("offer", "add", "Bohrmaschine", "--category", "Elektrowerkzeug")["listing"]
    ada.json("offer", "add", "Drill")
    assert ada.json("matches") == []
    meet(ada, ben)
    (match,) = ada.json("matches")
    assert set(match) == MATCH_KEYS
    assert list(match)[:3] == ["want", "offer", "why"]
    assert (match["want"], match["offer"]) == (want, offer)
    assert match["why"] == "'Drill' means 'Bohrmaschine', the same category"
    assert (match["want_title"], match["offer_title"], match["person_name"]) == (
        *("Drill", "Bohrmaschine"),
        "Ben",
    )
    assert INSTANT.fullmatch(match["since"])
    assert is_id(match["person"], 32)
    assert ben.json("matches") == []
    said = ada.run("matches").out
    assert "'Drill' means 'Bohrmaschine'" in said
    assert "Ben" in said
    ben.json("listing", "close", offer)
    meet(ada, ben)
    assert ada.json("matches") == []
    assert "nobody offers what you want yet" in ada.run("matches").out


def test_saved_searches(ada: Home, ben: Home) -> None:
    assert "no saved search yet" in ada.run("searches").out
    number = ada.json("search", "save", "ladder")["search"]
    ada.json("search", "save", "--category", "camping")
    first, second = ada.json("searches")
    assert first == {
        "search": number,
        "want": f"search-{number}",
        "text": "ladder",
        "category": "",
        "person": first["person"],
        "added": first["added"],
    }
    assert (second["text"], second["category"]) == ("", "camping")
    assert "ladder" in ada.run("searches").out
    offer = ben.json("offer", "add", "Échelle")["listing"]
    meet(ada, ben)
    (match,) = ada.json("matches")
    assert (match["want"], match["offer"]) == (f"search-{number}", offer)
    assert match["why"] == "your saved search 'ladder': 'ladder' means 'échelle'"
    assert ada.json("search", "drop", f"search-{number}") == {"search": number}
    assert ada.json("matches") == []
    assert ada.run("search", "save", "tent").out.startswith("Saved.")
    assert ada.run("search", "drop", "2").out == "Dropped.\n"


def test_nothing_of_a_search_is_signed_or_seen_by_others(ada: Home, ben: Home) -> None:
    before = ada.dump()
    ada.json("search", "save", "crutches")
    assert ada.dump() == before
    meet(ada, ben)
    assert ben.json("searches") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", "save"), "write what you look for, or name a category"),
        (("search", "save", "for the"), "has no word in it by which anything could be found"),
        (("search", "drop", "7"), "you have no saved search 7"),
        (("search", "drop", "x"), "'x' is no number of a saved search, such as 3"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    ada: Home, arguments: tuple[str, ...], said: str
) -> None:
    ran = ada.run(*arguments)
    assert ran.code == 1
    assert one_error(ran.err)
    assert said in ran.err
    assert ada.json("searches") == []


def test_own_synonyms_and_a_bad_line(ada: Home, ben: Home) -> None:
    ada.json("want", "add", "Drill")
    ben.json("offer", "add", "Hole maker")
    meet(ada, ben)
    assert ada.json("matches") == []
    own = ada.folder / "synonyms.txt"
    own.write_text("drill, hole maker\n")
    assert ada.json("matches")[0]["why"] == "'Drill' means 'hole maker'"
    own.write_text("saw\ndrill, hole maker\nhammer\n")
    ran = ada.run("--json", "matches")
    assert ran.code == 0
    assert len(json.loads(ran.out)) == 1
    assert one_error(ran.err)
    assert ran.err.startswith("error: line 1 of synonyms.txt is left out: it has one word")
    assert ran.err.endswith("(and 1 more of its lines)\n")


def test_what_strangers_write_is_harmless(ada: Home, ben: Home) -> None:
    ada.json("want", "add", "Drill")
    sign_listing(ben, title="Drill \x1b[31m\u202e\n", exchange_type=ExchangeType.OFFER)
    meet(ada, ben)
    ran = ada.run("matches")
    assert "Drill \\u{1b}[31m\\u{202e}\\u{a}" in ran.out
    assert "\x1b" not in ran.out.replace("\\u{1b}", "")


def test_demand(ada: Home, ben: Home, tmp_path: Path) -> None:
    homes = [ada, ben, *neighbours(tmp_path, "cleo", "dan")][:DEMAND_PEOPLE_MIN]
    for home in homes[1:]:
        home.json("want", "add", "Tent", "--category", "Camping")
        home.json("want", "add", "Crutches", "--category", "health")
    meet(*homes)
    assert ada.json("demand") == []
    assert "nothing that at least three people lack" in ada.run("demand").out
    homes[0].json("want", "add", "Zelt")
    meet(*homes)
    assert ada.json("demand") == [
        {"category": "camping", "wants": DEMAND_PEOPLE_MIN, "people": DEMAND_PEOPLE_MIN}
    ]
    assert "Camping and travel" in ada.run("demand").out
    ben.json("offer", "add", "Tent")
    meet(*homes)
    assert ada.json("demand") == []


def test_usage(ada: Home) -> None:
    assert ada.json("usage") == []
    assert "you lend nothing yet" in ada.run("usage").out
    listing = ada.json("offer", "add", "Drill")["listing"]
    assert ada.json("usage", "--idle", "--borrowed") == [
        {
            "listing": listing,
            "title": "Drill",
            "loans": 0,
            "days_out": 0,
            "last_out": None,
            "idle_days": 0,
        }
    ]
    assert "never" in ada.run("usage").out
