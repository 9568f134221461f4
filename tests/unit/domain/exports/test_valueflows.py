"""ValueFlows: what becomes of a loan, a gift, a session, a payment; any graph hangs together."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.exports.export_kit import (
    ADA,
    AT_MS,
    CIRCLE,
    DAY_MS,
    DRILL,
    LOAN_ID,
    agreement,
    any_agreements,
    any_listings,
    any_payments,
    check_graph,
    listing,
    payment,
    signed,
)

from p2pshare.domain.exports.valueflows import Flows, find_elsewhere

LENT = ("request", "accept", "hand-over", "receive")


def flows(**known: Any) -> Flows:
    usual: dict[str, Any] = {
        "circles": {CIRCLE: "Everyone nearby"},
        "elsewhere": find_elsewhere([]),
        "wanted": (),
        "payments": (),
    }
    return Flows(60, **{**usual, **known})


def graph_of(*views: Any, **known: Any) -> dict[str, dict[str, Any]]:
    """The nodes by what follows ``urn:p2pshare:``, after they were checked."""
    made = flows(**known)
    nodes = []
    for view in views:
        kind = type(view).__name__.removesuffix("View").lower()
        nodes += getattr(made, kind)(view)
    checked = check_graph(nodes)
    return {name.removeprefix("urn:p2pshare:"): node for name, node in checked.items()}


def who(node: dict[str, Any]) -> tuple[str, str]:
    return node["provider"]["name"], node["receiver"]["name"]


@given(
    st.lists(any_listings(), max_size=3, unique_by=lambda one: one.listing),
    st.lists(any_agreements(), max_size=4, unique_by=lambda one: one.agreement),
    st.lists(any_payments(), max_size=4, unique_by=lambda one: (one.payment, one.place)),
)
def test_any_graph_hangs_together(listings, agreements, payments) -> None:
    made = flows(elsewhere=find_elsewhere(agreements), wanted=[f"{1:032x}"], payments=payments)
    nodes = [node for view in listings for node in made.listing(view)]
    nodes += [node for view in agreements for node in made.agreement(view)]
    nodes += [node for view in payments for node in made.payment(view)]
    check_graph(nodes)
    assert json.loads(json.dumps(nodes)) == nodes, "plain JSON and nothing else"


# --- listings ---------------------------------------------------------------------------------


def test_an_offer_is_a_proposal_that_publishes_an_intent() -> None:
    out = agreement(state="checked_out", signed_by=signed(*LENT))
    nodes = graph_of(listing(expires="2026-12-31"), elsewhere=find_elsewhere([out]))
    proposal = nodes[f"listing:{DRILL}"]
    assert (proposal["purpose"], proposal["name"]) == ("offer", "Drill")
    assert proposal["hasEnd"] == "2026-12-31T22:59:59Z", "the day ends an hour before UTC's"
    assert proposal["inScopeOf"]["name"] == "Everyone nearby"
    assert "reciprocal" not in proposal
    (published,) = proposal["publishes"]
    intent = nodes[published["@id"].removeprefix("urn:p2pshare:")]
    assert intent["action"] == "transferCustody"
    assert intent["provider"]["name"] == "Ada"
    assert "receiver" not in intent
    assert intent["availableQuantity"]["hasNumericalValue"] == 1
    thing = nodes[f"resource:{DRILL}"]
    assert thing["accountingQuantity"]["hasNumericalValue"] == 2
    assert thing["onhandQuantity"]["hasNumericalValue"] == 1
    assert thing["primaryAccountable"]["@id"].endswith(ADA)


def test_how_many_others_have_at_home_is_not_known() -> None:
    nodes = graph_of(listing(own=False))
    assert "onhandQuantity" not in nodes[f"resource:{DRILL}"]


def test_what_may_become_of_a_thing_is_an_intent_each() -> None:
    words = ("borrow-lend", "receive-donate", "rent-lease", "buy-sell", "later-word")
    nodes = graph_of(listing(transaction_type=words))
    actions = [one["action"] for one in nodes[f"listing:{DRILL}"]["publishes"]]
    assert actions == ["transferCustody", "transfer"]


def test_a_skill_for_hours_is_work_with_hours_in_return() -> None:
    view = listing(item_type="service", transaction_type=("hours",), title="Guitar", category="")
    nodes = graph_of(view)
    proposal = nodes[f"listing:{DRILL}"]
    work = nodes[f"intent:{DRILL}:work"]
    assert work["provider"]["name"] == "Ada"
    assert work["resourceConformsTo"]["name"] == "Guitar"
    assert "resourceInventoriedAs" not in work
    assert proposal["reciprocal"][0]["@id"] == f"urn:p2pshare:intent:{DRILL}:hours"
    price = nodes[f"intent:{DRILL}:hours"]
    assert (price["action"], price["receiver"]["name"]) == ("transfer", "Ada")
    assert nodes[f"hours:{CIRCLE}"]["defaultUnitOfResource"]["label"] == "hour"


def test_a_want_is_a_request_of_its_owner() -> None:
    view = listing(exchange_type="want", transaction_type=("borrow-lend", "hours"))
    nodes = graph_of(view)
    assert nodes[f"listing:{DRILL}"]["purpose"] == "request"
    assert nodes[f"intent:{DRILL}:transferCustody"]["receiver"]["name"] == "Ada"
    assert nodes[f"intent:{DRILL}:hours"]["provider"]["name"] == "Ada"
    assert f"resource:{DRILL}" not in nodes, "nobody has it yet"


# --- loans ------------------------------------------------------------------------------------


def test_a_request_is_an_intent_and_nothing_is_promised() -> None:
    nodes = graph_of(agreement(note="for a shelf"))
    request = nodes[f"request:{LOAN_ID}"]
    assert who(request) == ("Ada", "Ben")
    assert (request["finished"], request["note"]) == (False, "for a shelf")
    assert (request["hasBeginning"], request["hasEnd"]) == (
        "2026-11-19T23:00:00Z",
        "2026-11-27T22:59:59Z",
    )
    assert not {node["@type"] for node in nodes.values()} & {"Agreement", "Commitment"}


def test_a_declined_request_is_over() -> None:
    nodes = graph_of(agreement(state="declined", signed_by=signed("request", "decline")))
    assert nodes[f"request:{LOAN_ID}"]["finished"] is True
    assert f"agreement:{LOAN_ID}" not in nodes


def test_a_loan_is_custody_out_and_a_commitment_back() -> None:
    due = AT_MS + 5 * DAY_MS
    nodes = graph_of(
        agreement(state="checked_out", due_at_ms=due, signed_by=signed(*LENT, condition="good"))
    )
    agreed = nodes[f"agreement:{LOAN_ID}"]
    assert agreed["name"] == "Loan of Drill"
    assert agreed["p2pshare:state"] == "checked_out"
    out, back = (nodes[f"commitment:{LOAN_ID}:{way}"] for way in ("there", "back"))
    assert agreed["stipulates"] == [{key: out[key] for key in ("@id", "@type", "action")}]
    assert agreed["stipulatesReciprocal"] == [
        {key: back[key] for key in ("@id", "@type", "action")}
    ]
    assert (who(out), who(back)) == (("Ada", "Ben"), ("Ben", "Ada"))
    assert (out["finished"], back["finished"]) == (True, False)
    assert back["due"] == "2026-11-23T11:06:40Z"
    assert out["satisfies"]["@id"] == f"urn:p2pshare:request:{LOAN_ID}"
    event = nodes[f"event:{LOAN_ID}:there"]
    assert who(event) == ("Ada", "Ben")
    assert event["action"] == "transferCustody"
    assert event["fulfills"]["@id"] == out["@id"]
    assert event["state"] == "good"
    assert event["hasPointInTime"] == "2026-11-18T13:06:40Z", "of the first who signed it"
    assert event["resourceInventoriedAs"]["@id"] == f"urn:p2pshare:resource:{DRILL}"
    assert f"event:{LOAN_ID}:back" not in nodes


@pytest.mark.parametrize("move", ["give-back", "take-back"])
def test_a_return_fulfils_the_commitment(move: str) -> None:
    nodes = graph_of(agreement(state="closed", signed_by=signed(*LENT, move)))
    back = nodes[f"commitment:{LOAN_ID}:back"]
    event = nodes[f"event:{LOAN_ID}:back"]
    assert back["finished"] is True
    assert who(event) == ("Ben", "Ada")
    assert event["fulfills"]["@id"] == back["@id"]
    assert event["realizationOf"]["@id"] == f"urn:p2pshare:agreement:{LOAN_ID}"


def test_a_lost_thing_is_lowered_and_comes_back_no_more() -> None:
    nodes = graph_of(agreement(state="lost", signed_by=signed(*LENT, "lost")))
    lost = nodes[f"event:{LOAN_ID}:lost"]
    assert (lost["action"], who(lost)) == ("lower", ("Ada", "Ada"))
    assert "fulfills" not in lost
    assert nodes[f"commitment:{LOAN_ID}:back"]["finished"] is True


def test_a_promise_that_was_cancelled_is_over_and_nothing_happened() -> None:
    nodes = graph_of(agreement(state="cancelled", signed_by=signed("request", "accept", "cancel")))
    assert nodes[f"commitment:{LOAN_ID}:there"]["finished"] is True
    assert nodes[f"commitment:{LOAN_ID}:back"]["finished"] is True
    assert not [node for node in nodes.values() if node["@type"] == "EconomicEvent"]


def test_a_promise_waits_for_both_ways() -> None:
    nodes = graph_of(agreement(state="accepted", signed_by=signed("request", "accept")))
    assert nodes[f"request:{LOAN_ID}"]["finished"] is True
    assert nodes[f"commitment:{LOAN_ID}:there"]["finished"] is False
    assert nodes[f"commitment:{LOAN_ID}:back"]["finished"] is False


@pytest.mark.parametrize(
    ("kind", "state", "moves", "lent", "gone"),
    [
        ("loan", "accepted", ("accept",), 0, 0),
        ("loan", "checked_out", ("receive",), 2, 0),
        ("loan", "returned", ("hand-over", "give-back"), 0, 0),
        ("loan", "disputed", ("hand-over", "dispute"), 2, 0),
        ("loan", "lost", ("hand-over", "lost"), 0, 2),
        ("gift", "accepted", ("accept",), 0, 0),
        ("gift", "given", ("hand-over",), 0, 2),
        ("session", "done", ("done",), 0, 0),
    ],
)
def test_what_has_left_the_house(kind, state, moves, lent, gone) -> None:
    view = agreement(kind, state, quantity=2, signed_by=signed("request", *moves))
    found = find_elsewhere([view])
    assert (found.lent[DRILL], found.gone[DRILL]) == (lent, gone)
    nodes = graph_of(listing(quantity=3), view, elsewhere=found)
    thing = nodes[f"resource:{DRILL}"]
    assert thing["accountingQuantity"]["hasNumericalValue"] == 3 - gone
    assert thing["onhandQuantity"]["hasNumericalValue"] == 3 - gone - lent


# --- gifts, sessions, others ------------------------------------------------------------------


def test_a_gift_is_a_transfer_without_return() -> None:
    view = agreement("gift", "given", signed_by=signed("request", "accept", "receive"))
    nodes = graph_of(view)
    event = nodes[f"event:{LOAN_ID}:there"]
    assert (event["action"], who(event)) == ("transfer", ("Ada", "Ben"))
    assert nodes[f"agreement:{LOAN_ID}"]["name"] == "Gift of Drill"
    assert "stipulatesReciprocal" not in nodes[f"agreement:{LOAN_ID}"]
    assert f"commitment:{LOAN_ID}:back" not in nodes


@pytest.mark.parametrize(("wanted", "parties"), [((), ("Ada", "Ben")), ((DRILL,), ("Ben", "Ada"))])
def test_a_session_is_work_by_who_teaches(
    wanted: tuple[str, ...], parties: tuple[str, str]
) -> None:
    view = agreement("session", "done", minutes=100, signed_by=signed("request", "accept", "done"))
    nodes = graph_of(view, wanted=wanted)
    event = nodes[f"event:{LOAN_ID}:there"]
    assert (event["action"], who(event)) == ("work", parties)
    assert round(event["effortQuantity"]["hasNumericalValue"] * 60) == 100
    assert event["effortQuantity"]["hasUnit"]["label"] == "hour"
    assert "resourceInventoriedAs" not in event
    assert nodes[f"commitment:{LOAN_ID}:there"]["finished"] is True


@pytest.mark.parametrize(("kind", "state"), [("hold", "waiting"), ("repair", "open")])
def test_what_valueflows_has_no_word_for_is_left_out(kind: str, state: str) -> None:
    assert flows().agreement(agreement(kind, state)) == []


# --- hours ------------------------------------------------------------------------------------


def test_a_payment_transfers_hours_of_its_circle() -> None:
    nodes = graph_of(payment(gift=True))
    event = nodes["payment:" + "9a" * 16]
    assert (event["action"], who(event)) == ("transfer", ("Ben", "Ada"))
    assert event["resourceQuantity"]["hasNumericalValue"] == 1.5
    assert event["resourceConformsTo"]["@id"] == f"urn:p2pshare:hours:{CIRCLE}"
    assert event["note"] == "gift"


def test_a_split_is_an_event_for_each() -> None:
    nodes = graph_of(payment(), payment(place=1, payee="c" * 64, payee_name="", minutes=60))
    second = nodes["payment:" + "9a" * 16 + ":1"]
    assert second["resourceQuantity"]["hasNumericalValue"] == 1
    assert who(second) == ("Ben", "cccccccc"), "who has told no name is shown by id"


def test_a_correction_names_what_it_corrects_if_that_is_there() -> None:
    correction = payment(payment="9b" * 16, corrects="9a" * 16, minutes=15)
    both = [correction, payment()]
    nodes = graph_of(*both, payments=both)
    assert nodes["payment:" + "9b" * 16]["corrects"]["@id"] == "urn:p2pshare:payment:" + "9a" * 16
    alone = graph_of(correction, payments=[correction])
    assert "corrects" not in alone["payment:" + "9b" * 16]


@given(st.integers(1, 10**9))
def test_minutes_survive_being_told_as_hours(minutes: int) -> None:
    (event,) = (
        node for node in flows().payment(payment(minutes=minutes)) if "resourceQuantity" in node
    )
    told = json.loads(json.dumps(event["resourceQuantity"]["hasNumericalValue"]))
    assert round(told * 60) == minutes
