"""domain.session: asked, agreed, done, and what may be disputed about it."""

import pytest

from p2pshare.domain.agreement import allowed_moves, fold_agreement
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.session import SESSION

PATHS = {
    "requested": [],
    "accepted": ["accept"],
    "declined": ["decline"],
    "cancelled": [("asker", "cancel")],
    "done": ["accept", ("asker", "done")],
    "disputed": ["accept", ("asker", "done"), ("host", "dispute")],
    "settled": [
        *("accept", ("asker", "done"), ("host", "dispute")),
        *(("host", "settle"), ("asker", "settle")),
    ],
}


def after(make, asker, host, path, times=None):
    entries = make.agreement(SESSION, asker, host, path, times=times)
    return fold_agreement(SESSION, entries[0], host, entries[1:])


@pytest.mark.parametrize("state", PATHS)
def test_every_state_is_reached(make, ada, ben, state):
    assert after(make, ben, ada, PATHS[state]).state == state


@pytest.mark.parametrize(
    ("state", "asker_moves", "host_moves"),
    [
        ("requested", ["cancel"], ["accept", "decline"]),
        ("accepted", ["cancel", "done"], ["cancel", "done"]),
        ("declined", [], []),
        ("cancelled", [], []),
        ("done", ["dispute"], ["done", "dispute"]),
        ("disputed", ["dispute", "settle"], ["done", "settle"]),
        ("settled", [], ["done"]),
    ],
)
def test_who_may_do_what(make, ada, ben, state, asker_moves, host_moves):
    session = after(make, ben, ada, PATHS[state])
    for person, moves in ((ben, asker_moves), (ada, host_moves)):
        assert [row.move for row in allowed_moves(SESSION, session, person, 1000)] == moves


def test_a_skill_is_not_taken_off_a_shelf():
    assert SESSION.promises == SESSION.out == SESSION.held == frozenset()


@pytest.mark.parametrize(("more_ms", "state"), [(0, "disputed"), (1, "done")])
def test_it_can_be_disputed_for_14_days(make, ada, ben, more_ms, state):
    times = {"done": 7000, "dispute": 7000 + 14 * DAY_MS + more_ms}
    session = after(make, ben, ada, PATHS["disputed"], times)
    assert (session.state, session.closed_ms) == (state, 7000)
