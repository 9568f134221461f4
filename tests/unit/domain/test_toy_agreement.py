"""A new kind of agreement is added by one file: this one. Shared rides, from asking to done.

Everything below ``RIDE`` is driven through the same engine, registry and encoding as loans; nothing
in p2pshare knows of it.
"""

import itertools

import pytest

from p2pshare.domain.agreement import (
    AGREEMENTS,
    AgreementTable,
    Row,
    agreement_of,
    allowed_moves,
    both_signed,
    fold_agreement,
    markdown_table,
    register_agreement,
    unregister_agreement,
)
from p2pshare.domain.agreement_bodies import AgreementMove, AgreementOpening
from p2pshare.domain.agreement_rules import check_move, draft_move
from p2pshare.domain.bodies import KINDS, decode_sealed_payload, encode_sealed_payload
from p2pshare.domain.commands import MoveAgreement
from p2pshare.errors import DomainError


class RideAsk(AgreementOpening, frozen=True, kw_only=True):
    """``ride.ask``: who wants to come along, and from where."""

    pick_up: str = ""


class RideMove(AgreementMove, frozen=True, kw_only=True):
    """``ride.MOVE``."""


RIDE = AgreementTable(
    kind="ride",
    roles=("passenger", "driver"),
    rows=(
        Row("ask", ("passenger",), (), "asked", RideAsk, 0, "Ask for a ride"),
        Row("agree", ("driver",), ("asked",), "agreed", RideMove, 1, "Come along"),
        Row(
            "done",
            ("passenger", "driver"),
            ("agreed",),
            "done",
            RideMove,
            0,
            "We are there",
            joins=("done",),
        ),
    ),
    promises=frozenset({"agreed"}),
)


@pytest.fixture
def ride():
    register_agreement(RIDE)
    yield RIDE
    unregister_agreement(RIDE)


def through_the_wire(kind, body):
    """What a reader gets of what an author seals."""
    return decode_sealed_payload(encode_sealed_payload(kind, body))


def test_its_kinds_are_sealed_and_erased_by_both(ride):
    assert AGREEMENTS["ride"] is ride
    for move in ("ask", "agree", "done"):
        spec = KINDS[f"ride.{move}"]
        assert (spec.sealed, spec.erasable) == (True, "both")
        assert agreement_of(spec.kind) is ride


def test_it_goes_from_asking_to_done(ride, make, ada, ben):
    ask = RideAsk(
        listing=b"R" * 16,
        listing_header=b"header",
        title="Ride to the market",
        quantity=2,
        from_day="2026-11-28",
        until_day="2026-11-28",
        pick_up="Corner shop",
    )
    steps = [
        (ben, "ride.ask", ask),
        (ada, "ride.agree", RideMove(note="at nine")),
        (ben, "ride.done", RideMove()),
        (ada, "ride.done", RideMove(note="bye")),
    ]
    expected = [
        ("asked", ["agree"], []),
        ("agreed", ["done"], ["done"]),
        ("done", ["done"], []),
        ("done", [], []),
    ]
    entries = []
    for (author, kind, body), (state, for_driver, for_passenger) in zip(
        steps, expected, strict=True
    ):
        read_kind, read_body = through_the_wire(kind, body)
        assert read_body == body
        entries.append(make.entry(author, read_kind, read_body, after=entries[-1:]))
        folded = fold_agreement(ride, entries[0], ada, entries[1:])
        assert folded.state == state
        assert [row.move for row in allowed_moves(ride, folded, ada, 0)] == for_driver
        assert [row.move for row in allowed_moves(ride, folded, ben, 0)] == for_passenger
        for order in itertools.permutations(entries[1:]):
            assert fold_agreement(ride, entries[0], ada, order) == folded
    assert folded.opening.pick_up == "Corner shop"
    assert [(s.move, s.person, s.note) for s in folded.signatures] == [
        ("ask", ben, ""),
        ("agree", ada, "at nine"),
        ("done", ben, ""),
        ("done", ada, "bye"),
    ]
    assert folded.role_of(ada) == "driver"
    assert both_signed(ride, folded) == ()


def test_its_rules_speak_its_own_words(ride, make, ada, ben):
    ask = RideAsk(
        listing=b"R" * 16,
        listing_header=b"header",
        quantity=1,
        from_day="2026-11-28",
        until_day="2026-11-28",
    )
    asked = fold_agreement(ride, make.entry(ben, "ride.ask", ask), ada, [])
    agree = MoveAgreement(person=ada, agreement=asked.agreement, move="agree", note=" at nine ")
    assert draft_move(ride, asked, agree, 0) == ("ride.agree", RideMove(note="at nine"))
    with pytest.raises(
        DomainError, match="agree is not possible for the passenger while it is asked"
    ):
        check_move(ride, asked, ben, "agree", 0)
    with pytest.raises(DomainError, match="only the passenger and the driver"):
        check_move(ride, asked, make.person("thief"), "agree", 0)


def test_it_documents_itself(ride):
    assert "| `agree` | driver | asked | agreed |" in markdown_table(ride)


def test_without_its_file_its_entries_are_kept_and_not_folded():
    sealed = encode_sealed_payload("ride.done", RideMove())
    assert decode_sealed_payload(sealed) is None
    register_agreement(RIDE)
    try:
        assert decode_sealed_payload(sealed) == ("ride.done", RideMove())
    finally:
        unregister_agreement(RIDE)
    assert agreement_of("ride.done") is None
