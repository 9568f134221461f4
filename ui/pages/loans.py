"""Loans: what I borrow and lend, whose turn it is, and one main button for what comes next.

What a loan looks like is ``ui.widgets.loan_card``. Nothing changes after a click: the page waits
for the event. Cards of loans that did not change stay as they are, and new ones are made a few at
a time, so that hundreds of loans do not hold up the window. Knows no other page.
"""

from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from p2pshare.domain.commands import MoveAgreement
from p2pshare.domain.loan import LOAN
from p2pshare.domain.views import AgreementView
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend
from ..widgets.loan_card import LoanCard, main_move, moves_of
from ..widgets.plain import PlainLabel, counted, push_button

REFRESH_MS: Final = 100
CARDS_AT_ONCE: Final = 6
DONE_SHOWN: Final = 20
DONE: Final = frozenset({"closed", "declined", "cancelled", "lost"})
"""Loans that are over: below the others, and the older ones only when asked for."""


class LoansPage(QWidget):
    """The page; ``failed`` carries one line that says what to do."""

    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("Loans"))
        self._backend = backend
        self._views: list[AgreementView] = []
        self._focused: str | None = None
        self._show_all = False
        self.cards: list[LoanCard] = []
        self.empty = PlainLabel(
            self.tr(
                "No loans yet.\nFind something under Browse and borrow it, or wait until a"
                " neighbour asks for something of yours."
            ),
            "quiet",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.empty.setContentsMargins(0, 180, 0, 0)
        self.older = push_button("")
        self.older.setVisible(False)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(10)
        self._list.addWidget(self.empty)
        self._list.addWidget(self.older)
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
        self._building = QTimer(self, singleShot=True, interval=0)
        self._building.timeout.connect(self._build)
        self.older.clicked.connect(self._show_older)
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
            lambda queries: queries.agreements(now_ms, kind=LOAN.kind, persons=[person]),
            self._on_loans,
        )

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Refresh soon if a loan or a name has changed."""
        if not self._timer.isActive() and any(
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
        now_ms = self._backend.now_ms()
        self._views = _sorted(answer.value, identity.person, now_ms)
        views = {view.agreement: view for view in self._views}
        kept = []
        for card in self.cards:
            view = views.get(card.loan)
            if view is not None and card.shows(view, identity.person, now_ms):
                card.setEnabled(True)
                kept.append(card)
            else:
                if card.holds_focus():
                    self._focused = card.loan
                self._list.removeWidget(card)
                card.hide()
                card.deleteLater()
        self.cards = kept
        self.empty.setVisible(not self._views)
        self._build()

    @Slot()
    def _build(self) -> None:
        """Put the cards in order and make some of those that are missing; the rest follows soon."""
        identity = self._backend.identity
        if identity is None:
            return
        wanted = self._wanted()
        here = {card.loan: card for card in self.cards}
        missing = [view for view in wanted if view.agreement not in here]
        for view in missing[:CARDS_AT_ONCE]:
            card = LoanCard(view, identity.person, self._backend, self)
            card.chosen.connect(self._move)
            here[view.agreement] = card
        self.cards = [here[view.agreement] for view in wanted if view.agreement in here]
        for place, card in enumerate(self.cards):
            if self._list.indexOf(card) != place:
                self._list.removeWidget(card)
                self._list.insertWidget(place, card)
            if card.loan == self._focused:
                self._focused = None
                card.take_focus()
        if len(missing) > CARDS_AT_ONCE:
            self._building.start()

    def _wanted(self) -> list[AgreementView]:
        """What is to be shown: all that is under way, and the newest of what is over."""
        over = sum(view.state in DONE for view in self._views)
        hidden = 0 if self._show_all else max(0, over - DONE_SHOWN)
        self.older.setVisible(hidden > 0)
        self.older.setText(
            counted(hidden, self.tr("Show 1 older loan"), self.tr("Show {n} older loans"))
        )
        return self._views[: len(self._views) - hidden]

    @Slot()
    def _show_older(self) -> None:
        self._show_all = True
        self._build()

    @Slot(str, str)
    def _move(self, loan: str, move: str) -> None:
        identity = self._backend.identity
        if identity is None:
            return
        command = MoveAgreement(
            person=bytes.fromhex(identity.person), agreement=bytes.fromhex(loan), move=move
        )
        for card in self.cards:
            if card.loan == loan:
                self._focused = loan if card.holds_focus() else None
                card.setEnabled(False)
        self._backend.submit(command, self._on_moved)

    def _on_moved(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
        self.refresh()


def _sorted(views: list[AgreementView], person: str, now_ms: int) -> list[AgreementView]:
    """Those in which it is one's turn first, those that are over last; else as they came."""

    def rank(view: AgreementView) -> int:
        if view.state in DONE:
            return 2
        return int(main_move(moves_of(view, person, now_ms), view.underlying_state) is None)

    return sorted(views, key=rank)
