"""What a peer wrote is harmless to look at, and JSON is ASCII."""

import sys

import pytest
from integration.cli_kit import Home, meet, sign_listing

from p2pshare.cli import output
from p2pshare.cli.app import main
from p2pshare.cli.output import plain, write_error

HOSTILE = {
    "markup": "[red]alarm[/red] [link=file:///etc]x[/link] :bomb:",
    "ansi": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "bidirectional": "abc‮txt.exe‬",
    "lines": "one\ntwo\r\nthree\tfour three",
    "nul": "a\0b",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_peer_writes_is_harmless_to_look_at(ada: Home, ben: Home, name: str) -> None:
    text = HOSTILE[name]
    listing = sign_listing(ben, title=text, description=text, category=text, tags=(text[:40],))
    meet(ada, ben)
    commands = (("listings",), ("listing", "show", listing), ("people",))
    printed = "".join(ada.run(*command).out for command in commands)
    for character in "\x1b\x07\x00\x9b\r‮‬\x08":
        assert character not in printed
    if name == "markup":
        assert "[red]alarm[/red]" in printed
        assert ":bomb:" in printed
    else:
        assert "\\u{" in printed
    rows = [line for line in ada.run("listings").out.splitlines() if listing[:8] in line]
    assert len(rows) == 1
    assert "Ben" in rows[0], "a title draws no second row"
    ran = ada.run("--json", "listings")
    assert ran.out.isascii()
    assert ran.document[0]["title"] == text


def test_a_name_is_as_harmless(ada: Home, ben: Home) -> None:
    sign_listing(ben, title="Drill")
    meet(ada, ben)
    loan = ada.json("loan", "request", ada.json("listings")[0]["listing"])["loan"]
    assert loan[:8] in ada.run("loans").out


def test_markup_never_renders() -> None:
    text = plain("[bold]x[/bold]")
    assert (text.plain, text.spans) == ("[bold]x[/bold]", [])


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_error("first\nsecond \x1b[31m")
    assert capsys.readouterr().err == "error: first\\u{a}second \\u{1b}[31m\n"


def test_progress_is_for_terminals_only(
    ada: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_listing(ada, title="Drill")
    arguments = ["--data", str(ada.folder), "--json", "audit"]
    assert main(arguments) == 0
    quiet = capsys.readouterr()
    assert quiet.err == ""
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm")
    assert main(arguments) == 0
    assert capsys.readouterr() == quiet, "what is over at once needs no bar"
    monkeypatch.setattr(output, "PROGRESS_AFTER_SECONDS", 0.0)
    assert main(arguments) == 0
    watched = capsys.readouterr()
    assert "Checking" in watched.err
    assert watched.out == quiet.out, "standard output holds the document and nothing else"
