"""node.ledger: two computers and more, what they show each other, and what leaves the disk."""

from contextlib import closing, contextmanager

import pytest
from unit.node.computers import START_MS, Computer, meet

from p2pshare.domain.bodies import ListingClose
from p2pshare.domain.commands import EditListing, Forget, PayHours, RevokeFeed, SetName
from p2pshare.domain.drafts import Draft
from p2pshare.errors import DomainError, UnknownReference
from p2pshare.log.certificate import OPEN_CIRCLE, person_subject
from p2pshare.log.entry import decode_header, entry_id
from p2pshare.node.ingest import Arrival
from p2pshare.node.writing import Writing
from p2pshare.store import local

DAYS = {"from_day": "2026-11-24", "until_day": "2026-11-28"}


@contextmanager
def computers(tmp_path, *names):
    """A computer for each name, with a person of that name; (computer, person) each."""
    opened = [Computer(tmp_path / name) for name in names]
    try:
        yield [(one, one.add(name)) for one, name in zip(opened, names, strict=True)]
    finally:
        for one in opened:
            one.close()


def digests(*ledgers):
    return {ledger.queries.circles()[0].digest for ledger in ledgers}


# --- a loan between two --------------------------------------------------------------------------


def test_a_loan_from_asking_to_closed_shows_alike_at_both(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, ben)):
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill)
        meet(a, b)
        steps = [
            (a, ada, "accept", "accepted"),
            (a, ada, "hand-over", "checked_out"),
            (b, ben, "receive", "checked_out"),
            (b, ben, "give-back", "returned"),
            (a, ada, "take-back", "closed"),
        ]
        for computer, person, move, state in steps:
            computer.move(person, loan, move)
            meet(a, b)
            assert [one.loan(loan).state for one in (a, b)] == [state, state]
            free = 1 if state == "closed" else 0
            day = "2026-11-19"
            assert [one.queries.listing(drill.hex(), day).available for one in (a, b)] == [free] * 2
        assert a.loan(loan) == b.loan(loan)
        assert [signed.move for signed in a.loan(loan).signed_by] == [
            "request",
            *(move for _, _, move, _ in steps),
        ]
        assert len(digests(a, b)) == 1


def test_promised_days_show_to_everybody_and_no_name_with_them(tmp_path):
    with computers(tmp_path, "Ada", "Ben", "Cay") as ((a, ada), (b, ben), (c, _)):
        drill = a.offer(ada)
        meet(a, b, c)
        loan = b.ask(ben, drill, note="for my shelf", **DAYS)
        meet(a, b, c)
        a.move(ada, loan, "accept")
        meet(a, b, c)
        (period,) = c.queries.busy_periods(drill.hex())
        assert (period.from_day, period.until_day) == tuple(DAYS.values())
        assert c.queries.agreements(START_MS) == []
        assert c.queries.listing(drill.hex(), "2026-11-25").available == 0
        assert b"for my shelf" not in c.file_bytes()


def test_the_owner_publishes_free_days_after_the_borrower_cancelled_elsewhere(tmp_path):
    with computers(tmp_path, "Ada", "Ben", "Cay") as ((a, ada), (b, ben), (c, _)):
        drill = a.offer(ada)
        meet(a, b, c)
        loan = b.ask(ben, drill, **DAYS)
        meet(a, b)
        a.move(ada, loan, "accept")
        meet(a, b, c)
        assert len(c.queries.busy_periods(drill.hex())) == 1
        b.move(ben, loan, "cancel")
        meet(a, b, c)
        assert c.queries.busy_periods(drill.hex()) == []


def test_a_second_computer_keeps_a_promise_about_a_loan_it_does_not_know_yet(tmp_path):
    with (
        computers(tmp_path, "Ada", "Ben", "Cay") as ((a, ada), (b, ben), (c, cay)),
        closing(Computer(tmp_path / "laptop")) as laptop,
    ):
        laptop.host(a, ada, "Ada")
        drill = a.offer(ada, quantity=2)
        meet(a, b, c, laptop)
        bens, cays = b.ask(ben, drill, **DAYS), c.ask(cay, drill, **DAYS)
        a.pull(b)
        a.move(ada, bens, "accept")
        laptop.pull(c)
        of_ben = local.own_feeds(b.database.connection)
        laptop.receive(
            [
                Arrival(circle, entries)
                for (circle, feed), entries in a.all_entries().items()
                if feed not in of_ben
            ]
        )
        assert len(laptop.queries.busy_periods(drill.hex())) == 1, "Ada's other computer said so"
        assert laptop.queries.agreements(0, agreement=bens.hex()) == []
        laptop.move(ada, cays, "accept")
        assert len(laptop.queries.busy_periods(drill.hex())) == 2, "the first promise stands"
        third = c.ask(cay, drill, **DAYS)
        laptop.pull(c)
        with pytest.raises(DomainError, match="overlaps"):
            laptop.move(ada, third, "accept")
        meet(a, b, c, laptop)
        assert len(c.queries.busy_periods(drill.hex())) == 2
        b.move(ben, bens, "cancel")
        meet(a, b, c, laptop)
        assert len(c.queries.busy_periods(drill.hex())) == 1, "what is over is no promise"


def test_two_accepts_on_two_computers_of_one_owner_show_as_a_conflict_until_one_is_cancelled(
    tmp_path,
):
    with (
        computers(tmp_path, "Ada", "Ben", "Cay") as ((a, ada), (b, ben), (c, cay)),
        closing(Computer(tmp_path / "laptop")) as laptop,
    ):
        laptop.host(a, ada, "Ada")
        drill = a.offer(ada)
        meet(a, b, c, laptop)
        first, second = b.ask(ben, drill, **DAYS), c.ask(cay, drill, **DAYS)
        meet(a, b, c, laptop)
        a.move(ada, first, "accept")
        laptop.move(ada, second, "accept")
        assert not a.loan(first).conflict
        meet(a, b, c, laptop)
        assert [one.loan(first).conflict for one in (a, b, laptop)] == [True] * 3
        assert [one.loan(second).conflict for one in (a, c, laptop)] == [True] * 3
        a.move(ada, second, "cancel")
        meet(a, b, c, laptop)
        assert [one.loan(first).conflict for one in (a, b, laptop)] == [False] * 3
        assert [one.loan(second).conflict for one in (a, c, laptop)] == [False] * 3
        assert len(digests(a, b, c, laptop)) == 1


def test_the_owners_node_refuses_to_promise_the_same_days_twice(tmp_path):
    with computers(tmp_path, "Ada", "Ben", "Cay") as ((a, ada), (b, ben), (c, cay)):
        drill = a.offer(ada)
        meet(a, b, c)
        first, second = b.ask(ben, drill, **DAYS), c.ask(cay, drill, **DAYS)
        meet(a, b, c)
        a.move(ada, first, "accept")
        before = a.count()
        with pytest.raises(DomainError, match="overlaps what you promised"):
            a.move(ada, second, "accept")
        assert a.count() == before


def test_strangers_cannot_crowd_out_what_a_move_comes_after(tmp_path):
    """An entry names four others at most; strangers who write about a loan are not among them."""
    with computers(tmp_path, "Ada", "Ben", "Cay", "Dan") as ((a, ada), (b, ben), *strangers):
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill)
        meet(a, b)
        for stranger, person in strangers:
            write_about(stranger, person, loan)
            for computer in (a, b):
                computer.pull(stranger)
        last = loan_entries(b, loan)[0]
        for computer, person, move, state in (
            (a, ada, "accept", "accepted"),
            (b, ben, "receive", "checked_out"),
            (b, ben, "give-back", "returned"),
            (a, ada, "take-back", "closed"),
        ):
            computer.move(person, loan, move)
            written = loan_entries(computer, loan)[-1]
            assert decode_header(written).after == (entry_id(last),)
            last = written
            meet(a, b)
            assert computer.loan(loan).state == state


def loan_entries(computer, loan):
    """The sealed headers about a loan, as they came in."""
    rows = computer.database.connection.execute(
        "SELECT header FROM entries WHERE subject = ? AND kind = 'sealed' ORDER BY number", (loan,)
    )
    return [header for (header,) in rows]


def write_about(computer, person, subject):
    """An entry of ``person`` about a subject in which they have no say."""
    with computer.ingest.batch(durable=True) as batch:
        writing = Writing(batch, computer.keys, person, OPEN_CIRCLE, computer.clock)
        writing.write(Draft("listing.close", ListingClose()), subject=subject)
        batch.finish(by_peer=False)


# --- closed circles ------------------------------------------------------------------------------


def test_a_first_request_in_a_closed_circle_is_sealed_to_oneself_too(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, ben)):
        circle = {one.add_closed_circle("House", b"s" * 32) for one in (a, b)}.pop()
        saw = a.offer(ada, "Saw", circle=circle)
        meet(a, b)
        loan = b.ask(ben, saw)
        meet(a, b)
        assert b.loan(loan) == a.loan(loan)
        assert a.loan(loan).circle == circle.hex()


def test_forgetting_a_name_stays_in_its_circle(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, _)):
        circle = {one.add_closed_circle("House", b"s" * 32) for one in (a, b)}.pop()
        a.perform(SetName(person=ada, name="Ada of the house", circle=circle))
        meet(a, b)
        assert a.perform(Forget(person=ada, subject=person_subject(ada)))[0].erased == 1
        command = Forget(person=ada, subject=person_subject(ada), circle=circle)
        assert a.perform(command)[0].erased == 1
        meet(a, b)
        assert b"Ada of the house" not in b.file_bytes()
        with pytest.raises(DomainError, match="nothing of yours"):
            a.perform(command)


# --- forgetting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [10, 3900])
def test_a_forgotten_listing_is_gone_from_the_disk_of_everybody(tmp_path, length):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, _)):
        words = ("xylophone " * 400)[:length]
        listing = a.offer(ada, "Quixotic", description=words, tags=("zygote",))
        a.perform(EditListing(person=ada, listing=listing, title="Jabberwock"))
        other = a.offer(ada, "Kept")
        meet(a, b)
        today = b.today()
        assert [view.title for view in b.queries.listings(today, search="jabber")] == ["Jabberwock"]
        assert b"Quixotic" in b.file_bytes()
        assert a.perform(Forget(person=ada, subject=listing))[0].erased == 2
        meet(a, b)
        for computer in (a, b):
            content = computer.file_bytes().lower()
            for word in (b"quixotic", b"jabberwock", b"xylophone", b"zygote"):
                assert word not in content
            assert computer.queries.listings(today, search="jabber") == []
            assert [view.title for view in computer.queries.listings(today)] == ["Kept"]
            assert computer.queries.listing(other.hex(), today) is not None
        assert len(digests(a, b)) == 1


def test_a_loan_is_forgotten_by_both(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, ben)):
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill, note="my secret shelf")
        meet(a, b)
        a.move(ada, loan, "decline", note="sorry, lumbago")
        meet(a, b)
        assert b.perform(Forget(person=ben, subject=loan))[0].erased == 1
        meet(a, b)
        assert [one.loan(loan).state for one in (a, b)] == ["declined"] * 2
        with pytest.raises(DomainError, match="nothing of yours"):
            b.perform(Forget(person=ben, subject=loan))
        assert a.perform(Forget(person=ada, subject=loan))[0].erased == 1
        meet(a, b)
        for computer in (a, b):
            assert computer.queries.agreements(START_MS) == []
            assert b"secret shelf" not in computer.file_bytes()
            assert b"lumbago" not in computer.file_bytes()


def test_a_lender_who_never_answered_can_let_a_request_be_forgotten(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, ben)):
        drill = a.offer(ada)
        meet(a, b)
        loan = b.ask(ben, drill, note="my secret shelf")
        meet(a, b)
        b.perform(Forget(person=ben, subject=loan))
        meet(a, b)
        assert a.perform(Forget(person=ada, subject=loan))[0].erased == 0
        meet(a, b)
        for computer in (a, b):
            assert computer.queries.agreements(START_MS) == []
            assert b"secret shelf" not in computer.file_bytes()


def test_a_forgotten_name_is_gone_from_others_disks(tmp_path):
    with computers(tmp_path, "Rumpelstiltskin", "Ben") as ((a, rumpel), (b, _)):
        meet(a, b)
        assert b"Rumpelstiltskin" in b.file_bytes()
        a.perform(Forget(person=rumpel, subject=person_subject(rumpel)))
        meet(a, b)
        assert b"Rumpelstiltskin" not in b.file_bytes()
        assert {view.name for view in b.queries.people()} == {"", "Ben"}


def test_payments_are_never_forgotten(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (_, ben)):
        payment = a.perform(PayHours(person=ada, payee=ben, minutes=60))[0].subject
        with pytest.raises(DomainError, match="nothing of yours"):
            a.perform(Forget(person=ada, subject=payment))


# --- who is meant --------------------------------------------------------------------------------


def test_names_and_prefixes_find_who_acts(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        with pytest.raises(UnknownReference, match="p2pshare-cli init"):
            computer.acting_person(None)
        ada = computer.add("Ada")
        assert computer.acting_person(None) == ada
        ben = computer.add("Ben")
        with pytest.raises(UnknownReference, match="several persons"):
            computer.acting_person(None)
        assert computer.acting_person("ben") == ben
        assert computer.acting_person(ada.hex()[:12].upper()) == ada
        with pytest.raises(UnknownReference, match="nobody"):
            computer.acting_person("Cay")
        assert computer.own_persons() == {ada: "Ada", ben: "Ben"}


def test_circles_are_found_by_name_and_prefix(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        house = computer.add_closed_circle("House", b"s" * 32)
        assert computer.circle(None) == OPEN_CIRCLE
        assert computer.circle("HOUSE") == computer.circle(house.hex()[:8]) == house
        with pytest.raises(UnknownReference, match="no circle"):
            computer.circle("Garden")


def test_the_same_folder_opens_again_with_everything_in_it(tmp_path):
    with closing(Computer(tmp_path)) as computer:
        ada = computer.add("Ada")
        drill = computer.offer(ada)
    with closing(Computer(tmp_path)) as computer:
        assert computer.own_persons() == {ada: "Ada"}
        assert computer.listing_id(drill.hex()[:6]) == drill.hex()
        assert computer.rebuild() == computer.count() == 3
        computer.offer(ada, "Saw")
        assert computer.queries.circles()[0].feeds == 1


def test_a_revoked_computer_says_nothing_more_that_counts(tmp_path):
    with (
        computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, _)),
        closing(Computer(tmp_path / "laptop")) as laptop,
    ):
        laptop.host(a, ada, "Ada")
        laptop.offer(ada, "Ladder")
        meet(a, b, laptop)
        stolen = next(one for one in a.queries.feeds(ada.hex()) if not one.here)
        a.perform(RevokeFeed(person=ada, feed=bytes.fromhex(stolen.feed)))
        laptop.offer(ada, "What a thief would offer")
        meet(a, b, laptop)
        for one in (a, b, laptop):
            assert [view.title for view in one.queries.listings(one.today())] == ["Ladder"]
            views = {view.feed: view for view in one.queries.feeds(ada.hex())}
            assert views[stolen.feed].revoked
        assert len(digests(a, b, laptop)) == 1


def test_a_feed_of_ones_own_is_revoked_from_an_entry_on_and_a_new_one_opened(tmp_path):
    with computers(tmp_path, "Ada", "Ben") as ((a, ada), (b, ben)):
        a.offer(ada, "Ladder")
        before = a.queries.feeds(ada.hex())[0]
        a.offer(ada, "Not mine")
        last, feed = bytes.fromhex(before.tips[0]), bytes.fromhex(before.feed)
        with pytest.raises(UnknownReference, match="no such feed"):
            b.perform(RevokeFeed(person=ben, feed=feed))
        with pytest.raises(UnknownReference, match="no such entry"):
            a.perform(RevokeFeed(person=ada, feed=feed, last_entry=bytes(32)))
        a.perform(RevokeFeed(person=ada, feed=feed, last_entry=last))
        meet(a, b)
        assert [view.title for view in b.queries.listings(b.today())] == ["Ladder"]
        revoked, current = a.queries.feeds(ada.hex())
        assert (revoked.revoked, revoked.here) == (True, False)
        assert (current.revoked, current.here) == (False, True)
