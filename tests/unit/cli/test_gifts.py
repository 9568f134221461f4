"""gift, gifts, session, sessions: from asking to having, from agreeing to having done it."""

import pytest
from integration.cli_kit import INSTANT, Home, is_id, meet, one_error, today

AGREEMENT_KEYS = [
    *("agreement", "kind", "listing", "title", "owner", "owner_name", "asker", "asker_name"),
    *("state", "quantity", "day", "minutes", "signed_by"),
]
GIVE_AWAY = ("--transaction-type", "receive-donate")
FOR_HOURS = ("--item-type", "service", "--transaction-type", "hours")


def test_the_whole_gift(ada: Home, ben: Home) -> None:
    sofa = ada.json("offer", "add", "Sofa", *GIVE_AWAY)["listing"]
    meet(ada, ben)
    asked = ben.json("gift", "request", sofa[:8], "--note", "For us?")
    gift = asked["agreement"]
    assert is_id(gift, 16)
    assert asked == {"agreement": gift, "kind": "gift", "state": "requested"}
    for home, move, state in (
        (ada, "accept", "accepted"),
        (ada, "hand-over", "given"),
        (ben, "receive", "given"),
    ):
        meet(ada, ben)
        made = home.json("gift", move, gift[:9])
        assert made == {"agreement": gift, "kind": "gift", "state": state}
    meet(ada, ben)
    (view,) = ada.json("gifts")
    assert ben.json("gifts") == [view]
    assert list(view) == AGREEMENT_KEYS
    assert (view["owner_name"], view["asker_name"], view["day"]) == ("Ada", "Ben", today())
    assert [one["move"] for one in view["signed_by"]] == [
        "request",
        "accept",
        "hand-over",
        "receive",
    ]
    assert all(INSTANT.fullmatch(one["at"]) for one in view["signed_by"])
    assert ada.json("listing", "show", sofa)["available"] == 0
    assert ada.json("loans") == ada.json("sessions") == []
    for word in ("Sofa", "giver", "given", "“For us?”"):
        assert word in ben.run("gifts").out


@pytest.mark.parametrize("kind", ["offer", "want"])
def test_the_whole_session(ada: Home, ben: Home, kind: str) -> None:
    lesson = ada.json(kind, "add", "Guitar", *FOR_HOURS)["listing"]
    meet(ada, ben)
    asked = ben.json("session", "request", lesson, "--at", f"{today()}T23:00", "--minutes", "60")
    session = asked["agreement"]
    assert asked == {"agreement": session, "kind": "session", "state": "requested"}
    meet(ada, ben)
    ada.json("session", "accept", session)
    meet(ada, ben)
    done = ben.json("session", "done", session, "--minutes", "75")
    assert done == {"agreement": session, "kind": "session", "state": "done"}
    meet(ada, ben)
    ada.json("session", "done", session, "--minutes", "75")
    (view,) = ada.json("sessions")
    assert list(view) == AGREEMENT_KEYS
    assert (view["minutes"], view["state"]) == (75, "done")
    assert [one.get("details") for one in view["signed_by"]] == [
        {"minutes": 60},
        None,
        {"minutes": 75},
        {"minutes": 75},
    ]
    assert "for 1 h 15 min" in ada.run("sessions").out


def test_a_session_is_disputed_and_settled(ada: Home, ben: Home) -> None:
    lesson = ada.json("offer", "add", "Guitar", *FOR_HOURS)["listing"]
    meet(ada, ben)
    session = ben.json("session", "request", lesson)["agreement"]
    meet(ada, ben)
    ada.json("session", "accept", session)
    ada.json("session", "done", session, "--minutes", "90")
    meet(ada, ben)
    assert ben.json("session", "dispute", session, "--note", "An hour")["state"] == "disputed"
    assert ben.json("session", "settle", session, "--note", "An hour")["state"] == "disputed"
    meet(ada, ben)
    assert ada.json("session", "settle", session)["state"] == "settled"


def test_what_is_refused(ada: Home, ben: Home) -> None:
    sofa = ada.json("offer", "add", "Sofa", *GIVE_AWAY)["listing"]
    lesson = ada.json("offer", "add", "Guitar", *FOR_HOURS)["listing"]
    meet(ada, ben)
    for home, command, words in (
        (ada, ("gift", "request", sofa), "your own listing"),
        (ben, ("gift", "request", lesson), "not given away"),
        (ben, ("gift", "request", sofa, "--quantity", "2"), "only 1 of that"),
        (ben, ("gift", "request", "ffffffff"), "there is no listing"),
        (ben, ("session", "request", sofa), "a thing, not a skill"),
        (ben, ("session", "request", lesson, "--at", "2020-01-01"), "that day is past"),
        (ben, ("session", "request", lesson, "--minutes", "0"), "one minute"),
        (ben, ("gift", "accept", "0" * 32), "there is no agreement"),
        (ben, ("gift", "accept", "xyz"), "is not the beginning of an id"),
    ):
        refused = home.run("--json", *command)
        assert (refused.code, refused.out, one_error(refused.err)) == (1, "", True)
        assert words in refused.err
    for command in (("gift",), ("gift", "request"), ("session", "done"), ("gift", "swap", "00")):
        assert ben.run(*command).code == 2
    assert "no gifts yet" in ben.run("gifts").out
    assert "no sessions yet" in ben.run("sessions").out
