"""A tool library brings its inventory: the installed command, a running node, a neighbour.

The files are as other programs write them, with what makes files hard to read in each.
"""

import codecs
from pathlib import Path

import pytest
from integration.cli_kit import Home, LiveNode

HOMEBOX = (
    "HB.import_ref,HB.name,HB.quantity,HB.description,HB.labels,HB.archived,HB.field.Shelf\r\n"
    'r1,Hammer drill,2,"With bits,\r\nand a ""case""",tools;masonry,false,A\r\n'
    "r2,Old tent,1,,,true,B\r\n"
    "r3,,1,,,false,\r\n"
    "r4,Ladder,three,,,false,\r\n"
)
SNIPE_IT = (
    "Company;Name;Asset Tag;Category;Model;Model Notes\n"
    "ACME;Säge;T-1;Werkzeug;X;für Holz\n"
    "ACME;;T-2;;Bohrmaschine 3000;\n"
    "ACME;Doppelt;T-1;;;\n"
)
LEND_ENGINE = (
    "Code\tName\tLong description\tKeywords\tReservable\tLoan fee\r"
    "L-1\tCrêpe pan\t<p>Non-stick &amp; large</p>\tkitchen, party\tyes\t0\r"
    "L-2\tBroken pan\t\t\tno\t0\r"
)
LEIHS = (
    "inventory_code,model_id,note,is_borrowable\n"
    "AV1,17,Beamer,1\n"
    "AV2,17,Beamer for the stage,1\n"
    "AV3,17,Not this one,0\n"
)


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    home = Home(tmp_path / "ada")
    home.json("init", "--name", "Ada")
    return home


@pytest.mark.parametrize(
    ("data", "titles", "skipped", "rejected"),
    [
        (codecs.BOM_UTF8 + HOMEBOX.encode(), {"Hammer drill"}, 1, [4, 5]),
        (SNIPE_IT.encode("cp1252"), {"Säge", "Bohrmaschine 3000"}, 0, [4]),
        (LEND_ENGINE.encode("utf-16"), {"Crêpe pan"}, 1, []),
        (LEIHS.encode(), {"Beamer", "Beamer for the stage"}, 1, []),
    ],
    ids=["homebox", "snipe-it", "lend-engine", "leihs"],
)
def test_the_file_of_a_program(
    ada: Home, tmp_path: Path, data: bytes, titles: set[str], skipped: int, rejected: list[int]
) -> None:
    file = tmp_path / "inventory.txt"
    file.write_bytes(data)
    trial = ada.json("import", str(file), "--dry-run")
    assert ada.json("listings") == []
    done = ada.json("import", str(file))
    assert done == trial
    assert (done["imported"], done["updated"], done["skipped"]) == (len(titles), 0, skipped)
    assert [one["row"] for one in done["rejected"]] == rejected
    assert {one["title"] for one in ada.json("listings", "--mine")} == titles
    again = ada.json("import", str(file))
    assert (again["imported"], again["updated"]) == (0, 0)
    assert again["skipped"] == len(titles) + skipped
    assert ada.json("audit")["ok"]


def test_words_of_other_languages_find_what_came_in(ada: Home, tmp_path: Path) -> None:
    file = tmp_path / "inventory.csv"
    file.write_bytes(SNIPE_IT.replace("Werkzeug", "Bohrer").encode())
    ada.json("import", str(file))
    for word in ("perceuse", "taladro", "drill"):
        assert [one["title"] for one in ada.json("listings", "--search", word)] == ["Säge"]


def test_a_running_node_sees_what_is_imported_beside_it(ada: Home, tmp_path: Path) -> None:
    file = tmp_path / "inventory.csv"
    file.write_bytes(HOMEBOX.encode())
    with LiveNode(ada, "--no-discovery") as node:
        assert node.first["port"] > 0
        ada.json("import", str(file))
        (listing,) = ada.json("listings")
        node.wait_event(about="listing", id=listing["listing"])
