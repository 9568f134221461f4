"""The journal: what to publish after each step, its own writes, peers' and other processes'."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from unit.node.ledger_pair import arrivals, offer, person

from p2pshare.domain.commands import (
    AddListing,
    AddPerson,
    Forget,
    GrantInduction,
    MoveAgreement,
    OpenRepair,
    RequestLoan,
)
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import StoreTooNew
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.importing import import_list
from p2pshare.node.journal import Change, Journal
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.append import Quota
from p2pshare.store.database import SCHEMA_VERSION


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(Ledger(tmp_path / "a"))
    yield journal
    journal.close()


@pytest.fixture
def other(tmp_path: Path, journal: Journal) -> Iterator[Ledger]:
    """Another process on the folder of ``journal``."""
    ledger = Ledger(tmp_path / "a")
    yield ledger
    ledger.close()


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "b")
    yield ledger
    ledger.close()


def titled(who: bytes, title: str) -> AddListing:
    return AddListing(person=who, exchange_type=ExchangeType.OFFER, title=title)


def added(change: Change) -> list[int]:
    """How many entries are new in each report: asked for, entailed, foreign."""
    return [len(one.new) for one in (change.report, *change.followed())]


def test_what_is_written_here_is_told_once(journal: Journal) -> None:
    performed, change = journal.perform(AddPerson(name="Ada"), None)
    assert added(change) == [2]
    assert journal.look() is None
    assert journal.look(always=True) is None
    _, change = journal.perform(titled(performed.subject, "Drill"), None)
    assert added(change) == [1]
    assert next(iter(change.report.frontier[OPEN_CIRCLE].values()))[0][0] == 2


def test_what_another_process_wrote_is_found(journal: Journal, other: Ledger) -> None:
    ada = person(other, "Ada")
    drill = offer(other, ada)
    seen = journal.look()
    assert seen is not None
    assert [new.person for new in seen.report.new] == [ada] * 3
    assert seen.report.frontier[OPEN_CIRCLE].keys() == {seen.report.new[0].entry.header.feed}
    told = {(one.table, one.key, one.removed) for one in seen.report.changes}
    assert ("listings", drill.hex(), False) in told
    assert ("persons", ada.hex(), False) in told
    assert journal.look() is None


def test_what_another_process_wrote_before_ones_own_is_told_with_it(
    journal: Journal, other: Ledger
) -> None:
    ada = person(other, "Ada")
    _, change = journal.perform(titled(ada, "Here"), None)
    assert added(change) == [1, 2]
    assert journal.look() is None
    offer(other, ada, "There")
    assert added(journal.receive([])) == [0, 1]


def test_what_another_process_forgot_is_told_as_gone(journal: Journal, other: Ledger) -> None:
    ada = person(other, "Ada")
    drill = offer(other, ada)
    journal.look()
    other.perform(Forget(person=ada, subject=drill))
    seen = journal.look()
    assert seen is not None
    gone = [(one.table, one.key) for one in seen.report.changes if one.removed]
    assert gone == [("listings", drill.hex())]


def test_what_another_process_forgot_is_told_whatever_it_was(
    journal: Journal, other: Ledger
) -> None:
    ada, ben = person(other, "Ada"), person(other, "Ben")
    laser = other.perform(
        AddListing(
            person=ada, exchange_type=ExchangeType.OFFER, title="Laser cutter", induction=True
        )
    )[0].subject
    shown = other.perform(GrantInduction(person=ada, listing=laser, inducted=ben))[0].subject
    ticket = other.perform(OpenRepair(person=ada, listing=laser))[0].subject
    loans = b"Item,Member,From\nDrill,Ben,2025-01-02\n"
    import_list(other, ada, loans, form="loans")
    (past,) = other.queries.history.past([ada.hex()])
    journal.look()
    for subject, table in (
        (shown.hex(), "inductions"),
        (ticket.hex(), "agreements"),
        (past.history, "history_loans"),
    ):
        other.perform(Forget(person=ada, subject=bytes.fromhex(subject)))
        seen = journal.look()
        assert seen is not None
        gone = {(one.table, one.key) for one in seen.report.changes if one.removed}
        assert (table, subject) in gone


def test_what_was_written_past_the_journal_is_found_if_looked_for(journal: Journal) -> None:
    person(journal.ledger, "Ada")
    assert journal.look() is None, "the same connection"
    seen = journal.look(always=True)
    assert seen is not None
    assert len(seen.report.new) == 2


def test_a_circle_that_was_joined_is_found_once(journal: Journal, other: Ledger) -> None:
    circle = other.add_closed_circle("Allotments", bytes(32))
    seen = journal.look()
    assert seen is not None
    assert (seen.circles, seen.report.new) == ([circle], [])
    assert journal.look(always=True) is None
    assert journal.owed() == {OPEN_CIRCLE: frozenset(), circle: frozenset()}


def test_damage_that_another_process_noted_is_found(journal: Journal, other: Ledger) -> None:
    offer(other, person(other, "Ada"))
    journal.look()
    with other.database.transaction(durable=False) as connection:
        (identifier,) = connection.execute(
            "SELECT id FROM entries WHERE kind = 'listing.put'"
        ).fetchone()
        connection.execute(
            "INSERT INTO damaged (entry, id, what) SELECT number, id, 'signature' FROM entries"
            " WHERE id = ?",
            (identifier,),
        )
    seen = journal.look()
    assert seen is not None
    assert seen.report.owed == {OPEN_CIRCLE: frozenset({identifier})}
    with other.database.transaction(durable=False) as connection:
        connection.execute("DELETE FROM damaged")
    seen = journal.look()
    assert seen is not None
    assert seen.report.settled == {OPEN_CIRCLE: frozenset({identifier})}


def test_damage_that_was_found_here_is_not_news(journal: Journal) -> None:
    ada = person(journal.ledger, "Ada")
    offer(journal.ledger, ada)
    journal.look(always=True)
    (identifier,) = journal.ledger.database.connection.execute(
        "SELECT id FROM entries WHERE kind = 'listing.put'"
    ).fetchone()
    journal.mark_damaged(OPEN_CIRCLE, {identifier: "signature"})
    assert journal.owed()[OPEN_CIRCLE] == {identifier}
    assert journal.look(always=True) is None


def test_bodies_owed_are_told_when_they_are_missed_and_when_they_come(
    journal: Journal, neighbour: Ledger
) -> None:
    offer(neighbour, person(neighbour, "Ben"))
    (arrival,) = arrivals(neighbour)
    whole = arrival.stretch[2]
    bare = SignedEntry(whole.header, whole.signature, None)
    change = journal.receive([type(arrival)(OPEN_CIRCLE, [*arrival.stretch[:2], bare])])
    assert added(change) == [3]
    ((identifier,),) = change.report.owed.values()
    assert journal.look(always=True) is None
    change = journal.repair(OPEN_CIRCLE, [whole])
    assert change.report.repaired == [identifier]
    assert change.report.settled == {OPEN_CIRCLE: frozenset({identifier})}
    assert journal.look(always=True) is None


def test_the_days_promised_follow_a_move_that_a_peer_makes(
    journal: Journal, neighbour: Ledger
) -> None:
    ada = journal.perform(AddPerson(name="Ada"), None)[0].subject
    drill = journal.perform(titled(ada, "Drill"), None)[0].subject
    ben = person(neighbour, "Ben")
    neighbour.receive(arrivals(journal.ledger))
    (asked, *_) = neighbour.perform(RequestLoan(person=ben, listing=drill))
    journal.receive(arrivals(neighbour))
    _, change = journal.perform(
        MoveAgreement(person=ada, agreement=asked.subject, move="accept"), None
    )
    assert added(change) == [1, 1]
    neighbour.receive(arrivals(journal.ledger))
    neighbour.perform(MoveAgreement(person=ben, agreement=asked.subject, move="cancel"))
    change = journal.receive(arrivals(neighbour))
    assert added(change) == [1, 1]
    assert journal.ledger.queries.busy_periods(drill.hex()) == []
    assert journal.look(always=True) is None


def test_what_a_peer_sent_is_kept_though_there_is_no_room_to_answer_it(
    tmp_path: Path, neighbour: Ledger
) -> None:
    """Ada's feed, name, drill, acceptance and promise fill her quota; then Ben cancels."""
    journal = Journal(Ledger(tmp_path / "small", quota=Quota(5)))
    ada = journal.perform(AddPerson(name="Ada"), None)[0].subject
    drill = journal.perform(titled(ada, "Drill"), None)[0].subject
    ben = person(neighbour, "Ben")
    neighbour.receive(arrivals(journal.ledger))
    loan = neighbour.perform(RequestLoan(person=ben, listing=drill))[0].subject
    journal.receive(arrivals(neighbour))
    journal.perform(MoveAgreement(person=ada, agreement=loan, move="accept"), None)
    neighbour.receive(arrivals(journal.ledger))
    neighbour.perform(MoveAgreement(person=ben, agreement=loan, move="cancel"))
    change = journal.receive(arrivals(neighbour))
    assert added(change) == [1]
    assert [one.state for one in journal.ledger.queries.agreements(0)] == ["cancelled"]
    neighbour.perform(titled(ben, "Ladder"))
    assert added(journal.receive(arrivals(neighbour))) == [1]
    journal.close()


def test_what_a_crash_left_undone_is_done_at_the_beginning(
    tmp_path: Path, neighbour: Ledger
) -> None:
    ledger = Ledger(tmp_path / "a")
    ada = person(ledger, "Ada")
    drill = offer(ledger, ada)
    ben = person(neighbour, "Ben")
    neighbour.receive(arrivals(ledger))
    loan = neighbour.perform(RequestLoan(person=ben, listing=drill))[0].subject
    ledger.receive(arrivals(neighbour))
    ledger.author.perform(MoveAgreement(person=ada, agreement=loan, move="accept"))  # and no more
    ledger.close()
    journal = Journal(Ledger(tmp_path / "a"))
    assert added(journal.begin()) == [0, 1]
    assert len(journal.ledger.queries.busy_periods(drill.hex())) == 1
    assert added(journal.begin()) == [0]
    journal.close()


def test_a_newer_ledger_is_noticed_and_closed_all_the_same(journal: Journal, other: Ledger) -> None:
    other.database.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreTooNew, match="update this one"):
        journal.look()
    journal.close()


def test_becoming_another_device_begins_new_feeds(journal: Journal) -> None:
    before = journal.ledger.keys.device_key().public
    ada = journal.perform(AddPerson(name="Ada"), None)[0].subject
    connection = journal.ledger.database.connection
    feed = local.current_feed(connection, OPEN_CIRCLE, ada)
    assert journal.become_another() == journal.ledger.keys.device_key().public != before
    assert local.current_feed(connection, OPEN_CIRCLE, ada) is None
    _, change = journal.perform(titled(ada, "Drill"), None)
    assert added(change) == [2]
    assert local.current_feed(connection, OPEN_CIRCLE, ada) not in (None, feed)


def test_links_and_addresses_are_noted(journal: Journal, other: Ledger) -> None:
    connection = other.database.connection
    journal.note_links([("aa", "127.0.0.1:1"), ("bb", "127.0.0.1:2")])
    assert local.noted_links(connection) == [("aa", "127.0.0.1:1"), ("bb", "127.0.0.1:2")]
    journal.remember_address("127.0.0.1", 4711, bytes(32))
    (one,) = local.remembered_addresses(connection)
    assert (one.address, one.port, one.device) == ("127.0.0.1", 4711, bytes(32))
    journal.note_links([])
    assert local.noted_links(connection) == []
