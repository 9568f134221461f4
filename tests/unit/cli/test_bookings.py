"""bookings: what owner, borrower and stranger are told of the same drill."""

from pathlib import Path

import pytest
from integration.cli_kit import Home, meet, one_error, today

from p2pshare.domain.days import add_days

KEYS = ["from", "until", "state", "loan", "quantity", "late"]


@pytest.fixture
def cleo(tmp_path: Path) -> Home:
    home = Home(tmp_path / "cleo", in_process=True)
    home.json("init", "--name", "Cleo")
    return home


def day(count: int) -> str:
    return add_days(today(), count)


def lent(ada: Home, ben: Home, cleo: Home, *options: str) -> tuple[str, str, str]:
    """Ada's drill, promised to Ben; Cleo asks for later days. (listing, Ben's loan, Cleo's)"""
    meet(ada, ben, cleo)
    drill = ada.json("offer", "add", "Drill", *options)["listing"]
    meet(ada, ben, cleo)
    bens = ben.json("loan", "request", drill, "--from", day(2), "--until", day(4))["loan"]
    cleos = cleo.json("loan", "request", drill, "--from", day(7), "--until", day(8))["loan"]
    meet(ada, ben, cleo)
    ada.json("loan", "accept", bens)
    meet(ada, ben, cleo)
    return drill, bens, cleos


def test_each_sees_what_is_theirs_to_see(ada: Home, ben: Home, cleo: Home) -> None:
    drill, bens, cleos = lent(ada, ben, cleo)
    owners = ada.json("bookings", drill)
    assert list(owners) == ["bookings", "conflicts"]
    promised, asked = owners["bookings"]
    assert list(promised) == KEYS
    assert promised == {
        **{"from": day(2), "until": day(4), "state": "promised", "loan": bens},
        **{"quantity": 1, "late": False},
    }
    assert (asked["from"], asked["state"], asked["loan"]) == (day(7), "asked", cleos)
    assert ben.json("bookings", drill)["bookings"] == [promised]
    seen = cleo.json("bookings", drill)["bookings"]
    assert [(one["state"], one["loan"]) for one in seen] == [("promised", None), ("asked", cleos)]
    assert owners["conflicts"] == []


def test_people_read_a_calendar(ada: Home, ben: Home, cleo: Home) -> None:
    drill, bens, _ = lent(ada, ben, cleo)
    lines = ada.run("bookings", drill).out.splitlines()
    assert lines[0] == "Drill"
    rows = [line for line in lines if today()[:3] in line]
    assert [name for row in rows for name in ("free", "promised", "asked for") if name in row] == [
        *("free", "promised", "free", "asked for")
    ]
    assert "Ben" in rows[1]
    assert bens[:8] in rows[1]
    stranger = cleo.run("bookings", drill).out
    assert "Ben" not in stranger
    assert "Cleo" in stranger


def test_a_window_of_days(ada: Home, ben: Home, cleo: Home) -> None:
    drill, _, cleos = lent(ada, ben, cleo)
    later = ada.json("bookings", drill, "--from", day(5), "--until", day(7))["bookings"]
    assert [one["loan"] for one in later] == [cleos]
    assert ada.json("bookings", drill, "--from", day(5), "--until", day(6))["bookings"] == []
    for wrong in (("--from", day(5), "--until", day(4)), ("--from", "soon"), ("--until", "1.1.")):
        ran = ada.run("bookings", drill, *wrong)
        assert ran.code == 1
        assert one_error(ran.err)
    assert one_error(ada.run("bookings", "ffff").err)


def test_by_the_hour_moments_are_given_and_a_rest_between_two(
    ada: Home, ben: Home, cleo: Home
) -> None:
    meet(ada, ben, cleo)
    hall = ada.json("offer", "add", "Hall", "--by-hour", "--buffer", "30m")["listing"]
    meet(ada, ben, cleo)
    from_, until = f"{day(1)}T09:00", f"{day(1)}T12:00"
    loan = ben.json("loan", "request", hall, "--from", from_, "--until", until)["loan"]
    meet(ada, ben, cleo)
    ada.json("loan", "accept", loan)
    meet(ada, ben, cleo)
    for home, its in ((ada, loan), (cleo, None)):
        promised, buffer = home.json("bookings", hall)["bookings"]
        assert (promised["from"], promised["until"], promised["loan"]) == (from_, until, its)
        assert (buffer["from"], buffer["until"]) == (until, f"{day(1)}T12:30")
        assert (buffer["state"], buffer["loan"]) == ("buffer", its)


def test_a_double_promise_is_told_to_everybody_with_how_it_is_settled(
    ada: Home, ben: Home, cleo: Home
) -> None:
    """A repair takes away what is promised already."""
    drill, bens, _ = lent(ada, ben, cleo)
    ada.json("repair", "open", drill)
    meet(ada, ben, cleo)
    for home, known in ((ada, 2), (ben, 1), (cleo, 0)):
        (conflict,) = home.json("bookings", drill)["conflicts"]
        assert (conflict["from"], conflict["until"]) == (day(2), day(4))
        assert len(conflict["loans"]) == known
        assert "cancels one of them" in conflict["advice"]
    assert bens in ben.json("bookings", drill)["conflicts"][0]["loans"]
    assert "Promised twice" in ben.run("bookings", drill).out
