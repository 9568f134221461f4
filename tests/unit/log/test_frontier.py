"""log.frontier: cached fingerprints equal a naive recomputation after any changes."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.log.frontier import SMALL_RANGE, Frontier, Tips

# Feeds that share long prefixes, so that ranges and their edges are met.
FEEDS = [
    bytes.fromhex(digits.ljust(64, fill))
    for digits in ("", "0", "00", "0f", "7", "70", "7f", "8", "80", "ab", "abc", "abd", "f", "ff")
    for fill in "0f"
]
PREFIXES = ["", "0", "00", "000", "0f", "7", "7f", "8", "a", "ab", "abc", "b", "f", "ff", "f" * 64]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(FEEDS),
        st.lists(
            st.tuples(st.integers(0, 2**53), st.binary(min_size=32, max_size=32)), max_size=3
        ).map(lambda tips: tuple(sorted(tips))),
        st.sampled_from(PREFIXES),
    ),
    max_size=30,
)


def in_range(known: dict[bytes, Tips], prefix: str) -> list[tuple[bytes, Tips]]:
    return [(feed, known[feed]) for feed in sorted(known) if feed.hex().startswith(prefix)]


def naive_fingerprint(known: dict[bytes, Tips], prefix: str) -> bytes:
    data = b""
    for feed, tips in in_range(known, prefix):
        data += feed + len(tips).to_bytes(4, "big")
        for seq, identifier in tips:
            data += seq.to_bytes(8, "big") + identifier
    return sha256(data).digest()


@given(CHANGES)
def test_equals_a_naive_recomputation_after_every_change(
    changes: list[tuple[bytes, Tips, str]],
) -> None:
    frontier, known = Frontier(), dict[bytes, Tips]()
    for feed, tips, asked in changes:
        frontier.set(feed, tips)
        known[feed] = tips
        if not tips:
            del known[feed]
        assert frontier.fingerprint(asked) == naive_fingerprint(known, asked)
    for prefix in PREFIXES:
        assert frontier.fingerprint(prefix) == naive_fingerprint(known, prefix)
        assert frontier.heads(prefix) == in_range(known, prefix)
        assert frontier.count(prefix) == len(in_range(known, prefix))
    assert list(frontier) == sorted(known)
    assert len(frontier) == len(known)
    assert frontier.digest() == naive_fingerprint(known, "")
    assert Frontier(known).digest() == frontier.digest()


def test_membership_and_tips() -> None:
    frontier = Frontier({FEEDS[0]: ((3, b"i" * 32),)})
    assert FEEDS[0] in frontier
    assert FEEDS[1] not in frontier
    assert frontier.get(FEEDS[0]) == ((3, b"i" * 32),)
    assert frontier.get(FEEDS[1]) == ()


def test_a_feed_without_tips_is_not_there_however_it_came() -> None:
    assert len(Frontier({FEEDS[0]: ()})) == 0
    assert Frontier({FEEDS[0]: ()}).digest() == Frontier().digest()
    frontier = Frontier()
    frontier.set(FEEDS[0], ())
    assert FEEDS[0] not in frontier


def test_the_dictionary_handed_in_stays_the_callers() -> None:
    heads: dict[bytes, Tips] = {FEEDS[0]: ((3, b"i" * 32),)}
    frontier = Frontier(heads)
    before = frontier.digest()
    heads[FEEDS[0]] = ()
    assert frontier.digest() == before
    assert heads == {FEEDS[0]: ()}


@pytest.mark.parametrize("tips", [((4, b"i" * 32),), ((3, b"j" * 32),), ()])
def test_every_change_of_a_tip_changes_the_digest(tips: Tips) -> None:
    frontier = Frontier({FEEDS[0]: ((3, b"i" * 32),), FEEDS[5]: ((3, b"i" * 32),)})
    before = frontier.digest()
    frontier.set(FEEDS[0], tips)
    assert frontier.digest() != before
    frontier.set(FEEDS[0], ((3, b"i" * 32),))
    assert frontier.digest() == before


def test_ranges_that_a_peer_makes_up_take_no_memory() -> None:
    frontier = Frontier({bytes([n]) * 32: ((3, b"i" * 32),) for n in range(SMALL_RANGE + 1)})
    for number in range(1000):
        frontier.fingerprint(sha256(bytes([number % 256, number // 256])).hexdigest()[:40])
    assert not frontier._fingerprints
    frontier.digest()
    assert list(frontier._fingerprints) == [""]
