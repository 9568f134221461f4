"""Exports against the JSON schemas of Murmurations and ValueFlows, where these are at hand.

Their licences (GPL, CC BY-SA) keep the schemas out of this project. With P2PSHARE_SCHEMAS naming a
folder that has ``murmurations/`` and ``valueflows/``, a lived-in ledger is exported and each
document validated; nothing is ever fetched. Without it, tests/unit/domain/exports says the same by
our own reading of them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import exported, graph, live

from p2pshare.domain.exports.murmurations import SCHEMA, consent

SCHEMAS = os.environ.get("P2PSHARE_SCHEMAS", "")

pytestmark = pytest.mark.skipif(
    not SCHEMAS,
    reason="P2PSHARE_SCHEMAS names no folder with murmurations/ and valueflows/ schemas",
)

SCHEMA_OF = {"Person": "Agent", "Organization": "Agent"}
"""Node types whose schema has another name."""

formats = FormatChecker(formats=[])


@formats.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@formats.checks("uri")
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or ":" in value


def read(*path: str) -> Any:
    return json.loads(Path(SCHEMAS, *path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def flows() -> dict[str, Draft7Validator]:
    """A validator for each ValueFlows type."""
    schemas = {path.stem: read("valueflows", path.name) for path in folder("valueflows")}
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource(schema, DRAFT7)) for schema in schemas.values()
    )
    return {
        name: Draft7Validator(schema, registry=registry, format_checker=formats)
        for name, schema in schemas.items()
    }


@pytest.fixture(scope="module")
def profiles() -> Draft7Validator:
    """The validator of Murmurations' offers and wants."""
    schema = read("murmurations", "schemas", f"{SCHEMA}.json")
    fields = schema["$id"].rsplit("/", 2)[0] + "/fields/"
    registry: Registry[Any] = Registry().with_resources(
        (fields + path.name, Resource(read("murmurations", "fields", path.name), DRAFT7))
        for path in folder("murmurations", "fields")
    )
    return Draft7Validator(schema, registry=registry, format_checker=formats)


def folder(*path: str) -> Iterator[Path]:
    return Path(SCHEMAS, *path).glob("*.json")


@pytest.fixture(scope="module")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computer]:
    """Ada's computer, when everything has happened."""
    folder = tmp_path_factory.mktemp("neighbours")
    live(folder)
    with closing(Computer(folder / "ada")) as computer:
        yield computer


@pytest.fixture(scope="module")
def nodes(ada: Computer) -> list[dict[str, Any]]:
    """The nodes of a lived-in ledger."""
    return graph(ada)


def test_every_node_validates(flows, nodes) -> None:
    seen = set()
    for node in nodes:
        kind = SCHEMA_OF.get(node["@type"], node["@type"])
        flows[kind].validate(node)
        seen.add(kind)
    assert seen >= {
        *("Proposal", "Intent", "Agreement", "Commitment", "EconomicEvent", "EconomicResource"),
        *("Agent", "ResourceSpecification"),
    }


@pytest.mark.parametrize(
    ("kind", "spoilt"),
    [
        ("Proposal", {"purpose": "sale"}),
        ("Agreement", {"created": "yesterday"}),
        ("Commitment", {"due": 5}),
        ("Commitment", {"action": None}),
        ("EconomicEvent", {"provider": {"@id": "urn:p2pshare:person:aa"}}),
        ("EconomicEvent", {"resourceQuantity": {"hasNumericalValue": "1"}}),
        ("EconomicEvent", {"fulfills": {"@id": "urn:p2pshare:commitment:aa"}}),
        ("EconomicResource", {"accountingQuantity": {"hasNumericalValue": 1, "hasUnit": "one"}}),
    ],
)
def test_the_schemas_do_refuse(flows, nodes, kind: str, spoilt: dict[str, Any]) -> None:
    node = next(node for node in nodes if node["@type"] == kind)
    assert flows[kind].is_valid(node)
    assert not flows[kind].is_valid({**node, **spoilt})


def test_every_profile_validates(profiles, ada: Computer) -> None:
    agreed = consent(True, email="ada@example.org", contact_form="https://example.org/ada")
    data, number = exported(ada, "murmurations", consent=agreed)
    made = json.loads(data)
    assert number == len(made) == 4
    for profile in made:
        profiles.validate(profile)
    for spoilt in (
        {"transaction_type": ["hours"]},
        {"contact_details": {"contact_form": "example.org"}},
        {"linked_schemas": []},
        {"expires_at": "2026-12-31"},
        {"tags": ["a", "a"]},
    ):
        assert not profiles.is_valid({**made[0], **spoilt})
