"""node.acting: what a person who acts can ask, within the transaction in which they write."""

from contextlib import closing, contextmanager

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.commands import Forget, GrantInduction, OpenRepair, PayHours
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.limits import PROMISE_TAG_BYTES
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.acting import Acting, subject_of
from p2pshare.node.writing import Writing


@pytest.fixture
def pair(tmp_path):
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        a.ada, b.ben = a.add("Ada"), b.add("Ben")
        meet(a, b)
        yield a, b


@contextmanager
def acting_as(computer, person):
    """Somebody who acts on a computer; nothing they write is kept."""
    with computer.ingest.batch(durable=False) as batch:
        writing = Writing(batch, computer.keys, person, OPEN_CIRCLE, computer.clock)
        yield Acting(writing, computer.keys, computer.clock, 0, person)
        batch.finish(by_peer=False)


def test_the_time_is_the_computer_s(pair):
    a, _ = pair
    with acting_as(a, a.ada) as acting:
        assert acting.now_ms() == START_MS
        assert acting.today() == "2026-11-18"


def test_what_is_not_here_is_said_in_words(pair):
    a, b = pair
    drill = a.offer(a.ada)
    meet(a, b)
    loan = b.ask(b.ben, drill)
    with acting_as(a, a.ada) as acting:
        assert acting.listing(drill).title == "Drill"
        with pytest.raises(UnknownReference, match="no such listing"):
            acting.listing(bytes(16))
        with pytest.raises(UnknownReference, match="no such agreement"):
            acting.agreement(loan)
        with pytest.raises(DomainError, match="not on this computer"):
            acting.check_photos((bytes(32),))
        acting.check_photos(())


def test_the_shelf_has_what_is_promised_and_nothing_else(pair):
    a, b = pair
    drill = a.offer(a.ada, quantity=5)
    meet(a, b)
    loans = [
        b.ask(b.ben, drill, from_day=f"2026-12-0{day}", until_day=f"2026-12-0{day}")
        for day in range(1, 5)
    ]
    meet(a, b)
    a.move(a.ada, loans[0], "accept")
    a.move(a.ada, loans[1], "decline")
    a.move(a.ada, loans[2], "accept")
    a.move(a.ada, loans[2], "hand-over")
    ticket = a.perform(OpenRepair(person=a.ada, listing=drill))[0].subject
    with acting_as(a, a.ada) as acting:
        shelf = acting.shelf(drill, b.ben)
        assert {one.agreement for one in shelf.agreements} == {loans[0], loans[2], ticket}
        assert (shelf.listing.title, shelf.elsewhere, shelf.missing) == ("Drill", (), None)
    meet(a, b)
    with acting_as(b, b.ben) as acting:
        # Who does not own it reads their own agreements, and what everybody is told.
        elsewhere = acting.shelf(drill, b.ben).elsewhere
        assert len(elsewhere) == 3


def test_what_another_computer_of_the_owner_promised_stands_until_it_is_known(pair, tmp_path):
    a, b = pair
    drill = a.offer(a.ada)
    with closing(Computer(tmp_path / "second")) as second:
        second.host(a, a.ada, "Ada")
        meet(a, b, second)
        loan = b.ask(b.ben, drill)
        second.pull(b)
        second.move(a.ada, loan, "accept")
        told = [
            (circle, entries) for (circle, _), entries in second.all_entries().items() if entries
        ]
        busy_only = [one for _, entries in told for one in entries if b"listing.busy" in one.header]
        assert len(busy_only) == 1
        with acting_as(second, a.ada) as acting:
            assert acting.elsewhere(drill) == []
        meet(a, b, second)
        with acting_as(a, a.ada) as acting:
            assert acting.elsewhere(drill) == [], "what is known here is no news"
            assert [one.agreement for one in acting.promised(drill)] == [loan]


def test_a_tag_tells_promises_apart_and_nothing_of_them(pair):
    a, b = pair
    with acting_as(a, a.ada) as acting:
        tag = acting.busy_tag()
    with acting_as(b, b.ben) as acting:
        other = acting.busy_tag()
    tags = {tag(bytes([number]) * 16) for number in range(20)}
    assert len(tags) == 20
    assert {len(one) for one in tags} == {PROMISE_TAG_BYTES}
    assert tag(bytes(16)) != other(bytes(16)), "only its owner's computers can make it"
    assert not tags & {bytes([number]) * PROMISE_TAG_BYTES for number in range(20)}


def test_who_lacks_an_induction_is_told_whom_to_ask(pair):
    a, b = pair
    laser = a.offer(a.ada, "Laser", induction=True)
    meet(a, b)
    with acting_as(b, b.ben) as acting:
        assert "Ada" in acting.missing(acting.listing(laser), b.ben)
        assert acting.missing(acting.listing(laser), a.ada) is None
    a.perform(GrantInduction(person=a.ada, listing=laser, inducted=b.ben))
    meet(a, b)
    with acting_as(b, b.ben) as acting:
        assert acting.missing(acting.listing(laser), b.ben) is None


def test_the_subject_of_a_command_says_its_circle():
    person = bytes(32)
    assert subject_of(Forget(person=person, subject=b"s" * 16)) == b"s" * 16
    assert subject_of(OpenRepair(person=person, listing=b"l" * 16)) == b"l" * 16
    assert subject_of(PayHours(person=person, payee=person, minutes=1)) is None
