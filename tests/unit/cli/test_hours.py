"""hours: paying, splitting, confirming, correcting, limits."""

import pytest
from integration.cli_kit import Home, is_id, meet, one_error


def test_a_payment(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    paid = ada.json("hours", "pay", "ben", "1:30")
    assert set(paid) == {"payment"}
    assert is_id(paid["payment"], 16)
    given = ada.run("hours", "pay", "Ben", "30m", "--gift")
    assert given.out.startswith("You gave Ben 30 min.")
    assert ada.json("balance")["minutes"] == -120


def test_a_payment_is_split_evenly_or_in_parts(ada: Home, ben: Home) -> None:
    for name in ("Cleo", "Dan"):
        ben.json("person", "add", name)
    meet(ada, ben)
    paid = ada.json("hours", "split", "100m", "Ben", "Cleo", "Dan")
    assert set(paid) == {"payment"}
    assert [line["minutes"] for line in ada.json("statement")] == [34, 33, 33]
    shown = ada.run("hours", "split", "Ben=1", "Cleo=0:30", "--gift")
    assert shown.code == 0
    assert "You paid Cleo 30 min.\nTogether 1 h 30 min." in shown.out
    assert ada.json("balance", "Ben")["minutes"] == 34 + 60


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("1",), 2, "name the people who are paid"),
        (("Ben=1", "Cleo"), 2, "write Cleo=HOURS"),
        (("1", "Ben", "Ben"), 1, "named twice"),
        (("1", "Ada"), 1, "leave yourself out"),
        (("Ben=x",), 1, "write hours as"),
        (("1m", "Ben", "Cleo"), 1, "less than a minute"),
        (("Nobody=1",), 1, "nobody called Nobody"),
    ],
)
def test_a_split_that_cannot_be(
    ada: Home, ben: Home, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ben.json("person", "add", "Cleo")
    meet(ada, ben)
    refused = ada.run("hours", "split", *arguments)
    assert (refused.code, refused.out) == (code, "")
    assert words in refused.err
    assert ada.json("statement") == []


def test_who_received_confirms(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    payment = ada.json("hours", "pay", "Ben", "1")["payment"]
    meet(ada, ben)
    assert "not confirmed yet" in ben.run("statement").out
    confirmed = ben.json("hours", "confirm", payment[:8])
    assert confirmed == {"payment": payment, "confirmed": True}
    meet(ada, ben)
    assert [line["confirmed"] for line in ada.json("statement")] == [True]
    again = ben.run("hours", "confirm", payment)
    assert (again.code, one_error(again.err)) == (1, True)
    other = ada.json("hours", "pay", "Ben", "2")["payment"]
    meet(ada, ben)
    assert ben.run("hours", "confirm", other).out.startswith("You confirmed 2 h from Ada.")
    assert one_error(ada.run("hours", "confirm", "beef").err)


def test_a_correction_says_what_it_should_have_been(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    payment = ada.json("hours", "pay", "Ben", "2")["payment"]
    meet(ada, ben)
    refused = ada.run("hours", "correct", payment, "1.5")
    assert refused.code == 1
    assert "only who received it can pay some back; ask them" in refused.err
    back = ben.json("hours", "correct", payment, "1.5")
    assert (back["corrects"], back["minutes"]) == (payment, 30)
    meet(ada, ben)
    assert ada.json("balance")["minutes"] == -90
    shown = ada.run("hours", "correct", payment, "1:40")
    assert shown.out.startswith("You paid 10 min; together it comes to 1 h 40 min now.")
    meet(ada, ben)
    shown = ben.run("hours", "correct", payment, "0")
    assert shown.out.startswith("You paid 1 h 40 min; together it comes to 0 min now.")
    assert ben.json("balance")["minutes"] == 0
    assert one_error(ben.run("hours", "correct", payment, "0").err)


def test_a_part_of_a_split_is_corrected(ada: Home, ben: Home) -> None:
    ben.json("person", "add", "Cleo")
    meet(ada, ben)
    payment = ada.json("hours", "split", "Ben=1", "Cleo=2")["payment"]
    assert "say whose part" in ada.run("hours", "correct", payment, "3").err
    assert ada.json("hours", "correct", payment, "3", "--for", "Cleo")["minutes"] == 60
    assert ada.json("balance", "Cleo")["minutes"] == 180


def test_limits_are_told_and_kept(ada: Home, ben: Home) -> None:
    meet(ada, ben)
    assert ada.json("hours", "limits") == {"soft": 600, "hard": 1200}
    shown = ada.run("hours", "pay", "Ben", "10")
    assert "You are 10 h below zero now, at the soft limit or past it" in shown.out
    paid = ada.json("hours", "pay", "Ben", "10")
    assert set(paid) == {"payment", "flag", "balance"}
    assert (paid["flag"], paid["balance"]) == ("hard", -1200)
    refused = ada.run("hours", "pay", "Ben", "1m")
    assert refused.code == 1
    assert one_error(refused.err)
    assert "20 h 1 min below zero, and the limit here is 20 h; first give" in refused.err
    assert ada.json("hours", "limits", "--hard", "none") == {"soft": 600, "hard": None}
    ada.json("hours", "pay", "Ben", "30")
    assert "none" in ada.run("hours", "limits").out
    assert ada.json("hours", "limits", "--soft", "0", "--hard", "5") == {"soft": 0, "hard": 300}
    refused = ada.run("hours", "limits", "--soft", "6")
    assert (refused.code, one_error(refused.err)) == (1, True)
    assert "5 h below zero; nobody here can pay past it" in ada.run("hours", "limits").out
