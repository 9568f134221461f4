"""A tool library moves in: its past, and its members at the desk; the installed command."""

import time
from pathlib import Path

import pytest
from integration.cli_kit import Home, LiveNode, meet

PIN = "4711"
LOANS = 20_000
LOANS_SECONDS_MAX = 10.0


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    home = Home(tmp_path / "ada")
    home.json("init", "--name", "Ada")
    return home


def test_twenty_thousand_loans(ada: Home, tmp_path: Path) -> None:
    rows = ["Loan,Status,Item,Code,Member,Email,Checked out,Checked in"]
    rows += [
        f"{number},CLOSED,Tool {number % 400},C-{number % 400},Member {number % 700},"
        f"m{number % 700}@example.org,{1 + number % 28:02} Mar 2021 3:05 pm,"
        for number in range(LOANS)
    ]
    rows.append("x,CLOSED,Tool,C-1,Ben,,some day,")
    file = tmp_path / "loans.csv"
    file.write_text("\n".join(rows))
    start = time.monotonic()
    done = ada.json("import", str(file))
    assert time.monotonic() - start < LOANS_SECONDS_MAX
    assert (done["imported"], done["rejected"]) == (
        LOANS,
        [{"row": LOANS + 2, "error": "Checked out: 'some day' is no date"}],
    )
    assert len(ada.json("history", "--search", "M699@example.org")) == LOANS // 700
    assert ada.json("import", str(file))["imported"] == 0
    assert ada.json("audit")["ok"]
    (circle,) = ada.json("status")["circles"]
    assert circle["entries"] < 200


def test_a_running_node_tells_of_it_and_its_neighbour_reads_nothing(
    ada: Home, tmp_path: Path
) -> None:
    ben = Home(tmp_path / "ben")
    ben.json("init", "--name", "Ben")
    file = tmp_path / "members.csv"
    file.write_text("id,name,email\n3,Ana García,ana@example.org\n")
    with LiveNode(ada, "--no-discovery") as node:
        assert node.first["port"] > 0
        ada.json("import", str(file), "--source", "Lend Engine")
        (member,) = ada.json("history", "members")
        node.wait_event(about="history", id=member["history"])
    meet(ada, ben)
    assert ben.json("history", "members") == []
    assert not any(
        b"ana@example.org" in path.read_bytes() for path in ben.folder.glob("ledger.db*")
    )


def test_a_member_signs_at_the_desk_and_later_at_home(ada: Home, tmp_path: Path) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    desk = Home(ada.folder, P2PSHARE_PASSPHRASE=PIN)
    desk.json("person", "add", "Mia", "--desk")
    loan = desk.json("--as", "Mia", "loan", "request", drill)["loan"]
    ada.json("--as", "Ada", "loan", "accept", loan)
    receipt, page = tmp_path / "mia.p2preceipt", tmp_path / "mia.html"
    ada.json("--as", "Ada", "receipt", loan, "-o", str(receipt), "--html", str(page))
    nowhere = Home(tmp_path / "nowhere")
    verdict = nowhere.json("verify", str(receipt))
    assert [(one["move"], one.get("desk")) for one in verdict["moves"]] == [
        ("request", True),
        ("accept", None),
    ]
    assert "(borrower, at the desk)" in nowhere.run("verify", str(receipt)).out
    assert "(borrower, at the desk)" in page.read_text()
    assert "at the desk" in ada.run("--as", "Ada", "loans").out

    backup = tmp_path / "mia.backup"
    desk.json("--as", "Mia", "person", "backup", "-o", str(backup))
    home = Home(tmp_path / "home", P2PSHARE_PASSPHRASE=PIN)
    home.json("person", "restore", str(backup))
    meet(ada, home)
    home.json("loan", "receive", loan)
    meet(ada, home)
    ada.json("--as", "Ada", "receipt", loan, "-o", str(tmp_path / "later.p2preceipt"))
    later = nowhere.json("verify", str(tmp_path / "later.p2preceipt"))
    assert [(one["move"], one.get("desk")) for one in later["moves"]] == [
        ("request", True),
        ("accept", None),
        ("receive", None),
    ]
