"""domain.gift: from asking to having; what was given does not come back."""

import itertools

import pytest

from p2pshare.domain.agreement import allowed_moves, both_signed, fold_agreement
from p2pshare.domain.gift import GIFT

PATHS = {
    "requested": [],
    "accepted": ["accept"],
    "declined": ["decline"],
    "cancelled": ["accept", ("giver", "cancel")],
    "given": ["accept", "hand-over"],
}


def after(make, recipient, giver, path):
    entries = make.agreement(GIFT, recipient, giver, path)
    return fold_agreement(GIFT, entries[0], giver, entries[1:])


@pytest.mark.parametrize("state", PATHS)
def test_every_state_is_reached(make, ada, ben, state):
    assert after(make, ben, ada, PATHS[state]).state == state


@pytest.mark.parametrize(
    ("state", "recipient_moves", "giver_moves"),
    [
        ("requested", ["cancel"], ["accept", "decline"]),
        ("accepted", ["cancel", "receive"], ["cancel", "hand-over"]),
        ("declined", [], []),
        ("cancelled", [], []),
        ("given", ["receive"], []),
    ],
)
def test_who_may_do_what(make, ada, ben, state, recipient_moves, giver_moves):
    gift = after(make, ben, ada, PATHS[state])
    for person, moves in ((ben, recipient_moves), (ada, giver_moves)):
        assert [row.move for row in allowed_moves(GIFT, gift, person, 1000)] == moves


def test_what_is_promised_and_gone_for_good():
    assert {"accepted", "given"} == GIFT.promises
    assert {"given"} == GIFT.out
    assert {"accepted", "given"} == GIFT.for_good, "it is promised once"
    assert frozenset() == GIFT.held


def test_both_say_that_it_changed_hands(make, ada, ben):
    for path in (["hand-over", "receive"], ["receive", "hand-over"]):
        gift = after(make, ben, ada, ["accept", *path])
        assert gift.state == "given"
        assert both_signed(GIFT, gift) == (("hand-over", "receive"),)


@pytest.mark.parametrize(
    ("path", "moves", "state"),
    [
        ([], [("giver", "accept"), ("recipient", "cancel")], "cancelled"),
        ([], [("giver", "accept"), ("giver", "decline")], "declined"),
        (["accept"], [("giver", "hand-over"), ("recipient", "cancel")], "given"),
        (["accept"], [("recipient", "receive"), ("giver", "cancel")], "given"),
    ],
)
def test_what_concurrent_moves_mean(make, ada, ben, path, moves, state):
    people = {"recipient": ben, "giver": ada}
    for _ in range(6):
        entries = make.agreement(GIFT, ben, ada, path)
        concurrent = [
            make.entry(people[role], GIFT.kind_of(move), GIFT.body_of(move)(), after=entries[-1:])
            for role, move in moves
        ]
        for order in itertools.permutations(concurrent):
            assert fold_agreement(GIFT, entries[0], ada, [*entries[1:], *order]).state == state
