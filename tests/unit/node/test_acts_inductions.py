"""node.acts_inductions: signed once, in the circle of the listing, and taken back by its author."""

from contextlib import ExitStack, closing

import pytest
from unit.node.computers import Computer, meet

from p2pshare.domain.commands import EditListing, Forget, GrantInduction
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.ledger import LEDGER_FILE
from p2pshare.store.audit import audit

SECRET = b"s" * 32


class Laboratory:
    """Ada's computer with her laser cutter, Ben's, who is its witness, and Cleo's."""

    def __init__(self, *computers):
        self.a, self.b, self.c = computers
        self.ada, self.ben, self.cleo = (
            one.add(name) for one, name in zip(computers, ("Ada", "Ben", "Cleo"), strict=True)
        )
        meet(*computers)
        self.laser = self.a.offer(
            self.ada, "Laser cutter", induction=True, witnesses=(self.ben, self.ada, self.ben)
        )
        self.meet()

    def meet(self):
        meet(self.a, self.b, self.c)

    def grant(self, computer, witness, person, **fields):
        command = GrantInduction(person=witness, listing=self.laser, inducted=person, **fields)
        return computer.perform(command)[0].subject


@pytest.fixture
def lab(tmp_path):
    with ExitStack() as stack:
        computers = [Computer(tmp_path / name) for name in "abc"]
        for computer in computers:
            stack.callback(computer.close)
        yield Laboratory(*computers)


def found(computer, **wanted):
    return computer.queries.inductions.find(**wanted)


def clean(computer):
    """Whether the audit finds nothing to say, tables made anew included."""
    return audit(computer.folder / LEDGER_FILE, computer.reading_keys()).ok


def test_a_statement_is_signed_by_the_witness_in_the_circle_of_the_listing(lab):
    granted = lab.grant(lab.b, lab.ben, lab.cleo)
    lab.meet()
    for computer in (lab.a, lab.b, lab.c):
        (view,) = found(computer)
        assert view.induction == granted.hex()
        assert (view.witness, view.person) == (lab.ben.hex(), lab.cleo.hex())
        assert (view.circle, view.valid) == (OPEN_CIRCLE.hex(), True)
        assert clean(computer)


def test_a_listing_of_a_closed_circle_keeps_its_inductions_there(lab):
    (club,) = {computer.add_closed_circle("Club", SECRET) for computer in (lab.a, lab.c)}
    lathe = lab.a.offer(lab.ada, "Lathe", circle=club, induction=True)
    meet(lab.a, lab.c)
    command = GrantInduction(person=lab.ada, listing=lathe, inducted=lab.cleo)
    granted = lab.a.perform(command)[0].subject
    lab.meet()
    assert [view.induction for view in found(lab.c, circle=club.hex())] == [granted.hex()]
    assert found(lab.b) == found(lab.a, circle=OPEN_CIRCLE.hex()) == []
    with pytest.raises(UnknownReference, match="no such listing"):
        lab.a.perform(
            GrantInduction(person=lab.ada, circle=OPEN_CIRCLE, listing=lathe, inducted=lab.ben)
        )


def test_a_request_is_refused_by_the_asking_computer_until_a_statement_is_here(lab):
    with pytest.raises(DomainError, match="an induction by Ada or Ben; ask one of them"):
        lab.c.ask(lab.cleo, lab.laser)
    lab.grant(lab.b, lab.ben, lab.cleo)
    meet(lab.b, lab.c)
    loan = lab.c.ask(lab.cleo, lab.laser)
    lab.meet()
    lab.a.move(lab.ada, loan, "accept")
    assert lab.a.loan(loan).state == "accepted"


def test_an_owner_does_not_promise_it_to_whom_nobody_has_shown_it(lab):
    """A changed program can ask without; so can anybody before the owner wants an induction."""
    lab.a.perform(EditListing(person=lab.ada, listing=lab.laser, induction=False))
    lab.meet()
    loan = lab.c.ask(lab.cleo, lab.laser)
    lab.a.perform(EditListing(person=lab.ada, listing=lab.laser, induction=True))
    lab.meet()
    with pytest.raises(DomainError, match="needs an induction by Ada or Ben"):
        lab.a.move(lab.ada, loan, "accept")
    lab.grant(lab.a, lab.ada, lab.cleo)
    lab.a.move(lab.ada, loan, "accept")
    assert lab.a.loan(loan).state == "accepted"


def test_the_author_takes_a_statement_back_and_a_promise_stays_a_promise(lab):
    granted = lab.grant(lab.b, lab.ben, lab.cleo)
    lab.meet()
    loan = lab.c.ask(lab.cleo, lab.laser)
    lab.meet()
    lab.a.move(lab.ada, loan, "accept")
    for computer, person in ((lab.a, lab.ada), (lab.c, lab.cleo)):
        with pytest.raises(DomainError, match="nothing of yours"):
            computer.perform(Forget(person=person, subject=granted))
    assert lab.b.perform(Forget(person=lab.ben, subject=granted))[0].erased == 1
    lab.meet()
    for computer in (lab.a, lab.b, lab.c):
        assert found(computer) == []
        assert clean(computer)
    for computer in (lab.a, lab.c):
        assert computer.loan(loan).state == "accepted"
    with pytest.raises(DomainError, match="needs an induction"):
        lab.c.ask(lab.cleo, lab.laser)


def test_what_is_refused_writes_nothing(lab):
    lab.grant(lab.b, lab.ben, lab.cleo)
    counts = [computer.count() for computer in (lab.a, lab.b, lab.c)]
    for computer, witness, person, said in (
        (lab.b, lab.ben, lab.cleo, "said so already"),
        (lab.b, lab.ben, lab.ben, "nobody can witness for themselves"),
        (lab.b, lab.ben, lab.ada, "need no induction themselves"),
        (lab.c, lab.cleo, lab.ben, "only its owner, or a witness"),
        (lab.a, lab.ada, b"short", "cannot be written"),
    ):
        with pytest.raises(DomainError, match=said):
            lab.grant(computer, witness, person)
    with pytest.raises(UnknownReference):
        lab.a.perform(GrantInduction(person=lab.ada, listing=bytes(16), inducted=lab.cleo))
    assert [computer.count() for computer in (lab.a, lab.b, lab.c)] == counts


def test_two_computers_of_a_witness_may_both_say_it(lab, tmp_path):
    with closing(Computer(tmp_path / "second")) as second:
        second.host(lab.b, lab.ben, "Ben")
        meet(lab.a, second)
        lab.grant(lab.b, lab.ben, lab.cleo)
        lab.grant(second, lab.ben, lab.cleo)
        meet(lab.a, lab.b, lab.c, second)
        assert [view.valid for view in found(lab.c)] == [True, True]
        lab.c.ask(lab.cleo, lab.laser)
        assert clean(second)
