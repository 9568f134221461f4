"""What holds for every kind of agreement there is, over random worlds: loans, gifts and all later.

Of ``domain.agreement`` and of the tables together; a new table is tested here by being registered.
"""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.conftest import MORE_THAN_A_NOTE

from p2pshare.domain.agreement import AGREEMENTS, allowed_moves, both_signed, fold_agreement
from p2pshare.domain.agreement_bodies import AgreementMove, LoanMove, SetsDue, SetsMinutes
from p2pshare.domain.agreement_table import STAYS
from p2pshare.domain.bodies import KINDS
from p2pshare.limits import REPEATED_MOVES_MAX

TABLES = sorted(AGREEMENTS.values(), key=lambda table: table.kind)
TIMES = st.sampled_from([0, 1000, 5000, 5001, 14 * 86_400_000, 2**53])
NOTES = st.sampled_from(["", "yes", "no"])

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)


def body_of(table, move, note="", minutes=60):
    """What a move must say, and a note."""
    body = table.body_of(move)
    more = {"due_at_ms": 5000} if move == "accept" and issubclass(body, SetsDue) else {}
    more |= MORE_THAN_A_NOTE.get(move, {})
    if issubclass(body, SetsMinutes):
        more["minutes"] = minutes
    return body(note=note, **more)


@st.composite
def worlds(draw, make, table, asker, owner):
    """An opening and up to 10 moves by anybody, with any cause."""
    people = [asker, owner, make.person("thief")]
    entries = make.agreement(table, asker, owner, [])
    for number in range(draw(st.integers(0, 10))):
        move = draw(st.sampled_from(table.moves[1:]))
        said = body_of(table, move, draw(NOTES), draw(st.sampled_from([60, 90])))
        entries.append(
            make.entry(
                draw(st.sampled_from(people)),
                table.kind_of(move),
                draw(st.sampled_from([said] * 5 + [None, LoanMove(note="of another kind")])),
                after=draw(st.lists(st.sampled_from(entries), max_size=3, unique=True)),
                time_ms=draw(TIMES),
                label=f"{table.kind} {number} {draw(st.integers(0, 99))}",
            )
        )
    return entries


def parties_of(table, ada, ben):
    return (ada, ada) if table.alone else (ben, ada)


@every_table
@given(data=st.data())
def test_any_order_and_doubles_give_one_state(table, data, make, ada, ben):
    asker, owner = parties_of(table, ada, ben)
    entries = data.draw(worlds(make, table, asker, owner))
    state = fold_agreement(table, entries[0], owner, entries[1:])
    mixed = data.draw(st.permutations(entries[1:]))
    assert fold_agreement(table, entries[0], owner, [*mixed, *mixed[:3]]) == state
    assert state.underlying in table.states
    assert {one.person for one in state.signatures} <= {asker, owner}
    if not table.alone:  # a repair may be looked at again and again
        stays = {row.move for row in table.rows if row.to_state is STAYS}
        signed = [(one.move, one.person) for one in state.signatures]
        for one in signed:
            assert signed.count(one) <= (REPEATED_MOVES_MAX if one[0] in stays else 1)
    lost = fold_agreement(table, entries[0], owner, entries[1:], [b"x" * 32])
    assert (lost.state, lost.underlying) == ("disputed", state.underlying)


@every_table
@given(data=st.data())
def test_the_moves_that_are_offered_are_exactly_those_that_do_something(
    table, data, make, ada, ben
):
    asker, owner = parties_of(table, ada, ben)
    entries = data.draw(worlds(make, table, asker, owner))
    state = fold_agreement(table, entries[0], owner, entries[1:])
    now_ms = data.draw(TIMES)
    for person in (asker, owner, make.person("thief")):
        offered = {row.move for row in allowed_moves(table, state, person, now_ms)}
        for move in table.moves[1:]:
            body = body_of(table, move, "something new")
            entry = make.entry(person, table.kind_of(move), body, after=entries, time_ms=now_ms)
            after = fold_agreement(table, entries[0], owner, [*entries[1:], entry])
            assert (after != state) == (move in offered), move


@every_table
@given(data=st.data())
def test_who_has_no_say_changes_nothing(table, data, make, ada, ben):
    asker, owner = parties_of(table, ada, ben)
    entries = data.draw(worlds(make, table, asker, owner))
    silenced = [
        entry if entry.author in (asker, owner) else replace(entry, body=None) for entry in entries
    ]
    assert fold_agreement(table, entries[0], owner, silenced[1:]) == fold_agreement(
        table, entries[0], owner, entries[1:]
    )


@every_table
@given(data=st.data())
def test_facts_take_two_people_who_say_the_same(table, data, make, ada, ben):
    asker, owner = parties_of(table, ada, ben)
    entries = data.draw(worlds(make, table, asker, owner))
    state = fold_agreement(table, entries[0], owner, entries[1:])
    for first, second in both_signed(table, state):
        signers = {one.person for one in state.signatures if one.move in (first, second)}
        assert signers == {asker, owner}
        assert asker != owner


@every_table
def test_every_state_can_be_reached_and_every_row_has_words(table):
    reachable = {table.opening.to_state}
    for _ in table.rows:
        reachable |= {
            row.to_state
            for row in table.rows[1:]
            if row.to_state is not STAYS and reachable & set(row.from_states)
        }
    assert reachable == table.states
    for row in table.rows:
        assert row.label
        assert row.label[0].isupper()
    for move in table.moves[1:]:
        assert issubclass(table.body_of(move), AgreementMove)
        assert KINDS[table.kind_of(move)].erasable == ("own" if table.alone else "both")


@every_table
def test_a_button_can_say_all_that_its_move_needs(table):
    for row in table.rows[1:]:
        needs_more = any(field.required for field in _fields(row.body))
        assert not (row.by_button and needs_more), row.move


def _fields(body):
    """What a person says in it; a due date follows from the days."""
    return [one for one in msgspec.structs.fields(body) if one.name != "due_at_ms"]
