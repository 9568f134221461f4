"""domain.hold_rules: who may wait, in which order, and whose turn it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.agreement_bodies import HoldAdd
from p2pshare.domain.bodies import BusyPeriod, LoanPolicy
from p2pshare.domain.commands import AddHold
from p2pshare.domain.hold import HOLD, OPEN, queue_tag
from p2pshare.domain.hold_rules import (
    HOUR_MS,
    add_hold,
    due_moves,
    open_holds,
    position,
    queue,
    reserved,
    take_turn,
    turn_of,
)
from p2pshare.domain.loan import LOAN
from p2pshare.errors import DomainError
from p2pshare.limits import HOLDS_MAX

TODAY = "2026-11-23"
NOW_MS = 4000
OFFERED_UNTIL_MS = 5000  # as conftest's bodies have it
LISTING = b"L" * 16


@pytest.fixture(scope="session")
def hold_of(make, ada):
    """A hold on Ada's drill by somebody after ``path``."""

    def build(name, *path, token=None, time_ms=1000):
        token = token or name.encode().ljust(8, b"-")
        times = {"add": time_ms, "lapse": OFFERED_UNTIL_MS + 1}
        entries = make.agreement(HOLD, make.person(name), ada, path, times=times, token=token)
        return fold_agreement(HOLD, entries[0], ada, entries[1:])

    return build


@pytest.fixture(scope="session")
def loan_of(make, ada):
    def build(name, *path, quantity=1):
        request = make.request(quantity=quantity)
        entries = make.loan(make.person(name), ada, path, request=request)
        return fold_agreement(LOAN, entries[0], ada, entries[1:])

    return build


def tag(name):
    """What stands in the queue for the hold that ``hold_of(name)`` builds."""
    return queue_tag(name.encode().ljust(8, b"-"))


def moves_of(made):
    return [(one.hold, one.draft.kind.removeprefix("hold.")) for one in made]


# --- waiting ----------------------------------------------------------------------------------


def add(drill, person, *, holds=(), waiting=0):
    command = AddHold(person=person, listing=LISTING)
    return add_hold(drill, b"header", command, TODAY, b"token--1", holds, waiting)


def test_who_waits_says_what_for_and_by_which_token(drill, ben):
    kind, body = add(drill, ben)
    assert kind == "hold.add"
    assert body == HoldAdd(
        listing=LISTING,
        listing_header=b"header",
        title="Drill",
        quantity=1,
        from_day=TODAY,
        until_day=TODAY,
        token=b"token--1",
    )


def test_one_waits_once_for_a_thing(drill, ben, hold_of):
    for path in ((), ("offer",)):
        with pytest.raises(DomainError, match="waiting for that already"):
            add(drill, ben, holds=[hold_of("Ben", *path)])
    for path in (("drop",), ("remove",), ("offer", "take"), ("offer", "lapse")):
        assert add(drill, ben, holds=[hold_of("Ben", *path)])
    assert add(drill, ben, holds=[hold_of("Cleo")])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"closed": True}, "closed"),
        ({"expires": "2026-11-22"}, "ended on"),
        ({"transaction_types": ("receive-donate",)}, "not for lending"),
    ],
)
def test_what_cannot_be_waited_for(drill, ben, changes, reason):
    with pytest.raises(DomainError, match=reason):
        add(replace(drill, **changes), ben)


def test_nobody_waits_for_their_own(drill, ada):
    with pytest.raises(DomainError, match="your own listing"):
        add(drill, ada)


@pytest.mark.parametrize("more", [0, 1])
def test_a_queue_has_an_end(drill, ben, more):
    waiting = HOLDS_MAX - 1 + more
    if more:
        with pytest.raises(DomainError, match="too many people"):
            add(drill, ben, waiting=waiting)
    else:
        assert add(drill, ben, waiting=waiting)


def test_only_who_waits_can_leave(ben, hold_of):
    mine = hold_of("Ben")
    assert open_holds([hold_of("Cleo"), mine, hold_of("Ben", "drop")], ben) == [mine]
    with pytest.raises(DomainError, match="not waiting"):
        open_holds([hold_of("Cleo")], ben)


@pytest.mark.parametrize(("now_ms", "theirs"), [(OFFERED_UNTIL_MS, True), (5001, False)])
def test_a_turn_is_whose_it_was_offered_to_in_time(ben, hold_of, now_ms, theirs):
    offered = hold_of("Ben", "offer")
    assert turn_of([hold_of("Ben"), offered], ben, now_ms) == (offered if theirs else None)
    assert turn_of([hold_of("Cleo", "offer")], ben, now_ms) is None
    assert take_turn().kind == "hold.take"


# --- the order --------------------------------------------------------------------------------


def test_the_order_is_kept_and_who_is_new_comes_last(hold_of):
    holds = [hold_of(name, time_ms=time) for name, time in (("a", 3), ("b", 2), ("c", 1))]
    assert queue(holds, ()) == (tag("c"), tag("b"), tag("a"))
    assert queue(holds, (tag("a"),)) == (tag("a"), tag("c"), tag("b"))
    assert queue(holds[:1], (tag("b"), tag("a"))) == (tag("b"), tag("a"))


def test_who_is_through_has_no_place(hold_of):
    paths = [("drop",), ("remove",), ("offer", "take"), ("offer", "lapse")]
    holds = [hold_of(f"p{number}", *path) for number, path in enumerate(paths)]
    published = [tag(f"p{number}") for number in range(len(paths))]
    assert queue([*holds, hold_of("z")], published) == (tag("z"),)


def test_nobody_has_two_places(hold_of):
    holds = [hold_of("Ben", token=b"first---"), hold_of("Ben", token=b"second--", time_ms=2000)]
    first, second = (queue_tag(one.opening.token) for one in holds)
    assert queue(holds, ()) == (first,)
    assert queue(holds, (second,)) == (second,)


def test_who_copies_what_is_published_takes_nobody_s_place(hold_of):
    ben = hold_of("Ben")
    published = queue([ben], ())
    copied = hold_of("Cleo", token=published[0])
    for holds in ([ben, copied], [copied, ben]):
        assert queue(holds, published) == (*published, queue_tag(published[0]))


def test_the_place_is_counted_from_one():
    assert position(b"b", (b"a", b"b")) == 2
    assert position(b"c", (b"a", b"b")) is None


@st.composite
def queues(draw):
    """People after some moves, and a queue that was published before."""
    paths = st.sampled_from([(), ("offer",), ("drop",), ("remove",), ("offer", "take")])
    names = draw(st.lists(st.sampled_from("abcdefgh"), max_size=8))
    people = [
        (name, draw(paths), f"{name}{place}".ljust(8, "-").encode(), draw(st.integers(0, 3)))
        for place, name in enumerate(names)
    ]
    tags = [queue_tag(token) for _, _, token, _ in people]
    known_before = draw(st.lists(st.sampled_from([*tags, b"unknown-"]), unique=True))
    return people, tuple(known_before)


@given(queues(), st.randoms(use_true_random=False))
def test_any_queue(hold_of, drawn, random):
    people, published = drawn
    holds = [hold_of(name, *path, token=tok, time_ms=time) for name, path, tok, time in people]
    order = queue(holds, published)
    mixed = list(holds)
    random.shuffle(mixed)
    assert queue(mixed, published) == order, "whatever the order of the rows"
    assert queue(holds, order) == order, "published, it stays"
    assert len(set(order)) == len(order)
    known = {queue_tag(one.opening.token): one for one in holds}
    waiting = {one.parties[0] for one in holds if one.underlying in OPEN}
    listed = [known[one].parties[0] for one in order if one in known]
    assert sorted(listed) == sorted(waiting), "each who waits once, and nobody else"
    assert (b"unknown-" in order) == (b"unknown-" in published)
    kept = [one for one in published if one in order]
    assert list(order[: len(kept)]) == kept, "nobody is overtaken"


# --- the owner's computer ---------------------------------------------------------------------


def due(drill, holds, *, loans=(), free=1, now_ms=NOW_MS, today=TODAY):
    return due_moves(drill, holds, loans, queue(holds, ()), free, today, now_ms)


def test_the_first_is_offered_the_turn_for_as_long_as_policy_says(drill, hold_of):
    listing = replace(drill, policy=LoanPolicy(hold_hours=5))
    first, second = hold_of("a", time_ms=1), hold_of("b", time_ms=2)
    (move,) = due(listing, [second, first])
    assert move.hold == first.agreement
    assert move.draft.body.offered_until_ms == NOW_MS + 5 * HOUR_MS


def test_as_many_turns_as_things_are_free_and_not_offered(drill, hold_of):
    waiting = [hold_of(name) for name in "abc"]
    offered = hold_of("d", "offer")
    for free, count in ((0, 0), (1, 0), (2, 1), (3, 2), (9, 3)):
        assert len(due(drill, [*waiting, offered], free=free)) == count


def test_a_turn_that_has_passed_lapses_and_the_next_is_offered(drill, hold_of):
    passed, waiting = hold_of("a", "offer"), hold_of("b")
    assert due(drill, [passed, waiting], now_ms=OFFERED_UNTIL_MS) == []
    moves = moves_of(due(drill, [passed, waiting], now_ms=OFFERED_UNTIL_MS + 1))
    assert moves == [(passed.agreement, "lapse"), (waiting.agreement, "offer")]


def test_nothing_is_offered_of_what_has_ended(drill, hold_of):
    ended = replace(drill, expires="2026-11-22")
    assert due(ended, [hold_of("a")]) == []
    closed = moves_of(due(replace(drill, closed=True), [hold_of("a"), hold_of("b", "offer")]))
    assert [move for _, move in closed] == ["remove", "remove"]


def test_who_has_it_is_taken_out(drill, hold_of, loan_of):
    hold, other = hold_of("a"), hold_of("b")
    out = loan_of("a", ("lender", "accept"), ("lender", "hand-over"))
    assert moves_of(due(drill, [hold, other], loans=[out], free=0)) == [(hold.agreement, "remove")]
    asked = loan_of("a")
    assert due(drill, [hold], loans=[asked], free=0) == []


def test_what_was_asked_for_in_one_s_turn_is_kept_until_it_is_answered(drill, hold_of, loan_of):
    taken, waiting = hold_of("a", "offer", "take"), hold_of("b")
    assert due(drill, [taken, waiting], loans=[loan_of("a")]) == []
    assert len(due(drill, [taken, waiting], loans=[loan_of("a")], free=2)) == 1
    declined = loan_of("a", ("lender", "decline"))
    assert moves_of(due(drill, [taken, waiting], loans=[declined])) == [
        (waiting.agreement, "offer")
    ]
    assert len(due(drill, [waiting], loans=[loan_of("c")])) == 1, "who did not wait has no turn"


def test_one_thing_is_kept_back_for_each_turn_of_others(make, hold_of):
    offered = [hold_of("a", "offer"), hold_of("b", "offer"), hold_of("c")]
    kept = reserved(offered, make.person("a"), TODAY, NOW_MS)
    assert kept == [BusyPeriod(TODAY, None, 1, False, tag("b"))]
    assert reserved(offered, make.person("a"), TODAY, OFFERED_UNTIL_MS + 1) == []
    assert len(reserved(offered, make.person("z"), TODAY, NOW_MS)) == 2


@st.composite
def people_waiting(draw):
    """Up to eight people, each after some moves: name, moves, when they signed."""
    paths = st.sampled_from([(), (), ("offer",), ("drop",), ("offer", "take"), ("offer", "lapse")])
    names = draw(st.lists(st.sampled_from("abcdefgh"), max_size=8, unique=True))
    return [(name, draw(paths), draw(st.integers(0, 3))) for name in names]


@given(
    people_waiting(),
    st.integers(0, 4),
    st.sampled_from([NOW_MS, OFFERED_UNTIL_MS, OFFERED_UNTIL_MS + 1]),
    st.booleans(),
)
def test_what_is_done_leaves_nothing_to_do(make, ada, drill, people, free, now_ms, closed):
    """Whoever waits, whatever is free, and whenever somebody looks."""
    listing = replace(drill, closed=closed)
    entries = {}
    for name, path, time_ms in people:
        times = {"add": time_ms, "lapse": OFFERED_UNTIL_MS + 1}
        made = make.agreement(
            HOLD, make.person(name), ada, path, times=times, token=name.encode().ljust(8, b"-")
        )
        entries[made[0].entry_id[:16]] = made

    def states():
        return [fold_agreement(HOLD, made[0], ada, made[1:]) for made in entries.values()]

    before = queue(states(), ())
    running = [
        one for one in states() if one.underlying == "offered" and now_ms <= OFFERED_UNTIL_MS
    ]
    for hold, draft in due_moves(listing, states(), (), before, free, TODAY, now_ms):
        made = entries[hold]
        made.append(make.entry(ada, draft.kind, draft.body, after=made[-1:], time_ms=now_ms))
    after = states()
    order = queue(after, before)
    assert due_moves(listing, after, (), order, free, TODAY, now_ms) == []
    offered = [one for one in after if one.underlying == "offered"]
    if closed:
        assert order == ()
        return
    waiting = [one for one in after if one.underlying == "waiting"]
    assert len(offered) <= max(free, len(running))
    assert not waiting or len(offered) >= free, "nothing lies idle while somebody waits"
    was_offered = {one.agreement for one in running}
    newly = [one for one in offered if one.agreement not in was_offered]
    place = {tag: number for number, tag in enumerate(order)}
    for first in newly:
        for later in waiting:
            assert place[_tag(first)] < place[_tag(later)], "nobody is passed over"


def _tag(hold):
    return queue_tag(hold.opening.token)
