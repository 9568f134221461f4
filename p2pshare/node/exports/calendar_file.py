"""One's agreements as a calendar file, iCalendar (RFC 5545).

What is in it, and in which words, is ``domain.calendar_events``'s; lines, folding, escaping and
value types are the library's. icalendar is touched here only, and imported when a file is written.
There is no METHOD: the file is for keeping, not for inviting anybody (RFC 5546).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TextIO

from p2pshare import __version__
from p2pshare.domain.calendar_events import CalendarEvent, calendar_events
from p2pshare.domain.text import shown
from p2pshare.node.exports.request import PROGRESS_STEP, ExportRequest, Progress, Written

if TYPE_CHECKING:
    from icalendar import Event

    from p2pshare.node.ledger import Ledger


_END: Final = "END:VCALENDAR\r\n"


def write_calendar(
    ledger: "Ledger", stream: TextIO, progress: Progress, request: ExportRequest
) -> Written:
    """Write the loans, bookings and sessions of whoever is meant, each of them once.

    Raises StoreError, and OSError of the stream.
    """
    from icalendar import Calendar

    persons = request.persons(ledger)
    with ledger.database.snapshot():
        names = {person.hex(): shown(name) for person, name in ledger.own_persons().items()}
        events = {event.uid: event for event in _events(ledger, persons, request.circle_hex)}
    calendar = Calendar()
    calendar.add("prodid", f"-//p2pshare//p2pshare {__version__}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", f"p2pshare: {', '.join(names[person] for person in persons)}")
    # A calendar's events stand before its last line: each is written as it is made.
    stream.write(calendar.to_ical().decode().removesuffix(_END))
    for done, event in enumerate(events.values(), 1):
        stream.write(_component(event).to_ical().decode())
        if done % PROGRESS_STEP == 0:
            progress(done, len(events))
    stream.write(_END)
    return Written(len(events), "events")


def _events(ledger: "Ledger", persons: list[str], circle: str | None) -> Iterator[CalendarEvent]:
    now_ms, zone = ledger.clock.time_ms(), ledger.zone()
    for person in persons:
        views = ledger.queries.agreements(now_ms, persons=[person], circle=circle)
        revisions = ledger.queries.reminders.revisions([view.agreement for view in views])
        yield from calendar_events(views, revisions, person, now_ms, zone)


def _component(event: CalendarEvent) -> "Event":
    from icalendar import Alarm, Event

    changed = datetime.fromtimestamp(0, UTC) + timedelta(seconds=event.changed_ms // 1000)
    component = Event()
    component.add("uid", event.uid)
    component.add("sequence", event.sequence)
    component.add("dtstamp", changed)
    component.add("last-modified", changed)
    component.add("status", event.status.value)
    component.add("dtstart", event.starts)
    component.add("dtend", event.ends)
    component.add("summary", event.summary)
    component.add("description", event.description)
    component.add("class", "PRIVATE")
    component.add("transp", "OPAQUE" if event.takes_time else "TRANSPARENT")
    if event.alarm is not None:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", event.alarm)
        alarm.add("description", event.alarm_text)
        component.add_component(alarm)
    return component
