"""The session: a skill taught or a job done, usually for hours (DESIGN section 2).

One table for ``domain.agreement``, as ``domain.loan`` is, where the reasons for the ranks stand.
The listing may be an offer, and who asks is taught or helped, or a want, and who asks teaches or
helps. No hours move here: that takes the payer's own ``hours.pay``.
"""

from typing import Final

from p2pshare.domain.agreement import AgreementTable, Condition, Row, register_agreement
from p2pshare.domain.agreement_bodies import SessionDone, SessionMove, SessionRequest
from p2pshare.domain.agreement_table import STAYS

ASKER: Final = "asker"
HOST: Final = "host"

REQUESTED: Final = "requested"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
CANCELLED: Final = "cancelled"
DONE: Final = "done"
DISPUTED: Final = "disputed"
SETTLED: Final = "settled"

SESSION: Final = AgreementTable(
    kind="session",
    roles=(ASKER, HOST),
    rows=(
        Row("request", (ASKER,), (), REQUESTED, SessionRequest, 0, "Ask for a session"),
        Row("accept", (HOST,), (REQUESTED,), ACCEPTED, SessionMove, 3, "Accept"),
        Row("decline", (HOST,), (REQUESTED,), DECLINED, SessionMove, 2, "Decline"),
        Row("cancel", (ASKER,), (REQUESTED, ACCEPTED), CANCELLED, SessionMove, 1, "Cancel"),
        Row("cancel", (HOST,), (ACCEPTED,), CANCELLED, SessionMove, 1, "Cancel"),
        # That it took place is told as a change of custody is: a fact, before what withdraws.
        Row(
            move="done",
            roles=(ASKER, HOST),
            from_states=(ACCEPTED,),
            to_state=DONE,
            body=SessionDone,
            rank=0,
            label="It took place",
            joins=(DONE, DISPUTED, SETTLED),
            by_button=False,
        ),
        Row(
            move="dispute",
            roles=(ASKER, HOST),
            from_states=(DONE,),
            to_state=DISPUTED,
            body=SessionMove,
            rank=5,
            label="Dispute",
            joins=(DISPUTED,),
            condition=Condition.WITHIN_DISPUTE_DAYS,
        ),
        Row(
            move="settle",
            roles=(ASKER, HOST),
            from_states=(DISPUTED,),
            to_state=SETTLED,
            body=SessionMove,
            rank=6,
            label="Settle",
            condition=Condition.OTHER_SAID_SAME,
            by_button=False,
        ),
        Row("settle", (ASKER, HOST), (DISPUTED,), STAYS, SessionMove, 6, "Settle", by_button=False),
    ),
    asked=frozenset({REQUESTED}),
    closing=frozenset({DONE}),
    pairs=(("done", "done"), ("dispute", "dispute"), ("settle", "settle")),
)

register_agreement(SESSION)
