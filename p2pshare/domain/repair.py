"""The repair: a ticket of the owner about a thing of theirs that is broken.

One table for ``domain.agreement``, as ``domain.loan`` is; the keeper is both of its parties, so it
is sealed to them alone. While it is open the thing is off the shelf, and for good if it is retired.
Somebody who can repair it is asked for by a want, and comes by a session about that.
"""

from typing import Final

from p2pshare.domain.agreement import AgreementTable, Row, register_agreement
from p2pshare.domain.agreement_bodies import RepairMove, RepairOpen

KEEPER: Final = "keeper"

ASSESS: Final = "assess"
PARTS: Final = "parts"
REPAIRING: Final = "repairing"
RESOLVED: Final = "resolved"
RETIRED: Final = "retired"

OPEN: Final = (ASSESS, PARTS, REPAIRING)
"""The states in which something is still to be done."""

_KEEPER: Final = (KEEPER,)

REPAIR: Final = AgreementTable(
    kind="repair",
    roles=(KEEPER, KEEPER),
    alone=True,
    rows=(
        Row("open", _KEEPER, (), ASSESS, RepairOpen, 0, "Repair"),
        Row("assess", _KEEPER, (PARTS, REPAIRING), ASSESS, RepairMove, 4, "Look at it again"),
        Row("await-parts", _KEEPER, (ASSESS, REPAIRING), PARTS, RepairMove, 3, "Wait for parts"),
        Row("repair", _KEEPER, (ASSESS, PARTS), REPAIRING, RepairMove, 2, "Begin the repair"),
        Row("resolve", _KEEPER, OPEN, RESOLVED, RepairMove, 0, "It works again"),
        Row("retire", _KEEPER, OPEN, RETIRED, RepairMove, 1, "It cannot be repaired"),
    ),
    promises=frozenset({ASSESS, PARTS, REPAIRING, RETIRED}),
    out=frozenset({ASSESS, PARTS, REPAIRING, RETIRED}),
    for_good=frozenset({RETIRED}),
)

register_agreement(REPAIR)
