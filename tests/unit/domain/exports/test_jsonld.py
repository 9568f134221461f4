"""Nodes of a graph: told once, referred to alike, quantities with their units."""

from p2pshare.domain.exports.jsonld import (
    CONTEXT,
    Graph,
    count,
    hours,
    named,
    note,
    reference,
    urn,
)


def test_what_many_refer_to_is_told_once_and_named_alike() -> None:
    graph = Graph()
    first = graph.refer("a", "Person", ("name",), {"name": "Ada", "note": "first"})
    second = graph.refer("a", "Person", ("name",), {"name": "Ada, later"})
    assert first == second == {"@id": "a", "@type": "Person", "name": "Ada"}
    assert graph.take() == [{"@id": "a", "@type": "Person", "name": "Ada", "note": "first"}]
    assert graph.take() == []


def test_later_parts_of_a_node_win() -> None:
    node = Graph().tell("a", "Intent", {"action": "work", "note": "x"}, {"note": "y"})
    assert node == {"@id": "a", "@type": "Intent", "action": "work", "note": "y"}
    assert reference(node, "action") == {"@id": "a", "@type": "Intent", "action": "work"}


def test_quantities_have_units_of_the_ontology() -> None:
    assert count(3)["hasUnit"] == {
        **{"@id": "om2:one", "@type": "Unit"},
        **{"omUnitIdentifier": "one", "label": "one"},
    }
    assert hours(120)["hasNumericalValue"] == 2
    assert isinstance(hours(120)["hasNumericalValue"], int)
    assert hours(90)["hasNumericalValue"] == 1.5
    prefix, _, _ = hours(1)["hasUnit"]["@id"].partition(":")
    assert CONTEXT[prefix].endswith("/om-2/")


def test_names_and_notes() -> None:
    assert urn("agreement", "aa", "back") == "urn:p2pshare:agreement:aa:back"
    assert named("", "0123456789") == {"name": "01234567"}
    assert (note(""), note("x")) == ({}, {"note": "x"})
