"""The gate for photos: bytes that anybody chose or sent in, a small plain picture or one line out.

The only module that touches Pillow, and the only place where photos are decoded (DESIGN section
13; the window is given pixels). Three formats are tried and no others; a picture's size is judged
from its header before a pixel is decoded; large JPEGs are scaled while they are decoded; one
picture is decoded at a time. So memory is bounded whatever the file says of itself. What leaves is
drawn anew, so nothing comes along: no EXIF, position, colour profile or comment.

It must not read the ledger, follow a path that a peer named, or show a picture.
"""

import re
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import (
    ExifTags,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from p2pshare.errors import PhotoRefused
from p2pshare.limits import (
    BLOB_BYTES_MAX,
    PHOTO_FILE_BYTES_MAX,
    PHOTO_PIXELS_MAX,
    PHOTO_SCALED_PIXELS_MAX,
    PHOTO_SCANS_MAX,
    PHOTO_SIDE_MAX,
    THUMBNAIL_SIDE,
)

_JPEG: Final = "JPEG"
_FORMATS: Final = {
    _JPEG: JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
}
"""Named by their plugins, so that Pillow loads these and not the forty others."""

_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What turns a picture upright, by its EXIF orientation (CIPA DC-008, tag 0x0112)."""

_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
    MemoryError,
)
"""What Pillow raises for files that are not what they claim to be."""

_QUALITIES: Final = (85, 75, 65, 50, 35)
_THUMBNAIL_QUALITY: Final = 80
_PAPER: Final = (255, 255, 255)
"""What shows through where a picture is transparent."""

_BAND_ROWS: Final = 256
_APPLE_AND_FILM: Final = re.compile(rb"ftyp(hei[cxms]|hev[cx]|mif1|msf1|avi[fs])")
_MARKER: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_WITHOUT_LENGTH: Final = frozenset({0x01, 0xD8})

_one_at_a_time: Final = threading.Lock()
"""Bounds the memory of several threads; and Pillow's warnings are the whole process's."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded photo: ``pixels`` are ``width`` * ``height`` times red, green, blue (a byte each)
    from the upper left corner, with nothing between the rows.
    """

    width: int
    height: int
    pixels: bytes


def read_photo_file(path: Path) -> bytes:
    """The bytes of a file that a person of this computer chose.

    Raises PhotoRefused for what is no ordinary file or too large, and OSError.
    """
    # Looked at before it is opened: opening a pipe would wait for its writer.
    if not stat.S_ISREG(path.stat().st_mode):
        raise PhotoRefused(f"{path.name} is not a file")
    with path.open("rb") as file:
        data = file.read(PHOTO_FILE_BYTES_MAX + 1)
    return _bounded(data, PHOTO_FILE_BYTES_MAX)


def clean_photo(data: bytes) -> bytes:
    """What a person chose as it is shared: an upright JPEG of at most PHOTO_SIDE_MAX pixels on the
    longer side and BLOB_BYTES_MAX bytes, with no metadata. Raises PhotoRefused.
    """
    _bounded(data, PHOTO_FILE_BYTES_MAX)
    with _decoding(data, PHOTO_PIXELS_MAX, PHOTO_SCALED_PIXELS_MAX) as image:
        picture = _drawn_anew(image, PHOTO_SIDE_MAX)
    side = PHOTO_SIDE_MAX
    while True:
        for quality in _QUALITIES:
            encoded = _encoded(picture, quality)
            if len(encoded) <= BLOB_BYTES_MAX:
                return encoded
        side //= 2  # ends: a picture of few pixels takes few bytes
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)


def picture_of(blob: bytes) -> Picture:
    """A stored photo, our own or a peer's, as it may be shown. Raises PhotoRefused."""
    picture = _small(blob, PHOTO_SIDE_MAX)
    return Picture(picture.width, picture.height, picture.tobytes())


def thumbnail_of(blob: bytes) -> bytes:
    """A JPEG of a stored photo with at most THUMBNAIL_SIDE pixels a side. Raises PhotoRefused."""
    return _encoded(_small(blob, THUMBNAIL_SIDE), _THUMBNAIL_QUALITY)


def _small(blob: bytes, side: int) -> Image.Image:
    """A photo that has passed, or claims to have passed, somebody's ``clean_photo``."""
    _bounded(blob, BLOB_BYTES_MAX)
    with _decoding(blob, PHOTO_SIDE_MAX**2, PHOTO_SIDE_MAX**2) as image:
        if max(image.size) > PHOTO_SIDE_MAX:
            raise PhotoRefused(f"the photo has more than {PHOTO_SIDE_MAX} pixels on a side")
        return _drawn_anew(image, side)


def _bounded(data: bytes, maximum: int) -> bytes:
    if len(data) > maximum:
        what = f"{maximum // 2**20} MiB" if maximum >= 2**20 else f"{maximum // 2**10} KiB"
        raise PhotoRefused(f"the photo is larger than {what}; save it smaller")
    return data


# --- decoding -------------------------------------------------------------------------------


@contextmanager
def _decoding(data: bytes, pixels_max: int, scaled_pixels_max: int) -> Iterator[Image.Image]:
    """The opened picture, nothing of it decoded yet; in the block, what is broken is refused."""
    if _scans(data) > PHOTO_SCANS_MAX:
        raise PhotoRefused("the photo is made of too many layers to be decoded")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of harmless oddities, on standard error
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = max(pixels_max, scaled_pixels_max)
        try:
            with Image.open(BytesIO(data), formats=list(_FORMATS)) as image:
                is_scaled = isinstance(image, JpegImagePlugin.JpegImageFile)
                if image.width * image.height > (scaled_pixels_max if is_scaled else pixels_max):
                    raise PhotoRefused(_too_many_pixels(image.size))
                yield image
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise PhotoRefused(_too_many_pixels(None)) from error
        except UnidentifiedImageError as error:
            if _APPLE_AND_FILM.match(data, 4):
                raise PhotoRefused("HEIC and AVIF cannot be read; save it as JPEG") from error
            raise PhotoRefused("that is not a PNG, JPEG or WebP picture") from error
        except _BROKEN as error:
            raise PhotoRefused("the picture is damaged or incomplete") from error


def _too_many_pixels(size: tuple[int, int] | None) -> str:
    shown = "" if size is None else f" ({size[0]} x {size[1]})"
    return f"the picture has too many pixels{shown}; save it smaller"


def _scans(data: bytes) -> int:
    """How many scans a JPEG has (0 for other files): each costs a pass over the whole picture.

    Follows the markers (ITU-T T.81, annex B), so that what lies after the picture or inside a
    segment does not count. Stops counting beyond PHOTO_SCANS_MAX.
    """
    if not data.startswith(b"\xff\xd8"):
        return 0
    count, place = 0, 2
    while count <= PHOTO_SCANS_MAX:
        found = _MARKER.search(data, place)
        if found is None:
            break
        marker, place = data[found.end() - 1], found.end()
        if marker == _END_OF_IMAGE:
            break
        count += marker == _START_OF_SCAN
        if marker not in _WITHOUT_LENGTH:
            place += int.from_bytes(data[place : place + 2], "big")
    return count


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where there is none or it cannot be read."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except _BROKEN:
        return 1


# --- drawing anew ---------------------------------------------------------------------------


def _drawn_anew(image: Image.Image, side: int) -> Image.Image:
    """The first picture of the file, upright, in RGB on white, at most ``side`` pixels a side."""
    orientation = _orientation(image)
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image.draft(None, size)  # a JPEG is decoded at half, a quarter or an eighth, if that suffices
    image.load()
    drawn = _reduced(image, max(1, max(image.size) // (2 * max(size))))
    if drawn.size != size:
        drawn = drawn.resize(size, Image.Resampling.LANCZOS)
    if orientation in _UPRIGHT:
        drawn = drawn.transpose(_UPRIGHT[orientation])
    fresh = Image.new("RGB", drawn.size)
    fresh.paste(drawn)
    return fresh


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """The picture in RGB and ``factor`` times smaller, band by band: no second large copy."""
    if factor == 1:
        return _flat(image)
    reduced = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    rows = max(1, _BAND_ROWS // factor) * factor
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        reduced.paste(_flat(band).reduce(factor), (0, top // factor))
    return reduced


def _flat(image: Image.Image) -> Image.Image:
    """The picture in RGB, transparent places white."""
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits of grey
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    painted = image.convert("RGBA")
    flat = Image.new("RGB", painted.size, _PAPER)
    flat.paste(painted, mask=painted.getchannel("A"))
    return flat


def _encoded(picture: Image.Image, quality: int) -> bytes:
    """The picture as a JPEG without metadata."""
    file = BytesIO()
    picture.save(file, format=_JPEG, quality=quality, optimize=True)
    return file.getvalue()
