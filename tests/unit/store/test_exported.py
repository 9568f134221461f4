"""What exports read beside the views of pages: payments, and the listings that ask."""

from unit.store.ledger_kit import ADA, BEN, CLEO
from unit.store.world_kit import START_MS, Reader, World

from p2pshare.domain.bodies import HoursConfirm, HoursPay, HoursSplit, ListingPut, Share
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.exported import Exported


def paying_world() -> World:
    """Ben pays Ada, who confirms; then less time ago, by his clock, both others; and corrects."""
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.profile(ada, "Ada")
    paid = world.pay(ben, BEN, ADA, 90, time_ms=START_MS - 5000)
    world.write(ada, "hours.confirm", HoursConfirm(), subject=paid.subject, after=[paid])
    shares = (Share(ADA.id, 10), Share(CLEO.id, 20))
    split = HoursSplit(payer=BEN.id, shares=shares, gift=True)
    world.write(ben, "hours.split", split, time_ms=START_MS - 9000)
    more = HoursPay(payer=BEN.id, payee=ADA.id, minutes=5, corrects=paid.subject)
    world.write(ben, "hours.pay", more, time_ms=START_MS - 1000)
    return world


def test_payments_are_read_oldest_first_with_all_that_is_known_of_them() -> None:
    with Reader() as reader:
        reader.take_all(paying_world())
        payments = Exported(reader.database.connection).payments()
    assert [(one.minutes, one.place, one.at_ms - START_MS) for one in payments] == [
        *((10, 0, -9000), (20, 1, -9000), (90, 0, -5000), (5, 0, -1000)),
    ]
    assert [one.payee for one in payments] == [person.id.hex() for person in (ADA, CLEO, ADA, ADA)]
    assert [(one.payer_name, one.payee_name) for one in payments[:2]] == [("", "Ada"), ("", "")]
    assert [one.gift for one in payments] == [True, True, False, False]
    assert [one.confirmed for one in payments] == [False, False, True, False]
    assert [one.corrects for one in payments] == [None, None, None, payments[2].payment]
    assert payments[0].payment == payments[1].payment, "one split"


def test_payments_of_a_person_or_a_circle_alone() -> None:
    with Reader() as reader:
        reader.take_all(paying_world())
        exported = Exported(reader.database.connection)
        assert [one.minutes for one in exported.payments(person=CLEO.id.hex())] == [20]
        assert len(exported.payments(person=BEN.id.hex())) == 4
        assert len(exported.payments(circle=OPEN_CIRCLE.hex())) == 4
        assert exported.payments(circle="00" * 32) == []


def test_the_listings_that_ask() -> None:
    world = World()
    ada = world.open_feed(ADA)
    world.put(ada, "Drill")
    body = ListingPut(
        exchange_type=ExchangeType.WANT, item_type=ItemType.GOOD, title="Saw", quantity=1
    )
    want = world.write(ada, "listing.put", body)
    world.close(ada, want.subject, after=[want])
    with Reader() as reader:
        reader.take_all(world)
        assert Exported(reader.database.connection).wants() == {want.subject.hex()}
