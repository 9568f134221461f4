"""node.authoring: each command writes what the rules give, and a refused one writes nothing."""

from contextlib import closing

import msgspec
import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain import commands
from p2pshare.domain.agreement_bodies import LoanRequest
from p2pshare.domain.drafts import Draft
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError, KeyLocked, QuotaExceeded, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE, person_subject
from p2pshare.log.entry import decode_header, encode_header, entry_id
from p2pshare.node.writing import Writing
from p2pshare.store.append import Quota
from p2pshare.store.lookup import listing_header

NOBODY = b"n" * 32
NOTHING = b"x" * 16


@pytest.fixture
def pair(tmp_path):
    """Ada's computer with her drill, and Ben's."""
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        a.ada, b.ben = a.add("Ada"), b.add("Ben")
        a.drill = a.offer(a.ada)
        meet(a, b)
        yield a, b


def kinds(computer):
    rows = computer.database.connection.execute("SELECT kind FROM entries ORDER BY number")
    return [kind for (kind,) in rows]


# --- each command ---------------------------------------------------------------------------------


def test_a_person_begins_with_a_feed_and_a_profile(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        (performed,) = computer.perform(commands.AddPerson(name="  Ada "))
        assert kinds(computer) == ["feed.open", "person.profile"]
        assert computer.own_persons() == {performed.subject: "Ada"}
        (view,) = computer.queries.people()
        assert (view.person, view.name, view.own) == (performed.subject.hex(), "Ada", True)


def test_a_name_is_changed(pair):
    a, b = pair
    a.perform(commands.SetName(person=a.ada, name="Ada L."))
    meet(a, b)
    assert a.own_persons()[a.ada] == "Ada L."
    assert "Ada L." in {view.name for view in b.queries.people()}


def test_a_listing_is_edited_closed_and_opened_again(pair):
    a, b = pair
    a.perform(commands.EditListing(person=a.ada, listing=a.drill, title="Big drill"))
    meet(a, b)
    assert b.queries.listing(a.drill.hex(), b.today()).title == "Big drill"
    a.perform(commands.CloseListing(person=a.ada, listing=a.drill))
    meet(a, b)
    assert b.queries.listings(b.today()) == []
    a.perform(commands.EditListing(person=a.ada, listing=a.drill, title="Back again"))
    meet(a, b)
    assert [view.title for view in b.queries.listings(b.today())] == ["Back again"]


def test_hours_are_paid(pair):
    a, b = pair
    payment = b.perform(commands.PayHours(person=b.ben, payee=a.ada, minutes=90))[0].subject
    meet(a, b)
    for computer in (a, b):
        balance = computer.queries.accounts.balance
        assert balance(a.ada.hex(), OPEN_CIRCLE.hex()).minutes == 90
        assert balance(b.ben.hex(), OPEN_CIRCLE.hex()).minutes == -90
    assert len(payment) == 16


def test_an_accept_entails_the_promised_days(pair):
    a, b = pair
    loan = b.ask(b.ben, a.drill)
    meet(a, b)
    performed = a.perform(commands.MoveAgreement(person=a.ada, agreement=loan, move="accept"))
    assert len(performed) == 2
    assert kinds(a)[-2:] == ["sealed", "listing.busy"]
    assert a.entail() == []


# --- refusals write nothing -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        (commands.SetName(person=NOBODY, name="x"), UnknownReference, "not hosted"),
        (lambda a: commands.SetName(person=a.ada, name=" "), DomainError, "name is empty"),
        (
            lambda a: commands.AddListing(
                person=a.ada, exchange_type=ExchangeType.OFFER, title="t", quantity=0
            ),
            DomainError,
            "quantity",
        ),
        (
            lambda a: commands.SetName(person=a.ada, name="x", circle=b"c" * 32),
            UnknownReference,
            "not in that circle",
        ),
        (
            lambda a: commands.EditListing(person=a.ada, listing=NOTHING, title="x"),
            UnknownReference,
            "no such listing",
        ),
        (
            lambda a: commands.EditListing(person=a.ada, listing=a.drill, title="Drill"),
            DomainError,
            "nothing would change",
        ),
        (
            lambda a: commands.CloseListing(person=a.ada, listing=NOTHING),
            UnknownReference,
            "no such listing",
        ),
        (
            lambda a: commands.RequestLoan(person=a.ada, listing=a.drill),
            DomainError,
            "your own listing",
        ),
        (
            lambda a: commands.RequestLoan(person=a.ada, listing=NOTHING),
            UnknownReference,
            "no such listing",
        ),
        (
            lambda a: commands.MoveAgreement(person=a.ada, agreement=NOTHING, move="accept"),
            UnknownReference,
            "no such agreement",
        ),
        (
            lambda a: commands.PayHours(person=a.ada, payee=a.ada, minutes=5),
            DomainError,
            "pay yourself",
        ),
        (
            lambda a: commands.PayHours(person=a.ada, payee=NOBODY, minutes=0),
            DomainError,
            "at least one minute",
        ),
        (
            lambda a: commands.Forget(person=a.ada, subject=NOTHING),
            DomainError,
            "nothing of yours",
        ),
    ],
)
def test_a_refused_command_writes_nothing(pair, command, error, words):
    a, _ = pair
    before = a.file_bytes()
    with pytest.raises(error, match=words):
        a.perform(command(a) if callable(command) else command)
    assert a.file_bytes() == before


def test_others_listings_are_not_ours_to_change_or_forget(pair):
    a, b = pair
    before = b.count()
    for command in (
        commands.EditListing(person=b.ben, listing=a.drill, title="Mine now"),
        commands.CloseListing(person=b.ben, listing=a.drill),
        commands.Forget(person=b.ben, subject=a.drill),
    ):
        with pytest.raises(DomainError):
            b.perform(command)
    assert b.count() == before


@pytest.mark.parametrize("move", ["receive", "give-back", "accept", "fly"])
def test_a_move_out_of_turn_is_refused_and_writes_nothing(pair, move):
    a, b = pair
    loan = b.ask(b.ben, a.drill)
    before = b.count()
    with pytest.raises(DomainError):
        b.move(b.ben, loan, move)
    assert b.count() == before


def test_a_loan_of_what_was_never_offered_cannot_be_accepted(pair):
    """The header that a request carries is not signed: the borrower may have made it up."""
    a, b = pair
    feed = decode_header(listing_header(b.database.connection, a.drill))
    made_up = encode_header(msgspec.structs.replace(feed, time_ms=feed.time_ms + 1))
    with b.author._ingest.batch(durable=False) as batch:
        writing = Writing(batch, b.keys, b.ben, OPEN_CIRCLE, b.clock)
        body = LoanRequest(
            listing=entry_id(made_up)[:16],
            listing_header=made_up,
            title="Your car",
            quantity=1,
            from_day=b.today(),
            until_day=b.today(),
        )
        loan = writing.write_sealed(Draft("loan.request", body), (a.ada, b.ben))
        batch.finish(by_peer=False)
    meet(a, b)
    (view,) = a.queries.agreements(START_MS)
    assert (view.title, view.state) == ("Your car", "requested")
    with pytest.raises(DomainError, match="not on this computer"):
        a.perform(commands.MoveAgreement(person=a.ada, agreement=loan, move="accept"))
    a.perform(commands.MoveAgreement(person=a.ada, agreement=loan, move="decline"))


def test_a_name_that_cannot_be_leaves_no_key(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        with pytest.raises(DomainError):
            computer.add("")
        assert list((tmp_path / "keys").iterdir()) == []
        assert computer.count() == 0


# --- locked persons -------------------------------------------------------------------------------


def test_each_person_has_a_pin_of_their_own(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada, ben = computer.add("Ada", b"1234"), computer.add("Ben", b"9876")
        computer.keys.lock(ada)
        computer.keys.lock(ben)
        before = computer.count()
        for person in (ada, ben):
            with pytest.raises(KeyLocked):
                computer.offer(person)
        with pytest.raises(KeyLocked):
            computer.keys.unlock(ada, b"9876")
        assert computer.count() == before
        computer.keys.unlock(ada, b"1234")
        computer.offer(ada)
        with pytest.raises(KeyLocked):
            computer.offer(ben)
        assert computer.count() == before + 1


def test_a_locked_owner_publishes_the_free_days_once_unlocked(tmp_path):
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        ada, ben = a.add("Ada", b"1234"), b.add("Ben")
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill)
        meet(a, b)
        a.move(ada, loan, "accept")
        meet(a, b)
        a.keys.lock(ada)
        b.move(ben, loan, "cancel")
        meet(a, b)
        assert len(b.queries.busy_periods(drill.hex())) == 1
        a.keys.unlock(ada, b"1234")
        assert len(a.entail()) == 1
        meet(a, b)
        assert b.queries.busy_periods(drill.hex()) == []


# --- quotas ---------------------------------------------------------------------------------------


def test_ones_own_node_refuses_to_sign_over_quota_and_not_before(tmp_path):
    with closing(Computer(tmp_path, Quota(entries=4))) as computer:
        ada = computer.add("Ada")
        computer.offer(ada, "one")
        computer.offer(ada, "two")
        with pytest.raises(QuotaExceeded, match="full"):
            computer.offer(ada, "three")
        assert computer.count() == 4
        assert len(computer.queries.listings(computer.today())) == 2
        ben = computer.add("Ben")
        computer.offer(ben, "Ben has room")


def test_a_folder_that_strangers_filled_silences_nobody_who_lives_in_it(tmp_path):
    with closing(Computer(tmp_path, Quota(folder_bytes=1))) as computer:
        ada = computer.add("Ada")
        computer.offer(ada, "Drill")
        assert len(computer.queries.listings(computer.today())) == 1


def test_forgetting_many_entries_takes_several_erasures(pair):
    a, b = pair
    for number in range(3):
        a.perform(commands.EditListing(person=a.ada, listing=a.drill, title=f"Drill {number}"))
    assert a.perform(commands.Forget(person=a.ada, subject=a.drill))[0].erased == 4
    assert kinds(a)[-1] == "entry.erase"
    meet(a, b)
    assert b.queries.listing(a.drill.hex(), b.today()) is None
    assert a.perform(commands.Forget(person=a.ada, subject=person_subject(a.ada)))[0].erased == 1
    assert a.clock.time_ms() == START_MS
