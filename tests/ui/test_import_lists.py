"""Lists of other programs: tried first, then taken in, with how far it is, and stopped whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_backend import FakeBackend
from p2pshare.ui.backend import ListOutcome, Progress, RowNote
from p2pshare.ui.bridge import Bridge
from p2pshare.ui.dialogs.import_lists import PROGRAMS, ImportLists
from p2pshare.ui.window import MainWindow
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from real_node import WAIT_MS, Asked, started_bridge

from p2pshare.domain.commands import AddPerson
from p2pshare.domain.lists.reading import FORMAT_NAMES

FindDialog = Callable[[MainWindow], QDialog]

FILE = Path("/home/ada/things.csv")
BOTH = ListOutcome(
    form="homebox",
    imported=1200,
    updated=3,
    skipped=6,
    passed=(RowNote(7, "it is archived"),),
    rejected=(RowNote(4, "it has no name"), RowNote(9, "<b>many</b>\u202e is not a whole number")),
    remarks=("unknown columns, not taken over: price",),
)
NOTHING_NEW = ListOutcome("csv", 0, 0, 12, (), (), ())


@pytest.fixture
def dialog(window: MainWindow, dialog_of: FindDialog) -> ImportLists:
    window.navigation.setCurrentRow(1)
    window.shelf.bring_button.click()
    found = dialog_of(window)
    assert isinstance(found, ImportLists)
    return found


@pytest.fixture
def tried(dialog: ImportLists, backend: FakeBackend) -> ImportLists:
    dialog.try_file(FILE)
    backend.accept(BOTH)
    return dialog


def lines(dialog: ImportLists) -> list[str]:
    return dialog.remarks.stringList()


def test_a_chosen_file_is_tried_first(dialog: ImportLists, backend: FakeBackend) -> None:
    assert not dialog.take.isVisible()
    dialog.choose.click()
    (chooser,) = dialog.findChildren(QFileDialog)
    chooser.fileSelected.emit(str(FILE))
    chooser.close()
    assert backend.imports == [(FILE, None, True)]
    assert dialog.file_name.text() == "things.csv"
    assert dialog.progress.isVisible()
    assert not dialog.take.isVisible()


def test_what_would_happen_is_said(tried: ImportLists) -> None:
    assert tried.summary.text() == (
        "Read as Homebox: 1,200 would come in, 3 would change, 5 say nothing new,"
        " 1 is not offered, 2 cannot be used."
    )
    assert tried.details.text() == "Unknown columns, not taken over: price."
    assert lines(tried) == [
        "Row 4: it has no name",
        "Row 9: <b>many</b>\\u{202e} is not a whole number",
        "Row 7, not offered: it is archived",
    ]
    assert tried.take.text() == "&Take in 1,203 listings"
    assert tried.take.hasFocus()
    assert not tried.progress.isVisible()


def test_cancelling_before_it_begins_takes_nothing_in(
    tried: ImportLists, backend: FakeBackend
) -> None:
    tried.cancel.click()
    assert not tried.isVisible()
    assert [dry_run for _, _, dry_run in backend.imports] == [True]


def test_cancelling_the_trial_stops_it(dialog: ImportLists, backend: FakeBackend) -> None:
    dialog.try_file(FILE)
    dialog.cancel.click()
    assert backend.stopped == 1
    assert not dialog.isVisible()


def test_the_list_is_taken_in_with_a_bar(
    tried: ImportLists, backend: FakeBackend, qtbot: QtBot
) -> None:
    qtbot.keyClick(tried.take, Qt.Key.Key_Space)
    assert backend.imports[-1] == (FILE, None, False)
    assert not tried.take.isEnabled()
    backend.progressed[-1](Progress(300, 1200))
    assert (tried.progress.value(), tried.progress.maximum()) == (300, 1200)
    assert tried.progress.isVisible()
    backend.accept(BOTH)
    assert tried.heading.text() == "Your list is here"
    assert tried.summary.text().startswith("Read as Homebox: 1,200 came in, 3 changed, ")
    assert len(lines(tried)) == 3
    assert tried.take.text() == "&Done"
    assert not tried.cancel.isVisible()
    tried.take.click()
    assert not tried.isVisible()


@pytest.mark.parametrize("how", ["button", "escape"])
def test_stopping_waits_for_what_became_of_it(
    tried: ImportLists, backend: FakeBackend, qtbot: QtBot, how: str
) -> None:
    tried.take.click()
    assert tried.cancel.text() == "Stop"
    if how == "button":
        tried.cancel.click()
    else:
        qtbot.keyClick(tried, Qt.Key.Key_Escape)
    assert backend.stopped == 1
    assert tried.isVisible()
    backend.refuse("stopped; nothing was taken in")
    assert tried.trouble.text() == "stopped; nothing was taken in"
    assert tried.cancel.text() == "Cancel"
    assert tried.choose.isEnabled()
    tried.cancel.click()
    assert not tried.isVisible()


def test_nothing_new_has_nothing_to_take_in(dialog: ImportLists, backend: FakeBackend) -> None:
    dialog.try_file(FILE)
    backend.accept(NOTHING_NEW)
    assert dialog.summary.text() == "Read as a table: there is nothing new in this list."
    assert not dialog.take.isVisible()
    assert not dialog.rows.isVisible()


def test_why_it_cannot_be_read_is_said_and_another_file_helps(
    dialog: ImportLists, backend: FakeBackend
) -> None:
    dialog.try_file(FILE)
    backend.refuse("the file is empty")
    assert dialog.trouble.text() == "the file is empty"
    assert not dialog.take.isVisible()
    dialog.try_file(Path("/other.csv"))
    backend.accept(BOTH)
    assert not dialog.trouble.isVisible()
    assert dialog.take.isVisible()


def test_another_program_is_tried_anew(tried: ImportLists, backend: FakeBackend) -> None:
    tried.form.setCurrentIndex(tried.form.findData("leihs"))
    tried.form.activated.emit(tried.form.currentIndex())
    assert backend.imports[-1] == (FILE, "leihs", True)
    assert not tried.take.isVisible()


def test_an_answer_about_an_earlier_file_is_not_taken_for_this_one(
    dialog: ImportLists, backend: FakeBackend
) -> None:
    dialog.try_file(FILE)
    dialog.try_file(Path("/other.csv"))
    assert backend.stopped == 1
    backend.accept(BOTH)
    assert not dialog.take.isVisible()
    backend.accept(NOTHING_NEW)
    assert "nothing new" in dialog.summary.text()


def test_every_program_has_a_name(dialog: ImportLists) -> None:
    assert {*FORMAT_NAMES} - {*PROGRAMS} == {"csv"}
    assert dialog.form.count() == len(FORMAT_NAMES) + 1


def drop(widget: QWidget, *files: Path) -> bool:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), action, mime, button, none)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(9, 9), action, mime, button, none))
    return enter.isAccepted()


def test_a_file_is_dropped_on_the_page(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog
) -> None:
    window.navigation.setCurrentRow(1)
    assert not drop(window.shelf, FILE, Path("/other.csv"))
    assert drop(window.shelf, FILE)
    assert isinstance(dialog_of(window), ImportLists)
    assert backend.imports == [(FILE, None, True)]


def test_a_file_is_dropped_on_the_dialog_unless_one_is_taken_in(
    dialog: ImportLists, backend: FakeBackend
) -> None:
    assert drop(dialog, FILE)
    backend.accept(BOTH)
    dialog.take.click()
    assert not drop(dialog, FILE)
    backend.accept(BOTH)
    assert [dry_run for _, _, dry_run in backend.imports] == [True, False]


# --- a real node ----------------------------------------------------------------------------------


class Telling(Asked):
    """Takes an answer and how far it is."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.progress: list[Progress] = []

    def progressed(self, progress: Progress) -> None:
        self.progress.append(progress)


def ada(bridge: Bridge, asked: Asked, qtbot: QtBot) -> None:
    bridge.submit(AddPerson(name="Ada"), asked.answered)
    asked.value()
    qtbot.waitUntil(lambda: bridge.identity is not None, timeout=WAIT_MS)


def count(bridge: Bridge, asked: Asked) -> int:
    today = bridge.today()
    bridge.ask(lambda queries: queries.count_listings(today), asked.answered)
    number = asked.value()
    assert isinstance(number, int)
    return number


def test_a_list_is_tried_taken_in_and_known_again(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "things.csv"
    rows = [f"Thing {number},good,{number}" for number in range(1, 251)]
    file.write_text("\n".join(["name,description,quantity", *rows, "Saw,sharp,many"]))
    bridge = started_bridge(tmp_path / "ada", qtbot)
    asked = Telling(qtbot)
    try:
        ada(bridge, asked, qtbot)
        bridge.import_list(file, None, True, asked.progressed, asked.answered)
        tried = asked.value()
        assert (tried.form, tried.imported, tried.skipped) == ("csv", 250, 0)
        assert [note.row for note in tried.rejected] == [252]
        assert count(bridge, asked) == 0
        asked.progress.clear()
        bridge.import_list(file, None, False, asked.progressed, asked.answered)
        assert asked.value() == tried
        assert asked.progress[-1] == Progress(250, 250)
        assert len(asked.progress) > 2
        assert count(bridge, asked) == 250
        bridge.import_list(file, None, False, asked.progressed, asked.answered)
        assert (asked.value().imported, count(bridge, asked)) == (0, 250)
        bridge.import_list(tmp_path, None, True, asked.progressed, asked.answered)
        assert "is not a file" in str(asked.answer().error)
    finally:
        bridge.stop()


def test_stopping_leaves_nothing_behind(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "things.csv"
    file.write_text("\n".join(["name", *(f"Thing {number}" for number in range(2000))]))
    bridge = started_bridge(tmp_path / "ada", qtbot)
    asked = Telling(qtbot)
    try:
        ada(bridge, asked, qtbot)
        stop = bridge.import_list(file, None, False, asked.progressed, asked.answered)
        stop()
        assert asked.answer().error == "stopped; nothing was taken in"
        assert count(bridge, asked) == 0
    finally:
        bridge.stop()
