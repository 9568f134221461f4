"""Lists of words that mean the same: read line by line, found in the plural, in both directions."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from p2pshare.domain.alike import bare
from p2pshare.domain.synonyms import (
    ENDINGS,
    STOP_WORDS,
    Synonyms,
    key_of,
    plurals,
    read_synonyms,
    same_word,
    significant,
    stems,
    words_of,
)
from p2pshare.limits import CATEGORY_CHARACTERS_MAX, SYNONYMS_PER_GROUP_MAX

WORDS = st.text(alphabet="abcdesnäéß", min_size=1, max_size=12).map(bare)
GROUPS = [("drill", "Bohrmaschine", "perceuse"), ("tent", "Zelt", "tienda de campaña")]


def others(text: str, groups: list[tuple[str, ...]] = GROUPS) -> tuple[str, ...]:
    return Synonyms(groups).others(significant(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drill", ("Bohrmaschine", "perceuse")),
        ("DRILLS", ("Bohrmaschine", "perceuse")),
        ("Bohrmaschinen", ("drill", "perceuse")),
        ("tienda campana", ("tent", "Zelt")),
        ("Tiendas de Campaña", ()),
        ("dril", ()),
        ("drilling", ()),
        ("drill tent", ()),
    ],
)
def test_other_words_for_the_same(text: str, expected: tuple[str, ...]) -> None:
    assert others(text) == expected


def test_a_word_may_stand_in_several_groups() -> None:
    groups = [("iron", "Bügeleisen"), ("iron", "fer"), ("fer", "metal")]
    assert others("iron", groups) == ("Bügeleisen", "fer")
    assert others("fer", groups) == ("iron", "metal")


def test_lists_add_up() -> None:
    both = Synonyms([("tent", "Zelt")]) + Synonyms([("tent", "bivvy bag")])
    assert len(both) == 2
    assert both.others(significant("tent")) == ("Zelt", "bivvy bag")
    assert both.words_max == 2


@given(st.lists(st.lists(WORDS, min_size=2, max_size=4), max_size=4))
def test_what_means_the_same_does_so_in_both_directions(groups: list[list[str]]) -> None:
    synonyms = Synonyms(groups)
    for word in {word for group in groups for word in group}:
        for other in synonyms.others(significant(word)):
            back = {key_of(significant(one)) for one in synonyms.others(significant(other))}
            assert key_of(significant(word)) in back


@given(WORDS, WORDS)
@example("leiter", "leitern")
def test_being_one_word_is_mutual(one: str, other: str) -> None:
    assert same_word(one, other) == same_word(other, one)
    assert same_word(one, one)


@given(WORDS)
def test_a_plural_is_the_word_and_leads_back_to_it(word: str) -> None:
    for plural in plurals(word):
        assert same_word(word, plural)
        assert word in stems(plural)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ladder", "ladders", True),
        ("leiter", "leitern", True),
        ("boot", "boote", True),
        ("echelle", "echelles", True),
        ("tv", "tvs", False),
        ("car", "cart", False),
        ("plant", "planter", False),
        ("saw", "sawdust", False),
    ],
)
def test_endings(one: str, other: str, same: bool) -> None:
    assert same_word(one, other) is same


def test_significant_words() -> None:
    text = "Hello, I am looking for a 4-m ladder; ich suche eine Leiter, j'ai besoin d'une échelle"
    assert [word.written for word in significant(text)] == ["ladder", "Leiter", "échelle"]
    assert significant("I need some of it, bitte") == []
    assert [word.bare for word in significant("梯")] == ["梯"]
    assert all(ending not in STOP_WORDS or ending in ("es", "en") for ending in ENDINGS)


@given(st.text(max_size=60))
@example("foo_bar ½ ß ǅ")
def test_words_stand_where_they_say(text: str) -> None:
    for word in words_of(text):
        assert word.bare
        assert " " not in word.bare
        assert word.start < word.end
        assert word.bare in bare(word.written).split()


# --- reading --------------------------------------------------------------------------------


def test_a_list_is_read_line_by_line() -> None:
    read = read_synonyms(
        "# tools\n\ndrill, Bohrmaschine , perceuse # for holes\r\n  tent,Zelt\n", "mine.txt"
    )
    assert read.faults == ()
    assert len(read.synonyms) == 2
    assert read.synonyms.others(significant("Bohrmaschine")) == ("drill", "perceuse")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("drill", "it has one word; write those that mean the same with commas between them"),
        ("drill, , tent", "a word is missing at a comma to find something by"),
        ("drill,", "a word is missing at a comma to find something by"),
        ("drill, !!", "'!!' is no word to find something by"),
        ("drill, for the", "'for the' is no word to find something by"),
        ("drill, \u202e", "'\\u{202e}' is no word to find something by"),
        (
            f"drill, {'x' * (CATEGORY_CHARACTERS_MAX + 1)}",
            f"'{'x' * 40}…' is too long, at most {CATEGORY_CHARACTERS_MAX} characters are possible",
        ),
        (
            ", ".join(f"word{number}" for number in range(SYNONYMS_PER_GROUP_MAX + 1)),
            f"it has {SYNONYMS_PER_GROUP_MAX + 1} words, at most {SYNONYMS_PER_GROUP_MAX} are"
            " possible",
        ),
    ],
)
def test_a_bad_line_is_told_of_and_costs_nothing_else(line: str, said: str) -> None:
    read = read_synonyms(f"tent, Zelt\n{line}\nsaw, Säge\n", "mine.txt")
    assert read.faults == (f"line 2 of mine.txt is left out: {said}",)
    assert len(read.synonyms) == 2
    assert read.synonyms.others(significant("saw")) == ("Säge",)


def test_what_is_just_possible_is_read() -> None:
    words = ["x" * CATEGORY_CHARACTERS_MAX]
    words += [f"word{number}" for number in range(SYNONYMS_PER_GROUP_MAX - 1)]
    read = read_synonyms(",".join(words), "mine.txt")
    assert read.faults == ()
    assert len(read.synonyms.others(significant("word3"))) == SYNONYMS_PER_GROUP_MAX - 1


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6))
def test_any_text_is_read_and_each_line_counts_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    read = read_synonyms(text, "mine.txt")
    said = [line.partition("#")[0].strip() for line in text.splitlines()]
    assert len(read.synonyms) + len(read.faults) == len([line for line in said if line])
    assert all(fault.isprintable() for fault in read.faults)
