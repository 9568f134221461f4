"""A child of the benchmarks: a window that takes in what another node has, with a beating heart.

Arguments: folder, port of the other, listings awaited. A QTimer on the Qt thread beats every
BEAT_MS; what a beat comes late is how long the event loop stalled. Prints the stalls, in
milliseconds, from the link until the window shows all listings, and how long that took.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from p2pshare.ui.bridge import Bridge
from p2pshare.ui.theme import colours, palette, style_sheet
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from p2pshare.domain.commands import AddPerson
from p2pshare.node.config import Config, NetworkConfig
from p2pshare.node.events import LinkUp, NodeEvent
from p2pshare.node.ledger import Ledger

BEAT_MS = 5


class Heart(QObject):
    """Beats while a sync runs; ends the program when the window shows all."""

    def __init__(self, window: MainWindow, awaited: int) -> None:
        super().__init__()
        self._window = window
        self._awaited = awaited
        self._linked = 0.0
        self._last = 0.0
        self.stalls: list[float] = []
        self.seconds = 0.0
        self._timer = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.beat)
        self._timer.start()

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """The measuring begins with the link."""
        if not self._linked and any(isinstance(event, LinkUp) for event in events):
            self._linked = self._last = time.perf_counter()

    @Slot()
    def beat(self) -> None:
        """Note how late this beat comes."""
        if not self._linked:
            return
        now = time.perf_counter()
        self.stalls.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now
        if self._window.browse.model.rowCount() >= self._awaited:
            self.seconds = now - self._linked
            self._timer.stop()
            QApplication.exit(0)


def main(folder: Path, port: int, awaited: int) -> None:
    """Open the window, take in everything, print the stalls."""
    ledger = Ledger(folder)
    ledger.perform(AddPerson(name="Ada"))
    ledger.close()
    application = QApplication([])
    application.setStyle("Fusion")
    application.setPalette(palette(colours()))
    application.setStyleSheet(style_sheet(colours()))
    network = NetworkConfig(
        interfaces=("127.0.0.1",), discovery=False, peers=(("127.0.0.1", port),)
    )
    bridge = Bridge(Config(folder, network))
    window = MainWindow(bridge)
    bridge.ready.connect(window.ready)
    heart = Heart(window, awaited)
    bridge.listen(heart.on_events)
    window.show()
    bridge.start()
    application.exec()
    print(json.dumps({"stalls": heart.stalls, "seconds": heart.seconds}), flush=True)
    window.close()
    bridge.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
