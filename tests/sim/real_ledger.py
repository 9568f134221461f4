"""A whole installation as a simulated node: folder, keys, rules, fold; people who do things.

Builds on ``sim.store_ledger``, whose relays host nobody.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.ledger import Stored
from sim.network import Clock
from sim.node import SimNode
from sim.store_ledger import StoreLedger

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import Command
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.log.entry import SignedEntry
from p2pshare.node.ingest import Arrival, IngestReport
from p2pshare.node.ledger import Ledger
from p2pshare.store import local
from p2pshare.store.feeds import circle_numbers
from p2pshare.store.migrations import FOLDED_TABLES
from p2pshare.sync.events import Effect, Event, Outcome, Published, StretchOutcome
from p2pshare.sync.messages import Stretch


class RealLedger(StoreLedger):
    """The ledger in ``folder``. ``followed`` is what our persons had to say to what arrived."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.ledger = Ledger(folder, clock=clock, zone=lambda: 0)
        self.clock = clock
        self.database = self.ledger.database
        self.ingest = self.ledger.ingest
        self.number = circle_numbers(self.database.connection)[OPEN_CIRCLE]
        self.followed: list[IngestReport] = []

    def store_stretches(self, stretches: Sequence[Stretch]) -> Stored:
        report = self.ledger.receive([Arrival(OPEN_CIRCLE, stretch) for stretch in stretches])
        self.followed += [one.report for one in self.ledger.entail(report)]
        return Stored(
            tuple(
                StretchOutcome(Outcome[one.outcome.name], len(one.new), one.reason)
                for one in report.results
            ),
            report.frontier.get(OPEN_CIRCLE, {}),
            report.owed.get(OPEN_CIRCLE, frozenset()),
            report.settled.get(OPEN_CIRCLE, frozenset()),
        )

    def store_entries(self, entries: Sequence[SignedEntry]) -> frozenset[bytes]:
        report = self.ingest.repair(OPEN_CIRCLE, entries)
        self.followed += [one.report for one in self.ledger.entail(report)]
        return report.settled.get(OPEN_CIRCLE, frozenset()).union(report.repaired)

    def become_another(self) -> None:
        """As a restored backup does: nothing that the original writes is continued here."""
        self.ledger.keys.draw_device_key()
        with self.database.transaction(durable=True) as connection:
            local.retire_all_feeds(connection)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The folded tables without row numbers, each in an order of its own."""
        found = {}
        for table in FOLDED_TABLES:
            cursor = self.database.connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
            for row in rows:
                row.pop("number", None)  # not every table has one
            found[table] = sorted(rows, key=repr)
        return found


class RealNode(SimNode):
    """A node on a ``RealLedger``, whose person acts by commands."""

    ledger: RealLedger
    person: bytes = b""

    def __init__(self, name: str, clock: Clock, circle: bytes, **options: Any) -> None:
        super().__init__(name, clock, circle, **options)

    def perform(self, command: Command) -> bytes:
        """Do what the person asks and publish it; raises as ``Ledger.perform``."""
        performed = self.ledger.ledger.perform(command)
        for one in performed:
            self._publish(one.report)
        return performed[0].subject

    def result(self, effect: Effect) -> Event:
        event = super().result(effect)
        followed, self.ledger.followed = self.ledger.followed, []
        for report in followed:  # after the engine has heard of what it followed
            self.clock.at(0.0, lambda report=report: self._publish(report))
        return event

    def _publish(self, report: IngestReport) -> None:
        stretches = tuple((new.entry.signed,) for new in report.new)
        for circle, tips in report.frontier.items():
            self.tell(Published(circle, stretches, tips))
