"""Frontier reconciliation: both sides end up knowing exactly the differences, at the least cost."""

from collections import deque
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.errors import SyncError
from p2pshare.limits import HEADS_PER_MESSAGE_MAX, TIPS_PER_MESSAGE_MAX
from p2pshare.log.frontier import Frontier, Tips
from p2pshare.sync import reconcile
from p2pshare.sync.messages import (
    Head,
    Heads,
    HeadsKind,
    Message,
    Range,
    Ranges,
    decode_message,
    encode_message,
)
from p2pshare.sync.reconcile import HEADS_LISTED_MAX, Reconciliation, lacking, notices

CIRCLE = b"\xcc" * 32


def feed(number: int) -> bytes:
    return sha256(b"feed" + number.to_bytes(4, "big")).digest()


def tip(seq: int, branch: int = 0) -> tuple[int, bytes]:
    return seq, sha256(bytes([branch]) + seq.to_bytes(4, "big")).digest()


def settle(dialler: Frontier, listener: Frontier) -> tuple[set[bytes], set[bytes], list[Message]]:
    """Reconcile to the end: what each found that the other has, and all messages."""
    sides = [Reconciliation(CIRCLE, dialler), Reconciliation(CIRCLE, listener)]
    lacks: tuple[set[bytes], set[bytes]] = (set(), set())
    queue: deque[tuple[int, Message]] = deque([(1, sides[0].opening())])
    said: list[Message] = []
    while queue:
        to, message = queue.popleft()
        said.append(message)
        assert len(said) < 10_000
        received = decode_message(encode_message(message))
        if isinstance(received, Ranges):
            compared = sides[to].ranges_arrived(received)
        else:
            assert isinstance(received, Heads)
            compared = sides[to].heads_arrived(received)
        lacks[to].update(compared.lacks)
        queue.extend((1 - to, answer) for answer in compared.answers)
    for own, other in ((0, listener), (1, dialler)):
        for one, tips in sides[own].peer.items():
            assert tips == other.get(one), "what is believed of the peer is true"
    return *lacks, said


heads = st.dictionaries(
    st.integers(0, 400).map(feed),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=3).map(
        lambda tips: tuple(sorted({tip(seq, branch) for seq, branch in tips}))
    ),
    max_size=150,
)


@given(heads, heads, heads)
def test_any_two_frontiers_find_exactly_their_differences(
    common: dict[bytes, Tips], mine: dict[bytes, Tips], yours: dict[bytes, Tips]
) -> None:
    dialler, listener = Frontier(common | mine), Frontier(common | yours)
    found, found_there, _ = settle(dialler, listener)
    names = set(dialler) | set(listener)
    assert found == {one for one in names if lacking(dialler.get(one), listener.get(one))}
    assert found_there == {one for one in names if lacking(listener.get(one), dialler.get(one))}
    different = {one for one in names if dialler.get(one) != listener.get(one)}
    assert found | found_there == different, "of each difference somebody lacks something for sure"


@given(st.integers(0, 5), st.integers(0, 400))
def test_large_frontiers_with_few_differences(differences: int, seed: int) -> None:
    base = {feed(number): (tip(3),) for number in range(2000)}
    dialler, listener = Frontier(dict(base)), Frontier(dict(base))
    expected = set()
    for number in range(differences):
        changed = feed((seed * 7 + number * 131) % 2000)
        listener.set(changed, (tip(9),))
        expected.add(changed)
    found, found_there, said = settle(dialler, listener)
    assert found == expected
    assert not found_there
    assert sum(len(encode_message(one)) for one in said) < 12_000 * max(1, differences)


def test_nothing_new_among_ten_thousand_feeds_is_one_round_trip() -> None:
    base = {feed(number): (tip(number % 9),) for number in range(10_000)}
    dialler, listener = Frontier(dict(base)), Frontier(dict(base))
    found, found_there, said = settle(dialler, listener)
    assert not found
    assert not found_there
    assert len(said) == 2, "a question and its answer"


def test_an_empty_side_learns_everything_at_once() -> None:
    full = Frontier({feed(number): (tip(1),) for number in range(5000)})
    found, _, said = settle(Frontier(), full)
    assert len(found) == 5000
    lists = [one for one in said if isinstance(one, Heads) and one.kind is HeadsKind.LISTING]
    assert all(len(one.heads) <= HEADS_PER_MESSAGE_MAX for one in lists)
    assert len(lists) == 16


def test_an_empty_frontier_each_is_equal() -> None:
    assert settle(Frontier(), Frontier())[:2] == (set(), set())


@pytest.mark.parametrize("count", [HEADS_LISTED_MAX, HEADS_LISTED_MAX + 1])
def test_small_ranges_are_listed_and_larger_ones_split(count: int) -> None:
    ours = Reconciliation(CIRCLE, Frontier({feed(n): (tip(1),) for n in range(count)}))
    question = Ranges(CIRCLE, (Range("", 5000, bytes(32)),), ())
    (answer,) = ours.ranges_arrived(question).answers
    if count == HEADS_LISTED_MAX:
        assert isinstance(answer, Heads)
        assert answer.kind is HeadsKind.LISTING
        assert len(answer.heads) == count
    else:
        assert isinstance(answer, Ranges)
        assert [one.prefix for one in answer.ranges] == list("0123456789abcdef")
        assert sum(one.count for one in answer.ranges) == count


def test_lacking_says_only_what_is_sure() -> None:
    low, high, fork = tip(3), tip(8), tip(8, 1)
    assert lacking((), (low,)) == (low,)
    assert lacking((low,), ()) == ()
    assert lacking((low,), (high,)) == (high,)
    assert lacking((high,), (low,)) == (), "an ancestor, or else they lack ours and will ask"
    assert lacking((high,), (fork,)) == (fork,), "of one place two entries are two branches"
    assert lacking((low, high), (high,)) == ()
    assert lacking((high,), (low, high)) == (low,), "beside a common tip it is no ancestor of it"
    assert lacking((low, high), (low, high)) == ()


def test_a_change_while_ranges_travel_is_not_taken_for_equal() -> None:
    frontier = Frontier({feed(1): (tip(1),)})
    ours = Reconciliation(CIRCLE, frontier)
    asked = ours.opening().ranges[0]
    frontier.set(feed(1), (tip(2),))
    compared = ours.ranges_arrived(Ranges(CIRCLE, (), (asked,)))
    assert not ours.peer
    (again,) = compared.answers
    assert isinstance(again, Ranges)
    assert again.ranges[0].fingerprint == frontier.fingerprint("")


@pytest.mark.parametrize(
    "prefixes", [("a", "a"), ("b", "a"), ("", "a"), ("a", "ab"), ("a", "a0", "b")]
)
def test_overlapping_ranges_are_a_breach(prefixes: tuple[str, ...]) -> None:
    ours = Reconciliation(CIRCLE, Frontier())
    ranges = tuple(Range(one, 1, bytes(32)) for one in prefixes)
    for message in (Ranges(CIRCLE, ranges, ()), Ranges(CIRCLE, (), ranges)):
        with pytest.raises(SyncError, match="overlap"):
            ours.ranges_arrived(message)


def test_heads_outside_the_prefix_are_ignored() -> None:
    ours = Reconciliation(CIRCLE, Frontier())
    strange = Head(b"\xff" * 32, (tip(1),))
    compared = ours.heads_arrived(Heads(CIRCLE, HeadsKind.LISTING, "00", (strange,)))
    assert not compared.lacks
    assert not ours.peer


def test_a_notice_of_one_who_is_behind_is_answered_with_our_heads() -> None:
    ours = Reconciliation(CIRCLE, Frontier({feed(1): (tip(5),)}))
    notice = Heads(CIRCLE, HeadsKind.NOTICE, "", (Head(feed(1), (tip(2),)),))
    compared = ours.heads_arrived(notice)
    assert compared.answers == [Heads(CIRCLE, HeadsKind.NOTICE, "", (Head(feed(1), (tip(5),)),))]
    assert not compared.lacks
    ahead = Heads(CIRCLE, HeadsKind.NOTICE, "", (Head(feed(1), (tip(7),)),))
    compared = ours.heads_arrived(ahead)
    assert compared.lacks == [feed(1)]
    assert not compared.answers


def test_what_was_sent_is_known_of_the_peer() -> None:
    ours = Reconciliation(CIRCLE, Frontier({feed(1): (tip(3),)}))
    assert ours.attaches(feed(1), 0, bytes(32)), "of a new feed anybody stands before the first"
    assert not ours.attaches(feed(1), 3, tip(2)[1])
    ours.sent(feed(1), 0, bytes(32), tip(2))
    assert ours.attaches(feed(1), 3, tip(2)[1])
    assert ours.notice([feed(1)])
    ours.sent(feed(1), 3, tip(2)[1], tip(3))
    assert ours.peer == {feed(1): (tip(3),)}
    assert not ours.notice([feed(1)])
    assert not ours.attaches(feed(1), 0, bytes(32))
    ours.sent(feed(1), 1, tip(0)[1], tip(1))
    assert ours.peer == {feed(1): (tip(3),)}, "an old entry says nothing of where they stand"


def test_a_peer_may_not_name_feeds_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "STRANGE_FEEDS_PER_LINK_MAX", 10)
    ours = Reconciliation(CIRCLE, Frontier())
    few = tuple(Head(feed(n), (tip(1),)) for n in range(10))
    ours.heads_arrived(Heads(CIRCLE, HeadsKind.NOTICE, "", few))
    with pytest.raises(SyncError, match="more feeds"):
        ours.heads_arrived(Heads(CIRCLE, HeadsKind.NOTICE, "", (Head(feed(11), (tip(1),)),)))


def test_a_peer_may_not_name_tips_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "STRANGE_FEEDS_PER_LINK_MAX", 10)
    ours = Reconciliation(CIRCLE, Frontier())
    many = Head(feed(1), tuple(tip(n) for n in range(20)))
    ours.heads_arrived(Heads(CIRCLE, HeadsKind.NOTICE, "", (many,)))
    with pytest.raises(SyncError, match="more feeds"):
        ours.heads_arrived(Heads(CIRCLE, HeadsKind.NOTICE, "", (Head(feed(2), (tip(1),)),)))


def test_heads_with_many_tips_take_several_messages() -> None:
    half = tuple(tip(n) for n in range(TIPS_PER_MESSAGE_MAX // 2 + 1))
    forked = Frontier({feed(n): half for n in range(4)})
    found, _, said = settle(Frontier(), forked)
    assert found == {feed(n) for n in range(4)}
    assert all(len(encode_message(one)) < 2**20 for one in said)
    assert len(notices(CIRCLE, [Head(feed(n), half) for n in range(4)])) == 4


def test_a_listing_takes_back_what_was_believed_of_the_peer() -> None:
    ours = Reconciliation(CIRCLE, Frontier({feed(1): (tip(3),)}))
    ours.sent(feed(1), 0, bytes(32), tip(3))
    assert not ours.notice([feed(1)])
    ours.heads_arrived(Heads(CIRCLE, HeadsKind.LISTING, "", ()))
    assert ours.notice([feed(1)]), "it was sent, and it is not there"
