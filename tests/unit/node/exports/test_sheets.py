"""CSV of a lived-in ledger: every table, and whose."""

import csv
import io

from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import exported


def table(home, name: str, **asked) -> list[dict[str, str]]:
    data, number = exported(home, "csv", table=name, **asked)
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert len(rows) == number
    return rows


def test_every_table_of_a_lived_in_ledger(ada: Computer) -> None:
    assert {row["title"] for row in table(ada, "listings")} == {
        *("Drill", "Chair", "Guitar lessons", "Help with the garden"),
    }
    loans = table(ada, "loans")
    assert sorted(row["state"] for row in loans) == ["checked_out", "requested", "returned"]
    assert {row["lender_name"] for row in loans} == {"Ada"}
    assert [row["note"] for row in loans if row["state"] == "returned"] == ["for a shelf"]
    kinds = sorted(row["kind"] for row in table(ada, "agreements"))
    assert kinds == [*("gift", "loan", "loan", "loan", "repair", "session", "session")]
    paid = table(ada, "hours")
    assert [row["minutes"] for row in paid] == ["45", "5", "60"]
    assert [row["from_name"] for row in paid] == ["Ben", "Ben", "Ada"]
    assert paid[1]["corrects"] == paid[0]["payment"]
    assert [row["confirmed"] for row in paid] == ["yes", "no", "no"]
    assert [row["gift"] for row in paid] == ["no", "no", "yes"]


def test_a_person_that_is_named_sees_only_their_own(ada: Computer) -> None:
    cleo = ada.add("Cleo")
    assert table(ada, "loans", person=cleo) == []
    assert table(ada, "hours", person=cleo) == []
    assert len(table(ada, "listings", person=cleo)) == 4
    (first, *_) = ada.own_persons()
    assert len(table(ada, "loans", person=first)) == 3


def test_a_circle_that_is_named_is_all_there_is(ada: Computer) -> None:
    other = ada.add_closed_circle("Street", bytes(31) + b"\1")
    for name in ("listings", "loans", "agreements", "hours"):
        assert table(ada, name, circle=other) == []
