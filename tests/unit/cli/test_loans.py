"""loan, loans: every move by the table, and what a loan looks like."""

import re
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from integration.cli_kit import INSTANT, LOAN_KEYS, Home, is_id, meet, today

from p2pshare.cli.loans import loan_document
from p2pshare.domain.days import add_days, day_of
from p2pshare.domain.loan import LOAN
from p2pshare.node.config import local_zone


def test_the_whole_loan(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    first_day, last_day = today(), add_days(today(), 2)
    asked = ben.json(
        *("loan", "request", drill[:10], "--from", first_day, "--until", last_day),
        *("--note", "A shelf"),
    )
    assert set(asked) == {"loan", "state"}
    assert is_id(asked["loan"], 16)
    assert asked["state"] == "requested"
    loan = asked["loan"]
    steps = [
        (ada, "accept", "accepted"),
        (ada, "hand-over", "checked_out"),
        (ben, "receive", "checked_out"),
        (ben, "give-back", "returned"),
        (ada, "take-back", "closed"),
    ]
    for home, move, state in steps:
        meet(ada, ben)
        assert home.json("loan", move, loan[:9]) == {"loan": loan, "state": state}
        shown = home.json("listing", "show", drill)
        assert shown["available"] == (0 if move in ("accept", "hand-over") else shown["available"])
    meet(ada, ben)

    (view,) = ada.json("loans")
    assert ben.json("loans") == [view]
    assert list(view) == LOAN_KEYS
    ada_id = ada.json("status")["persons"][0]["person"]
    ben_id = ben.json("status")["persons"][0]["person"]
    assert (view["loan"], view["listing"], view["title"]) == (loan, drill, "Drill")
    assert (view["lender"], view["lender_name"]) == (ada_id, "Ada")
    assert (view["borrower"], view["borrower_name"]) == (ben_id, "Ben")
    assert (view["from"], view["until"], view["state"]) == (first_day, last_day, "closed")
    assert view["overdue"] is False
    due = datetime.fromisoformat(view["due_at"].replace("Z", "+00:00"))
    assert day_of(int(due.timestamp() * 1000), local_zone()) == last_day, "--until is inclusive"
    assert [(one["move"], one["person"]) for one in view["signed_by"]] == [
        ("request", ben_id),
        ("accept", ada_id),
        ("hand-over", ada_id),
        ("receive", ben_id),
        ("give-back", ben_id),
        ("take-back", ada_id),
    ]
    assert all(set(one) == {"move", "person", "at"} for one in view["signed_by"])
    assert all(INSTANT.fullmatch(one["at"]) for one in view["signed_by"])


def test_neighbours_see_that_it_is_out_and_not_who_has_it(
    ada: Home, ben: Home, tmp_path: Path
) -> None:
    carl = Home(tmp_path / "carl", in_process=True)
    carl.json("init", "--name", "Carl")
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    meet(ada, ben, carl)
    assert carl.json("loans") == []
    shown = carl.json("listing", "show", drill)
    assert shown["available"] == 0
    assert [set(one) for one in shown["busy"]] == [{"from", "until", "quantity", "out"}]


def test_what_is_lent_by_the_hour_says_so_wherever_it_is_told(ada: Home, ben: Home) -> None:
    hall = ada.json("offer", "add", "Hall", "--by-hour", "--part", "key")["listing"]
    meet(ada, ben)
    begins, ends = f"{today()}T23:00", f"{today()}T23:30"
    loan = ben.json("loan", "request", hall, "--from", begins, "--until", ends)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    meet(ada, ben)
    (view,) = ben.json("loans")
    assert (view["from"], view["until"]) == (begins, ends)
    shown = ben.json("listing", "show", hall)
    assert shown["busy"] == [{"from": begins, "until": ends, "quantity": 1, "out": False}]
    assert (shown["parts"], shown["policy"]) == (["key"], {"by_hour": True})
    words = f"{today()} 23:00 to {today()} 23:30"
    assert f"1 promised {words}" in ben.run("listing", "show", hall).out
    assert words in " ".join(ben.run("loans").out.split())


def test_a_double_promise_and_a_revocation_are_told_to_programs_too(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    ben.json("loan", "request", drill)
    with closing(ben.ledger()) as ledger:
        (view,) = ledger.queries.agreements(0)
    quiet = loan_document(view)
    assert list(quiet) == LOAN_KEYS
    assert loan_document(replace(view, conflict=True)) == {**quiet, "conflict": True}
    assert loan_document(replace(view, denied=("ab",))) == {**quiet, "denied": ["ab"]}


def test_an_instant_beyond_the_calendar_is_shown_as_its_end(ada: Home, ben: Home) -> None:
    # due_at is signed by the lender, who may sign any number; the borrower still reads the rest.
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill)["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    meet(ada, ben)
    with closing(ben.ledger()) as ledger:
        ledger.database.connection.execute("UPDATE agreements SET due_at_ms = 9007199254740992")
    assert ben.json("loans")[0]["due_at"] == "9999-12-31T23:59:59Z"
    assert ben.run("loans").code == 0


def test_people_get_tables_and_words(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Hammer drill")["listing"]
    meet(ada, ben)
    assert "Hammer drill" in ben.run("listings").out
    asked = ben.run("loan", "request", drill[:6], "--note", "A shelf")
    assert "requested" in asked.out
    meet(ada, ben)
    loans = ada.run("loans").out
    for word in ("Hammer drill", "Ada", "Ben", "requested", "A shelf"):
        assert word in loans
    assert "Ben" in ada.run("people").out
    assert "All is well" in ada.run("audit").out
    assert "nothing" in ben.run("listings", "--mine").out


def test_every_move_of_the_table_is_a_command(ada: Home) -> None:
    said = ada.run("loan", "--help").out
    for move in LOAN.moves:
        assert re.search(rf"^  {move} ", said, re.MULTILINE), move
        assert ada.run("loan", move, "--help").code == 0
