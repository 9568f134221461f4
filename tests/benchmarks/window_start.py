"""A child of the benchmarks: opens a window, reports its first paint, then scrolls if it can.

Arguments: monotonic time at which this process was started, and the folder of a ledger, or nothing
for an empty Qt window. Prints one line when painted (seconds since the start, memory in MiB), and
for a ledger a second one with the milliseconds of each paint while scrolling.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow

WHEEL_STEPS = 400
WHEEL_DEGREES = 120
SIZE = (1120, 740)


class PaintWatch(QObject):
    """Knows whether a widget has been painted."""

    painted = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.painted = self.painted or event.type() == QEvent.Type.Paint
        return False


def report(started: float) -> None:
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    print(json.dumps({"seconds": time.monotonic() - started, "memory": memory / 2**20}), flush=True)


def empty(application: QApplication, started: float) -> None:
    window = QMainWindow()
    watch = PaintWatch()
    window.installEventFilter(watch)
    window.resize(*SIZE)
    window.show()
    while not watch.painted:
        application.processEvents()
    report(started)


def full(application: QApplication, started: float, folder: Path) -> None:
    from p2pshare.ui.bridge import Bridge
    from p2pshare.ui.theme import colours, palette, style_sheet
    from p2pshare.ui.window import MainWindow

    from p2pshare.node.config import Config, NetworkConfig

    application.setStyle("Fusion")
    application.setPalette(palette(colours()))
    application.setStyleSheet(style_sheet(colours()))
    bridge = Bridge(Config(folder, NetworkConfig(interfaces=("127.0.0.1",), discovery=False)))
    window = MainWindow(bridge)
    bridge.ready.connect(window.ready)
    window.resize(*SIZE)
    window.show()
    bridge.start()
    view, model = window.browse.view, window.browse.model
    while not model.rowCount():
        application.processEvents()
    watch = PaintWatch()
    view.viewport().installEventFilter(watch)
    while not watch.painted:
        application.processEvents()
    report(started)
    chance = random.Random(1)
    paints = []
    for step in range(WHEEL_STEPS):
        if step % 40 == 0:  # somewhere else in the hundred thousand
            view.verticalScrollBar().setValue(chance.randrange(view.verticalScrollBar().maximum()))
        middle = QPointF(view.viewport().rect().center())
        wheel = QWheelEvent(
            middle,
            QPointF(view.viewport().mapToGlobal(middle)),
            QPoint(),
            QPoint(0, -WHEEL_DEGREES),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        begun = time.perf_counter()
        application.sendEvent(view.viewport(), wheel)
        view.viewport().repaint()
        paints.append((time.perf_counter() - begun) * 1000)
        application.processEvents()
    print(json.dumps({"paints": paints}), flush=True)
    window.close()
    bridge.stop()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        full(QApplication([]), float(sys.argv[1]), Path(sys.argv[2]))
    else:
        empty(QApplication([]), float(sys.argv[1]))
