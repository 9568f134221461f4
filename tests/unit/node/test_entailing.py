"""What an owner's computer does by itself: turns, automatic acceptance, what everybody is told."""

import random
from contextlib import closing

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.bookings import Moment
from p2pshare.domain.commands import (
    AddHold,
    CloseListing,
    DropHold,
    EditListing,
    Forget,
    MoveAgreement,
    OpenRepair,
)
from p2pshare.domain.days import add_days, day_of
from p2pshare.errors import DomainError
from p2pshare.limits import HOLD_HOURS_DEFAULT
from p2pshare.node.entailing import _Affairs
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.store.notes import PROMISES_UNPUBLISHED, read_note

TODAY = day_of(START_MS, 0)
HOUR = 3600
TURN = HOLD_HOURS_DEFAULT * HOUR


class Street:
    """Ada with a drill, Ben and Cleo who would like it; the clocks go together."""

    def __init__(self, folder):
        self.ada, self.ben, self.cleo = self.computers = [
            Computer(folder / name) for name in ("ada", "ben", "cleo")
        ]
        self.a, self.b, self.c = (
            one.add(name) for one, name in zip(self.computers, ("Ada", "Ben", "Cleo"), strict=True)
        )

    def meet(self):
        meet(*self.computers)

    def offer(self, *, quantity=1, **policy):
        drill = self.ada.offer(self.a, quantity=quantity, policy=LoanPolicy(**policy))
        self.meet()
        return drill

    def hold(self, computer, person, listing):
        hold = computer.perform(AddHold(person=person, listing=listing))[0].subject
        self.meet()
        return hold

    def pass_time(self, seconds):
        for one in self.computers:
            one.clock.advance(seconds)

    def tend(self):
        """The timer of Ada's computer, then everybody meets."""
        followed = self.ada.entail(IngestReport(), timely=True)
        self.meet()
        return followed

    def queue(self, computer, listing):
        return [
            bytes.fromhex(token)
            for (token,) in computer.database.connection.execute(
                "SELECT token FROM waiting WHERE listing = ? ORDER BY place", (listing.hex(),)
            )
        ]

    def close(self):
        for one in self.computers:
            one.close()


@pytest.fixture
def street(tmp_path):
    with closing(Street(tmp_path)) as street:
        yield street


def state(computer, agreement):
    return computer.loan(agreement).state


def days(first, last=None):
    start = add_days(TODAY, first)
    return {"from_day": start, "until_day": start if last is None else add_days(TODAY, last)}


def lend(street, drill, computer, person, **fields):
    loan = computer.ask(person, drill, **fields)
    street.meet()
    for move in ("accept", "hand-over"):
        street.ada.move(street.a, loan, move)
    street.meet()
    return loan


def give_back(street, loan):
    street.ada.move(street.a, loan, "take-back")
    street.meet()


# --- the queue --------------------------------------------------------------------------------


def test_everybody_sees_how_many_wait_and_nobody_who(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    street.hold(street.cleo, street.c, drill)
    assert [len(street.queue(one, drill)) for one in street.computers] == [1, 1, 1]
    for other in (street.ben,):
        assert other.queries.agreements(START_MS, kind="hold") == []
    (entry,) = [
        entry
        for _, entries in street.ben.all_entries().items()
        for entry in entries
        if b"listing.busy" in entry.header and street.queue(street.ben, drill)[0] in entry.body
    ]
    assert street.c not in entry.body


def test_a_turn_is_offered_when_the_thing_is_back_and_taken_by_asking(street):
    drill = street.offer(automatic=True)
    loan = street.ben.ask(street.b, drill)
    street.meet()
    assert state(street.ben, loan) == "accepted"
    street.ada.move(street.a, loan, "hand-over")
    street.meet()
    hold = street.hold(street.cleo, street.c, drill)
    assert state(street.cleo, hold) == "waiting"
    give_back(street, loan)
    offered = street.cleo.loan(hold)
    assert (offered.state, offered.offered_until_ms) == ("offered", START_MS + TURN * 1000)
    mine = street.cleo.ask(street.c, drill)
    assert state(street.cleo, hold) == "taken", "in the transaction of the request"
    street.meet()
    assert state(street.cleo, mine) == "accepted"
    assert street.queue(street.ben, drill) == []


def test_a_turn_that_is_not_taken_goes_to_the_next(street):
    drill = street.offer()
    loan = lend(street, drill, street.ben, street.b)
    first = street.hold(street.cleo, street.c, drill)
    give_back(street, loan)
    second = street.hold(street.ben, street.b, drill)
    assert (state(street.cleo, first), state(street.ben, second)) == ("offered", "waiting")
    street.pass_time(TURN)
    assert street.tend() == [], "the last moment is part of the turn"
    street.pass_time(1)
    assert len(street.tend()) == 1
    assert (state(street.cleo, first), state(street.ben, second)) == ("expired", "offered")
    assert len(street.queue(street.cleo, drill)) == 1


def test_leaving_is_one_step_and_the_next_one_moves_up(street):
    drill = street.offer()
    loan = lend(street, drill, street.ben, street.b)
    hold = street.hold(street.cleo, street.c, drill)
    street.cleo.perform(DropHold(person=street.c, listing=drill))
    assert state(street.cleo, hold) == "dropped"
    street.meet()
    assert street.queue(street.cleo, drill) == []
    with pytest.raises(DomainError, match="not waiting for that"):
        street.cleo.perform(DropHold(person=street.c, listing=drill))
    again = street.hold(street.cleo, street.c, drill)
    give_back(street, loan)
    assert state(street.cleo, again) == "offered"


def test_there_is_one_place_for_each_person_and_thing(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    street.hold(street.cleo, street.c, drill)
    with pytest.raises(DomainError, match="waiting for that already"):
        street.cleo.perform(AddHold(person=street.c, listing=drill))


def test_two_holds_from_two_computers_have_one_place_and_leave_together(street, tmp_path):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    with closing(Computer(tmp_path / "phone")) as phone:
        phone.host(street.cleo, street.c, "Cleo")
        meet(phone, street.ada)
        for one in (phone, street.cleo):
            one.perform(AddHold(person=street.c, listing=drill))
        meet(phone, *street.computers)
        assert len(street.queue(street.ben, drill)) == 1
        phone.perform(DropHold(person=street.c, listing=drill))
        meet(phone, *street.computers)
        assert street.queue(street.ben, drill) == []


def test_nothing_is_offered_while_the_thing_is_away_resting_or_in_repair(street):
    drill = street.offer(buffer_minutes=24 * 60)
    loan = lend(street, drill, street.ben, street.b, until_day=TODAY)
    hold = street.hold(street.cleo, street.c, drill)
    give_back(street, loan)
    assert state(street.cleo, hold) == "offered", "what was given back early need not rest"
    repair = street.ada.perform(OpenRepair(person=street.a, listing=drill))[0].subject
    street.pass_time(TURN + 1)
    street.tend()
    assert state(street.cleo, hold) == "expired"
    again = street.hold(street.cleo, street.c, drill)
    assert state(street.cleo, again) == "waiting"
    street.ada.perform(MoveAgreement(person=street.a, agreement=repair, move="resolve"))
    street.meet()
    assert state(street.cleo, again) == "offered"


def test_what_is_not_fetched_is_offered_when_its_days_have_passed(street):
    drill = street.offer()
    loan = street.ben.ask(street.b, drill, until_day=TODAY)
    street.meet()
    street.ada.move(street.a, loan, "accept")
    hold = street.hold(street.cleo, street.c, drill)
    assert state(street.cleo, hold) == "waiting"
    street.pass_time(24 * HOUR)
    street.tend()
    assert state(street.cleo, hold) == "offered"


def test_as_many_turns_are_offered_as_there_are_things(street):
    drills = street.offer(quantity=2)
    first = street.hold(street.ben, street.b, drills)
    second = street.hold(street.cleo, street.c, drills)
    assert [state(street.ben, first), state(street.cleo, second)] == ["offered", "offered"]


def test_what_was_taken_stays_theirs_until_the_owner_answers(street):
    drill = street.offer()
    first = street.hold(street.ben, street.b, drill)
    second = street.hold(street.cleo, street.c, drill)
    loan = street.ben.ask(street.b, drill)
    street.meet()
    assert (state(street.ben, first), state(street.cleo, second)) == ("taken", "waiting")
    street.ada.move(street.a, loan, "decline")
    street.meet()
    assert state(street.cleo, second) == "offered"


def test_an_offer_that_is_closed_has_no_queue(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    hold = street.hold(street.cleo, street.c, drill)
    street.ada.perform(CloseListing(person=street.a, listing=drill))
    street.meet()
    assert state(street.cleo, hold) == "removed"
    assert street.queue(street.cleo, drill) == []


def test_the_owner_takes_somebody_out(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    hold = street.hold(street.cleo, street.c, drill)
    street.ada.move(street.a, hold, "remove")
    street.meet()
    assert state(street.cleo, hold) == "removed"
    assert street.queue(street.cleo, drill) == []


def test_who_has_it_does_not_wait_for_it(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    hold = street.hold(street.ben, street.b, drill)
    assert state(street.ben, hold) == "removed"


def test_a_place_that_both_have_forgotten_is_nobody_s(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b)
    hold = street.hold(street.cleo, street.c, drill)
    assert len(street.queue(street.ben, drill)) == 1
    for computer, person in ((street.ada, street.a), (street.cleo, street.c)):
        computer.perform(Forget(person=person, subject=hold))
        street.meet()
    assert street.queue(street.ben, drill) == []


def test_two_computers_of_one_owner_keep_one_queue(street, tmp_path):
    drill = street.offer()
    repair = street.ada.perform(OpenRepair(person=street.a, listing=drill))[0].subject
    street.meet()
    with closing(Computer(tmp_path / "laptop")) as laptop:
        laptop.host(street.ada, street.a, "Ada")
        meet(laptop, street.ada)
        street.cleo.perform(AddHold(person=street.c, listing=drill))
        meet(laptop, street.cleo)
        street.ben.perform(AddHold(person=street.b, listing=drill))
        meet(street.ada, street.ben)
        meet(laptop, *street.computers)
        queues = [street.queue(one, drill) for one in (laptop, *street.computers)]
        assert len(queues[0]) == 2
        assert all(queue == queues[0] for queue in queues)
        street.ada.perform(MoveAgreement(person=street.a, agreement=repair, move="resolve"))
        meet(laptop, *street.computers)
        holds = [
            one.queries.agreements(START_MS, kind="hold")[0] for one in (street.ben, street.cleo)
        ]
        assert sorted(one.state for one in holds) == ["offered", "waiting"]


# --- automatic acceptance ---------------------------------------------------------------------


def test_it_is_accepted_by_itself_where_the_owner_has_said_so(street):
    drill = street.offer(automatic=True)
    loan = street.ben.ask(street.b, drill, **days(1, 3))
    street.meet()
    assert state(street.ben, loan) == "accepted"
    assert len(street.ben.queries.busy_periods(drill.hex())) == 1


def test_without_that_it_waits_for_the_owner(street):
    drill = street.offer()
    loan = street.ben.ask(street.b, drill, **days(1, 3))
    street.meet()
    assert state(street.ben, loan) == "requested"


def test_nothing_is_promised_twice_and_the_first_to_come_has_it(street):
    drill = street.offer(automatic=True)
    loans = [
        (street.ben, street.ben.ask(street.b, drill, **days(1, 3))),
        (street.cleo, street.cleo.ask(street.c, drill, **days(3, 5))),
        (street.cleo, street.cleo.ask(street.c, drill, **days(4, 5))),
    ]
    street.ada.receive(
        [arrival for one in (street.ben, street.cleo) for arrival in arrivals_of(one)]
    )
    street.ada.entail()
    street.meet()
    assert [state(one, loan) for one, loan in loans] == ["accepted", "requested", "accepted"]


def arrivals_of(computer):
    return [Arrival(circle, entries) for (circle, _), entries in computer.all_entries().items()]


def test_what_was_in_the_way_is_accepted_once_it_is_back(street):
    drill = street.offer(automatic=True)
    first = street.ben.ask(street.b, drill, **days(0, 3))
    street.meet()
    second = street.cleo.ask(street.c, drill, **days(2, 5))
    street.meet()
    assert state(street.cleo, second) == "requested"
    street.ben.move(street.b, first, "cancel")
    street.meet()
    assert state(street.cleo, second) == "accepted"


def test_others_wait_while_it_is_somebody_s_turn(street):
    drill = street.offer(automatic=True)
    hold = street.hold(street.cleo, street.c, drill)
    assert state(street.cleo, hold) == "offered"
    loan = street.ben.ask(street.b, drill)
    street.meet()
    assert state(street.ben, loan) == "requested"
    street.pass_time(TURN + 1)
    street.tend()
    assert (state(street.cleo, hold), state(street.ben, loan)) == ("expired", "accepted")


def test_what_is_left_of_two_things_is_not_kept_back(street):
    drills = street.offer(quantity=2, automatic=True)
    street.hold(street.cleo, street.c, drills)
    loan = street.ben.ask(street.b, drills)
    street.meet()
    assert state(street.ben, loan) == "accepted"


def test_a_policy_that_comes_later_answers_what_waits(street):
    drill = street.offer()
    loan = street.ben.ask(street.b, drill)
    street.meet()
    street.ada.perform(
        EditListing(person=street.a, listing=drill, policy=LoanPolicy(automatic=True))
    )
    street.meet()
    assert state(street.ben, loan) == "accepted"


def test_many_requests_from_everywhere_are_never_promised_twice(street):
    drills = street.offer(quantity=2, automatic=True, longest_days=9)
    chance = random.Random(5)
    for _ in range(4):
        for computer, person in ((street.ben, street.b), (street.cleo, street.c)):
            for _ in range(3):
                first = chance.randint(0, 20)
                computer.ask(
                    person,
                    drills,
                    quantity=chance.randint(1, 2),
                    **days(first, first + chance.randint(0, 8)),
                )
        street.meet()
    now, owner = Moment(TODAY, 0), [street.a.hex()]
    calendar = street.ada.queries.bookings.calendar(
        drills.hex(), owner, now, TODAY, add_days(TODAY, 60)
    )
    assert calendar.conflicts == ()
    states = [one.state for one in calendar.bookings]
    assert states.count("promised") >= 6
    assert states.count("asked") >= 6


# --- what everybody is told -------------------------------------------------------------------


def clashes(computer, person, drill, day=TODAY):
    """(from, until, how many agreements are known, late) of each conflict that somebody sees."""
    calendar = computer.queries.bookings.calendar(
        drill.hex(), [person.hex()], Moment(day, 0), day, add_days(day, 60)
    )
    return [
        (one.span.from_day, one.span.until_day, len(one.agreements), one.late)
        for one in calendar.conflicts
    ]


def test_two_promises_of_two_computers_show_to_all_until_one_is_cancelled(street, tmp_path):
    drill = street.offer()
    with closing(Computer(tmp_path / "laptop")) as laptop:
        laptop.host(street.ada, street.a, "Ada")
        meet(laptop, street.ada)
        bens = street.ben.ask(street.b, drill, **days(1, 4))
        cleos = street.cleo.ask(street.c, drill, **days(3, 6))
        meet(street.ada, street.ben)
        meet(laptop, street.cleo)
        street.ada.move(street.a, bens, "accept")
        laptop.move(street.a, cleos, "accept")
        everybody = (laptop, *street.computers)
        meet(*everybody)
        common = (add_days(TODAY, 3), add_days(TODAY, 4))
        for computer, person, known in (
            (street.ada, street.a, 2),
            (laptop, street.a, 2),
            (street.ben, street.b, 1),
            (street.cleo, street.c, 1),
            (street.cleo, street.b, 0),
        ):
            assert clashes(computer, person, drill) == [(*common, known, False)]
        street.cleo.move(street.c, cleos, "cancel")
        meet(*everybody)
        assert [clashes(one, street.a, drill) for one in everybody] == [[]] * 4


def test_what_is_not_back_blocks_the_next_promise_and_the_next_borrower_sees_it(street):
    drill = street.offer()
    lend(street, drill, street.ben, street.b, **days(0, 3))
    promised = street.cleo.ask(street.c, drill, **days(6, 8))
    asked = street.cleo.ask(street.c, drill, **days(9, 10))
    street.meet()
    street.ada.move(street.a, promised, "accept")
    street.meet()
    street.pass_time(5 * 24 * HOUR)
    later = add_days(TODAY, 5)
    expected = [(add_days(TODAY, 6), add_days(TODAY, 8), 1, True)]
    assert clashes(street.cleo, street.c, drill, later) == expected
    with pytest.raises(DomainError, match="overlaps"):
        street.ada.move(street.a, asked, "accept")


# --- by whom and when -------------------------------------------------------------------------


def test_doing_it_again_writes_nothing(street):
    drill = street.offer(automatic=True)
    loan = street.ben.ask(street.b, drill)
    street.meet()
    street.ada.move(street.a, loan, "hand-over")
    street.hold(street.cleo, street.c, drill)
    for one in street.computers:
        assert one.entail() == []
        assert one.entail(IngestReport(), timely=True) == []
        assert read_note(one.database.connection, PROMISES_UNPUBLISHED) is None


def test_two_processes_on_one_folder_write_it_once(street, tmp_path):
    drill = street.offer(automatic=True)
    with closing(Computer(tmp_path / "ada")) as window:
        loan = street.ben.ask(street.b, drill)
        street.ada.receive(arrivals_of(street.ben))
        first, second = street.ada.entail(), window.entail()
        assert (len(first), second) == (1, [])
        street.meet()
        moves = [one.move for one in street.ben.loan(loan).signed_by]
        assert moves == ["request", "accept"]


def test_who_cannot_sign_is_passed_over_and_it_follows_later(tmp_path):
    secret: list[bytes] = []
    with closing(Computer(tmp_path / "ada")) as ada, closing(Computer(tmp_path / "ben")) as ben:
        a, b = ada.add("Ada", b"secret"), ben.add("Ben")
        drill = ada.offer(a, policy=LoanPolicy(automatic=True))
        meet(ada, ben)
        loan = ben.ask(b, drill)
        ada.close()
        with closing(Computer(tmp_path / "ada")) as locked:
            meet(locked, ben)
            assert state(ben, loan) == "requested"
            assert secret == []
            locked.keys.unlock(a, b"secret")
            locked.entail()
            meet(locked, ben)
        assert state(ben, loan) == "accepted"


def test_who_cannot_sign_costs_the_others_nothing(tmp_path, monkeypatch):
    """A member whose PIN nobody types must not have every listing of the library looked at."""
    with closing(Computer(tmp_path / "desk")) as desk, closing(Computer(tmp_path / "ben")) as ben:
        library, guest = desk.add("Library"), desk.add("Guest", b"secret")
        b = ben.add("Ben")
        for number in range(5):
            desk.offer(library, f"Saw {number}")
        ladder = desk.offer(guest, "Ladder", policy=LoanPolicy(automatic=True))
        meet(desk, ben)
        loan = ben.ask(b, ladder)
        desk.close()
        with closing(Computer(tmp_path / "desk")) as locked:
            meet(locked, ben)
            assert read_note(locked.database.connection, PROMISES_UNPUBLISHED) is None
            looked_at = []
            tend = _Affairs.tend
            monkeypatch.setattr(
                _Affairs, "tend", lambda self: (looked_at.append(self.listing), tend(self))[1]
            )
            locked.move(library, locked.ask(library, ladder), "cancel")
            assert looked_at == []
            locked.keys.unlock(guest, b"secret")
            locked.entail(IngestReport())
            assert set(looked_at) == {ladder}
            meet(locked, ben)
        assert state(ben, loan) == "accepted"


def test_a_guest_s_own_computer_does_nothing_for_the_owner(street):
    drill = street.offer(automatic=True)
    loan = street.ben.ask(street.b, drill)
    meet(street.ben, street.cleo)
    assert street.cleo.entail() == []
    assert state(street.ben, loan) == "requested"
