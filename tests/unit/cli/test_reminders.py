"""reminders: what programs and people get, at any time; quiet hours."""

import json
from contextlib import closing
from pathlib import Path

from integration.cli_kit import INSTANT, Home, is_id, meet, one_error, today

from p2pshare.domain.days import add_days

KEYS = ["reason", "about", "due", "text"]


def lent(ada: Home, ben: Home) -> str:
    """Ada's drill is with Ben from today until the day after tomorrow; the loan."""
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill, "--until", add_days(today(), 2))["loan"]
    meet(ada, ben)
    ada.json("loan", "accept", loan)
    ada.json("loan", "hand-over", loan)
    meet(ada, ben)
    return str(loan)


def reasons(home: Home, day: str, *options: str) -> list[str]:
    return [one["reason"] for one in home.json(*options, "reminders", "--at", f"{day}T12:00")]


def test_a_loan_day_by_day(ada: Home, ben: Home) -> None:
    loan = lent(ada, ben)
    days = [add_days(today(), count) for count in range(6)]
    assert [reasons(ben, day) for day in days[1:4]] == [["before-due"], ["due"], ["overdue"]]
    assert [reasons(ada, day) for day in days[1:4]] == [[], [], ["overdue"]]
    (told,) = ben.json("reminders", "--at", days[2])
    assert list(told) == KEYS
    assert told["about"] == loan
    assert is_id(told["about"], 16)
    assert INSTANT.fullmatch(told["due"])
    assert told["text"] == "“Drill” goes back to Ada today."
    ben.json("loan", "give-back", loan)
    assert reasons(ben, days[3]) == []


def test_asking_to_keep_it_longer_moves_what_is_due(ada: Home, ben: Home) -> None:
    loan = lent(ada, ben)
    later = add_days(today(), 4)
    ben.json("loan", "renew", loan, "--until", later)
    meet(ada, ben)
    tomorrow = add_days(today(), 1)
    (asked,) = ada.json("reminders", "--at", tomorrow)
    assert (asked["reason"], asked["about"]) == ("renewal", loan)
    assert asked["text"].startswith("Ben would like to keep “Drill” until ")
    ada.json("loan", "grant", loan)
    meet(ada, ben)
    assert ada.json("reminders", "--at", tomorrow) == []
    assert reasons(ben, tomorrow) == []
    assert reasons(ben, later) == ["due"]


def test_a_session_reminds_both(ada: Home, ben: Home, tmp_path: Path) -> None:
    guitar = ada.json("offer", "add", "Guitar lesson", "--item-type", "service")["listing"]
    meet(ada, ben)
    day = add_days(today(), 3)
    asked = ben.json("session", "request", guitar, "--at", f"{day}T17:00", "--minutes", "60")
    session = asked["agreement"]
    meet(ada, ben)
    ada.json("session", "accept", session)
    meet(ada, ben)
    for home, other in ((ada, "Ben"), (ben, "Ada")):
        assert home.json("reminders", "--at", f"{day}T12:00") == []
        (before,) = home.json("reminders", "--at", add_days(day, -1))
        assert before["text"].startswith(f"“Guitar lesson” with {other} is tomorrow, ")
        (soon,) = home.json("reminders", "--at", f"{day}T16:30")
        assert soon["text"] == f"“Guitar lesson” with {other} begins at 17:00, within the hour."
        assert (soon["reason"], soon["about"]) == ("session", session)
        file = tmp_path / f"{other}.ics"
        assert home.json("export", str(file)) == {"exported": 1}
        assert b"TRIGGER:-PT1H\r\n" in file.read_bytes()


def test_people_read_a_sentence(ada: Home, ben: Home) -> None:
    loan = lent(ada, ben)
    ran = ben.run("reminders", "--at", add_days(today(), 2))
    assert ran.code == 0
    assert "“Drill” goes back to Ada today." in ran.out
    assert loan[:8] in ran.out
    assert ben.run("reminders", "--at", "2020-01-01T12:00").out == "nothing to think of\n"
    at_night = ben.run("reminders", "--at", "2020-01-01T23:00").out
    assert at_night == "nothing to think of before 08:00: it is quiet\n"


def test_who_shares_a_computer_is_named(ada: Home, ben: Home) -> None:
    lent(ada, ben)
    ben.json("person", "add", "Carl")
    day = add_days(today(), 2)
    line = next(line for line in ben.run("reminders", "--at", day).out.splitlines() if "“" in line)
    assert "Ben" in line
    assert reasons(ben, day, "--as", "Ben") == ["due"]
    assert reasons(ben, day, "--as", "Carl") == []


def test_now_is_when_nothing_else_is_said(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    assert ada.json("reminders", "--quiet", "off") == {"quiet": "off"}
    meet(ada, ben)
    ben.json("loan", "request", drill)
    meet(ada, ben)
    (told,) = ada.json("reminders")
    assert told["reason"] == "request"
    assert told["text"].startswith("Ben asks you for “Drill”, ")


def test_quiet_hours_are_a_setting_of_the_folder(ada: Home, ben: Home) -> None:
    lent(ada, ben)
    day = add_days(today(), 2)
    assert ben.json("reminders", "--at", f"{day}T07:00") == []
    assert ben.json("reminders", "--quiet", "22:00-06:30") == {"quiet": "22:00-06:30"}
    (told,) = ben.json("reminders", "--at", f"{day}T07:00")
    assert told["reason"] == "due"
    assert ben.run("reminders", "--quiet", "23:00-07:00").out == "Quiet hours: 23:00-07:00\n"
    said = ben.run("reminders", "--quiet", "off").out
    assert said == "Reminders come at any time of day.\n"
    assert len(ben.json("reminders", "--at", f"{day}T00:00")) == 1


def test_what_cannot_be_meant_is_refused(ada: Home, tmp_path: Path) -> None:
    for wrong in (("--at", "soon"), ("--quiet", "at night")):
        ran = ada.run("reminders", *wrong)
        assert (ran.code, ran.out) == (1, "")
        assert one_error(ran.err)
    both = ada.run("reminders", "--quiet", "off", "--at", today())
    assert both.code == 2
    nowhere = Home(tmp_path / "nowhere", in_process=True).run("reminders")
    assert nowhere.code == 1
    assert one_error(nowhere.err)


def test_what_a_peer_wrote_is_harmless(ada: Home, ben: Home) -> None:
    drill = ada.json("offer", "add", "Drill")["listing"]
    meet(ada, ben)
    loan = ben.json("loan", "request", drill)["loan"]
    meet(ada, ben)
    with closing(ada.ledger()) as ledger:
        ledger.database.connection.execute("UPDATE agreements SET title = 'a\x1b[2Jb'")
    ada.json("reminders", "--quiet", "off")
    ran = ada.run("reminders")
    assert "a\\u{1b}[2Jb" in ran.out
    assert "\x1b" not in ran.out
    (told,) = json.loads(ada.run("--json", "reminders").out)
    assert told["about"] == loan


def test_the_calendar_is_an_export(ada: Home, ben: Home, tmp_path: Path) -> None:
    loan = lent(ada, ben)
    file = tmp_path / "mine.ics"
    assert ben.json("export", str(file)) == {"exported": 1}
    first = file.read_bytes()
    assert f"UID:{loan}@p2pshare\r\n".encode() in first
    ran = ben.run("export", str(file), "--format", "ics")
    assert "1 event" in ran.out
    assert file.read_bytes() == first
