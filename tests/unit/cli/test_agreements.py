"""cli.agreements: commands made from tables, and what is said of what came of them."""

import re
from pathlib import Path

import pytest
from integration.cli_kit import Home, meet, one_error
from unit.node.photo_kit import encoded, halves

from p2pshare.cli.agreements import said_words
from p2pshare.domain.gift import GIFT
from p2pshare.domain.loan import LOAN
from p2pshare.domain.session import SESSION


@pytest.fixture
def lent(ada: Home, ben: Home) -> str:
    """A kit of Ada's that Ben has."""
    kit = ada.json("offer", "add", "Kit", "--part", "drill", "--part", "bits")["listing"]
    meet(ada, ben)
    loan: str = ben.json("loan", "request", kit)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    ada.json("loan", "hand-over", loan)
    meet(ada, ben)
    return loan


@pytest.mark.parametrize(("group", "table"), [("loan", LOAN), ("gift", GIFT), ("session", SESSION)])
def test_every_move_of_a_table_is_a_command_that_says_who_and_when(ada: Home, group, table) -> None:
    said = ada.run(group, "--help").out
    for move in table.moves:
        assert re.search(rf"^  {move} ", said, re.MULTILINE), move
    for row in table.rows[1:]:
        helped = " ".join(ada.run(group, row.move, "--help").out.split())
        assert row.label in helped
        for word in (*row.roles, *(state.replace("_", " ") for state in row.from_states)):
            assert word in helped, (row.move, word)


@pytest.mark.parametrize(
    ("move", "options"),
    [
        ("accept", ["--note"]),
        ("renew", ["--until", "--note"]),
        ("report", ["--kind", "--part", "--photo", "--note"]),
        ("give-back", ["--condition", "--checked", "--missing", "--photo", "--instead", "--note"]),
        ("take-back", ["--condition", "--checked", "--missing", "--photo", "--note"]),
    ],
)
def test_a_move_has_options_for_what_it_can_say_and_no_others(ada: Home, move, options) -> None:
    found = re.findall(r"^  (--[a-z-]+)", ada.run("loan", move, "--help").out, re.MULTILINE)
    assert sorted(found) == sorted(options)


def test_what_is_said_with_a_move_is_kept(ada: Home, ben: Home, lent: str, tmp_path: Path) -> None:
    picture = tmp_path / "scratch.jpg"
    picture.write_bytes(encoded(halves()))
    said = (
        *("--condition", "damaged", "--checked", "clean", "--missing", "bits"),
        *("--photo", str(picture), "--instead", "hired", "--note", "Sorry"),
    )
    assert ben.json("loan", "give-back", lent, *said) == {"loan": lent, "state": "returned"}
    details = ben.json("loans")[0]["signed_by"][-1]["details"]
    (photo,) = details.pop("photos")
    assert details == {
        "condition": "damaged",
        "checked": ["clean"],
        "missing": ["bits"],
        "instead": "hired",
    }
    assert ben.json("photo", photo[:10], "-o", str(tmp_path / "out.jpg"))["photo"] == photo
    told = ben.run("loans").out
    for words in ("condition: damaged", "missing: bits", "would have hired one", "“Sorry”"):
        assert words in told


def test_an_id_of_another_kind_is_refused_in_one_line(ada: Home, ben: Home, lent: str) -> None:
    before = ada.dump()
    for command in (
        ("gift", "cancel", lent),
        ("session", "accept", lent),
        ("gift", "show", lent),
        ("repair", "close", lent),
    ):
        refused = ada.run("--json", *command)
        assert (refused.code, refused.out, one_error(refused.err)) == (1, "", True)
        assert f"that is a loan, not a {command[0]}" in refused.err
    assert ada.dump() == before


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("report", "--note", "x"), 2),
        (("report", "--kind", "theft"), 2),
        (("give-back", "--condition", "shiny"), 2),
        (("give-back", "--instead", "stolen"), 2),
        (("give-back", "--missing", "hammer"), 1),
        (("give-back", "--photo", "/nowhere.jpg"), 1),
        (("renew",), 1),
        (("renew", "--until", "soon"), 1),
        (("grant",), 1),
        (("settle",), 1),
        (("dance",), 2),
    ],
)
def test_what_cannot_be_said(ben: Home, lent: str, command, code) -> None:
    before = ben.dump()
    refused = ben.run("--json", "loan", command[0], lent, *command[1:])
    assert (refused.code, refused.out) == (code, "")
    assert "Traceback" not in refused.err
    assert code == 2 or one_error(refused.err)
    assert ben.dump() == before


def test_a_note_cannot_pass_for_what_was_said() -> None:
    words = said_words("Fine\ncondition: as new", ["condition: worn", "missing: \u202ebits"])
    assert words.plain.split("\n") == [
        "“Fine\\u{a}condition: as new”",
        "condition: worn",
        "missing: \\u{202e}bits",
    ]
    assert said_words("", []).plain == ""
