"""Issue 2, section 2: quotas cut at the same place, in any order of arrival."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.world_kit import (
    YEAR_MS,
    Reader,
    World,
    Written,
    ancestors,
    person_of,
)

from p2pshare.store import local
from p2pshare.store.append import Outcome, Quota

ADA, BEN, CAY = (person_of(number) for number in range(3))
ORDER = st.integers(0, 2**16)
few = settings(max_examples=max(20, settings().max_examples // 5))
CLOCKS = st.integers(-10 * YEAR_MS, 10 * YEAR_MS)


def cut(entries: list[Written], places: list[int]) -> list[list[Written]]:
    """``entries`` in stretches that end at these places."""
    ends = sorted({place % len(entries) for place in places} | {len(entries)} - {0})
    return [entries[start:end] for start, end in itertools.pairwise([0, *ends]) if start < end]


@few
@given(places=st.lists(st.integers(1, 20), max_size=5), room=st.integers(1, 14))
def test_a_person_over_quota_is_cut_at_the_same_place_however_it_arrives(places, room):
    world = World()
    feed = world.open_feed(ADA)
    for number in range(9):
        world.put(feed, str(number))
    with Reader(quota=Quota(entries=room)) as node:
        reports = [node.take(stretch) for stretch in cut(world.entries, places)]
        kept = min(room, 10)
        assert len(node.rows("listings")) == kept - 1
        assert node.derived()["tips"] == [(world.entries[kept - 1].identifier,)]
        outcomes = {result.outcome for report in reports for result in report.results}
        refused = local.refused_feeds(node.database.connection)
        assert (Outcome.OVER_QUOTA in outcomes) == bool(refused) == (room < 10)
        assert node.take(world.entries[:kept]).results[0].outcome is Outcome.DUPLICATE
        if room < 10:
            again = node.take(world.entries[kept:]).results[0]
            assert again.outcome is Outcome.OVER_QUOTA
            assert node.derived()["usage"][0][1] == kept


@pytest.mark.parametrize(("spare", "listings"), [(0, 2), (-1, 1)])
def test_the_bytes_of_a_person_on_both_sides(spare, listings):
    world = World()
    feed = world.open_feed(ADA)
    world.put(feed, "one")
    world.put(feed, "two")
    size = sum(
        len(entry.signed.header) + len(entry.signed.signature) + entry.header.body_size
        for entry in world.entries
    )
    with Reader(quota=Quota(bytes=size + spare)) as node:
        node.take(world.entries)
        assert len(node.rows("listings")) == listings


def test_a_quota_is_each_persons_own():
    world = World()
    adas, bens = world.open_feed(ADA), world.open_feed(BEN)
    for number in range(5):
        world.put(adas, str(number))
    world.put(bens, "ben's")
    with Reader(quota=Quota(entries=3)) as node:
        node.take(ancestors(adas.last), ancestors(bens.last))
        assert sorted(row["title"] for row in node.rows("listings")) == ["0", "1", "ben's"]


def test_a_full_folder_takes_nothing_more():
    world = World()
    world.put(world.open_feed(ADA), "one")
    with Reader(quota=Quota(folder_bytes=1)) as node:
        assert node.take(world.entries).results[0].outcome is Outcome.OVER_QUOTA
        assert node.rows("listings") == node.derived()["tips"] == []
