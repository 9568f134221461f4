"""Whatever wrote the file, its letters are read; whatever the bytes, nothing is raised."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.lists.decoding import UNREADABLE, decode

TEXT = "name,Bemerkung\nSäge,für Ölbäume\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32-le"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "utf-32-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
        (codecs.BOM_UTF8 + TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_found(data: bytes, encoding: str) -> None:
    decoded = decode(data)
    assert (decoded.text, decoded.encoding) == (TEXT, encoding)


def test_quotation_marks_of_windows() -> None:
    assert decode("„Säge“ … 5 €".encode("cp1252")).text == "„Säge“ … 5 €"


def test_old_macs_end_lines_and_write_letters_in_their_own_way() -> None:
    old = TEXT.replace("\n", "\r")
    assert decode(old.encode("mac_roman")).text == old
    assert decode(old.encode("cp1252")).text == old


def test_what_is_no_character_is_marked() -> None:
    assert decode(codecs.BOM_UTF16_LE + b"a\x00b").text == f"a{UNREADABLE}"
    assert decode(b"S\x81ge").text == f"S{UNREADABLE}ge"


@given(st.binary(max_size=300))
def test_no_bytes_are_an_error(data: bytes) -> None:
    assert isinstance(decode(data).text, str)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=100))
def test_utf8_is_read_as_written(text: str) -> None:
    assert decode(codecs.BOM_UTF8 + text.encode()).text == text
