"""Ctrl+C in the terminal, and being asked to end, close the window in order.

Python runs its handlers of signals only between Python instructions, and Qt's event loop is none:
the signal wakes the loop through a socket (signal.set_wakeup_fd), and Qt quits as by its window.
"""

import signal
import socket
from types import FrameType

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, Slot


class Interrupts(QObject):
    """Quits ``application`` at SIGINT and SIGTERM, for as long as it lives."""

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__(application)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        signal.set_wakeup_fd(self._writing.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _nothing)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._quit)

    def end(self) -> None:
        """Give the signals back: the next one ends the program as any other."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._notifier.setEnabled(False)
        self._reading.close()
        self._writing.close()

    @Slot()
    def _quit(self) -> None:
        self._reading.recv(64)
        QCoreApplication.quit()


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """What is to be done follows from the socket."""
