"""What a party can do now with an agreement, judged by what they are shown of it.

For the window's buttons and the command line, which have views and no states. The table decides, by
``agreement.open_rows``; this module must not know any kind.
"""

from p2pshare.domain.agreement import AGREEMENTS, Circumstances, open_rows
from p2pshare.domain.agreement_table import Row
from p2pshare.domain.views import AgreementView


def rows_now(view: AgreementView, person: str, now_ms: int) -> tuple[Row, ...]:
    """The rows by which ``person`` (hex, one of the parties) could move ``view`` at ``now_ms``."""
    table = AGREEMENTS[view.kind]
    role = table.roles[0] if view.asker == person else table.roles[1]
    signed = frozenset(one.move for one in view.signed_by if one.person == person)
    circumstances = Circumstances(
        view.due_at_ms, view.closed_ms, view.offered_until_ms, view.asked_until is not None
    )
    return open_rows(table, role, view.underlying_state, signed, now_ms, circumstances)
