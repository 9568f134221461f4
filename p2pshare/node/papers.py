"""What people take out of a live node, and look up in it: receipts, exports, reminders, impact.

What the command line does with a ledger of its own, for a window that has a node: each is one step
on a thread of the database, and only values of ``domain``, text and bytes come back. What it writes
is published and told as what other processes write. Knows nothing of sockets.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from p2pshare.clock import Clock
from p2pshare.domain.exports.murmurations import Consent
from p2pshare.domain.impact import ImpactFigure, impact
from p2pshare.domain.instants import iso
from p2pshare.domain.quiet_hours import QuietHours
from p2pshare.domain.reminder_views import Reminder
from p2pshare.domain.reminders import in_force
from p2pshare.limits import RECEIPT_BYTES_MAX
from p2pshare.log.verified_receipt import VerifiedReceipt, verify_receipt
from p2pshare.node.config import local_zone
from p2pshare.node.exports.formats import export_file
from p2pshare.node.exports.request import ExportRequest, Progress, Written
from p2pshare.node.forgetting_history import forget_history
from p2pshare.node.ledger import Ledger
from p2pshare.node.own_lists import assumptions_of, own_synonyms
from p2pshare.node.reading import Reading
from p2pshare.node.receipts import receipt_of
from p2pshare.node.reminding import plan_for
from p2pshare.node.whole_file import read_bounded
from p2pshare.node.worker import Worker
from p2pshare.store.reminders import set_quiet_hours

_Result = TypeVar("_Result")


class WithLedger(Protocol):
    """Runs something on the writing thread, and tells what it wrote (``facade.Node``)."""

    def __call__(self, work: Callable[[Ledger], _Result]) -> Awaitable[_Result]:
        """What ``work`` gives. Raises StoreError and what ``work`` raises."""


class Receipt(NamedTuple):
    """A receipt: the bytes of its file, a page to print as HTML, and what it proves."""

    data: bytes
    page: str
    verified: VerifiedReceipt


class Papers:
    """Makes and reads the papers of one folder."""

    def __init__(
        self,
        folder: Path,
        reading: Reading,
        with_ledger: WithLedger,
        clock: Clock,
        remind_again: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._reading = reading
        self._with_ledger = with_ledger
        self._clock = clock
        self._remind_again = remind_again

    # --- receipts -------------------------------------------------------------------------

    async def receipt(self, agreement: bytes, person: bytes) -> Receipt:
        """The receipt of an agreement (16 bytes) for one of its parties. Raises as ``receipt_of``.

        Times on its page are in UTC, for nobody knows where it will be read.
        """
        made = await self._with_ledger(lambda ledger: receipt_of(ledger, agreement, person))
        return Receipt(made.data, await self._aside(lambda: _page(made.verified)), made.verified)

    async def check_receipt(self, file: Path) -> VerifiedReceipt:
        """What a receipt proves, whoever signed it. Raises ReceiptRefused, which says why it does
        not hold, or NodeError if the file cannot be read.
        """
        return await self._aside(lambda: verify_receipt(read_bounded(file, RECEIPT_BYTES_MAX)))

    # --- files for other programs ---------------------------------------------------------

    async def export(
        self,
        file: Path,
        form: str,
        *,
        person: bytes | None = None,
        circle: bytes | None = None,
        table: str = "listings",
        consent: Consent | None = None,
        progress: Progress | None = None,
    ) -> Written:
        """Write an export, whole or not at all; how many of what stand in it.

        ``form`` is one of ``node.exports.formats.FORMATS``; the rest as in ``ExportRequest``.
        ``progress`` is called on another thread. Raises DomainError, StoreError or NodeError.
        """
        request = ExportRequest(person=person, circle=circle, table=table, consent=consent)
        told = progress or (lambda _done, _of: None)

        def write() -> Written:
            # A ledger of its own, as other processes have: whoever writes meanwhile need not wait.
            ledger = Ledger(self._folder, clock=self._clock)
            try:
                return export_file(ledger, file, form, request, told)
            finally:
                ledger.close()

        return await _on_a_thread(write)

    async def forget_history(
        self,
        person: bytes,
        *,
        circle: bytes | None = None,
        source: str | None = None,
        member: str | None = None,
    ) -> int:
        """Erase what a person brought along from elsewhere; how many rows. Raises as
        ``node.forgetting_history.forget_history``.
        """
        return await self._with_ledger(
            lambda ledger: forget_history(
                ledger, person, circle=circle, source=source, member=member
            )
        )

    # --- reminders ------------------------------------------------------------------------

    async def reminders(self, person: bytes, at_ms: int | None = None) -> list[Reminder]:
        """All that a hosted person is to think of now, or as things stand at another time.

        Told or not; ReminderDue tells each when it is due. Raises StoreError, or DomainError for a
        time outside the calendar.
        """
        now_ms = self._clock.time_ms() if at_ms is None else at_ms
        zone = local_zone()
        return await self._reading.query(
            lambda queries: in_force(plan_for(queries, person.hex(), now_ms, zone), now_ms)
        )

    async def set_quiet_hours(self, quiet: QuietHours) -> None:
        """Remind nobody here in these hours, from now on. Raises StoreError."""

        def write(ledger: Ledger) -> None:
            with ledger.database.transaction(durable=True) as connection:
                set_quiet_hours(connection, quiet)

        await self._with_ledger(write)
        self._remind_again()

    # --- impact, words --------------------------------------------------------------------

    async def impact(self, persons: Sequence[bytes]) -> list[ImpactFigure]:
        """What lending has spared, each figure with what it rests on.

        Raises DomainError or NodeError if the person's own list of assumptions is wrong.
        """
        hosted = [person.hex() for person in persons]
        return await self._reading.query(
            lambda queries: impact(
                queries.statistics.impact_facts(hosted), assumptions_of(self._folder)
            )
        )

    async def word_faults(self) -> tuple[str, ...]:
        """What of the person's own list of synonyms could not be used, in plain words."""
        return await self._aside(lambda: own_synonyms(self._folder).faults)

    async def _aside(self, work: Callable[[], _Result]) -> _Result:
        """Do what needs no ledger, off the loop."""
        return await self._reading.query(lambda _queries: work())


async def _on_a_thread(work: Callable[[], _Result]) -> _Result:
    worker = Worker("export")
    try:
        return await worker.run(work)
    finally:
        await worker.close()


def _page(verified: VerifiedReceipt) -> str:
    from p2pshare.node.receipt_page import receipt_page, shown_instants

    return receipt_page(verified, {at: iso(at) for at in shown_instants(verified)})
