"""Nodes of a JSON-LD graph in the words of ValueFlows: identifiers, references, quantities.

Every node stands in the graph once, with all that is known of it; where another one refers to it,
``@id``, ``@type`` and what its JSON schema requires are repeated, so that each node validates by
itself. Which nodes there are is ``valueflows``'.
"""

from typing import Any, Final

from p2pshare.domain.hours import MINUTES_PER_HOUR

Node = dict[str, Any]

_INSTANTS: Final = ("created", "due", "hasBeginning", "hasEnd", "hasPointInTime")

CONTEXT: Final[Node] = {
    "@vocab": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "p2pshare": "urn:p2pshare:",
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "hasUnit": "om2:hasUnit",
    "hasNumericalValue": "om2:hasNumericalValue",
    "action": {"@type": "@vocab"},
    "purpose": {"@type": "@vocab"},
    **{name: {"@type": "xsd:dateTime"} for name in _INSTANTS},
}
"""What the names in the graph stand for (JSON-LD 1.1 section 4.1)."""

_ONE: Final[Node] = {"@id": "om2:one", "@type": "Unit", "omUnitIdentifier": "one", "label": "one"}
HOUR: Final[Node] = {
    "@id": "om2:hour",
    "@type": "Unit",
    "omUnitIdentifier": "hour",
    "label": "hour",
    "symbol": "h",
}
"""The unit of effort, and of time credits."""


class Graph:
    """Collects the new nodes of a graph, and remembers how those that come again were named."""

    def __init__(self) -> None:
        self._new: list[Node] = []
        self._references: dict[str, Node] = {}

    def tell(self, identifier: str, kind: str, *parts: Node) -> Node:
        """A node that is told once: with this id, type and these properties."""
        node: Node = {"@id": identifier, "@type": kind}
        for part in parts:
            node.update(part)
        self._new.append(node)
        return node

    def refer(self, identifier: str, kind: str, required: tuple[str, ...], *parts: Node) -> Node:
        """The reference to a node that many refer to; told when it is first referred to.

        What is said of it later changes nothing, so that all references agree.
        """
        if identifier not in self._references:
            node = self.tell(identifier, kind, *parts)
            self._references[identifier] = reference(node, *required)
        return self._references[identifier]

    def take(self) -> list[Node]:
        """The nodes that are new since the last time."""
        new, self._new = self._new, []
        return new


def urn(kind: str, *parts: str) -> str:
    """The identifier of something of ours: ``urn:p2pshare:agreement:`` and the hex id."""
    return ":".join(("urn:p2pshare", kind, *parts))


def reference(node: Node, *required: str) -> Node:
    """``node`` as others name it: by its id, its type and what its schema requires."""
    return {name: node[name] for name in ("@id", "@type", *required)}


def count(number: int) -> Node:
    """So many things alike."""
    return {"@type": "Measure", "hasNumericalValue": number, "hasUnit": _ONE}


def hours(minutes: int) -> Node:
    """Minutes as hours; times 60, and rounded, they are the minutes again."""
    whole, rest = divmod(minutes, MINUTES_PER_HOUR)
    value = minutes / MINUTES_PER_HOUR if rest else whole
    return {"@type": "Measure", "hasNumericalValue": value, "hasUnit": HOUR}


def specification(name: str) -> Node:
    """What something is, by a name alone."""
    return {"@type": "ResourceSpecification", "name": name}


def named(name: str, identifier: str) -> Node:
    """A name, or the beginning of the id of whoever has told none."""
    return {"name": name or identifier[:8]}


def note(text: str) -> Node:
    """A note, if there is one."""
    return {"note": text} if text else {}
