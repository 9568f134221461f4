"""Which listings an owner's computer looks after, and who waits and asks there."""

import pytest
from unit.store.world_kit import DAY, Reader, World, person_of

from p2pshare.domain.agreement_bodies import HoldAdd, HoldMove, HoldOffer
from p2pshare.domain.bodies import BusyPeriod, ListingPut, LoanPolicy
from p2pshare.domain.bookings import Moment
from p2pshare.domain.hold import OPEN, queue_tag
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.turns import (
    asked_loans,
    holds_in_queue,
    holds_of,
    holds_taken,
    listings_due,
    listings_waited_for,
    owned_among,
    writes_elsewhere,
)

ADA, BEN, CLEO = (person_of(number) for number in range(3))


class Scene(World):
    """Ada's drill and ladder; the drill is lent without asking her."""

    def __init__(self):
        super().__init__()
        self.ada, self.ben, self.cleo = (self.open_feed(one) for one in (ADA, BEN, CLEO))
        self.drill = self.offer(automatic=True)
        self.ladder = self.offer()

    def offer(self, **policy):
        body = ListingPut(
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            transaction_types=("borrow-lend",),
            quantity=1,
            policy=LoanPolicy(**policy),
        )
        return self.write(self.ada, "listing.put", body)

    def hold(self, feed, listing, token, *moves):
        add = HoldAdd(
            listing=listing.subject,
            listing_header=listing.signed.header,
            quantity=1,
            from_day=DAY,
            until_day=DAY,
            token=token.ljust(8, b"-"),
        )
        readers = (feed.author, ADA)
        entry = self.write(feed, "hold.add", add, readers=readers)
        last = entry
        for move in moves:
            body = HoldOffer(offered_until_ms=2**53) if move == "offer" else HoldMove()
            writer = self.ada if move in ("offer", "remove") else feed
            last = self.write(
                writer,
                f"hold.{move}",
                body,
                subject=entry.subject,
                after=[last],
                readers=readers,
            )
        return entry


@pytest.fixture
def scene():
    return Scene()


def read(scene, question, *arguments, reader=ADA):
    with Reader(reader) as node:
        node.take_all(scene)
        return question(node.database.connection, *arguments)


def place(listing):
    return (OPEN_CIRCLE, listing.subject)


def test_where_somebody_waits_time_may_bring_something(scene):
    assert read(scene, listings_waited_for, ADA.id) == []
    scene.hold(scene.ben, scene.ladder, b"b", "drop")
    assert read(scene, listings_waited_for, ADA.id) == []
    scene.hold(scene.cleo, scene.ladder, b"c", "offer")
    assert read(scene, listings_waited_for, ADA.id) == [place(scene.ladder)]
    assert read(scene, listings_waited_for, BEN.id, reader=BEN) == []


def test_so_may_it_where_yes_comes_by_itself(scene):
    scene.request(scene.ben, scene.ladder)
    assert read(scene, listings_waited_for, ADA.id) == []
    scene.request(scene.ben, scene.drill)
    assert read(scene, listings_waited_for, ADA.id) == [place(scene.drill)]


def test_requests_come_as_they_came_and_no_more_than_asked_for(scene):
    loans = [scene.request(feed, scene.drill) for feed in (scene.cleo, scene.ben, scene.ben)]
    scene.move(scene.ada, loans[1], "decline", after=[loans[1]])
    scene.request(scene.ben, scene.ladder)
    found = [loans[0].subject, loans[2].subject]
    assert read(scene, asked_loans, scene.drill.subject, 9) == found
    assert read(scene, asked_loans, scene.drill.subject, 1) == found[:1]


def test_the_queue_is_who_waits_and_whose_tag_is_published(scene):
    waiting = scene.hold(scene.ben, scene.drill, b"b")
    gone = scene.hold(scene.cleo, scene.drill, b"c", "drop")
    scene.hold(scene.cleo, scene.ladder, b"d")
    found = read(scene, holds_in_queue, scene.drill.subject, ())
    assert found == [waiting.subject]
    published = [queue_tag(b"c-------"), b"nobody's", queue_tag(b"d-------")]
    found = read(scene, holds_in_queue, scene.drill.subject, published)
    assert sorted(found) == sorted([waiting.subject, gone.subject])


def test_the_places_of_somebody(scene):
    taken = scene.hold(scene.ben, scene.drill, b"b", "offer", "take")
    waiting = scene.hold(scene.ben, scene.drill, b"c")
    drill = scene.drill.subject
    assert read(scene, holds_of, drill, (BEN.id,), OPEN) == [waiting.subject]
    assert read(scene, holds_taken, drill, (BEN.id, CLEO.id)) == [taken.subject]
    assert read(scene, holds_of, drill, (CLEO.id,), OPEN) == []
    assert read(scene, holds_of, drill, (), OPEN) == []
    assert read(scene, holds_of, scene.ladder.subject, (BEN.id,), OPEN) == []


def test_of_some_listings_those_of_an_owner(scene):
    foreign = scene.put(scene.ben, "Saw")
    named = [one.subject.hex() for one in (scene.drill, foreign)]
    assert read(scene, owned_among, ADA.id, named) == [place(scene.drill)]
    assert read(scene, owned_among, ADA.id, []) == []


# --- what time has brought --------------------------------------------------------------------


NOW = Moment(DAY, 0)


def due(scene, *, now=NOW, now_ms=0):
    return read(scene, listings_due, ADA.id, now, now_ms)


def promised(scene, listing):
    """Ben's loan of it, from DAY until five days later."""
    loan = scene.request(scene.ben, listing)
    return loan, scene.move(scene.ada, loan, "accept", after=[loan])


def test_who_waits_for_what_is_free_is_due_and_who_has_a_turn_is_not(scene):
    scene.hold(scene.cleo, scene.ladder, b"c")
    assert due(scene) == [place(scene.ladder)]
    scene.hold(scene.ben, scene.ladder, b"b", "offer")
    assert due(scene) == [], "there is one ladder"


def test_nobody_is_due_while_the_thing_is_away_until_its_days_have_passed(scene):
    promised(scene, scene.ladder)
    scene.hold(scene.cleo, scene.ladder, b"c")
    assert due(scene) == []
    assert due(scene, now=Moment("2026-11-28", 1439)) == []
    assert due(scene, now=Moment("2026-11-29", 0)) == [place(scene.ladder)]


def test_what_is_late_stays_away(scene):
    loan, accepted = promised(scene, scene.ladder)
    scene.move(scene.ada, loan, "hand-over", after=[accepted])
    scene.hold(scene.cleo, scene.ladder, b"c")
    assert due(scene, now=Moment("2026-12-29", 0)) == []


def test_days_that_another_computer_has_promised_are_taken(scene):
    scene.hold(scene.cleo, scene.ladder, b"c")
    scene.busy(scene.ada, scene.ladder.subject, [BusyPeriod(DAY, DAY, 1, False, b"promise1")])
    assert due(scene) == []


def test_a_turn_that_has_passed_is_due(scene):
    scene.hold(scene.cleo, scene.ladder, b"c", "offer")
    assert due(scene, now_ms=2**53) == []
    assert due(scene, now_ms=2**53 + 1) == [place(scene.ladder)]


def test_the_queue_of_a_closed_offer_is_due(scene):
    scene.hold(scene.cleo, scene.ladder, b"c", "offer")
    scene.close(scene.ada, scene.ladder.subject)
    assert due(scene) == [place(scene.ladder)]


def test_what_may_be_accepted_without_asking_is_due_once_it_is_free(scene):
    scene.request(scene.cleo, scene.drill)
    scene.request(scene.cleo, scene.ladder)
    assert due(scene) == [place(scene.drill)]
    promised(scene, scene.drill)
    assert due(scene) == []


def test_a_second_computer_is_known_by_its_feed(scene):
    assert read(scene, writes_elsewhere, OPEN_CIRCLE, ADA.id), "the reader has written nothing"
    assert not read(scene, writes_elsewhere, OPEN_CIRCLE, person_of(9).id)
    assert not read(scene, writes_elsewhere, b"c" * 32, ADA.id)
