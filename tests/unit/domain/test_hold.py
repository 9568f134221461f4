"""domain.hold: a place in the queue, a turn that is offered, and what ends it."""

import itertools
from hashlib import sha256

import pytest

from p2pshare.domain.agreement import allowed_moves, fold_agreement
from p2pshare.domain.agreement_bodies import HoldOffer
from p2pshare.domain.hold import HOLD, OPEN, queue_tag

OFFERED_UNTIL_MS = 5000
PATHS = {
    "waiting": [],
    "offered": ["offer"],
    "taken": ["offer", "take"],
    "dropped": ["drop"],
    "removed": ["remove"],
    "expired": ["offer", "lapse"],
}


def entries_of(make, holder, owner, path, times=None):
    times = {"lapse": OFFERED_UNTIL_MS + 1, **(times or {})}
    return make.agreement(HOLD, holder, owner, path, times=times)


def after(make, holder, owner, path, times=None):
    entries = entries_of(make, holder, owner, path, times)
    return fold_agreement(HOLD, entries[0], owner, entries[1:])


@pytest.mark.parametrize("state", PATHS)
def test_every_state_is_reached(make, ada, ben, state):
    assert after(make, ben, ada, PATHS[state]).state == state


def test_the_states_of_those_who_wait_are_the_open_ones():
    assert {"waiting", "offered"} == OPEN


def test_it_promises_nothing():
    for states in (HOLD.promises, HOLD.out, HOLD.asked, HOLD.held):
        assert states == frozenset()


def test_an_offer_says_until_when(make, ada, ben):
    assert after(make, ben, ada, []).offered_until_ms is None
    assert after(make, ben, ada, ["offer"]).offered_until_ms == OFFERED_UNTIL_MS


@pytest.mark.parametrize(
    ("move", "time_ms", "state"),
    [
        ("take", OFFERED_UNTIL_MS, "taken"),
        ("take", OFFERED_UNTIL_MS + 1, "offered"),
        ("lapse", OFFERED_UNTIL_MS, "offered"),
        ("lapse", OFFERED_UNTIL_MS + 1, "expired"),
    ],
)
def test_a_turn_is_taken_in_time_and_lapses_after_it(make, ada, ben, move, time_ms, state):
    assert after(make, ben, ada, ["offer", move], {move: time_ms}).state == state


@pytest.mark.parametrize("move", ["take", "lapse"])
def test_without_an_offer_there_is_no_turn(make, ada, ben, move):
    assert after(make, ben, ada, [move]).state == "waiting"


@pytest.mark.parametrize(
    ("state", "now_ms", "holder_moves", "owner_moves"),
    [
        ("waiting", 1000, ["drop"], ["offer", "remove"]),
        ("offered", OFFERED_UNTIL_MS, ["take", "drop"], ["remove"]),
        ("offered", OFFERED_UNTIL_MS + 1, ["drop"], ["remove", "lapse"]),
        ("taken", 1000, [], []),
        ("dropped", 1000, [], []),
        ("removed", 1000, [], []),
        ("expired", 9000, [], []),
    ],
)
def test_who_may_do_what(make, ada, ben, state, now_ms, holder_moves, owner_moves):
    hold = after(make, ben, ada, PATHS[state])
    for person, moves in ((ben, holder_moves), (ada, owner_moves)):
        assert [row.move for row in allowed_moves(HOLD, hold, person, now_ms)] == moves


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ([("holder", "take"), ("owner", "remove")], "taken"),
        ([("holder", "take"), ("owner", "lapse")], "taken"),
        ([("holder", "drop"), ("owner", "lapse")], "dropped"),
        ([("holder", "drop"), ("owner", "remove")], "dropped"),
        ([("owner", "remove"), ("owner", "lapse")], "removed"),
    ],
)
def test_what_concurrent_moves_mean(make, ada, ben, moves, state):
    people = {"holder": ben, "owner": ada}
    for _ in range(6):
        entries = entries_of(make, ben, ada, ["offer"])
        concurrent = [
            make.entry(
                people[role],
                HOLD.kind_of(move),
                HOLD.body_of(move)(),
                after=entries[-1:],
                time_ms=OFFERED_UNTIL_MS + (move == "lapse"),
            )
            for role, move in moves
        ]
        for order in itertools.permutations(concurrent):
            folded = fold_agreement(HOLD, entries[0], ada, [*entries[1:], *order])
            assert folded.state == state


def test_leaving_and_an_offer_that_was_not_seen(make, ada, ben):
    waiting = entries_of(make, ben, ada, [])
    offer = HoldOffer(offered_until_ms=OFFERED_UNTIL_MS)
    concurrent = [
        make.entry(ada, "hold.offer", offer, after=waiting),
        make.entry(ben, "hold.drop", HOLD.body_of("drop")(), after=waiting),
    ]
    for order in itertools.permutations(concurrent):
        assert fold_agreement(HOLD, waiting[0], ada, order).state == "dropped"


def test_the_tag_of_a_hold_is_as_the_protocol_says_and_gives_no_token_away():
    token = b"token--1"
    tag = queue_tag(token)
    assert tag == sha256(b"p2pshare hold v1\0" + token).digest()[:8]
    assert tag not in (token, queue_tag(tag))
