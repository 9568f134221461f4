"""What is signed at a desk says so, in everything that others see of it, and nothing else does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.commands import AddPerson, PayHours
from p2pshare.errors import DomainError, KeyLocked, TooManyTries
from p2pshare.limits import PIN_TRIES_FREE
from p2pshare.log.verified_receipt import AT_THE_DESK, CANNOT_SHOW, verify_receipt
from p2pshare.node.backup import read_backup, write_backup
from p2pshare.node.receipt_page import receipt_page, shown_instants
from p2pshare.node.receipts import receipt_of
from p2pshare.store import local

PIN = b"4711"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Computer]:
    with_it = Computer(tmp_path / "library")
    yield with_it
    with_it.close()


@pytest.fixture
def ben(tmp_path: Path) -> Iterator[Computer]:
    with_it = Computer(tmp_path / "ben")
    yield with_it
    with_it.close()


def member(library: Computer, name: str = "Mia") -> bytes:
    return library.perform(AddPerson(name=name, desk=True), PIN)[0].subject


def desks(computer: Computer, loan: bytes) -> list[tuple[str, bool]]:
    return [(one.move, one.desk) for one in computer.loan(loan).signed_by]


def test_every_signature_of_a_member_says_where_it_was_given(
    library: Computer, ben: Computer
) -> None:
    ada, mia, owner = library.add("Ada"), member(library), ben.add("Ben")
    drill = ben.offer(owner)
    meet(library, ben)
    loan = library.ask(mia, drill)
    meet(library, ben)
    ben.move(owner, loan, "accept")
    meet(library, ben)
    library.move(mia, loan, "receive")
    library.perform(PayHours(person=mia, payee=owner, minutes=30))
    library.perform(PayHours(person=ada, payee=owner, minutes=30))
    meet(library, ben)
    for computer in (library, ben):
        assert desks(computer, loan) == [("request", True), ("accept", False), ("receive", True)]
        paid = computer.database.connection.execute("SELECT payer, desk FROM payments").fetchall()
        assert dict(paid) == {mia.hex(): 1, ada.hex(): 0}


def test_a_receipt_says_so_to_whoever_checks_it(library: Computer, ben: Computer) -> None:
    mia, owner = member(library), ben.add("Ben")
    drill = ben.offer(owner)
    meet(library, ben)
    loan = library.ask(mia, drill)
    meet(library, ben)
    ben.move(owner, loan, "accept")
    verified = verify_receipt(receipt_of(ben, loan, owner).data)
    assert [(one.move, one.desk) for one in verified.moves] == [
        ("request", True),
        ("accept", False),
    ]
    assert verified.moves[0].role_and_place == "borrower, at the desk"
    assert verified.cannot_show == (*CANNOT_SHOW, AT_THE_DESK)
    page = receipt_page(verified, dict.fromkeys(shown_instants(verified), "then"))
    assert page.count("(borrower, at the desk)") == 1
    assert "(lender)" in page
    assert "who keeps that computer" in page


def test_the_keepers_own_signatures_do_not(library: Computer, ben: Computer) -> None:
    ada, owner = library.add("Ada"), ben.add("Ben")
    drill = ben.offer(owner)
    meet(library, ben)
    loan = library.ask(ada, drill)
    meet(library, ben)
    assert desks(ben, loan) == [("request", False)]
    verified = verify_receipt(receipt_of(ben, loan, owner).data)
    assert verified.cannot_show == CANNOT_SHOW


def test_at_home_the_same_person_signs_at_no_desk(
    tmp_path: Path, library: Computer, ben: Computer
) -> None:
    """A member gets a computer: the backup is restored there, with a feed of its own."""
    mia, owner = member(library), ben.add("Ben")
    drill = ben.offer(owner)
    meet(library, ben)
    loan = library.ask(mia, drill)
    data = write_backup(library.keys, mia, "Mia", PIN)
    home = Computer(tmp_path / "home")
    assert home.restore_person(read_backup(data, lambda _: PIN)) == mia
    assert not home.keys.has_pin(mia)
    assert library.keys.has_pin(mia)
    meet(library, ben, home)
    home.move(mia, loan, "cancel")
    meet(library, ben, home)
    for computer in (library, ben, home):
        assert desks(computer, loan) == [("request", True), ("cancel", False)]
    here = {view.name: (view.own, view.desk) for view in library.queries.people()}
    assert here == {"Mia": (True, True), "Ben": (False, False)}
    there = {view.name: (view.own, view.desk) for view in home.queries.people()}
    assert there == {"Mia": (True, False), "Ben": (False, False)}
    home.close()


def test_wrong_pins_are_counted_by_what_is_asked_of_the_ledger(tmp_path: Path) -> None:
    first = Computer(tmp_path)
    mia = member(first)
    first.close()
    clock = first.clock
    for _ in range(PIN_TRIES_FREE):
        again = Computer(tmp_path)
        with pytest.raises(KeyLocked, match="does not open"):
            again.keys.unlock(mia, b"9999")
        again.close()
    again = Computer(tmp_path)
    assert again.clock.time_ms() == clock.time_ms() == START_MS
    with pytest.raises(TooManyTries):
        again.keys.unlock(mia, PIN)
    with pytest.raises(KeyLocked):
        again.offer(mia)
    assert again.queries.listings(again.today()) == []
    again.close()


@pytest.mark.parametrize("pin", [None, b"", b"12", b"1234", b"\xff\xff\xff\xff"])
def test_without_a_pin_nobody_is_hosted_at_a_desk(library: Computer, pin: bytes | None) -> None:
    with pytest.raises(DomainError, match="PIN"):
        library.perform(AddPerson(name="Mia", desk=True), pin)
    assert library.own_persons() == {}
    assert local.desk_persons(library.database.connection) == set()
