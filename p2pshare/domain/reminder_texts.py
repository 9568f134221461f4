"""What a reminder says: own words for each reason, in one plain sentence or two.

Titles and names are peers' and are made harmless here. Days are written so that nobody has to
count: ``Saturday 28 November``. Which reminders there are, and when, is ``domain.reminders``'s.
"""

from datetime import date
from typing import Final

from p2pshare.domain.days import Zone, day_of, minute_of
from p2pshare.domain.quiet_hours import clock_text
from p2pshare.domain.text import shown

_WEEKDAYS: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_LATE: Final = {3: "for three days", 7: "for a week", 14: "for two weeks"}


def day_words(day: str) -> str:
    """``Saturday 28 November`` for a day (YYYY-MM-DD)."""
    read = date.fromisoformat(day)
    return f"{_WEEKDAYS[read.weekday()]} {read.day} {_MONTHS[read.month - 1]}"


def moment_words(time_ms: int, zone: Zone) -> str:
    """``Saturday 28 November, 15:00`` for an instant."""
    return f"{day_words(day_of(time_ms, zone))}, {clock_text(minute_of(time_ms, zone))}"


def quoted(title: str) -> str:
    """A listing's title in quotation marks, on one harmless line."""
    return f"“{shown(title)}”" if title else "what you agreed about"


def named(name: str) -> str:
    """A person's name on one harmless line."""
    return shown(name) or "somebody"


# --- what I have borrowed ---------------------------------------------------------------------


def before_due(title: str, owner: str, due: str) -> str:
    """To the borrower, the day before."""
    return f"{quoted(title)} goes back to {named(owner)} tomorrow, {due}."


def due_today(title: str, owner: str, clock: str) -> str:
    """To the borrower, on the day; ``clock`` is empty if the whole day is left."""
    by = f" by {clock}" if clock else ""
    return f"{quoted(title)} goes back to {named(owner)} today{by}."


def due_within_the_hour(title: str, owner: str, clock: str) -> str:
    """To the borrower of something that is lent by the hour."""
    return f"{quoted(title)} is due back with {named(owner)} at {clock}, within the hour."


def overdue_with_me(title: str, owner: str, due: str, days_late: int) -> str:
    """To the borrower, once it is late, and again after some days."""
    if days_late:
        return (
            f"{quoted(title)} has been overdue {_LATE[days_late]}: {named(owner)} expected it back"
            f" on {due}. Please bring it back, or say what has happened."
        )
    return (
        f"{quoted(title)} was due back with {named(owner)} on {due}."
        " Please bring it back, or ask to keep it longer."
    )


def someone_waits(title: str, waiting: int, due: str) -> str:
    """To the borrower, while others queue for the thing."""
    who = "Somebody is" if waiting == 1 else f"{waiting} people are"
    return (
        f"{who} waiting for {quoted(title)}, which you have until {due}."
        " If you are done with it, bring it back sooner."
    )


# --- what I lend --------------------------------------------------------------------------------


def overdue_with_other(title: str, borrower: str, due: str, days_late: int) -> str:
    """To the owner, once it is late, and again after some days."""
    if days_late:
        return (
            f"{named(borrower)} has kept {quoted(title)} {_LATE[days_late]} longer than agreed"
            f" ({due}). You could call round."
        )
    return f"{named(borrower)} should have brought back {quoted(title)} on {due}."


def asks_me(title: str, asker: str, days: str) -> str:
    """To the owner: a request."""
    return f"{named(asker)} asks you for {quoted(title)}, {days}. Can you say yes or no?"


def still_asks_me(title: str, asker: str, days: str) -> str:
    """To the owner: a request that has had no answer for some days."""
    return f"{named(asker)} is still waiting for your answer about {quoted(title)}, {days}."


def renewal_asked(title: str, borrower: str, until: str) -> str:
    """To the owner: the borrower would like to keep it longer."""
    return f"{named(borrower)} would like to keep {quoted(title)} until {until}. Is that all right?"


# --- what I wait for ----------------------------------------------------------------------------


def your_turn(title: str, owner: str, until: str) -> str:
    """To who waited: the thing is free."""
    return f"It is your turn: {quoted(title)} of {named(owner)} is kept for you until {until}."


def late_elsewhere(title: str, owner: str, from_day: str) -> str:
    """To the next borrower: it is not back yet."""
    return (
        f"{quoted(title)}, promised to you from {from_day}, is late with somebody else."
        f" Ask {named(owner)} before you set out."
    )


def want_offered(want: str, offer: str, owner: str) -> str:
    """To who looked for something: it is offered now."""
    return f"You were looking for {quoted(want)}: {named(owner)} now offers {quoted(offer)}."


# --- sessions, hours ----------------------------------------------------------------------------


def session_tomorrow(title: str, other: str, when: str) -> str:
    """To both, the day before."""
    return f"{quoted(title)} with {named(other)} is tomorrow, {when}."


def session_today(title: str, other: str) -> str:
    """To both, on the day, where no time of day was agreed."""
    return f"{quoted(title)} with {named(other)} is today."


def session_within_the_hour(title: str, other: str, clock: str) -> str:
    """To both, shortly before."""
    return f"{quoted(title)} with {named(other)} begins at {clock}, within the hour."


def overspent(name: str, minutes: int, *, own: bool) -> str:
    """To everybody concerned: hours were paid on two computers apart from each other."""
    hours = f"{minutes // 60}:{minutes % 60:02} hours"
    if own:
        return (
            f"You have paid {hours} more than your limit allows, on computers that had not met."
            " Talk to whom you paid."
        )
    return (
        f"{named(name)} has paid {hours} more than their limit allows, on computers that had not"
        " met. Talk to each other."
    )
