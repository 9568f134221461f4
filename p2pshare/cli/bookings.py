"""bookings: when a thing is free, asked for, promised, out or resting.

What is shown to whom is ``store.bookings``'. Programs get the days that are taken; people also read
those on which it is free.
"""

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.output import plain, short
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session, pass_session
from p2pshare.domain.days import moments

if TYPE_CHECKING:
    from rich.text import Text

    from p2pshare.domain.bookings import Booking, BookingCalendar, Conflict, FreeSpan
    from p2pshare.domain.days import Span
    from p2pshare.node.ledger import Ledger

DAYS_SHOWN: Final = 60
"""So many days from the first are shown, unless somebody says until when."""

_WORDS: Final = {
    "asked": ("asked for", "yellow"),
    "promised": ("promised", "bold"),
    "out": ("out", "bold"),
    "buffer": ("resting", "dim"),
}


@click.command("bookings")
@click.argument("listing", type=text)
@click.option("--from", "first", type=text, metavar="D", help="The first day; without it today.")
@click.option("--until", "last", type=text, metavar="D", help="The last day, that included.")
@pass_session
def bookings_command(session: Session, listing: str, first: str | None, last: str | None) -> None:
    """When LISTING is free, and when it is not.

    Of your own things you see for whom; of others' the days that their owners have told everybody,
    and your own loans among them.
    """
    with session.ledger() as ledger:
        identifier = ledger.listing_id(listing)
        calendar = _read(session, ledger, identifier, first, last)
        people = {} if session.output.json else _people(session, ledger, identifier)
        title = "" if session.output.json else _title(ledger, identifier)
    if session.output.json:
        session.output.document(
            {
                "bookings": [booking_document(one) for one in calendar.bookings],
                "conflicts": [_conflict_document(one) for one in calendar.conflicts],
            }
        )
        return
    _tell(session, calendar, title, people)


def _read(
    session: Session, ledger: "Ledger", listing: str, first: str | None, last: str | None
) -> "BookingCalendar":
    from p2pshare.domain.bookings import Moment
    from p2pshare.domain.days import add_days, minute_of, parse_day
    from p2pshare.errors import DomainError, UnknownReference

    first_day = ledger.today() if first is None else first
    parse_day(first_day, "the first day")
    last_day = add_days(first_day, DAYS_SHOWN) if last is None else last
    parse_day(last_day, "the last day")
    if last_day < first_day:
        raise DomainError(f"the last day is before the first; choose {first_day} or later")
    now = Moment(ledger.today(), minute_of(ledger.clock.time_ms(), ledger.zone()))
    found = ledger.queries.bookings.calendar(
        listing, own_persons(session, ledger), now, first_day, last_day
    )
    if found is None:
        raise UnknownReference("there is no such listing here")
    return found


def _title(ledger: "Ledger", listing: str) -> str:
    view = ledger.queries.listing(listing, ledger.today())
    return "" if view is None else view.title


def _people(session: Session, ledger: "Ledger", listing: str) -> dict[str, str]:
    """Who has, or asks for, what one's own agreements are about."""
    from p2pshare.domain.agreement import AGREEMENTS

    tables = AGREEMENTS.values()
    states = {one for table in tables for one in table.asked | table.promises | table.unsettled}
    views = ledger.queries.agreements(
        ledger.clock.time_ms(),
        listing=listing,
        persons=own_persons(session, ledger),
        states=states,
    )
    return {view.agreement: view.asker_name for view in views}


def _tell(
    session: Session, calendar: "BookingCalendar", title: str, people: dict[str, str]
) -> None:
    from p2pshare.domain.bookings import free

    lines = [(_begins(one.span), 0, _free_row(one, calendar)) for one in free(calendar)]
    lines = [line for line in lines if line[2]]
    lines += [(_begins(one.span), 1, _row(one, people)) for one in calendar.bookings]
    session.output.table(
        ("from", "until", "it is", "how many", "with", "id"),
        [row for _, _, row in sorted(lines, key=lambda line: line[:2])],
        title=title,
    )
    for one in calendar.conflicts:
        start, end = moments(one.span)
        until = "" if end is None else f" until {end}"
        session.output.line(("Promised twice", "bold red"), f" from {start}{until}: {one.advice}")


def _row(booking: "Booking", people: dict[str, str]) -> tuple["Text | str", ...]:
    words, style = _WORDS[booking.state]
    state = plain(f"{words}, and should be back" if booking.late else words, style)
    if booking.late:
        state.stylize("bold red")
    agreement = booking.agreement
    return (
        *_spoken(booking.span),
        state,
        str(booking.quantity),
        plain("" if agreement is None else people.get(agreement, "")),
        plain("" if agreement is None else short(agreement), "dim"),
    )


def _free_row(one: "FreeSpan", calendar: "BookingCalendar") -> tuple["Text | str", ...]:
    """A line for a stretch in which something is free; none where nothing is."""
    if not one.quantity:
        return ()
    many = str(one.quantity)
    if calendar.quantity > 1:
        many = f"{one.quantity} of {calendar.quantity}"
    return (*_spoken(one.span), plain("free", "green"), many, "", "")


def _begins(span: "Span") -> tuple[str, int]:
    return span.from_day, span.from_minute


def _spoken(span: "Span") -> tuple[str, str]:
    """First and last, with the day of the week; the time of day where there is one."""
    start, end = moments(span)
    return _weekday(start), "it is back" if end is None else _weekday(end)


def _weekday(moment: str) -> str:
    return f"{date.fromisoformat(moment[:10]):%a} {moment.replace('T', ' ')}"


def booking_document(booking: "Booking") -> dict[str, Any]:
    """A booking as programs get it; ``loan`` is null where it is somebody else's."""
    start, end = moments(booking.span)
    return {
        "from": start,
        "until": end,
        "state": booking.state.value,
        "loan": booking.agreement,
        "quantity": booking.quantity,
        "late": booking.late,
    }


def _conflict_document(conflict: "Conflict") -> dict[str, Any]:
    start, end = moments(conflict.span)
    return {
        "from": start,
        "until": end,
        "loans": list(conflict.agreements),
        "late": conflict.late,
        "advice": conflict.advice,
    }
