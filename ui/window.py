"""The main window: navigation, the pages, dialogs, and one line for what went wrong.

It is told what pages want by their signals and opens dialogs with ``open()``; it reads nothing from
the ledger itself. ``app`` builds it.
"""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from p2pshare.domain.commands import AddPerson
from p2pshare.domain.views import ListingView, PersonView
from p2pshare.node.events import EntriesAdded, LinkDown, LinkUp, NodeEvent, ReminderDue

from .backend import Answer, Backend, Identity, Locked
from .dialogs.change_name import ChangeName
from .dialogs.give_hours import GiveHours
from .dialogs.import_lists import ImportLists
from .dialogs.listing_details import ListingDetails
from .dialogs.listing_editor import ListingEditor
from .dialogs.passphrase import AskPassphrase
from .pages.browse import BrowsePage
from .pages.hours import HoursPage
from .pages.loans import LoansPage
from .pages.people import PeoplePage
from .pages.shelf import ShelfPage
from .pages.welcome import WelcomePage
from .widgets.banner import Banner
from .widgets.identity_button import IdentityButton
from .widgets.photos import PhotoCache
from .widgets.plain import PlainLabel, counted
from .widgets.reminder_banner import ReminderBanner

TROUBLE_MS = 12_000
SYNC_QUIET_MS = 700


class MainWindow(QMainWindow):
    """The window. ``backend`` is the bridge, or a fake in tests."""

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._devices: set[str] = set()
        self._received = 0
        self.setWindowTitle("p2pshare")
        self.setMinimumSize(QSize(860, 560))
        self.resize(1120, 740)
        self.welcome = WelcomePage(backend)
        self.welcome.named.connect(self._named)
        self.main = QWidget()
        self._stack = QStackedWidget()
        self.opening = PlainLabel(self.tr("Opening your ledger …"), "quiet", wrap=True)
        self.opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (self.opening, self.welcome, self.main):
            self._stack.addWidget(widget)
        self.setCentralWidget(self._stack)
        self._make_status()
        self._make_main()
        backend.listen(self.on_events)
        backend.on_locked(self._locked)
        if backend.identity is not None:
            self.begin(backend.identity)

    def begin(self, identity: Identity) -> None:
        """Somebody is here: show the pages."""
        self.who.show_identity(identity)
        for page in (self.browse.model, self.shelf, self.loans, self.people, self.hours):
            page.refresh()
        if self._stack.currentWidget() is not self.main:
            self._stack.setCurrentWidget(self.main)
            self.navigation.setFocus()

    @Slot(object)
    def ready(self, identity: Identity | None) -> None:
        """The node has started, or somebody has given a name."""
        if identity is not None:
            self.begin(identity)
            return
        self._stack.setCurrentWidget(self.welcome)
        self.welcome.name.setFocus()

    @Slot(str)
    def start_failed(self, text: str) -> None:
        """The node could not start: say why, here where it is seen."""
        self.opening.setProperty("role", "error")
        self.opening.style().polish(self.opening)
        self.opening.setText(text)
        self._stack.setCurrentWidget(self.opening)

    # --- building -----------------------------------------------------------------------------

    def _make_main(self) -> None:
        backend = self._backend
        self.photos = PhotoCache(backend, self)
        self.browse = BrowsePage(backend, self.photos)
        self.shelf = ShelfPage(backend, self.photos)
        for view in (self.browse.view, self.shelf.view):
            self.photos.changed.connect(view.viewport().update)
        self.loans = LoansPage(backend)
        self.people = PeoplePage(backend)
        self.hours = HoursPage(backend)
        self.pages = QStackedWidget()
        self.navigation = QListWidget()
        self.navigation.setObjectName("navigation")
        self.navigation.setAccessibleName(self.tr("Pages"))
        self.navigation.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for number, (text, page) in enumerate(
            (
                (self.tr("Browse"), self.browse),
                (self.tr("My shelf"), self.shelf),
                (self.tr("Loans"), self.loans),
                (self.tr("People"), self.people),
                (self.tr("Hours"), self.hours),
            ),
            start=1,
        ):
            item = QListWidgetItem(text, self.navigation)
            item.setToolTip(self.tr("Alt+{number}").format(number=number))
            self.pages.addWidget(page)
            shortcut = QShortcut(QKeySequence(f"Alt+{number}"), self)
            shortcut.setProperty("row", number - 1)
            shortcut.activated.connect(self._shortcut)
        self.navigation.currentRowChanged.connect(self.pages.setCurrentIndex)
        self.navigation.setCurrentRow(0)
        self.who = IdentityButton(backend)
        self.who.chosen.connect(self._act_as)
        self.who.rename.connect(self._rename)
        left = QWidget()
        left.setObjectName("side")
        left.setFixedWidth(180)
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 8, 0, 0)
        side.setSpacing(0)
        side.addWidget(self.who)
        side.addWidget(self.navigation, 1)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.trouble)
        right.addWidget(self.reminders)
        right.addWidget(self.pages, 1)
        layout = QHBoxLayout(self.main)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addLayout(right, 1)
        self.browse.opened.connect(self._open_listing)
        self.shelf.add.connect(self._add_listing)
        self.shelf.edit.connect(self._edit_listing)
        self.shelf.bring.connect(self._bring_list)
        self.people.pay.connect(self._give_hours)
        for page in (self.shelf, self.loans, self.people, self.hours):
            page.failed.connect(self.show_trouble)

    def _make_status(self) -> None:
        self.nearby = PlainLabel(self.tr("Nobody nearby"), "quiet")
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setFixedWidth(120)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Receiving from neighbours"))
        self.progress_text = PlainLabel("", "quiet")
        bar = self.statusBar()
        bar.setContentsMargins(12, 2, 12, 2)
        bar.addWidget(self.nearby, 1)
        bar.addPermanentWidget(self.progress_text)
        bar.addPermanentWidget(self.progress)
        self.progress.setVisible(False)
        self._quiet = QTimer(self, singleShot=True, interval=SYNC_QUIET_MS)
        self._quiet.timeout.connect(self._sync_done)
        self.reminders = ReminderBanner()
        self.trouble = Banner("trouble", self.tr("Close this message"))
        self.trouble_text = self.trouble.words
        self.close_trouble = self.trouble.done
        self._trouble_timer = QTimer(self, singleShot=True, interval=TROUBLE_MS)
        self._trouble_timer.timeout.connect(self.trouble.hide)

    # --- what happens -------------------------------------------------------------------------

    def on_events(self, events: tuple[NodeEvent, ...]) -> None:
        """Show who is linked, how far a sync is, and what there is to be reminded of."""
        for event in events:
            match event:
                case LinkUp(device, _):
                    self._devices.add(device)
                case LinkDown(device, _, _):
                    self._devices.discard(device)
                case EntriesAdded(own=False):
                    self._received += event.entries
                    self._quiet.start()
                case ReminderDue():
                    self.reminders.add(event.text)
                case _:
                    pass
        count = len(self._devices)
        self.nearby.setText(
            counted(count, self.tr("1 computer nearby"), self.tr("{n} computers nearby"))
            if count
            else self.tr("Nobody nearby")
        )
        if self._quiet.isActive() and self._received > 1:
            self.progress.setVisible(True)
            self.progress_text.setText(
                counted(self._received, self.tr("1 new entry"), self.tr("{n} new entries"))
            )

    @Slot()
    def _sync_done(self) -> None:
        self._received = 0
        self.progress.setVisible(False)
        self.progress_text.setText("")

    @Slot(str)
    def show_trouble(self, text: str) -> None:
        """Show one line that says what went wrong and what to do."""
        self.trouble.show_words(text)
        self._trouble_timer.start()

    @Slot(str)
    def _named(self, name: str) -> None:
        self._backend.submit(AddPerson(name=name), self._on_named)

    def _on_named(self, answer: Answer) -> None:
        if answer.error is not None:
            self.welcome.show_trouble(answer.error)

    @Slot()
    def _shortcut(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.navigation.setCurrentRow(sender.property("row"))

    @Slot(object)
    def _act_as(self, identity: Identity) -> None:
        self._backend.act_as(identity)
        self.begin(identity)

    @Slot()
    def _rename(self) -> None:
        if self._backend.identity is not None:
            self._open(ChangeName(self._backend, self._backend.identity, self))

    def _locked(self, locked: Locked) -> None:
        """Ask for a passphrase, above whatever dialog asked for what is locked."""
        identity = self._backend.identity
        known = identity is not None and identity.person == locked.person
        name = identity.name if known and identity is not None else ""
        parent = QApplication.activeModalWidget() or self
        dialog = AskPassphrase(self._backend, locked, name, parent)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(object)
    def _bring_list(self, file: Path | None) -> None:
        self._open(ImportLists(self._backend, file, self))

    @Slot(object)
    def _open_listing(self, listing: ListingView) -> None:
        identity = self._backend.identity
        if identity is not None and listing.person == identity.person:
            self._edit_listing(listing)
        else:
            details = ListingDetails(self._backend, listing, self, photos=self.photos)
            details.accepted.connect(self._asked)
            self._open(details)

    @Slot()
    def _asked(self) -> None:
        self.navigation.setCurrentRow(2)

    @Slot()
    def _add_listing(self) -> None:
        self._open(ListingEditor(self._backend, None, self, photos=self.photos))

    @Slot(object)
    def _edit_listing(self, listing: ListingView) -> None:
        self._open(ListingEditor(self._backend, listing, self, photos=self.photos))

    @Slot(object)
    def _give_hours(self, person: PersonView) -> None:
        self._open(GiveHours(self._backend, person, self))

    def _open(self, dialog: QDialog) -> None:
        """Open a dialog, one at a time: a double click says what it wants twice."""
        if any(other.isVisible() for other in self.findChildren(QDialog)):
            dialog.deleteLater()
            return
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close dialogs with the window; ``app`` then stops the bridge."""
        for dialog in self.findChildren(QDialog):
            dialog.close()
        event.accept()
