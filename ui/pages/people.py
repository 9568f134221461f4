"""People: the neighbours met so far, who is nearby now, and paying somebody an hour.

``pay`` carries the PersonView that was chosen; the window opens what follows. Knows no other page.
"""

from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.days import day_of
from p2pshare.domain.text import shown
from p2pshare.domain.views import PersonView
from p2pshare.node.events import EventsMissed, LinkDown, LinkUp, NodeEvent, RowChanged

from ..backend import Answer, Backend
from ..widgets.plain import PlainLabel, counted, push_button

REFRESH_MS: Final = 200


class PeoplePage(QWidget):
    """The page; ``pay`` carries the chosen PersonView, ``failed`` one line that says what to do."""

    pay = Signal(object)
    failed = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.setAccessibleName(self.tr("People"))
        self._backend = backend
        self._devices: set[str] = set()
        self.rows: list[PersonRow] = []
        self.nearby = PlainLabel("", "quiet", wrap=True)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        scroll.setAccessibleName(self.tr("People you have met"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 12)
        layout.setSpacing(12)
        layout.addWidget(PlainLabel(self.tr("People"), "title"))
        layout.addWidget(self.nearby)
        layout.addWidget(scroll, 1)
        self._timer = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        backend.listen(self.on_events)
        self._show_nearby()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Read the people anew."""
        self._backend.ask(lambda queries: queries.people(), self._on_people)

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Follow computers that come and go, and names that change."""
        for event in events:
            match event:
                case LinkUp(device, _):
                    self._devices.add(device)
                case LinkDown(device, _, _):
                    self._devices.discard(device)
                case EventsMissed() | RowChanged(about="person"):
                    self._timer.start()
                case _:
                    pass
        self._show_nearby()

    def _show_nearby(self) -> None:
        count = len(self._devices)
        if count:
            text = counted(
                count,
                self.tr("1 neighbour's computer is nearby now."),
                self.tr("{n} neighbours' computers are nearby now."),
            )
        else:
            text = self.tr(
                "Nobody is nearby right now. Others appear here by themselves when their p2pshare"
                " is on the same network."
            )
        self.nearby.setText(text)

    def _on_people(self, answer: Answer) -> None:
        if answer.error is not None:
            self.failed.emit(answer.error)
            return
        for row in self.rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows = []
        for place, view in enumerate(answer.value):
            row = PersonRow(view, self)
            row.pay.connect(self.pay)
            self._list.insertWidget(place, row)
            self.rows.append(row)


class PersonRow(QFrame):
    """One person."""

    pay = Signal(object)

    def __init__(self, view: PersonView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self.setProperty("role", "card")
        name = shown(view.name) or self.tr("somebody without a name")
        self.name = PlainLabel(name, "heading", wrap=True)
        seen = ""
        if view.own:
            seen = self.tr("on this computer")
        elif view.last_seen_ms is not None:
            seen = self.tr("last heard of on {day}").format(day=day_of(view.last_seen_ms, 0))
        self.detail = PlainLabel(f"{seen} · {view.person[:12]}", "quiet")
        self.setAccessibleName(f"{name}, {seen}")
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.name)
        texts.addWidget(self.detail)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 10)
        layout.addLayout(texts, 1)
        self.button = push_button(
            self.tr("Give hours …"), name=self.tr("Give hours to {name}").format(name=name)
        )
        self.button.setVisible(not view.own)
        self.button.clicked.connect(self._clicked)
        layout.addWidget(self.button)

    @Slot()
    def _clicked(self) -> None:
        self.pay.emit(self._view)
