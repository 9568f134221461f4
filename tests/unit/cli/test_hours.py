"""hours, balance."""

from integration.cli_kit import Home, is_id, meet

from p2pshare.log.certificate import OPEN_CIRCLE


def test_hours(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    paid = ada.json("hours", "pay", "ben", "1:30")
    assert set(paid) == {"payment"}
    assert is_id(paid["payment"], 16)
    meet(ada, ben)
    ben_id = ben.json("status")["persons"][0]["person"]
    for home in (ada, ben):
        balance = home.json("balance", ben_id[:12])
        assert balance == {"circle": OPEN_CIRCLE.hex(), "person": ben_id, "minutes": 90}
    assert ada.json("balance")["minutes"] == -90
    assert "1 h 30 min" in ben.run("balance").out
