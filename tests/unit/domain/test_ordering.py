"""domain.ordering: cause, then rank, then entry id; nothing else."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import ListingClose
from p2pshare.domain.ordering import FoldEntry, causal_order, heads


def node(number, *before, body=True, own=(), rank=0):
    return FoldEntry(
        entry_id=number.to_bytes(32, "big"),
        author=bytes(32),
        feed=bytes(32),
        kind=f"rank.{rank}",
        body=ListingClose() if body else None,
        time_ms=10_000 - number,
        after=tuple(other.to_bytes(32, "big") for other in before),
        own_previous=tuple(other.to_bytes(32, "big") for other in own),
    )


def rank_of(entry):
    return int(entry.kind.partition(".")[2])


def numbers(entries):
    return [int.from_bytes(entry.entry_id, "big") for entry in entries]


@st.composite
def graphs(draw):
    """Acyclic graphs of up to 12 entries whose ids say nothing about their order."""
    ids = draw(st.permutations(range(1, draw(st.integers(1, 12)) + 1)))
    made = []
    for place, number in enumerate(ids):
        earlier = ids[:place]
        before = (
            draw(st.lists(st.sampled_from(earlier), max_size=4, unique=True)) if earlier else []
        )
        own = draw(st.lists(st.sampled_from(earlier), max_size=1)) if earlier else []
        made.append(
            node(number, *before, own=own, body=draw(st.booleans()), rank=draw(st.integers(0, 2)))
        )
    return made


def reachable(entries):
    """For each id the set of ids that come before it."""
    known = {entry.entry_id: entry for entry in entries}
    found = {}

    def before(entry_id):
        if entry_id not in found:
            direct = {*known[entry_id].after, *known[entry_id].own_previous} & set(known)
            found[entry_id] = direct.union(*map(before, direct))
        return found[entry_id]

    return {entry_id: before(entry_id) for entry_id in known}


def test_cause_decides_before_rank_and_rank_before_id():
    entries = [node(9), node(5, 9, rank=1), node(7, 9, rank=0), node(3, 9, rank=1), node(1, 5)]
    assert numbers(causal_order(entries, rank_of)) == [9, 7, 3, 5, 1]


def test_a_feed_s_own_chain_is_cause_too():
    assert numbers(causal_order([node(1, own=[2]), node(2)])) == [2, 1]


def test_an_entry_without_body_hands_on_the_order_and_takes_no_place():
    entries = [node(3), node(2, 3, body=False), node(1, 2)]
    assert numbers(causal_order(entries)) == [3, 1]
    assert numbers(heads(entries)) == [1]


def test_an_entry_without_a_say_delays_nobody():
    # 1 follows the silent 9, and is still taken before its concurrent 5.
    entries = [node(9, body=False), node(1, 9), node(5)]
    assert numbers(causal_order(entries)) == [1, 5]


def test_what_is_not_there_is_ignored_and_doubles_count_once():
    entries = [node(2, 77), node(2, 77), node(1, 2)]
    assert numbers(causal_order(entries)) == [2, 1]
    assert numbers(heads(entries)) == [1]


def test_impossible_cycles_are_left_out_and_do_not_loop():
    entries = [node(1, 2), node(2, 1), node(3, 3), node(4), node(5, 2)]
    assert numbers(causal_order(entries)) == [4]
    assert numbers(heads(entries)) == [4]


@given(graphs(), st.randoms(use_true_random=False))
def test_any_order_of_input_gives_the_same(entries, randomly):
    ordered, last = causal_order(entries, rank_of), heads(entries)
    shuffled = [*entries, *randomly.sample(entries, len(entries) // 2)]
    randomly.shuffle(shuffled)
    assert causal_order(shuffled, rank_of) == ordered
    assert heads(shuffled) == last


@given(graphs())
def test_no_entry_comes_before_its_cause_and_none_is_lost(entries):
    ordered = causal_order(entries, rank_of)
    assert {entry.entry_id for entry in ordered} == {
        entry.entry_id for entry in entries if entry.body is not None
    }
    before = reachable(entries)
    for first, second in itertools.combinations(ordered, 2):
        assert second.entry_id not in before[first.entry_id]


@given(graphs())
def test_each_taken_one_is_the_least_that_was_possible(entries):
    """The definition of docs/protocol.md, followed literally over the entries that have a say."""
    before = reachable(entries)
    left = {entry.entry_id: entry for entry in entries if entry.body is not None}
    for taken in causal_order(entries, rank_of):
        free = [entry for entry in left.values() if not before[entry.entry_id] & left.keys()]
        assert taken == min(free, key=lambda entry: (rank_of(entry), entry.entry_id))
        del left[taken.entry_id]


@given(graphs())
def test_heads_are_those_that_nothing_with_a_say_comes_after(entries):
    before = reachable(entries)
    saying = [entry for entry in entries if entry.body is not None]
    expected = {
        entry.entry_id
        for entry in saying
        if not any(entry.entry_id in before[other.entry_id] for other in saying)
    }
    assert {entry.entry_id for entry in heads(entries)} == expected


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_thousands_of_entries_are_no_matter(shape):
    count = 5000
    ids = list(range(1, count + 1))
    random.Random(7).shuffle(ids)
    entries = [node(ids[0])]
    for place in range(1, count):
        entries.append(node(ids[place], ids[place - 1] if shape == "chain" else ids[0]))
    expected = ids if shape == "chain" else [ids[0], *sorted(ids[1:])]
    random.Random(8).shuffle(entries)
    assert numbers(causal_order(entries)) == expected
    assert numbers(heads(entries)) == (ids[-1:] if shape == "chain" else sorted(ids[1:]))
