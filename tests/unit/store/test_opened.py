"""store.opened: kept for these keys, for a while, and until something is erased."""

import pytest
from unit.store.ledger_kit import FileReader
from unit.store.world_kit import Reader, World, person_of

from p2pshare.domain.agreement_bodies import LoanMove
from p2pshare.store import gather
from p2pshare.store.opened import OPENED_MAX, OpenedBodies

ADA, BEN, CLEO = person_of(1), person_of(2), person_of(3)
SAID = ("loan.cancel", LoanMove(note="never mind"))


def entry(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_what_was_kept_is_there_also_where_it_said_nothing():
    opened = OpenedBodies()
    opened.use([ADA.reading])
    assert entry(1) not in opened
    assert opened.keep(entry(1), SAID) == SAID
    assert opened.keep(entry(2), None) is None
    assert (opened.get(entry(1)), opened.get(entry(2))) == (SAID, None)
    with pytest.raises(KeyError):
        opened.get(entry(3))


def test_other_keys_open_something_else():
    opened = OpenedBodies()
    opened.use([ADA.reading])
    opened.keep(entry(1), SAID)
    opened.use([ADA.reading])
    assert entry(1) in opened
    opened.use([ADA.reading, BEN.reading])
    assert entry(1) not in opened


def test_what_was_used_longest_ago_gives_way():
    opened = OpenedBodies()
    for number in range(OPENED_MAX):
        opened.keep(entry(number), None)
    opened.get(entry(0))
    opened.keep(entry(OPENED_MAX), None)
    assert entry(0) in opened
    assert entry(1) not in opened
    assert entry(OPENED_MAX) in opened
    opened.forget()
    assert entry(0) not in opened


# --- in the fold ------------------------------------------------------------------------------


@pytest.fixture
def opening(monkeypatch):
    """How often a body is opened."""
    calls = []
    open_body = gather.open_body
    monkeypatch.setattr(
        gather, "open_body", lambda *args, **more: calls.append(1) or open_body(*args, **more)
    )
    return calls


def lent(world):
    ada, ben = world.open_feed(ADA), world.open_feed(BEN)
    drill = world.put(ada, "Drill")
    loan = world.request(ben, drill, "for the shelf")
    last = loan
    yield [drill, loan]
    for feed, move in ((ada, "accept"), (ada, "hand-over"), (ben, "receive"), (ben, "give-back")):
        last = world.move(feed, loan, move, after=[last])
        yield [last]


@pytest.mark.parametrize("persons", [(ADA,), (CLEO,)])
def test_each_body_is_opened_once_however_often_its_subject_is_folded(opening, persons):
    world = World()
    with Reader(*persons) as reader:
        for _written in lent(world):
            reader.take_all(world)
        sealed = sum(one.header.kind == "sealed" for one in world.by_id.values())
        moves = 5 if ADA in persons else 1
        assert (sealed, len(opening)) == (5, moves), "a stranger tries the opening entry alone"


def test_once_something_is_erased_nothing_is_kept(opening):
    world = World()
    with Reader(ADA) as reader:
        for _written in lent(world):
            reader.take_all(world)
        (loan,) = reader.queries.agreements(0)
        before = len(opening)
        ben = next(one for one in world.feeds if one.author is BEN)
        drill = world.put(ben, "Bench")
        world.erase(ben, [drill])
        reader.take_all(world)
        assert reader.queries.agreements(0) == [loan]
        assert reader.ingest._opened._opened == {}
        assert len(opening) == before


def test_a_body_that_was_damaged_when_it_was_opened_is_opened_anew_once_it_is_repaired(tmp_path):
    world = World()
    written = lent(world)
    with FileReader(tmp_path / "ledger.db", ADA) as reader:
        asked = next(written)[1]
        reader.take_all(world)
        number = "(SELECT number FROM entries WHERE id = ?)"
        spoiled = f"UPDATE bodies SET body = zeroblob(length(body)) WHERE entry = {number}"
        reader.ingest._opened.forget()  # as if it had been read long ago
        reader.spoil(spoiled, asked.identifier)
        next(written)
        reader.take_all(world)
        assert reader.queries.agreements(0) == [], "the damage was folded"
        assert not reader.audit().ok
        reader.repair_from(world)
        (loan,) = reader.queries.agreements(0)
        assert loan.state == "accepted"
        assert reader.audit().ok
