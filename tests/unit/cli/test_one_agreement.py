"""loan show, gift show, session show, repair show: one agreement whole."""

import pytest
from integration.cli_kit import LOAN_KEYS, Home, meet, one_error, sign_listing, today

from p2pshare.domain.days import add_days

WHOLE_KEYS = {
    *("circle", "quantity", "note", "from_minute", "until_minute", "asked_until", "minutes"),
    *("terms", "checklist", "photos", "missing", "deposit", "notice", "possible", "signed_by"),
}


@pytest.fixture
def asked(ada: Home, ben: Home) -> str:
    """Ben asks for a kit of Ada's that comes with terms."""
    kit = ada.json(
        *("offer", "add", "Kit", "--part", "drill", "--part", "bits"),
        *("--terms", "CLEAN-RETURN", "--terms", "BORROW-7D"),
    )["listing"]
    meet(ada, ben)
    loan: str = ben.json("loan", "request", kit, "--note", "A shelf")["loan"]
    meet(ada, ben)
    return loan


def test_what_was_asked_for_and_what_comes_next(ada: Home, ben: Home, asked: str) -> None:
    document = ada.json("loan", "show", asked[:9])
    assert set(document) == {*LOAN_KEYS, *WHOLE_KEYS}
    assert ben.json("loan", "show", asked) == document
    assert document["terms"] == ["CLEAN-RETURN/1", "BORROW-7D/1"]
    assert document["checklist"] == ["clean", "drill", "bits"]
    assert document["possible"] == {"borrower": ["cancel"], "lender": ["accept", "decline"]}
    assert (document["note"], document["missing"], document["photos"]) == ("A shelf", [], [])
    assert document["signed_by"][0]["note"] == "A shelf"
    shown = ada.run("loan", "show", asked).out
    for words in (
        *("Kit", "requested", "borrower", "Ben", "lender can", "accept, decline"),
        *("CLEAN-RETURN/1", "clean, drill, bits", "“A shelf”"),
    ):
        assert words in shown


def test_who_has_not_signed_is_named(ada: Home, ben: Home, asked: str) -> None:
    ada.json("loan", "accept", asked)
    ada.json("loan", "hand-over", asked, "--condition", "worn")
    meet(ada, ben)
    assert ada.json("loan", "show", asked)["missing"] == ["Ben has not signed receive"]
    assert "condition: worn" in ben.run("loan", "show", asked).out
    ben.json("loan", "receive", asked)
    longer = add_days(today(), 10)
    ben.json("loan", "renew", asked, "--until", longer)
    meet(ada, ben)
    document = ada.json("loan", "show", asked)
    assert document["missing"] == []
    assert document["asked_until"] == f"{longer}T24:00"
    assert "grant" in document["possible"]["lender"]
    assert f"until {longer}" in ada.run("loan", "show", asked).out
    ada.json("loan", "dispute", asked)
    assert ada.json("loan", "show", asked)["missing"] == ["Ben has not signed dispute"]


def test_who_needs_an_induction_is_named(ada: Home, ben: Home) -> None:
    laser = ada.json("offer", "add", "Laser")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", laser)["loan"]
    ada.json("listing", "edit", laser, "--induction")
    meet(ada, ben)
    expected = ["Ben needs an induction by Ada"]
    assert ada.json("loan", "show", loan)["missing"] == expected
    assert expected[0] in ada.run("loan", "show", loan).out
    ada.json("induction", "grant", "Ben", laser)
    meet(ada, ben)
    assert ben.json("loan", "show", loan)["missing"] == []


def test_gifts_sessions_and_repairs_are_shown_too(ada: Home, ben: Home) -> None:
    sofa = ada.json("offer", "add", "Sofa", "--transaction-type", "receive-donate")["listing"]
    lesson = ada.json("offer", "add", "Guitar", "--item-type", "service")["listing"]
    meet(ada, ben)
    gift = ben.json("gift", "request", sofa)["agreement"]
    session = ben.json("session", "request", lesson, "--at", f"{today()}T23:00")["agreement"]
    ticket = ada.json("repair", "open", sofa, "--note", "A leg")["ticket"]
    meet(ada, ben)
    assert ada.json("gift", "show", gift)["possible"]["giver"] == ["accept", "decline"]
    assert ben.json("session", "show", session)["from_minute"] == 23 * 60
    assert f"{today()} 23:00 to {today()} 24:00" in ben.run("session", "show", session).out
    repair = ada.json("repair", "show", ticket)
    assert repair["possible"] == {"keeper": ["await-parts", "repair", "resolve", "retire"]}
    assert ada.run("repair", "show", ticket).out.count("keeper can") == 1
    refused = ben.run("repair", "show", ticket)
    assert (refused.code, one_error(refused.err)) == (1, True)


def test_words_of_a_peer_are_made_harmless(ada: Home, ben: Home) -> None:
    evil = "Drill\x1b[2J\u202e [bold]x[/bold]"
    listing = sign_listing(ada, title=evil, parts=("a\nb",), terms=("x\x07y",))
    meet(ada, ben)
    loan = ben.json("loan", "request", listing)["loan"]
    shown = ben.run("loan", "show", loan).out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "[bold]x[/bold]" in shown
    assert ben.json("loan", "show", loan)["title"] == evil
