"""A folder is copied, as a backup is, and both installations write on (DESIGN section 4).

Each continues the same feed from the same place: a fork. Nobody's words may be lost by it, both
must stop writing the forked feed, and both must say what they met.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from p2pshare.domain.commands import (
    AddListing,
    AddPerson,
    Forget,
    MoveAgreement,
    PayHours,
    RequestLoan,
)
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry, decode_header, entry_id
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.node.ledger import LEDGER_FILE, Ledger
from p2pshare.store.audit import audit


class Household:
    """Ada's first computer, the copy of it, and her neighbour Ben's."""

    def __init__(self, first: Ledger, copy: Ledger, ben: Ledger) -> None:
        self.first, self.copy, self.ben = first, copy, ben
        (self.ada,) = first.own_persons()
        (self.ben_person,) = ben.own_persons()
        (self.old_feed,) = first.database.connection.execute(
            "SELECT feed FROM own_feeds"
        ).fetchone()

    @property
    def all(self) -> tuple[Ledger, Ledger, Ledger]:
        return self.first, self.copy, self.ben


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    with closing(Ledger(tmp_path / "first")) as first:
        ada = first.perform(AddPerson(name="Ada"))[0].subject
        _offer(first, ada, "Drill")
        _offer(first, ada, "Ladder")
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    with ExitStack() as stack:
        first, copy, ben = (
            stack.enter_context(closing(Ledger(tmp_path / name)))
            for name in ("first", "copy", "ben")
        )
        ben.perform(AddPerson(name="Ben"))
        yield Household(first, copy, ben)


def _offer(ledger: Ledger, person: bytes, title: str) -> bytes:
    command = AddListing(person=person, exchange_type=ExchangeType.OFFER, title=title)
    return ledger.perform(command)[0].subject


def _send(source: Ledger, target: Ledger) -> IngestReport:
    """Everything of one ledger to another, chain by chain, and what follows from it."""
    entries = {}
    for identifier, *signed in source.database.connection.execute(
        "SELECT e.id, e.header, e.signature, b.body FROM entries AS e"
        " LEFT JOIN bodies AS b ON b.entry = e.number"
    ):
        entries[identifier] = SignedEntry(*signed)
    arrivals = []
    for tip in entries.keys() - {decode_header(one.header).previous for one in entries.values()}:
        chain, identifier = [], tip
        while identifier in entries:
            chain.append(entries[identifier])
            identifier = decode_header(chain[-1].header).previous
        arrivals.append(Arrival(OPEN_CIRCLE, chain[::-1]))
    report = target.receive(arrivals)
    target.entail(report)
    return report


def _exchange(*ledgers: Ledger) -> None:
    """Until all have all."""
    for _ in range(3):
        for source in ledgers:
            for target in ledgers:
                if source is not target:
                    _send(source, target)


def _titles(ledger: Ledger) -> list[str]:
    return sorted(one.title for one in ledger.queries.listings(ledger.today()))


def _own_feeds(ledger: Ledger) -> dict[bytes, bool]:
    """Feed to whether it is retired."""
    rows = ledger.database.connection.execute("SELECT feed, retired FROM own_feeds")
    return {feed: bool(retired) for feed, retired in rows}


def _agree(*ledgers: Ledger) -> None:
    assert len({ledger.queries.circles()[0].digest for ledger in ledgers}) == 1
    for ledger in ledgers:
        report = audit(ledger.folder / LEDGER_FILE, ledger.reading_keys())
        assert report.ok, report.faults


def test_both_retire_the_forked_feed_and_nothing_is_lost(household: Household) -> None:
    first, copy, _ = household.all
    _offer(first, household.ada, "Saw")
    _offer(copy, household.ada, "Axe")
    _offer(copy, household.ada, "Rope")
    report = _send(copy, first)
    assert report.forked == {(OPEN_CIRCLE, household.old_feed)}
    assert report.retired == {household.old_feed}
    told = [new.entry.header.kind for new in report.returned]
    assert told == ["listing.put", "listing.put"]  # "2 entries written elsewhere: was it you?"
    assert _send(first, copy).retired == {household.old_feed}
    for ledger, title in ((first, "Planer"), (copy, "Vice")):
        _offer(ledger, household.ada, title)
        old, new = _own_feeds(ledger).items()
        assert (old, new[1]) == ((household.old_feed, True), False)
    _exchange(*household.all)
    for ledger in household.all:
        assert _titles(ledger) == sorted(
            ["Drill", "Ladder", "Saw", "Axe", "Rope", "Planer", "Vice"]
        )
    assert _own_feeds(first).keys() & _own_feeds(copy).keys() == {household.old_feed}
    _agree(*household.all)
    ledger_rows = [_titles(ledger) for ledger in household.all]
    for ledger in household.all:
        ledger.rebuild()
    assert [_titles(ledger) for ledger in household.all] == ledger_rows


def test_a_fork_that_comes_by_a_neighbour_is_met_just_so(household: Household) -> None:
    """The two never see each other; Ben's computer relays."""
    first, copy, ben = household.all
    _offer(first, household.ada, "Saw")
    _offer(copy, household.ada, "Axe")
    _send(first, ben)
    assert _send(copy, ben).forked == {(OPEN_CIRCLE, household.old_feed)}
    for ledger in (first, copy):
        report = _send(ben, ledger)
        assert len(report.returned) == 1
        assert report.retired == {household.old_feed}
    _offer(first, household.ada, "Planer")
    _exchange(*household.all)
    assert _own_feeds(first)[household.old_feed]
    assert _titles(ben) == _titles(first) == _titles(copy)
    _agree(*household.all)


def test_only_one_wrote_on_so_only_the_other_moves_to_a_new_feed(household: Household) -> None:
    """A backup that is behind takes its history back and never continues the old feed."""
    first, copy, ben = household.all
    _offer(first, household.ada, "Saw")
    report = _send(first, copy)
    assert [new.entry.header.kind for new in report.returned] == ["listing.put"]
    assert (report.forked, report.retired) == (set(), {household.old_feed})
    _offer(copy, household.ada, "Axe")
    assert _send(copy, first).retired == set()
    _offer(first, household.ada, "Planer")
    assert _own_feeds(first) == {household.old_feed: False}
    _exchange(*household.all)
    assert _titles(ben) == sorted(["Drill", "Ladder", "Saw", "Axe", "Planer"])
    _agree(*household.all)
    tips = {entry_id(entry.header) for entry in _tips(first, household.old_feed)}
    assert len(tips) == 1, "the feed was never forked"


def _tips(ledger: Ledger, feed: bytes) -> list[SignedEntry]:
    return [
        SignedEntry(*row)
        for row in ledger.database.connection.execute(
            "SELECT e.header, e.signature, NULL FROM tips AS t JOIN entries AS e"
            " ON e.number = t.entry JOIN feeds AS f ON f.number = e.feed WHERE f.feed = ?",
            (feed,),
        )
    ]


def test_loans_hours_and_erasures_of_both_halves_count(household: Household) -> None:
    """What was promised, paid and forgotten on either computer holds on all of them."""
    first, copy, ben = household.all
    _exchange(*household.all)
    drill = bytes.fromhex(
        next(one.listing for one in ben.queries.listings(ben.today()) if one.title == "Drill")
    )
    ladder = bytes.fromhex(
        next(one.listing for one in ben.queries.listings(ben.today()) if one.title == "Ladder")
    )
    loan = ben.perform(RequestLoan(person=household.ben_person, listing=drill))[0].subject
    _send(ben, first)
    _send(ben, copy)
    first.perform(MoveAgreement(person=household.ada, agreement=loan, move="accept"))
    first.perform(PayHours(person=household.ada, payee=household.ben_person, minutes=30))
    copy.perform(PayHours(person=household.ada, payee=household.ben_person, minutes=60))
    assert copy.perform(Forget(person=household.ada, subject=ladder))[0].erased == 1
    _exchange(*household.all)
    for ledger in household.all:
        (agreement,) = ledger.queries.agreements(ledger.clock.time_ms())
        assert agreement.state == "accepted"
        balance = ledger.queries.accounts.balance(household.ada.hex(), OPEN_CIRCLE.hex())
        assert balance.minutes == -90, "a fork wipes no debt"
        assert _titles(ledger) == ["Drill"]
        assert len(ledger.queries.busy_periods(drill.hex())) == 1
        assert not any(
            b"Ladder" in path.read_bytes() for path in ledger.folder.glob(f"{LEDGER_FILE}*")
        )
    _agree(*household.all)
