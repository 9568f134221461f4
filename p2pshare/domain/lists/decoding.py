"""The text of a file whose encoding nobody wrote down.

Unicode where the bytes say so; else what spreadsheets of western Europe write: Windows' code page
1252, or Mac Roman. Never raises: what is no character becomes U+FFFD, and ``reading`` then
rejects the rows that have it.
"""

import codecs
from dataclasses import dataclass
from typing import Final

#: Longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOK_AT_BYTES: Final = 4096

UNREADABLE: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, without its mark, and the encoding it was read by."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded:
    """The text that these bytes most likely are."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            if encoding == "utf-8" and not _is_utf8(rest):
                return _decode_one_byte(rest)
            return Decoded(rest.decode(encoding, "replace"), encoding)
    wide = _wide_encoding(data[:_LOOK_AT_BYTES])
    if wide is not None:
        return Decoded(data.decode(wide, "replace"), wide)
    if _is_utf8(data):
        return Decoded(data.decode("utf-8"), "utf-8")
    return _decode_one_byte(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wide_encoding(beginning: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of western text is zero, and never in other files."""
    units = len(beginning) // 2
    if units < 2:
        return None
    first, second = beginning[0::2].count(0), beginning[1::2].count(0)
    if second > 0.7 * units and first < 0.1 * units:
        return "utf-16-le"
    if first > 0.7 * units and second < 0.1 * units:
        return "utf-16-be"
    return None


def _decode_one_byte(data: bytes) -> Decoded:
    """By code page 1252, or Mac Roman where lines end as they did on that system.

    Its accented letters are where 1252 has quotation marks and dashes, and the other way round.
    """
    high = sum(0x80 <= byte < 0xA0 for byte in data[: 64 * _LOOK_AT_BYTES])
    letters = sum(byte >= 0xC0 for byte in data[: 64 * _LOOK_AT_BYTES])
    if b"\r" in data and b"\n" not in data and high > letters:
        return Decoded(data.decode("mac_roman"), "mac_roman")
    return Decoded(data.decode("cp1252", "replace"), "cp1252")
