"""The session: a skill taught or a job done, usually for hours (DESIGN section 2).

One table for ``domain.agreement``, as ``domain.loan`` is, where the reasons for the ranks stand.
The listing may be an offer, and who asks is taught or helped, or a want, and who asks teaches or
helps. No hours move here: that takes the payer's own ``hours.pay``.
"""

from typing import Final

from p2pshare.domain.agreement import AgreementTable, Row, register_agreement
from p2pshare.domain.agreement_bodies import SessionDone, SessionMove, SessionRequest
from p2pshare.domain.disputes import DISPUTE_PAIRS, DISPUTED, SETTLED, dispute_rows

ASKER: Final = "asker"
HOST: Final = "host"

REQUESTED: Final = "requested"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
CANCELLED: Final = "cancelled"
DONE: Final = "done"

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
        *dispute_rows((ASKER, HOST), (DONE,), SessionMove),
    ),
    asked=frozenset({REQUESTED}),
    closing=frozenset({DONE}),
    pairs=(("done", "done"), *DISPUTE_PAIRS),
)

register_agreement(SESSION)
