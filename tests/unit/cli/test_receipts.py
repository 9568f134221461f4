"""cli.receipts: what the two commands print; the whole story is in tests/integration."""

from pathlib import Path

from integration.cli_kit import Home, meet, one_error


def asked(ada: Home, ben: Home) -> str:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan: str = ben.json("loan", "request", drill)["loan"]
    return loan


def test_a_request_alone_is_told_as_such(ada: Home, ben: Home, tmp_path: Path) -> None:
    file = tmp_path / "r.p2preceipt"
    loan = asked(ada, ben)
    assert ben.json("receipt", loan, "-o", str(file))["entries"] == 1
    ran = ben.run("verify", str(file))
    assert ran.code == 0
    assert "Ada signed nothing in this receipt." in ran.out
    assert "cannot show what came later" in ran.out


def test_an_older_file_is_replaced_and_a_folder_is_none(
    ada: Home, ben: Home, tmp_path: Path
) -> None:
    loan = asked(ada, ben)
    file = tmp_path / "r.p2preceipt"
    file.write_bytes(b"old")
    assert ben.json("receipt", loan, "-o", str(file))["bytes"] == file.stat().st_size
    for path in (tmp_path, tmp_path / "no" / "r"):
        ran = ben.run("receipt", loan, "-o", str(path))
        assert (ran.code, one_error(ran.err)) == (1, True)
    assert ben.run("verify", str(tmp_path)).code == 1


def test_what_is_missing_is_said(ada: Home, ben: Home, tmp_path: Path) -> None:
    loan = asked(ada, ben)
    assert ben.run("receipt", loan).code == 2
    assert ben.run("verify").code == 2
    unknown = ada.run("receipt", loan, "-o", str(tmp_path / "r"))
    assert (unknown.code, one_error(unknown.err)) == (1, True)
