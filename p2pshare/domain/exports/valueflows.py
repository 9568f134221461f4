"""The ledger as a ValueFlows graph in JSON-LD: who offered, asked, promised and did what.

A listing is a Proposal that publishes Intents. A request is an Intent too; accepted, it becomes an
Agreement of Commitments that satisfy it; what was done is EconomicEvents that fulfil these. A loan
is custody handed out, and a commitment to hand it back by a due instant, as in the library loan of
https://www.valueflo.ws/examples/. A gift is a transfer, a session is work, a payment of hours a
transfer of hours. Holds and repairs have no counterpart and are left out.

How nodes name each other is ``jsonld``'s. Reads no ledger and knows no file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from p2pshare.domain.days import Zone, end_ms, end_of_day_ms, instant_ms
from p2pshare.domain.disputes import SETTLED
from p2pshare.domain.exports.jsonld import (
    HOUR,
    Graph,
    Node,
    count,
    hours,
    named,
    note,
    reference,
    specification,
    urn,
)
from p2pshare.domain.exports.payments import PaymentView
from p2pshare.domain.gift import GIFT
from p2pshare.domain.instants import iso
from p2pshare.domain.loan import CANCELLED, CLOSED, LOAN, LOST
from p2pshare.domain.session import SESSION
from p2pshare.domain.views import AgreementView, ListingView, SignedMoveView
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType

_CUSTODY: Final = "transferCustody"
_TRANSFER: Final = "transfer"
_WORK: Final = "work"

_ACTIONS: Final = {
    TransactionType.BORROW_LEND: _CUSTODY,
    TransactionType.RENT_LEASE: _CUSTODY,
    TransactionType.RECEIVE_DONATE: _TRANSFER,
    TransactionType.BUY_SELL: _TRANSFER,
    TransactionType.HOURS: _TRANSFER,
}
"""What happens with a good; a service is work whatever it is given for."""


class _Kind(NamedTuple):
    """A kind of agreement in these words; a request is open in the ``asked`` states."""

    action: str
    request: str
    agreement: str
    asked: frozenset[str]


_KINDS: Final = {
    LOAN.kind: _Kind(_CUSTODY, "Borrow: {}", "Loan of {}", LOAN.asked),
    GIFT.kind: _Kind(_TRANSFER, "Be given: {}", "Gift of {}", GIFT.asked),
    SESSION.kind: _Kind(_WORK, "Session: {}", "Session {}", SESSION.asked),
}

_LEAVING: Final = ("hand-over", "receive")
_COMING_BACK: Final = ("give-back", "take-back")

_CALLED_OFF: Final = frozenset({CANCELLED})
_NOT_COMING_BACK: Final = frozenset({CANCELLED, LOST, CLOSED, SETTLED})


class Elsewhere(NamedTuple):
    """How many of which listing (hex) are lent and not back; and lost or given away."""

    lent: Counter[str]
    gone: Counter[str]


def find_elsewhere(agreements: Iterable[AgreementView]) -> Elsewhere:
    """What has left the house, by the same signatures that the events in the graph come from."""
    lent: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for view in agreements:
        left = _first(view, *_LEAVING) is not None and _first(view, *_COMING_BACK) is None
        if (view.kind == GIFT.kind and left) or view.underlying_state == LOST:
            gone[view.listing] += view.quantity
        elif view.kind == LOAN.kind and left:
            lent[view.listing] += view.quantity
    return Elsewhere(lent, gone)


class Flows:
    """Makes the nodes of one graph; what they refer to comes before them, and once.

    ``circles`` are names by hex id. ``elsewhere`` says how many of a listing have left the house.
    ``wanted`` are the listings (hex) that ask for something: there the owner receives. ``payments``
    are all that the graph will have, as one may correct another that comes later.
    """

    def __init__(
        self,
        zone: Zone,
        *,
        circles: Mapping[str, str],
        elsewhere: Elsewhere,
        wanted: Iterable[str],
        payments: Iterable[PaymentView],
    ) -> None:
        self._zone = zone
        self._circles = circles
        self._elsewhere = elsewhere
        self._wanted = frozenset(wanted)
        self._payments: dict[str | None, str] = {}
        for payment in payments:
            self._payments.setdefault(payment.payment, _payment_urn(payment))
        self._graph = Graph()

    def listing(self, view: ListingView) -> list[Node]:
        """A Proposal, the Intents it publishes, and what they are about."""
        owner = self._person(view.person, view.person_name)
        proposal: Node = {
            "name": view.title,
            "purpose": "offer" if view.exchange_type == ExchangeType.OFFER else "request",
            **note(view.description),
            "inScopeOf": self._circle(view.circle),
            "publishes": [reference(one, "action") for one in self._intents(view, owner)],
        }
        if TransactionType.HOURS in view.transaction_type:
            proposal["reciprocal"] = [reference(self._price(view, owner), "action")]
        if view.expires is not None:
            proposal["hasEnd"] = iso(end_of_day_ms(view.expires, self._zone))
        if view.tags:
            proposal["p2pshare:tags"] = list(view.tags)
        if view.terms:
            proposal["p2pshare:terms"] = list(view.terms)
        self._graph.tell(urn("listing", view.listing), "Proposal", proposal)
        return self._graph.take()

    def _intents(self, view: ListingView, owner: Node) -> list[Node]:
        """An Intent for each thing that may become of a listing."""
        offered = view.exchange_type == ExchangeType.OFFER
        flow: Node = {
            "name": view.title,
            **note(view.description),
            "provider" if offered else "receiver": owner,
            "resourceConformsTo": specification(view.category or view.title),
            "finished": view.closed,
        }
        if view.item_type == ItemType.GOOD:
            flow["resourceQuantity"] = count(view.quantity)
            if offered:
                flow["resourceInventoriedAs"] = self._offered(view, owner)
                flow["availableQuantity"] = count(view.available)
        return [
            self._graph.tell(
                urn("intent", view.listing, action), "Intent", {"action": action}, flow
            )
            for action in _actions(view)
        ]

    def _price(self, view: ListingView, owner: Node) -> Node:
        """The hours that are given in return."""
        offered = view.exchange_type == ExchangeType.OFFER
        price: Node = {
            "name": "hours",
            "action": _TRANSFER,
            "receiver" if offered else "provider": owner,
            "resourceConformsTo": self._hours(view.circle),
        }
        return self._graph.tell(urn("intent", view.listing, "hours"), "Intent", price)

    def agreement(self, view: AgreementView) -> list[Node]:
        """The Intent of a request; if accepted the Agreement and its Commitments, and the events.

        Nothing for a kind that ValueFlows has no word for.
        """
        kind = _KINDS.get(view.kind)
        if kind is None:
            return []
        owner = self._person(view.owner, view.owner_name)
        asker = self._person(view.asker, view.asker_name)
        receives = view.kind != SESSION.kind or view.listing not in self._wanted
        flow: Node = {
            "action": kind.action,
            "provider": owner if receives else asker,
            "receiver": asker if receives else owner,
            **self._about(view, owner),
        }
        span: Node = {
            "hasBeginning": iso(instant_ms(view.from_day, view.from_minute, self._zone)),
            "hasEnd": iso(end_ms(view.until_day, view.until_minute, self._zone)),
        }
        request = self._graph.tell(
            urn("request", view.agreement),
            "Intent",
            {"name": kind.request.format(view.title), **note(view.note)},
            {**flow, **span, "finished": view.underlying_state not in kind.asked},
        )
        accepted = _first(view, "accept")
        if accepted is not None:
            self._agreed(view, accepted, request, flow, span)
        return self._graph.take()

    def _agreed(
        self,
        view: AgreementView,
        accepted: SignedMoveView,
        request: Node,
        flow: Node,
        span: Node,
    ) -> None:
        """What was promised, and what of it was done."""
        agreement = urn("agreement", view.agreement)
        clause: Node = {
            "clauseOf": {"@id": agreement, "@type": "Agreement"},
            "created": iso(accepted.at_ms),
        }
        there = _first(view, *_LEAVING, "done")
        over = there is not None or view.underlying_state in _CALLED_OFF
        promise = self._graph.tell(
            urn("commitment", view.agreement, "there"),
            "Commitment",
            {**flow, **span, **clause},
            {"finished": over, "satisfies": reference(request, "action")},
        )
        self._event(view, "there", there, promise)
        document: Node = {
            "name": _KINDS[view.kind].agreement.format(view.title),
            "created": iso(accepted.at_ms),
            "stipulates": [reference(promise, "action")],
            "inScopeOf": self._circle(view.circle),
            "p2pshare:state": view.state,
        }
        if view.kind == LOAN.kind:
            document["stipulatesReciprocal"] = [self._promised_back(view, {**flow, **clause})]
        self._graph.tell(agreement, "Agreement", document)

    def _promised_back(self, view: AgreementView, flow: Node) -> Node:
        """The commitment to give a thing back, what came of it, and how others name it."""
        came = _first(view, *_COMING_BACK)
        back: Node = {
            **flow,
            "provider": flow["receiver"],
            "receiver": flow["provider"],
            "finished": came is not None or view.underlying_state in _NOT_COMING_BACK,
        }
        if view.due_at_ms is not None:
            back["due"] = iso(view.due_at_ms)
        promise = self._graph.tell(urn("commitment", view.agreement, "back"), "Commitment", back)
        self._event(view, "back", came, promise)
        lost = _first(view, "lost")
        self._event(view, "lost", lost, {**flow, "action": "lower", "receiver": flow["provider"]})
        return reference(promise, "action")

    def _event(
        self, view: AgreementView, which: str, signed: SignedMoveView | None, flow: Node
    ) -> None:
        """What ``signed`` says was done, if anybody did; it fulfils ``flow`` if promised."""
        if signed is None:
            return
        event: Node = {name: flow[name] for name in _FLOW_WORDS if name in flow}
        if view.kind == SESSION.kind and view.minutes is not None:
            event["effortQuantity"] = hours(view.minutes)
        condition = dict(signed.details).get("condition")
        if condition:
            event["state"] = condition
        if flow.get("@type") == "Commitment":
            event["fulfills"] = reference(flow, "action")
        event["hasPointInTime"] = iso(signed.at_ms)
        event["realizationOf"] = {"@id": urn("agreement", view.agreement), "@type": "Agreement"}
        self._graph.tell(urn("event", view.agreement, which), "EconomicEvent", event)

    def payment(self, view: PaymentView) -> list[Node]:
        """An EconomicEvent that transfers hours; it names the one it corrects if that is in hand.

        A split gives one event for each who was paid.
        """
        event: Node = {
            "action": _TRANSFER,
            "provider": self._person(view.payer, view.payer_name),
            "receiver": self._person(view.payee, view.payee_name),
            "resourceConformsTo": self._hours(view.circle),
            "resourceQuantity": hours(view.minutes),
            "hasPointInTime": iso(view.at_ms),
            "inScopeOf": self._circle(view.circle),
            **({"note": "gift"} if view.gift else {}),
        }
        corrected = self._payments.get(view.corrects)
        if corrected is not None:
            event["corrects"] = {"@id": corrected, "@type": "EconomicEvent", "action": _TRANSFER}
        self._graph.tell(_payment_urn(view), "EconomicEvent", event)
        return self._graph.take()

    # --- what is referred to ------------------------------------------------------------------

    def _about(self, view: AgreementView, owner: Node) -> Node:
        if view.kind == SESSION.kind:
            effort = {} if not view.minutes else {"effortQuantity": hours(view.minutes)}
            return {"resourceConformsTo": specification(view.title), **effort}
        thing = self._thing(view.listing, view.title, owner, {})
        return {"resourceInventoriedAs": thing, "resourceQuantity": count(view.quantity)}

    def _offered(self, view: ListingView, owner: Node) -> Node:
        """The thing that a listing offers; how many are in the house only its owner can tell."""
        owned = view.quantity - self._elsewhere.gone[view.listing]
        more: Node = {"accountingQuantity": count(max(0, owned)), **note(view.description)}
        if view.own:
            here = owned - self._elsewhere.lent[view.listing]
            more["onhandQuantity"] = count(max(0, here))
        return self._thing(view.listing, view.title, owner, more)

    def _thing(self, listing: str, title: str, owner: Node, more: Node) -> Node:
        what = specification(title)
        return self._graph.refer(
            urn("resource", listing),
            "EconomicResource",
            ("name", "resourceConformsTo"),
            # The schema calls the property conformsTo and requires resourceConformsTo.
            {"name": title, "conformsTo": what, "resourceConformsTo": what},
            {**more, "primaryAccountable": owner},
        )

    def _person(self, person: str, name: str) -> Node:
        return self._graph.refer(urn("person", person), "Person", _NAMED, named(name, person))

    def _circle(self, circle: str) -> Node:
        name = named(self._circles.get(circle, ""), circle)
        return self._graph.refer(urn("circle", circle), "Organization", _NAMED, name)

    def _hours(self, circle: str) -> Node:
        """The hours of a circle: a credit of one is none in another."""
        what: Node = {
            "name": "hours",
            "note": "time credits: a mutual-credit account per person and circle",
            "defaultUnitOfResource": HOUR,
        }
        return self._graph.refer(urn("hours", circle), "ResourceSpecification", _NAMED, what)


_NAMED: Final = ("name",)

_FLOW_WORDS: Final = (
    *("action", "provider", "receiver", "resourceInventoriedAs", "resourceConformsTo"),
    *("resourceQuantity", "effortQuantity"),
)
"""What an event says of the flow that a commitment said too."""


def _actions(view: ListingView) -> list[str]:
    if view.item_type == ItemType.SERVICE:
        return [_WORK]
    known = {str(one): action for one, action in _ACTIONS.items()}
    return list(dict.fromkeys(known[one] for one in view.transaction_type if one in known))


def _payment_urn(view: PaymentView) -> str:
    return urn("payment", view.payment, *([str(view.place)] if view.place else []))


def _first(view: AgreementView, *moves: str) -> SignedMoveView | None:
    """The first that was signed of moves that say the same."""
    return next((one for one in view.signed_by if one.move in moves), None)
