"""domain.listing: offers and wants, and the days on which things are promised."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import BusyPeriod, ListingBusy, ListingClose
from p2pshare.domain.days import Span
from p2pshare.domain.listing import (
    as_it_stands,
    available,
    conflicts,
    fold_listing,
    latest_told,
    merged,
    periods_of,
    queue_of,
)
from p2pshare.domain.vocabulary import ExchangeType, ItemType


def period(from_day, until_day, quantity=1, out=False, tag="promise", *minutes):
    """A busy period; ``tag`` is a word of at most 8 letters that names the promise."""
    return BusyPeriod(from_day, until_day, quantity, out, tag.encode().ljust(8, b"."), *minutes)


def fold(entries):
    return fold_listing(entries[0].entry_id[:16], entries)


def fold_busy(owner, entries):
    return periods_of(latest_told(owner, entries))


def fold_queue(owner, entries):
    return queue_of(latest_told(owner, entries))


def test_the_creating_put_makes_a_listing(make, ada):
    created = make.entry(ada, "listing.put", make.put(title="Drill", tags=("diy",), quantity=2))
    state = fold([created])
    assert (state.owner, state.title, state.tags, state.quantity) == (ada, "Drill", ("diy",), 2)
    assert (state.exchange_type, state.item_type) == (ExchangeType.OFFER, ItemType.GOOD)
    assert (state.closed, state.put_entry) == (False, created.entry_id)
    assert state.listing == created.entry_id[:16]


def test_without_the_creating_put_there_is_no_listing(make, ada):
    created = make.entry(ada, "listing.put", make.put())
    edited = make.entry(ada, "listing.put", make.put(title="New"), after=[created])
    listing = created.entry_id[:16]
    assert fold_listing(listing, [edited]) is None
    erased = make.entry(ada, "listing.put", None)
    assert fold_listing(erased.entry_id[:16], [erased, edited]) is None
    closing = make.entry(ada, "listing.close", ListingClose())
    assert fold_listing(closing.entry_id[:16], [closing]) is None


def test_an_edit_obeys_cause_and_not_time(make, ada):
    created = make.entry(ada, "listing.put", make.put(title="one"), time_ms=9000)
    edits = [created]
    for number in range(5):
        edits.append(
            make.entry(ada, "listing.put", make.put(title=str(number)), after=edits[-1:], time_ms=1)
        )
    assert fold(edits).title == "4"
    assert fold_listing(created.entry_id[:16], reversed(edits)).title == "4"


def test_entries_of_others_change_nothing(make, ada, ben):
    created = make.entry(ada, "listing.put", make.put())
    foreign = [
        make.entry(ben, "listing.put", make.put(title="Thief"), after=[created]),
        make.entry(ben, "listing.close", ListingClose(), after=[created]),
    ]
    busy = make.entry(
        ben, "listing.busy", ListingBusy(periods=(period("2026-11-23", None, 1, True),))
    )
    assert fold([created, *foreign, busy]) == fold([created])
    assert fold_busy(ada, [created, *foreign, busy]) == ()


@pytest.mark.parametrize("attempt", range(4))
def test_closing_wins_over_concurrent_edits_whatever_the_ids(make, ada, attempt):
    created = make.entry(ada, "listing.put", make.put())
    edit = make.entry(ada, "listing.put", make.put(title=f"edit {attempt}"), after=[created])
    later = make.entry(ada, "listing.put", make.put(title=f"more {attempt}"), after=[edit])
    closing = make.entry(ada, "listing.close", ListingClose(), after=[created])
    state = fold([created, edit, later, closing])
    assert state.closed
    assert state.title == f"more {attempt}"
    reopened = make.entry(ada, "listing.put", make.put(title="again"), after=[closing, later])
    assert not fold([created, closing, reopened, later, edit]).closed


def test_the_last_day_is_included(make, ada):
    state = fold([make.entry(ada, "listing.put", make.put(expires="2026-11-23"))])
    assert not state.expired("2026-11-23")
    assert state.expired("2026-11-24")
    assert not fold([make.entry(ada, "listing.put", make.put())]).expired("9999-12-31")


def busy(make, author, *periods, after=()):
    body = ListingBusy(periods=tuple(period(*each) for each in periods))
    return make.entry(author, "listing.busy", body, after=after)


def test_the_last_busy_replaces_the_one_before(make, ada):
    first = busy(make, ada, ("2026-11-23", "2026-11-24", 1, False))
    second = busy(make, ada, ("2026-11-25", "2026-11-26", 1, True), after=[first])
    expected = (period("2026-11-25", "2026-11-26", 1, True),)
    assert fold_busy(ada, [second, first]) == expected
    assert fold_busy(ada, [first, second, busy(make, ada, after=[second])]) == ()


def test_two_computers_of_an_owner_are_united_without_counting_twice(make, ada):
    known_to_both = ("2026-11-23", "2026-11-24", 1, False, "both")
    left = busy(make, ada, known_to_both, ("2026-12-01", "2026-12-02", 1, False, "left"))
    right = busy(make, ada, known_to_both, ("2026-12-05", None, 1, True, "right"))
    united = (
        period(*known_to_both),
        period("2026-12-01", "2026-12-02", 1, False, "left"),
        period("2026-12-05", None, 1, True, "right"),
    )
    assert fold_busy(ada, [left, right]) == fold_busy(ada, [right, left]) == united


def test_two_promises_of_the_same_days_are_two(make, ada):
    same_days = ("2026-11-23", "2026-11-24", 1, False)
    left, right = busy(make, ada, (*same_days, "left")), busy(make, ada, (*same_days, "right"))
    together = fold_busy(ada, [left, right])
    assert len(together) == 2
    assert conflicts(1, together) == [Span("2026-11-23", "2026-11-24")]


def test_of_one_promise_what_takes_most_holds(make, ada):
    ascending = [
        ("2026-11-24", "2026-11-25", 1, False),
        ("2026-11-23", "2026-11-25", 2, False),
        ("2026-11-24", "2026-11-25", 2, False),
        ("2026-11-23", "9999-12-31", 1, False),
        ("2026-11-23", None, 1, False),
        ("2026-11-23", "2026-11-24", 1, True),
    ]
    for weaker, stronger in itertools.pairwise(ascending):
        for both in ([weaker, stronger], [stronger, weaker]):
            assert fold_busy(ada, [busy(make, ada, one) for one in both]) == (period(*stronger),)


def test_a_busy_entry_stays_the_last_while_only_edits_follow(make, ada):
    created = make.entry(ada, "listing.put", make.put())
    promised = busy(make, ada, ("2026-11-23", "2026-11-24", 1, False), after=[created])
    edited = make.entry(ada, "listing.put", make.put(title="x"), after=[promised])
    assert len(fold_busy(ada, [edited, promised, created])) == 1
    replaced = busy(make, ada, after=[edited])
    assert fold_busy(ada, [replaced, edited, promised, created]) == ()


def test_what_is_out_stays_away_until_it_is_back():
    promised = period("2026-11-23", "2026-11-24", 1, False)
    out = period("2026-11-23", "2026-11-24", 1, True)
    for day, when_promised, when_out in [
        ("2026-11-22", 3, 2),  # handed over before its first day
        ("2026-11-23", 2, 2),
        ("2026-11-24", 2, 2),
        ("2026-11-25", 3, 2),
        ("2027-11-25", 3, 2),
    ]:
        assert available(3, [promised], day) == when_promised
        assert available(3, [out], day) == when_out
    assert available(1, [promised, out], "2026-11-23") == 0


def test_what_is_out_is_away_from_now_until_it_is_back():
    out = period("2026-11-23", "2026-11-24", 1, True, "one", 540, 720)
    early = as_it_stands(out, "2026-11-20", 60)
    assert (early.from_day, early.from_minute) == ("2026-11-20", 60)
    assert (early.until_day, early.until_minute) == ("2026-11-24", 720)
    assert as_it_stands(out, "2026-11-24", 720) == out
    late = as_it_stands(out, "2026-11-24", 721)
    assert (late.from_day, late.from_minute, late.until_day) == ("2026-11-23", 540, None)
    promised = period("2026-11-23", "2026-11-24", 1, False)
    assert as_it_stands(promised, "2026-11-30", 0) == promised


def test_conflicts_are_the_days_of_too_many_promises():
    periods = [
        period("2026-11-01", "2026-11-10", 1, False),
        period("2026-11-05", "2026-11-06", 1, False),
        period("2026-11-07", "2026-11-07", 2, True),
        period("2026-11-10", None, 1, False),
        period("2026-11-20", "2026-11-30", 1, False),
        period("2026-11-09", "2026-11-02", 5, False),
    ]
    assert conflicts(1, periods) == [
        Span("2026-11-05", "2026-11-07"),
        Span("2026-11-10", "2026-11-10"),
        Span("2026-11-20", "2026-11-30"),
    ]
    assert conflicts(2, periods) == [Span("2026-11-07", "2026-11-07")]
    assert conflicts(3, periods) == []
    assert conflicts(0, periods[3:4]) == [Span("2026-11-10", None)]
    assert conflicts(0, [period("9999-12-31", "9999-12-31", 1, False)]) == [
        Span("9999-12-31", "9999-12-31")
    ]


def test_a_thing_rests_between_two_loans():
    morning = period("2026-11-01", "2026-11-01", 1, False, "one", 9 * 60, 12 * 60)
    noon = period("2026-11-01", "2026-11-01", 1, False, "two", 12 * 60, 15 * 60)
    assert conflicts(1, [morning, noon]) == []
    assert conflicts(1, [morning, noon], 30) == [
        Span("2026-11-01", "2026-11-01", 12 * 60, 12 * 60 + 30)
    ]


def test_an_hours_rest_takes_no_whole_day():
    first = period("2026-11-01", "2026-11-02", 1, False, "one")
    second = period("2026-11-03", "2026-11-04", 1, False, "two")
    assert conflicts(1, [first, second], 60) == []
    assert conflicts(1, [first, second], 24 * 60) == [Span("2026-11-03", "2026-11-03")]


def test_the_queue_is_as_the_owner_told_last(make, ada, ben):
    first = make.entry(ada, "listing.busy", ListingBusy(queue=(b"a" * 8, b"b" * 8)), label="1")
    forged = make.entry(ben, "listing.busy", ListingBusy(queue=(b"x" * 8,)), label="2")
    later = make.entry(
        ada, "listing.busy", ListingBusy(queue=(b"b" * 8,)), label="3", after=[first]
    )
    assert fold_queue(ada, [first, forged]) == (b"a" * 8, b"b" * 8)
    assert fold_queue(ada, [later, forged, first]) == (b"b" * 8,)
    apart = make.entry(ada, "listing.busy", ListingBusy(queue=(b"c" * 8, b"b" * 8)), label="4")
    assert set(fold_queue(ada, [later, apart, first])) == {b"b" * 8, b"c" * 8}
    assert fold_queue(ada, [later, apart]) == fold_queue(ada, [apart, later])


FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 30).map(lambda count: (FIRST + timedelta(count)).isoformat())
TAGS = st.sampled_from(["one", "two", "three", "four"])
PERIODS = st.lists(
    st.builds(period, DAYS, st.none() | DAYS, st.integers(1, 3), st.booleans(), TAGS), max_size=8
)


@given(PERIODS, st.integers(0, 6), st.integers(0, 40))
def test_a_day_is_in_conflict_exactly_if_too_much_is_promised_on_it(periods, quantity, count):
    day = (FIRST + timedelta(count)).isoformat()
    taken = sum(
        one.quantity
        for one in periods
        if one.from_day <= day and (one.until_day is None or day <= one.until_day)
    )
    found = conflicts(quantity, periods)
    hits = [span for span in found if span[0] <= day and (span[1] is None or day <= span[1])]
    assert len(hits) == (1 if taken > quantity else 0)
    assert found == sorted(found, key=lambda span: span[0])
    assert 0 <= available(quantity, periods, day) <= quantity
    assert available(quantity, periods, day) <= max(0, quantity - taken)


@given(PERIODS, st.randoms(use_true_random=False))
def test_merging_leaves_one_period_for_each_promise_and_forgets_the_order(periods, randomly):
    shuffled = [*periods, *periods]
    randomly.shuffle(shuffled)
    assert merged(shuffled) == merged(periods) == merged(merged(periods))
    assert {one.tag for one in merged(periods)} == {one.tag for one in periods}
    assert len(merged(periods)) == len({one.tag for one in periods})


@given(
    st.lists(st.sampled_from(["put", "close", "busy", "foreign", "erased"]), max_size=8), st.data()
)
def test_the_fold_depends_on_no_order(make, ada, ben, kinds, data):
    entries = [make.entry(ada, "listing.put", make.put(), label="created")]
    for place, kind in enumerate(kinds):
        before = data.draw(st.lists(st.sampled_from(entries), max_size=2, unique=True))
        author = ben if kind == "foreign" else ada
        body = {
            "put": make.put(title=f"title {place}"),
            "close": ListingClose(),
            "busy": ListingBusy(periods=(period("2026-11-23", None, place + 1),)),
            "foreign": make.put(title="foreign"),
            "erased": None,
        }[kind]
        name = {"close": "listing.close", "busy": "listing.busy"}.get(kind, "listing.put")
        entries.append(make.entry(author, name, body, after=before, label=f"{kind} {place}"))
    expected = (fold(entries), fold_busy(ada, entries))
    shuffled = data.draw(st.permutations(entries))
    assert (fold_listing(entries[0].entry_id[:16], shuffled), fold_busy(ada, shuffled)) == expected
    silenced = [replace(entry, body=None) if entry.author == ben else entry for entry in entries]
    assert (fold(silenced), fold_busy(ada, silenced)) == expected
