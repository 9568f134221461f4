"""Loans: what I borrow and lend, whose turn it is, and one main button for what comes next.

Which moves there are comes from the table of ``domain.loan``; this page only chooses which of
them is the main one. Nothing changes after a click: the page waits for the event. Knows no other
page.
"""

from typing import Any, Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from p2pshare.domain.agreement import AGREEMENTS, open_rows
from p2pshare.domain.agreement_table import Row
from p2pshare.domain.commands import MoveLoan
from p2pshare.domain.days import day_of
from p2pshare.domain.text import shown
from p2pshare.domain.views import AgreementView
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend
from ..widgets.plain import PlainLabel, push_button

REFRESH_MS: Final = 100

SECOND_THOUGHTS: Final = frozenset({"decline", "cancel", "lost", "dispute"})
"""Moves that are never the main button."""


class LoansPage(QWidget):
    """The page; ``failed`` carries one line that says what to do."""

    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("Loans"))
        self._backend = backend
        self.cards: list[LoanCard] = []
        self.empty = PlainLabel(
            self.tr(
                "No loans yet.\nFind something under Browse and borrow it, or wait until a"
                " neighbour asks for something of yours."
            ),
            "quiet",
            wrap=True,
        )
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(10)
        self._list.addWidget(self.empty)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName(self.tr("Your loans"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.addWidget(PlainLabel(self.tr("Borrowed and lent"), "title"))
        layout.addWidget(scroll, 1)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read the loans anew."""
        identity = self._backend.identity
        if identity is None:
            return
        now_ms, person = self._backend.now_ms(), identity.person
        self._backend.ask(
            lambda queries: queries.agreements(now_ms, persons=[person]), self._on_loans
        )

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Refresh soon if a loan or a name has changed."""
        if any(
            isinstance(event, EventsMissed)
            or (isinstance(event, RowChanged) and event.about in ("agreement", "person", "busy"))
            for event in events
        ):
            self._timer.start()

    def _on_loans(self, answer: Answer) -> None:
        identity = self._backend.identity
        if answer.error is not None or identity is None:
            self.failed.emit(answer.error or "")
            return
        focused = next((card.loan for card in self.cards if card.holds_focus()), None)
        for card in self.cards:
            self._list.removeWidget(card)
            card.deleteLater()
        self.cards = []
        for place, view in enumerate(_sorted(answer.value, identity.person)):
            card = LoanCard(view, identity.person, self._backend.now_ms(), self)
            card.chosen.connect(self._move)
            self._list.insertWidget(place, card)
            self.cards.append(card)
            if view.agreement == focused:
                card.main.setFocus()
        self.empty.setVisible(not self.cards)

    @Slot(str, str)
    def _move(self, loan: str, move: str) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        command = MoveLoan(
            person=bytes.fromhex(identity.person), loan=bytes.fromhex(loan), move=move
        )
        for card in self.cards:
            if card.loan == loan:
                card.setEnabled(False)
        self._backend.submit(command, self._on_moved)

    def _on_moved(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
        self.refresh()


class LoanCard(QFrame):
    """One loan; ``chosen`` carries its id and the move."""

    chosen = Signal(str, str)

    def __init__(self, view: AgreementView, person: str, now_ms: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.loan = view.agreement
        self.setProperty("role", "card")
        self.rows = moves_of(view, person, now_ms)
        lending = view.owner == person
        other = shown(view.asker_name if lending else view.owner_name) or self.tr("somebody")
        title = PlainLabel(shown(view.title), "heading", wrap=True)
        if lending:
            who = self.tr("lent to {name}").format(name=other)
        else:
            who = self.tr("borrowed from {name}").format(name=other)
        days = self.tr("{first} to {last}").format(first=view.from_day, last=view.until_day)
        self.words = PlainLabel(f"{who} · {days}", "quiet", wrap=True)
        self.state = PlainLabel(state_sentence(view, person, now_ms, self), wrap=True)
        if view.overdue or view.conflict or view.state == "disputed":
            self.state.setProperty("role", "error")
        self.setAccessibleName(f"{title.text()}, {who}, {self.state.text()}")
        self.main = push_button("", role="main")
        self.more = push_button(self.tr("More …"), name=self.tr("Other things to do"))
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

    def holds_focus(self) -> bool:
        """Whether the keyboard is on one of its buttons."""
        return self.main.hasFocus() or self.more.hasFocus()

    def _fill_buttons(self, title: str) -> None:
        main = main_move(self.rows)
        self.main.setVisible(main is not None)
        if main is not None:
            self.main.setText(main.label)
            self.main.setAccessibleName(f"{main.label}: {title}")
            self.main.setProperty("move", main.move)
            self.main.clicked.connect(self._main_clicked)
        others = [row for row in self.rows if row is not main]
        self.more.setVisible(bool(others))
        menu = QMenu(self)
        for row in others:
            action = menu.addAction(row.label)
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
    """The moves that ``person`` (hex) can make now, one row for each."""
    table = AGREEMENTS[view.kind]
    role = table.roles[0] if view.asker == person else table.roles[1]
    signed = frozenset(one.move for one in view.signed_by if one.person == person)
    rows = open_rows(
        table, role, view.underlying_state, signed, now_ms, view.due_at_ms, view.closed_ms
    )
    return tuple({row.move: row for row in rows}.values())


def main_move(rows: tuple[Row, ...]) -> Row | None:
    """What most people want to do next, or None if it is the other's turn."""
    return next((row for row in rows if row.move not in SECOND_THOUGHTS), None)


def state_sentence(view: AgreementView, person: str, now_ms: int, page: QWidget) -> str:
    """Where a loan stands and whose turn it is, in one sentence."""
    lending = view.owner == person
    other = shown(view.asker_name if lending else view.owner_name) or page.tr("the other")
    if view.conflict:
        return page.tr("Promised to more than one person on these days; talk to each other.")
    if view.overdue:
        due = day_of(view.due_at_ms or 0, 0)
        return page.tr("Overdue since {day}.").format(day=due)
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
    }
    if view.state == "disputed":
        return page.tr("Disputed: talk to each other.")
    if view.state == "cancelled":
        return page.tr("Cancelled.")
    return sentences.get((view.state, lending), view.state).format(name=other)


def _sorted(views: list[AgreementView], person: str) -> list[AgreementView]:
    """Those that are under way first, the others below."""
    done = {"closed", "declined", "cancelled"}
    return sorted(views, key=lambda view: view.state in done)
