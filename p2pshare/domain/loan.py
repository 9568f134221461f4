"""The loan: a thing lent by its owner and given back (DESIGN section 6).

One table for ``domain.agreement``; docs/protocol.md holds the same rows as Markdown, and a test
compares the two. This module holds no rule that is not in the table.
"""

from typing import Final

from p2pshare.domain.agreement import AgreementTable, Condition, Row, register_agreement
from p2pshare.domain.agreement_bodies import (
    CustodyMove,
    GiveBack,
    LoanAccept,
    LoanGrant,
    LoanMove,
    LoanRefuse,
    LoanRenew,
    LoanReport,
    LoanRequest,
)
from p2pshare.domain.agreement_table import STAYS
from p2pshare.domain.disputes import DISPUTE_PAIRS, DISPUTED, SETTLED, dispute_rows

BORROWER: Final = "borrower"
LENDER: Final = "lender"

REQUESTED: Final = "requested"
ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
CANCELLED: Final = "cancelled"
CHECKED_OUT: Final = "checked_out"
RETURNED: Final = "returned"
CLOSED: Final = "closed"
LOST: Final = "lost"

# Why the ranks are as they are. Concurrent moves are moves whose authors had not seen each other's;
# all of them count, and the least rank is taken first. What is taken first decides, for most moves
# are no longer allowed in the state it leads to, and are then ignored:
#
# - Custody comes first (0), because it tells what happened to a real thing: when Ada hands over the
#   drill while Ben, offline, cancels, the drill is with Ben, and the cancelling is void. (It is not
#   void if it is concurrent with the accept too: it comes before that, and all that followed from
#   the accept goes with it.)
# - Then what withdraws: cancel (1), decline (2). Nobody is bound to a promise that they had already
#   given up when it was made, so a concurrent accept (3) comes too late.
# - lost (4) comes after custody: a thing that somebody has in hand is not lost. What was lost can
#   be taken back when it turns up.
# - dispute (5) comes after all of them, so that it rests on the state that they agree upon; settle
#   (6) after it.
# - renew and report (1) change no state. grant (3) and refuse (2) answer renew, as accept and
#   decline do a request: what withdraws is taken first. grant comes before lost, which needs to be
#   after the day that was granted.
#
# Hand-over and receive say the same thing from two sides, and so do give-back and take-back. One
# signature moves, because people forget to click; whoever comes second, even late, joins: nothing
# changes but that both have signed. The order of the two makes no difference to the state.
LOAN: Final = AgreementTable(
    kind="loan",
    roles=(BORROWER, LENDER),
    rows=(
        Row(
            move="request",
            roles=(BORROWER,),
            from_states=(),
            to_state=REQUESTED,
            body=LoanRequest,
            rank=0,
            label="Borrow",
        ),
        Row(
            move="accept",
            roles=(LENDER,),
            from_states=(REQUESTED,),
            to_state=ACCEPTED,
            body=LoanAccept,
            rank=3,
            label="Lend",
        ),
        Row(
            move="decline",
            roles=(LENDER,),
            from_states=(REQUESTED,),
            to_state=DECLINED,
            body=LoanMove,
            rank=2,
            label="Decline",
        ),
        Row(
            move="cancel",
            roles=(BORROWER,),
            from_states=(REQUESTED, ACCEPTED),
            to_state=CANCELLED,
            body=LoanMove,
            rank=1,
            label="Cancel",
        ),
        Row(
            move="cancel",
            roles=(LENDER,),
            from_states=(ACCEPTED,),
            to_state=CANCELLED,
            body=LoanMove,
            rank=1,
            label="Cancel",
        ),
        Row(
            move="hand-over",
            roles=(LENDER,),
            from_states=(ACCEPTED,),
            to_state=CHECKED_OUT,
            body=CustodyMove,
            rank=0,
            label="Hand over",
            joins=(CHECKED_OUT, RETURNED, CLOSED, LOST, DISPUTED, SETTLED),
        ),
        Row(
            move="receive",
            roles=(BORROWER,),
            from_states=(ACCEPTED,),
            to_state=CHECKED_OUT,
            body=CustodyMove,
            rank=0,
            label="Received it",
            joins=(CHECKED_OUT, RETURNED, CLOSED, LOST, DISPUTED, SETTLED),
        ),
        Row(
            move="renew",
            roles=(BORROWER,),
            from_states=(CHECKED_OUT,),
            to_state=STAYS,
            body=LoanRenew,
            rank=1,
            label="Ask to keep it longer",
            by_button=False,
        ),
        Row(
            move="grant",
            roles=(LENDER,),
            from_states=(CHECKED_OUT,),
            to_state=STAYS,
            body=LoanGrant,
            rank=3,
            label="Lend it longer",
            condition=Condition.END_ASKED,
            by_button=False,
        ),
        Row(
            move="refuse",
            roles=(LENDER,),
            from_states=(CHECKED_OUT,),
            to_state=STAYS,
            body=LoanRefuse,
            rank=2,
            label="Not longer",
            condition=Condition.END_ASKED,
        ),
        Row(
            move="report",
            roles=(BORROWER, LENDER),
            from_states=(CHECKED_OUT, RETURNED, DISPUTED),
            to_state=STAYS,
            body=LoanReport,
            rank=1,
            label="Report damage or loss",
            by_button=False,
        ),
        Row(
            move="give-back",
            roles=(BORROWER,),
            from_states=(CHECKED_OUT,),
            to_state=RETURNED,
            body=GiveBack,
            rank=0,
            label="Give back",
            joins=(CLOSED, DISPUTED, SETTLED),
        ),
        Row(
            move="take-back",
            roles=(LENDER,),
            from_states=(CHECKED_OUT, RETURNED, LOST),
            to_state=CLOSED,
            body=CustodyMove,
            rank=0,
            label="Got it back",
            joins=(DISPUTED, SETTLED),
        ),
        Row(
            move="lost",
            roles=(LENDER,),
            from_states=(CHECKED_OUT,),
            to_state=LOST,
            body=LoanMove,
            rank=4,
            label="It is lost",
            condition=Condition.AFTER_DUE,
        ),
        *dispute_rows((BORROWER, LENDER), (CHECKED_OUT, RETURNED, CLOSED, LOST), LoanMove),
    ),
    asked=frozenset({REQUESTED}),
    promises=frozenset({ACCEPTED, CHECKED_OUT, RETURNED, LOST}),
    out=frozenset({CHECKED_OUT, RETURNED, LOST}),
    for_good=frozenset({LOST}),
    unsettled=frozenset({DISPUTED}),
    back=frozenset({"take-back"}),
    held=frozenset({CHECKED_OUT}),
    closing=frozenset({CLOSED}),
    pairs=(
        ("hand-over", "receive"),
        ("give-back", "take-back"),
        *DISPUTE_PAIRS,
    ),
)

register_agreement(LOAN)
