"""One loan as a card: where it stands, whose turn it is, one main button and the other moves.

Which moves there are comes from the table of the agreement; here is only decided which of them is
the main one, and how it is said.
"""

from typing import Any, Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from p2pshare.domain.agreement_table import Row
from p2pshare.domain.view_moves import rows_now
from p2pshare.domain.views import AgreementView

from ..backend import Backend
from .plain import PlainLabel, brief, push_button

SECOND_THOUGHTS: Final = frozenset({"decline", "cancel", "refuse", "lost", "dispute"})
"""Moves that are never the main button."""

NOT_LENT: Final = frozenset({"requested", "accepted", "declined", "cancelled"})
"""States in which nothing has been handed over."""


MOVE_LABELS: Final = (
    QT_TRANSLATE_NOOP("Moves", "Borrow"),
    QT_TRANSLATE_NOOP("Moves", "Lend"),
    QT_TRANSLATE_NOOP("Moves", "Decline"),
    QT_TRANSLATE_NOOP("Moves", "Cancel"),
    QT_TRANSLATE_NOOP("Moves", "Hand over"),
    QT_TRANSLATE_NOOP("Moves", "Received it"),
    QT_TRANSLATE_NOOP("Moves", "Give back"),
    QT_TRANSLATE_NOOP("Moves", "Got it back"),
    QT_TRANSLATE_NOOP("Moves", "It is lost"),
    QT_TRANSLATE_NOOP("Moves", "Not longer"),
    QT_TRANSLATE_NOOP("Moves", "Dispute"),
)
"""The labels of the loan's table that stand on buttons, for translators (a test compares)."""


def label_of(row: Row) -> str:
    """The label of a move in the language of the window."""
    return QCoreApplication.translate("Moves", row.label)


class LoanCard(QFrame):
    """One loan; ``chosen`` carries its id and the move."""

    chosen = Signal(str, str)

    def __init__(self, view: AgreementView, person: str, backend: Backend, parent: QWidget) -> None:
        super().__init__(parent)
        self.loan = view.agreement
        self._view = view
        self._person = person
        self.setProperty("role", "card")
        self.rows = moves_of(view, person, backend.now_ms())
        lending = view.owner == person
        other = brief(view.asker_name if lending else view.owner_name) or self.tr("somebody")
        title = PlainLabel(brief(view.title), "heading", wrap=True)
        who = self._who(lending).format(name=other)
        days = self.tr("{first} to {last}").format(first=view.from_day, last=view.until_day)
        parts = [who, days]
        if view.quantity > 1:
            parts.append(self.tr("{n} pieces").format(n=view.quantity))
        self.words = PlainLabel(" · ".join(parts), "quiet", wrap=True)
        self.state = PlainLabel(state_sentence(view, person, backend, self), wrap=True)
        if view.overdue or view.conflict or view.state == "disputed":
            self.state.setProperty("role", "error")
        self.setAccessibleName(f"{title.text()}, {who}, {self.state.text()}")
        self.main = push_button("", role="main")
        self.more = push_button(self.tr("More …"), role="menu")
        buttons = QHBoxLayout()
        buttons.addWidget(self.main)
        buttons.addWidget(self.more)
        self._fill_buttons(title.text())
        texts = QVBoxLayout()
        texts.setSpacing(3)
        for label in (title, self.words, self.state):
            texts.addWidget(label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.addLayout(texts, 1)
        layout.addLayout(buttons)

    def _who(self, lending: bool) -> str:
        """For whom or from whom, in words that are true already."""
        if self._view.underlying_state in NOT_LENT:
            return self.tr("for {name}") if lending else self.tr("from {name}")
        return self.tr("lent to {name}") if lending else self.tr("borrowed from {name}")

    def holds_focus(self) -> bool:
        """Whether the keyboard is on one of its buttons."""
        return self.main.hasFocus() or self.more.hasFocus()

    def take_focus(self) -> None:
        """Put the keyboard on the main button, or the other one."""
        button = self.more if self.main.isHidden() else self.main
        button.setFocus()

    def shows(self, view: AgreementView, person: str, now_ms: int) -> bool:
        """Whether it would look the same for this."""
        same = view == self._view and person == self._person
        return same and self.rows == moves_of(view, person, now_ms)

    def _fill_buttons(self, title: str) -> None:
        main = main_move(self.rows, self._view.underlying_state)
        self.main.setVisible(main is not None)
        if main is not None:
            label = label_of(main)
            if self._view.underlying_state in main.joins:
                label = self.tr("Confirm: {move}").format(move=label)
            self.main.setText(label)
            self.main.setAccessibleName(f"{label}: {title}")
            self.main.setProperty("move", main.move)
            self.main.clicked.connect(self._main_clicked)
        self.more.setAccessibleName(self.tr("Other things to do: {title}").format(title=title))
        others = [row for row in self.rows if row is not main]
        self.more.setVisible(bool(others))
        menu = QMenu(self)
        for row in others:
            action = menu.addAction(label_of(row))
            action.setData(row.move)
        menu.triggered.connect(self._menu_chosen)
        self.more.setMenu(menu)

    @Slot()
    def _main_clicked(self) -> None:
        self.chosen.emit(self.loan, self.main.property("move"))

    @Slot(object)
    def _menu_chosen(self, action: Any) -> None:
        self.chosen.emit(self.loan, action.data())


def moves_of(view: AgreementView, person: str, now_ms: int) -> tuple[Row, ...]:
    """The moves that ``person`` (hex) can make now by a button, one row for each."""
    rows = rows_now(view, person, now_ms)
    return tuple({row.move: row for row in rows if row.by_button}.values())


def main_move(rows: tuple[Row, ...], underlying: str) -> Row | None:
    """What most people want to do next, or None if it is the other's turn.

    What leads on comes before what only confirms the other's word.
    """
    wanted = [row for row in rows if row.move not in SECOND_THOUGHTS]
    leading = [row for row in wanted if underlying in row.from_states]
    return next(iter(leading or wanted), None)


def state_sentence(view: AgreementView, person: str, backend: Backend, page: QWidget) -> str:
    """Where a loan stands and whose turn it is, in one sentence."""
    lending = view.owner == person
    other = brief(view.asker_name if lending else view.owner_name) or page.tr("the other")
    if view.conflict:
        return page.tr("Promised to more than one person on these days; talk to each other.")
    if view.overdue:
        due = backend.day(view.due_at_ms or 0)
        return page.tr("Overdue since {day}.").format(day=due)
    if view.asked_until is not None:
        day = view.asked_until[:10]
        if lending:
            return page.tr("{name} would like to keep it until {day}.").format(name=other, day=day)
        return page.tr("You asked to keep it until {day}.").format(day=day)
    sentences = {
        ("requested", True): page.tr("{name} asks for it. Your turn."),
        ("requested", False): page.tr("Asked; waiting for {name}."),
        ("accepted", True): page.tr("Promised. Hand it over when {name} comes."),
        ("accepted", False): page.tr("{name} said yes. Fetch it and say that you have it."),
        ("checked_out", True): page.tr("It is with {name}."),
        ("checked_out", False): page.tr("You have it. Give it back when you are done."),
        ("returned", True): page.tr("{name} gave it back. Confirm that you have it."),
        ("returned", False): page.tr("Given back; {name} has still to confirm."),
        ("closed", True): page.tr("Back home. Thank you for sharing."),
        ("closed", False): page.tr("Given back and done."),
        ("declined", True): page.tr("You said no."),
        ("declined", False): page.tr("{name} said no this time."),
        ("lost", True): page.tr("Reported as lost."),
        ("lost", False): page.tr("Reported as lost."),
        ("settled", True): page.tr("Settled between the two of you."),
        ("settled", False): page.tr("Settled between the two of you."),
    }
    if view.state == "disputed":
        return page.tr("Disputed: talk to each other.")
    if view.state == "cancelled":
        return page.tr("Cancelled.")
    return sentences.get((view.state, lending), view.state).format(name=other)
