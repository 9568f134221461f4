"""The calendar of a listing and the queue, as owner, party and stranger read them."""

import pytest
from unit.store.test_turns import ADA, BEN, CLEO, Scene
from unit.store.world_kit import DAY, Reader

from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.bookings import Moment
from p2pshare.domain.days import add_days
from p2pshare.domain.hold import queue_tag

NOW = Moment(DAY, 0)
LAST = add_days(DAY, 30)
UNTIL = "2026-11-28"


@pytest.fixture
def scene():
    return Scene()


def calendar(scene, reader, *persons, listing=None):
    with Reader(reader) as node:
        node.take_all(scene)
        named = [one.id.hex() for one in persons or (reader,)]
        subject = (listing or scene.drill).subject.hex()
        return node.queries.bookings.calendar(subject, named, NOW, DAY, LAST)


def holds(scene, reader, **chosen):
    with Reader(reader) as node:
        node.take_all(scene)
        return node.queries.bookings.holds([reader.id.hex()], **chosen)


def publish(scene, listing, *, periods=(), queue=()):
    body = ListingBusy(periods=tuple(periods), queue=tuple(queue))
    scene.write(scene.ada, "listing.busy", body, subject=listing.subject)


def promised(scene):
    loan = scene.request(scene.ben, scene.drill)
    scene.move(scene.ada, loan, "accept", after=[loan])
    publish(scene, scene.drill, periods=[BusyPeriod(DAY, UNTIL, 1, False, b"promise1")])
    return loan


def test_each_promise_is_there_once_and_has_a_name_for_its_parties(scene):
    loan = promised(scene)
    for reader, agreement in ((ADA, loan.subject.hex()), (BEN, loan.subject.hex()), (CLEO, None)):
        (booking,) = calendar(scene, reader).bookings
        assert (booking.state, booking.agreement) == ("promised", agreement)
        assert (booking.from_day, booking.until_day) == (DAY, UNTIL)


def test_requests_are_for_the_two_who_know_of_them(scene):
    scene.request(scene.ben, scene.drill)
    assert [one.state for one in calendar(scene, ADA).bookings] == ["asked"]
    assert [one.state for one in calendar(scene, BEN).bookings] == ["asked"]
    assert calendar(scene, CLEO).bookings == ()


def test_who_shares_a_computer_does_not_see_the_other_s(scene):
    loan = promised(scene)
    (booking,) = calendar(scene, BEN, CLEO).bookings
    assert (booking.state, booking.agreement) == ("promised", None)
    (booking,) = calendar(scene, BEN, CLEO, BEN).bookings
    assert booking.agreement == loan.subject.hex()


def test_what_is_in_dispute_is_out_until_it_was_taken_back(scene):
    loan = scene.request(scene.ben, scene.drill)
    last = loan
    for feed, move in ((scene.ada, "accept"), (scene.ben, "receive"), (scene.ben, "dispute")):
        last = scene.move(feed, loan, move, after=[last])
    assert [one.state for one in calendar(scene, ADA).bookings] == ["out"]
    scene.move(scene.ada, loan, "take-back", after=[last])
    assert calendar(scene, ADA).bookings == ()


def test_other_listings_are_other_calendars(scene):
    promised(scene)
    assert calendar(scene, ADA, listing=scene.ladder).bookings == ()


def test_a_listing_that_is_not_here_has_none(scene):
    with Reader(ADA) as node:
        assert node.queries.bookings.calendar("00" * 16, [], NOW, DAY, LAST) is None


# --- holds ------------------------------------------------------------------------------------


def test_the_holder_finds_their_own_place_and_the_owner_all(scene):
    bens = scene.hold(scene.ben, scene.drill, b"b")
    cleos = scene.hold(scene.cleo, scene.drill, b"c", "offer")
    publish(scene, scene.drill, queue=[queue_tag(b"c-------"), queue_tag(b"b-------")])
    (mine,) = holds(scene, BEN)
    assert (mine.hold, mine.position, mine.waiting) == (bens.subject.hex(), 2, 2)
    assert (mine.state, mine.offered_until_ms) == ("waiting", None)
    assert (mine.person, mine.owner) == (BEN.id.hex(), ADA.id.hex())
    first, second = holds(scene, ADA)
    assert (first.hold, first.position, first.state) == (cleos.subject.hex(), 1, "offered")
    assert (first.offered_until_ms, second) == (2**53, mine)
    assert holds(scene, ADA, waiting=True) == []


def test_before_the_owner_has_seen_it_a_hold_has_no_place(scene):
    scene.hold(scene.ben, scene.drill, b"b")
    (mine,) = holds(scene, BEN)
    assert (mine.position, mine.waiting) == (None, 0)


def test_who_is_through_waits_no_more(scene):
    for moves in (("drop",), ("remove",), ("offer", "take")):
        scene.hold(scene.ben, scene.drill, b"b", *moves)
    assert holds(scene, BEN) == []


def test_one_listing_or_circle_can_be_asked_about(scene):
    scene.hold(scene.ben, scene.drill, b"b")
    ladders = scene.hold(scene.ben, scene.ladder, b"c")
    found = holds(scene, BEN, listing=scene.ladder.subject.hex())
    assert [one.hold for one in found] == [ladders.subject.hex()]
    assert holds(scene, BEN, circle="00" * 32) == []
    assert len(holds(scene, BEN, circle=found[0].circle)) == 2


def test_the_next_turn_to_pass_is_the_owner_s_concern(scene):
    scene.hold(scene.ben, scene.drill, b"b", "offer")
    with Reader(ADA) as node:
        node.take_all(scene)
        bookings = node.queries.bookings
        assert bookings.next_turn_ms([ADA.id.hex()]) == 2**53
        assert bookings.next_turn_ms([CLEO.id.hex()]) is None
        assert bookings.next_turn_ms([]) is None
