"""import: what it prints, and that rows that cannot be read are told beside it."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, one_error

from p2pshare.cli.importing import ROWS_SHOWN_MAX, import_document
from p2pshare.node.importing import ImportResult, RowRemark


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "list.csv"
    made.write_text("id,name,quantity,colour\n1,Drill,1,red\n2,Saw,two,\n3,,1,\n4,Tent,,\n")
    return made


def test_a_document_for_programs(ada: Home, file: Path) -> None:
    ran = ada.run("--json", "import", str(file))
    assert ran.document == {
        "imported": 2,
        "updated": 0,
        "skipped": 0,
        "rejected": [
            {"row": 3, "error": "quantity: 'two' is not a whole number"},
            {"row": 4, "error": "it has no name"},
        ],
    }
    assert {one["title"] for one in ada.json("listings", "--mine")} == {"Tent", "Drill"}
    again = ada.json("import", str(file))
    assert (again["imported"], again["skipped"]) == (0, 2)


def test_lines_for_people(ada: Home, file: Path) -> None:
    ran = ada.run("import", str(file))
    assert ran.code == 0
    assert "2 imported, 0 changed, 0 skipped, 2 rejected (read as csv)." in ran.out
    assert "Unknown columns, not taken over: colour." in ran.out
    assert ran.err.splitlines() == [
        "row 3 rejected: quantity: 'two' is not a whole number",
        "row 4 rejected: it has no name",
    ]
    file.write_text("id,name,quantity\n1,Drill,1\n")
    assert "There is nothing new in this list." in ada.run("import", str(file)).out


def test_a_trial(ada: Home, file: Path) -> None:
    before = ada.dump()
    ran = ada.run("import", str(file), "--dry-run")
    assert ran.out.splitlines()[-1].startswith("Nothing is changed yet. This would be: 2 imported")
    assert ada.json("import", str(file), "--dry-run")["imported"] == 2
    assert ada.dump() == before


def test_skipped_rows_are_told(ada: Home, file: Path) -> None:
    file.write_text("HB.name,HB.archived\nDrill,yes\nSaw,\n")
    ran = ada.run("import", str(file), "--format", "homebox")
    assert ran.err == "row 2 skipped: it is archived\n"
    assert "1 imported, 0 changed, 1 skipped, 0 rejected (read as homebox)." in ran.out


def test_very_many_rows_are_not_all_told(ada: Home, file: Path) -> None:
    file.write_text("name,x\n" + ",1\n" * (ROWS_SHOWN_MAX + 2))
    lines = ada.run("import", str(file)).err.splitlines()
    assert len(lines) == ROWS_SHOWN_MAX + 1
    assert lines[-1] == "… and 2 more rows rejected"


def test_what_is_told_of_rows_is_harmless(ada: Home, file: Path) -> None:
    file.write_text("name,quantity\nDrill,\x1b[31m\u202etwo\n")
    err = ada.run("import", str(file)).err
    assert "\x1b" not in err
    assert "\u202e" not in err


@pytest.mark.parametrize(
    ("content", "form", "said"),
    [
        (b"", (), "the file is empty"),
        (b"\x00\x01\x02", (), "not known from which program"),
        (b"a,b\n1,2\n", (), "its columns are a, b"),
        (b"name\nDrill\n", ("--format", "homebox"), "needs the column HB.name"),
        (None, (), "cannot be read"),
    ],
)
def test_only_a_file_that_cannot_be_read_is_refused(
    ada: Home, tmp_path: Path, content: bytes | None, form: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "list.csv"
    if content is not None:
        file.write_bytes(content)
    before = ada.dump()
    ran = ada.run("import", str(file), *form)
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert said in ran.err
    assert ada.dump() == before


def test_an_unknown_format_is_not_understood(ada: Home, file: Path) -> None:
    assert ada.run("import", str(file), "--format", "excel").code == 2


def test_a_folder_is_no_list(ada: Home, tmp_path: Path) -> None:
    ran = ada.run("import", str(tmp_path))
    assert ran.code == 1
    assert one_error(ran.err)


def test_nothing_set_up(tmp_path: Path, file: Path) -> None:
    ran = Home(tmp_path / "nobody", in_process=True).run("import", str(file))
    assert ran.code == 1
    assert "init --name" in ran.err


def test_the_document_names_every_count() -> None:
    result = ImportResult("csv", "utf-8", imported=1, updated=2, skipped=3)
    result.rejected.append(RowRemark(9, "why"))
    assert import_document(result) == {
        "imported": 1,
        "updated": 2,
        "skipped": 3,
        "rejected": [{"row": 9, "error": "why"}],
    }
