"""store.agreements: lists of agreements; a page is what filtering and cutting in Python gives."""

import json
import random
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.store.world_kit import DAY, START_MS, Reader, World, person_of

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.store.agreements import AgreementQueries
from p2pshare.store.database import Database
from p2pshare.store.folded_tables import AGREEMENT_MOVES
from p2pshare.store.folded_tables import AGREEMENTS as AGREEMENTS_TABLE

ROWS = 120
PEOPLE = ("aa", "bb", "cc", "dd")
LISTINGS = ("11", "22")
CIRCLES = ("c1", "c2")
STATES = ("requested", "accepted", "checked_out", "closed", "given", "done", "waiting")


def made(drawn: random.Random, number: int) -> dict[str, Any]:
    """A row as folding could have written it, but for what no filter looks at."""
    owner, asker = drawn.sample(PEOPLE, 2)
    kind = drawn.choice(sorted(AGREEMENTS))
    return {
        **dict.fromkeys(AGREEMENTS_TABLE.columns),
        **dict.fromkeys(("title", "note"), ""),
        "agreement": f"{number:032x}",
        "kind": kind,
        "circle": drawn.choice(CIRCLES),
        "listing": drawn.choice(LISTINGS),
        "owner": owner,
        "asker": owner if AGREEMENTS[kind].alone else asker,
        "terms": "[]",
        "denied": "[]",
        "quantity": 1,
        "from_day": DAY,
        "until_day": DAY,
        "from_minute": 0,
        "until_minute": 1440,
        "due_at_ms": drawn.choice((None, 500, 1500)),
        "state": "disputed",
        "underlying_state": drawn.choice(STATES),
    }


@pytest.fixture(scope="module")
def agreements():
    """(the queries, the rows, those changed last first)."""
    drawn = random.Random(4)
    rows = [made(drawn, number) for number in range(ROWS)]
    with closing(Database(":memory:")) as database:
        places = ", ".join("?" * len(AGREEMENTS_TABLE.columns))
        database.connection.executemany(
            f"INSERT INTO agreements ({', '.join(AGREEMENTS_TABLE.columns)}) VALUES ({places})",
            [tuple(row[column] for column in AGREEMENTS_TABLE.columns) for row in rows],
        )
        yield AgreementQueries(database.connection), rows[::-1]


@given(
    kind=st.none() | st.sampled_from(sorted(AGREEMENTS)),
    persons=st.none() | st.lists(st.sampled_from((*PEOPLE, "ee")), max_size=3),
    circle=st.none() | st.sampled_from((*CIRCLES, "c3")),
    listing=st.none() | st.sampled_from(LISTINGS),
    states=st.none() | st.sets(st.sampled_from(STATES), max_size=3),
    due_before_ms=st.none() | st.sampled_from((0, 1000, 2000)),
    limit=st.none() | st.integers(0, 2 * ROWS),
    offset=st.integers(0, ROWS),
)
def test_a_page_is_what_filtering_and_cutting_gives(
    agreements, kind, persons, circle, listing, states, due_before_ms, limit, offset
):
    queries, rows = agreements
    expected = [
        row["agreement"]
        for row in rows
        if kind in (None, row["kind"])
        and (persons is None or {row["owner"], row["asker"]} & set(persons))
        and circle in (None, row["circle"])
        and listing in (None, row["listing"])
        and (states is None or row["underlying_state"] in states)
        and (due_before_ms is None or (row["due_at_ms"] or 9999) < due_before_ms)
    ][offset : None if limit is None else offset + limit]
    found = queries.find(
        1000,
        kind=kind,
        persons=persons,
        circle=circle,
        listing=listing,
        states=states,
        due_before_ms=due_before_ms,
        limit=limit,
        offset=offset,
    )
    assert [view.agreement for view in found] == expected


@given(number=st.integers(0, ROWS + 3))
def test_one_is_found_by_its_id(agreements, number):
    queries, rows = agreements
    found = queries.find(1000, agreement=f"{number:032x}")
    assert [view.agreement for view in found] == [
        row["agreement"] for row in rows if row["agreement"] == f"{number:032x}"
    ]


def test_every_page_asks_an_index_and_never_the_whole_table(agreements):
    queries, _ = agreements
    asked = []
    queries._connection.set_trace_callback(asked.append)
    try:
        queries.find(1000, kind="loan", persons=["aa"], states=["checked_out"], limit=20)
    finally:
        queries._connection.set_trace_callback(None)
    (first, *_) = [one for one in asked if "rowid AS place FROM agreements" in one]
    plan = [
        step[3] for step in queries._connection.execute(f"EXPLAIN QUERY PLAN {first}").fetchall()
    ]
    assert any("SEARCH agreements" in step for step in plan), plan
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in plan), plan


def test_overdue_follows_the_clock_and_the_table(agreements):
    queries, rows = agreements
    kinds = {row["agreement"]: row for row in rows}
    for view in queries.find(1000):
        row = kinds[view.agreement]
        held = row["underlying_state"] in AGREEMENTS[row["kind"]].held
        assert view.overdue == (held and row["due_at_ms"] == 500)


def test_what_a_move_said_comes_with_it():
    ada, ben = person_of(1), person_of(2)
    world = World()
    first, second = world.open_feed(ada), world.open_feed(ben)
    drill = world.put(first, "Drill")
    loan = world.request(second, drill, "for the shelf")
    with Reader(ada) as reader:
        reader.take_all(world)
        columns = ", ".join(AGREEMENT_MOVES.columns)
        reader.database.connection.execute(
            f"INSERT INTO agreement_moves ({columns}) VALUES (?, 1, 'done', ?, 'ee', 'n', ?, 1)",
            (loan.subject.hex(), ada.key.public.hex(), json.dumps({"minutes": 5})),
        )
        (view,) = reader.queries.agreements(START_MS, circle=OPEN_CIRCLE.hex())
    assert [(one.move, one.note, one.details, one.desk) for one in view.signed_by] == [
        ("request", "for the shelf", (), False),
        ("done", "n", (("minutes", 5),), True),
    ]
