"""A child of test_two_windows: the real program, driven by lines of JSON on standard input.

Each line says what a person does ({"do": "click", "what": name}) or what they wait to see
({"do": "see", "text": ...}); each is answered by one line. Clicks and keys are events on the real
widgets, found by what a person or a screen reader finds them by. Arguments are the program's.
"""

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

from p2pshare.ui import app
from PySide6.QtCore import QAbstractItemModel, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QMainWindow,
    QWidget,
)

DEADLINE_MS = 20_000
LOOK_AGAIN_MS = 20


class Missing(LookupError):
    """What is to be clicked is not there yet."""


class Driver(QObject):
    """Does on the Qt thread what arrives on standard input."""

    arrived = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._step: dict[str, Any] = {}
        self._left = 0
        self._timer: QTimer | None = None

    @Slot(str)
    def take(self, line: str) -> None:
        """Begin a step."""
        self._step, self._left = json.loads(line), DEADLINE_MS // LOOK_AGAIN_MS
        if self._timer is None:
            self._timer = QTimer(self, interval=LOOK_AGAIN_MS)
            self._timer.timeout.connect(self.try_step)
        self._timer.start()

    @Slot()
    def try_step(self) -> None:
        """Do it once what it needs is there; say what is there instead if that never comes."""
        assert self._timer is not None
        self._left -= 1
        try:
            act(self._step)
        except Missing:
            if self._left > 0:
                return
            answer: dict[str, Any] = {"ok": False, "there": sorted(set(texts()))}
        else:
            answer = {"ok": True}
        self._timer.stop()
        print(json.dumps(answer), flush=True)


def act(step: dict[str, Any]) -> None:
    """One step; Missing if it is not possible yet."""
    match step:
        case {"do": "click", "what": str(name)}:
            QTest.mouseClick(control(name), Qt.MouseButton.LeftButton)
        case {"do": "press", "what": str(name)}:
            control(name).setFocus()
            QTest.keyClick(control(name), Qt.Key.Key_Space)
        case {"do": "row", "what": str(name)}:
            click_row(name)
        case {"do": "type", "what": str(name), "text": str(text)}:
            field = control(name)
            field.setFocus()
            QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            QTest.keyClicks(field, text)
        case {"do": "return"}:
            QTest.keyClick(focused(), Qt.Key.Key_Return)
        case {"do": "alt", "number": int(number)}:
            QTest.keyClick(focused(), Qt.Key.Key_0 + number, Qt.KeyboardModifier.AltModifier)
        case {"do": "see", "text": str(text)}:
            need(any(text in one for one in texts()))
        case {"do": "close"}:
            top().close()
        case _:
            raise ValueError(step)


def need(found: Any) -> Any:
    """``found``, if it is something."""
    if not found:
        raise Missing
    return found


def top() -> QWidget:
    """What has the keyboard: the open dialog, or the window."""
    dialog = QApplication.activeModalWidget()
    windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMainWindow)]
    return dialog or need(windows and windows[0])


def focused() -> QWidget:
    """What keys go to. Two windows share one keyboard: the one that is used takes it first."""
    if QApplication.activeWindow() is not top():
        top().activateWindow()
        raise Missing
    return need(QApplication.focusWidget())


def visible() -> Iterator[QWidget]:
    return (one for one in top().findChildren(QWidget) if one.isVisible())


def control(name: str) -> QWidget:
    """The control of this name that can be used now."""
    found = [
        one
        for one in visible()
        if one.isEnabled()
        and not isinstance(one, QLabel)
        and name in (one.accessibleName(), getattr(one, "text", str)())
    ]
    return need(found and found[0])


def rows() -> Iterator[tuple[QAbstractItemView, QAbstractItemModel, int, str]]:
    for view in visible():
        if isinstance(view, QAbstractItemView) and not isinstance(view.parentWidget(), QComboBox):
            model = view.model()
            for row in range(model.rowCount()):
                yield view, model, row, str(model.index(row, 0).data())


def click_row(name: str) -> None:
    view, model, row, _ = need(next((one for one in rows() if one[3] == name), None))
    place: QPoint = view.visualRect(model.index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def texts() -> Iterator[str]:
    """All that can be read now."""
    for one in visible():
        if isinstance(one, QLabel | QAbstractButton):
            yield one.text()
    for *_, text in rows():
        yield text


def read_lines() -> None:
    """On a thread of its own: hand each line to the driver, on the Qt thread."""
    driver: Driver | None = None
    for line in sys.stdin:
        application = QApplication.instance()
        while application is None:
            application = QApplication.instance()
        if driver is None:
            driver = Driver()
            driver.moveToThread(application.thread())
            driver.arrived.connect(driver.take, Qt.ConnectionType.QueuedConnection)
        driver.arrived.emit(line)


if __name__ == "__main__":
    threading.Thread(target=read_lines, daemon=True).start()
    sys.exit(app.main(sys.argv[1:]))
