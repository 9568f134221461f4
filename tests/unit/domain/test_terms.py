"""domain.terms: what is signed, what it means to a program, and that neither ever changes."""

import itertools
import xml.etree.ElementTree as ElementTree
from functools import reduce
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.categories import LANGUAGES
from p2pshare.domain.days import add_days
from p2pshare.domain.term_texts import SENTENCES
from p2pshare.domain.terms import (
    TERMS,
    MachineForm,
    Term,
    canonical_terms,
    check_days,
    contradiction,
    find_term,
    language_of,
    line_of,
    machine_form,
    newest_terms,
    parse_term,
)
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
SVG = "{http://www.w3.org/2000/svg}"

#: What people have signed means this for ever. A line is added for a new version, never changed.
DIGESTS = """
BORROW-7D/1 62a1df0eda17cbb647d8eb7945af7bd3d3e7c920dbd4e3868434c99dcf3a1125
BORROW-14D/1 28b05df8cbea3239ceede6a08cc9747072e6b29e9af8cab8f1c8b4cd1ddf4279
BORROW-28D/1 f3863586660636cffcc2ae4e03726617a4c61f4340a0e6726c7617b41d4b6b7a
ASK-A-DAY-BEFORE/1 164b915f79d68abe816d998474c9815cd1b68f85b4a51a11c3594ac2b203a0be
CLEAN-RETURN/1 45a0011ae633ab97e398eb5aaad89ad4853a97bd3a67eed161a2fd621735900c
REFILL/1 8a3ee9dbea26005fbf5895ac6a53c658d199985996960d3ac95895c6d9916185
REPORT-DAMAGE/1 475432c44537e06b8e194404f9bd28f70b983c0c09ff3e3918088d239ce1592c
REPLACE-IF-LOST/1 dc4b78bb3696cb047522cef5ad72c7ac3e6cac6f80b890dae2c185e8d2be085f
NO-LENDING-ON/1 d33b93a30ea9189056ae99d1e029a3ba2b3509724d78a24610e6ee6125e73673
ADULTS-ONLY/1 acd2a1988e0221f29388639ba4f35ac4f0d49e3c0519609b4532002aabdc6952
TRAINING-NEEDED/1 d499d4724fb70a881277200095382e13ac1948bbc8e231c253c46517fa4ff92b
NO-RESALE/1 d8777d9dc7168f7b7619d596e68e79e0e404f343b8e85bea0c88e9eb32940c7f
PAY-IT-FORWARD/1 4c206c916c03dacac83a6090a01e630422ce7b9ae47649d2d013794980027b79
"""

SIGNED = [term.signed for term in TERMS]
sets_of_terms = st.lists(st.sampled_from([*SIGNED, "BORROW-7D/9", "NOT-OURS/1", "", "\u202ex"]))
forms = st.builds(
    MachineForm,
    longest_days=st.none() | st.integers(1, 400),
    notice_days=st.integers(0, 30),
    checklist=st.sets(st.sampled_from("abc")).map(lambda words: tuple(sorted(words))),
    adults_only=st.booleans(),
    training_needed=st.booleans(),
    promises=st.sets(st.sampled_from("xyz")).map(lambda words: tuple(sorted(words))),
)


def refusal(ask):
    """What is said against it, or None."""
    try:
        ask()
    except DomainError as refused:
        return str(refused)
    return None


# --- the terms themselves -------------------------------------------------------------------


def test_what_a_version_means_never_changes():
    assert "".join(f"\n{term.signed} {term.digest()}" for term in TERMS) + "\n" == DIGESTS


def test_the_protocol_lists_each_with_its_digest():
    text = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
    listed = text.split("<!-- table: terms -->")[1].split("<!-- end table -->")[0]
    rows = [
        [cell.strip("` ") for cell in line.strip("| ").split(" | ")]
        for line in listed.strip().splitlines()[2:]
    ]
    assert rows == [
        [
            term.signed,
            term.sentence("en"),
            "; ".join(_spoken(name, value) for name, value in term.machine.to_dict().items()),
            term.digest(),
        ]
        for term in TERMS
    ]


def _spoken(name, value):
    items = value if isinstance(value, list) else [value]
    return ", ".join(f"{name} {str(item).lower()}" for item in items)


def test_a_digest_covers_every_sentence_and_the_machine_form(monkeypatch):
    term = parse_term("BORROW-7D/1")
    seen = {term.digest()}
    for language in LANGUAGES:
        changed = {**SENTENCES[term.signed], language: "Keep it."}
        monkeypatch.setattr("p2pshare.domain.terms.SENTENCES", {term.signed: changed})
        seen.add(term.digest())
        monkeypatch.undo()
    for form in (MachineForm(longest_days=8), MachineForm(longest_days=7, adults_only=True)):
        seen.add(Term(term.code, term.version, term.icon, form).digest())
    assert len(seen) == 1 + len(LANGUAGES) + 2


def test_each_is_short_and_has_a_sentence_in_each_language():
    assert list(SENTENCES) == SIGNED
    assert len(set(SIGNED)) == len(SIGNED)
    for term in TERMS:
        assert len(term.signed) <= limits.TAG_CHARACTERS_MAX
        assert term.code.replace("-", "").isalnum()
        assert term.code.isupper()
        assert set(SENTENCES[term.signed]) == set(LANGUAGES)
        for sentence in SENTENCES[term.signed].values():
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert sentence.count(".") == 1
            assert len(sentence) <= 80


def test_each_means_something_to_a_program_and_says_it_in_words_for_json():
    for term in TERMS:
        said = term.machine.to_dict()
        assert said
        assert (
            MachineForm(
                **{
                    name: tuple(value) if isinstance(value, list) else value
                    for name, value in said.items()
                }
            )
            == term.machine
        )


def test_each_has_an_icon_and_no_icon_is_without_a_term():
    folder = files("p2pshare.resources").joinpath("icons", "terms")
    icons = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(icons) == {f"{term.icon}.svg" for term in TERMS}
    for data in icons.values():
        icon = ElementTree.fromstring(data)
        assert icon.tag == f"{SVG}svg"
        assert icon.get("viewBox") == "0 0 24 24"
        assert (icon.get("stroke"), icon.get("fill")) == ("currentColor", "none")
        assert {shape.tag for shape in icon} == {f"{SVG}path"}
        assert not any(shape.get("fill") or shape.get("stroke") for shape in icon)


def test_of_each_code_the_newest_version_is_to_choose_from():
    newest = newest_terms()
    assert len({term.code for term in newest}) == len(newest)
    for term in TERMS:
        chosen = next(one for one in newest if one.code == term.code)
        assert chosen.version >= term.version


# --- what a person types --------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "BORROW-7D",
        "borrow-7d",
        "Borrow 7 D",
        " borrow_7d ",
        "borrow7d",
        "borrow-7d/1",
        "BORROW-7D/",
    ],
)
def test_a_code_is_recognised_however_it_is_written(typed):
    assert parse_term(typed).signed == "BORROW-7D/1"


@given(st.sampled_from(TERMS), st.data())
def test_any_case_and_any_separators_will_do(term, data):
    typed = "".join(
        data.draw(st.sampled_from([letter.upper(), letter.lower()]))
        if letter != "-"
        else data.draw(st.sampled_from(["-", " ", "_", ""]))
        for letter in term.code
    )
    assert parse_term(typed) == next(one for one in newest_terms() if one.code == term.code)
    assert parse_term(f"{typed}/{term.version}") is term


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("BOROW-7D", "there are no terms called 'BOROW-7D'; near it: BORROW-7D"),
        ("clean", "there are no terms called 'clean'; near it: CLEAN-RETURN"),
        ("training", "near it: TRAINING-NEEDED"),
        ("xyzzy", "there are BORROW-7D, BORROW-14D,"),
        ("/1", "there are no terms called '/1'"),
        ("BORROW-7D/2", "BORROW-7D has no version '2' here; choose BORROW-7D/1"),
        ("BORROW-7D/one", "has no version 'one' here"),
        ("BORROW-7D/1/1", "has no version '1/1' here"),
        ("", "a terms code is empty"),
        ("b" * 41, "a terms code is too long"),
        ("BORROW\n7D", "a character that cannot be used here"),
    ],
)
def test_anything_else_is_refused_in_one_line(typed, said):
    with pytest.raises(DomainError) as refused:
        parse_term(typed)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_in_another_way(typed):
    said = refusal(lambda: parse_term(typed))
    assert said is None or "\n" not in said


# --- what a listing carries -----------------------------------------------------------------


def test_a_listing_carries_signed_texts_each_once():
    typed = ["clean return", "", "ADULTS-ONLY", "  ", "CLEAN-RETURN/1"]
    assert canonical_terms(typed) == ("CLEAN-RETURN/1", "ADULTS-ONLY/1")
    assert canonical_terms([""]) == ()


def test_what_it_carries_already_may_be_kept_though_it_is_unknown():
    kept = ("FROM-LATER/7", "BORROW-7D/9")
    assert canonical_terms([*kept, "refill"], kept=kept) == (*kept, "REFILL/1")
    with pytest.raises(DomainError, match="no terms called 'FROM-LATER/7'"):
        canonical_terms(kept)


def test_terms_that_contradict_each_other_are_refused():
    with pytest.raises(DomainError) as refused:
        canonical_terms(["refill", "borrow-7d", "clean-return", "borrow-14d"])
    assert str(refused.value) == (
        "BORROW-7D/1 and BORROW-14D/1 contradict each other; keep one of them"
    )


def test_only_answers_to_one_question_contradict_each_other():
    lengths = {"BORROW-7D/1", "BORROW-14D/1", "BORROW-28D/1"}
    for one, other in itertools.permutations(SIGNED, 2):
        clash = contradiction([one, other])
        assert clash == ((one, other) if {one, other} <= lengths else None)


def test_two_versions_of_a_code_contradict_each_other(monkeypatch):
    older = parse_term("REFILL/1")
    newer = Term("REFILL", 2, older.icon, older.machine)
    known = {one.signed: one for one in (older, newer)}
    monkeypatch.setattr("p2pshare.domain.terms._BY_SIGNED", known)
    assert contradiction(["REFILL/1", "REFILL/2"]) == ("REFILL/1", "REFILL/2")


def test_there_is_room_for_every_choice_and_a_limit_all_the_same():
    choice = [one for one in SIGNED if one not in ("BORROW-14D/1", "BORROW-28D/1")]
    assert canonical_terms(choice) == tuple(choice)
    kept = tuple(f"LATER/{number}" for number in range(limits.TERMS_MAX))
    assert canonical_terms(kept, kept=kept) == kept
    with pytest.raises(DomainError, match="at most 12 terms codes"):
        canonical_terms([*kept, "refill"], kept=kept)


@given(st.lists(st.sampled_from(SIGNED), max_size=6))
def test_what_was_accepted_is_accepted_again(typed):
    assume(contradiction(typed) is None)
    signed = canonical_terms(typed)
    assert canonical_terms(signed) == signed
    assert len(set(signed)) == len(signed) <= limits.TERMS_MAX
    assert contradiction(signed) is None
    assert all(find_term(one) for one in signed)


# --- what they mean together ----------------------------------------------------------------


def test_the_strictest_wins():
    form = machine_form(
        ["BORROW-14D/1", "CLEAN-RETURN/1", "BORROW-7D/1", "REFILL/1", "LATER/1", "ADULTS-ONLY/1"]
    )
    assert form == MachineForm(longest_days=7, checklist=("clean", "refilled"), adults_only=True)
    assert form.to_dict() == {
        "longest_days": 7,
        "checklist": ["clean", "refilled"],
        "adults_only": True,
    }


@given(sets_of_terms, st.randoms())
def test_order_and_doubles_mean_nothing(signed, random):
    shuffled = [*signed, *signed[:3]]
    random.shuffle(shuffled)
    assert machine_form(shuffled) == machine_form(signed)


@given(sets_of_terms, sets_of_terms)
def test_more_terms_never_allow_more(some, more):
    less, all_of_them = machine_form(some), machine_form([*some, *more])
    assert less.stricter(all_of_them) == all_of_them


@given(forms, forms, forms)
def test_stricter_is_a_meeting(one, two, three):
    assert one.stricter(two) == two.stricter(one)
    assert one.stricter(two).stricter(three) == one.stricter(two.stricter(three))
    assert one.stricter(one) == one
    assert one.stricter(MachineForm()) == one


@given(st.lists(forms, min_size=1), st.integers(-3, 40), st.integers(0, 500))
def test_days_are_allowed_if_each_term_allows_them(all_forms, wait, length):
    from_day = add_days(TODAY, wait)
    until_day = add_days(from_day, length)

    def allowed(form):
        said = refusal(lambda: check_days(form, from_day, until_day, TODAY))
        assert said is None or "; choose 20" in said
        return said is None

    assert allowed(reduce(MachineForm.stricter, all_forms)) == all(map(allowed, all_forms))


@pytest.mark.parametrize(
    ("signed", "from_day", "until_day", "said"),
    [
        ("BORROW-7D/1", "2026-11-23", "2026-11-30", None),
        ("BORROW-7D/1", "2026-11-23", "2026-12-01", "at most 7 days; choose 2026-11-30 or earlier"),
        ("ASK-A-DAY-BEFORE/1", "2026-11-24", "2027-11-24", None),
        ("ASK-A-DAY-BEFORE/1", "2026-11-23", "2026-11-25", "choose 2026-11-24 or later"),
        ("LATER/1", "2026-11-23", "2036-11-23", None),
    ],
)
def test_which_days_terms_allow(signed, from_day, until_day, said):
    form = machine_form([signed])
    if said is None:
        check_days(form, from_day, until_day, TODAY)
        return
    with pytest.raises(DomainError, match=said):
        check_days(form, from_day, until_day, TODAY)


# --- what people read -----------------------------------------------------------------------


def test_sentences_come_in_the_language_asked_for_or_else_in_english():
    clean = find_term("CLEAN-RETURN/1")
    assert clean.sentence("de") == "Gib es sauber zurück."
    assert clean.sentence("fr_CA.UTF-8") == "Rendez-le propre."
    for other in ("pl", "C", "", "d"):
        assert clean.sentence(other) == "Give it back clean."
        assert language_of(other) == "en"


def test_a_line_says_what_is_signed_too():
    assert line_of("CLEAN-RETURN/1", "es_MX") == "Devuélvelo limpio. (CLEAN-RETURN/1)"


@pytest.mark.parametrize("signed", ["CLEAN-RETURN/2", "CLEAN-RETURN", "clean", "", "\u202eevil"])
def test_what_is_not_known_is_shown_as_it_is(signed):
    assert find_term(signed) is None
    assert line_of(signed, "de") == f"Not among the standard terms known here. ({signed})"
    assert machine_form([signed]) == MachineForm()
