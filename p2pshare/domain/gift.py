"""The gift: a thing that its owner gives away (DESIGN section 2, receive-donate).

One table for ``domain.agreement``, as ``domain.loan`` is, where the reasons for the ranks stand.
What is promised once is promised for good: it does not come back.
"""

from typing import Final

from p2pshare.domain.agreement import AgreementTable, Row, register_agreement
from p2pshare.domain.agreement_bodies import CustodyMove, GiftMove, GiftRequest

RECIPIENT: Final = "recipient"
GIVER: Final = "giver"

REQUESTED: Final = "requested"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
CANCELLED: Final = "cancelled"
GIVEN: Final = "given"

GIFT: Final = AgreementTable(
    kind="gift",
    roles=(RECIPIENT, GIVER),
    rows=(
        Row("request", (RECIPIENT,), (), REQUESTED, GiftRequest, 0, "Ask for it"),
        Row("accept", (GIVER,), (REQUESTED,), ACCEPTED, GiftMove, 3, "Give"),
        Row("decline", (GIVER,), (REQUESTED,), DECLINED, GiftMove, 2, "Decline"),
        Row("cancel", (RECIPIENT,), (REQUESTED, ACCEPTED), CANCELLED, GiftMove, 1, "Cancel"),
        Row("cancel", (GIVER,), (ACCEPTED,), CANCELLED, GiftMove, 1, "Cancel"),
        Row(
            move="hand-over",
            roles=(GIVER,),
            from_states=(ACCEPTED,),
            to_state=GIVEN,
            body=CustodyMove,
            rank=0,
            label="Hand over",
            joins=(GIVEN,),
        ),
        Row(
            move="receive",
            roles=(RECIPIENT,),
            from_states=(ACCEPTED,),
            to_state=GIVEN,
            body=CustodyMove,
            rank=0,
            label="Received it",
            joins=(GIVEN,),
        ),
    ),
    asked=frozenset({REQUESTED}),
    promises=frozenset({ACCEPTED, GIVEN}),
    out=frozenset({GIVEN}),
    for_good=frozenset({ACCEPTED, GIVEN}),
    pairs=(("hand-over", "receive"),),
)

register_agreement(GIFT)
