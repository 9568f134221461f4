"""repair, repairs: a ticket from opening to closing, and a fixer who is wanted meanwhile."""

from contextlib import closing

from integration.cli_kit import Home, is_id, meet, one_error, today

TICKET_KEYS = ["ticket", "listing", "title", "quantity", "state", "since", "note"]


def test_a_ticket_from_opening_to_closing(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    opened = ada.json("repair", "open", drill[:8], "--note", "It sparks", "--fixer")
    ticket = opened["ticket"]
    assert is_id(ticket, 16)
    assert opened == {"ticket": ticket, "state": "assess"}
    meet(ada, ben)
    assert ben.json("listing", "show", drill)["available"] == 0
    assert ben.json("repairs") == []
    wants = [one for one in ben.json("listings") if one["exchange_type"] == "want"]
    assert [one["title"] for one in wants] == ["Fixer wanted: Drill"]
    for state in ("parts", "repairing", "assess"):
        moved = ada.json("repair", "move", ticket[:9], state, "--note", f"now {state}")
        assert moved == {"ticket": ticket, "state": state}
    (view,) = ada.json("repairs")
    assert list(view) == TICKET_KEYS
    assert (view["note"], view["since"], view["state"]) == ("It sparks", today(), "assess")
    assert ada.json("repair", "close", ticket) == {"ticket": ticket, "state": "resolved"}
    meet(ada, ben)
    assert ben.json("listing", "show", drill)["available"] == 1
    assert [one for one in ben.json("listings") if one["exchange_type"] == "want"] == []


def test_what_is_retired_is_offered_no_more(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    ticket = ada.json("repair", "open", drill)["ticket"]
    assert ada.json("repair", "close", ticket, "--retired")["state"] == "retired"
    meet(ada, ben)
    assert ben.json("listings") == []


def test_tickets_are_those_of_a_circle_if_one_is_named(ada: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    ada.json("repair", "open", drill)
    with closing(ada.ledger()) as ledger:
        ledger.add_closed_circle("Street", bytes(range(32)))
    assert ada.json("--circle", "Street", "repairs") == []
    assert len(ada.json("--circle", "Everyone nearby", "repairs")) == 1


def test_people_get_words(ada: Home) -> None:
    assert "nothing is broken" in ada.run("repairs").out
    drill = ada.json("offer", "add", "Drill")["listing"]
    assert "in repair: assess" in ada.run("repair", "open", drill, "--note", "It sparks").out
    said = ada.run("repairs").out
    assert "Drill" in said
    assert "It sparks" in said


def test_what_is_refused(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    ticket = ada.json("repair", "open", drill)["ticket"]
    meet(ada, ben)
    for home, command in (
        (ben, ("open", drill)),
        (ben, ("move", ticket, "parts")),
        (ada, ("open", drill, "--quantity", "2")),
        (ada, ("move", ticket, "assess")),
        (ada, ("close", "0" * 32)),
    ):
        before = home.dump()
        refused = home.run("--json", "repair", *command)
        assert (refused.code, refused.out, one_error(refused.err)) == (1, "", True)
        assert home.dump() == before
    ada.json("repair", "close", ticket)
    assert ada.run("repair", "close", ticket).code == 1
    for usage in ((), ("open",), ("move", ticket), ("move", ticket, "resolved"), ("shout", ticket)):
        assert ada.run("repair", *usage).code == 2


def test_there_is_no_receipt_of_what_is_one_s_own(ada: Home, tmp_path) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    ticket = ada.json("repair", "open", drill)["ticket"]
    file = tmp_path / "r.p2preceipt"
    refused = ada.run("receipt", ticket, "-o", str(file))
    assert (refused.code, one_error(refused.err)) == (1, True)
    assert "a receipt takes two people" in refused.err
    assert not file.exists()
