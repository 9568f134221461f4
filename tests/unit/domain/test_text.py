"""domain.text: what may be entered, and what is shown of what others sent."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.text import BIDIRECTIONAL_CONTROLS, clean_block, clean_line, fits, shown
from p2pshare.errors import DomainError


def test_a_line_is_stripped_and_composed():
    assert clean_line("  Cafe\u0301 chairs \n", 60, "the title") == "Café chairs"


@pytest.mark.parametrize("character", [*sorted(BIDIRECTIONAL_CONTROLS), "\x00", "\x1b", "\x85"])
def test_hiding_characters_are_refused_everywhere(character):
    for clean in (clean_line, clean_block):
        with pytest.raises(DomainError, match=f"the title .*U\\+{ord(character):04X}"):
            clean(f"a{character}b", 60, "the title")


def test_lone_surrogates_are_refused():
    with pytest.raises(DomainError, match=r"U\+D800"):
        clean_line("a\ud800b", 60, "the title")


@pytest.mark.parametrize("character", ["\n", "\t"])
def test_newline_and_tab_belong_into_blocks_only(character):
    assert clean_block(f"a{character}b", 60, "the note") == f"a{character}b"
    with pytest.raises(DomainError, match="cannot be used here"):
        clean_line(f"a{character}b", 60, "the title")


def test_windows_line_ends_become_newlines():
    assert clean_block("a\r\nb\rc", 60, "the note") == "a\nb\nc"


def test_the_limit_counts_characters_after_composing():
    assert clean_line("e\u0301" * 60, 60, "the title") == "é" * 60
    with pytest.raises(DomainError, match="61 characters, at most 60"):
        clean_line("é" * 61, 60, "the title")


def test_an_empty_text_is_refused_only_where_it_is_required():
    assert clean_line(" ", 60, "the category") == ""
    with pytest.raises(DomainError, match="the title is empty"):
        clean_line(" ", 60, "the title", required=True)


def test_fits_counts_code_points_and_composes_nothing():
    assert fits("e\u0301", 2)
    assert not fits("e\u0301", 1)
    assert fits("\U0001f6e0", 1)


def test_shown_makes_every_trick_visible():
    assert shown("a\u202eb") == "a\\u{202e}b"
    assert shown("a\nb\x1b[2J") == "a\\u{a}b\\u{1b}[2J"
    assert shown("a\nb\tc", newlines=True) == "a\nb\\u{9}c"
    assert shown("Zürich 🛠 العربية") == "Zürich 🛠 العربية"


@given(st.text(st.characters(exclude_categories=())))
def test_what_is_shown_holds_nothing_hidden(text):
    for character in shown(text):
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert character not in BIDIRECTIONAL_CONTROLS


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_what_may_be_entered_is_shown_unchanged_and_stays_clean(text):
    try:
        cleaned = clean_line(text, 60, "the title")
    except DomainError:
        return
    assert shown(cleaned) == cleaned
    assert clean_line(cleaned, 60, "the title") == cleaned
    assert fits(cleaned, 60)
