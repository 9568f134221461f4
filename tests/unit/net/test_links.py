"""One link for each pair, and both ends agree on which: played with links that are not sockets."""

import itertools

import pytest

from p2pshare.clock import ManualClock
from p2pshare.net.link_errors import (
    DuplicateLink,
    LinkClosed,
    LinkLost,
    MetOurselves,
    ProtocolBreach,
)
from p2pshare.net.links import SIMULTANEOUS_SECONDS, Links

LOW, HIGH, OTHER = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32


class FakeLink:
    """What the registry needs of a Link."""

    drawn = itertools.count()

    def __init__(self, device, *, dialled, transcript=None) -> None:
        self.device, self.dialled = device, dialled
        self.transcript = transcript or b"%d" % next(self.drawn)
        self.closed = False
        self.reasons = []

    async def close(self, error=None):
        self.closed = True
        self.reasons.append(type(error))


def pair(dialler):
    """One link as the low and the high device see it."""
    return (
        FakeLink(HIGH, dialled=dialler == LOW),
        FakeLink(LOW, dialled=dialler == HIGH),
    )


@pytest.mark.parametrize("low_sees_first", [LOW, HIGH])
@pytest.mark.parametrize("high_sees_first", [LOW, HIGH])
async def test_of_two_made_at_once_the_one_dialled_by_the_lower_stays(
    low_sees_first, high_sees_first
) -> None:
    clock = ManualClock()
    at_low, at_high = Links(LOW, clock), Links(HIGH, clock)
    by_low, by_high = pair(LOW), pair(HIGH)
    for links, which, first in [(at_low, 0, low_sees_first), (at_high, 1, high_sees_first)]:
        lower, higher = by_low[which], by_high[which]
        if first == LOW:
            assert links.add(lower) is None
            with pytest.raises(DuplicateLink):
                links.add(higher)
        else:
            assert links.add(higher) is None
            assert links.add(lower) is higher
    assert at_low.get(HIGH) is by_low[0]
    assert at_high.get(LOW) is by_low[1]


def test_a_much_later_link_means_that_the_peer_lost_the_first() -> None:
    clock = ManualClock()
    links = Links(LOW, clock)
    first, second = FakeLink(HIGH, dialled=True), FakeLink(HIGH, dialled=False)
    links.add(first)
    clock.advance(SIMULTANEOUS_SECONDS)
    assert links.add(second) is first
    assert links.get(HIGH) is second


def test_just_before_that_it_is_a_duplicate() -> None:
    clock = ManualClock()
    links = Links(LOW, clock)
    links.add(FakeLink(HIGH, dialled=True))
    clock.advance(SIMULTANEOUS_SECONDS - 0.1)
    with pytest.raises(DuplicateLink):
        links.add(FakeLink(HIGH, dialled=False))


def test_dialled_again_from_one_end_the_newer_stays() -> None:
    links = Links(LOW, ManualClock())
    first, second = FakeLink(HIGH, dialled=False), FakeLink(HIGH, dialled=False)
    links.add(first)
    assert links.add(second) is first


def test_a_closed_link_stands_in_nobodys_way() -> None:
    links = Links(LOW, ManualClock())
    first, second = FakeLink(HIGH, dialled=True), FakeLink(HIGH, dialled=False)
    links.add(first)
    first.closed = True
    links.check_new(HIGH)
    assert links.add(second) is first


def test_a_dialler_is_told_of_the_link_it_has() -> None:
    links = Links(LOW, ManualClock())
    links.add(FakeLink(HIGH, dialled=False))
    with pytest.raises(DuplicateLink) as duplicate:
        links.check_new(HIGH)
    assert duplicate.value.device == HIGH
    links.check_new(OTHER)


@pytest.mark.parametrize("order", [(b"a", b"b"), (b"b", b"a")])
def test_with_the_own_device_id_both_ends_keep_the_same(order) -> None:
    links = Links(LOW, ManualClock())
    first, second = (FakeLink(LOW, dialled=True, transcript=transcript) for transcript in order)
    links.add(first)
    if order == (b"a", b"b"):
        with pytest.raises(DuplicateLink):
            links.add(second)
    else:
        assert links.add(second) is first
    assert links.get(LOW).transcript == b"a"


def test_both_ends_of_a_link_with_itself_are_not_both_held() -> None:
    links = Links(LOW, ManualClock())
    links.add(FakeLink(LOW, dialled=True, transcript=b"one"))
    with pytest.raises(MetOurselves):
        links.add(FakeLink(LOW, dialled=False, transcript=b"one"))


def test_removing_a_replaced_link_leaves_its_successor() -> None:
    links = Links(LOW, ManualClock())
    first, second = FakeLink(HIGH, dialled=False), FakeLink(HIGH, dialled=False)
    links.add(first)
    links.add(second)
    links.remove(first)
    assert list(links) == [second]
    links.remove(second)
    assert len(links) == 0


async def test_hold_runs_the_session_and_tells_the_peer_why_it_ended() -> None:
    links = Links(LOW, ManualClock())
    link = FakeLink(HIGH, dialled=True)

    async def session(given):
        assert links.get(HIGH) is given
        raise ProtocolBreach

    with pytest.raises(ProtocolBreach):
        await links.hold(link, session)
    assert (link.reasons, len(links)) == ([ProtocolBreach], 0)


async def test_hold_closes_a_duplicate_and_never_runs_it() -> None:
    links = Links(LOW, ManualClock())
    links.add(FakeLink(HIGH, dialled=True))
    link = FakeLink(HIGH, dialled=False)

    async def session(given):
        pytest.fail("a duplicate was run")

    with pytest.raises(DuplicateLink):
        await links.hold(link, session)
    assert link.reasons == [DuplicateLink]
    assert links.get(HIGH).dialled


async def test_hold_closes_what_it_replaces() -> None:
    links = Links(LOW, ManualClock())
    older = FakeLink(HIGH, dialled=False)
    links.add(older)

    async def session(given):
        raise LinkClosed(1000)

    with pytest.raises(LinkClosed):
        await links.hold(FakeLink(HIGH, dialled=False), session)
    assert older.reasons == [DuplicateLink]
    assert LinkLost.code != DuplicateLink.code
