"""The ledger as one JSON-LD document: what a lived-in ledger gives, and whose."""

import json
from collections import Counter

import pytest
from unit.domain.exports.export_kit import check_graph
from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import exported, graph

from p2pshare.domain.exports.jsonld import CONTEXT
from p2pshare.node.exports import request


def test_a_lived_in_ledger_is_a_graph_that_hangs_together(ada: Computer) -> None:
    nodes = graph(ada)
    check_graph(nodes)
    kinds = Counter(node["@type"] for node in nodes)
    assert kinds["Proposal"] == 4
    assert kinds["Agreement"] == 5, "a request that nobody answered is none"
    assert kinds["Commitment"] == 5 + 2, "what is lent comes back"
    # Two went out, one came back; a gift, two sessions; three payments.
    assert kinds["EconomicEvent"] == 3 + 1 + 2 + 3
    assert kinds["Person"] == 2
    by_id = {node["@id"]: node for node in nodes}
    events = [node for node in nodes if node["@type"] == "EconomicEvent"]
    assert sorted(event.get("state", "") for event in events if "state" in event) == [
        *("good", "good", "worn"),
    ]
    work = [event for event in events if event["action"] == "work"]
    taught = {by_id[event["provider"]["@id"]]["name"]: event for event in work}
    assert taught["Ada"]["effortQuantity"]["hasNumericalValue"] == 50 / 60
    assert taught["Ben"]["effortQuantity"]["hasNumericalValue"] == 2
    drill = next(node for node in nodes if node.get("name") == "Drill" and "onhandQuantity" in node)
    assert drill["onhandQuantity"]["hasNumericalValue"] == 2
    assert [event["corrects"]["@id"] for event in events if "corrects" in event]


def test_the_document_says_what_its_names_stand_for(ada: Computer) -> None:
    data, number = exported(ada, "valueflows")
    document = json.loads(data)
    assert set(document) == {"@context", "@graph"}
    assert document["@context"] == CONTEXT
    assert CONTEXT["@vocab"] == "https://w3id.org/valueflows/ont/vf#"
    lines = data.decode("ascii").splitlines()
    assert len(lines) == number + 2, "a node on each line"


def test_a_person_or_circle_that_is_named_is_all_there_is(ada: Computer) -> None:
    cleo = ada.add("Cleo")
    nodes = graph(ada, person=cleo)
    check_graph(nodes)
    kinds = {node["@type"] for node in nodes}
    assert "Proposal" in kinds, "what is offered is everybody's to know"
    assert not kinds & {"Agreement", "Commitment", "EconomicEvent"}
    other = ada.add_closed_circle("Street", bytes(31) + b"\1")
    assert graph(ada, circle=other) == []


def test_an_empty_ledger_is_an_empty_graph(ada: Computer) -> None:
    assert graph(ada, circle=bytes(32)) == []


def test_progress_is_told(ada: Computer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pshare.node.exports.flows.PROGRESS_STEP", 3)
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "unit.node.exports.ledger_to_export._silent", lambda *step: told.append(step)
    )
    graph(ada)
    totals = {total for _, total in told}
    assert len(totals) == 1
    assert [done for done, _ in told] == list(range(3, totals.pop() + 1, 3))
    assert request.PROGRESS_STEP == 500
