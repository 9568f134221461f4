"""node.acts_listings: names, listings and forgetting, from command to entries."""

from contextlib import closing

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.bodies import LoanPolicy
from p2pshare.domain.commands import (
    UNCHANGED,
    AddListing,
    CloseListing,
    EditListing,
    Forget,
    SetName,
)
from p2pshare.domain.days import day_of
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.store.local import own_persons

TODAY = day_of(START_MS, 0)


@pytest.fixture
def pair(tmp_path):
    with closing(Computer(tmp_path / "a")) as a, closing(Computer(tmp_path / "b")) as b:
        a.ada, b.ben = a.add("Ada"), b.add("Ben")
        meet(a, b)
        yield a, b


def seen(computer, listing):
    return computer.queries.listing(listing.hex(), TODAY)


def test_a_name_is_changed_for_everybody_and_in_the_folder(pair):
    a, b = pair
    done = a.perform(SetName(person=a.ada, name="Ada L."))[0]
    assert done.subject == a.ada
    meet(a, b)
    assert "Ada L." in {one.name for one in b.queries.people()}
    assert own_persons(a.database.connection)[a.ada] == "Ada L."


def test_policy_parts_and_witnesses_reach_the_neighbours(pair):
    a, b = pair
    policy = LoanPolicy(longest_days=3, deposit="10 euros", by_hour=True)
    kit = a.offer(a.ada, "Kit", parts=("drill", "bits"), policy=policy, witnesses=(b.ben,))
    meet(a, b)
    view = seen(b, kit)
    assert (view.parts, view.policy, view.witnesses) == (("drill", "bits"), policy, (b.ben.hex(),))


def test_what_is_not_named_stays_as_it_was(pair):
    a, b = pair
    policy = LoanPolicy(longest_days=3)
    photo = a.add_photo(b"a photo")
    kit = a.offer(a.ada, "Kit", parts=("drill",), policy=policy, photos=(photo,))
    a.perform(EditListing(person=a.ada, listing=kit, title="Kit of tools"))
    meet(a, b)
    view = seen(b, kit)
    assert (view.title, view.parts, view.policy) == ("Kit of tools", ("drill",), policy)
    assert view.photos == (photo.hex(),)
    assert EditListing(person=a.ada, listing=kit).photos is UNCHANGED


@pytest.mark.parametrize("photos", [(bytes(32),), (bytes(32), bytes(32))])
def test_photos_that_are_not_here_are_not_shown(pair, photos):
    a, _ = pair
    kept = a.add_photo(b"a photo")
    kit = a.offer(a.ada, "Kit", photos=(kept,))
    entries = a.count()
    for command in (
        AddListing(
            person=a.ada, exchange_type=ExchangeType.OFFER, title="Saw", photos=(kept, *photos)
        ),
        EditListing(person=a.ada, listing=kit, photos=(kept, *photos)),
    ):
        with pytest.raises(DomainError, match="not on this computer"):
            a.perform(command)
    assert a.count() == entries


def test_what_another_owns_is_not_touched(pair):
    a, b = pair
    kit = a.offer(a.ada, "Kit")
    meet(a, b)
    entries = b.count()
    for command in (
        EditListing(person=b.ben, listing=kit, title="Mine"),
        CloseListing(person=b.ben, listing=kit),
        Forget(person=b.ben, subject=kit),
    ):
        with pytest.raises(DomainError):
            b.perform(command)
    with pytest.raises(UnknownReference, match="no such listing"):
        b.perform(CloseListing(person=b.ben, listing=bytes(16)))
    assert b.count() == entries
    assert seen(b, kit).title == "Kit"


def test_forgetting_says_how_much_was_erased(pair):
    a, b = pair
    kit = a.offer(a.ada, "Kit")
    a.perform(EditListing(person=a.ada, listing=kit, title="Kit of tools"))
    done = a.perform(Forget(person=a.ada, subject=kit))[0]
    assert (done.subject, done.erased) == (kit, 2)
    with pytest.raises(DomainError, match="nothing of yours"):
        a.perform(Forget(person=a.ada, subject=kit))
    meet(a, b)
    assert seen(b, kit) is None
