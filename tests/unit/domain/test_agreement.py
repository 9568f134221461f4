"""domain.agreement: the engine, independent of what a table says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.agreement import (
    AGREEMENTS,
    agreement_of,
    allowed_moves,
    both_signed,
    fold_agreement,
    register_agreement,
    unregister_agreement,
)
from p2pshare.domain.agreement_bodies import LoanMove, LoanReport, SessionDone
from p2pshare.domain.agreement_table import STAYS
from p2pshare.domain.bodies import KINDS, PersonProfile
from p2pshare.domain.loan import LOAN
from p2pshare.domain.repair import REPAIR
from p2pshare.domain.session import SESSION
from p2pshare.limits import REPEATED_MOVES_MAX


def fold(entries, lender, denied=()):
    return fold_agreement(LOAN, entries[0], lender, entries[1:], denied)


def test_the_request_gives_the_terms(make, ada, ben):
    request = make.request(title="Drill", terms=("clean",), quantity=2, note="Saturday?")
    entries = make.loan(ben, ada, [], request=request)
    state = fold(entries, ada)
    assert (state.state, state.underlying, state.kind) == ("requested", "requested", "loan")
    assert state.agreement == entries[0].entry_id[:16]
    assert (state.parties, state.roles) == ((ben, ada), ("borrower", "lender"))
    assert (state.title, state.terms, state.quantity) == ("Drill", ("clean",), 2)
    assert (state.from_day, state.until_day, state.note) == (
        "2026-11-23",
        "2026-11-28",
        "Saturday?",
    )
    assert (state.due_at_ms, state.closed_ms, state.denied) == (None, None, ())
    assert [tuple(signature)[:2] for signature in state.signatures] == [("request", ben)]
    assert state.opening == request
    assert (state.role_of(ada), state.role_of(ben)) == ("lender", "borrower")
    assert state.role_of(b"x" * 32) is None


def test_what_opens_nothing_is_no_agreement(make, ada, ben):
    request = make.loan(ben, ada, [])[0]
    assert fold([request], ben) is None
    assert fold([replace(request, body=None)], ada) is None
    assert fold([replace(request, kind="loan.accept")], ada) is None
    assert fold([replace(request, kind="ride.request")], ada) is None
    assert fold([replace(request, body=LoanMove())], ada) is None


def test_people_without_a_say_change_nothing(make, ada, ben):
    entries = make.loan(ben, ada, [("lender", "accept")])
    thief = make.person("thief")
    foreign = [
        make.entry(thief, f"loan.{move}", make.loan_body(move), after=entries[-1:])
        for move in LOAN.moves[1:]
    ]
    assert fold([*entries, *foreign], ada) == fold(entries, ada)


def test_moves_of_the_wrong_kind_or_body_change_nothing(make, ada, ben):
    entries = make.loan(ben, ada, [])
    wrong = [
        make.entry(ada, "loan.accept", LoanMove(), after=entries),
        make.entry(ada, "loan.accept", None, after=entries),
        make.entry(ada, "loan.decline", PersonProfile(name="x"), after=entries),
        make.entry(ada, "ride.accept", make.loan_body("accept"), after=entries),
        make.entry(ben, "loan.request", make.request(title="other"), after=entries),
    ]
    assert fold([*entries, *wrong], ada) == fold(entries, ada)


def test_the_first_entry_among_the_moves_is_not_taken_twice(make, ada, ben):
    entries = make.loan(ben, ada, [("lender", "accept")])
    assert fold([entries[0], *entries, *entries], ada) == fold(entries, ada)


def test_an_entry_lost_to_a_revocation_shows_as_disputed_and_is_named(make, ada, ben):
    entries = make.loan(ben, ada, [("lender", "accept"), ("lender", "hand-over")])
    lost = [b"z" * 32, b"a" * 32, b"z" * 32]
    state = fold(entries, ada, lost)
    assert (state.state, state.underlying) == ("disputed", "checked_out")
    assert state.denied == (b"a" * 32, b"z" * 32)
    # What is possible follows what the fold will do, not what is shown.
    moves = {row.move for row in allowed_moves(LOAN, state, ben, 1000)}
    assert "give-back" in moves


def test_both_signed_names_the_pairs_that_count_as_facts(make, ada, ben):
    moves = [("lender", "accept"), ("lender", "hand-over"), ("borrower", "give-back")]
    entries = make.loan(ben, ada, moves)
    assert both_signed(LOAN, fold(entries, ada)) == ()
    entries.append(make.entry(ben, "loan.receive", make.loan_body("receive"), after=entries[-1:]))
    assert both_signed(LOAN, fold(entries, ada)) == (("hand-over", "receive"),)
    entries.append(
        make.entry(ada, "loan.take-back", make.loan_body("take-back"), after=entries[-1:])
    )
    assert len(both_signed(LOAN, fold(entries, ada))) == 2


def test_overdue_is_while_it_is_held_and_derived(make, ada, ben):
    entries = make.loan(ben, ada, [("lender", "accept"), ("lender", "hand-over")])
    state = fold(entries, ada)
    assert not state.overdue(LOAN, 5000)
    assert state.overdue(LOAN, 5001)
    entries.append(
        make.entry(ben, "loan.give-back", make.loan_body("give-back"), after=entries[-1:])
    )
    assert not fold(entries, ada).overdue(LOAN, 5001)


def test_registering_is_harmless_twice_and_refused_for_another_meaning():
    register_agreement(LOAN)
    assert AGREEMENTS["loan"] is LOAN
    with pytest.raises(ValueError, match="registered already"):
        register_agreement(replace(LOAN, promises=frozenset()))
    assert KINDS["loan.dispute"].erasable == "both"
    assert agreement_of("loan.dispute") is LOAN
    assert agreement_of("loan.fly") is None
    assert agreement_of("listing.put") is None


def test_an_unregistered_table_is_no_longer_folded():
    unregister_agreement(LOAN)
    try:
        assert agreement_of("loan.accept") is None
        assert "loan.accept" not in KINDS
    finally:
        register_agreement(LOAN)
    assert agreement_of("loan.accept") is LOAN


# --- over random worlds ---------------------------------------------------------------------

KINDS_OF_MOVES = st.sampled_from(LOAN.moves)
ROLES = st.sampled_from(["borrower", "lender", "thief"])
TIMES = st.sampled_from([0, 1000, 5000, 5001, 14 * 86_400_000, 2**53])


@st.composite
def worlds(draw, make, borrower, lender):
    """A request and up to 10 moves by anybody, with any cause, in no particular order."""
    people = {"borrower": borrower, "lender": lender, "thief": make.person("thief")}
    entries = [make.entry(borrower, "loan.request", make.request(), label="opening")]
    for number in range(draw(st.integers(0, 10))):
        move = draw(KINDS_OF_MOVES)
        entries.append(
            make.entry(
                people[draw(ROLES)],
                f"loan.{move}",
                draw(st.sampled_from([make.loan_body(move)] * 5 + [None, LoanMove()])),
                after=draw(st.lists(st.sampled_from(entries), max_size=3, unique=True)),
                time_ms=draw(TIMES),
                label=f"move {number} {draw(st.integers(0, 99))}",
            )
        )
    return entries


@given(st.data())
def test_any_order_and_doubles_give_the_same_and_nothing_raises(make, ada, ben, data):
    entries = data.draw(worlds(make, ben, ada))
    state = fold(entries, ada)
    moves = data.draw(st.permutations(entries[1:]))
    assert fold_agreement(LOAN, entries[0], ada, [*moves, *moves[:3]]) == state
    assert state.underlying in LOAN.states
    repeated = {row.move for row in LOAN.rows if row.to_state is STAYS}
    signed = [(one.move, one.person) for one in state.signatures if one.move not in repeated]
    assert len(signed) == len(set(signed))
    assert {person for _, person in signed} <= {ada, ben}


@given(st.data())
def test_silencing_whoever_has_no_say_changes_nothing(make, ada, ben, data):
    entries = data.draw(worlds(make, ben, ada))
    silenced = [
        entry if entry.author in (ada, ben) else replace(entry, body=None) for entry in entries
    ]
    assert fold(silenced, ada) == fold(entries, ada)


@given(st.data())
def test_the_moves_that_are_offered_are_exactly_those_that_do_something(make, ada, ben, data):
    """A move signed after all the others does something if, and only if, it was offered."""
    entries = data.draw(worlds(make, ben, ada))
    state = fold(entries, ada)
    now_ms = data.draw(TIMES)
    for person in (ada, ben, make.person("thief")):
        offered = {row.move for row in allowed_moves(LOAN, state, person, now_ms)}
        for move in LOAN.moves:
            entry = make.entry(
                person, f"loan.{move}", make.loan_body(move), after=entries, time_ms=now_ms
            )
            after = fold([*entries, entry], ada)
            assert (after != state) == (move in offered), move
            if move in offered:
                assert after.signatures[:-1] == state.signatures
                assert after.signatures[-1][:3] == (move, person, entry.entry_id)


@given(st.data())
def test_only_rows_lead_from_state_to_state(make, ada, ben, data):
    """Followed one signature at a time, a fold never leaves the table."""
    entries = data.draw(worlds(make, ben, ada))
    known = {entry.entry_id: entry for entry in entries}
    state = fold(entries, ada)
    path = [known[signature.entry_id] for signature in state.signatures]
    before = None
    for count in range(1, len(path) + 1):
        chained = [
            replace(entry, after=(path[place - 1].entry_id,) if place else ())
            for place, entry in enumerate(path[:count])
        ]
        now = fold(chained, ada)
        assert len(now.signatures) == count
        if before is not None and now.underlying != before.underlying:
            move = now.signatures[-1].move
            assert any(
                row.move == move
                and before.underlying in row.from_states
                and row.to_state == now.underlying
                for row in LOAN.rows
            )
        before = now
    assert before.underlying == state.underlying


# --- moves that change no state, and conditions on what was said ------------------------------


def reports(make, loan, person, count):
    """So many reports of ``person``, one after the other."""
    entries = []
    for number in range(count):
        body = LoanReport(what="damage", note=f"{number}")
        entries.append(make.entry(person, "loan.report", body, after=(entries or loan)[-1:]))
    return entries


@pytest.mark.parametrize("more", [0, 1])
def test_what_changes_nothing_is_kept_up_to_a_limit_for_each_person(make, ada, ben, more):
    loan = make.loan(ben, ada, [("lender", "accept"), ("lender", "hand-over")])
    bens = reports(make, loan, ben, REPEATED_MOVES_MAX + more)
    adas = reports(make, [*loan, *bens], ada, 1)
    state = fold_agreement(LOAN, loan[0], ada, [*loan[1:], *bens, *adas])
    signed = [one for one in state.signatures if one.move == "report"]
    assert [one.person for one in signed].count(ben) == REPEATED_MOVES_MAX
    assert [one.note for one in signed if one.person == ben] == [
        f"{number}" for number in range(REPEATED_MOVES_MAX)
    ]
    assert [one.person for one in signed].count(ada) == 1


def test_beyond_the_limit_a_move_acts_upon_nothing(make, ada, ben):
    loan = make.loan(ben, ada, [("lender", "accept"), ("lender", "hand-over")])
    asked = []
    for number in range(REPEATED_MOVES_MAX + 1):
        body = replace_day(make.loan_body("renew"), number)
        asked.append(make.entry(ben, "loan.renew", body, after=(asked or loan)[-1:]))
    state = fold_agreement(LOAN, loan[0], ada, [*loan[1:], *asked])
    assert state.asked_until == (f"2026-12-{REPEATED_MOVES_MAX:02}", 1440)


def replace_day(body, number):
    return type(body)(until_day=f"2026-12-{number + 1:02}")


def session(make, asker, host, *done):
    """An accepted session and what each says of how long it took: (person, minutes)."""
    entries = make.agreement(SESSION, asker, host, ["accept"])
    for person, minutes in done:
        body = SessionDone(minutes=minutes)
        entries.append(make.entry(person, "session.done", body, after=entries[-1:]))
    return fold_agreement(SESSION, entries[0], host, entries[1:])


def test_of_one_move_both_make_only_the_same_words_are_a_fact(make, ada, ben):
    assert both_signed(SESSION, session(make, ben, ada, (ben, 60))) == ()
    assert both_signed(SESSION, session(make, ben, ada, (ben, 60), (ben, 60))) == ()
    assert both_signed(SESSION, session(make, ben, ada, (ben, 60), (ada, 90))) == ()
    agreed = session(make, ben, ada, (ben, 60), (ada, 60))
    assert both_signed(SESSION, agreed) == (("done", "done"),)
    assert agreed.minutes == 60


def test_who_was_first_says_the_minutes(make, ada, ben):
    assert session(make, ben, ada, (ben, 60), (ada, 90)).minutes == 60
    assert session(make, ben, ada, (ada, 90), (ben, 60)).minutes == 90


# --- agreements of one ------------------------------------------------------------------------


def test_a_repair_is_opened_by_the_owner_and_nobody_else(make, ada, ben):
    opening = make.agreement(REPAIR, ada, ada, [])
    state = fold_agreement(REPAIR, opening[0], ada, [])
    assert (state.state, state.parties) == ("assess", (ada, ada))
    assert fold_agreement(REPAIR, opening[0], ben, []) is None
    assert state.role_of(ada) == "keeper"
    assert state.role_of(ben) is None
    assert allowed_moves(REPAIR, state, ben, 0) == ()


def test_an_agreement_of_two_is_not_opened_with_oneself(make, ada):
    for table in (LOAN, SESSION):
        opening = make.agreement(table, ada, ada, [])
        assert fold_agreement(table, opening[0], ada, []) is None


def test_nobody_else_moves_a_repair(make, ada, ben):
    entries = make.agreement(REPAIR, ada, ada, [])
    body = REPAIR.body_of("resolve")()
    foreign = make.entry(ben, "repair.resolve", body, after=entries)
    state = fold_agreement(REPAIR, entries[0], ada, [foreign])
    assert (state.state, len(state.signatures)) == ("assess", 1)


@given(st.data())
def test_any_moves_of_a_repair_in_any_order(make, ada, data):
    """One person with two computers: concurrent moves end alike, whoever folds them."""
    opening = make.agreement(REPAIR, ada, ada, [])
    entries = list(opening)
    for number in range(data.draw(st.integers(0, 8))):
        move = data.draw(st.sampled_from(REPAIR.moves[1:]))
        after = data.draw(st.lists(st.sampled_from(entries), min_size=1, max_size=2, unique=True))
        label = f"repair {number} {data.draw(st.integers(0, 99))}"
        body = REPAIR.body_of(move)()
        entries.append(make.entry(ada, REPAIR.kind_of(move), body, after=after, label=label))
    state = fold_agreement(REPAIR, entries[0], ada, entries[1:])
    mixed = data.draw(st.permutations(entries[1:]))
    assert fold_agreement(REPAIR, entries[0], ada, [*mixed, *mixed[:2]]) == state
    assert state.state in REPAIR.states
    ended = state.state not in {"assess", "parts", "repairing"}
    assert (allowed_moves(REPAIR, state, ada, 0) == ()) == ended
    assert replace(state, denied=(b"x" * 32,)).underlying == state.underlying
