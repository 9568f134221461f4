"""domain.agreement_table: a table that contradicts itself is no table; documents come from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from p2pshare.domain.agreement_table import Condition, Row, markdown_table
from p2pshare.domain.bodies import LoanAccept, LoanMove, LoanRequest
from p2pshare.domain.loan import LOAN

PROTOCOL = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"


def test_the_protocol_document_holds_this_very_table():
    text = PROTOCOL.read_text(encoding="utf-8")
    _, _, rest = text.partition("<!-- table: loan -->\n")
    documented, end, _ = rest.partition("\n<!-- end table -->")
    assert end
    assert documented == markdown_table(LOAN)


def test_each_row_of_a_table_is_a_row_of_the_document():
    lines = markdown_table(LOAN).splitlines()
    assert len(lines) == 2 + len(LOAN.rows)
    assert len({line.count("|") for line in lines}) == 1
    for row, line in zip(LOAN.rows, lines[2:], strict=True):
        assert line.startswith(f"| `{row.move}` | {', '.join(row.roles)} |")
        assert row.condition is Condition.NONE or row.condition.value in line


def test_moves_and_kinds():
    assert LOAN.moves[0] == "request"
    assert len(LOAN.moves) == len(set(LOAN.moves)) == 10
    assert LOAN.kind_of("hand-over") == "loan.hand-over"
    assert LOAN.move_of("loan.hand-over") == "hand-over"
    for kind in ("loan", "loan.", "loan.fly", "loans.accept", "gift.accept", "", "loan.accept.x"):
        assert LOAN.move_of(kind) is None
    assert LOAN.body_of("accept") is LoanAccept
    assert LOAN.label_of("give-back") == "Give back"
    assert LOAN.dual_moves == {"hand-over", "receive", "give-back", "take-back"}


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
        ((ASK, AGREE), {"pairs": (("agree", "fly"),)}, "in no row"),
    ],
)
def test_contradictions_are_found_when_a_table_is_made(rows, more, reason):
    kind = {"kind": "toy", "roles": ("asker", "owner"), "promises": frozenset()}
    fields = {name: frozenset() for name in ("out", "held", "closing")}
    with pytest.raises(ValueError, match=reason):
        replace(LOAN, **{**kind, **fields, "pairs": (), "rows": rows, **more})
