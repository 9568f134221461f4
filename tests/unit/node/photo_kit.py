"""Pictures as people, cameras and attackers make them."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, TiffImagePlugin

PLACE = b"48.8584N"
SECRETS = (b"Nikon D-Secret", PLACE, b"my own comment", b"xmp-secret", b"profile-secret")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(width: int, height: int) -> Image.Image:
    """A picture that compresses badly, alike at each run."""
    small = Image.effect_noise((97, 89), 90).convert("RGB")
    return small.resize((width, height), Image.Resampling.NEAREST)


def halves(width: int = 400, height: int = 200) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def talkative(kind: str, image: Image.Image | None = None) -> bytes:
    """A picture with all the metadata that its format has room for."""
    exif = Image.Exif()
    exif[0x010F] = SECRETS[0].decode()
    place = exif.get_ifd(0x8825)
    place[1] = "N"
    place[2] = tuple(TiffImagePlugin.IFDRational(value) for value in (48, 51, 30))
    place[29] = PLACE.decode()
    options: dict[str, Any] = {"exif": exif, "icc_profile": b"\0" * 128 + SECRETS[4]}
    if kind == "JPEG":
        options |= {"comment": SECRETS[2], "xmp": SECRETS[3]}
    elif kind == "WEBP":
        options |= {"xmp": SECRETS[3]}
    return encoded(image or halves(), kind, **options)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_claiming(width: int, height: int, rows: int = 0) -> bytes:
    """A PNG of one grey byte a pixel that says how large it is and holds only ``rows`` rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1 + width) * rows, 9)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose header says how large it is."""
    data = bytearray(encoded(Image.new("RGB", (8, 8))))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """An extended WebP whose header says how large its canvas is."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = encoded(Image.new("RGB", (8, 8)), "WEBP")[12:]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x00" * 4 + size + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG in which the last scan is repeated."""
    data = encoded(halves(64, 64), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]
