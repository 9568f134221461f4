"""The bridge with a real node on loopback: where the threads meet, and how they part."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from p2pshare.ui.backend import Answer, Identity
from p2pshare.ui.bridge import Bridge
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from p2pshare.domain.commands import AddListing, AddPerson
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import EntriesAdded, LinkUp, NodeEvent, RowChanged
from p2pshare.node.ledger import Ledger

LISTINGS = 800
STOP_SECONDS = 3.0

Starter = Callable[..., Bridge]


def config(folder: Path, *ports: int) -> Config:
    peers = tuple(("127.0.0.1", port) for port in ports)
    return Config(folder, NetworkConfig(interfaces=("127.0.0.1",), peers=peers, discovery=False))


class Receiver(QObject):
    """Notes what arrives, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Answer] = []
        self.batches: list[tuple[NodeEvent, ...]] = []
        self.threads: set[QThread] = set()

    def on_answer(self, answer: Answer) -> None:
        self.threads.add(QThread.currentThread())
        self.answers.append(answer)

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        self.threads.add(QThread.currentThread())
        self.batches.append(events)

    @property
    def events(self) -> list[NodeEvent]:
        return [event for batch in self.batches for event in batch]


@pytest.fixture
def start(qtbot: QtBot) -> Iterator[Starter]:
    """Starts bridges; each is stopped at the end and must leave no thread."""
    bridges = []

    def begin(folder: Path, *ports: int, wait: bool = True) -> Bridge:
        bridge = Bridge(config(folder, *ports))
        bridges.append(bridge)
        if wait:
            with qtbot.waitSignal(bridge.ready, timeout=10_000):
                bridge.start()
        else:
            bridge.start()
        return bridge

    before = set(threading.enumerate())
    yield begin
    for bridge in bridges:
        bridge.stop()
    assert not [one for one in set(threading.enumerate()) - before if one.name == "p2pshare-node"]


def answer_of(qtbot: QtBot, ask: Callable[..., None], what: object) -> Answer:
    receiver = Receiver()
    ask(what, receiver.on_answer)
    qtbot.waitUntil(lambda: bool(receiver.answers), timeout=10_000)
    (answer,) = receiver.answers
    return answer


def test_the_first_start(start: Starter, qtbot: QtBot, tmp_path: Path) -> None:
    bridge = start(tmp_path / "a")
    assert bridge.identity is None
    with qtbot.waitSignal(bridge.ready, timeout=10_000) as ready:
        answer = answer_of(qtbot, bridge.submit, AddPerson(name="Ada"))
    assert answer.error is None
    assert bridge.identity == Identity(answer.value.subject.hex(), "Ada")
    assert ready.args == [bridge.identity]
    people = answer_of(qtbot, bridge.ask, lambda queries: queries.people())
    assert [one.name for one in people.value] == ["Ada"]


def test_the_next_start_knows_who_it_is(start: Starter, qtbot: QtBot, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a")
    ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    ledger.close()
    assert start(tmp_path / "a").identity == Identity(ada.hex(), "Ada")


def test_what_is_asked_before_the_start_is_answered_after_it(
    start: Starter, qtbot: QtBot, tmp_path: Path
) -> None:
    bridge = Bridge(config(tmp_path / "a"))
    receiver = Receiver()
    bridge.ask(lambda queries: queries.people(), receiver.on_answer)
    bridge.start()
    qtbot.waitUntil(lambda: bool(receiver.answers), timeout=10_000)
    bridge.stop()
    assert receiver.answers == [Answer([])]


def test_a_refusal_is_an_answer(start: Starter, qtbot: QtBot, tmp_path: Path) -> None:
    bridge = start(tmp_path / "a")
    answer = answer_of(qtbot, bridge.submit, AddPerson(name=" "))
    assert answer.value is None
    assert answer.error
    assert "\n" not in answer.error


def test_a_fault_of_ours_is_an_answer_and_is_logged(
    start: Starter, qtbot: QtBot, tmp_path: Path, expect_log: Callable[..., None]
) -> None:
    bridge = start(tmp_path / "a")
    expect_log("a fault in p2pshare itself", logger="p2pshare.ui.bridge")
    answer = answer_of(qtbot, bridge.ask, lambda queries: queries.no_such_thing())
    assert answer.error == "that did not work, by a fault in p2pshare; nothing was lost"


def test_everything_arrives_on_the_qt_thread(
    start: Starter, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    bridge = start(tmp_path / "a")
    receiver = Receiver()
    bridge.listen(receiver.on_events)
    bridge.submit(AddPerson(name="Ada"), receiver.on_answer)

    def told() -> bool:
        return any(isinstance(event, RowChanged) for event in receiver.events)

    # That the node has started may be a batch of its own.
    qtbot.waitUntil(lambda: bool(receiver.answers and told()), timeout=10_000)
    assert receiver.threads == {qapp.thread()}


def test_a_receiver_that_is_gone_is_not_called(
    start: Starter, qtbot: QtBot, tmp_path: Path
) -> None:
    bridge = start(tmp_path / "a")
    gone, here = Receiver(), Receiver()
    calls = gone.answers, gone.batches
    bridge.listen(gone.on_events)
    bridge.listen(here.on_events)
    bridge.submit(AddPerson(name="Ada"), gone.on_answer)
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(gone, QEvent.Type.DeferredDelete)
    answer_of(qtbot, bridge.ask, lambda queries: queries.people())
    qtbot.waitUntil(lambda: bool(here.batches), timeout=10_000)
    assert calls == ([], [])


def test_a_folder_that_is_taken_is_said_in_the_window(
    start: Starter, qtbot: QtBot, tmp_path: Path
) -> None:
    start(tmp_path / "a")
    second = Bridge(config(tmp_path / "a"))
    window = MainWindow(second)
    qtbot.addWidget(window)
    second.ready.connect(window.ready)
    second.failed.connect(window.start_failed)
    window.show()
    with qtbot.waitSignal(second.failed, timeout=10_000) as failed:
        second.start()
    assert window.opening.isVisible()
    assert window.opening.text() == failed.args[0] != ""
    answer = answer_of(qtbot, second.submit, AddPerson(name="Ada"))
    assert answer.error == "p2pshare is not running; close this window and open it again"
    second.stop()


def test_stop_before_start_and_twice(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = Bridge(config(tmp_path / "a"))
    bridge.stop()
    bridge.stop()
    receiver = Receiver()
    bridge.submit(AddPerson(name="Ada"), receiver.on_answer)
    bridge.ask(lambda queries: queries.people(), receiver.on_answer)
    assert receiver.answers == []


def test_stop_at_once_after_start(qtbot: QtBot, tmp_path: Path) -> None:
    bridge = Bridge(config(tmp_path / "a"))
    bridge.start()
    bridge.stop()
    start_again = Ledger(tmp_path / "a")  # nothing holds the folder any more
    start_again.close()


def test_what_was_submitted_is_done_although_the_window_closes(
    start: Starter, qtbot: QtBot, tmp_path: Path
) -> None:
    bridge = start(tmp_path / "a")
    receiver = Receiver()
    bridge.submit(AddPerson(name="Ada"), receiver.on_answer)
    for number in range(20):
        bridge.ask(lambda queries, number=number: (number, queries.people()), receiver.on_answer)
    bridge.stop()
    qtbot.waitUntil(lambda: len(receiver.answers) == 21, timeout=2000)
    done = receiver.answers[0].error is None
    ledger = Ledger(tmp_path / "a")
    try:
        assert done == ("Ada" in ledger.own_persons().values())
    finally:
        ledger.close()


@pytest.fixture(scope="module")
def much(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with thousands of listings."""
    folder = tmp_path_factory.mktemp("much") / "a"
    ledger = Ledger(folder)
    ada = ledger.perform(AddPerson(name="Ada"))[0].subject
    database = ledger.database.connection
    database.execute("PRAGMA synchronous = OFF")
    for number in range(LISTINGS):
        ledger.perform(
            AddListing(person=ada, exchange_type=ExchangeType.OFFER, title=f"Thing {number}")
        )
    ledger.close()
    return folder


def port_of(qtbot: QtBot, bridge: Bridge) -> int:
    node = bridge._node
    assert node is not None
    return node.port


def test_events_come_in_batches(start: Starter, qtbot: QtBot, tmp_path: Path, much: Path) -> None:
    full = start(much)
    empty = start(tmp_path / "b", port_of(qtbot, full))
    receiver = Receiver()
    empty.listen(receiver.on_events)

    def received() -> int:
        found = [event for event in receiver.events if isinstance(event, EntriesAdded)]
        return sum(event.entries for event in found)

    qtbot.waitUntil(lambda: received() >= LISTINGS, timeout=30_000)
    assert len(receiver.batches) * 20 < len(receiver.events)
    assert max(map(len, receiver.batches)) <= 10_001
    count = answer_of(qtbot, empty.ask, lambda queries: queries.count_listings("2026-01-01"))
    assert count.value == LISTINGS


def test_stop_in_the_middle_of_a_sync(
    start: Starter, qtbot: QtBot, tmp_path: Path, much: Path
) -> None:
    full = start(much)
    empty = start(tmp_path / "b", port_of(qtbot, full))
    receiver = Receiver()
    empty.listen(receiver.on_events)
    qtbot.waitUntil(
        lambda: any(isinstance(event, LinkUp | EntriesAdded) for event in receiver.events),
        timeout=10_000,
    )
    begun = time.monotonic()
    empty.stop()
    assert time.monotonic() - begun < STOP_SECONDS
    full.stop()
    assert time.monotonic() - begun < 2 * STOP_SECONDS
    batches = len(receiver.batches)
    QCoreApplication.processEvents()
    assert len(receiver.batches) <= batches + 1, "what had been emitted, and no more"
