"""balance, statement: what somebody has, how it came, and who is at a limit."""

from contextlib import closing

from integration.cli_kit import INSTANT, Home, is_id, meet, today

from p2pshare.domain.days import add_days
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import Ledger
from p2pshare.store import local

STATEMENT_KEYS = ["payment", "from", "to", "minutes", "at", "corrects"]
"""Those every program may count on; what comes on top is named in ``cli.accounts``."""


def second_computer(of: Home, home: Home, name: str) -> None:
    """Let ``home`` be another computer of the person of ``of``."""
    with closing(of.ledger()) as theirs, closing(Ledger(home.folder)) as here:
        person = theirs.acting_person(None)
        here.keys.add_person(
            None, key=theirs.keys.person_key(person), reading=theirs.keys.reading_key(person)
        )
        with here.database.transaction(durable=True) as connection:
            local.add_own_person(connection, person, name, here.clock.time_ms())


def test_a_balance(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    ada.json("hours", "pay", "ben", "1:30")
    meet(ada, ben)
    ben_id = ben.json("status")["persons"][0]["person"]
    for home in (ada, ben):
        balance = home.json("balance", ben_id[:12])
        assert balance == {"circle": OPEN_CIRCLE.hex(), "person": ben_id, "minutes": 90}
    assert ada.json("balance")["minutes"] == -90
    assert "1 h 30 min" in ben.run("balance").out


def test_everybodys_balance(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    ada.json("hours", "pay", "Ben", "10")
    listed = ada.json("balance", "--all")
    assert [(one["name"], one["minutes"], one["flag"]) for one in listed] == [
        ("Ada", -600, "soft"),
        ("Ben", 600, None),
    ]
    assert all(set(one) == {"person", "name", "minutes", "flag"} for one in listed)
    assert all(is_id(one["person"], 32) for one in listed)
    shown = ada.run("balance", "--all").out
    assert "-10 h" in shown
    assert "at the soft limit or past it" in shown
    assert "at the soft limit or past it" in ada.run("balance").out
    assert ada.json("balance")["flag"] == "soft"
    assert ada.run("balance", "Ben", "--all").code == 2


def test_a_statement(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    assert ada.json("statement") == []
    assert ada.run("statement").out == "no payments in that time\n"
    payment = ada.json("hours", "pay", "Ben", "2")["payment"]
    meet(ada, ben)
    back = ben.json("hours", "correct", payment, "1")["payment"]
    meet(ada, ben)
    first, second = lines = ada.json("statement")
    assert [key for key in first if key in STATEMENT_KEYS] == STATEMENT_KEYS
    assert (first["payment"], second["payment"]) == (payment, back)
    assert (first["corrects"], second["corrects"]) == (None, payment)
    assert (first["from"], first["to"]) == (second["to"], second["from"])
    assert (first["from_name"], first["to_name"], first["minutes"]) == ("Ada", "Ben", 120)
    assert [line["balance"] for line in lines] == [-120, -60]
    assert all(INSTANT.fullmatch(line["at"]) for line in lines)
    assert [line["balance"] for line in ada.json("statement", "Ben")] == [120, 60]
    shown = ada.run("statement").out
    assert f"corrects {payment[:8]}" in shown
    assert "-1 h" in shown


def test_a_statement_of_days(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    ada.json("hours", "pay", "Ben", "2")
    day = today()
    before, after = add_days(day, -1), add_days(day, 1)
    assert len(ada.json("statement", "--from", day, "--until", day)) == 1, "both are inclusive"
    assert len(ada.json("statement", "--from", before)) == 1
    assert ada.json("statement", "--until", before) == []
    assert ada.json("statement", "--from", after) == []
    refused = ada.run("statement", "--from", "yesterday")
    assert (refused.code, refused.err) == (1, "error: --from must be a date like 2026-11-23\n")


def test_hours_spent_on_two_computers_are_shown_to_those_concerned(ada: Home, ben: Home) -> None:
    phone = Home(ada.folder.with_name("phone"), in_process=True)
    second_computer(ada, phone, "Ada")
    meet(ada, ben, phone)
    payments = {home.json("hours", "pay", "Ben", "18")["payment"] for home in (ada, phone)}
    assert ada.json("balance")["flag"] == "soft"
    meet(ada, ben, phone)
    for home in (ada, ben):
        (found,) = home.json("balance")["overspent"]
        assert (found["name"], found["minutes"], found["limit"]) == ("Ada", 960, 1200)
        assert {one["payment"] for one in found["payments"]} == payments
        assert {line["payment"] for line in home.json("statement") if line["overspent"]} == payments
        for command in ("balance", "statement"):
            assert "16 h past the limit of 20 h" in home.run(command).out
    assert ada.json("balance")["flag"] == "overspent"
    assert "overspent" not in ben.json("person", "add", "Cleo")
    assert ben.json("balance", "--all")[0]["flag"] == "overspent"
    assert "overspent" not in ben.json("balance", "Cleo")
