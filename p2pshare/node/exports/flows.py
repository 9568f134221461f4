"""One JSON-LD document of ValueFlows: what is offered and wanted, one's agreements, payments.

A node of the graph stands on each line, so that a large ledger is written as it is read.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from p2pshare.domain.exports.jsonld import CONTEXT, Node
from p2pshare.domain.exports.valueflows import Flows, find_elsewhere
from p2pshare.node.exports.request import PROGRESS_STEP, ExportRequest, Progress, Written
from p2pshare.store import local
from p2pshare.store.exported import Exported

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


def write_flows(
    ledger: "Ledger", stream: TextIO, progress: Progress, request: ExportRequest
) -> Written:
    """Write the graph; how many nodes it has. Raises StoreError."""
    written = 0
    stream.write(f'{{"@context": {json.dumps(CONTEXT)}, "@graph": [')
    for node in _nodes(ledger, progress, request):
        stream.write(",\n" if written else "\n")
        stream.write(json.dumps(node, ensure_ascii=True))
        written += 1
    stream.write("\n]}\n")
    return Written(written, "nodes")


def _nodes(ledger: "Ledger", progress: Progress, request: ExportRequest) -> Iterator[Node]:
    with ledger.database.snapshot() as connection:
        exported = Exported(connection)
        listings = ledger.queries.listings(ledger.today(), circle=request.circle_hex)
        agreements = ledger.queries.agreements(
            ledger.clock.time_ms(), persons=request.persons(ledger), circle=request.circle_hex
        )
        payments = exported.payments(circle=request.circle_hex, person=request.person_hex)
        circles = {one.circle.hex(): one.name for one in local.read_circles(connection)}
        wanted = exported.wants()
    flows = Flows(
        ledger.zone(),
        circles=circles,
        elsewhere=find_elsewhere(agreements),
        wanted=wanted,
        payments=payments,
    )
    total = len(listings) + len(agreements) + len(payments)
    made = _made(
        (flows.listing(one) for one in listings),
        (flows.agreement(one) for one in reversed(agreements)),
        (flows.payment(one) for one in payments),
    )
    for done, nodes in enumerate(made, 1):
        yield from nodes
        if done % PROGRESS_STEP == 0:
            progress(done, total)


def _made(*kinds: Iterable[list[Node]]) -> Iterator[list[Node]]:
    for kind in kinds:
        yield from kind
