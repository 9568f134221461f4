"""audit, rebuild, forget."""

import json
from contextlib import closing

from integration.cli_kit import Home, meet, one_error, sign_listing

from p2pshare.node.lock import NodeLock


def test_forget_reaches_the_other_and_the_disk(ada: Home, ben: Home) -> None:
    listing = ada.json("offer", "add", "Embarrassing thing")["listing"]
    meet(ada, ben)
    assert len(ben.json("listings")) == 1
    assert ada.json("forget", listing[:8]) == {"erased": 1}
    meet(ada, ben)
    assert ben.json("listings") == []
    for home in (ada, ben):
        held = b"".join(path.read_bytes() for path in home.folder.glob("ledger.db*"))
        assert b"Embarrassing" not in held
        assert home.json("audit")["ok"] is True
    assert ada.run("forget", listing).code == 1


def test_audit_and_rebuild(ada: Home) -> None:
    ada.json("offer", "add", "Drill")
    expected = {"entries": 3, "signatures": 3, "chains": 1, "bodies": 3, "ok": True, "faults": []}
    for command in ("audit", "rebuild"):
        report = ada.json(command)
        assert report.pop("tables") > 0
        assert report == expected
    with closing(ada.ledger()) as ledger:
        ledger.database.connection.execute("UPDATE listings SET title = 'Anvil'")
    ran = ada.run("--json", "audit")
    assert (ran.code, ran.err) == (1, "")
    report = json.loads(ran.out)
    assert report["ok"] is False
    assert [set(one) for one in report["faults"]] == [{"what", "where", "text"}]
    assert ada.run("audit").code == 1
    assert ada.json("rebuild")["ok"] is True
    assert ada.json("listings")[0]["title"] == "Drill"


def test_rebuild_saves_what_it_can_of_a_damaged_file(ada: Home) -> None:
    for number in range(40):
        with closing(ada.ledger()):
            sign_listing(ada, title=f"Thing {number}")
    path = ada.folder / "ledger.db"
    data = bytearray(path.read_bytes())
    with closing(ada.ledger()) as ledger:
        (page,) = ledger.database.connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'listings'"
        ).fetchone()
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)
    for leftover in ada.folder.glob("ledger.db-*"):
        leftover.unlink()

    refused = ada.run("listings")
    assert refused.code == 1
    assert one_error(refused.err)
    assert "rebuild" in refused.err
    assert ada.run("audit").code == 1
    said = ada.run("rebuild")
    assert said.code == 0, said.err
    assert "could be saved" in said.out
    assert len(ada.json("listings")) == 40


def test_both_must_forget_a_loan(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill, "--note", "Embarrassing reason")["loan"]
    meet(ada, ben)
    assert ben.json("forget", loan[:8]) == {"erased": 1}
    meet(ada, ben)
    assert len(ada.json("loans")) == 1, "it takes both"
    assert ada.json("forget", loan[:8]) == {"erased": 0}, "a party without entries consents"
    meet(ada, ben)
    assert ada.json("loans") == ben.json("loans") == []
    assert ada.json("audit")["ok"] is ben.json("audit")["ok"] is True


def test_one_can_forget_what_one_is_called(ada: Home) -> None:
    person = ada.json("status")["persons"][0]["person"]
    assert ada.json("forget", person[:10]) == {"erased": 1}


def test_rebuild_beside_a_live_node_is_in_place(ada: Home) -> None:
    ada.json("offer", "add", "Drill")
    lock = NodeLock(ada.folder)
    try:
        assert ada.json("rebuild")["ok"] is True
    finally:
        lock.release()
