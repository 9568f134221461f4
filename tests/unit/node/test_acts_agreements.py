"""node.acts_agreements: gifts, sessions and repairs between computers that meet."""

from contextlib import closing
from typing import Any

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.commands import (
    AddListing,
    CloseListing,
    Forget,
    MoveAgreement,
    OpenRepair,
    RequestGift,
    RequestSession,
)
from p2pshare.domain.days import DAY_MS, day_of
from p2pshare.domain.views import AgreementView
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError, UnknownReference

TODAY = day_of(START_MS, 0)
GIVEN_AWAY = {"transaction_types": (TransactionType.RECEIVE_DONATE,)}
A_SKILL = {"item_type": ItemType.SERVICE, "transaction_types": (TransactionType.HOURS,)}


def said(computer: Computer, person: bytes, agreement: bytes, move: str, **more: Any) -> None:
    computer.perform(MoveAgreement(person=person, agreement=agreement, move=move, **more))


def seen(computer: Computer, agreement: bytes) -> AgreementView:
    return computer.loan(agreement)


def refused(reason: str, computer: Computer, command: Any) -> None:
    entries = computer.count()
    with pytest.raises((DomainError, UnknownReference), match=reason) as refusal:
        computer.perform(command)
    assert "\n" not in str(refusal.value)
    assert computer.count() == entries


@pytest.fixture
def street(tmp_path):
    """Ada, Ben and Cleo, each on a computer, who have met."""
    with (
        closing(Computer(tmp_path / "a")) as a,
        closing(Computer(tmp_path / "b")) as b,
        closing(Computer(tmp_path / "c")) as c,
    ):
        a.ada, b.ben, c.cleo = a.add("Ada"), b.add("Ben"), c.add("Cleo")
        meet(a, b, c)
        yield a, b, c


def available(computer: Computer, listing: bytes, today: str = TODAY) -> int:
    view = computer.queries.listing(listing.hex(), today)
    assert view is not None
    return view.available


# --- gifts --------------------------------------------------------------------------------------


def test_a_gift_is_promised_once_and_both_say_that_it_changed_hands(street):
    a, b, c = street
    sofa = a.offer(a.ada, "Sofa", **GIVEN_AWAY)
    meet(a, b, c)
    mine = b.perform(RequestGift(person=b.ben, listing=sofa, note="For us?"))[0].subject
    hers = c.perform(RequestGift(person=c.cleo, listing=sofa))[0].subject
    meet(a, b, c)
    said(a, a.ada, mine, "accept")
    refused("overlaps", a, MoveAgreement(person=a.ada, agreement=hers, move="accept"))
    meet(a, b, c)
    assert available(c, sofa) == 0
    said(a, a.ada, mine, "hand-over", condition="good", note="There you are")
    meet(a, b, c)
    said(b, b.ben, mine, "receive", condition="worn")
    meet(a, b, c)
    for computer in (a, b):
        view = seen(computer, mine)
        assert (view.kind, view.state, view.overdue) == ("gift", "given", False)
        assert [(one.move, dict(one.details)) for one in view.signed_by[2:]] == [
            ("hand-over", {"condition": "good"}),
            ("receive", {"condition": "worn"}),
        ]
    assert available(c, sofa, "2027-11-23") == 0, "it does not come back"
    assert [one.agreement for one in c.queries.agreements(START_MS)] == [hers.hex()]


def test_a_gift_that_was_called_off_is_free_again(street):
    a, b, c = street
    sofa = a.offer(a.ada, "Sofa", **GIVEN_AWAY)
    meet(a, b, c)
    mine = b.perform(RequestGift(person=b.ben, listing=sofa))[0].subject
    hers = c.perform(RequestGift(person=c.cleo, listing=sofa))[0].subject
    meet(a, b, c)
    said(a, a.ada, mine, "accept")
    meet(a, b, c)
    said(b, b.ben, mine, "cancel")
    meet(a, b, c)
    said(a, a.ada, hers, "accept")
    assert seen(a, hers).state == "accepted"


def test_what_is_lent_is_not_given_meanwhile(street):
    a, b, c = street
    both = (TransactionType.BORROW_LEND, TransactionType.RECEIVE_DONATE)
    drill = a.offer(a.ada, transaction_types=both)
    meet(a, b, c)
    loan = b.ask(b.ben, drill)
    gift = c.perform(RequestGift(person=c.cleo, listing=drill))[0].subject
    meet(a, b, c)
    said(a, a.ada, gift, "accept")
    refused("overlaps", a, MoveAgreement(person=a.ada, agreement=loan, move="accept"))


# --- sessions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange_type", [ExchangeType.OFFER, ExchangeType.WANT])
def test_a_session_about_an_offer_or_a_want(street, exchange_type):
    a, b, _ = street
    put = AddListing(person=a.ada, title="Guitar", exchange_type=exchange_type, **A_SKILL)
    lesson = a.perform(put)[0].subject
    meet(*street)
    asked = RequestSession(person=b.ben, listing=lesson, at=f"{TODAY}T14:30", minutes=60)
    session = b.perform(asked)[0].subject
    meet(*street)
    said(a, a.ada, session, "accept")
    meet(*street)
    assert available(b, lesson) == 1, "a skill is not taken off a shelf"
    said(b, b.ben, session, "done", minutes=75)
    meet(*street)
    said(a, a.ada, session, "done", minutes=60)
    meet(*street)
    for computer in (a, b):
        view = seen(computer, session)
        assert (view.kind, view.state, view.minutes) == ("session", "done", 75)
        assert (view.from_minute, view.until_minute) == (870, 930)
        assert [dict(one.details) for one in view.signed_by if one.move == "done"] == [
            {"minutes": 75},
            {"minutes": 60},
        ]


def test_a_session_is_disputed_and_settled_by_both(street):
    a, b, _ = street
    lesson = a.offer(a.ada, "Guitar", **A_SKILL)
    meet(*street)
    session = b.perform(RequestSession(person=b.ben, listing=lesson))[0].subject
    meet(*street)
    said(a, a.ada, session, "accept")
    said(a, a.ada, session, "done", minutes=90)
    meet(*street)
    said(b, b.ben, session, "dispute", note="It was an hour")
    said(b, b.ben, session, "settle", note="An hour")
    meet(*street)
    said(a, a.ada, session, "settle", note="An hour and a half")
    assert seen(a, session).state == "disputed", "they do not say the same"
    said(a, a.ada, session, "settle", note="An hour")
    meet(*street)
    assert (seen(a, session).state, seen(b, session).state) == ("settled", "settled")


# --- loans --------------------------------------------------------------------------------------


@pytest.fixture
def lent(street):
    """(computers, the loan): Ben has Ada's kit until the 28th."""
    a, b, _ = street
    kit = a.offer(a.ada, "Kit", parts=("drill", "bits"), policy=LoanPolicy(renewals=1))
    meet(*street)
    loan = b.ask(b.ben, kit)
    meet(*street)
    said(a, a.ada, loan, "accept")
    said(a, a.ada, loan, "hand-over")
    meet(*street)
    return street, loan


def test_longer_is_asked_for_refused_and_granted(lent):
    (a, b, c), loan = lent
    before = seen(a, loan)
    refused("anyway", b, MoveAgreement(person=b.ben, agreement=loan, move="renew", until=TODAY))
    refused("not possible", a, MoveAgreement(person=a.ada, agreement=loan, move="grant"))
    longer = day_of(START_MS + 20 * DAY_MS, 0)
    said(b, b.ben, loan, "renew", until=longer)
    meet(a, b, c)
    assert seen(a, loan).asked_until == f"{longer}T24:00"
    assert seen(a, loan).due_at_ms == before.due_at_ms, "nothing changes until it is granted"
    said(a, a.ada, loan, "refuse", note="I need it")
    meet(a, b, c)
    assert (seen(b, loan).asked_until, seen(b, loan).until_day) == (None, before.until_day)
    said(b, b.ben, loan, "renew", until=longer)
    meet(a, b, c)
    said(a, a.ada, loan, "grant")
    meet(a, b, c)
    for computer in (a, b):
        view = seen(computer, loan)
        assert (view.until_day, view.asked_until) == (longer, None)
        assert view.due_at_ms > before.due_at_ms
    refused(
        "at most 1 times",
        b,
        MoveAgreement(person=b.ben, agreement=loan, move="renew", until="2027-12-24"),
    )
    (period,) = c.queries.busy_periods(seen(a, loan).listing)
    assert period.until_day == longer


def test_what_is_missing_at_give_back_is_a_part_of_the_kit(lent):
    (a, b, c), loan = lent
    wrong = MoveAgreement(person=b.ben, agreement=loan, move="give-back", missing=("hammer",))
    refused("'hammer' is no part of it; it has drill, bits", b, wrong)
    said(b, b.ben, loan, "give-back", missing=("bits",), checked=("clean",), instead="bought")
    meet(a, b, c)
    assert dict(seen(a, loan).signed_by[-1].details) == {
        "checked": ["clean"],
        "instead": "bought",
        "missing": ["bits"],
    }


def test_damage_is_reported_disputed_and_settled_by_both(lent):
    (a, b, c), loan = lent
    said(b, b.ben, loan, "report", what="damage", part="drill", note="It smokes")
    meet(a, b, c)
    assert seen(a, loan).state == "checked_out"
    said(a, a.ada, loan, "dispute", note="It was new")
    meet(a, b, c)
    refused("say what", b, MoveAgreement(person=b.ben, agreement=loan, move="settle"))
    said(a, a.ada, loan, "settle", note="Half of a new one")
    meet(a, b, c)
    said(b, b.ben, loan, "settle")
    meet(a, b, c)
    for computer in (a, b):
        view = seen(computer, loan)
        assert view.state == "settled"
        assert [one.note for one in view.signed_by if one.move == "settle"] == [
            "Half of a new one",
            "Half of a new one",
        ]


def test_what_is_lost_is_off_the_shelf_until_it_is_found(lent):
    (a, b, c), loan = lent
    listing = bytes.fromhex(seen(a, loan).listing)
    for computer in (a, b, c):
        computer.clock.advance(30 * 24 * 3600)
    later = day_of(a.clock.time_ms(), 0)
    said(a, a.ada, loan, "lost")
    meet(a, b, c)
    assert seen(b, loan).state == "lost"
    assert available(c, listing, later) == 0
    said(a, a.ada, loan, "take-back", note="It was in the shed")
    meet(a, b, c)
    assert seen(b, loan).state == "closed"
    assert available(c, listing, later) == 1


def test_a_photo_that_is_not_here_is_not_signed(lent):
    (_, b, _), loan = lent
    command = MoveAgreement(person=b.ben, agreement=loan, move="give-back", photos=(bytes(32),))
    refused("photo is not on this computer", b, command)


def test_a_promise_that_both_forgot_is_none(lent):
    (a, b, c), loan = lent
    listing = bytes.fromhex(seen(a, loan).listing)
    assert available(c, listing) == 0
    b.perform(Forget(person=b.ben, subject=loan))
    meet(a, b, c)
    assert available(c, listing) == 0, "it takes both"
    a.perform(Forget(person=a.ada, subject=loan))
    meet(a, b, c)
    assert a.queries.agreements(START_MS) == b.queries.agreements(START_MS) == []
    assert available(c, listing) == 1


# --- repairs ------------------------------------------------------------------------------------


def test_a_ticket_takes_a_thing_off_the_shelf_and_is_nobody_else_s(street):
    a, b, c = street
    drill = a.offer(a.ada)
    meet(a, b, c)
    command = OpenRepair(person=a.ada, listing=drill, note="It sparks", fixer=True)
    ticket = a.perform(command)[0].subject
    meet(a, b, c)
    assert (seen(a, ticket).state, seen(a, ticket).note) == ("assess", "It sparks")
    for computer in (b, c):
        assert available(computer, drill) == 0
        assert computer.queries.agreements(START_MS) == []
        assert b"repair.open" not in b"".join(
            entry.body or b"" for chain in computer.all_entries().values() for entry in chain
        )
        wanted = computer.queries.listings(TODAY, exchange_type="want")
        assert [(one.title, one.item_type) for one in wanted] == [
            ("Fixer wanted: Drill", "service")
        ]
    loan = b.ask(b.ben, drill)
    meet(a, b, c)
    refused("overlaps", a, MoveAgreement(person=a.ada, agreement=loan, move="accept"))
    said(a, a.ada, ticket, "await-parts")
    said(a, a.ada, ticket, "repair")
    assert seen(a, ticket).state == "repairing"
    said(a, a.ada, ticket, "resolve")
    meet(a, b, c)
    assert available(c, drill) == 1
    assert c.queries.listings(TODAY, exchange_type="want") == [], "no fixer is wanted any more"
    said(a, a.ada, loan, "accept")
    refused("no move is possible", a, MoveAgreement(person=a.ada, agreement=ticket, move="retire"))


def test_a_fixer_who_offers_is_met_by_a_session(street):
    a, b, _ = street
    drill = a.offer(a.ada)
    a.perform(OpenRepair(person=a.ada, listing=drill, fixer=True))
    meet(*street)
    (want,) = b.queries.listings(TODAY, exchange_type="want")
    answer = RequestSession(person=b.ben, listing=bytes.fromhex(want.listing), note="I can")
    session = b.perform(answer)[0].subject
    meet(*street)
    said(a, a.ada, session, "accept")
    assert seen(a, session).state == "accepted"


def test_a_thing_that_is_retired_is_offered_no_more(street):
    a, b, c = street
    drill = a.offer(a.ada)
    bench = a.offer(a.ada, "Bench", quantity=3)
    for listing, closed in ((drill, True), (bench, False)):
        ticket = a.perform(OpenRepair(person=a.ada, listing=listing))[0].subject
        said(a, a.ada, ticket, "retire")
        meet(a, b, c)
        view = c.queries.listing(listing.hex(), TODAY)
        assert view.closed is closed
    assert available(c, bench) == 2


def test_a_want_that_was_closed_by_hand_stands_in_nobody_s_way(street):
    a, _, _ = street
    drill = a.offer(a.ada)
    ticket = a.perform(OpenRepair(person=a.ada, listing=drill, fixer=True))[0].subject
    (want,) = a.queries.listings(TODAY, exchange_type="want")
    a.perform(CloseListing(person=a.ada, listing=bytes.fromhex(want.listing)))
    said(a, a.ada, ticket, "resolve")
    assert seen(a, ticket).state == "resolved"


def test_strangers_open_no_repair_and_move_none(street):
    a, b, c = street
    drill = a.offer(a.ada)
    ticket = a.perform(OpenRepair(person=a.ada, listing=drill))[0].subject
    meet(a, b, c)
    refused("only its owner", b, OpenRepair(person=b.ben, listing=drill, fixer=True))
    refused("no such agreement", b, MoveAgreement(person=b.ben, agreement=ticket, move="resolve"))
    assert b.queries.listings(TODAY, exchange_type="want") == []


def test_a_forgotten_ticket_is_gone_from_every_computer(street):
    a, b, c = street
    drill = a.offer(a.ada)
    ticket = a.perform(OpenRepair(person=a.ada, listing=drill, note="It sparks"))[0].subject
    said(a, a.ada, ticket, "repair", note="A new cable")
    meet(a, b, c)
    sealed = [
        entry.body
        for chain in c.all_entries().values()
        for entry in chain
        if entry.body is not None and b"sealed.own" in entry.header
    ]
    assert len(sealed) == 2
    a.perform(Forget(person=a.ada, subject=ticket))
    meet(a, b, c)
    assert a.queries.agreements(START_MS) == []
    assert available(c, drill) == 1
    for computer in (a, b, c):
        held = computer.file_bytes()
        assert all(body[-64:] not in held for body in sealed)
