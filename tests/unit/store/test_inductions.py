"""Inductions in the ledger: whatever arrives first, and valid as the listing stands now."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.world_kit import (
    START_MS,
    Feed,
    Person,
    Reader,
    World,
    Written,
    ancestors,
    deliver,
    person_of,
)

from p2pshare.domain.bodies import InductionGrant, ListingPut
from p2pshare.domain.listing import ListingState, fold_listing
from p2pshare.domain.ordering import FoldEntry
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.inductions import Inductions

ADA, BEN, CLEO = (person_of(number) for number in (1, 2, 3))


class Workshop(World):
    """Ada's laser cutter, with Ben as its witness; each of the three has a feed."""

    def __init__(self) -> None:
        super().__init__()
        self.ada, self.ben, self.cleo = (self.open_feed(one) for one in (ADA, BEN, CLEO))
        self.profile(self.ada, "Ada")
        self.profile(self.ben, "Ben")
        self.profile(self.cleo, "Cleo")
        self.laser = self.offer(witnesses=(BEN,))

    def offer(self, listing: bytes = b"", *, witnesses: tuple[Person, ...] = ()) -> Written:
        body = ListingPut(
            exchange_type=ExchangeType.OFFER,
            item_type=ItemType.GOOD,
            title="Laser cutter",
            quantity=1,
            induction=True,
            witnesses=tuple(one.id for one in witnesses),
        )
        return self.write(self.ada, "listing.put", body, subject=listing)

    def grant(self, witness: Feed, person: Person, listing: bytes | None = None) -> Written:
        about = self.laser.subject if listing is None else listing
        body = InductionGrant(listing=about, person=person.id)
        return self.write(witness, "induction.grant", body)


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


def as_folded(listing: Written) -> ListingState:
    entry = FoldEntry(
        entry_id=listing.identifier,
        author=listing.author.id,
        feed=listing.header.feed,
        kind=listing.kind,
        body=listing.body,
        time_ms=listing.header.time_ms,
    )
    state = fold_listing(listing.subject, [entry])
    assert state is not None
    return state


def family(reader: Reader) -> Inductions:
    return Inductions(reader.database.connection)


def test_a_statement_as_it_is_shown(workshop: Workshop) -> None:
    granted = workshop.grant(workshop.ben, CLEO)
    with Reader() as reader:
        reader.take_all(workshop)
        (view,) = family(reader).find()
    assert view.induction == granted.subject.hex()
    assert (view.circle, view.listing) == (OPEN_CIRCLE.hex(), workshop.laser.subject.hex())
    assert (view.title, view.valid) == ("Laser cutter", True)
    assert (view.person, view.person_name) == (CLEO.id.hex(), "Cleo")
    assert (view.witness, view.witness_name) == (BEN.id.hex(), "Ben")
    assert view.at_ms == min(granted.header.time_ms, START_MS)


def test_they_are_found_by_what_they_are_about_and_the_latest_comes_first(
    workshop: Workshop,
) -> None:
    other = workshop.offer()
    first = workshop.grant(workshop.ben, CLEO)
    second = workshop.grant(workshop.ada, CLEO, other.subject)
    third = workshop.grant(workshop.ada, BEN, other.subject)
    with Reader() as reader:
        reader.clock.advance(seconds=60)
        reader.take_all(workshop)
        inductions = family(reader)

        def found(**wanted: str) -> list[str]:
            return [one.induction for one in inductions.find(**wanted)]

        ids = [one.subject.hex() for one in (first, second, third)]
        assert found() == ids[::-1]
        assert found(listing=other.subject.hex()) == [ids[2], ids[1]]
        assert found(person=CLEO.id.hex()) == [ids[1], ids[0]]
        assert found(person=CLEO.id.hex(), listing=other.subject.hex()) == [ids[1]]
        assert found(circle=OPEN_CIRCLE.hex()) == ids[::-1]
        assert found(circle="00" * 32) == found(listing="00" * 16) == []


def test_it_is_not_valid_before_its_listing_is_known(workshop: Workshop) -> None:
    granted = workshop.grant(workshop.ben, CLEO)
    with Reader() as reader:
        reader.take(ancestors(granted))
        (early,) = family(reader).find()
        assert (early.title, early.person_name, early.valid) == ("", "", False)
        reader.take_all(workshop)
        (late,) = family(reader).find()
        assert (late.title, late.person_name, late.valid) == ("Laser cutter", "Cleo", True)


def test_it_is_valid_for_as_long_as_the_listing_names_the_witness(workshop: Workshop) -> None:
    workshop.grant(workshop.ben, CLEO)
    workshop.grant(workshop.ada, CLEO)
    with Reader() as reader:

        def valid() -> dict[str, bool]:
            reader.take_all(workshop)
            return {one.witness_name: one.valid for one in family(reader).find()}

        assert valid() == {"Ada": True, "Ben": True}
        workshop.offer(workshop.laser.subject)
        assert valid() == {"Ada": True, "Ben": False}
        workshop.offer(workshop.laser.subject, witnesses=(BEN,))
        assert valid() == {"Ada": True, "Ben": True}


def test_a_witness_takes_a_statement_back_by_forgetting_it_and_nobody_else_can(
    workshop: Workshop,
) -> None:
    granted = workshop.grant(workshop.ben, CLEO)
    workshop.erase(workshop.ada, [granted])
    with Reader() as reader:
        reader.take_all(workshop)
        assert [one.valid for one in family(reader).find()] == [True]
        workshop.erase(workshop.ben, [granted])
        reader.take_all(workshop)
        assert family(reader).find() == []
        assert granted.identifier not in reader.held_bodies()


def test_what_a_revocation_takes_states_nothing(workshop: Workshop) -> None:
    last = workshop.ben.last
    granted = workshop.grant(workshop.ben, CLEO)
    workshop.revoke(workshop.open_feed(BEN), BEN, last)
    with Reader() as reader:
        reader.take(ancestors(granted))
        assert len(family(reader).find()) == 1
        reader.take_all(workshop)
        assert family(reader).find() == []


def test_what_nobody_can_state_has_no_row(workshop: Workshop) -> None:
    workshop.grant(workshop.ben, BEN)
    body = InductionGrant(listing=workshop.laser.subject, person=CLEO.id)
    workshop.write(workshop.ben, "induction.grant", body, readers=(BEN, CLEO))
    workshop.write(workshop.ben, "induction.grant", body, subject=workshop.laser.subject)
    workshop.write(workshop.ben, "induction.grant", b"\x81\xa7listing\xc0")
    with Reader(BEN, CLEO) as reader:
        reader.take_all(workshop)
        assert reader.rows("inductions") == []


def test_what_the_rules_are_given(workshop: Workshop) -> None:
    granted = workshop.grant(workshop.cleo, BEN)
    workshop.grant(workshop.ada, CLEO, workshop.offer().subject)
    with Reader() as reader:
        reader.take_all(workshop)
        laser = as_folded(workshop.laser)
        (statement,) = family(reader).statements(laser.listing, OPEN_CIRCLE)
        assert (statement.witness, statement.person) == (CLEO.id, BEN.id)
        assert statement.entry_id == granted.identifier
        assert statement.induction == granted.subject
        assert family(reader).statements(laser.listing, bytes(32)) == []
        assert family(reader).witness_names(laser) == {ADA.id: "Ada", BEN.id: "Ben"}


@given(st.integers(0, 2**32))
@settings(max_examples=8)
def test_any_order_of_arrival_gives_the_same_statements(seed: int) -> None:
    drawn = random.Random(seed)
    world = Workshop()
    feeds = (world.ada, world.ben, world.cleo)
    granted: list[Written] = []
    for _ in range(drawn.randint(1, 6)):
        feed = drawn.choice(feeds)
        if granted and drawn.random() < 0.3:
            world.erase(feed, [drawn.choice(granted)])
        else:
            granted.append(world.grant(feed, drawn.choice((ADA, BEN, CLEO))))
    with Reader() as in_order, Reader() as shuffled:
        in_order.take_all(world)
        deliver(world, shuffled, seed)
        assert shuffled.rows("inductions") == in_order.rows("inductions")
