"""terms, --terms: codes in, sentences out."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, meet, one_error, sign_listing

from p2pshare.domain.terms import newest_terms

EVIL = "A/1\nCLEAN\u202e"


def lines(printed: str) -> list[str]:
    return [line.rstrip() for line in printed.splitlines()]


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A computer on which nothing is set up, with no language of its own."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path / "nothing", in_process=True)


def test_all_terms_are_listed_without_a_ledger(nobody: Home) -> None:
    terms = nobody.json("terms")
    assert [one["code"] for one in terms] == [term.code for term in newest_terms()]
    assert terms[0] == {
        "code": "BORROW-7D",
        "version": 1,
        "sentence": "Bring it back within 7 days.",
        "language": "en",
        "icon": "calendar",
        "machine": {"longest_days": 7},
    }
    assert not nobody.folder.exists()
    shown = nobody.run("terms")
    assert (shown.code, shown.err) == (0, "")
    assert all(term.code in shown.out for term in newest_terms())


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Give it back clean."),
        ("de", "Gib es sauber zurück."),
        ("fr_FR", "Rendez-le propre."),
        ("es", "Devuélvelo limpio."),
        ("pl", "Give it back clean."),
    ],
)
def test_one_of_them_in_a_language(nobody: Home, language: str, sentence: str) -> None:
    (term,) = nobody.json("terms", "clean return", "--lang", language)
    assert (term["code"], term["sentence"]) == ("CLEAN-RETURN", sentence)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LC_ALL": "de_AT.UTF-8", "LANG": "fr_FR.UTF-8"}, "de"),
        ({"LC_ALL": "", "LC_MESSAGES": "es_ES", "LANG": "fr_FR"}, "es"),
        ({"LANG": "fr_FR"}, "fr"),
        ({"LC_ALL": "C.UTF-8", "LANG": "fr_FR"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_environment(
    nobody: Home, environment: dict[str, str], language: str
) -> None:
    home = Home(nobody.folder, in_process=True, **environment)
    assert home.json("terms", "REFILL")[0]["language"] == language


def test_an_unknown_code_is_refused_with_what_comes_near(nobody: Home) -> None:
    ran = nobody.run("terms", "CLEEN-RETURN")
    assert (ran.code, ran.out) == (1, "")
    assert one_error(ran.err)
    assert "CLEAN-RETURN" in ran.err


def test_an_offer_carries_what_was_typed_as_it_is_signed(ada: Home) -> None:
    listing = ada.json(
        *("offer", "add", "Drill", "--terms", "borrow 7d", "--terms", "clean-return/1")
    )["listing"]
    assert ada.json("listing", "show", listing)["terms"] == ["BORROW-7D/1", "CLEAN-RETURN/1"]
    ada.json("listing", "edit", listing, "--terms", "refill")
    assert ada.json("listing", "show", listing)["terms"] == ["REFILL/1"]
    ada.json("listing", "edit", listing, "--terms", "")
    assert ada.json("listing", "show", listing)["terms"] == []
    want = ada.json("want", "add", "Tent", "--terms", "PAY-IT-FORWARD")["listing"]
    assert ada.json("listing", "show", want)["terms"] == ["PAY-IT-FORWARD/1"]


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (("BORROW-9D",), "there are no terms called 'BORROW-9D'; near it: BORROW-7D"),
        (("borrow-7d", "borrow-14d"), "BORROW-7D/1 and BORROW-14D/1 contradict each other"),
    ],
)
def test_terms_that_cannot_be_are_refused_and_change_nothing(
    ada: Home, codes: tuple[str, ...], said: str
) -> None:
    before = ada.dump()
    given = [part for code in codes for part in ("--terms", code)]
    ran = ada.run("offer", "add", "Drill", *given)
    assert ran.code == 1
    assert one_error(ran.err)
    assert said in ran.err
    assert ada.dump() == before


def test_a_neighbour_reads_the_sentences_in_their_language(ada: Home, ben: Home) -> None:
    listing = ada.json("offer", "add", "Drill", "--terms", "BORROW-7D", "--terms", "REFILL")
    meet(ada, ben)
    german = Home(ben.folder, in_process=True, LC_ALL="de_DE.UTF-8")
    shown = lines(german.run("listing", "show", listing["listing"]).out)
    first = next(line for line in shown if line.startswith("terms"))
    assert (
        first.removeprefix("terms").strip()
        == "Bring es innerhalb von 7 Tagen zurück. (BORROW-7D/1)"
    )
    assert shown[shown.index(first) + 1].strip() == (
        "Fülle oder lade vor der Rückgabe wieder auf, was du verbraucht hast. (REFILL/1)"
    )


def test_codes_that_nobody_here_knows_are_shown_harmlessly(ada: Home, ben: Home) -> None:
    listing = sign_listing(ada, title="Drill", terms=(EVIL, "BORROW-7D/99"))
    meet(ada, ben)
    assert ben.json("listing", "show", listing)["terms"] == [EVIL, "BORROW-7D/99"]
    shown = lines(ben.run("listing", "show", listing).out)
    assert [line for line in shown if line.endswith("known here. (A/1\\u{a}CLEAN\\u{202e})")]
    assert [line for line in shown if line.endswith("known here. (BORROW-7D/99)")]


def test_an_edit_keeps_codes_that_only_a_newer_program_knows(ada: Home) -> None:
    listing = sign_listing(ada, title="Drill", terms=("BORROW-7D/99",))
    ada.json("listing", "edit", listing, "--terms", "BORROW-7D/99", "--terms", "refill")
    assert ada.json("listing", "show", listing)["terms"] == ["BORROW-7D/99", "REFILL/1"]
    ada.json("listing", "edit", listing, "--title", "Hammer drill")
    assert ada.json("listing", "show", listing)["terms"] == ["BORROW-7D/99", "REFILL/1"]
