"""Bring a list of another program: choose a file, see what would happen, then take it in.

Every file is tried first, and the trial changes nothing. What cannot be used is listed by row with
its reason. While the list is taken in there is a bar, and stopping leaves nothing half done.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListView,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.lists.reading import FORMAT_NAMES
from p2pshare.domain.text import shown

from ..backend import Answer, Backend, ListOutcome, Progress
from ..widgets.plain import PlainLabel, counted, dropped_file, push_button

PROGRAMS: Final = {
    "homebox": "Homebox",
    "snipe-it": "Snipe-IT",
    "lend-engine": "Lend Engine",
    "leihs": "leihs",
}


class ImportLists(QDialog):
    """Takes in a list for whoever acts; begins with ``file``, or asks for one."""

    def __init__(
        self, backend: Backend, file: Path | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._backend = backend
        self._file: Path | None = None
        self._stop: Callable[[], None] | None = None
        self._pending = 0
        self._importing = False
        self._done = False
        self.setWindowTitle(self.tr("Bring a list"))
        self.setMinimumSize(560, 440)
        self.setAcceptDrops(True)
        self.heading = PlainLabel(self.tr("Bring the list of another program"), "heading")
        self.choose = push_button(self.tr("Choose a &file …"))
        self.file_name = PlainLabel("", wrap=True)
        self.form = QComboBox()
        self.form.setAccessibleName(self.tr("From which program the list is"))
        self.form.addItem(self.tr("Recognise it by its columns"), None)
        for name in FORMAT_NAMES:
            self.form.addItem(PROGRAMS.get(name, self.tr("A table of any kind")), name)
        self.summary = PlainLabel("", wrap=True)
        self.details = PlainLabel("", "quiet", wrap=True)
        self.trouble = PlainLabel("", "error", wrap=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("How far the list is read"))
        self.remarks = QStringListModel(self)
        self.rows = QListView()
        self.rows.setObjectName("rows")
        self.rows.setModel(self.remarks)
        self.rows.setAccessibleName(self.tr("Rows that are not taken in"))
        self.rows.setUniformItemSizes(True)
        self.rows.setWordWrap(False)
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.take = push_button("", role="main")
        self.take.setDefault(True)
        self.cancel = push_button(self.tr("Cancel"))
        self._lay_out()
        self.choose.clicked.connect(self._choose)
        self.form.activated.connect(self._try)
        self.take.clicked.connect(self._take)
        self.cancel.clicked.connect(self.reject)
        self._show_nothing()
        if file is not None:
            self.try_file(file)

    def _lay_out(self) -> None:
        chosen = QHBoxLayout()
        chosen.addWidget(self.choose)
        chosen.addWidget(self.file_name, 1)
        read_as = QHBoxLayout()
        read_as.addWidget(self.form)
        read_as.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.heading)
        layout.addLayout(chosen)
        layout.addLayout(read_as)
        for widget in (self.progress, self.summary, self.details, self.trouble):
            layout.addWidget(widget)
        layout.addWidget(self.rows, 20)
        layout.addStretch(1)
        layout.addLayout(buttons)

    # --- choosing -----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file, unless one is being taken in."""
        if dropped_file(event.mimeData()) is not None and not self._importing:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Try the file that was dropped."""
        file = dropped_file(event.mimeData())
        if file is not None and not self._importing:
            event.acceptProposedAction()
            self.try_file(file)

    @Slot()
    def _choose(self) -> None:
        chooser = QFileDialog(self, self.tr("Choose a list"))
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.setNameFilters(
            [self.tr("Lists") + " (*.csv *.tsv *.txt)", self.tr("All files") + " (*)"]
        )
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self._chosen)
        chooser.open()

    @Slot(str)
    def _chosen(self, file: str) -> None:
        self.try_file(Path(file))

    def try_file(self, file: Path) -> None:
        """Say what would become of a file."""
        self._file = file
        self.form.setCurrentIndex(0)
        self._try()

    @Slot()
    def _try(self) -> None:
        if self._file is None:
            return
        self._show_nothing()
        self.file_name.setText(shown(self._file.name))
        self.summary.setText(self.tr("Reading the list; nothing is changed yet …"))
        self._begin(dry_run=True)

    @Slot()
    def _take(self) -> None:
        if self._done:
            self.accept()
            return
        self._importing = True
        self.summary.setText(self.tr("Taking the list in …"))
        for widget in (self.take, self.choose, self.form):
            widget.setEnabled(False)
        self.cancel.setText(self.tr("Stop"))
        self.cancel.setAccessibleName(self.tr("Stop; nothing is taken in then"))
        self._begin(dry_run=False)

    def _begin(self, *, dry_run: bool) -> None:
        file = self._file
        if file is None:
            return
        if self._stop is not None and self._pending:
            self._stop()
        self._pending += 1
        self.progress.setRange(0, 0)
        self.progress.setVisible(True)
        self._stop = self._backend.import_list(
            file,
            self.form.currentData(),
            dry_run,
            self._on_progress,
            self._on_taken if self._importing else self._on_tried,
        )

    def reject(self) -> None:
        """Stop what is under way; what was taken in before stays."""
        if self._stop is not None and self._pending:
            self._stop()
        if self._importing:
            self.cancel.setEnabled(False)  # the answer closes nothing: it says what became of it
            return
        super().reject()

    # --- what becomes of it -------------------------------------------------------------------

    def _on_progress(self, progress: Progress) -> None:
        if self._pending == 1:
            self.progress.setRange(0, max(1, progress.total))
            self.progress.setValue(progress.done)

    def _on_tried(self, answer: Answer) -> None:
        self._pending -= 1
        if self._pending:
            return  # another file or program was chosen meanwhile
        self._show_nothing()
        if answer.error is not None:
            self._show_trouble(answer.error)
            return
        outcome: ListOutcome = answer.value
        news = outcome.imported + outcome.updated
        self.summary.setText(
            self._numbers(outcome, self.tr("would come in"), self.tr("would change"))
        )
        self._show_rows(outcome)
        self.take.setVisible(bool(news))
        self.take.setEnabled(bool(news))
        text = counted(news, self.tr("&Take in 1 listing"), self.tr("&Take in {n} listings"))
        self._name_take(text)
        if news:
            self.take.setFocus()

    def _on_taken(self, answer: Answer) -> None:
        self._pending -= 1
        self._importing = False
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Cancel"))
        for widget in (self.choose, self.form, self.cancel):
            widget.setEnabled(True)
        self._show_nothing()
        if answer.error is not None:
            self._show_trouble(answer.error)
            return
        outcome: ListOutcome = answer.value
        self._done = True
        self.heading.setText(self.tr("Your list is here"))
        self.summary.setText(self._numbers(outcome, self.tr("came in"), self.tr("changed")))
        self._show_rows(outcome)
        self.cancel.setVisible(False)
        for widget in (self.choose, self.form):
            widget.setVisible(False)
        self._name_take(self.tr("&Done"))
        self.take.setVisible(True)
        self.take.setEnabled(True)
        self.take.setFocus()

    def _name_take(self, text: str) -> None:
        self.take.setText(text)
        self.take.setAccessibleName(text.replace("&", ""))

    def _numbers(self, outcome: ListOutcome, came: str, changed: str) -> str:
        program = PROGRAMS.get(outcome.form, self.tr("a table"))
        parts = [f"{outcome.imported:,} {came}"]
        if outcome.updated:
            parts.append(f"{outcome.updated:,} {changed}")
        for count, one, many in (
            (
                outcome.skipped - len(outcome.passed),
                self.tr("1 says nothing new"),
                self.tr("{n} say nothing new"),
            ),
            (len(outcome.passed), self.tr("1 is not offered"), self.tr("{n} are not offered")),
            (len(outcome.rejected), self.tr("1 cannot be used"), self.tr("{n} cannot be used")),
        ):
            if count:
                parts.append(counted(count, one, many))
        if not (outcome.imported or outcome.updated or outcome.rejected or outcome.passed):
            return self.tr("Read as {program}: there is nothing new in this list.").format(
                program=program
            )
        return self.tr("Read as {program}: {what}.").format(program=program, what=", ".join(parts))

    def _show_rows(self, outcome: ListOutcome) -> None:
        remarks = [f"{one[:1].upper()}{one[1:]}." for one in outcome.remarks]
        self.details.setText("\n".join(remarks))
        self.details.setVisible(bool(outcome.remarks))
        wrong, passed = self.tr("Row {row}: {why}"), self.tr("Row {row}, not offered: {why}")
        lines = [
            text.format(row=note.row, why=shown(note.reason))
            for text, notes in ((wrong, outcome.rejected), (passed, outcome.passed))
            for note in notes
        ]
        self.remarks.setStringList(lines)
        self.rows.setVisible(bool(lines))

    def _show_nothing(self) -> None:
        """Nothing is known of the file yet."""
        self.summary.setText(
            ""
            if self._file is not None
            else self.tr(
                "Drop a CSV file here, or choose one. p2pshare reads the lists of Homebox,"
                " Snipe-IT, Lend Engine and leihs, and any table with a column of names. Prices,"
                " serial numbers and borrowers are left out. You see what would happen before"
                " anything does."
            )
        )
        self.summary.setVisible(True)
        self.remarks.setStringList([])
        for widget in (self.progress, self.rows, self.details, self.trouble, self.take):
            widget.setVisible(False)
        self.form.setVisible(self._file is not None)

    def _show_trouble(self, text: str) -> None:
        self.summary.setVisible(False)
        self.trouble.setText(text)
        self.trouble.setVisible(True)
