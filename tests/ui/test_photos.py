"""Photos: on cards and in full, taken in by button, drop and paste; icons where there are none."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from fake_backend import FakeBackend
from made_views import CIRCLE, listing, made_id
from p2pshare.ui import theme
from p2pshare.ui.backend import ShownPhoto
from p2pshare.ui.dialogs.listing_details import ListingDetails
from p2pshare.ui.dialogs.listing_editor import ListingEditor
from p2pshare.ui.widgets import photos as photos_module
from p2pshare.ui.widgets.categories import category_meant, category_of, category_shown, icon
from p2pshare.ui.widgets.photos import ASKED_AT_ONCE_MAX, PhotoCache
from p2pshare.ui.window import MainWindow
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from real_node import Asked, started_bridge

from p2pshare.domain.commands import UNCHANGED, AddListing, AddPerson, EditListing
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.limits import PHOTOS_MAX, THUMBNAIL_SIDE
from p2pshare.node.events import EventsMissed, PhotoArrived

Opener = Callable[[FakeBackend], MainWindow]
FindDialog = Callable[[MainWindow], QDialog]

RED, BLUE = (200, 20, 20), (20, 20, 200)
SIZE = QSize(120, 60)


def photo_id(name: str) -> str:
    return made_id(name, 64)


def shown_photo(
    colour: tuple[int, int, int] = RED, width: int = 30, height: int = 20
) -> ShownPhoto:
    return ShownPhoto(width, height, bytes(colour) * (width * height))


def has_colour(widget: QWidget, colour: tuple[int, int, int]) -> bool:
    image = widget.grab().toImage()
    return any(
        image.pixelColor(x, y).getRgb()[:3] == colour
        for x in range(0, image.width(), 4)
        for y in range(0, image.height(), 4)
    )


@pytest.fixture
def cache(backend: FakeBackend, qtbot: QtBot) -> PhotoCache:
    return PhotoCache(backend)


# --- the cache ------------------------------------------------------------------------------------


def test_a_photo_is_asked_for_once_and_follows(cache: PhotoCache, backend: FakeBackend) -> None:
    photo = photo_id("one")
    view = listing(photos=(photo, photo_id("two")))
    backend.queries.all_photos[photo] = shown_photo(width=300, height=200)
    changes: list[int] = []
    cache.changed.connect(lambda: changes.append(1))
    assert cache.pixmap(view, SIZE) is None
    assert cache.pixmap(view, SIZE) is None
    assert backend.photos_asked == [(CIRCLE, photo, True)]
    backend.deliver()
    assert changes == [1]
    pixmap = cache.pixmap(view, SIZE, 2.0)
    assert pixmap is not None
    assert (pixmap.width(), pixmap.height(), pixmap.devicePixelRatio()) == (240, 120, 2.0)
    assert len(backend.photos_asked) == 1


def test_without_photos_nothing_is_asked(cache: PhotoCache, backend: FakeBackend) -> None:
    assert cache.pixmap(listing(), SIZE) is None
    assert cache.filling(CIRCLE, photo_id("one"), QSize(0, 5), 1.0) is None
    assert backend.photos_asked == []


def test_what_is_cut_is_the_middle(cache: PhotoCache, backend: FakeBackend) -> None:
    rows = [RED] * 40 + [BLUE] * 20 + [RED] * 40
    pixels = b"".join(bytes(colour) * 20 for colour in rows)
    backend.queries.all_photos[photo_id("one")] = ShownPhoto(20, 100, pixels)
    cache.filling(CIRCLE, photo_id("one"), QSize(20, 10), 1.0)
    backend.deliver()
    pixmap = cache.filling(CIRCLE, photo_id("one"), QSize(20, 10), 1.0)
    assert pixmap is not None
    image = pixmap.toImage()
    assert {image.pixelColor(10, y).getRgb()[:3] for y in range(10)} == {BLUE}


def test_what_is_not_here_is_asked_for_again_when_it_has_arrived(
    cache: PhotoCache, backend: FakeBackend
) -> None:
    photo = photo_id("one")
    cache.filling(CIRCLE, photo, SIZE, 1.0)
    backend.deliver()
    cache.filling(CIRCLE, photo, SIZE, 1.0)
    assert len(backend.photos_asked) == 1
    backend.tell(PhotoArrived(CIRCLE, photo_id("another")))
    cache.filling(CIRCLE, photo, SIZE, 1.0)
    assert len(backend.photos_asked) == 1
    backend.tell(PhotoArrived(CIRCLE, photo))
    backend.queries.all_photos[photo] = shown_photo()
    cache.filling(CIRCLE, photo, SIZE, 1.0)
    backend.deliver()
    assert len(backend.photos_asked) == 2
    assert cache.filling(CIRCLE, photo, SIZE, 1.0) is not None


@pytest.mark.parametrize("later", ["missed", "half a minute"])
def test_what_was_missed_is_asked_for_again(
    cache: PhotoCache, backend: FakeBackend, later: str
) -> None:
    cache.filling(CIRCLE, photo_id("one"), SIZE, 1.0)
    backend.deliver()
    if later == "missed":
        backend.tell(EventsMissed())
    else:
        backend.clock_ms += photos_module.ASK_AGAIN_MS
    cache.filling(CIRCLE, photo_id("one"), SIZE, 1.0)
    assert len(backend.photos_asked) == 2


def test_a_refused_photo_is_not_asked_for_again_soon(
    cache: PhotoCache, backend: FakeBackend
) -> None:
    cache.whole(CIRCLE, photo_id("one"), SIZE, 1.0)
    backend.deliver(error="the picture is damaged")
    cache.whole(CIRCLE, photo_id("one"), SIZE, 1.0)
    assert len(backend.photos_asked) == 1
    assert cache.refusal(CIRCLE, photo_id("one"), thumbnail=False) == "the picture is damaged"
    backend.clock_ms += photos_module.ASK_AGAIN_MS
    backend.queries.all_photos[photo_id("one")] = shown_photo()
    cache.whole(CIRCLE, photo_id("one"), SIZE, 1.0)
    backend.deliver()
    assert cache.whole(CIRCLE, photo_id("one"), SIZE, 1.0) is not None
    assert cache.refusal(CIRCLE, photo_id("one"), thumbnail=False) == ""


def test_few_are_asked_for_at_once_and_the_last_ones_seen_first(
    cache: PhotoCache, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos_module, "QUEUED_MAX", 3)
    names = [photo_id(f"{number}") for number in range(ASKED_AT_ONCE_MAX + 5)]
    for name in names:
        cache.filling(CIRCLE, name, SIZE, 1.0)
    assert [asked[1] for asked in backend.photos_asked] == names[:ASKED_AT_ONCE_MAX]
    backend.deliver()
    assert [asked[1] for asked in backend.photos_asked[ASKED_AT_ONCE_MAX:]] == names[:-4:-1]


def test_memory_is_bounded_and_the_longest_unused_goes_first(
    cache: PhotoCache, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos_module, "MEMORY_BYTES_MAX", 400_000)
    for number in range(40):
        photo = photo_id(f"{number}")
        backend.queries.all_photos[photo] = shown_photo(width=100, height=100)
        for _ in range(2):
            cache.filling(CIRCLE, photo, SIZE, 1.0)
            backend.deliver()
        assert cache.held_bytes <= 400_000
    asked = len(backend.photos_asked)
    assert cache.filling(CIRCLE, photo_id("39"), SIZE, 1.0) is not None
    assert len(backend.photos_asked) == asked
    assert cache.filling(CIRCLE, photo_id("0"), SIZE, 1.0) is None
    assert len(backend.photos_asked) == asked + 1


# --- cards ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_list", [False, True])
def test_a_card_shows_its_photo_once_it_is_here(
    backend: FakeBackend, open_window: Opener, as_list: bool, qtbot: QtBot
) -> None:
    backend.queries.all_listings = [listing(photos=(photo_id("one"),))]
    window = open_window(backend)
    window.browse.as_list.setChecked(as_list)
    view = window.browse.view.viewport()
    assert not has_colour(view, RED)
    assert (CIRCLE, photo_id("one"), True) in backend.photos_asked
    backend.queries.all_photos[photo_id("one")] = shown_photo()
    backend.deliver()
    backend.tell(PhotoArrived(CIRCLE, photo_id("one")))
    view.grab()
    backend.deliver()
    assert has_colour(view, RED)


def test_icons_are_drawn_in_the_colour_asked_for(qtbot: QtBot) -> None:
    category = category_of(listing(category="Tools"))
    assert category is not None
    drawn = icon(category, 40, "#0000ff", 2.0)
    assert (drawn.width(), drawn.devicePixelRatio()) == (80, 2.0)
    image = drawn.toImage()
    inked = {
        image.pixelColor(x, y).getRgb()[:3]
        for x in range(80)
        for y in range(80)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert inked == {(0, 0, 255)}


def test_the_category_is_told_by_its_words_or_else_by_the_tags() -> None:
    drill = category_of(listing(category="Bohrmaschine", tags=("garden",)))
    tagged = category_of(listing(category="", tags=("mine", "garden")))
    assert drill is not None
    assert tagged is not None
    assert (drill.id, tagged.id) == ("power-tools", "garden")
    assert category_of(listing(category="what is that?", tags=("tools",))) is None


def test_a_card_without_photo_shows_the_icon_else_a_letter(
    backend: FakeBackend, open_window: Opener
) -> None:
    pictures = []
    for category in ("Tools", "Garden", "strange", "odd"):
        backend.queries.all_listings = [listing(category=category)]
        window = open_window(backend)
        pictures.append(window.browse.view.viewport().grab().toImage())
        window.close()
    assert pictures[0] != pictures[1]
    assert pictures[1] != pictures[2]
    assert pictures[2] == pictures[3]


def test_categories_have_the_names_of_the_system_and_keep_words_of_others() -> None:
    assert category_shown("power-tools") == "Power tools"
    assert category_shown("Elektrowerkzeug") == "Power tools"
    assert category_shown("Hammer drill") == "Hammer drill"
    assert category_meant("power TOOLS") == "power-tools"
    assert category_meant(" Grandma's attic ") == "Grandma's attic"


# --- in full --------------------------------------------------------------------------------------


@pytest.fixture
def details(backend: FakeBackend, window: MainWindow, dialog_of: FindDialog) -> ListingDetails:
    names = [photo_id("one"), photo_id("two"), photo_id("three")]
    backend.queries.all_photos[names[1]] = shown_photo(BLUE)
    window.browse.opened.emit(listing(photos=tuple(names)))
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingDetails)
    return dialog


def test_the_keyboard_leafs_through_the_photos(
    details: ListingDetails, backend: FakeBackend, qtbot: QtBot
) -> None:
    view = details.photos
    assert view is not None
    assert view.place.text() == "1 of 3"
    assert not view.previous.isEnabled()
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.place.text() == "2 of 3"
    assert view.canvas.accessibleName() == "Photo 2 of 3: Hammer drill"
    view.grab()
    assert (CIRCLE, photo_id("two"), False) in backend.photos_asked
    backend.deliver()
    assert has_colour(view.canvas, BLUE)
    qtbot.keyClick(view.canvas, Qt.Key.Key_End)
    assert not view.next.isEnabled()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.place.text() == "3 of 3"
    qtbot.keyClick(view.canvas, Qt.Key.Key_Home)
    view.next.click()
    view.previous.click()
    assert view.place.text() == "1 of 3"


def test_a_listing_without_photos_has_no_place_for_them(
    window: MainWindow, dialog_of: FindDialog
) -> None:
    window.browse.opened.emit(listing())
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingDetails)
    assert dialog.photos is None


# --- in the editor --------------------------------------------------------------------------------


@pytest.fixture
def editor(window: MainWindow, dialog_of: FindDialog) -> ListingEditor:
    window.shelf.add.emit()
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingEditor)
    dialog.title.setText("Drill")
    return dialog


@pytest.fixture
def clipboard(qtbot: QtBot) -> Iterator[Callable[[QMimeData], None]]:
    def put(mime: QMimeData) -> None:
        QGuiApplication.clipboard().setMimeData(mime)

    yield put
    QGuiApplication.clipboard().clear()


def files_mime(*files: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    return mime


def drop(widget: QWidget, mime: QMimeData) -> bool:
    """Drag over ``widget`` and drop there; whether it was taken."""
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(3, 3), action, mime, button, none)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    fallen = QDropEvent(QPointF(3, 3), action, mime, button, none, QEvent.Type.Drop)
    QApplication.sendEvent(widget, fallen)
    return True


def test_photos_are_chosen_one_after_the_other_and_saved_in_order(
    editor: ListingEditor, backend: FakeBackend
) -> None:
    editor.choose.click()
    (chooser,) = editor.findChildren(QFileDialog)
    chooser.filesSelected.emit(["/one.png", "/two.png"])
    chooser.close()
    assert backend.added == [Path("/one.png")]
    assert not editor.save.isEnabled()
    backend.accept(photo_id("one"))
    assert backend.added == [Path("/one.png"), Path("/two.png")]
    assert not editor.save.isEnabled()
    backend.accept(photo_id("two"))
    assert editor.save.isEnabled()
    assert len(editor.photos.tiles) == 2
    editor.save.click()
    (command,) = backend.submitted
    assert isinstance(command, AddListing)
    assert [one.hex() for one in command.photos] == [photo_id("one"), photo_id("two")]


def test_what_is_refused_is_said_in_one_line_and_nothing_is_lost(
    editor: ListingEditor, backend: FakeBackend
) -> None:
    editor.photos.add([Path("/bad.jpg"), Path("/good.png")])
    backend.refuse("that is not a PNG, JPEG or WebP picture")
    backend.accept(photo_id("good"))
    assert editor.photos.trouble.isVisible()
    assert editor.photos.trouble.text() == "bad.jpg: that is not a PNG, JPEG or WebP picture"
    assert editor.photos.photos == [photo_id("good")]
    assert editor.title.text() == "Drill"
    assert editor.save.isEnabled()
    editor.photos.add([Path("/better.png")])
    backend.accept(photo_id("better"))
    assert not editor.photos.trouble.isVisible()


def test_there_is_room_for_so_many_and_no_more(editor: ListingEditor, backend: FakeBackend) -> None:
    editor.photos.add([Path(f"/{number}.png") for number in range(PHOTOS_MAX + 2)])
    for number in range(PHOTOS_MAX):
        backend.accept(photo_id(f"{number}"))
    assert len(backend.added) == PHOTOS_MAX
    assert len(editor.photos.photos) == PHOTOS_MAX
    assert not editor.choose.isEnabled()
    assert f"room for {PHOTOS_MAX} photos" in editor.photos.trouble.text()
    editor.photos.tiles[0].remove.click()
    assert editor.choose.isEnabled()


def test_the_same_photo_twice_is_one(editor: ListingEditor, backend: FakeBackend) -> None:
    editor.photos.add([Path("/a.png"), Path("/copy of a.png")])
    backend.accept(photo_id("a"))
    backend.accept(photo_id("a"))
    assert editor.photos.photos == [photo_id("a")]


def test_photos_are_removed_by_keyboard_and_the_next_remover_has_it(
    editor: ListingEditor, backend: FakeBackend, qtbot: QtBot
) -> None:
    editor.photos.add([Path("/a.png"), Path("/b.png"), Path("/c.png")])
    for name in "abc":
        backend.accept(photo_id(name))
    second = editor.photos.tiles[1].remove
    assert second.accessibleName() == "Remove photo 2"
    second.setFocus()
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert editor.photos.photos == [photo_id("a"), photo_id("c")]
    assert editor.photos.tiles[1].remove.hasFocus()


@pytest.mark.parametrize("place", ["dialog", "title", "description"])
def test_photos_are_dropped_anywhere(
    editor: ListingEditor, backend: FakeBackend, place: str
) -> None:
    places = {
        "dialog": editor,
        "title": editor.title,
        "description": editor.description.viewport(),
    }
    assert drop(places[place], files_mime(Path("/one.png"), Path("/two.png")))
    backend.accept(photo_id("one"))
    assert backend.added == [Path("/one.png"), Path("/two.png")]
    assert editor.title.text() == "Drill"
    assert editor.description.toPlainText() == ""


def test_text_is_dropped_where_text_goes(editor: ListingEditor, backend: FakeBackend) -> None:
    mime = QMimeData()
    mime.setText("with a case")
    assert not drop(editor, mime)
    assert backend.added == []


@pytest.mark.parametrize("kind", ["file", "encoded", "pixels"])
def test_photos_are_pasted_while_writing(
    editor: ListingEditor,
    backend: FakeBackend,
    clipboard: Callable[[QMimeData], None],
    qtbot: QtBot,
    kind: str,
) -> None:
    mime = files_mime(Path("/one.png")) if kind == "file" else QMimeData()
    if kind == "encoded":
        mime.setData("image/png", b"as it came")
    elif kind == "pixels":
        mime.setImageData(QImage(3, 2, QImage.Format.Format_RGB32))
    clipboard(mime)
    qtbot.keyClick(editor.title, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    (added,) = backend.added
    if kind == "file":
        assert added == Path("/one.png")
    elif kind == "encoded":
        assert added == b"as it came"
    else:
        assert isinstance(added, bytes)
        assert Image.open(BytesIO(added)).size == (3, 2)
    assert editor.title.text() == "Drill"


def test_text_is_pasted_as_text_even_with_a_picture_of_it(
    editor: ListingEditor,
    backend: FakeBackend,
    clipboard: Callable[[QMimeData], None],
    qtbot: QtBot,
) -> None:
    mime = QMimeData()
    mime.setText("with a case")
    mime.setImageData(QImage(3, 2, QImage.Format.Format_RGB32))
    clipboard(mime)
    editor.description.setFocus()
    qtbot.keyClick(editor.description, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert editor.description.toPlainText() == "with a case"
    assert backend.added == []


def test_an_edit_leaves_photos_and_category_as_they_are_unless_changed(
    window: MainWindow, backend: FakeBackend, dialog_of: FindDialog
) -> None:
    view = listing(own=True, photos=(photo_id("one"), photo_id("two")), category="Werkzeug")
    window.browse.opened.emit(view)
    dialog = dialog_of(window)
    assert isinstance(dialog, ListingEditor)
    assert dialog.category.currentText() == "Tools"
    dialog.save.click()
    dialog.photos.tiles[0].remove.click()
    dialog.category.setEditText("Garden")
    dialog.save.setEnabled(True)
    dialog.save.click()
    first, second = backend.submitted
    assert isinstance(first, EditListing)
    assert isinstance(second, EditListing)
    assert (first.photos, first.category) == (UNCHANGED, "Werkzeug")
    assert (second.photos, second.category) == ((bytes.fromhex(photo_id("two")),), "garden")


# --- a real node ----------------------------------------------------------------------------------


def test_what_is_shown_came_through_the_gate(tmp_path: Path, qtbot: QtBot) -> None:
    file = tmp_path / "drill.png"
    Image.new("RGB", (900, 300), RED).save(file)
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"PK\x03\x04")
    bridge = started_bridge(tmp_path / "ada", qtbot)
    try:
        asked = Asked(qtbot)
        bridge.submit(AddPerson(name="Ada"), asked.answered)
        person = asked.value().subject
        for wrong, why in (
            (bad, "that is not a PNG, JPEG or WebP picture"),
            (tmp_path / "none.png", "none.png cannot be read: No such file or directory"),
        ):
            bridge.add_photo(wrong, asked.answered)
            assert asked.answer().error == why
        bridge.add_photo(file, asked.answered)
        photo = asked.value()
        bridge.photo("", photo, True, asked.answered)
        assert isinstance(asked.value(), ShownPhoto)
        bridge.submit(
            AddListing(
                person=person,
                exchange_type=ExchangeType.OFFER,
                title="Drill",
                photos=(bytes.fromhex(photo),),
            ),
            asked.answered,
        )
        asked.value()
        today = bridge.today()
        bridge.ask(lambda queries: queries.listings(today, limit=1, offset=0), asked.answered)
        (view,) = asked.value()
        assert view.photos == (photo,)
        cache = PhotoCache(bridge)
        assert cache.pixmap(view, QSize(90, 30)) is None
        qtbot.waitSignal(cache.changed).wait()
        pixmap = cache.pixmap(view, QSize(90, 30))
        assert isinstance(pixmap, QPixmap)
        colour = pixmap.toImage().pixelColor(45, 15).getRgb()[:3]
        assert all(abs(one - other) < 8 for one, other in zip(colour, RED, strict=True))
        bridge.photo(view.circle, photo, True, asked.answered)
        assert asked.value().width == THUMBNAIL_SIDE
        assert theme.colours() is not None
    finally:
        bridge.stop()
