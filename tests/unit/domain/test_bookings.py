"""domain.bookings: a calendar that counts each promise once, whoever reads it."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.agreement_rules import Claim, SignedMove, promise_of, takes
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.bookings import (
    LATE_ADVICE,
    TWICE_ADVICE,
    BookingState,
    Moment,
    calendar,
    free,
    free_now,
    strangers_periods,
)
from p2pshare.domain.days import Span, add_days, span_minutes

NOW = Moment("2026-11-23", 12 * 60)
FIRST, LAST = "2026-11-23", "2026-12-31"
TAG = b"promise1"


def claim(underlying="accepted", from_day="2026-11-25", until_day="2026-11-27", **fields):
    said = {"agreement": b"A" * 16, "kind": "loan", "quantity": 1, **fields}
    return Claim(underlying=underlying, from_day=from_day, until_day=until_day, **said)


def calendar_of(*claims, quantity=1, rest=0, published=(), now=NOW, first=FIRST, last=LAST):
    return calendar(quantity, rest, claims, published, now, first, last)


def told(promise, tag=TAG):
    """How the owner publishes a promise."""
    taken = promise_of(promise)
    return BusyPeriod(
        taken.from_day,
        taken.until_day,
        taken.quantity,
        taken.out,
        tag,
        taken.from_minute,
        taken.until_minute,
    )


# --- states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "underlying", "state"),
    [
        ("loan", "requested", "asked"),
        ("loan", "accepted", "promised"),
        ("loan", "checked_out", "out"),
        ("loan", "returned", "out"),
        ("loan", "lost", "out"),
        ("loan", "disputed", "out"),
        ("gift", "requested", "asked"),
        ("gift", "given", "out"),
        ("repair", "assess", "out"),
        ("repair", "retired", "out"),
        ("session", "requested", "asked"),
    ],
)
def test_what_an_agreement_is_in_the_calendar(kind, underlying, state):
    (booking,) = calendar_of(claim(underlying, kind=kind)).bookings
    assert (booking.state, booking.agreement, booking.quantity) == (state, (b"A" * 16).hex(), 1)


@pytest.mark.parametrize(
    ("kind", "underlying"),
    [
        *(("loan", state) for state in ("declined", "cancelled", "closed", "settled")),
        *(("gift", state) for state in ("declined", "cancelled")),
        *(("hold", state) for state in ("waiting", "offered", "taken")),
        *(("session", state) for state in ("accepted", "done")),
        ("repair", "resolved"),
    ],
)
def test_what_takes_nothing(kind, underlying):
    assert calendar_of(claim(underlying, kind=kind)).bookings == ()


def test_what_was_taken_back_is_free_whatever_is_disputed():
    taken_back = claim("disputed", signatures=(SignedMove("take-back"),))
    assert calendar_of(taken_back).bookings == ()


@pytest.mark.parametrize(
    ("kind", "underlying", "late"),
    [
        ("loan", "checked_out", True),
        ("loan", "returned", True),
        ("loan", "lost", False),
        ("gift", "given", False),
        ("repair", "assess", False),
    ],
)
def test_what_is_out_beyond_its_end_has_none(kind, underlying, late):
    past = claim(underlying, "2026-11-01", "2026-11-10", kind=kind)
    (booking,) = calendar_of(past).bookings
    assert (booking.until_day, booking.late) == (None, late)


def test_by_the_hour_it_is_late_within_the_day():
    lent = claim("checked_out", NOW.day, NOW.day, from_minute=540, until_minute=NOW.minute)
    (booking,) = calendar_of(lent).bookings
    assert (booking.until_day, booking.late) == (NOW.day, False)
    (booking,) = calendar_of(lent, now=Moment(NOW.day, NOW.minute + 1)).bookings
    assert (booking.until_day, booking.late) == (None, True)


def test_what_was_not_fetched_and_is_over_takes_nothing_more():
    assert calendar_of(claim("accepted", "2026-11-01", "2026-11-10")).bookings == ()


def test_only_what_lies_within_the_window_is_told():
    days = [(FIRST, FIRST), (LAST, LAST), ("2026-11-01", "2027-01-31")]
    outside = [("2026-11-20", "2026-11-22"), ("2027-01-01", "2027-01-02")]
    claims = [claim(from_day=start, until_day=end) for start, end in (*days, *outside)]
    bookings = calendar_of(*claims, quantity=9).bookings
    assert sorted((one.from_day, one.until_day) for one in bookings) == sorted(days)


# --- resting ----------------------------------------------------------------------------------


def test_a_thing_rests_after_each_loan():
    by_hour = claim(from_minute=540, until_minute=600, until_day="2026-11-25")
    promised, buffer = calendar_of(by_hour, rest=90).bookings
    assert promised.span == Span("2026-11-25", "2026-11-25", 540, 600)
    assert (buffer.state, buffer.span) == ("buffer", Span("2026-11-25", "2026-11-25", 600, 690))
    assert buffer.agreement == promised.agreement


def test_after_whole_days_it_rests_for_whole_days():
    assert len(calendar_of(claim(), rest=90).bookings) == 1
    _, buffer = calendar_of(claim(), rest=24 * 60).bookings
    assert buffer.span == Span("2026-11-28", "2026-11-28")


def test_what_was_only_asked_for_or_has_no_end_is_followed_by_no_rest():
    for underlying in ("requested", "lost"):
        assert len(calendar_of(claim(underlying), rest=24 * 60).bookings) == 1


def test_who_comes_too_soon_after_another_clashes_with_the_rest():
    earlier = claim(from_minute=540, until_minute=600, until_day="2026-11-25")
    later = claim(
        **{"agreement": b"B" * 16, "from_minute": 620, "until_minute": 700},
        until_day="2026-11-25",
    )
    (clash,) = calendar_of(earlier, later, rest=30).conflicts
    assert clash.span == Span("2026-11-25", "2026-11-25", 620, 630)
    assert clash.agreements == ((b"A" * 16).hex(), (b"B" * 16).hex())
    assert calendar_of(earlier, later, rest=20).conflicts == ()


# --- conflicts --------------------------------------------------------------------------------


def test_two_promises_of_one_thing_clash_and_say_how_it_is_settled():
    other = claim(agreement=b"B" * 16, from_day="2026-11-27", until_day="2026-11-30")
    (clash,) = calendar_of(claim(), other).conflicts
    assert clash.span == Span("2026-11-27", "2026-11-27")
    assert clash.agreements == ((b"A" * 16).hex(), (b"B" * 16).hex())
    assert (clash.late, clash.advice) == (False, TWICE_ADVICE)
    assert calendar_of(claim(), other, quantity=2).conflicts == ()


def test_what_is_asked_for_clashes_with_nothing():
    assert calendar_of(claim(), claim("requested", agreement=b"B" * 16)).conflicts == ()


def test_what_is_late_clashes_with_the_next_promise():
    late = claim("checked_out", "2026-11-01", "2026-11-10", agreement=b"B" * 16)
    (clash,) = calendar_of(late, claim()).conflicts
    assert (clash.span, clash.late) == (Span("2026-11-25", "2026-11-27"), True)
    assert clash.advice == LATE_ADVICE


def test_a_borrower_sees_the_clash_with_somebody_they_do_not_know():
    mine = claim()
    theirs = BusyPeriod("2026-11-27", "2026-11-30", 1, False, b"promise2")
    seen = calendar_of(mine, published=[told(mine), theirs])
    assert [one.agreement for one in seen.bookings] == [mine.agreement.hex(), None]
    (clash,) = seen.conflicts
    assert clash.agreements == (mine.agreement.hex(),)


def test_the_next_borrower_sees_that_it_is_late():
    late = BusyPeriod("2026-11-01", "2026-11-10", 1, True, b"promise2")
    seen = calendar_of(claim(), published=[told(claim()), late])
    assert [(one.late, one.until_day) for one in seen.bookings] == [
        (True, None),
        (False, "2026-11-27"),
    ]
    assert [one.late for one in seen.conflicts] == [True]


# --- who sees what ----------------------------------------------------------------------------


def test_a_stranger_sees_days_and_no_agreement():
    periods = [BusyPeriod("2026-11-25", "2026-11-27", 2, False, TAG, 540, 600)]
    (booking,) = calendar_of(published=periods, quantity=3).bookings
    assert booking.agreement is None
    assert (booking.span, booking.quantity) == (Span("2026-11-25", "2026-11-27", 540, 600), 2)


def test_a_double_promise_of_the_same_days_has_no_twin_to_hide_behind():
    mine, twin = claim(), BusyPeriod("2026-11-25", "2026-11-27", 1, False, b"promise2")
    assert len(strangers_periods([mine], [told(mine), twin])) == 1
    assert len(calendar_of(mine, published=[told(mine), twin]).conflicts) == 1


def test_one_s_own_late_loan_is_not_counted_twice():
    late = claim("checked_out", "2026-11-01", "2026-11-10")
    seen = calendar_of(late, published=[told(late)])
    assert [one.agreement for one in seen.bookings] == [late.agreement.hex()]
    assert seen.conflicts == ()


STATES = st.sampled_from(
    [
        *(("loan", "requested"), ("loan", "accepted"), ("loan", "checked_out")),
        *(("loan", "closed"), ("gift", "given"), ("loan", "lost")),
    ]
)


@st.composite
def claims(draw):
    found = []
    for number in range(draw(st.integers(0, 6))):
        kind, underlying = draw(STATES)
        start = draw(st.integers(-30, 40))
        by_hour = draw(st.booleans())
        first = draw(st.integers(0, 1380)) if by_hour else 0
        last = draw(st.integers(first + 1, 1440)) if by_hour else 1440
        found.append(
            Claim(
                bytes([number]) * 16,
                kind,
                underlying,
                draw(st.integers(1, 3)),
                add_days(FIRST, start),
                add_days(FIRST, start + draw(st.integers(0, 9))),
                first,
                last,
            )
        )
    return found


QUANTITIES = st.integers(1, 6)
RESTS = st.sampled_from([0, 30, 600, 1440, 5000])


@given(claims(), QUANTITIES, RESTS, st.data())
def test_all_that_is_free_and_all_that_is_taken_are_all_there_is(known, quantity, rest, data):
    seen = calendar_of(*known, quantity=quantity, rest=rest)
    spans = free(seen)
    assert span_minutes(spans[0].span)[0] == span_minutes(Span(FIRST, LAST))[0]
    assert span_minutes(spans[-1].span)[1] == span_minutes(Span(FIRST, LAST))[1]
    for one, following in pairwise(spans):
        assert span_minutes(one.span)[1] == span_minutes(following.span)[0]
        assert one.quantity != following.quantity
    minute = data.draw(st.integers(*_inside(Span(FIRST, LAST))))
    taken = sum(
        one.quantity
        for one in seen.bookings
        if one.state is not BookingState.ASKED and _holds(one.span, minute)
    )
    (left,) = (one.quantity for one in spans if _holds(one.span, minute))
    assert left == max(0, quantity - taken)
    clashing = any(_holds(one.span, minute) for one in seen.conflicts)
    assert clashing == (taken > quantity)


def _inside(span):
    start, end = span_minutes(span)
    return start, end - 1


def _holds(span, minute):
    start, end = span_minutes(span)
    return start <= minute and (end is None or minute < end)


@given(claims(), QUANTITIES, RESTS)
def test_what_is_free_now_is_what_the_calendar_says_of_now(known, quantity, rest):
    seen = calendar_of(*known, quantity=quantity, rest=rest)
    periods = [one for claim in known if (one := takes(claim, *NOW)) is not None]
    now, _ = span_minutes(Span(NOW.day, None, NOW.minute))
    (left,) = (one.quantity for one in free(seen) if _holds(one.span, now))
    assert free_now(quantity, rest, periods, NOW) == left
    # What the owner has published says the same of everything but what will not end.
    published = [told(one) for one in known if takes(one, NOW.day) is not None]
    assert free_now(quantity, rest, published, NOW) == left


@given(claims(), st.integers(0, 6), QUANTITIES, RESTS)
def test_owner_party_and_stranger_see_the_same_days(known, own, quantity, rest):
    """Whatever part of the agreements a reader knows, with what the owner has published."""
    promised = [one for one in known if takes(one, NOW.day) is not None]
    published = [told(one, bytes([place]) * 8) for place, one in enumerate(promised)]

    def days_of(seen):
        return sorted(
            (replace(one, agreement=None) for one in seen.bookings if one.state != "asked"),
            key=repr,
        )

    owner = calendar_of(*known, quantity=quantity, rest=rest, published=published)
    party = calendar_of(*known[:own], quantity=quantity, rest=rest, published=published)
    stranger = calendar_of(quantity=quantity, rest=rest, published=published)
    assert days_of(owner) == days_of(party)
    assert [one.span for one in owner.conflicts] == [one.span for one in stranger.conflicts]
    assert [one.span for one in free(owner)] == [one.span for one in free(stranger)]
    assert all(one.agreement is None and one.state != "asked" for one in stranger.bookings)
