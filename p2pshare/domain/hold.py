"""The hold: a place in the queue for a thing that somebody else has.

One table for ``domain.agreement``, as ``domain.loan`` is. A hold promises nothing. The owner keeps
the order and publishes it (``bodies.ListingBusy.queue``) by tags made from the tokens that holders
draw: whoever sees a tag cannot make a hold that has it. When the thing is free the first one's turn
is offered, until an instant. Taking the turn is asking for a loan. Who lets it
pass is out of the queue, and can join it again.
"""

from hashlib import sha256
from typing import Final

from p2pshare import limits
from p2pshare.domain.agreement import AgreementTable, Condition, Row, register_agreement
from p2pshare.domain.agreement_bodies import HoldAdd, HoldMove, HoldOffer

TAG_LABEL: Final = b"p2pshare hold v1\0"

HOLDER: Final = "holder"
OWNER: Final = "owner"

WAITING: Final = "waiting"
OFFERED: Final = "offered"
TAKEN: Final = "taken"
DROPPED: Final = "dropped"
REMOVED: Final = "removed"
EXPIRED: Final = "expired"

OPEN: Final = frozenset({WAITING, OFFERED})
"""The states of those who are in the queue."""

# Of concurrent moves: a turn that was taken in time is taken (0), leaving comes before what the
# owner does (1), and a turn lapses (4) only if nobody did anything about it.
HOLD: Final = AgreementTable(
    kind="hold",
    roles=(HOLDER, OWNER),
    rows=(
        Row("add", (HOLDER,), (), WAITING, HoldAdd, 0, "Wait for it"),
        Row(
            "offer", (OWNER,), (WAITING,), OFFERED, HoldOffer, 3, "Offer the turn", by_button=False
        ),
        Row(
            move="take",
            roles=(HOLDER,),
            from_states=(OFFERED,),
            to_state=TAKEN,
            body=HoldMove,
            rank=0,
            label="Take the turn",
            condition=Condition.IN_OFFER,
            by_button=False,
        ),
        Row("drop", (HOLDER,), (WAITING, OFFERED), DROPPED, HoldMove, 1, "Leave the queue"),
        Row("remove", (OWNER,), (WAITING, OFFERED), REMOVED, HoldMove, 2, "Take out of the queue"),
        Row(
            move="lapse",
            roles=(OWNER,),
            from_states=(OFFERED,),
            to_state=EXPIRED,
            body=HoldMove,
            rank=4,
            label="The turn has passed",
            condition=Condition.AFTER_OFFER,
            by_button=False,
        ),
    ),
)

register_agreement(HOLD)


def queue_tag(token: bytes) -> bytes:
    """What stands for a hold in the queue that everybody sees, by the token of its holder."""
    return sha256(TAG_LABEL + token).digest()[: limits.PROMISE_TAG_BYTES]
