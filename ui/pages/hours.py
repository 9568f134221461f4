"""Hours: what I have, and a word on how it works. Paying begins at a person, under People.

Knows no other page.
"""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from p2pshare.domain.hours import format_minutes
from p2pshare.domain.views import BalanceView
from p2pshare.node.events import EventsMissed, NodeEvent, RowChanged

from ..backend import Answer, Backend
from ..widgets.plain import PlainLabel

REFRESH_MS = 100


class HoursPage(QWidget):
    """The page; ``failed`` carries one line that says what to do."""

    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("Hours"))
        self._backend = backend
        self.balance = PlainLabel("", "title")
        self.balance.setAccessibleName(self.tr("Your hours"))
        self.meaning = PlainLabel("", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(PlainLabel(self.tr("Hours"), "title"))
        layout.addWidget(self.balance)
        layout.addWidget(self.meaning)
        layout.addWidget(
            PlainLabel(
                self.tr(
                    "An hour given is an hour received: whoever teaches you or helps you gets your"
                    " hours, and all hours together are always zero. To give hours, open People"
                    " and choose somebody."
                ),
                "quiet",
                wrap=True,
            )
        )
        layout.addStretch(1)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read the balance anew."""
        identity = self._backend.identity
        if identity is not None:
            person = identity.person
            self._backend.ask(lambda queries: queries.accounts.balances(person), self._on_balances)

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Refresh soon if hours were paid."""
        if any(
            isinstance(event, EventsMissed)
            or (isinstance(event, RowChanged) and event.about == "payment")
            for event in events
        ):
            self._timer.start()

    def _on_balances(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
            return
        found: list[BalanceView] = answer.value
        minutes = sum(balance.minutes for balance in found)
        self.balance.setText(format_minutes(minutes))
        if minutes > 0:
            self.meaning.setText(self.tr("Neighbours gave you more hours than you gave them."))
        elif minutes < 0:
            self.meaning.setText(
                self.tr("You gave neighbours more hours than they gave you; that is fine.")
            )
        else:
            self.meaning.setText(self.tr("Hours given and received are even."))
