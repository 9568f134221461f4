"""domain.repair: a ticket of one person, and what it means for the shelf."""

import itertools

import pytest

from p2pshare.domain.agreement import allowed_moves, both_signed, fold_agreement
from p2pshare.domain.agreement_bodies import RepairMove, RepairOpen
from p2pshare.domain.bodies import KINDS
from p2pshare.domain.repair import OPEN, REPAIR

PATHS = {
    "assess": [],
    "parts": ["await-parts"],
    "repairing": ["repair"],
    "resolved": ["repair", "resolve"],
    "retired": ["await-parts", "retire"],
}


@pytest.fixture(scope="session")
def ticket(make, ada):
    """Entries of a ticket of Ada's after ``path``."""

    def build(path):
        body = RepairOpen(
            listing=b"L" * 16,
            listing_header=b"header",
            quantity=1,
            from_day="2026-11-23",
            until_day="2026-11-23",
        )
        entries = [make.entry(ada, "repair.open", body)]
        for move in path:
            entries.append(make.entry(ada, REPAIR.kind_of(move), RepairMove(), after=entries[-1:]))
        return entries

    return build


def folded(entries, owner):
    return fold_agreement(REPAIR, entries[0], owner, entries[1:])


@pytest.mark.parametrize("state", PATHS)
def test_every_state_is_reached(ticket, ada, state):
    assert folded(ticket(PATHS[state]), ada).state == state


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        ("assess", ["await-parts", "repair", "resolve", "retire"]),
        ("parts", ["assess", "repair", "resolve", "retire"]),
        ("repairing", ["assess", "await-parts", "resolve", "retire"]),
        ("resolved", []),
        ("retired", []),
    ],
)
def test_what_the_keeper_may_do(ticket, ada, ben, state, moves):
    repair = folded(ticket(PATHS[state]), ada)
    assert [row.move for row in allowed_moves(REPAIR, repair, ada, 1000)] == moves
    assert allowed_moves(REPAIR, repair, ben, 1000) == ()
    assert all(row.by_button for row in allowed_moves(REPAIR, repair, ada, 1000))


def test_it_is_off_the_shelf_until_it_works_and_for_good_if_it_never_does():
    assert {*OPEN, "retired"} == REPAIR.promises == REPAIR.out
    assert {"retired"} == REPAIR.for_good


def test_it_is_nobody_else_s(ticket, make, ada, ben):
    entries = ticket(["repair"])
    assert fold_agreement(REPAIR, entries[0], ben, entries[1:]) is None, "not of another's thing"
    meddling = make.entry(ben, "repair.resolve", RepairMove(), after=entries[-1:])
    repair = folded([*entries, meddling], ada)
    assert (repair.state, len(repair.signatures)) == ("repairing", 2)
    assert repair.parties == (ada, ada)
    assert both_signed(REPAIR, repair) == ()


def test_its_author_alone_erases_it():
    for move in REPAIR.moves:
        spec = KINDS[REPAIR.kind_of(move)]
        assert (spec.sealed, spec.erasable) == (True, "own")


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        (["resolve", "retire"], "resolved"),
        (["retire", "repair"], "retired"),
        (["repair", "await-parts"], "parts"),
        (["await-parts", "resolve"], "resolved"),
    ],
)
def test_what_two_computers_of_the_keeper_say_at_once(ticket, make, ada, moves, state):
    for _ in range(6):
        entries = ticket([])
        concurrent = [
            make.entry(ada, REPAIR.kind_of(move), RepairMove(), after=entries) for move in moves
        ]
        for order in itertools.permutations(concurrent):
            assert folded([*entries, *order], ada).state == state
