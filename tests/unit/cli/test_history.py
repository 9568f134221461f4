"""history: every line says where it is from, and what is said of a member can be forgotten."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, one_error

from p2pshare.cli.history import LINES_SHOWN_MAX

LOANS = (
    "Loan,Status,Item,Code,Member,Email,Checked out,Checked in\n"
    "17,CLOSED,Hammer drill,DR-1,Ana García,ana@example.org,14 Mar 2021 3:05 pm,"
    "20 Mar 2021 9:00 am\n"
    "18,ACTIVE,Ladder,L-1,Ben,,01 Apr 2021 10:00 am,\n"
)
MEMBERS = (
    "id,name,email,telephone,joined\n7,Ana García,ana@example.org,+34 600,2019-02-01\n8,Ben,,,\n"
)
TRANSFERS = "7,member,8,member,5400,2015-03-01,Garden,\n"
KEYS = [
    *("history", "what", "source", "ref", "item", "listing", "member", "receiver", "from"),
    *("until", "returned", "minutes", "note"),
]


@pytest.fixture
def keeper(ada: Home, tmp_path: Path) -> Home:
    """Ada, with the past of a tool library and of a time bank."""
    for name, text, options in (
        ("loans", LOANS, []),
        ("members", MEMBERS, ["--source", "TimeOverflow"]),
        ("transfers", TRANSFERS, ["--format", "timeoverflow-transfers"]),
    ):
        file = tmp_path / f"{name}.csv"
        file.write_text(text)
        assert ada.json("import", str(file), *options)["rejected"] == []
    return ada


def test_documents_for_programs(keeper: Home) -> None:
    past = keeper.json("history")
    assert [list(one) for one in past] == [KEYS] * 3
    assert [one["what"] for one in past] == ["loan", "loan", "hours"]
    drill, hours = past[1], past[2]
    assert (drill["source"], drill["ref"], drill["member"]) == (
        *("Lend Engine", "17/DR-1", "Ana García <ana@example.org>"),
    )
    assert (drill["from"], drill["returned"], drill["minutes"]) == (
        "2021-03-14",
        "2021-03-20",
        None,
    )
    assert (hours["member"], hours["receiver"], hours["minutes"]) == ("Ana García", "Ben", 90)
    assert [one["item"] for one in keeper.json("history", "--search", "GARCIA drill")] == [
        "Hammer drill"
    ]
    assert len(keeper.json("history", "--limit", "2")) == 2
    members = keeper.json("history", "members")
    assert [(one["name"], one["joined"], one["source"]) for one in members] == [
        ("Ana García", "2019-02-01", "TimeOverflow"),
        ("Ben", "", "TimeOverflow"),
    ]
    assert keeper.json("loans") == []
    assert keeper.json("balance")["minutes"] == 0


def test_every_line_says_where_it_is_from(keeper: Home) -> None:
    lines = keeper.run("history").out.splitlines()
    rows = [line for line in lines if "20" in line]
    assert len(rows) == 3
    assert ["from Lend Engine" in row for row in rows] == [True, True, False]
    assert "from TimeOverflow" in rows[2]
    assert "1 h 30 min on 2015-03-01" in rows[2]
    assert "2021-04-01, not said to be back" in rows[0]
    members = keeper.run("history", "members").out
    assert "from TimeOverflow, 7" in members
    assert "ana@example.org" in members


def test_an_item_of_today(keeper: Home) -> None:
    listing = keeper.json("offer", "add", "Ladder")["listing"]
    assert keeper.json("history", "--item", listing[:8]) == []
    assert keeper.run("history", "--item", "ffff").code == 1


def test_nothing_yet_and_much(ada: Home, tmp_path: Path) -> None:
    assert "p2pshare-cli import FILE brings it" in ada.run("history").out
    assert "p2pshare-cli import FILE brings them" in ada.run("history", "members").out
    file = tmp_path / "loans.csv"
    rows = [f"{number},Drill,Ana,2021-03-14" for number in range(LINES_SHOWN_MAX + 1)]
    file.write_text("\n".join(["id,item,member,from", *rows]))
    ran = ada.run("import", str(file))
    assert f"{LINES_SHOWN_MAX + 1} imported, 0 changed, 0 skipped, 0 rejected" in ran.out
    assert "(read as loans)" in ran.out
    assert "Only you can read it: p2pshare-cli history" in ran.out
    shown = ada.run("history").out
    assert shown.count("from a list") == LINES_SHOWN_MAX
    assert "--limit N shows more" in shown
    assert "--limit" not in ada.run("history", "--limit", "60").out
    assert len(ada.json("history")) == LINES_SHOWN_MAX + 1


def test_forgetting(keeper: Home) -> None:
    assert keeper.json("history", "forget", "--member", "ana@example.org") == {"forgotten": 3}
    assert [one["item"] for one in keeper.json("history")] == ["Ladder"]
    ran = keeper.run("history", "forget", "--source", "Lend Engine")
    assert ran.out == "Forgotten: 1 line of history that Ada had brought along.\n"
    again = keeper.run("history", "forget", "--source", "Lend Engine")
    assert one_error(again.err)
    assert "there is no such history of yours here" in again.err
    assert keeper.json("history", "forget", "--all") == {"forgotten": 1}
    assert keeper.json("audit")["ok"]


@pytest.mark.parametrize("options", [[], ["--all", "--member", "Ben"], ["--all", "--source", "x"]])
def test_what_is_to_be_forgotten_is_said(keeper: Home, options: list[str]) -> None:
    assert keeper.run("history", "forget", *options).code == 2


def test_hostile_words_are_shown_as_they_are(ada: Home, tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    file.write_text(
        'item,member,from\n[bold]=cmd|" /C calc"!A0,Ana,2021-03-14\nDrill,\x1b[31m,2021-03-14\n'
    )
    done = ada.json("import", str(file))
    assert done["imported"] == 1
    assert "U+001B" in done["rejected"][0]["error"]
    assert '[bold]=cmd|" /C calc"!A0' in ada.run("history").out
