"""store.reminders: settings, what was told, and what reminders read of the ledger."""

from collections.abc import Iterator

import pytest
from unit.store.world_kit import DAY, START_MS, Reader, World, person_of

from p2pshare.domain.bodies import BusyPeriod, ListingBusy
from p2pshare.domain.calendar_events import Revision
from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, QUIET_HOURS, QuietHours
from p2pshare.domain.reminder_views import ListingDays
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.database import Database
from p2pshare.store.local import add_own_person
from p2pshare.store.reminders import Reminders, forget_told, mark_told, set_quiet_hours

ADA, BEN = person_of(1), person_of(2)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(":memory:")
    yield database
    database.close()


def test_the_night_is_quiet_until_somebody_says_otherwise(database: Database) -> None:
    reminders = Reminders(database.connection)
    assert reminders.quiet_hours() == QUIET_HOURS
    for quiet in (QuietHours(60, 120), NO_QUIET_HOURS):
        with database.transaction(durable=True) as connection:
            set_quiet_hours(connection, quiet)
        assert reminders.quiet_hours() == quiet


def test_what_was_told_is_news_once_to_each(database: Database) -> None:
    ada, ben = ADA.id.hex(), BEN.id.hex()
    reminders = Reminders(database.connection)
    with database.transaction(durable=True) as connection:
        assert mark_told(connection, ada, ["a", "b"], 1000) == ["a", "b"]
        assert mark_told(connection, ada, ["b", "c"], 2000) == ["c"]
        assert mark_told(connection, ben, ["b"], 3000) == ["b"]
    assert reminders.told(ada) == {"a", "b", "c"}
    assert reminders.told(ben) == {"b"}


def test_what_is_long_past_is_forgotten_and_what_may_be_due_is_not(database: Database) -> None:
    ada, ben = ADA.id.hex(), BEN.id.hex()
    with database.transaction(durable=True) as connection:
        mark_told(connection, ada, ["old", "old but due"], 1000)
        mark_told(connection, ada, ["new"], 2000)
        mark_told(connection, ben, ["old"], 1000)
        assert forget_told(connection, ada, {"old but due"}, 2000) == 1
    reminders = Reminders(database.connection)
    assert reminders.told(ada) == {"old but due", "new"}
    assert reminders.told(ben) == {"old"}


def test_who_is_hosted_and_in_which_circles() -> None:
    with Reader() as reader:
        with reader.database.transaction(durable=True) as connection:
            add_own_person(connection, BEN.id, "Ben", 1000)
            add_own_person(connection, ADA.id, "Ada", 2000)
        assert reader.queries.reminders.hosted() == [BEN.id.hex(), ADA.id.hex()]
        assert reader.queries.reminders.circles() == [OPEN_CIRCLE.hex()]


def test_what_the_owner_has_published_of_a_listing() -> None:
    world = World()
    feed = world.open_feed(ADA)
    drill, saw = world.put(feed, "Drill", quantity=2), world.put(feed, "Saw")
    period = BusyPeriod(DAY, "2026-11-28", 1, True, b"\1" * 8)
    busy = ListingBusy(periods=(period,), queue=(b"\2" * 8, b"\3" * 8))
    said = world.write(feed, "listing.busy", busy, subject=drill.subject, time_ms=START_MS - 5)
    with Reader() as reader:
        reader.take_all(world)
        ids = [drill.subject.hex(), saw.subject.hex(), "00" * 16]
        assert reader.queries.reminders.listing_days(ids) == {
            ids[0]: ListingDays(2, (period,), 2, said.header.time_ms),
            ids[1]: ListingDays(1, (), 0, 0),
        }
        assert reader.queries.reminders.listing_days([]) == {}


def test_a_revision_counts_what_was_signed_and_never_goes_back() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    loan = world.request(ben, drill)
    accept = world.move(ada, loan, "accept", after=[loan])
    handed = world.move(ada, loan, "hand-over", after=[accept])
    # Ben had not seen the accept: what rested on it falls away, yet the calendar must hear of it.
    cancel = world.move(ben, loan, "cancel", after=[loan])
    key = loan.subject.hex()
    with Reader(ADA, BEN) as reader:
        reader.clock.advance(1000)
        reader.take_all(world.part([one for one in world.entries if one is not cancel]))
        (before,) = reader.queries.agreements(START_MS, agreement=key)
        assert before.state == "checked_out"
        revision = reader.queries.reminders.revisions([key, "00" * 16])
        assert revision == {key: Revision(3, handed.header.time_ms)}
        reader.take([cancel])
        (after,) = reader.queries.agreements(START_MS, agreement=key)
        assert after.state == "cancelled"
        assert len(after.signed_by) < len(before.signed_by)
        revision = reader.queries.reminders.revisions([key])
        assert revision == {key: Revision(4, cancel.header.time_ms)}
