"""domain.listing: offers and wants, and the days on which things are promised."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import BusyPeriod, ListingBusy, ListingClose
from p2pshare.domain.listing import available, conflicts, fold_busy, fold_listing, merged
from p2pshare.domain.vocabulary import ExchangeType, ItemType


def fold(entries):
    return fold_listing(entries[0].entry_id[:16], entries)


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
        ben, "listing.busy", ListingBusy(periods=(BusyPeriod("2026-11-23", None, 1, True),))
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
    body = ListingBusy(periods=tuple(BusyPeriod(*period) for period in periods))
    return make.entry(author, "listing.busy", body, after=after)


def test_the_last_busy_replaces_the_one_before(make, ada):
    first = busy(make, ada, ("2026-11-23", "2026-11-24", 1, False))
    second = busy(make, ada, ("2026-11-25", "2026-11-26", 1, True), after=[first])
    expected = (BusyPeriod("2026-11-25", "2026-11-26", 1, True),)
    assert fold_busy(ada, [second, first]) == expected
    assert fold_busy(ada, [first, second, busy(make, ada, after=[second])]) == ()


def test_two_computers_of_an_owner_are_united_without_counting_twice(make, ada):
    known_to_both = ("2026-11-23", "2026-11-24", 1, False)
    left = busy(make, ada, known_to_both, ("2026-12-01", "2026-12-02", 1, False))
    right = busy(make, ada, known_to_both, known_to_both, ("2026-12-05", None, 1, True))
    assert fold_busy(ada, [left, right]) == (
        BusyPeriod("2026-11-23", "2026-11-24", 2, False),
        BusyPeriod("2026-12-01", "2026-12-02", 1, False),
        BusyPeriod("2026-12-05", None, 1, True),
    )


def test_a_busy_entry_stays_the_last_while_only_edits_follow(make, ada):
    created = make.entry(ada, "listing.put", make.put())
    promised = busy(make, ada, ("2026-11-23", "2026-11-24", 1, False), after=[created])
    edited = make.entry(ada, "listing.put", make.put(title="x"), after=[promised])
    assert len(fold_busy(ada, [edited, promised, created])) == 1
    replaced = busy(make, ada, after=[edited])
    assert fold_busy(ada, [replaced, edited, promised, created]) == ()


def test_what_is_out_stays_away_until_it_is_back():
    promised = BusyPeriod("2026-11-23", "2026-11-24", 1, False)
    out = BusyPeriod("2026-11-23", "2026-11-24", 1, True)
    for day, when_promised, when_out in [
        ("2026-11-22", 3, 3),
        ("2026-11-23", 2, 2),
        ("2026-11-24", 2, 2),
        ("2026-11-25", 3, 2),
        ("2027-11-25", 3, 2),
    ]:
        assert available(3, [promised], day) == when_promised
        assert available(3, [out], day) == when_out
    assert available(1, [promised, out], "2026-11-23") == 0


def test_conflicts_are_the_days_of_too_many_promises():
    periods = [
        BusyPeriod("2026-11-01", "2026-11-10", 1, False),
        BusyPeriod("2026-11-05", "2026-11-06", 1, False),
        BusyPeriod("2026-11-07", "2026-11-07", 2, True),
        BusyPeriod("2026-11-10", None, 1, False),
        BusyPeriod("2026-11-20", "2026-11-30", 1, False),
        BusyPeriod("2026-11-09", "2026-11-02", 5, False),
    ]
    assert conflicts(1, periods) == [
        ("2026-11-05", "2026-11-07"),
        ("2026-11-10", "2026-11-10"),
        ("2026-11-20", "2026-11-30"),
    ]
    assert conflicts(2, periods) == [("2026-11-07", "2026-11-07")]
    assert conflicts(3, periods) == []
    assert conflicts(0, periods[3:4]) == [("2026-11-10", None)]
    assert conflicts(0, [BusyPeriod("9999-12-31", "9999-12-31", 1, False)]) == [
        ("9999-12-31", "9999-12-31")
    ]


FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 30).map(lambda count: (FIRST + timedelta(count)).isoformat())
PERIODS = st.lists(
    st.builds(BusyPeriod, DAYS, st.none() | DAYS, st.integers(1, 3), st.booleans()), max_size=8
)


@given(PERIODS, st.integers(0, 6), st.integers(0, 40))
def test_a_day_is_in_conflict_exactly_if_too_much_is_promised_on_it(periods, quantity, count):
    day = (FIRST + timedelta(count)).isoformat()
    taken = sum(
        period.quantity
        for period in periods
        if period.from_day <= day and (period.until_day is None or day <= period.until_day)
    )
    found = conflicts(quantity, periods)
    hits = [span for span in found if span[0] <= day and (span[1] is None or day <= span[1])]
    assert len(hits) == (1 if taken > quantity else 0)
    assert found == sorted(found, key=lambda span: span[0])
    assert 0 <= available(quantity, periods, day) <= quantity
    assert available(quantity, periods, day) <= max(0, quantity - taken)


@given(PERIODS, st.randoms(use_true_random=False))
def test_merging_keeps_every_day_s_sum_and_forgets_the_order(periods, randomly):
    shuffled = list(periods)
    randomly.shuffle(shuffled)
    assert merged(shuffled) == merged(periods) == merged(merged(periods))
    assert sum(period.quantity for period in merged(periods)) == sum(
        period.quantity for period in periods
    )


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
            "busy": ListingBusy(periods=(BusyPeriod("2026-11-23", None, place + 1, False),)),
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
