"""The booking calendar of a listing: when how many of it are asked for, promised, out, resting.

Pure arithmetic on what one reader knows. Its owner knows every agreement; a party its own, and of
the others the days that the owner has published; a stranger the published days only, without the
requests. So that nothing is counted twice, a published period is left out for each promise that the
reader knows and that takes just the same (``strangers_periods``).

Neighbours: ``domain.agreement_rules.takes`` says what an agreement takes, ``domain.listing`` adds
periods up, ``store.bookings`` reads the rows. Nothing is decided here: that is the owner's accept.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_rules import Claim, promise_of, takes
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.days import Span, overlap, span_minutes, span_of_minutes
from p2pshare.domain.listing import as_it_stands, conflicts, rest_minutes, span_of
from p2pshare.limits import PROMISE_TAG_BYTES

LATE_ADVICE: Final = "it is not back yet; ask for it, or one of you cancels"
TWICE_ADVICE: Final = "more is promised than there is; the owner or a borrower cancels one of them"


class BookingState(StrEnum):
    """What a thing is on booked days; it is free on all others."""

    ASKED = "asked"
    PROMISED = "promised"
    OUT = "out"
    BUFFER = "buffer"


class Moment(NamedTuple):
    """The local day, and the minute of it."""

    day: str
    minute: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A stretch of time for which ``quantity`` of a thing are not free, or may come not to be.

    ``until_day`` is None where nobody knows when it ends. ``agreement`` is its id (hex), or None
    where the reader is no party. ``late``: it should be back by now.
    """

    from_day: str
    until_day: str | None
    from_minute: int
    until_minute: int
    state: BookingState
    quantity: int
    agreement: str | None
    late: bool = False

    @property
    def span(self) -> Span:
        """The time it takes."""
        return Span(self.from_day, self.until_day, self.from_minute, self.until_minute)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A stretch of time for which more is promised than there is.

    ``agreements`` (hex) are those that the reader knows of, ``late`` whether it is because
    something is not back; ``advice`` says in plain words how it is settled.
    """

    span: Span
    agreements: tuple[str, ...]
    late: bool
    advice: str


@dataclass(frozen=True, slots=True)
class BookingCalendar:
    """The bookings of ``quantity`` things within a window of days, in order, and what clashes."""

    quantity: int
    first_day: str
    last_day: str
    bookings: tuple[Booking, ...]
    conflicts: tuple[Conflict, ...]


class FreeSpan(NamedTuple):
    """A stretch of time in which so many things are free, or none."""

    span: Span
    quantity: int


def calendar(
    quantity: int,
    buffer_minutes: int,
    claims: Iterable[Claim],
    published: Iterable[BusyPeriod],
    now: Moment,
    first_day: str,
    last_day: str,
) -> BookingCalendar:
    """What is booked from ``first_day`` until ``last_day`` (inclusive).

    ``claims`` are the agreements that the reader may see, ``published`` what the owner has told
    everybody.
    """
    known = list(claims)
    bookings = [one for claim in known if (one := _booking_of(claim, now)) is not None]
    bookings += [_told(one, now) for one in strangers_periods(known, published)]
    promised = [one for one in bookings if one.state is not BookingState.ASKED]
    everything = [*bookings, *_buffers(promised, buffer_minutes)]
    window = Span(first_day, last_day)
    within = [one for one in everything if overlap(one.span, window) is not None]
    return BookingCalendar(
        quantity,
        first_day,
        last_day,
        tuple(sorted(within, key=_order)),
        tuple(
            _conflict(clash, promised, buffer_minutes)
            for clash in conflicts(quantity, [_period(one) for one in promised], buffer_minutes)
            if overlap(clash, window) is not None
        ),
    )


def strangers_periods(
    claims: Iterable[Claim], published: Iterable[BusyPeriod]
) -> tuple[BusyPeriod, ...]:
    """The published periods without the twins of the promises among ``claims``.

    Only the owner can tell whose a period is; others know their own by its days and quantity. One
    is left out for each promise, so that a double promise of the same days still shows.
    """
    own = Counter(_twin(period) for claim in claims if (period := promise_of(claim)) is not None)
    left = []
    for period in published:
        if own[_twin(period)] > 0:
            own[_twin(period)] -= 1
        else:
            left.append(period)
    return tuple(left)


def free(calendar: BookingCalendar) -> tuple[FreeSpan, ...]:
    """How many things are free from the first day of a calendar until its last, in order.

    What is asked for is free until somebody promises it.
    """
    begin, end = span_minutes(Span(calendar.first_day, calendar.last_day))
    assert end is not None  # a window has a last day
    changes: dict[int, int] = defaultdict(int)
    for booking in calendar.bookings:
        start, stop = span_minutes(booking.span)
        start, stop = max(start, begin), end if stop is None else min(stop, end)
        if booking.state is not BookingState.ASKED and start < stop:
            changes[start] += booking.quantity
            changes[stop] -= booking.quantity
    stretches: list[tuple[int, int, int]] = []  # from, until, how many are free
    taken = 0
    marks = sorted({begin, end, *changes})
    for minute, following in pairwise(marks):
        taken += changes[minute]
        left = max(0, calendar.quantity - taken)
        if stretches and stretches[-1][2] == left:
            stretches[-1] = (stretches[-1][0], following, left)
        else:
            stretches.append((minute, following, left))
    return tuple(FreeSpan(span_of_minutes(start, stop), left) for start, stop, left in stretches)


def free_now(quantity: int, buffer_minutes: int, periods: Iterable[BusyPeriod], now: Moment) -> int:
    """How many things are on the shelf and rested at this moment; never below 0.

    ``periods`` are what ``takes`` says of the promises, and those published elsewhere.
    """
    minute, _ = span_minutes(Span(now.day, None, now.minute))
    taken = 0
    for period in periods:
        start, end = span_minutes(span_of(as_it_stands(period, *now)))
        rest = rest_minutes(period.until_minute, buffer_minutes)
        if start <= minute and (end is None or minute < end + rest):
            taken += period.quantity
    return max(0, quantity - taken)


def fits(asked: Claim, quantity: int, buffer_minutes: int, taken: Iterable[BusyPeriod]) -> bool:
    """Whether what is asked for is free beside what is ``taken``."""
    wanted = _asked_period(asked)
    span = span_of(wanted)
    clashes = conflicts(quantity, [*taken, wanted], buffer_minutes)
    return not any(overlap(span, clash) is not None for clash in clashes)


def _booking_of(claim: Claim, now: Moment) -> Booking | None:
    table = AGREEMENTS[claim.kind]
    if claim.underlying in table.asked:
        state = BookingState.ASKED
        period = _asked_period(claim)
    else:
        taken = takes(claim, now.day, now.minute)
        if taken is None:
            return None
        period = taken
        state = BookingState.OUT if period.out else BookingState.PROMISED
    booking = _booking(period, state, claim.agreement.hex())
    in_time = table.alone or claim.underlying in table.for_good
    return replace(booking, late=period.until_day is None and not in_time)


def _asked_period(claim: Claim) -> BusyPeriod:
    return BusyPeriod(
        claim.from_day,
        claim.until_day,
        claim.quantity,
        False,
        claim.agreement[:PROMISE_TAG_BYTES],
        claim.from_minute,
        claim.until_minute,
    )


def _told(period: BusyPeriod, now: Moment) -> Booking:
    """A period that somebody else's agreement takes."""
    opened = as_it_stands(period, *now)
    booking = _booking(opened, BookingState.OUT if period.out else BookingState.PROMISED, None)
    return replace(booking, late=opened.until_day is None and period.until_day is not None)


def _booking(period: BusyPeriod, state: BookingState, agreement: str | None) -> Booking:
    return Booking(*span_of(period), state, period.quantity, agreement)


def _buffers(promised: Iterable[Booking], buffer_minutes: int) -> Iterable[Booking]:
    """The rest after each booking that has an end."""
    for booking in promised:
        rest = rest_minutes(booking.until_minute, buffer_minutes)
        start, end = span_minutes(booking.span)
        if rest and end is not None and start < end:
            span = span_of_minutes(end, end + rest)
            yield Booking(*span, BookingState.BUFFER, booking.quantity, booking.agreement)


def _conflict(clash: Span, promised: Sequence[Booking], buffer_minutes: int) -> Conflict:
    concerned = [
        one
        for one in (*promised, *_buffers(promised, buffer_minutes))
        if overlap(one.span, clash) is not None
    ]
    late = any(one.late for one in concerned)
    known = dict.fromkeys(one.agreement for one in concerned if one.agreement is not None)
    return Conflict(clash, tuple(sorted(known)), late, LATE_ADVICE if late else TWICE_ADVICE)


def _period(booking: Booking) -> BusyPeriod:
    return BusyPeriod(
        booking.from_day,
        booking.until_day,
        booking.quantity,
        booking.state is BookingState.OUT,
        b"",  # not told to anybody
        booking.from_minute,
        booking.until_minute,
    )


def _twin(period: BusyPeriod) -> tuple[Span, int]:
    return span_of(period), period.quantity


def _order(booking: Booking) -> tuple[object, ...]:
    states = list(BookingState)
    return (
        *(booking.from_day, booking.from_minute, states.index(booking.state)),
        *(booking.until_day or "~", booking.until_minute, booking.agreement or ""),
        booking.quantity,
    )
