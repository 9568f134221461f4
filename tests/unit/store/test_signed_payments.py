"""What each payment of a person knew: its feed before it, forks and all, and what it names."""

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.store.random_worlds import PERSONS, worlds
from unit.store.world_kit import Reader, World, ancestors, deliver, seeded

from p2pshare.domain.hours import PAYMENT_KINDS
from p2pshare.limits import OVERSPENDING_LINES_MAX
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.keys import SigningKey
from p2pshare.store.signed_payments import (
    in_several_lines,
    persons_in_several_lines,
    signed_payments,
)

ADA, BEN, CLEO, _ = PERSONS
few = settings(max_examples=max(20, settings().max_examples // 5))


def read(reader, person):
    return signed_payments(reader.database.connection, person.id, OPEN_CIRCLE)


def several(reader, person):
    return in_several_lines(reader.database.connection, person.id, OPEN_CIRCLE)


@few
@given(world=worlds(), order=st.integers(0, 2**16), person=st.sampled_from(PERSONS))
def test_a_payment_knew_the_one_before_it_and_those_it_names(world, order, person):
    with Reader() as reader:
        deliver(world, reader, order)
        counted = {row["entry"]: 0 for row in reader.rows("payments")}
        for row in reader.rows("payments"):
            counted[row["entry"]] += row["minutes"]
        found = {one.entry_id: one for one in read(reader, person)}
        written = [
            one for one in world.entries if one.author is person and one.kind in PAYMENT_KINDS
        ]
        assert set(found) == {one.identifier for one in written}
        for one in written:
            earlier = [two for two in ancestors(one)[:-1] if two.kind in PAYMENT_KINDS]
            own = {two.identifier for two in earlier[-1:]}
            payment = found[one.identifier]
            assert set(payment.knew) == own.union(one.header.after)
            assert payment.feed == one.header.feed
            assert payment.minutes == counted.get(one.identifier.hex(), 0)


def test_one_feed_is_one_line_until_it_forks():
    world = World()
    feed = world.open_feed(ADA)
    first = world.pay(feed, ADA, BEN, 10)
    with Reader() as reader:
        reader.take_all(world)
        assert not several(reader, ADA)
        assert not several(reader, BEN)
        reader.take([world.pay(feed, ADA, BEN, 10)])
        assert not several(reader, ADA)
        reader.take([world.pay(feed, ADA, BEN, 10, follow=first)])
        assert several(reader, ADA)
        for _ in range(2):
            reader.take([world.open_feed(BEN).opening])
        assert several(reader, BEN)
        both = persons_in_several_lines(reader.database.connection, OPEN_CIRCLE)
        assert both == sorted([ADA.id, BEN.id])
        assert persons_in_several_lines(reader.database.connection, b"c" * 32) == []
        assert read(reader, CLEO) == []


def test_a_feed_forked_too_often_is_taken_for_as_many_computers():
    world = World()
    laptop = world.open_feed(ADA)
    base = world.pay(laptop, ADA, BEN, 10)
    for _ in range(OVERSPENDING_LINES_MAX + 2):
        world.pay(laptop, ADA, BEN, 20, follow=base)
    with Reader() as reader:
        reader.take_all(world)
        (found,) = reader.queries.accounts.overspent(OPEN_CIRCLE.hex())
        assert len(found.payments) == OVERSPENDING_LINES_MAX + 3
        assert found.balance == -10 - 20 * (OVERSPENDING_LINES_MAX + 2)


def test_two_openings_of_one_feed_key_are_two_lines():
    key = SigningKey.from_bytes(seeded("one key"))
    world = World()
    first, second = world.open_feed(ADA, key=key), world.open_feed(ADA, key=key)
    world.pay(first, ADA, BEN, 1080)
    world.pay(second, ADA, CLEO, 1080)
    with Reader() as reader:
        reader.take_all(world)
        assert len(reader.queries.accounts.overspent(OPEN_CIRCLE.hex())) == 1
