"""domain.loan: DESIGN section 6's table, row by row, and what concurrent moves mean."""

import itertools
from dataclasses import replace

import pytest

from p2pshare.domain.agreement import allowed_moves, both_signed, fold_agreement
from p2pshare.domain.agreement_bodies import LoanAccept
from p2pshare.domain.days import DAY_MS
from p2pshare.domain.loan import LOAN

ACCEPT = ("lender", "accept")
HAND_OVER = ("lender", "hand-over")
RECEIVE = ("borrower", "receive")
GIVE_BACK = ("borrower", "give-back")
TAKE_BACK = ("lender", "take-back")
LOST = ("lender", "lost")
DISPUTE = ("borrower", "dispute")
SETTLE = ("borrower", "settle")
RENEW = ("borrower", "renew")
GRANT = ("lender", "grant")
REFUSE = ("lender", "refuse")

PATHS = {
    "requested": [],
    "accepted": [ACCEPT],
    "declined": [("lender", "decline")],
    "cancelled": [("borrower", "cancel")],
    "checked_out": [ACCEPT, HAND_OVER, RECEIVE],
    "returned": [ACCEPT, HAND_OVER, RECEIVE, GIVE_BACK],
    "closed": [ACCEPT, HAND_OVER, RECEIVE, GIVE_BACK, TAKE_BACK],
    "lost": [ACCEPT, HAND_OVER, RECEIVE, LOST],
    "disputed": [ACCEPT, HAND_OVER, RECEIVE, GIVE_BACK, DISPUTE],
    "settled": [ACCEPT, HAND_OVER, RECEIVE, GIVE_BACK, DISPUTE, SETTLE, ("lender", "settle")],
}
# DESIGN section 6, written out: (role, move) -> from which states to which.
TRANSITIONS = {
    ("lender", "accept"): {"requested": "accepted"},
    ("lender", "decline"): {"requested": "declined"},
    ("borrower", "cancel"): {"requested": "cancelled", "accepted": "cancelled"},
    ("lender", "cancel"): {"accepted": "cancelled"},
    ("lender", "hand-over"): {"accepted": "checked_out"},
    ("borrower", "receive"): {"accepted": "checked_out"},
    ("borrower", "give-back"): {"checked_out": "returned"},
    ("lender", "take-back"): dict.fromkeys(("checked_out", "returned", "lost"), "closed"),
    ("lender", "lost"): {"checked_out": "lost"},
    **{(role, "settle"): {} for role in ("borrower", "lender")},
    **{
        (role, "dispute"): dict.fromkeys(("checked_out", "returned", "closed", "lost"), "disputed")
        for role in ("borrower", "lender")
    },
}


def state_after(make, borrower, lender, path, times=None):
    entries = make.loan(borrower, lender, path, times={"lost": 6000, **(times or {})})
    return fold_agreement(LOAN, entries[0], lender, entries[1:])


@pytest.mark.parametrize("state", PATHS)
def test_every_state_is_reached(make, ada, ben, state):
    assert state_after(make, ben, ada, PATHS[state]).state == state


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("role", ["borrower", "lender"])
@pytest.mark.parametrize("move", LOAN.moves[1:])
def test_every_move_from_every_state(make, ada, ben, state, role, move):
    after = state_after(make, ben, ada, [*PATHS[state], (role, move)], {"lost": 6000})
    assert after.state == TRANSITIONS.get((role, move), {}).get(state, state)


def test_the_accept_signs_when_it_is_due(make, ada, ben):
    state = state_after(make, ben, ada, PATHS["accepted"])
    assert state.due_at_ms == 5000


@pytest.mark.parametrize(("time_ms", "state"), [(5000, "checked_out"), (5001, "lost")])
def test_lost_is_only_after_it_was_due(make, ada, ben, time_ms, state):
    assert state_after(make, ben, ada, PATHS["lost"], {"lost": time_ms}).state == state


@pytest.mark.parametrize(("more_ms", "state"), [(0, "disputed"), (1, "closed")])
def test_a_closed_loan_can_be_disputed_for_14_days(make, ada, ben, more_ms, state):
    times = {"take-back": 7000, "dispute": 7000 + 14 * DAY_MS + more_ms}
    after = state_after(make, ben, ada, [*PATHS["closed"], DISPUTE], times)
    assert after.state == state
    assert after.closed_ms == 7000


@pytest.mark.parametrize("state", ["checked_out", "returned", "lost"])
def test_what_is_not_closed_can_always_be_disputed(make, ada, ben, state):
    after = state_after(make, ben, ada, [*PATHS[state], DISPUTE], {"dispute": 2**53})
    assert after.state == "disputed"


@pytest.mark.parametrize(
    ("path", "late"),
    [
        ([ACCEPT, HAND_OVER], RECEIVE),
        ([ACCEPT, RECEIVE], HAND_OVER),
        ([ACCEPT, HAND_OVER, GIVE_BACK], RECEIVE),
        ([ACCEPT, HAND_OVER, TAKE_BACK], RECEIVE),
        ([ACCEPT, RECEIVE, TAKE_BACK], HAND_OVER),
        ([ACCEPT, HAND_OVER, LOST], RECEIVE),
        ([ACCEPT, HAND_OVER, DISPUTE], RECEIVE),
        ([ACCEPT, HAND_OVER, TAKE_BACK], GIVE_BACK),
        ([ACCEPT, HAND_OVER, DISPUTE], GIVE_BACK),
        ([ACCEPT, HAND_OVER, GIVE_BACK, DISPUTE], TAKE_BACK),
    ],
)
def test_the_other_s_signature_joins_however_late_and_once(make, ada, ben, path, late):
    before = state_after(make, ben, ada, path)
    after = state_after(make, ben, ada, [*path, late, late])
    assert after.state == before.state
    signed = [signature.move for signature in after.signatures]
    assert signed == [signature.move for signature in before.signatures] + [late[1]]


@pytest.mark.parametrize("state", ["requested", "declined", "cancelled"])
@pytest.mark.parametrize("move", [HAND_OVER, RECEIVE, GIVE_BACK, TAKE_BACK])
def test_nothing_joins_where_nothing_was_handed_over(make, ada, ben, state, move):
    before = state_after(make, ben, ada, PATHS[state])
    after = state_after(make, ben, ada, [*PATHS[state], move])
    assert (after.state, len(after.signatures)) == (before.state, len(before.signatures))


# --- keeping it longer, reports, settling -----------------------------------------------------


def test_asking_and_refusing_leave_the_loan_as_it_is_and_granting_moves_its_end(make, ada, ben):
    out = state_after(make, ben, ada, PATHS["checked_out"])
    asked = state_after(make, ben, ada, [*PATHS["checked_out"], RENEW])
    assert (asked.state, asked.until_day, asked.due_at_ms) == ("checked_out", "2026-11-28", 5000)
    assert (out.asked_until, asked.asked_until) == (None, ("2026-12-24", 1440))
    refused = state_after(make, ben, ada, [*PATHS["checked_out"], RENEW, REFUSE])
    assert (refused.asked_until, refused.until_day, refused.due_at_ms) == (None, "2026-11-28", 5000)
    granted = state_after(make, ben, ada, [*PATHS["checked_out"], RENEW, GRANT])
    assert granted.state == "checked_out"
    assert (granted.asked_until, granted.until_day, granted.due_at_ms) == (
        None,
        "2026-12-24",
        50_000,
    )


@pytest.mark.parametrize("answer", [GRANT, REFUSE])
def test_an_answer_needs_a_question_that_waits(make, ada, ben, answer):
    for path in ([], [RENEW, GRANT], [RENEW, REFUSE]):
        before = state_after(make, ben, ada, [*PATHS["checked_out"], *path])
        after = state_after(make, ben, ada, [*PATHS["checked_out"], *path, answer])
        assert after == replace(before, agreement=after.agreement, signatures=after.signatures)
        assert len(after.signatures) == len(before.signatures)


def test_it_can_be_renewed_again_and_is_lost_only_after_the_granted_day(make, ada, ben):
    path = [*PATHS["checked_out"], RENEW, GRANT, RENEW]
    assert state_after(make, ben, ada, path).asked_until == ("2026-12-24", 1440)
    for time_ms, state in ((50_000, "checked_out"), (50_001, "lost")):
        after = state_after(make, ben, ada, [*path, LOST], {"lost": time_ms})
        assert after.state == state


@pytest.mark.parametrize("notes", [("half each", "half each"), ("", "")])
def test_it_is_settled_when_both_sign_the_same_words(make, ada, ben, notes):
    disputed = make.loan(ben, ada, PATHS["disputed"])
    proposed, agreed = settling(make, disputed, (ben, notes[0]), (ada, notes[1]))
    state = fold_agreement(LOAN, disputed[0], ada, [*disputed[1:], proposed])
    assert (state.state, state.signatures[-1].move) == ("disputed", "settle")
    state = fold_agreement(LOAN, disputed[0], ada, [*disputed[1:], proposed, agreed])
    assert state.state == "settled"
    assert ("settle", "settle") in both_signed(LOAN, state)


def test_other_words_settle_nothing_and_the_latest_are_what_is_offered(make, ada, ben):
    disputed = make.loan(ben, ada, PATHS["disputed"])
    steps = settling(
        make, disputed, (ben, "half"), (ada, "all"), (ada, "most"), (ben, "all"), (ben, "most")
    )
    states = [
        fold_agreement(LOAN, disputed[0], ada, [*disputed[1:], *steps[:count]]).state
        for count in range(len(steps) + 1)
    ]
    assert states == ["disputed"] * 5 + ["settled"]


def test_nobody_settles_alone(make, ada, ben):
    disputed = make.loan(ben, ada, PATHS["disputed"])
    steps = settling(make, disputed, (ben, "half"), (ben, "half"))
    state = fold_agreement(LOAN, disputed[0], ada, [*disputed[1:], *steps])
    assert state.state == "disputed"
    assert ("settle", "settle") not in both_signed(LOAN, state)


def settling(make, before, *proposals):
    """Proposals to settle that follow each other: (person, note)."""
    entries = []
    for person, note in proposals:
        body = make.loan_body("settle", note=note)
        entries.append(make.entry(person, "loan.settle", body, after=(entries or before)[-1:]))
    return entries


def test_what_is_reported_is_kept_as_often_as_it_is_said(make, ada, ben):
    reports = [("borrower", "report"), ("lender", "report"), ("borrower", "report")]
    state = state_after(make, ben, ada, [*PATHS["checked_out"], *reports])
    assert state.state == "checked_out"
    assert [one.body.what for one in state.signatures if one.move == "report"] == ["damage"] * 3
    closed = state_after(make, ben, ada, [*PATHS["closed"], *reports])
    assert not any(one.move == "report" for one in closed.signatures)


def concurrent(make, borrower, lender, path, moves, attempts=6):
    """The states to which concurrent ``moves`` lead, over several draws of their entry ids."""
    authors = {"borrower": borrower, "lender": lender}
    found = set()
    for _ in range(attempts):
        entries = make.loan(borrower, lender, path)
        concurrent_entries = [
            make.entry(
                authors[role],
                f"loan.{move}",
                make.loan_body(move),
                after=entries[-1:],
                time_ms=6000,
            )
            for role, move in moves
        ]
        for order in itertools.permutations(concurrent_entries):
            state = fold_agreement(LOAN, entries[0], lender, [*order, *entries[1:]])
            found.add(
                (state.state, tuple(sorted(s.move for s in state.signatures[len(entries) :])))
            )
    return found


SETTLED_BY_BOTH = ("settled", ("settle", "settle"))


@pytest.mark.parametrize(
    ("path", "moves", "expected"),
    [
        ([ACCEPT], [HAND_OVER, ("borrower", "cancel")], ("checked_out", ("hand-over",))),
        ([ACCEPT], [RECEIVE, ("lender", "cancel")], ("checked_out", ("receive",))),
        ([ACCEPT], [RECEIVE, HAND_OVER], ("checked_out", ("hand-over", "receive"))),
        ([], [ACCEPT, ("borrower", "cancel")], ("cancelled", ("cancel",))),
        ([], [ACCEPT, ("lender", "decline")], ("declined", ("decline",))),
        ([], [("borrower", "cancel"), ("lender", "decline")], ("cancelled", ("cancel",))),
        ([ACCEPT, HAND_OVER], [GIVE_BACK, TAKE_BACK], ("closed", ("give-back", "take-back"))),
        ([ACCEPT, HAND_OVER], [GIVE_BACK, LOST], ("returned", ("give-back",))),
        ([ACCEPT, HAND_OVER], [TAKE_BACK, LOST], ("closed", ("take-back",))),
        ([ACCEPT, HAND_OVER], [LOST, DISPUTE], ("disputed", ("dispute", "lost"))),
        ([ACCEPT, HAND_OVER], [GIVE_BACK, DISPUTE], ("disputed", ("dispute", "give-back"))),
        ([ACCEPT, HAND_OVER], [TAKE_BACK, DISPUTE], ("disputed", ("dispute", "take-back"))),
        ([ACCEPT, HAND_OVER, RENEW], [GRANT, REFUSE], ("checked_out", ("refuse",))),
        ([ACCEPT, HAND_OVER], [RENEW, GIVE_BACK], ("returned", ("give-back",))),
        ([ACCEPT, HAND_OVER, RENEW], [GRANT, LOST], ("checked_out", ("grant",))),
        ([ACCEPT, HAND_OVER, DISPUTE], [SETTLE, ("lender", "settle")], SETTLED_BY_BOTH),
    ],
)
def test_what_concurrent_moves_mean(make, ada, ben, path, moves, expected):
    assert concurrent(make, ben, ada, path, moves) == {expected}


def test_of_two_concurrent_accepts_one_due_date_holds_for_everybody(make, ada, ben):
    request = make.loan(ben, ada, [])[0]
    accepts = [
        make.entry(ada, "loan.accept", LoanAccept(due_at_ms=due), after=[request])
        for due in (5000, 9000)
    ]
    first = min(accepts, key=lambda entry: entry.entry_id)
    for order in (accepts, accepts[::-1]):
        state = fold_agreement(LOAN, request, ada, order)
        assert state.due_at_ms == first.body.due_at_ms
        assert len(state.signatures) == 2


def test_a_cancelling_concurrent_with_the_accept_takes_all_that_followed_it(make, ada, ben):
    request, *accepted = make.loan(ben, ada, [ACCEPT, HAND_OVER])
    cancel = make.entry(ben, "loan.cancel", make.loan_body("cancel"), after=[request])
    state = fold_agreement(LOAN, request, ada, [*accepted, cancel])
    assert state.state == "cancelled"


BETWEEN = {
    "renewal asked": [*PATHS["checked_out"], RENEW],
    "settlement proposed": [*PATHS["disputed"], SETTLE],
}


@pytest.mark.parametrize(
    ("state", "borrower_moves", "lender_moves"),
    [
        ("requested", ["cancel"], ["accept", "decline"]),
        ("accepted", ["cancel", "receive"], ["cancel", "hand-over"]),
        (
            "checked_out",
            ["renew", "report", "give-back", "dispute"],
            ["report", "take-back", "lost", "dispute"],
        ),
        (
            "renewal asked",
            ["renew", "report", "give-back", "dispute"],
            ["grant", "refuse", "report", "take-back", "lost", "dispute"],
        ),
        ("returned", ["report", "dispute"], ["report", "take-back", "dispute"]),
        ("closed", ["dispute"], ["dispute"]),
        ("lost", ["dispute"], ["take-back", "dispute"]),
        ("declined", [], []),
        ("cancelled", [], []),
        ("disputed", ["report", "settle"], ["report", "take-back", "dispute", "settle"]),
        (
            "settlement proposed",
            ["report", "settle"],
            ["report", "take-back", "dispute", "settle"],
        ),
        ("settled", [], ["take-back"]),
    ],
)
def test_the_buttons_of_each_state(make, ada, ben, state, borrower_moves, lender_moves):
    loan = state_after(make, ben, ada, {**PATHS, **BETWEEN}[state])
    for person, moves in ((ben, borrower_moves), (ada, lender_moves)):
        assert [row.move for row in allowed_moves(LOAN, loan, person, 6000)] == moves
    assert allowed_moves(LOAN, loan, make.person("thief"), 6000) == ()
