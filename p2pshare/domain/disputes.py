"""The rows by which any kind of agreement is disputed, and settled between the two.

Taken into the tables of ``domain.loan`` and ``domain.session``, so that a dispute means the same in
all of them: either may open it, the other may join, and it is settled once both have signed the
same words. Why the ranks are as they are stands in ``domain.loan``. This module must not name a
kind.
"""

from typing import Final

from p2pshare.domain.agreement_bodies import AgreementMove
from p2pshare.domain.agreement_table import STAYS, Condition, Row

DISPUTED: Final = "disputed"
SETTLED: Final = "settled"

DISPUTE_PAIRS: Final = (("dispute", "dispute"), ("settle", "settle"))
"""Both are facts once both have signed them."""


def dispute_rows(
    roles: tuple[str, ...], from_states: tuple[str, ...], body: type[AgreementMove]
) -> tuple[Row, ...]:
    """The rows for agreements between ``roles`` that can be disputed in ``from_states``."""
    return (
        Row(
            move="dispute",
            roles=roles,
            from_states=from_states,
            to_state=DISPUTED,
            body=body,
            rank=5,
            label="Dispute",
            joins=(DISPUTED,),
            condition=Condition.WITHIN_DISPUTE_DAYS,
        ),
        Row(
            move="settle",
            roles=roles,
            from_states=(DISPUTED,),
            to_state=SETTLED,
            body=body,
            rank=6,
            label="Settle",
            condition=Condition.OTHER_SAID_SAME,
            by_button=False,
        ),
        Row(
            move="settle",
            roles=roles,
            from_states=(DISPUTED,),
            to_state=STAYS,
            body=body,
            rank=6,
            label="Settle",
            by_button=False,
        ),
    )
