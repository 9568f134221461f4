"""A loan between two neighbours, its receipt, and a stranger's computer that checks it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from integration.cli_kit import INSTANT, SCRIPT, Home, Ran, meet, one_error

MOVES = ["request", "accept", "hand-over", "receive", "give-back", "take-back"]


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Home, str]:
    """Ada, Ben and a loan from request to taking back."""
    folder = tmp_path_factory.mktemp("receipts")
    ada = Home(folder / "ada", in_process=True)
    ben = Home(folder / "ben", in_process=True)
    ada.json("init", "--name", "Ada")
    ben.json("init", "--name", "Ben")
    drill = ada.json("offer", "add", "Drill <b>", "--terms", "CLEAN-RETURN")["listing"]
    meet(ada, ben)
    loan: str = ben.json("loan", "request", drill, "--note", "For the shelf.")["loan"]
    for home, move in zip((ada, ada, ben, ben, ada), MOVES[1:], strict=True):
        meet(ada, ben)
        home.json("loan", move, loan)
    meet(ada, ben)
    return ada, ben, loan


def verify(file: Path, folder: Path, *options: str) -> Ran:
    """p2pshare-cli verify in a process of its own, of somebody who has no folder at all."""
    ran = subprocess.run(
        [SCRIPT, *options, "verify", file],
        env={
            **os.environ,
            "P2PSHARE_DATA": str(folder),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not folder.exists(), "checking a receipt leaves nothing behind"
    return Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode())


def test_a_stranger_checks_it_and_has_no_folder_then_either(
    lent: tuple[Home, Home, str], tmp_path: Path
) -> None:
    ada, ben, loan = lent
    file = tmp_path / "drill.p2preceipt"
    made = ben.json("receipt", loan[:10], "-o", str(file))
    assert made == {"receipt": str(file), "entries": 6, "bytes": file.stat().st_size}
    document = verify(file, tmp_path / "nowhere", "--json").document
    (known,) = ada.json("loans")
    assert list(document) == ["ok", "kind", "parties", "moves", "reason"]
    assert (document["ok"], document["kind"], document["reason"]) == (True, "loan", None)
    assert document["parties"] == [known["borrower"], known["lender"]]
    assert [one["move"] for one in document["moves"]] == MOVES
    assert all(INSTANT.fullmatch(one["at"]) for one in document["moves"])
    assert [(one["move"], one["by"]) for one in document["moves"]] == [
        (one["move"], one["person"]) for one in known["signed_by"]
    ]
    words = verify(file, tmp_path / "nowhere")
    assert words.code == 0
    for said in ("Every signature holds", "Ada (lender)", "Ben (borrower)", "Give back", "Drill"):
        assert said in words.out
    assert "back by" in words.out
    assert "(CLEAN-RETURN/1)" in words.out


def test_a_changed_byte_is_told_with_the_reason(
    lent: tuple[Home, Home, str], tmp_path: Path
) -> None:
    ada, _, loan = lent
    file = tmp_path / "drill.p2preceipt"
    ada.json("receipt", loan, "-o", str(file))
    data = file.read_bytes()
    at = data.index(b"For the shelf.")
    file.write_bytes(data[:at] + b"For the shed.." + data[at + 14 :])
    ran = verify(file, tmp_path / "nowhere", "--json")
    expected: dict[str, Any] = {"ok": False, "kind": None, "parties": [], "moves": []}
    assert ran.code == 1
    assert ran.err == ""
    document = json.loads(ran.out)
    assert {name: document[name] for name in expected} == expected
    assert "not the ones that were sealed and signed" in document["reason"]
    words = verify(file, tmp_path / "nowhere")
    assert (words.code, "does not hold" in words.out) == (1, True)


def test_what_is_no_receipt(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff")
    ran = verify(file, tmp_path / "nowhere", "--json")
    assert (ran.code, "no receipt of p2pshare" in ran.out) == (1, True)
    gone = verify(tmp_path / "gone", tmp_path / "nowhere")
    assert (gone.code, one_error(gone.err)) == (1, True)


def test_a_page_to_print(lent: tuple[Home, Home, str], tmp_path: Path) -> None:
    ada, _, loan = lent
    file, page = tmp_path / "r.p2preceipt", tmp_path / "r.html"
    said = ada.run("receipt", loan, "-o", str(file), "--html", str(page))
    assert said.code == 0, said.err
    assert "6 signed entries" in said.out
    text = page.read_text("utf-8")
    assert "Drill &lt;b&gt;" in text
    assert "<b>" not in text
    assert "<svg" in text
    assert " UTC" in text
    assert (file.stat().st_mode & 0o777, page.stat().st_mode & 0o777) == (0o600, 0o600)


def test_nobody_else_makes_one(lent: tuple[Home, Home, str], tmp_path: Path) -> None:
    ada, _, loan = lent
    eve = Home(tmp_path / "eve", in_process=True)
    eve.json("init", "--name", "Eve")
    meet(ada, eve)
    file = tmp_path / "r.p2preceipt"
    ran = eve.run("receipt", loan, "-o", str(file))
    assert (ran.code, one_error(ran.err)) == (1, True)
    assert not file.exists()


def test_what_was_said_at_a_gift_and_a_session_is_told_to_a_stranger(
    lent: tuple[Home, Home, str], tmp_path: Path
) -> None:
    ada, ben, _ = lent
    sofa = ada.json("offer", "add", "Sofa", "--transaction-type", "receive-donate")["listing"]
    lesson = ada.json("offer", "add", "Guitar", "--item-type", "service")["listing"]
    meet(ada, ben)
    gift = ben.json("gift", "request", sofa)["agreement"]
    session = ben.json("session", "request", lesson)["agreement"]
    meet(ada, ben)
    ada.json("gift", "accept", gift)
    ada.json("gift", "hand-over", gift, "--condition", "worn", "--missing", "a <leg>")
    ada.json("session", "accept", session)
    ada.json("session", "done", session, "--minutes", "90")
    meet(ada, ben)
    for kind, agreement, details, words in (
        ("gift", gift, {"condition": "worn", "missing": ["a <leg>"]}, "condition: worn"),
        ("session", session, {"minutes": 90}, "for 1 h 30 min"),
    ):
        file, page = tmp_path / f"{kind}.p2preceipt", tmp_path / f"{kind}.html"
        assert ben.run("receipt", agreement, "-o", str(file), "--html", str(page)).code == 0
        document = verify(file, tmp_path / "nowhere", "--json").document
        assert list(document) == ["ok", "kind", "parties", "moves", "reason"]
        assert (document["ok"], document["kind"]) == (True, kind)
        assert document["moves"][-1]["details"] == details
        assert words in verify(file, tmp_path / "nowhere").out
        text = page.read_text("utf-8")
        assert words in text
        assert "a <leg>" not in text
        data = file.read_bytes()
        file.write_bytes(data[:-40] + bytes([data[-40] ^ 1]) + data[-39:])
        assert verify(file, tmp_path / "nowhere").code == 1
