"""The gate for photos: what comes out is small, upright and says nothing; the rest is refused."""

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from unit.node.photo_kit import (
    SECRETS,
    encoded,
    halves,
    jpeg_claiming,
    jpeg_of_scans,
    noise,
    png_claiming,
    talkative,
    webp_claiming,
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
from p2pshare.node.photos import (
    Picture,
    clean_photo,
    picture_of,
    read_photo_file,
    thumbnail_of,
)

KINDS = ("PNG", "JPEG", "WEBP")
MIB = 2**20


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def pixel(picture: Picture, x: int, y: int) -> tuple[int, ...]:
    place = 3 * (y * picture.width + x)
    return tuple(picture.pixels[place : place + 3])


def about(found: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 24 for one, other in zip(found, expected, strict=True))


def shown(data: bytes) -> Picture:
    """What others see of a file that somebody chose."""
    return picture_of(clean_photo(data))


# --- what comes out -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_picture_is_made_small(kind: str) -> None:
    cleaned = clean_photo(encoded(noise(2600, 1300), kind))
    image = opened(cleaned)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1280, 640))
    assert len(cleaned) <= BLOB_BYTES_MAX


def test_a_small_picture_keeps_its_size() -> None:
    picture = shown(encoded(halves(400, 200), "PNG"))
    assert (picture.width, picture.height) == (400, 200)
    assert len(picture.pixels) == 400 * 200 * 3
    assert about(pixel(picture, 10, 100), (255, 0, 0))
    assert about(pixel(picture, 390, 100), (0, 0, 255))


def test_what_compresses_badly_fits_too() -> None:
    side = PHOTO_SIDE_MAX
    image = Image.frombytes("RGB", (side, side), os.urandom(side * side * 3))
    cleaned = clean_photo(encoded(image, "PNG"))
    assert len(cleaned) <= BLOB_BYTES_MAX
    assert max(opened(cleaned).size) >= side // 2


@pytest.mark.parametrize("kind", KINDS)
def test_no_metadata_comes_along(kind: str) -> None:
    data = talkative(kind)
    assert sum(secret in data for secret in SECRETS) >= 2
    cleaned = clean_photo(data)
    for marker in (
        *SECRETS,
        b"Exif",
        b"http:",
        b"ICC_PROFILE",
        b"\xff\xe1",
        b"\xff\xe2",
        b"\xff\xfe",
    ):
        assert marker not in cleaned
    image = opened(cleaned)
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not image.getexif()


def test_what_lies_after_the_picture_does_not_come_along() -> None:
    assert b"PK hidden" not in clean_photo(encoded(halves()) + b"PK hidden")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(kind: str, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # the camera was turned the other way
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = Image.new("RGB", (96, 48), (255, 255, 255))
    upright.paste((255, 0, 0), (0, 0, 32, 16))  # red in the upper left corner
    exif = Image.Exif()
    exif[0x0112] = orientation
    taken = upright.transpose(turns[orientation]) if orientation in turns else upright
    picture = shown(encoded(taken, kind, exif=exif))
    assert (picture.width, picture.height) == (96, 48)
    assert about(pixel(picture, 8, 6), (255, 0, 0))
    assert about(pixel(picture, 80, 40), (255, 255, 255))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    picture = shown(encoded(halves(), exif=exif))
    assert (picture.width, picture.height) == (400, 200)


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_hostile_exif_is_ignored(exif: bytes) -> None:
    exif = (exif + os.urandom(2000))[:60_000]
    assert shown(encoded(halves(), exif=exif)).width == 400


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (Image.new("RGBA", (40, 30), (255, 0, 0, 0)), "PNG", (255, 255, 255)),
        (Image.new("RGBA", (40, 30), (255, 0, 0, 255)), "WEBP", (255, 0, 0)),
        (Image.new("LA", (40, 30), (0, 128)), "PNG", (127, 127, 127)),
        (Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (Image.new("L", (40, 30), 200), "JPEG", (200, 200, 200)),
        (Image.new("1", (40, 30), 1), "PNG", (255, 255, 255)),
        (Image.new("I;16", (40, 30), 0x8000), "PNG", (128, 128, 128)),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else "",
)
def test_every_mode_becomes_rgb_on_white(
    image: Image.Image, kind: str, expected: tuple[int, ...]
) -> None:
    assert about(pixel(shown(encoded(image, kind)), 20, 15), expected)


def test_a_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (40, 30), 1)
    image.paste(2, (20, 0, 40, 30))
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    picture = shown(encoded(image, "PNG", transparency=1))
    assert about(pixel(picture, 5, 15), (255, 255, 255))
    assert about(pixel(picture, 35, 15), (0, 0, 255))


def test_transparent_and_reduced_in_bands() -> None:
    image = Image.new("RGBA", (6000, 3000), (0, 255, 0, 0))
    image.paste((0, 0, 255, 255), (0, 2900, 6000, 3000))
    picture = shown(encoded(image, "PNG", compress_level=1))
    assert (picture.width, picture.height) == (1280, 640)
    assert about(pixel(picture, 640, 300), (255, 255, 255))
    assert about(pixel(picture, 640, 636), (0, 0, 255))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_of_several_pictures_the_first_is_taken(kind: str) -> None:
    first, others = halves(60, 30), [Image.new("RGB", (60, 30), (0, 255, 0))]
    picture = shown(encoded(first, kind, save_all=True, append_images=others))
    assert about(pixel(picture, 5, 15), (255, 0, 0))


def test_a_line_of_pixels() -> None:
    picture = shown(encoded(Image.new("RGB", (30_000, 1), (9, 9, 9)), "PNG"))
    assert (picture.width, picture.height) == (1280, 1)


def test_thumbnails_are_small() -> None:
    cleaned = clean_photo(encoded(noise(2000, 1000)))
    small = thumbnail_of(cleaned)
    assert opened(small).size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    assert len(small) < 64 * 1024
    assert picture_of(small).width == THUMBNAIL_SIDE


# --- what is refused ----------------------------------------------------------------------------


def archive() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("drill.jpg", encoded(halves()))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a PNG, JPEG or WebP"),
        (archive(), "not a PNG, JPEG or WebP"),
        (encoded(halves(), "GIF"), "not a PNG, JPEG or WebP"),
        (encoded(halves(), "TIFF"), "not a PNG, JPEG or WebP"),
        (encoded(halves(), "BMP"), "not a PNG, JPEG or WebP"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a PNG, JPEG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG, JPEG or WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (encoded(noise(300, 300))[:9000], "damaged or incomplete"),
        (encoded(noise(300, 300), "PNG")[:9000], "damaged or incomplete"),
        (encoded(noise(300, 300), "WEBP")[:9000], "damaged|not a PNG"),
        (png_claiming(0, 10), "damaged|not a PNG"),
        (png_claiming(50_000, 50_000), "too many pixels"),
        (png_claiming(2**31 - 1, 2**31 - 1), "too many pixels"),
        (png_claiming(8_000, 6_000), r"too many pixels \(8000 x 6000\)"),
        (jpeg_claiming(50_000, 50_000), "too many pixels"),
        (jpeg_claiming(65_535, 65_535), "too many pixels"),
        (webp_claiming(50_000, 50_000), "too many pixels|not a PNG"),
        (webp_claiming(2**24, 2**24), "too many pixels|not a PNG"),
        (bytes(PHOTO_FILE_BYTES_MAX + 1), "larger than 32 MiB"),
    ],
    ids=range(20),
)
def test_it_is_refused_in_one_line(data: bytes, said: str) -> None:
    for gate in (clean_photo, picture_of, thumbnail_of):
        with pytest.raises(PhotoRefused) as refused:
            gate(data)
        assert "\n" not in str(refused.value)
    with pytest.raises(PhotoRefused, match=said):
        clean_photo(data)


def test_scans_are_counted_within_the_picture_only() -> None:
    scans_before = jpeg_of_scans(0).count(b"\xff\xda")
    assert shown(jpeg_of_scans(PHOTO_SCANS_MAX - scans_before)).width == 64
    with pytest.raises(PhotoRefused, match="too many layers"):
        clean_photo(jpeg_of_scans(PHOTO_SCANS_MAX - scans_before + 1))
    assert shown(encoded(halves(), comment=b"\xff\xda" * 1000) + b"\xff\xda" * 1000).width == 400


def test_a_photo_of_a_peer_is_held_to_what_ours_are() -> None:
    side = PHOTO_SIDE_MAX
    assert picture_of(encoded(Image.new("RGB", (side, side)), "WEBP")).width == side
    for size in ((side + 1, 1), (1, side + 1), (side * 2, side * 2)):
        with pytest.raises(PhotoRefused, match="pixels"):
            picture_of(encoded(Image.new("RGB", size), "PNG"))
    fitting = encoded(halves()) + bytes(BLOB_BYTES_MAX)
    assert picture_of(fitting[:BLOB_BYTES_MAX]).width == 400
    with pytest.raises(PhotoRefused, match="512 KiB"):
        picture_of(fitting[: BLOB_BYTES_MAX + 1])


def test_pixels_are_counted_before_they_are_decoded() -> None:
    rows, scaled_rows = PHOTO_PIXELS_MAX // 1000, PHOTO_SCALED_PIXELS_MAX // 1000
    with pytest.raises(PhotoRefused, match="damaged or incomplete"):
        clean_photo(png_claiming(1000, rows))
    assert clean_photo(jpeg_claiming(1000, scaled_rows))
    for beyond in (png_claiming(1000, rows + 1), jpeg_claiming(1000, scaled_rows + 1)):
        with pytest.raises(PhotoRefused, match="too many pixels"):
            clean_photo(beyond)


@given(
    start=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x40\0\0\0WEBPVP8X"]),
    rest=st.binary(max_size=300),
)
def test_whatever_comes_is_refused_or_shown(start: bytes, rest: bytes) -> None:
    for gate in (clean_photo, picture_of):
        with pytest.raises(PhotoRefused):
            gate(start + rest)


SAMPLES = [talkative(kind, noise(48, 32)) for kind in KINDS] + [
    encoded(halves(48, 32), "JPEG", progressive=True)
]


@given(
    sample=st.sampled_from(SAMPLES),
    flips=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 1 << 16),
)
def test_damage_anywhere_is_refused_or_harmless(
    sample: bytes, flips: list[tuple[int, int]], end: int
) -> None:
    data = bytearray(sample)
    for place, value in flips:
        data[place % len(data)] = value
    try:
        cleaned = clean_photo(bytes(data[: max(16, end % (2 * len(data)))]))
    except PhotoRefused:
        return
    assert len(cleaned) <= BLOB_BYTES_MAX
    assert max(opened(cleaned).size) <= PHOTO_SIDE_MAX


# --- memory and files ---------------------------------------------------------------------------

MEASURE = """
import resource, sys
from p2pshare.errors import PhotoRefused
from p2pshare.node.photos import clean_photo
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(len(clean_photo(open(sys.argv[1], "rb").read())))
except PhotoRefused as refused:
    print(refused)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def measured(path: Path, data: bytes) -> tuple[str, int]:
    """(what the gate said, by how many bytes memory grew at most), in a process of its own."""
    path.write_bytes(data)
    # A shell in between: a child begins with the peak memory of the process that started it.
    ran = subprocess.run(
        ["/bin/sh", "-c", '"$0" -c "$1" "$2"; exit $?', sys.executable, MEASURE, path],
        capture_output=True,
        text=True,
        check=True,
    )
    said, grown = ran.stdout.splitlines()
    assert ran.stderr == ""
    return said, int(grown) * 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux")
def test_bombs_are_refused_at_bounded_memory(tmp_path: Path) -> None:
    bombs = [
        png_claiming(50_000, 50_000, rows=4_000),
        jpeg_claiming(50_000, 50_000),
        webp_claiming(50_000, 50_000),
    ]
    for bomb in bombs:
        assert len(bomb) < MIB
        said, grown = measured(tmp_path / "bomb.png", bomb)
        assert "picture" in said
        assert grown < 16 * MIB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux")
def test_large_pictures_take_bounded_memory(tmp_path: Path) -> None:
    large = Image.new("RGB", (8160, 6120), (10, 200, 30))
    said, grown = measured(tmp_path / "large.jpg", encoded(large))
    assert int(said) <= BLOB_BYTES_MAX
    assert grown < 40 * MIB
    painted = Image.new("RGBA", (6000, 5900), (10, 200, 30, 128))
    said, grown = measured(tmp_path / "large.png", encoded(painted, "PNG", compress_level=1))
    assert int(said) <= BLOB_BYTES_MAX
    assert grown < 240 * MIB


def test_files_are_read_as_far_as_they_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "drill.jpg"
    path.write_bytes(b"x" * 100)
    assert read_photo_file(path) == b"x" * 100
    with path.open("r+b") as file:
        file.truncate(PHOTO_FILE_BYTES_MAX)
    assert len(read_photo_file(path)) == PHOTO_FILE_BYTES_MAX
    with path.open("r+b") as file:
        file.truncate(PHOTO_FILE_BYTES_MAX + 1)
    with pytest.raises(PhotoRefused, match="32 MiB"):
        read_photo_file(path)


def test_pipes_folders_and_what_is_missing_are_no_photos(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(PhotoRefused, match="is not a file"):
            read_photo_file(path)
    with pytest.raises(FileNotFoundError):
        read_photo_file(tmp_path / "missing")
