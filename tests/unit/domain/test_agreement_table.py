"""domain.agreement_table: a table that contradicts itself is no table; documents come from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_bodies import CustodyMove, LoanAccept, LoanMove, LoanRequest
from p2pshare.domain.agreement_table import (
    STAYS,
    AgreementTable,
    Condition,
    Row,
    markdown_table,
)
from p2pshare.domain.loan import LOAN

PROTOCOL = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"


@pytest.mark.parametrize("kind", AGREEMENTS)
def test_the_protocol_document_holds_this_very_table(kind):
    text = PROTOCOL.read_text(encoding="utf-8")
    _, _, rest = text.partition(f"<!-- table: {kind} -->\n")
    documented, end, _ = rest.partition("\n<!-- end table -->")
    assert end
    assert documented == markdown_table(AGREEMENTS[kind])


def test_the_tables_are_those_of_the_whole_ledger():
    assert set(AGREEMENTS) == {"loan", "gift", "session", "hold", "repair"}


@pytest.mark.parametrize("kind", AGREEMENTS)
def test_each_row_of_a_table_is_a_row_of_the_document(kind):
    table = AGREEMENTS[kind]
    lines = markdown_table(table).splitlines()
    assert len(lines) == 2 + len(table.rows)
    assert len({line.count("|") for line in lines}) == 1
    for row, line in zip(table.rows, lines[2:], strict=True):
        assert line.startswith(f"| `{row.move}` | {', '.join(row.roles)} |")
        assert row.condition is Condition.NONE or row.condition.value in line
        assert f"| {row.to_state or '(stays)'} |" in line


def test_moves_and_kinds():
    assert LOAN.moves == (
        *("request", "accept", "decline", "cancel", "hand-over", "receive", "renew", "grant"),
        *("refuse", "report", "give-back", "take-back", "lost", "dispute", "settle"),
    )
    assert STAYS not in LOAN.states
    assert LOAN.kind_of("hand-over") == "loan.hand-over"
    assert LOAN.move_of("loan.hand-over") == "hand-over"
    for kind in ("loan", "loan.", "loan.fly", "loans.accept", "gift.accept", "", "loan.accept.x"):
        assert LOAN.move_of(kind) is None
    assert LOAN.body_of("accept") is LoanAccept
    assert LOAN.body_of("hand-over") is CustodyMove
    assert LOAN.label_of("give-back") == "Give back"


def test_what_no_button_offers():
    """What must say more than a button can, and what follows from something else."""
    without = {
        (table.kind, row.move)
        for table in AGREEMENTS.values()
        for row in table.rows
        if not row.by_button
    }
    assert without == {
        *(("loan", move) for move in ("renew", "grant", "report", "settle")),
        *(("session", move) for move in ("done", "settle")),
        *(("hold", move) for move in ("offer", "take", "lapse")),
    }


ASK = Row(("ask"), ("asker",), (), "asked", LoanRequest, 0, "Ask")
AGREE = Row("agree", ("owner",), ("asked",), "agreed", LoanMove, 1, "Agree")


@pytest.mark.parametrize(
    ("rows", "more", "reason"),
    [
        ((AGREE,), {}, "first row opens"),
        ((replace(ASK, roles=("owner",)),), {}, "first row opens"),
        ((replace(ASK, body=LoanMove),), {}, "must be an AgreementOpening"),
        ((ASK, replace(AGREE, body=LoanRequest)), {}, "must be an AgreementMove"),
        ((ASK, replace(AGREE, roles=("thief",))), {}, "unknown role"),
        ((ASK, replace(AGREE, from_states=("asekd",))), {}, "no move leads to"),
        ((ASK, replace(AGREE, joins=("gone",))), {}, "no move leads to"),
        ((ASK, replace(AGREE, from_states=())), {}, "only the first row"),
        ((ASK, AGREE, replace(AGREE, rank=2)), {}, "differ in body or rank"),
        ((ASK, AGREE), {"promises": frozenset({"gone"})}, "no move leads to"),
        ((ASK, AGREE), {"asked": frozenset({"gone"})}, "no move leads to"),
        ((ASK, AGREE), {"for_good": frozenset({"gone"})}, "no move leads to"),
        ((ASK, AGREE), {"held": frozenset({STAYS})}, "no move leads to"),
        ((ASK, AGREE), {"pairs": (("agree", "fly"),)}, "in no row"),
        ((replace(ASK, to_state=STAYS),), {}, "the first row leads to a state"),
        ((ASK, AGREE), {"alone": True}, "who is alone has one role"),
    ],
)
def test_contradictions_are_found_when_a_table_is_made(rows, more, reason):
    said = {"kind": "toy", "roles": ("asker", "owner"), "rows": rows, **more}
    with pytest.raises(ValueError, match=reason):
        AgreementTable(**said)
