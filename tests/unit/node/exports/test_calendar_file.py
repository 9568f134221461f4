"""node.exports.calendar_file: what calendars read, and what they make of it the second time."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar, Event
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.commands import AddListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.exports.calendar_file import write_calendar
from p2pshare.node.exports.request import ExportRequest


class Street:
    """Ada lends to Ben."""

    def __init__(self, folder: Path) -> None:
        self.a, self.b = Computer(folder / "a"), Computer(folder / "b")
        self.ada, self.ben = self.a.add("Ada"), self.b.add("Ben")

    def lend(self, title: str = "Drill", **days: str) -> bytes:
        drill = self.a.offer(self.ada, title)
        meet(self.a, self.b)
        loan = self.b.ask(self.ben, drill, **days)
        meet(self.a, self.b)
        return loan

    def move(self, loan: bytes, *moves: str) -> None:
        for move in moves:
            for computer in (self.a, self.b):
                computer.clock.advance(60)
            by_ada = move in ("accept", "decline", "hand-over", "take-back")
            computer, person = (self.a, self.ada) if by_ada else (self.b, self.ben)
            computer.move(person, loan, move)
            meet(self.a, self.b)


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    street = Street(tmp_path)
    with ExitStack() as stack:
        stack.callback(street.a.close)
        stack.callback(street.b.close)
        yield street


def exported(computer: Computer, person: bytes | None) -> str:
    stream = io.StringIO(newline="")
    written = write_calendar(computer, stream, lambda _done, _all: None, ExportRequest(person))
    assert written == (stream.getvalue().count("BEGIN:VEVENT"), "events")
    return stream.getvalue()


def events(text: str) -> dict[str, Event]:
    """The events by uid, read by the library's own parser, which found nothing wrong."""
    calendar = Calendar.from_ical(text)
    assert calendar.errors == []
    found = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    assert len(found) == text.count("BEGIN:VEVENT"), "no uid twice"
    for one in found.values():
        assert one.errors == []
        assert {"UID", "DTSTAMP", "SEQUENCE", "STATUS", "DTSTART", "DTEND"} <= set(one)
    return found


def imported(have: dict[str, Event], text: str) -> None:
    """What a calendar does: an event of a greater sequence, or a later stamp, takes the place."""
    for uid, event in events(text).items():
        known = have.get(uid)
        version = (event["sequence"], event["dtstamp"].dt)
        if known is None or version > (known["sequence"], known["dtstamp"].dt):
            have[uid] = event


def test_importing_twice_updates_and_does_not_double(street: Street) -> None:
    drill = street.lend("Drill", from_day="2026-11-21", until_day="2026-11-25")
    saw = street.lend("Saw", from_day="2026-11-22", until_day="2026-11-22")
    calendar: dict[str, Event] = {}
    statuses = []
    for loan, move in (
        *((drill, ""), (drill, "accept"), (saw, "accept"), (drill, "hand-over")),
        *((drill, "receive"), (saw, "cancel"), (drill, "give-back"), (drill, "take-back")),
    ):
        if move:
            street.move(loan, move)
        text = exported(street.b, street.ben)
        assert text == exported(street.b, street.ben)
        imported(calendar, text)
        assert calendar == events(text), "the file is what the calendar shows"
        statuses.append([str(calendar[f"{one.hex()}@p2pshare"]["status"]) for one in (drill, saw)])
    assert statuses == [
        ["TENTATIVE", "TENTATIVE"],
        ["CONFIRMED", "TENTATIVE"],
        ["CONFIRMED", "CONFIRMED"],
        ["CONFIRMED", "CONFIRMED"],
        ["CONFIRMED", "CONFIRMED"],
        ["CONFIRMED", "CANCELLED"],
        ["CONFIRMED", "CANCELLED"],
        ["CONFIRMED", "CANCELLED"],
    ]
    assert set(calendar) == set(events(exported(street.a, street.ada))), "one uid on both sides"


def test_what_is_in_an_event(street: Street) -> None:
    loan = street.lend(from_day="2026-11-21", until_day="2026-11-25")
    street.move(loan, "accept")
    (event,) = events(exported(street.b, street.ben)).values()
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 11, 21), date(2026, 11, 26))
    assert event["dtstart"].params["VALUE"] == "DATE"
    assert str(event["summary"]) == "Drill, borrowed from Ada"
    assert event["sequence"] == 1
    assert event["dtstamp"].dt == event["last-modified"].dt
    assert round(event["dtstamp"].dt.timestamp() * 1000) == START_MS + 60_000
    assert (str(event["class"]), str(event["transp"])) == ("PRIVATE", "TRANSPARENT")
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(days=3, hours=9)
    assert {"ACTION", "TRIGGER", "DESCRIPTION"} <= set(alarm)
    street.move(loan, "receive", "give-back", "take-back")
    (event,) = events(exported(street.b, street.ben)).values()
    assert event.walk("VALARM") == []


def test_the_file_is_as_the_standard_wants_it(street: Street) -> None:
    street.lend("Ü" * 60 + "; a, b \\ c")
    text = exported(street.b, street.ben)
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "METHOD" not in text
    calendar = Calendar.from_ical(text)
    assert str(calendar["version"]) == "2.0"
    assert str(calendar["prodid"]).startswith("-//p2pshare//")
    assert str(calendar["x-wr-calname"]) == "p2pshare: Ben"
    (event,) = events(text).values()
    assert str(event["summary"]) == "Ü" * 60 + "; a, b \\ c, borrowed from Ada"


def test_a_title_never_becomes_a_property(street: Street) -> None:
    title = "Drill\r\nEND:VEVENT\r\nATTENDEE:mailto:me\n\x07\u202e"
    drill = street.a.perform(
        AddListing(person=street.ada, exchange_type=ExchangeType.OFFER, title="Drill")
    )[0].subject
    meet(street.a, street.b)
    loan = street.b.ask(street.ben, drill)
    street.b.database.connection.execute("UPDATE agreements SET title = ?", (title,))
    text = exported(street.b, street.ben)
    (event,) = events(text).values()
    assert "attendee" not in event
    assert f"{loan.hex()}@p2pshare" == str(event["uid"])
    assert "\\u{d}\\u{a}END:VEVENT" in str(event["summary"])


def test_who_has_agreed_on_nothing_gets_an_empty_calendar(street: Street) -> None:
    street.lend()
    assert events(exported(street.a, street.a.add("Carl"))) == {}


def test_who_lends_to_somebody_of_the_same_house_has_it_once(tmp_path: Path) -> None:
    with closing(Computer(tmp_path)) as computer:
        ada, ben = computer.add("Ada"), computer.add("Ben")
        computer.ask(ben, computer.offer(ada))
        text = exported(computer, None)
        assert len(events(text)) == 1
        assert str(Calendar.from_ical(text)["x-wr-calname"]) == "p2pshare: Ada, Ben"


def test_the_command_line_does_not_wait_for_the_library() -> None:
    program = (
        "import sys, p2pshare.cli, p2pshare.node.exports.calendar_file\n"
        "sys.exit('icalendar' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], env=os.environ, check=False)
    assert ran.returncode == 0
