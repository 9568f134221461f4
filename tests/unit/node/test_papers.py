"""node.papers: what a window takes out of a live node, and what is told of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from integration.nodes_kit import config_of, offer, person

from p2pshare.clock import ManualClock
from p2pshare.domain.commands import Forget, MoveAgreement, RequestLoan
from p2pshare.domain.exports.murmurations import consent
from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, QuietHours
from p2pshare.domain.reminder_views import Reason
from p2pshare.errors import DomainError, NodeError, ReceiptRefused, UnknownReference
from p2pshare.node.events import RowChanged
from p2pshare.node.facade import Node

START_MS = 1_795_000_000_000


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    async with Node(config_of(tmp_path / "node"), clock=ManualClock(START_MS)) as node:
        yield node


async def lend(node: Node) -> tuple[bytes, bytes, bytes]:
    """(Ada, Ben, the loan) of a drill that Ada has handed to Ben."""
    ada, ben = await person(node, "Ada"), await person(node, "Ben")
    drill = await offer(node, ada)
    loan = (await node.submit(RequestLoan(person=ben, listing=drill))).subject
    for who, move in ((ada, "accept"), (ada, "hand-over"), (ben, "receive")):
        await node.submit(MoveAgreement(person=who, agreement=loan, move=move))
    return ada, ben, loan


async def test_a_receipt_is_made_shown_and_checked(node: Node, tmp_path: Path) -> None:
    _, ben, loan = await lend(node)
    made = await node.papers.receipt(loan, ben)
    assert [move.move for move in made.verified.moves] == [
        *("request", "accept", "hand-over", "receive")
    ]
    assert "<h1>Receipt of a loan: Drill</h1>" in made.page
    file = tmp_path / "drill.p2preceipt"
    file.write_bytes(made.data)
    assert (await node.papers.check_receipt(file)).state == made.verified.state
    file.write_bytes(made.data[:-1] + bytes([made.data[-1] ^ 1]))
    with pytest.raises(ReceiptRefused):
        await node.papers.check_receipt(file)
    with pytest.raises(NodeError, match=r"missing\.p2preceipt cannot be read"):
        await node.papers.check_receipt(tmp_path / "missing.p2preceipt")
    carl = await person(node, "Carl")
    with pytest.raises(UnknownReference, match="only the two"):
        await node.papers.receipt(loan, carl)


async def test_every_format_is_written_while_others_write(node: Node, tmp_path: Path) -> None:
    ada, _, _ = await lend(node)
    agreed = consent(given=True, email="ada@example.org")
    files: dict[str, dict[str, Any]] = {
        "jsonl": {},
        "csv": {"table": "loans"},
        "valueflows": {},
        "ics": {"person": ada},
        "murmurations": {"person": ada, "consent": agreed},
    }
    written, _ = await asyncio.gather(
        asyncio.gather(
            *(node.papers.export(tmp_path / form, form, **asked) for form, asked in files.items())
        ),
        offer(node, ada, "Ladder"),
    )
    assert [one.what for one in written] == ["entries", "loans", "nodes", "events", "profiles"]
    assert all((tmp_path / form).stat().st_size for form in files)
    profiles = json.loads((tmp_path / "murmurations").read_text())
    assert "Drill" in {profile["title"] for profile in profiles}
    with pytest.raises(DomainError):
        await node.papers.export(tmp_path / "nothing", "murmurations")
    assert not (tmp_path / "nothing").exists()


async def test_history_is_brought_along_and_forgotten_and_both_are_told(
    node: Node, tmp_path: Path
) -> None:
    ada = await person(node, "Ada")
    file = tmp_path / "loans.csv"
    file.write_text("Item,Member,From\nDrill,Ben,2025-01-02\nSaw,Cleo,2025-02-03\n")
    stream = node.events()
    result = await node.import_list(ada, file, form="loans", source="the old book")
    assert result.imported == 2
    past = await node.query(lambda queries: queries.history.past([ada.hex()]))
    assert {(one.item, one.source) for one in past} == {
        ("Drill", "the old book"),
        ("Saw", "the old book"),
    }
    assert [one for one in stream.take() if isinstance(one, RowChanged)] == [
        RowChanged("history", past[0].history, added=True, removed=False)
    ]
    assert await node.papers.forget_history(ada, member="Ben") == 1
    told = [one for one in stream.take() if isinstance(one, RowChanged)]
    assert RowChanged("history", past[0].history, added=False, removed=True) in told
    assert await node.papers.forget_history(ada, source="the old book") == 1
    with pytest.raises(DomainError, match="no such history"):
        await node.papers.forget_history(ada)


async def test_reminders_are_listed_and_quiet_hours_set(node: Node) -> None:
    ada, ben, loan = await lend(node)
    assert await node.papers.reminders(ben) == []
    (view,) = await node.query(lambda queries: queries.agreements(START_MS, agreement=loan.hex()))
    assert view.due_at_ms is not None
    late_ms = view.due_at_ms + 86_400_000
    for who in (ada, ben):
        (one,) = await node.papers.reminders(who, late_ms)
        assert (one.reason, one.about) == (Reason.OVERDUE, loan.hex())
    node._reminding._changed.clear()
    for quiet in (QuietHours(60, 120), NO_QUIET_HOURS):
        await node.papers.set_quiet_hours(quiet)
        assert await node.query(lambda queries: queries.reminders.quiet_hours()) == quiet


async def test_impact_rests_on_the_person_s_own_list(node: Node) -> None:
    ada, ben, _ = await lend(node)
    figures = {one.figure: one.value for one in await node.papers.impact([ada, ben])}
    assert figures["loans"] == 1
    (node.config.folder / "assumptions.json").write_text("[")
    with pytest.raises(DomainError, match=r"assumptions\.json cannot be read"):
        await node.papers.impact([ada])


async def test_faults_of_the_own_list_of_words_are_told(node: Node) -> None:
    assert await node.papers.word_faults() == ()
    (node.config.folder / "synonyms.txt").write_bytes(b"\xff\xfe")
    assert len(await node.papers.word_faults()) == 1


async def test_what_was_forgotten_gives_no_receipt(node: Node) -> None:
    ada, ben, loan = await lend(node)
    for who in (ada, ben):
        await node.submit(Forget(person=who, subject=loan))
    with pytest.raises(UnknownReference):
        await node.papers.receipt(loan, ada)
