"""Windows of tests: dressed as the real one, on a fake node."""

from collections.abc import Callable, Iterator

import pytest
from fake_backend import FakeBackend
from p2pshare.ui import theme
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def _dressed(request: pytest.FixtureRequest) -> None:
    """The style of the window, once the test has an application."""
    if "qtbot" not in request.fixturenames:
        return
    application = request.getfixturevalue("qapp")
    assert isinstance(application, QApplication)
    if not application.styleSheet():
        application.setStyle("Fusion")
        application.setPalette(theme.palette(theme.LIGHT))
        application.setStyleSheet(theme.style_sheet(theme.LIGHT))


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[[FakeBackend], MainWindow]]:
    """Shows the window on a fake node and waits until it has the keyboard."""
    opened = []

    def open_on(backend: FakeBackend) -> MainWindow:
        window = MainWindow(backend)
        qtbot.addWidget(window)
        opened.append(window)
        with qtbot.waitActive(window):
            window.show()
        window.ready(backend.identity)
        backend.deliver()
        return window

    yield open_on
    for window in opened:
        window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(backend: FakeBackend, open_window: Callable[[FakeBackend], MainWindow]) -> MainWindow:
    return open_window(backend)


@pytest.fixture
def dialog_of() -> Callable[[MainWindow], QDialog]:
    """The dialog that is open, and it must be one."""

    def find(window: MainWindow) -> QDialog:
        (dialog,) = [one for one in window.findChildren(QDialog) if one.isVisible()]
        return dialog

    return find
