"""``make screenshots``: draw every page and dialog, light and dark, into docs/screenshots.

Offscreen, at one size, on the fake node with a small neighbourhood at a fixed time, so that the
pictures change only when the window does. Photos in them are drawn here.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["LC_ALL"] = "C.UTF-8"
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from fake_backend import FakeBackend  # noqa: E402
from made_views import NOW_MS, listing, loan, made_id, person  # noqa: E402
from p2pshare.ui import theme  # noqa: E402
from p2pshare.ui.backend import ListOutcome, Locked, RowNote, ShownPhoto  # noqa: E402
from p2pshare.ui.window import MainWindow  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402
from PySide6.QtCore import QCoreApplication, QEvent  # noqa: E402
from PySide6.QtGui import QPixmap  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QWidget  # noqa: E402

from p2pshare.domain.views import AgreementView, ListingView, PersonView  # noqa: E402
from p2pshare.node.events import EntriesAdded, LinkUp  # noqa: E402

FOLDER = HERE.parents[1] / "docs" / "screenshots"
SIZE = (1120, 740)
COLOURS_KEPT = 96
DAY_MS = 86_400_000


# --- the neighbourhood ----------------------------------------------------------------------------


def neighbourhood() -> FakeBackend:
    backend = FakeBackend()
    backend.queries.all_listings = list(things())
    backend.queries.all_people = sorted(people(), key=lambda one: one.name)
    backend.queries.all_loans = list(loans())
    backend.queries.minutes = 90
    for name, photo in photos().items():
        backend.queries.all_photos[made_id(name, 64)] = photo
    return backend


def things() -> Iterator[ListingView]:
    def of(name: str, title: str, photo: str = "", **fields: object) -> ListingView:
        made = listing(title, own=name == "Ada", **fields)
        owner = made.person if name == "Ada" else made_id(name, 64)
        shown = (made_id(photo, 64),) if photo else ()
        return replace(made, person=owner, person_name=name, photos=shown)

    yield of("Ben", "Two-person tent", "tent", category="camping", description=TENT, tags=TENT_TAGS)
    yield of("Ada", "Hammer drill", category="power-tools", available=0)
    yield of("Zeynep", "Extending ladder, 4 m", "ladder", category="ladders")
    yield of("Marta", "Pressure washer", category="garden", available=0)
    yield of(
        "Jonas",
        "Bicycle repair, first steps",
        "bicycle",
        category="bicycles",
        item_type="service",
        transaction_type=("hours",),
    )
    yield of("Ines", "Someone who can sharpen knives", exchange_type="want", category="kitchen")
    yield of("Ada", "Folding chairs", "chair", category="household", quantity=8, available=6)
    yield of("Kofi", "Projector and screen, for film nights in the yard", category="electronics")
    yield of("Marta", "Sewing machine", category="sewing")
    yield of("Ada", "Board games, about thirty of them", category="games")
    yield of("Ben", "Moving boxes", category="household", transaction_type=("receive-donate",))
    yield of(
        "Ada",
        "French conversation",
        category="languages",
        item_type="service",
        transaction_type=("hours",),
    )


TENT = (
    "Green, waterproof, with pegs and a spare pole. It fits two people and their rucksacks.\n\n"
    "Please dry it before you give it back."
)
TENT_TAGS = ("camping", "travel")


def people() -> Iterator[PersonView]:
    yield person("Ada", own=True)
    for days, name in enumerate(("Ben", "Zeynep", "Marta", "Jonas", "Ines", "Kofi")):
        yield replace(
            person(name), person=made_id(name, 64), last_seen_ms=NOW_MS - days * days * DAY_MS
        )


def loans() -> Iterator[AgreementView]:
    yield loan("requested", title="Folding chairs", asker_name="Zeynep", quantity=2)
    yield loan("checked_out", title="Hammer drill", asker_name="Ben", signed=("hand-over",))
    yield loan(
        "accepted", title="Pressure washer", lending=False, owner_name="Marta", signed=("request",)
    )
    yield loan(
        "checked_out",
        title="Two-person tent",
        lending=False,
        owner_name="Ben",
        signed=("request", "receive"),
        overdue=True,
        due_at_ms=NOW_MS - DAY_MS,
    )
    yield loan(
        "closed",
        title="Projector and screen",
        lending=False,
        owner_name="Kofi",
        signed=("request", "receive", "give-back"),
    )


def photos() -> dict[str, ShownPhoto]:
    """Simple pictures, drawn."""
    brown, light, dark, red = "#a9702f", "#c98d45", "#2b3440", "#b8402f"
    rungs = [
        ("rectangle", [196 - n * 4, 50 + n * 45, 304 + n * 4, 60 + n * 45], light) for n in range(6)
    ]
    wheels = [
        ("ellipse", [x + inset, 140 + inset, x + 130 - inset, 270 - inset], colour)
        for x in (75, 275)
        for inset, colour in ((0, dark), (13, "#dfe4ea"))
    ]
    tubes = [(140, 205, 205, 115), (205, 115, 310, 115), (310, 115, 240, 205), (140, 205, 240, 205)]
    return {
        "tent": drawn(
            "#cfe3f0",
            [
                ("rectangle", [0, 230, 480, 320], "#8fb573"),
                ("polygon", [90, 250, 240, 80, 390, 250], "#4a8a5c"),
                ("polygon", [200, 250, 240, 80, 280, 250], "#2d5a3b"),
            ],
        ),
        "ladder": drawn(
            "#ead9c0",
            [
                ("polygon", [170, 300, 190, 300, 230, 20, 210, 20], brown),
                ("polygon", [310, 300, 330, 300, 290, 20, 270, 20], brown),
                *rungs,
            ],
        ),
        "bicycle": drawn(
            "#dfe4ea",
            [
                *wheels,
                *(("line", list(tube), red) for tube in [*tubes, (310, 100, 340, 205)]),
                ("line", [205, 115, 200, 98], red),
                ("rectangle", [178, 90, 226, 99], dark),
                ("rectangle", [290, 92, 334, 101], dark),
            ],
        ),
        "chair": drawn(
            "#efe6da",
            [
                ("rectangle", [190, 70, 202, 260], brown),
                ("rectangle", [190, 78, 232, 150], light),
                ("rectangle", [190, 168, 300, 182], light),
                ("rectangle", [286, 182, 298, 260], brown),
            ],
        ),
    }


def drawn(ground: str, shapes: list[tuple[str, list[int], str]]) -> ShownPhoto:
    picture = Image.new("RGB", (480, 320), ground)
    draw = ImageDraw.Draw(picture)
    for shape, points, colour in shapes:
        if shape == "line":
            draw.line(points, fill=colour, width=11)
        else:
            getattr(draw, shape)(points, fill=colour)
    return ShownPhoto(480, 320, picture.tobytes())


# --- drawing --------------------------------------------------------------------------------------


class Studio:
    """Takes the pictures of one scheme."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix

    def take(self, name: str, widget: QWidget) -> None:
        settle()
        save(widget.grab(), FOLDER / f"{name}{self._suffix}.png")

    def window(self, backend: FakeBackend) -> MainWindow:
        window = MainWindow(backend)
        window.resize(*SIZE)
        window.show()
        window.progress.setRange(0, 3)  # else it moves
        window.progress.setValue(2)
        window.ready(backend.identity)
        settle_with(backend)
        return window

    def all(self) -> None:
        self.first_start()
        backend = neighbourhood()
        window = self.window(backend)
        backend.tell(LinkUp("d1", ""), LinkUp("d2", ""), LinkUp("d3", ""))
        for row, name in enumerate(("browse", "shelf", "loans", "people", "hours")):
            window.navigation.setCurrentRow(row)
            window.shelf.view.setCurrentIndex(window.shelf.model.index(1))
            window.people.view.setCurrentIndex(window.people.model.index(1))
            settle_with(backend)
            self.take(name, window)
        window.navigation.setCurrentRow(0)
        window.browse.as_list.setChecked(True)
        backend.tell(EntriesAdded("c", 1234, own=False))
        settle_with(backend)
        self.take("browse-list", window)
        self.dialogs(backend, window)
        window.show_trouble(
            "The disk is full, so nothing more can be written; make room, then try again."
        )
        self.take("trouble", window)
        close(window)
        empty = self.window(FakeBackend())
        for row, name in enumerate(("browse", "shelf", "loans")):
            empty.navigation.setCurrentRow(row)
            self.take(f"{name}-empty", empty)
        close(empty)

    def first_start(self) -> None:
        backend = FakeBackend(None)
        window = self.window(backend)
        backend.tell(LinkUp("d1", ""), LinkUp("d2", ""), EntriesAdded("c", 12, own=False))
        window.welcome.name.setText("Ada")
        self.take("welcome", window)
        close(window)

    def dialogs(self, backend: FakeBackend, window: MainWindow) -> None:
        tent = backend.queries.all_listings[0]
        chairs = next(one for one in backend.queries.all_listings if one.title == "Folding chairs")
        for name, open_it in (
            ("listing", lambda: window.browse.opened.emit(tent)),
            ("add", window.shelf.add.emit),
            ("change", lambda: window.shelf.edit.emit(chairs)),
            ("give-hours", lambda: window.people.pay.emit(backend.queries.all_people[1])),
            ("change-name", window.who.rename.emit),
            ("passphrase", lambda: lock(backend)),
            ("import", lambda: window.shelf.bring.emit(Path("/home/ada/tool-library.csv"))),
        ):
            open_it()
            settle_with(backend)
            if name == "import":
                tried(backend)
            (dialog,) = [one for one in window.findChildren(QDialog) if one.isVisible()]
            if name == "add":
                dialog.findChildren(QLineEdit)[0].setFocus()
            self.take(f"dialog-{name}", dialog)
            close(dialog)


def lock(backend: FakeBackend) -> None:
    assert backend.asker is not None
    backend.asker(Locked(1, made_id("x", 64), ""))


def tried(backend: FakeBackend) -> None:
    """A trial of an import has ended."""
    rejected = (
        RowNote(17, "the title is empty; please write something"),
        RowNote(203, "the quantity is 'many'; a number is needed"),
    )
    backend.accept(ListOutcome("snipe-it", 341, 0, 12, (), rejected, ()))
    settle()


def settle() -> None:
    for _ in range(5):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def settle_with(backend: FakeBackend) -> None:
    """Paint, and answer what painting asks for, until all is there."""
    backend.deliver()
    for _ in range(3):
        settle()
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                window.grab()
        backend.deliver()


def close(widget: QWidget) -> None:
    widget.close()
    if not isinstance(widget, QDialog):
        widget.deleteLater()
    settle()


def save(pixmap: QPixmap, path: Path) -> None:
    """As a small PNG: few colours, nothing but the picture."""
    image = pixmap.toImage().convertToFormat(pixmap.toImage().Format.Format_RGB888)
    lines = bytes(image.constBits())
    picture = Image.frombuffer(
        "RGB", (image.width(), image.height()), lines, "raw", "RGB", image.bytesPerLine(), 1
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(COLOURS_KEPT, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    application = QApplication([])
    application.setStyle("Fusion")
    application.setCursorFlashTime(0)
    for suffix, scheme in (("", theme.LIGHT), ("-dark", theme.DARK)):
        theme.is_dark = lambda scheme=scheme: scheme is theme.DARK
        application.setPalette(theme.palette(scheme))
        application.setStyleSheet(theme.style_sheet(scheme))
        Studio(suffix).all()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
