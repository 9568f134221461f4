"""Global options, and how every error ends."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from integration.cli_kit import Home, one_error

from p2pshare.cli.app import COMMANDS, main


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", "--name", "Ada"),
        ("init", "--name", ""),
        ("person", "add", "x" * 61),
        ("person", "add", "line\nbreak"),
        ("offer", "add", ""),
        ("offer", "add", "x" * 121),
        ("offer", "add", "a\x1b[31mb"),
        ("offer", "add", "a‮b"),
        ("offer", "add", "Drill", "--description", "x" * 4001),
        ("offer", "add", "Drill", "--quantity", "0"),
        ("offer", "add", "Drill", "--quantity", "99999999999999999999"),
        ("offer", "add", "Drill", "--expires", "2026-02-30"),
        ("offer", "add", "Drill", "--expires", "1999-01-01"),
        ("offer", "add", "Drill", *(f"--tag={number}" for number in range(13))),
        ("listing", "show", "zz"),
        ("listing", "show", "0000"),
        ("listing", "show", ""),
        ("listing", "edit", "LISTING"),
        ("listing", "close", "ffff"),
        ("loan", "request", "LISTING"),
        ("loan", "request", "ffff", "--from", "today"),
        ("loan", "accept", "ffff"),
        ("hours", "pay", "Nobody", "1"),
        ("hours", "pay", "Ada", "1"),
        ("hours", "pay", "Ada", "a lot"),
        ("hours", "pay", "Ada", "0"),
        ("balance", "Nobody"),
        ("forget", "ffff"),
        ("forget", ""),
        ("--as", "Nobody", "offer", "add", "Drill"),
        ("--circle", "nowhere", "offer", "add", "Drill"),
        ("--circle", "nowhere", "listings"),
        ("export", "/nowhere/at/all.jsonl"),
    ],
    ids=lambda arguments: " ".join(arguments)[:40].encode("unicode_escape").decode(),
)
def test_refused_in_one_line_and_nothing_changes(ada: Home, arguments: tuple[str, ...]) -> None:
    listing = ada.json("offer", "add", "Drill")["listing"]
    before = ada.dump()
    filled = [listing if one == "LISTING" else one for one in arguments]
    for options in ((), ("--json",)):
        ran = ada.run(*options, *filled)
        assert ran.code == 1, ran
        assert ran.out == ""
        assert one_error(ran.err), ran.err
    assert ada.dump() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("loan",),
        ("loan", "fly", "ffff"),
        ("init",),
        ("offer", "add"),
        ("offer", "add", "Drill", "--item-type", "unicorn"),
        ("offer", "add", "Drill", "--transaction-type", "buy-sell"),
        ("offer", "add", "Drill", "--quantity", "two"),
        ("offer", "add", b"not \xff text"),
        ("--as", b"\xff", "listings"),
        ("listings", "--limit", "0"),
        ("listings", "--limit", "99999999999999999999"),
        ("listings", "--exchange-type", "gift"),
        ("listings", "surplus"),
        ("export", "file", "--format", "pdf"),
        ("export",),
        ("node", "--port", "65536"),
        ("node", "--peer", "nowhere"),
        ("node", "--peer", "host:0"),
        ("node", "--interface", "eth0"),
        ("hours", "pay", "Ada"),
        ("--data",),
        ("--frobnicate", "listings"),
    ],
    ids=lambda arguments: " ".join(map(str, arguments))[:40],
)
def test_not_understood(ada: Home, arguments: tuple[str | bytes, ...]) -> None:
    before = ada.dump()
    ran = ada.run("--json", *arguments)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") <= 2
    assert ada.dump() == before


def test_a_folder_where_nothing_is_set_up_stays_as_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "missing", in_process=True)
    for command in (("listings",), ("audit",), ("rebuild",), ("status",), ("offer", "add", "x")):
        ran = home.run(*command)
        assert ran.code == 1
        assert one_error(ran.err)
    assert not home.folder.exists()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = Home(file, in_process=True).run("init", "--name", "Ada")
    assert ran.code == 1
    assert one_error(ran.err)
    (tmp_path / "ledger.db").write_bytes(b"this is no database, however long it is" * 200)
    ran = Home(tmp_path, in_process=True).run("listings")
    assert ran.code == 1
    assert one_error(ran.err)
    assert "damaged" in ran.err


def test_a_newer_ledger_is_left_alone(ada: Home) -> None:
    with closing(ada.ledger()) as ledger:
        ledger.database.connection.execute("PRAGMA user_version = 99")
    for command in (("listings",), ("offer", "add", "Drill"), ("rebuild",), ("audit",)):
        ran = ada.run(*command)
        assert ran.code == 1
        assert one_error(ran.err), ran.err
        assert "newer" in ran.err


def test_alone_it_gives_a_friendly_overview(tmp_path: Path) -> None:
    ran = Home(tmp_path / "none", in_process=True).run()
    assert (ran.code, ran.err) == (0, "")
    for word in ("init", "node", "offer", "loan", "audit", "demo", "--json"):
        assert word in ran.out
    version = Home(tmp_path / "none", in_process=True).run("--version")
    assert re.fullmatch(r"p2pshare-cli \d+\.\d+\.\d+\n", version.out)


@pytest.mark.parametrize("command", [name for family in COMMANDS.values() for name in family])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "Usage: p2pshare-cli" in capsys.readouterr().out


def test_the_folder_may_be_named_by_the_environment(
    ada: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("P2PSHARE_DATA", str(ada.folder))
    assert main(["--json", "people"]) == 0
    assert '"Ada"' in capsys.readouterr().out


def test_ctrl_c_is_no_traceback(
    ada: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("p2pshare.store.queries.Queries.people", interrupted)
    assert main(["--data", str(ada.folder), "people"]) == 130
    assert capsys.readouterr() == ("", "stopped\n")
