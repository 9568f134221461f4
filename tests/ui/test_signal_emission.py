"""Qt signals by the ten thousand must not bring Python down (DESIGN section 11).

PySide6 6.12.0 aborts Python 3.11 after about 1,000 emissions, so this runs in a child process.
"""

import subprocess
import sys
from pathlib import Path

EMISSIONS = 20_000
PROGRAM = f"""
import sys
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot


class Emitter(QObject):
    changed = Signal(bool)
    arrived = Signal(object)


class Receiver(QObject):
    def __init__(self):
        super().__init__()
        self.flags = 0
        self.events = 0

    @Slot(bool)
    def count_flag(self, flag):
        self.flags += flag is True

    @Slot(object)
    def count_event(self, event):
        self.events += event == ("event", 1)


application = QCoreApplication(sys.argv)
emitter, receiver = Emitter(), Receiver()
emitter.changed.connect(receiver.count_flag)
emitter.arrived.connect(receiver.count_event)
for _ in range({EMISSIONS}):
    emitter.changed.emit(True)
    emitter.arrived.emit(("event", 1))
application.processEvents()
print(receiver.flags, receiver.events)
"""


def test_twenty_thousand_signals(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PROGRAM],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [str(EMISSIONS), str(EMISSIONS)]
