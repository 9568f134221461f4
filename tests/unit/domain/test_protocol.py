"""docs/protocol.md, section 4: every kind that is folded, with every field that it has.

A second implementation is written from the document; a field that it does not name would be lost.
"""

import re
from pathlib import Path

import msgspec
import pytest

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.bodies import KINDS, LoanPolicy

# The kinds of these are known once they are imported.
from p2pshare.domain.gift import GIFT
from p2pshare.domain.history import HISTORY_BODIES
from p2pshare.domain.hold import HOLD
from p2pshare.domain.loan import LOAN
from p2pshare.domain.repair import REPAIR
from p2pshare.domain.session import SESSION

TABLES = (LOAN, GIFT, SESSION, HOLD, REPAIR)
DOCUMENT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
SECTION = DOCUMENT.split("## 4. Kinds")[1].split("## 5. Folding")[0]

#: Those whose payloads are in section 3.
ELSEWHERE = {"feed.open", "person.revoke", "entry.erase"}


def abbreviations() -> dict[str, str]:
    """What ABOUT, SAID and CUSTODY stand for."""
    text = SECTION.replace("\n", " ")
    about = re.search(r"ABOUT is `([^`]+)`", text)
    said = re.search(r"SAID is `([^`]+)`", text)
    custody = re.search(r"CUSTODY is SAID with `([^`]+)`", text)
    assert about is not None
    assert said is not None
    assert custody is not None
    return {
        "CUSTODY": f"{said[1]}, {custody[1]}",
        "ABOUT": about[1],
        "SAID": said[1],
    }


def payloads() -> dict[str, str]:
    """The payload that the tables of the section give to each kind."""
    found = {}
    for row in re.findall(r"^\| (`.+)\|$", SECTION, re.MULTILINE):
        kinds, *cells = re.split(r" \| ", row.strip())
        payload = next((cell for cell in cells if cell.startswith("`{")), "")
        for kind in re.findall(r"`([a-z.-]+)`", kinds):
            found[kind] = payload
    return found


def fields(payload: str) -> set[str]:
    """The names of the fields; those inside arrays are positions and no names."""
    for short, long in abbreviations().items():
        payload = payload.replace(short, long)
    while (flat := re.sub(r"\[[^\[\]]*\]", "()", payload)) != payload:
        payload = flat
    return set(re.findall(r"(\w+):", payload))


MOVES = {table.kind_of(move) for table in TABLES for move in table.moves}
OTHERS = {kind for kind in KINDS if kind.partition(".")[0] not in AGREEMENTS}


@pytest.mark.parametrize("kind", sorted((MOVES | OTHERS) - ELSEWHERE))
def test_the_protocol_names_every_field(kind: str) -> None:
    listed = payloads()
    said = listed.get(kind, "`{SAID}`") if kind in MOVES else listed[kind]
    assert fields(said) == {field.name for field in msgspec.structs.fields(KINDS[kind].body)}


def test_every_kind_that_the_protocol_lists_is_folded() -> None:
    assert set(HISTORY_BODIES) <= OTHERS
    assert set(payloads()) - {"sealed", "sealed.own"} <= MOVES | OTHERS


def test_the_protocol_names_every_field_of_a_policy() -> None:
    policy = re.search(r"`policy` is `(\{[^`]+\})`", SECTION.replace("\n", " "))
    assert policy
    assert fields(policy[1]) == {field.name for field in msgspec.structs.fields(LoanPolicy)}
