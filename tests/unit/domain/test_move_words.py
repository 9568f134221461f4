"""domain.move_words: what a move said, as values and in words; a wording for whatever is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.agreement_bodies import (
    CustodyMove,
    GiveBack,
    HoldAdd,
    LoanAccept,
    LoanGrant,
    LoanMove,
    LoanRenew,
    LoanReport,
    SessionDone,
    SessionRequest,
)
from p2pshare.domain.days import Span
from p2pshare.domain.move_words import details_of, move_words, period_words, told_of

PHOTO = bytes(range(32))
OPENING = {
    "listing": b"L" * 16,
    "listing_header": b"header",
    "quantity": 1,
    "from_day": "2026-11-23",
    "until_day": "2026-11-23",
}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (LoanMove(note="Words of mine", desk=True), ()),
        (LoanAccept(due_at_ms=5000, terms=("CLEAN-RETURN/1",)), ()),
        (LoanRenew(until_day="2026-12-01"), ("until 2026-12-01",)),
        (LoanRenew(until_day="2026-12-01", until_minute=870), ("until 2026-12-01 14:30",)),
        (LoanGrant(until_day="2026-12-01", due_at_ms=1), ("until 2026-12-01",)),
        (SessionDone(minutes=90), ("for 1 h 30 min",)),
        (SessionRequest(**OPENING, minutes=60), ("for 1 h",)),
        (SessionRequest(**OPENING), ()),
        (HoldAdd(**OPENING, token=b"t" * 8), ()),
        (LoanReport(what="damage"), ("it is damaged",)),
        (LoanReport(what="missing-part", part="bit"), ("a part is missing: bit",)),
        (LoanReport(what="melted"), ("melted",)),
        (
            CustodyMove(
                condition="as-new",
                checked=("clean", "refilled"),
                missing=("bit",),
                photos=(PHOTO,),
            ),
            (
                "condition: as new",
                "found well: clean, refilled",
                "missing: bit",
                f"photos: {PHOTO.hex()[:8]}",
            ),
        ),
        (GiveBack(instead="hired"), ("would have hired one",)),
        (GiveBack(instead="stolen"), ("stolen",)),
    ],
)
def test_what_is_said_in_plain_words(body, words):
    assert move_words(details_of(body)) == words
    assert move_words(told_of(details_of(body))) == words


def test_what_stands_elsewhere_or_is_for_programs_is_not_told_again():
    accept = details_of(LoanAccept(due_at_ms=5000, terms=("CLEAN-RETURN/1",), note="Yes"))
    assert accept == {"due_at_ms": 5000, "terms": ["CLEAN-RETURN/1"]}
    assert told_of(accept) == {}
    assert told_of(details_of(HoldAdd(**OPENING, token=b"t" * 8))) == {}
    told = told_of(details_of(CustodyMove(photos=(PHOTO,), checked=("clean",))))
    assert told == {"checked": ["clean"], "photos": [PHOTO.hex()]}


def test_what_a_later_version_adds_is_passed_over():
    details = {"condition": "good", "mood": "sunny", "photos": []}
    assert move_words(details) == ("condition: good",)
    assert told_of(details) == {"condition": "good"}


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span("2026-11-23", "2026-11-28"), "2026-11-23 to 2026-11-28"),
        (Span("2026-11-23", "2026-11-23"), "2026-11-23"),
        (Span("2026-11-23", None), "2026-11-23"),
        (Span("2026-11-23", "2026-11-23", 540, 630), "2026-11-23 09:00 to 2026-11-23 10:30"),
        (Span("2026-11-23", "2026-11-24", 540), "2026-11-23 09:00 to 2026-11-24 24:00"),
    ],
)
def test_when_something_is(span, words):
    assert period_words(span) == words


_words = st.text(min_size=1, max_size=limits.TAG_CHARACTERS_MAX)
_days = st.dates().filter(lambda day: day.year >= 1970).map(str)
_minutes = st.integers(0, limits.DAY_MINUTES)


@given(
    body=st.one_of(
        st.builds(LoanRenew, until_day=_days, until_minute=_minutes),
        st.builds(LoanReport, what=_words, part=_words, photos=st.tuples(st.binary(max_size=32))),
        st.builds(SessionDone, minutes=st.integers(0, limits.MINUTES_PER_PAYMENT_MAX)),
        st.builds(
            GiveBack,
            condition=_words,
            instead=_words,
            checked=st.lists(_words).map(tuple),
            missing=st.lists(_words).map(tuple),
        ),
    )
)
def test_every_word_of_a_peer_can_be_told(body):
    for line in move_words(details_of(body)):
        assert line


def test_every_move_of_every_table_has_details_that_json_can_hold():
    for table in AGREEMENTS.values():
        for move in table.moves:
            fields = set(table.body_of(move).__struct_fields__)
            assert fields >= {"note", "desk"}, (table.kind, move)
