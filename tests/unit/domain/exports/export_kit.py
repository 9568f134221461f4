"""Views to export, and what must hold of any ValueFlows graph, by our own reading of its schemas.

The schemas themselves are not ours to keep here (tests/integration/test_export_schemas.py uses
them where they are); what they demand of what we write is said once more below.
"""

import re
from typing import Any, Final

from hypothesis import strategies as st

from p2pshare.domain.exports.payments import PaymentView
from p2pshare.domain.gift import GIFT
from p2pshare.domain.hold import HOLD
from p2pshare.domain.loan import LOAN
from p2pshare.domain.repair import REPAIR
from p2pshare.domain.session import SESSION
from p2pshare.domain.views import AgreementView, ListingView, SignedMoveView

ADA, BEN, CLEO = (digit * 64 for digit in "abc")
CIRCLE: Final = "0" * 64
DRILL: Final = "d1" * 16
LOAN_ID: Final = "10a7" * 8
AT_MS: Final = 1_795_000_000_000
DAY_MS: Final = 86_400_000
TABLES: Final = {table.kind: table for table in (LOAN, GIFT, SESSION, HOLD, REPAIR)}


def listing(**fields: Any) -> ListingView:
    """Ada's drill, to lend; or as ``fields`` say."""
    usual: dict[str, Any] = {
        "listing": DRILL,
        "exchange_type": "offer",
        "item_type": "good",
        "transaction_type": ("borrow-lend",),
        "title": "Drill",
        "description": "With a case",
        "category": "tools",
        "tags": ("diy",),
        "quantity": 2,
        "available": 1,
        "expires": None,
        "photos": (),
        "terms": ("BORROW-7D/1",),
        "person": ADA,
        "person_name": "Ada",
        "circle": CIRCLE,
        "closed": False,
        "updated_ms": AT_MS,
        "own": True,
    }
    return ListingView(**{**usual, **fields})


def signed(*moves: str, by: str = ADA, **details: Any) -> tuple[SignedMoveView, ...]:
    """These moves, an hour after each other."""
    return tuple(
        SignedMoveView(move, by, AT_MS + place * 3_600_000, "", tuple(details.items()))
        for place, move in enumerate(moves)
    )


def agreement(kind: str = "loan", state: str = "requested", **fields: Any) -> AgreementView:
    """Ben asks Ada for her drill; or as ``fields`` say."""
    usual: dict[str, Any] = {
        "agreement": LOAN_ID,
        "kind": kind,
        "listing": DRILL,
        "title": "Drill",
        "owner": ADA,
        "owner_name": "Ada",
        "asker": BEN,
        "asker_name": "Ben",
        "state": state,
        "underlying_state": state,
        "quantity": 1,
        "from_day": "2026-11-20",
        "until_day": "2026-11-27",
        "note": "",
        "due_at_ms": None,
        "closed_ms": None,
        "overdue": False,
        "conflict": False,
        "denied": (),
        "signed_by": signed("request", by=BEN),
        "circle": CIRCLE,
    }
    return AgreementView(**{**usual, **fields})


def payment(**fields: Any) -> PaymentView:
    """Ben pays Ada an hour and a half; or as ``fields`` say."""
    usual: dict[str, Any] = {
        "payment": "9a" * 16,
        "place": 0,
        "circle": CIRCLE,
        "payer": BEN,
        "payer_name": "Ben",
        "payee": ADA,
        "payee_name": "Ada",
        "minutes": 90,
        "at_ms": AT_MS,
        "gift": False,
        "corrects": None,
        "confirmed": False,
        "desk": False,
    }
    return PaymentView(**{**usual, **fields})


# --- any views --------------------------------------------------------------------------------

_IDS = st.integers(0, 5).map(lambda number: f"{number:032x}")
_PEOPLE = st.sampled_from([ADA, BEN, CLEO])
_TEXTS = st.text(max_size=8)
_MS = st.integers(0, 2**53)
_DAYS = st.dates().map(str).filter(lambda day: day >= "1970")
_DETAILS = st.sampled_from([(), (("condition", "worn"),), (("condition", None),)])


def any_listings() -> st.SearchStrategy[ListingView]:
    """Any listing that might be in a ledger."""
    words = ["borrow-lend", "receive-donate", "hours", "rent-lease", "buy-sell", "later-word"]
    return st.builds(
        listing,
        listing=_IDS,
        exchange_type=st.sampled_from(["offer", "want"]),
        item_type=st.sampled_from(["good", "service"]),
        transaction_type=st.lists(st.sampled_from(words), unique=True).map(tuple),
        title=_TEXTS,
        description=_TEXTS,
        category=_TEXTS,
        tags=st.lists(_TEXTS, max_size=3).map(tuple),
        quantity=st.integers(1, 9),
        available=st.integers(0, 9),
        expires=st.none() | _DAYS,
        terms=st.lists(_TEXTS, max_size=2).map(tuple),
        person=_PEOPLE,
        person_name=_TEXTS,
        closed=st.booleans(),
        own=st.booleans(),
    )


@st.composite
def any_agreements(draw: st.DrawFn) -> AgreementView:
    """Any agreement of any kind, with moves that may or may not fit its state."""
    table = TABLES[draw(st.sampled_from(sorted(TABLES)))]
    moves = draw(st.lists(st.sampled_from(table.moves[1:]), max_size=5))
    return agreement(
        table.kind,
        draw(st.sampled_from(sorted(table.states))),
        agreement=draw(_IDS),
        listing=draw(_IDS),
        title=draw(_TEXTS),
        owner=draw(_PEOPLE),
        asker=draw(_PEOPLE),
        asker_name=draw(_TEXTS),
        quantity=draw(st.integers(1, 9)),
        from_day=draw(_DAYS),
        until_day=draw(_DAYS),
        from_minute=draw(st.integers(0, 1440)),
        until_minute=draw(st.integers(0, 1440)),
        note=draw(_TEXTS),
        due_at_ms=draw(st.none() | _MS),
        minutes=draw(st.none() | st.integers(0, 9999)),
        signed_by=tuple(
            SignedMoveView(move, draw(_PEOPLE), draw(_MS), "", draw(_DETAILS))
            for move in (table.moves[0], *moves)
        ),
    )


def any_payments() -> st.SearchStrategy[PaymentView]:
    """Any payment, or part of one."""
    return st.builds(
        payment,
        payment=_IDS,
        place=st.integers(0, 2),
        payer=_PEOPLE,
        payee=_PEOPLE,
        payee_name=_TEXTS,
        minutes=st.integers(1, 100_000),
        at_ms=_MS,
        gift=st.booleans(),
        corrects=st.none() | _IDS,
    )


# --- what a graph must be ---------------------------------------------------------------------

REQUIRED: Final = {
    "Person": {"name"},
    "Organization": {"name"},
    "Proposal": {"name", "purpose", "publishes"},
    "Intent": {"action"},
    "Agreement": {"name", "created"},
    "Commitment": {"action"},
    "EconomicEvent": {"action"},
    "EconomicResource": {"name", "resourceConformsTo"},
    "ResourceSpecification": {"name"},
    "Measure": {"hasNumericalValue", "hasUnit"},
    "Unit": {"label"},
}
ACTIONS: Final = {"transfer", "transferCustody", "work", "lower"}
INSTANTS: Final = {"created", "due", "hasBeginning", "hasEnd", "hasPointInTime"}
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
KINDS_OF: Final = {
    "provider": {"Person"},
    "receiver": {"Person"},
    "primaryAccountable": {"Person"},
    "inScopeOf": {"Organization"},
    "publishes": {"Intent"},
    "reciprocal": {"Intent"},
    "satisfies": {"Intent"},
    "stipulates": {"Commitment"},
    "stipulatesReciprocal": {"Commitment"},
    "fulfills": {"Commitment"},
    "clauseOf": {"Agreement"},
    "realizationOf": {"Agreement"},
    "corrects": {"EconomicEvent"},
    "resourceInventoriedAs": {"EconomicResource"},
    "resourceConformsTo": {"ResourceSpecification"},
    "conformsTo": {"ResourceSpecification"},
    "resourceQuantity": {"Measure"},
    "availableQuantity": {"Measure"},
    "effortQuantity": {"Measure"},
    "accountingQuantity": {"Measure"},
    "onhandQuantity": {"Measure"},
    "hasUnit": {"Unit"},
    "defaultUnitOfResource": {"Unit"},
}
"""What a property may lead to."""
FORWARD: Final = {"clauseOf", "realizationOf", "corrects"}
"""What may lead to a node that comes later."""


def check_graph(graph: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The nodes by id; AssertionError if a schema or another node would not agree."""
    nodes = {node["@id"]: node for node in graph}
    assert len(nodes) == len(graph), "a node stands twice"
    told: set[str] = set()
    for node in graph:
        assert node["@type"] in REQUIRED
        told.add(node["@id"])
        _check(node, nodes, told)
    return nodes


def _check(node: dict[str, Any], nodes: dict[str, dict[str, Any]], told: set[str]) -> None:
    assert set(node) >= REQUIRED.get(node["@type"], set()) or _only_names(node), node
    for name, value in node.items():
        if name in INSTANTS:
            assert INSTANT.fullmatch(value), (name, value)
        elif name == "action":
            assert value in ACTIONS
        elif name == "purpose":
            assert value in ("offer", "request")
        elif name == "finished":
            assert isinstance(value, bool)
        elif name == "hasNumericalValue":
            assert isinstance(value, int | float)
            assert value >= 0
        elif name in KINDS_OF:
            for one in value if isinstance(value, list) else [value]:
                assert one["@type"] in KINDS_OF[name], (name, one)
                _check(one, nodes, told)
                if one.get("@id", "").startswith("urn:p2pshare:"):
                    _check_reference(one, nodes, told, forward=name in FORWARD)
        else:
            assert isinstance(value, str) or name.startswith("p2pshare:"), (name, value)


def _only_names(node: dict[str, Any]) -> bool:
    """A reference to an agreement, of which no schema asks for more."""
    return node["@type"] == "Agreement" and set(node) == {"@id", "@type"}


def _check_reference(
    one: dict[str, Any], nodes: dict[str, dict[str, Any]], told: set[str], *, forward: bool
) -> None:
    meant = nodes[one["@id"]]
    assert one.items() <= meant.items(), "a reference says what its node says"
    assert forward or one["@id"] in told, "it leads to what came before"
