"""Events are plain values of one committed transaction, each thing told once."""

import json
from dataclasses import fields

import pytest

from p2pshare.log.entry import SignedEntry
from p2pshare.log.stretch import ReadEntry
from p2pshare.node import events
from p2pshare.node.events import (
    EVENTS_QUEUED_MAX,
    EntriesAdded,
    EntriesRepaired,
    EntriesReturned,
    EventsMissed,
    EventStream,
    FeedForked,
    NodeEvent,
    PeerFound,
    RowChanged,
    events_of,
)
from p2pshare.node.ingest import IngestReport, NewEntry
from p2pshare.store.migrations import FOLDED_TABLES
from p2pshare.store.rows import RowChange

KINDS = [
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and issubclass(kind, NodeEvent) and kind is not NodeEvent
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_has_a_name_of_its_own_and_is_a_line_of_json(kind: type[NodeEvent]) -> None:
    assert kind.name not in {other.name for other in (*KINDS, NodeEvent) if other is not kind}
    values = {one.name: ("a",) if one.name == "addresses" else "a" for one in fields(kind)}
    told = kind(**values).to_dict()
    assert told["event"] == kind.name
    assert set(told) == {"event", *values}
    assert json.loads(json.dumps(told))["event"] == kind.name


def new(circle: int, person: int) -> NewEntry:
    entry = ReadEntry(bytes(32), None, SignedEntry(b"", b"", None))  # type: ignore[arg-type]
    return NewEntry(bytes([circle]) * 32, bytes([person]) * 32, entry)


def test_a_report_is_told_by_circle_by_row_and_by_person() -> None:
    report = IngestReport()
    assert events_of(report, own=True) == []
    report.new = [new(1, 1), new(2, 1), new(1, 2)]
    report.returned = [new(1, 7), new(2, 7), new(1, 8)]
    report.forked = {(b"c" * 32, b"f" * 32)}
    report.repaired = [bytes(32), b"1" * 32]
    report.changes = [
        RowChange("listings", "aa", True, False),
        RowChange("busy_periods", "aa", False, False),
        RowChange("agreements", "bb", False, True),
        RowChange("agreement_moves", "bb", False, True),
    ]
    assert events_of(report, own=False) == [
        EntriesAdded("01" * 32, 2, own=False),
        EntriesAdded("02" * 32, 1, own=False),
        RowChanged("listing", "aa", added=True, removed=False),
        RowChanged("busy", "aa", added=False, removed=False),
        RowChanged("agreement", "bb", added=False, removed=True),
        EntriesReturned("07" * 32, 2),
        EntriesReturned("08" * 32, 1),
        FeedForked(("c" * 32).encode().hex(), ("f" * 32).encode().hex()),
        EntriesRepaired(2),
    ]


@pytest.mark.parametrize("table", FOLDED_TABLES)
def test_a_change_of_any_folded_table_can_be_told(table: str) -> None:
    report = IngestReport(changes=[RowChange(table, "aa", True, False)])
    assert len(events_of(report, own=True)) == 1


def test_a_listener_that_lags_loses_no_more_than_it_is_told_of() -> None:
    stream = EventStream()
    event = PeerFound(("127.0.0.1:1",))
    for _ in range(EVENTS_QUEUED_MAX):
        stream.put(event)
    assert len(stream.take()) == EVENTS_QUEUED_MAX
    for _ in range(EVENTS_QUEUED_MAX + 1):
        stream.put(event)
    assert stream.take() == [EventsMissed(), event]
