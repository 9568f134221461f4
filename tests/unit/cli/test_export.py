"""export: which formats and tables a person can ask for, and how files are written."""

import csv
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
from integration.cli_kit import LISTING_KEYS, Home, meet, one_error, sign_listing

from p2pshare.domain.exports.spreadsheet import LISTINGS
from p2pshare.log.entry import decode_header, entry_id, signature_verifies


def test_export_of_the_signed_log(ada: Home, ben: Home, tmp_path: Path) -> None:
    drill = ada.json("offer", "add", "Bohrer für Ä")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill, "--note", "for a shelf")["loan"]
    meet(ada, ben)
    file = tmp_path / "out.jsonl"
    exported = ada.json("export", str(file), "--format", "jsonl")
    lines = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
    assert exported == {"exported": len(lines)}
    assert len(lines) == ada.json("status")["circles"][0]["entries"]
    for line in lines:
        header = bytes.fromhex(line["header"])
        identifier = entry_id(header)
        assert identifier.hex() == line["entry"]
        assert signature_verifies(
            decode_header(header).feed, bytes.fromhex(line["signature"]), identifier
        )
    request = next(line for line in lines if line["kind"] == "loan.request")
    assert request["subject"] == loan
    assert request["sealed"] is True
    assert request["payload"]["note"] == "for a shelf"
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_export_for_a_spreadsheet(ada: Home, ben: Home, tmp_path: Path) -> None:
    hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "plain", "＝1"]  # noqa: RUF001
    for title in hostile:
        sign_listing(ben, title=title, description='a "quoted", line\nand another')
    meet(ada, ben)
    file = tmp_path / "out.csv"
    file.write_text("an older one")
    assert ada.json("export", str(file), "--format", "csv") == {"exported": len(hostile)}
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == LISTING_KEYS
    titles = [row["title"] for row in rows]
    assert "plain" in titles
    assert all(title == "plain" or title[0] in "'\\" for title in titles), titles
    assert rows[0]["description"] == 'a "quoted", line\nand another'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada", "ben", "out.csv"]


def test_export_is_written_whole_or_not_at_all(ada: Home, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside").write_text("kept")
    ran = ada.run("export", str(folder))
    assert ran.code == 1
    assert one_error(ran.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada", "folder"]


def test_the_format_is_that_of_the_name(ada: Home, tmp_path: Path) -> None:
    assert ada.json("export", str(tmp_path / "a.csv")) == {"exported": 0}
    assert (tmp_path / "a.csv").read_text().splitlines() == [",".join(LISTING_KEYS)]
    assert LISTINGS.heading() == LISTING_KEYS
    assert ada.json("export", str(tmp_path / "a.txt")) == {"exported": 2}
    assert "2 entries" in ada.run("export", str(tmp_path / "a.txt")).out


def test_a_full_disk_leaves_the_older_file(
    ada: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text("an older one")

    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    ran = ada.run("export", str(file))
    assert (ran.code, ran.out) == (1, "")
    assert "No space left" in ran.err
    assert file.read_text() == "an older one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ada", "out.jsonl"]


# --- what a person asks for -------------------------------------------------------------------


def test_a_table_is_asked_for_by_name(ada: Home, ben: Home, tmp_path: Path) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill)["loan"]
    meet(ada, ben)
    file = str(tmp_path / "loans.csv")
    assert ada.json("export", file, "--what", "loans") == {"exported": 1}
    with Path(file).open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["loan"], row["borrower_name"], row["state"]) == (loan, "Ben", "requested")
    assert ada.json("export", file, "--what", "hours") == {"exported": 0}
    assert "Exported 1 loan to" in ada.run("export", file, "--what", "loans").out


def test_the_name_of_a_file_says_its_format(ada: Home, tmp_path: Path) -> None:
    file = tmp_path / "graph.JSONLD"
    exported = ada.json("export", str(file))
    assert len(json.loads(file.read_text())["@graph"]) == exported["exported"]
    assert ada.json("export", str(tmp_path / "what.ever")) == {"exported": 2}


def test_profiles_are_published_by_consent_alone(ada: Home, tmp_path: Path) -> None:
    ada.json("offer", "add", "Drill")
    file = tmp_path / "profiles.json"
    asked = ("export", str(file), "--format", "murmurations")
    refused = ada.run(*asked, "--email", "ada@example.org")
    assert (refused.code, refused.out) == (1, "")
    assert one_error(refused.err)
    assert "--consent-to-publish" in refused.err
    refused = ada.run(*asked, "--consent-to-publish")
    assert refused.code == 1
    assert "how you can be reached" in refused.err
    assert not file.exists()
    agreed = (*asked, "--consent-to-publish", "--email", "ada@example.org")
    assert ada.json(*agreed, "--geographic-scope", "regional") == {"exported": 1}
    (profile,) = json.loads(file.read_text())
    assert profile["contact_details"] == {"email": "ada@example.org"}
    assert profile["geographic_scope"] == "regional"


def test_an_archive_is_asked_for_by_its_name(ada: Home, tmp_path: Path) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    file = tmp_path / "profiles.zip"
    agreed = ("--consent-to-publish", "--contact-form", "https://example.org/ada")
    ran = ada.run("export", str(file), "--format", "murmurations", *agreed)
    assert "Exported 1 profile to" in ran.out
    with ZipFile(file) as archive:
        assert archive.namelist() == [f"{drill}.json"]
    assert oct(file.stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    "options",
    [
        ("--format", "jsonl", "--what", "loans"),
        ("--format", "csv", "--email", "ada@example.org"),
        ("--format", "valueflows", "--consent-to-publish"),
        ("--format", "csv", "--what", "everything"),
        ("--format", "murmurations", "--geographic-scope", "galactic"),
    ],
)
def test_what_does_not_go_together_is_not_understood(
    ada: Home, tmp_path: Path, options: tuple[str, ...]
) -> None:
    ran = ada.run("export", str(tmp_path / "out"), *options)
    assert (ran.code, ran.out) == (2, "")
    assert not (tmp_path / "out").exists()


def test_only_the_person_who_is_named(ada: Home, tmp_path: Path) -> None:
    ada.json("person", "add", "Cleo")
    ada.json("--as", "Cleo", "offer", "add", "Cello")
    ada.json("--as", "Ada", "offer", "add", "Drill")
    file = tmp_path / "profiles.json"
    agreed = ("--format", "murmurations", "--consent-to-publish", "--email", "c@example.org")
    assert ada.json("--as", "Cleo", "export", str(file), *agreed) == {"exported": 1}
    assert [one["title"] for one in json.loads(file.read_text())] == ["Cello"]
    assert ada.run("--as", "Nobody", "export", str(file), *agreed).code == 1
