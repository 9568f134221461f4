"""The lists that come with the program are whole; a person's own adds to them, or is told of."""

import json
from pathlib import Path

import pytest

from p2pshare.domain.categories import LANGUAGES
from p2pshare.domain.impact import ImpactFacts, impact
from p2pshare.domain.matching import OTHER, judge
from p2pshare.domain.synonyms import key_of, read_synonyms, significant
from p2pshare.errors import DomainError, NodeError
from p2pshare.limits import ASSUMPTIONS_BYTES_MAX, SYNONYMS_BYTES_MAX
from p2pshare.node.categories import bundled_categories
from p2pshare.node.own_lists import (
    ASSUMPTIONS_FILE,
    SYNONYMS_FILE,
    Words,
    assumptions_of,
    bundled_assumptions,
    bundled_synonyms,
    own_synonyms,
)


def means(words: Words, want: str, title: str) -> bool:
    vocabulary = words.vocabulary()
    return judge(vocabulary.asked(want), vocabulary.offered(title, (), "")) is not None


def test_the_bundled_synonyms_are_good(repository: Path) -> None:
    text = (repository / "resources" / SYNONYMS_FILE).read_text(encoding="utf-8")
    read = read_synonyms(text, SYNONYMS_FILE)
    assert read.faults == ()
    assert len(read.synonyms) == len(bundled_synonyms()) > 100
    lines = [line.partition("#")[0] for line in text.splitlines()]
    groups = [
        [key_of(significant(phrase)) for phrase in line.split(",")]
        for line in lines
        if line.strip()
    ]
    keys = [key for group in groups for key in dict.fromkeys(group)]
    assert len(keys) == len(set(keys)), sorted(key for key in keys if keys.count(key) > 1)


@pytest.mark.parametrize(
    ("want", "title"),
    [
        ("drill", "Bohrmaschine"),
        ("Bohrmaschine", "Perceuse"),
        ("perceuse", "Taladro"),
        ("taladro", "Power drill"),
        ("ladder", "Leiter"),
        ("lawnmower", "Tondeuse à gazon"),
        ("Beamer", "Proyector"),
        ("tienda de campaña", "Zelt"),
        ("sewing machine", "Nähmaschine"),
        ("guitar lessons", "Cours de guitare"),
    ],
)
def test_common_things_are_known_in_four_languages(tmp_path: Path, want: str, title: str) -> None:
    assert means(Words(tmp_path), want, title)
    assert means(Words(tmp_path), title, want)


def test_what_belongs_nowhere_else_has_a_category() -> None:
    assert bundled_categories()[OTHER].names.keys() >= set(LANGUAGES)


def test_a_person_adds_words(tmp_path: Path) -> None:
    words = Words(tmp_path)
    assert not means(words, "drill", "Hole maker")
    (tmp_path / SYNONYMS_FILE).write_text("drill, hole maker\n", encoding="utf-8-sig")
    assert means(words, "drill", "Hole maker")
    assert means(words, "drill", "Bohrmaschine")
    assert own_synonyms(tmp_path).faults == ()
    (tmp_path / SYNONYMS_FILE).unlink()
    assert not means(words, "drill", "Hole maker")


def test_a_bad_line_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / SYNONYMS_FILE).write_text("drill, hole maker\nsaw\nfork, Gabel\n")
    assert own_synonyms(tmp_path).faults == (
        "line 2 of synonyms.txt is left out: it has one word; write those that mean the same"
        " with commas between them",
    )
    assert means(Words(tmp_path), "drill", "Hole maker")
    assert means(Words(tmp_path), "fork", "Gabel")


def test_a_list_that_cannot_be_read_costs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / SYNONYMS_FILE
    path.write_bytes(b"drill, \xff\xfe\n")
    said = "synonyms.txt is not text in UTF-8; only the list of the program is used"
    assert own_synonyms(tmp_path).faults == (said,)
    assert means(Words(tmp_path), "drill", "Bohrmaschine")
    path.unlink()
    path.mkdir()
    assert own_synonyms(tmp_path).faults == (
        "synonyms.txt cannot be read: Is a directory; only the list of the program is used",
    )


def test_a_list_may_be_as_large_as_its_limit(tmp_path: Path) -> None:
    path = tmp_path / SYNONYMS_FILE
    line = "drill, hole maker\n"
    path.write_text(line + "#" * (SYNONYMS_BYTES_MAX - len(line)))
    assert own_synonyms(tmp_path).faults == ()
    assert len(own_synonyms(tmp_path).synonyms) == 1
    path.write_text(line + "#" * (SYNONYMS_BYTES_MAX - len(line) + 1))
    assert own_synonyms(tmp_path).faults == (
        "synonyms.txt is too large, at most 256 KiB are possible; only the list of the program is"
        " used",
    )


def test_every_assumption_has_a_source() -> None:
    assumed = bundled_assumptions()
    for one in assumed.by_name.values():
        assert "{value}" in one.says
        assert "http" in one.source or "the same article" in one.source
        assert one.least <= one.value <= one.most
    figures = impact(ImpactFacts(thing_loans=10, car_sharers=60), assumed)
    assert [one.value for one in figures if one.figure == "cars replaced"] == [9]
    assert all("{" not in one.assumption for one in figures)


def test_a_person_changes_assumptions(tmp_path: Path) -> None:
    assert assumptions_of(tmp_path) == bundled_assumptions()
    own = {"assumptions": [{"name": "price-of-a-thing", "value": 123}]}
    (tmp_path / ASSUMPTIONS_FILE).write_text(json.dumps(own))
    assert assumptions_of(tmp_path).value("price-of-a-thing") == 123


def test_wrong_assumptions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / ASSUMPTIONS_FILE
    path.write_text("{")
    with pytest.raises(DomainError, match=r"^assumptions\.json cannot be read: "):
        assumptions_of(tmp_path)
    path.write_bytes(b" " * (ASSUMPTIONS_BYTES_MAX - 2) + b"{}")
    assert assumptions_of(tmp_path) == bundled_assumptions()
    path.write_bytes(b" " * (ASSUMPTIONS_BYTES_MAX - 1) + b"{}")
    with pytest.raises(NodeError, match=r"^assumptions\.json is too large, at most 64 KiB"):
        assumptions_of(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(NodeError, match=r"^assumptions\.json cannot be read: Is a directory"):
        assumptions_of(tmp_path)
