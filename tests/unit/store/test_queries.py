"""What people and programs are shown: days, conflicts, names, times, filters."""

import pytest
from unit.store.world_kit import DAY, START_MS, YEAR_MS, Reader, World, person_of

from p2pshare.domain.bodies import BusyPeriod, ListingPut
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store import local

ADA, BEN, CLEO = person_of(1), person_of(2), person_of(3)


def period(
    start: str, end: str | None, quantity: int = 1, *, out: bool = False, tag: int = 1
) -> BusyPeriod:
    return BusyPeriod(start, end, quantity, out, bytes([tag]) * 8)


def test_what_is_free_on_a_day() -> None:
    world = World()
    ada = world.open_feed(ADA)
    drills = world.put(ada, "Drills", quantity=3)
    periods = [
        period("2026-11-23", "2026-11-25", 2, out=True, tag=1),
        period("2026-11-25", "2026-11-30", 1, tag=2),
        period("2026-12-24", None, 3, tag=3),
    ]
    world.busy(ada, drills.subject, periods, after=[drills])
    with Reader() as reader:
        reader.take_all(world)
        free = {
            day: reader.queries.listings(day)[0].available
            for day in (
                "2026-11-22",
                "2026-11-23",
                "2026-11-25",
                "2026-11-26",
                "2026-12-01",
                "2027-06-01",
            )
        }
        assert free == {
            "2026-11-22": 1,  # what was handed over early is away already
            "2026-11-23": 1,
            "2026-11-25": 0,
            "2026-11-26": 0,  # what is out is out until it is back
            "2026-12-01": 1,
            "2027-06-01": 0,
        }
        assert sorted(reader.queries.busy_periods(drills.subject.hex()), key=repr) == sorted(
            periods, key=repr
        )
        assert reader.queries.busy_periods("00" * 16) == []


@pytest.mark.parametrize("reader_of", [ADA, BEN])
def test_both_borrowers_and_the_owner_see_that_it_was_promised_twice(reader_of: object) -> None:
    world = World()
    ada, ben, cleo = (world.open_feed(person) for person in (ADA, BEN, CLEO))
    drill = world.put(ada, "Drill")
    saw = world.put(ada, "Saw")
    loans = [world.request(feed, drill) for feed in (ben, cleo)]
    quiet = world.request(ben, saw)
    for loan in (*loans, quiet):
        world.move(ada, loan, "accept", after=[loan])
    world.busy(
        ada,
        drill.subject,
        [period(DAY, "2026-11-28", tag=1), period(DAY, "2026-11-28", tag=2)],
        after=[drill],
    )
    world.busy(ada, saw.subject, [period(DAY, "2026-11-28", tag=3)], after=[saw])
    with Reader(reader_of) as reader:  # type: ignore[arg-type]
        reader.take_all(world)
        views = {one.agreement: one for one in reader.queries.agreements(START_MS)}
        seen = {
            loan.subject.hex() for loan in (*loans, quiet) if reader_of is ADA or loan.author is BEN
        }
        assert views.keys() == seen
        assert {key for key, one in views.items() if one.conflict} == seen - {quiet.subject.hex()}
        returned = loans[0]
        world.move(ben, returned, "cancel", after=[returned])
        reader.take_all(world)
        (view,) = reader.queries.agreements(START_MS, agreement=returned.subject.hex())
        assert (view.state, view.conflict) == ("cancelled", False)


def test_overdue_is_seen_by_the_clock_while_it_is_out_only() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    for feed, name in ((ada, "Ada"), (ben, "Ben")):
        world.profile(feed, name)
    loan = world.request(ben, world.put(ada, "Drill"), "please")
    accept = world.move(ada, loan, "accept", after=[loan])
    with Reader(BEN) as reader:
        reader.take_all(world)
        due = START_MS + YEAR_MS // 12
        (view,) = reader.queries.agreements(due + 1)
        assert (view.state, view.due_at_ms, view.overdue) == ("accepted", due, False)
        out = world.move(ada, loan, "hand-over", after=[accept])
        reader.take_all(world)
        assert [reader.queries.agreements(now)[0].overdue for now in (due, due + 1)] == [
            False,
            True,
        ]
        world.move(ben, loan, "give-back", after=[out])
        reader.take_all(world)
        (view,) = reader.queries.agreements(due + 1)
        assert (view.state, view.overdue) == ("returned", False)
        assert (view.owner_name, view.asker_name, view.note) == ("Ada", "Ben", "please")
        assert [(one.move, one.person) for one in view.signed_by] == [
            ("request", BEN.id.hex()),
            ("accept", ADA.id.hex()),
            ("hand-over", ADA.id.hex()),
            ("give-back", BEN.id.hex()),
        ]


def test_agreements_can_be_chosen() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    first, second = world.request(ben, drill), world.request(ben, drill)
    with Reader(ADA) as reader:
        reader.take_all(world)

        def chosen(**by: object) -> set[str]:
            return {one.agreement for one in reader.queries.agreements(START_MS, **by)}  # type: ignore[arg-type]

        both = {first.subject.hex(), second.subject.hex()}
        assert chosen() == chosen(kind="loan") == chosen(circle=OPEN_CIRCLE.hex()) == both
        assert chosen(persons=[BEN.id.hex()]) == chosen(persons=[ADA.id.hex()]) == both
        assert chosen(agreement=first.subject.hex()) == {first.subject.hex()}
        for nothing in (
            {"kind": "gift"},
            {"circle": "00" * 32},
            {"persons": [CLEO.id.hex()]},
            {"persons": []},
        ):
            assert chosen(**nothing) == set()


def test_when_people_were_last_seen_is_never_later_than_what_arrived_here() -> None:
    world = World()
    ada, ben, _ = (world.open_feed(person) for person in (ADA, BEN, CLEO))
    world.profile(ada, "Ada", time_ms=START_MS + 10 * YEAR_MS)  # a clock of the future
    world.profile(ben, "ben", time_ms=START_MS - 5000)  # one of the past
    with Reader(BEN) as reader:
        reader.clock.advance(60)
        with reader.database.transaction(durable=False) as connection:
            local.add_own_person(connection, BEN.id, "ben", START_MS)
        reader.take_all(world)
        seen = {one.name: one for one in reader.queries.people()}
        assert [one.name for one in reader.queries.people()] == ["", "Ada", "ben"]
        assert seen["Ada"].last_seen_ms == START_MS + 60_000
        assert seen["ben"].last_seen_ms == START_MS - 5000
        assert [one.own for one in reader.queries.people()] == [False, False, True]
        assert reader.queries.people("00" * 32) == []
        assert len(reader.queries.people(OPEN_CIRCLE.hex())) == 3


def test_listings_can_be_chosen_and_cut_to_pages() -> None:
    world = World()
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    world.profile(ada, "Ada")
    made = [world.put(ada, f"Offer {number}") for number in range(5)]
    want = ListingPut(
        exchange_type=ExchangeType.WANT,
        item_type=ItemType.SERVICE,
        transaction_types=("hours",),
        title="Lessons",
        quantity=1,
        expires="2026-11-30",
    )
    lessons = world.write(ben, "listing.put", want)
    world.close(ada, made[0].subject, after=[made[0]])
    world.put(ada, "Offer 1, again", made[1].subject, after=[made[1]])
    with Reader(ADA) as reader:
        reader.take_all(world)
        with reader.database.transaction(durable=False) as connection:
            local.add_own_person(connection, ADA.id, "Ada", START_MS)
        queries = reader.queries

        def titles(day: str = DAY, **by: object) -> list[str]:
            return [one.title for one in queries.listings(day, **by)]  # type: ignore[arg-type]

        everything = titles()
        assert sorted(everything) == ["Lessons", "Offer 1, again", "Offer 2", "Offer 3", "Offer 4"]
        assert titles(limit=2) + titles(limit=2, offset=2) + titles(offset=4) == everything
        assert titles(exchange_type="want") == titles(item_type="service") == ["Lessons"]
        assert titles(owners=[BEN.id.hex()]) == ["Lessons"]
        assert titles(owners=[]) == titles(circle="00" * 32) == []
        assert titles(circle=OPEN_CIRCLE.hex()) == everything
        assert titles(search="offer", limit=1, offset=1) != titles(search="offer", limit=1)
        assert len(titles(search="offer", exchange_type="want")) == 0
        assert "Lessons" in titles("2026-11-30")
        assert "Lessons" not in titles("2026-12-01")
        assert (queries.count_listings(DAY), queries.count_listings("2026-12-01")) == (5, 4)
        closed = queries.listing(made[0].subject.hex(), DAY)
        assert closed is not None
        assert (closed.closed, closed.own, closed.person_name) == (True, True, "Ada")
        assert queries.listing("00" * 16, DAY) is None
        view = queries.listing(lessons.subject.hex(), DAY)
        assert view is not None
        assert (view.own, view.person_name, view.expires) == (False, "", "2026-11-30")


def test_hours_are_summed_for_each_person_and_circle() -> None:
    world = World()
    ada, ben, _ = (world.open_feed(person) for person in (ADA, BEN, CLEO))
    world.pay(ben, BEN, ADA, 60)
    world.pay(ada, ADA, CLEO, 25)
    world.pay(ada, BEN, ADA, 1000)  # in another's name
    with Reader() as reader:
        reader.take_all(world)
        minutes = [
            reader.queries.accounts.balance(person.id.hex(), OPEN_CIRCLE.hex()).minutes
            for person in (ADA, BEN, CLEO)
        ]
        assert minutes == [35, -60, 25]
        assert sum(minutes) == 0
        assert reader.queries.accounts.balance(ADA.id.hex(), "00" * 32).minutes == 0


def test_circles_count_what_is_in_hand() -> None:
    world = World()
    ada = world.open_feed(ADA)
    world.put(ada, "Drill")
    world.open_feed(BEN)
    with Reader() as reader:
        before = reader.queries.circles()
        assert (before[0].entries, before[0].feeds) == (0, 0)
        reader.take_all(world)
        (circle,) = reader.queries.circles()
        assert (circle.circle, circle.entries, circle.feeds) == (OPEN_CIRCLE.hex(), 3, 2)
        assert circle.digest == reader.digest().hex() != before[0].digest
