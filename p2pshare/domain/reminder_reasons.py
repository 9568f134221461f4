"""What there is to remind of: the occasions that agreements, wants and hours give.

A thing is spoken of the day before it is due, on the day, when it is late, and then after
OVERDUE_DAYS; whoever has to answer is told at once and again after UNANSWERED_MS. Each step ends
when the next one begins. All is judged by the state that is shown: what is closed, cancelled or in
dispute gives no occasion. For ``domain.reminders``, which adds quiet hours.

Peers sign days and instants as they like: what is beyond the calendar gives no occasion either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from p2pshare.domain import reminder_texts as texts
from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.days import (
    DAY_MS,
    LAST_DAY,
    Zone,
    add_days,
    day_of,
    end_ms,
    instant_ms,
    minute_of,
    parse_moment,
)
from p2pshare.domain.hold import HOLD, OFFERED
from p2pshare.domain.loan import ACCEPTED, LOAN
from p2pshare.domain.quiet_hours import clock_text
from p2pshare.domain.reminder_views import (
    FIRST_MS,
    LAST_MS,
    ListingDays,
    Reason,
    Reminder,
    Situation,
)
from p2pshare.domain.session import ACCEPTED as SESSION_ACCEPTED
from p2pshare.domain.session import SESSION
from p2pshare.domain.views import AgreementView
from p2pshare.limits import DAY_MINUTES

HOUR_MS: Final = 60 * 60 * 1000

#: After how many days an overdue loan is spoken of: at once, and then ever less often.
OVERDUE_DAYS: Final = (0, 3, 7, 14)

#: After how long a request without an answer is spoken of again.
UNANSWERED_MS: Final = 3 * DAY_MS

#: How long before the first day of a promise it matters that the thing is late elsewhere.
LATE_ELSEWHERE_MS: Final = 3 * DAY_MS

#: How long it is news that somebody spent more hours than they may.
OVERSPENT_MS: Final = 14 * DAY_MS


#: The move by which a borrower asks for another last day.
_RENEW: Final = "renew"

_PROMISED: Final = {
    LOAN.kind: frozenset({ACCEPTED}),
    SESSION.kind: frozenset({SESSION_ACCEPTED}),
    HOLD.kind: frozenset({OFFERED}),
}

#: The states of each kind of agreement in which there may be an occasion.
STATES: Final[Mapping[str, frozenset[str]]] = {
    kind: states
    for kind, table in AGREEMENTS.items()
    if (states := table.asked | table.held | _PROMISED.get(kind, frozenset()))
}


@dataclass(frozen=True, slots=True)
class _Step:
    """One of several reminders of which each takes the place of the one before.

    It ends when the next one begins, or at ``ends_ms`` if that is earlier.
    """

    begins_ms: int
    reason: Reason
    mark: str
    text: str
    ends_ms: int = LAST_MS


def occasions(situation: Situation, zone: Zone) -> Iterator[Reminder]:
    """Every reminder that follows from how things stand, in no order; quiet hours do not count."""
    for view in situation.agreements:
        yield from _of_agreement(view, situation, zone)
    for match in situation.matches:
        said = texts.want_offered(match.want_title, match.offer_title, match.person_name)
        yield _reminder(Reason.WANT_OFFERED, match.offer, match.since_ms, match.want, said)
    for overspent in situation.overspent:
        newest = overspent.payments[-1]
        own = overspent.person == situation.person
        said = texts.overspent(overspent.name, overspent.minutes, own=own)
        until_ms = newest.at_ms + OVERSPENT_MS
        yield _reminder(Reason.OVERSPENT, newest.payment, newest.at_ms, "", said, until_ms)


def _of_agreement(view: AgreementView, situation: Situation, zone: Zone) -> Iterator[Reminder]:
    table = AGREEMENTS.get(view.kind)
    is_owner, is_asker = view.owner == situation.person, view.asker == situation.person
    if table is None or is_owner == is_asker:
        return
    listing = situation.listings.get(view.listing)
    if is_owner and view.state in table.asked:
        yield from _steps(view, _asked(view))
    if view.state in table.held:
        yield from _steps(view, _held(view, zone, is_owner=is_owner))
        if is_owner:
            yield from _renewal_asked(view)
        else:
            yield from _someone_waits(view, listing, zone)
    if is_asker and (view.kind, view.state) == (LOAN.kind, ACCEPTED):
        yield from _late_elsewhere(view, listing, zone)
    if is_asker and (view.kind, view.state) == (HOLD.kind, OFFERED):
        yield from _turn(view, zone)
    if (view.kind, view.state) == (SESSION.kind, SESSION_ACCEPTED):
        yield from _steps(view, _session(view, zone, is_owner=is_owner))


# --- loans --------------------------------------------------------------------------------------


def _held(view: AgreementView, zone: Zone, *, is_owner: bool) -> list[_Step]:
    """To the borrower the day before, on the day and once it is late; to the owner only then."""
    due_ms = view.due_at_ms
    if due_ms is None or not _remindable(due_ms):
        return []
    day = day_of(due_ms, zone)
    clock = "" if view.until_minute == DAY_MINUTES else clock_text(minute_of(due_ms, zone))
    due = f"{texts.day_words(day)}, {clock}" if clock else texts.day_words(day)
    late_texts = {
        late: texts.overdue_with_other(view.title, view.asker_name, due, late)
        if is_owner
        else texts.overdue_with_me(view.title, view.owner_name, due, late)
        for late in OVERDUE_DAYS
    }
    late_steps = [
        _Step(due_ms + 1 + late * DAY_MS, Reason.OVERDUE, f"{due_ms}:{late}", said)
        for late, said in late_texts.items()
    ]
    if is_owner:
        return late_steps
    midnight_ms = instant_ms(day, 0, zone)
    day_before_ms = instant_ms(add_days(day, -1), 0, zone)
    title, owner = view.title, view.owner_name
    steps = [
        _Step(day_before_ms, Reason.BEFORE_DUE, f"{due_ms}", texts.before_due(title, owner, due)),
        _Step(midnight_ms, Reason.DUE, f"{due_ms}", texts.due_today(title, owner, clock)),
    ]
    if clock:
        said = texts.due_within_the_hour(title, owner, clock)
        steps.append(_Step(due_ms - HOUR_MS, Reason.DUE, f"{due_ms}:hour", said))
    return steps + late_steps


def _renewal_asked(view: AgreementView) -> Iterator[Reminder]:
    if view.asked_until is None:
        return
    day, minute = parse_moment(view.asked_until)
    until = texts.day_words(day)
    if minute not in (None, DAY_MINUTES):
        until = f"{until}, {clock_text(minute)}"
    said = texts.renewal_asked(view.title, view.asker_name, until)
    asked_ms = _last_move_ms(view)
    # Who was refused may ask for the same day again: that is another occasion.
    times = sum(1 for one in view.signed_by if one.move == _RENEW)
    yield _reminder(Reason.RENEWAL, view.agreement, asked_ms, f"{view.asked_until}:{times}", said)


def _someone_waits(
    view: AgreementView, listing: ListingDays | None, zone: Zone
) -> Iterator[Reminder]:
    due_ms = view.due_at_ms
    if listing is None or not listing.waiting or due_ms is None or not _remindable(due_ms):
        return
    due = texts.day_words(day_of(due_ms, zone))
    said = texts.someone_waits(view.title, listing.waiting, due)
    since_ms = max(_last_move_ms(view), listing.changed_ms)
    yield _reminder(Reason.SOMEONE_WAITS, view.agreement, since_ms, "", said)


def _late_elsewhere(
    view: AgreementView, listing: ListingDays | None, zone: Zone
) -> Iterator[Reminder]:
    late_ms = None if listing is None else late_since_ms(view, listing, zone)
    if late_ms is None:
        return
    begins_ms = instant_ms(view.from_day, view.from_minute, zone)
    since_ms = max(late_ms, begins_ms - LATE_ELSEWHERE_MS, _last_move_ms(view))
    said = texts.late_elsewhere(view.title, view.owner_name, texts.day_words(view.from_day))
    yield _reminder(Reason.LATE_ELSEWHERE, view.agreement, since_ms, "", said)


def late_since_ms(view: AgreementView, listing: ListingDays, zone: Zone) -> int | None:
    """From when on what is late with others is missing for the promise ``view``; None if never.

    Things that should be back by the promise's beginning, and are out after their own end, are
    missing if what else there is does not suffice.
    """
    begins = (view.from_day, view.from_minute)
    spare = listing.quantity
    late: list[tuple[int, int]] = []
    for period in listing.periods:
        ends_day = period.until_day or LAST_DAY
        if (ends_day, period.until_minute) > begins:
            if (period.from_day, period.from_minute) <= begins:
                spare -= period.quantity  # the promise itself is one of these
        elif period.out:
            late.append((end_ms(ends_day, period.until_minute, zone), period.quantity))
    for ended_ms, quantity in sorted(late):
        spare -= quantity
        if spare < 0:
            return ended_ms
    return None


# --- requests, turns, sessions ------------------------------------------------------------------


def _asked(view: AgreementView) -> list[_Step]:
    days = texts.day_words(view.from_day)
    if view.until_day != view.from_day:
        days = f"{days} to {texts.day_words(view.until_day)}"
    elif view.from_minute:
        days = f"{days}, {clock_text(view.from_minute)}"
    asked_ms = _last_move_ms(view)
    said = texts.asks_me(view.title, view.asker_name, days)
    said_again = texts.still_asks_me(view.title, view.asker_name, days)
    return [
        _Step(asked_ms, Reason.REQUEST, "", said),
        _Step(asked_ms + UNANSWERED_MS, Reason.REQUEST, "still", said_again),
    ]


def _turn(view: AgreementView, zone: Zone) -> Iterator[Reminder]:
    until_ms = view.offered_until_ms
    if until_ms is None or not _remindable(until_ms):
        return
    said = texts.your_turn(view.title, view.owner_name, texts.moment_words(until_ms, zone))
    offered_ms = _last_move_ms(view)
    mark = f"{until_ms}"
    yield _reminder(Reason.YOUR_TURN, view.agreement, offered_ms, mark, said, until_ms + 1)


def _session(view: AgreementView, zone: Zone, *, is_owner: bool) -> list[_Step]:
    """To both, the day before and shortly before; on the day if no time of day was agreed."""
    begins_ms = instant_ms(view.from_day, view.from_minute, zone)
    if not _remindable(begins_ms):
        return []
    other = view.asker_name if is_owner else view.owner_name
    midnight_ms = instant_ms(view.from_day, 0, zone)
    day_before_ms = instant_ms(add_days(view.from_day, -1), 0, zone)
    when = texts.day_words(view.from_day)
    if (view.from_minute, view.until_minute) == (0, DAY_MINUTES):
        said = texts.session_today(view.title, other)
        soon = _Step(midnight_ms, Reason.SESSION, "today", said, midnight_ms + DAY_MS)
    else:
        clock = clock_text(view.from_minute)
        when = f"{when}, {clock}"
        said = texts.session_within_the_hour(view.title, other, clock)
        soon = _Step(begins_ms - HOUR_MS, Reason.SESSION, "hour", said, begins_ms)
    said = texts.session_tomorrow(view.title, other, when)
    return [_Step(day_before_ms, Reason.SESSION, "tomorrow", said, midnight_ms), soon]


# --- steps --------------------------------------------------------------------------------------


def _steps(view: AgreementView, steps: Sequence[_Step]) -> Iterator[Reminder]:
    """Each step from its beginning, but not before the last move, until it ends."""
    since_ms = _last_move_ms(view)
    for place, step in enumerate(steps):
        begins_ms = max(step.begins_ms, since_ms)
        until_ms = step.ends_ms
        if place + 1 < len(steps):
            until_ms = min(until_ms, steps[place + 1].begins_ms)
        yield _reminder(step.reason, view.agreement, begins_ms, step.mark, step.text, until_ms)


def _reminder(
    reason: Reason, about: str, due_ms: int, mark: str, text: str, until_ms: int = LAST_MS
) -> Reminder:
    """``mark`` tells the occasion from others of the same reason and about the same."""
    key = f"{reason}:{about}:{mark}" if mark else f"{reason}:{about}"
    return Reminder(reason, about, due_ms, until_ms, key, text)


def _last_move_ms(view: AgreementView) -> int:
    return max((one.at_ms for one in view.signed_by), default=0)


def _remindable(time_ms: int) -> bool:
    return FIRST_MS <= time_ms <= LAST_MS
