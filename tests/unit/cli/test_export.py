"""export: the signed log, and the listings for a spreadsheet."""

import csv
import json
from pathlib import Path

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
