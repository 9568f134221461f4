"""History: what it says is read back by any node, and cut into bodies it loses nothing."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.bodies import (
    KINDS,
    PersonProfile,
    decode_payload,
    decode_sealed_payload,
    encode_sealed_payload,
)
from p2pshare.domain.drafts import Draft
from p2pshare.domain.history import (
    HISTORY_BODIES,
    HOURS_KIND,
    LOANS_KIND,
    MEMBERS_KIND,
    HistoryLoan,
    HistoryMember,
    HistoryRow,
    HistoryTransfer,
    Packing,
    history_of,
    is_news,
    nameless_ref,
    shown_ref,
)
from p2pshare.domain.ordering import FoldEntry
from p2pshare.errors import DomainError

DAYS = st.dates(date(1970, 1, 1)).map(str)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LOANS = st.builds(
    HistoryLoan,
    ref=WORDS,
    item=WORDS,
    listing=st.sampled_from([b"", b"l" * 16]),
    member=WORDS,
    from_day=DAYS,
    until_day=DAYS | st.just(""),
    returned_day=DAYS | st.just(""),
    note=WORDS,
)
MEMBERS = st.builds(
    HistoryMember, WORDS, WORDS, email=WORDS, telephone=WORDS, joined=DAYS | st.just("")
)
HOURS = st.builds(
    HistoryTransfer, WORDS, WORDS, WORDS, WORDS, st.integers(0, limits.INTEGER_MAX), DAYS
)
ROWS = {LOANS_KIND: LOANS, MEMBERS_KIND: MEMBERS, HOURS_KIND: HOURS}

DRILL = HistoryLoan("17", "Drill", b"", "Ana", "2021-03-14", "2021-03-21", "", "careful")


def packed(
    kind: str, source: str, taken_ms: int, rows: Sequence[HistoryRow], room: int
) -> list[Draft]:
    packing = Packing(kind, source, taken_ms, room)
    for row in rows:
        packing.add(row)
    return packing.drafts()


def kinds_and_rows() -> st.SearchStrategy[tuple[str, list[HistoryRow]]]:
    return st.sampled_from(list(ROWS)).flatmap(
        lambda kind: st.tuples(st.just(kind), st.lists(ROWS[kind], max_size=40))
    )


def test_it_is_sealed_and_its_authors_own() -> None:
    for kind in HISTORY_BODIES:
        assert (KINDS[kind].sealed, KINDS[kind].erasable) == (True, "own")
        assert decode_payload(kind, msgspec.msgpack.encode({"source": "x", "taken_ms": 1})) is None


@given(kinds_and_rows(), st.integers(400, 4000))
def test_cut_into_bodies_it_loses_nothing(said: tuple[str, list[HistoryRow]], room: int) -> None:
    kind, rows = said
    drafts = packed(kind, "Lend Engine", 1_795_000_000_000, rows, room)
    assert [row for draft in drafts for row in draft.body.rows] == rows
    for draft in drafts:
        payload = encode_sealed_payload(draft.kind, draft.body)
        assert len(payload) <= room
        assert decode_sealed_payload(payload) == (kind, draft.body)


@given(st.lists(LOANS, min_size=2, max_size=60))
def test_a_body_is_filled_before_the_next_is_begun(rows: list[HistoryLoan]) -> None:
    room = 1500
    drafts = packed(LOANS_KIND, "x", 1, rows, room)
    for earlier, later in pairwise(drafts):
        both = msgspec.structs.replace(earlier.body, rows=(*earlier.body.rows, later.body.rows[0]))
        # Two bytes are kept for counts of rows that need them.
        assert len(encode_sealed_payload(LOANS_KIND, both)) > room - 2


def test_both_sides_of_the_limits() -> None:
    most = limits.HISTORY_ROWS_PER_BODY_MAX
    small = [HistoryMember(str(number), "Ana") for number in range(most + 1)]
    sizes = [len(one.body.rows) for one in packed(MEMBERS_KIND, "x", 1, small, 10**6)]
    assert sizes == [most, 1]
    empty = len(
        encode_sealed_payload(MEMBERS_KIND, HISTORY_BODIES[MEMBERS_KIND](source="x", taken_ms=1))
    )
    row = HistoryMember("1", "Ana")
    needed = empty + len(b"\xa4rows") + 3 + len(msgspec.msgpack.encode(row))
    assert len(packed(MEMBERS_KIND, "x", 1, [row], needed)) == 1
    with pytest.raises(DomainError, match="too long for one entry"):
        packed(MEMBERS_KIND, "x", 1, [row], needed - 1)
    longest = "x" * limits.HISTORY_TEXT_CHARACTERS_MAX
    encode_sealed_payload(*packed(MEMBERS_KIND, longest, 1, [row], 16_000)[0])
    with pytest.raises(DomainError):
        packed(MEMBERS_KIND, f"{longest}x", 1, [row], 16_000)


@pytest.mark.parametrize(
    "row",
    [
        ["17", "Drill", b"short", "Ana", "2021-03-14"],
        ["17", "Drill", b"", "Ana", "2021-02-30"],
        ["17", "Drill", b"", "Ana", ""],
        ["17", "Drill", b"", "Ana", "2021-03-14", "tomorrow"],
        ["17", "Drill", b"", "Ana", "2021-03-14", "", "soon"],
        ["17", "Drill", b"", "A" * 201, "2021-03-14"],
        ["17", "Drill", b"", "Ana", "2021-03-14", "", "", "n" * 1001],
        ["17", "Drill"],
        "17",
    ],
)
def test_what_is_no_row_makes_the_entry_absent(row: object) -> None:
    payload = msgspec.msgpack.encode((LOANS_KIND, {"source": "x", "taken_ms": 1, "rows": [row]}))
    assert decode_sealed_payload(payload) is None


def test_only_history_is_history() -> None:
    draft = packed(LOANS_KIND, "Lend Engine", 5, [DRILL], 1000)[0]
    entry = FoldEntry(b"e" * 32, b"a" * 32, b"f" * 32, draft.kind, draft.body, 1)
    found = history_of(b"s" * 16, entry)
    assert found is not None
    assert (found.person, found.source, found.taken_ms) == (b"a" * 32, "Lend Engine", 5)
    assert found.rows == (DRILL,)
    for kind, body in (
        (LOANS_KIND, None),
        (LOANS_KIND, PersonProfile(name="Ada")),
        ("person.profile", draft.body),
    ):
        other = FoldEntry(b"e" * 32, b"a" * 32, b"f" * 32, kind, body, 1)
        assert history_of(b"s" * 16, other) is None


def test_what_is_news() -> None:
    linked = msgspec.structs.replace(DRILL, listing=b"l" * 16)
    returned = msgspec.structs.replace(DRILL, returned_day="2021-03-20")
    assert not is_news(DRILL, DRILL)
    assert is_news(returned, DRILL)
    assert is_news(linked, DRILL)
    assert not is_news(DRILL, linked)
    assert is_news(returned, linked)
    assert is_news(HistoryMember("17", "Ana"), DRILL)


@given(st.lists(st.lists(WORDS, min_size=2, max_size=3), max_size=10))
def test_rows_without_a_name_are_told_apart_and_known_again(rows: list[list[str]]) -> None:
    first: dict[str, int] = {}
    second: dict[str, int] = {}
    refs = [nameless_ref(row, first) for row in rows]
    assert refs == [nameless_ref(row, second) for row in rows]
    assert len(set(refs)) == len(refs)
    assert [shown_ref(ref) for ref in refs] == [""] * len(refs)


def test_a_name_of_the_other_program_is_shown() -> None:
    assert shown_ref("17/DR-1") == "17/DR-1"
