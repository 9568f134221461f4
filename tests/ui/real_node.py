"""A real node behind the real bridge, for tests of what crosses the threads."""

from pathlib import Path
from typing import Any

from p2pshare.ui.backend import Answer
from p2pshare.ui.bridge import Bridge
from pytestqt.qtbot import QtBot

from p2pshare.node.config import Config, NetworkConfig

WAIT_MS = 20_000


class Asked:
    """Takes an answer; ``value`` waits for it."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.answers: list[Answer] = []

    def answered(self, answer: Answer) -> None:
        self.answers.append(answer)

    def answer(self) -> Answer:
        self._qtbot.waitUntil(lambda: bool(self.answers), timeout=WAIT_MS)
        return self.answers.pop(0)

    def value(self) -> Any:
        answer = self.answer()
        assert answer.error is None, answer.error
        return answer.value


def started_bridge(folder: Path, qtbot: QtBot) -> Bridge:
    """A bridge whose node runs; the test must stop it."""
    network = NetworkConfig(interfaces=("127.0.0.1",), discovery=False)
    bridge = Bridge(Config(folder, network))
    try:
        with qtbot.waitSignal(bridge.ready, timeout=WAIT_MS):
            bridge.start()
    except BaseException:
        bridge.stop()
        raise
    return bridge
