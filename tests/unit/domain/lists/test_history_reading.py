"""Lists of members, loans and hours become rows of history; every bad row is told by its number."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.bodies import decode_sealed_payload, encode_sealed_payload
from p2pshare.domain.history import (
    HISTORY_BODIES,
    HOURS_KIND,
    LOANS_KIND,
    MEMBERS_KIND,
    HistoryLoan,
    HistoryMember,
    HistoryTransfer,
    Packing,
    shown_ref,
)
from p2pshare.domain.lists.formats import FORMATS
from p2pshare.domain.lists.history_reading import (
    HISTORY_FORMAT_NAMES,
    HistoryReading,
    read_history,
)
from p2pshare.domain.lists.opening import open_list
from p2pshare.domain.lists.reading import FORMAT_NAMES, read_listings
from p2pshare.errors import DomainError

LEND_ENGINE_LOANS = """\
Loan,Status,Item,Code,Serial,Member,Email,"Checked out","Checked in",Fee,Deposit
17,CLOSED,"Hammer drill",DR-1,X9,"Ana García",ana@example.org,"14 Mar 2021 3:05 pm",\
"20 Mar 2021 9:00 am",2.00,10
17,CLOSED,Chair,,,"Ana García",ana@example.org,"14 Mar 2021 3:05 pm","20 Mar 2021 9:00 am",0,
17,CLOSED,Chair,,,"Ana García",ana@example.org,"14 Mar 2021 3:05 pm","21 Mar 2021 9:00 am",0,
18,ACTIVE,Ladder,L-1,,Ben,,"01 Apr 2021 10:00 am",,0,
19,CANCELLED,Ladder,L-1,,Ben,,,,0,
20,CLOSED,Saw,S-1,,Ben,,"01 Apr 2021 10:00 am","01 Mar 2021 10:00 am",0,
21,CLOSED,Saw,S-1,,Ben,,,"01 Mar 2021 10:00 am",0,
,CLOSED,Saw,S-1,,Ben,,"01 Mar 2021 10:00 am",,0,
22,CLOSED,,S-1,,Ben,,"01 Mar 2021 10:00 am",,0,
"""
LEND_ENGINE_MEMBERS = """\
"Contact ID","Member ID","Added on","First name","Last name",Membership,Email,Subscriber,\
Telephone,Street,City,County,Postcode,Country,Balance,Shoe size
3,M-9,2019-02-01,Ana,García,Gold,ana@example.org,Yes,"+34 600",Calle 1,Madrid,,28001,ES,-4.00,38
4,,2020-02-30,Ben,,,,No,,,,,,,0.00,
5,,2020-02-28,,,,,No,,,,,,,0.00,
"""
TIMEOVERFLOW_MEMBERS = """\
7,2014-10-02,Núria,Puig,Serra,2,1970-01-01,600111222,600333444,nuria@example.org
8,2014-10-03,Jordi,,,1,,,,
9,not a date,Pau,,,1,,,,
"""
TIMEOVERFLOW_TRANSFERS = """\
7,member,8,member,5400,2015-03-01 10:00:00 UTC,Help with the garden,12
1,organization,7,member,3600,2015-03-02,Welcome,
7,member,8,member,0,2015-03-01,Nothing,
7,member,8,member,1:30,2015-03-01,In hours,
7,robot,8,member,60,2015-03-01,?,
7,member,8,member,60,2015-03-01,Twice,
7,member,8,member,60,2015-03-01,Twice,
"""


def read(text: str, form: str | None = None, source: str | None = None) -> HistoryReading:
    return read_history(open_list(text.encode(), form), source)


def rejected(found: HistoryReading) -> dict[int, str]:
    return {row.row: row.reason for row in found.rejected}


# --- the programs -----------------------------------------------------------------------------


def test_lend_engine_loans() -> None:
    found = read(LEND_ENGINE_LOANS)
    assert (found.format, found.kind) == ("lend-engine-loans", LOANS_KIND)
    assert found.source == "Lend Engine"
    drill = found.rows[0]
    assert drill.past == HistoryLoan(
        ref="17/DR-1",
        item="Hammer drill",
        listing=b"",
        member="Ana García <ana@example.org>",
        from_day="2021-03-14",
        returned_day="2021-03-20",
    )
    assert drill.item_key == "DR-1"
    assert [row.past.ref for row in found.rows] == ["17/DR-1", "17/Chair", "17/Chair.2", "18/L-1"]
    assert [(one.row, one.reason) for one in found.skipped] == [
        (6, "it was never lent (Status: CANCELLED)")
    ]
    assert rejected(found) == {
        7: "it came back on 2021-03-01, before it began on 2021-04-01",
        8: "it does not say when it began",
        9: "Loan is empty",
        10: "it says of no item",
    }
    assert found.remarks == ("not taken over: Serial, Fee, Deposit",)


def test_lend_engine_members() -> None:
    found = read(LEND_ENGINE_MEMBERS)
    assert (found.format, found.kind) == ("lend-engine-members", MEMBERS_KIND)
    assert [row.past for row in found.rows] == [
        HistoryMember(
            "3",
            "Ana García",
            "ana@example.org",
            "+34 600",
            "2019-02-01",
            "Member: M-9; Membership: Gold",
        )
    ]
    assert rejected(found) == {3: "Added on: '2020-02-30' is no date", 4: "it has no name"}
    assert any("Balance" in remark and "Street" in remark for remark in found.remarks)


def test_timeoverflow_members() -> None:
    found = read(TIMEOVERFLOW_MEMBERS, "timeoverflow-members")
    assert found.source == "TimeOverflow"
    assert [row.past for row in found.rows] == [
        HistoryMember(
            "7", "Núria Puig Serra", "nuria@example.org", "600111222, 600333444", "2014-10-02"
        ),
        HistoryMember("8", "Jordi", joined="2014-10-03"),
    ]
    assert rejected(found) == {3: "entry_date: 'not a date' is no date"}


def test_timeoverflow_transfers_count_seconds() -> None:
    found = read(TIMEOVERFLOW_TRANSFERS, "timeoverflow-transfers")
    assert found.kind == HOURS_KIND
    said = [row.past for row in found.rows]
    assert all(isinstance(one, HistoryTransfer) for one in said)
    assert [(one.member, one.receiver, one.minutes, one.day) for one in said] == [
        ("7", "8", 90, "2015-03-01"),
        ("organization 1", "7", 60, "2015-03-02"),
        ("7", "8", 1, "2015-03-01"),
        ("7", "8", 1, "2015-03-01"),
    ]
    assert said[0].item == "Help with the garden"
    assert [shown_ref(one.ref) for one in said] == [""] * 4
    assert said[2].ref.replace(".1", ".2") == said[3].ref
    assert list(rejected(found)) == [3, 4, 5]
    again = read(TIMEOVERFLOW_TRANSFERS, "timeoverflow-transfers")
    assert [row.past for row in again.rows] == said


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("name,email\nAna,ana@example.org\n", "members"),
        ("Vorname;Nachname;Telefon;Mitglied seit\nAna;G;1;14.3.2021\n", "members"),
        ("nom,prénom,courriel\nG,Ana,a@b.c\n", "members"),
        ("nombre;apellidos;correo;alta\nAna;G;a@b.c;2021-03-14\n", "members"),
        ("item,member,from,until,returned\nDrill,Ana,2021-03-14,,\n", "loans"),
        ("Gegenstand;Entleiher;von;bis;zurück\nBohrer;Ana;14.3.2021;;\n", "loans"),
        ("objet,emprunteur,du,au,rendu\nPerceuse,Ana,14/03/2021,,\n", "loans"),
        ("artículo,prestatario,desde,hasta,devuelto\nTaladro,Ana,14/03/2021,,\n", "loans"),
    ],
)
def test_any_table_of_the_past_is_recognised(text: str, form: str) -> None:
    found = read(text, source="the shed's book")
    assert (found.format, found.source) == (form, "the shed's book")
    assert len(found.rows) == 1
    assert found.rejected == []


def test_people_never_become_offers() -> None:
    """A list of members that is taken for one of things would be seen by everybody nearby."""
    for name in ("name,email", "name,telephone,description", "first name,last name,notes"):
        with pytest.raises(DomainError, match="list of members"):
            read_listings(open_list(f"{name}\nAna,x,y\n".encode()))


def test_things_never_become_history() -> None:
    for name in ("name,category,notes", "id,title,quantity", "item,description", "name,used_by"):
        with pytest.raises(DomainError, match="no list of members, loans or hours"):
            read(f"{name}\nDrill,x,y\n")


def test_dates_of_two_meanings() -> None:
    names = "item,borrower,from,returned\n"
    doubtful = read(names + "Drill,Ana,3/4/2021,5/4/2021\n")
    assert doubtful.remarks == ("dates like 3/4/2021 are read as day, month, year",)
    assert doubtful.rows[0].past.day == "2021-04-03"
    american = read(names + "Drill,Ana,3/4/2021,3/14/2021\n")
    assert american.remarks == ()
    assert american.rows[0].past.day == "2021-03-04"


def test_the_same_name_twice() -> None:
    found = read("id,name,email\n1,Ana,a@b.c\n1,Ben,b@b.c\n")
    assert rejected(found) == {3: "row 2 is called 1 too"}


def test_what_is_too_long() -> None:
    most = limits.HISTORY_TEXT_CHARACTERS_MAX
    names = "item,member,from,note\n"
    kept = read(f"{names}{'x' * most},{'y' * most},2021-03-14,{'z' * 1000}\n").rows[0].past
    assert (len(kept.item), len(kept.member), len(kept.note)) == (most, most, 1000)
    cut = read(f"{names}{'x' * 201},{'y' * most},2021-03-14,{'z' * 1001}\n").rows[0].past
    assert cut.item.endswith("x…")
    assert cut.note.endswith("z…")
    assert (len(cut.item), len(cut.note)) == (most, 1000)
    refused = read(f"{names}Drill,{'y' * 201},2021-03-14,\n")
    assert rejected(refused) == {
        2: "the name is too long: 201 characters, at most 200 are possible"
    }


@pytest.mark.parametrize("member", ["A\0na", "A\u202ena", "A\x1bna"])
def test_characters_that_draw_something_else(member: str) -> None:
    found = read(f"item,member,from\nDrill,{member},2021-03-14\nSaw,Ben,2021-03-14\n")
    assert len(found.rows) == 1
    assert "cannot be used here" in rejected(found)[2]


def test_formulas_stay_words() -> None:
    found = read("item,member,from\n=1+1,@SUM(A1),2021-03-14\n")
    past = found.rows[0].past
    assert (past.item, past.member) == ("=1+1", "@SUM(A1)")


def test_the_names_of_formats_are_apart() -> None:
    assert not {*FORMAT_NAMES} & {*HISTORY_FORMAT_NAMES}
    assert all(form.past is None for form in FORMATS.values())


# --- whatever the bytes -----------------------------------------------------------------------

_CELLS = st.lists(
    st.text(max_size=12)
    | st.sampled_from(
        ["2021-03-14", "14/03/2021", "Drill", "a\0b", '"', "=1", "3600", "member", ""]
    ),
    max_size=12,
)


def checked(found: HistoryReading) -> None:
    """Every row that was read can be signed, and read back as it was."""
    rows = [row.past for row in found.rows]
    assert len({row.ref for row in rows}) == len(rows)
    packing = Packing(found.kind, found.source, 1, room=16_000)
    for row in rows:
        packing.add(row)
    for draft in packing.drafts():
        said = decode_sealed_payload(encode_sealed_payload(draft.kind, draft.body))
        assert said == (found.kind, draft.body)


@given(st.binary(max_size=600), st.sampled_from(HISTORY_FORMAT_NAMES))
def test_any_bytes(data: bytes, form: str) -> None:
    try:
        found = read_history(open_list(data, form))
    except DomainError:
        return
    checked(found)


@given(
    st.sampled_from([LEND_ENGINE_LOANS, LEND_ENGINE_MEMBERS, "item,member,from,until,note\n"]),
    st.lists(_CELLS, max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_any_rows(text: str, rows: list[list[str]], separator: str, encoding: str) -> None:
    names = next(csv.reader([text.splitlines()[0]]))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([names, *rows])
    found = read_history(open_list(out.getvalue().encode(encoding, "replace")))
    checked(found)
    numbers = [one.row for one in (*found.rows, *found.skipped, *found.rejected)]
    assert len(set(numbers)) == len(numbers)


@given(st.lists(_CELLS, min_size=1, max_size=6), st.sampled_from(HISTORY_FORMAT_NAMES[2:4]))
def test_any_rows_by_position(rows: list[list[str]], form: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    try:
        found = read_history(open_list(out.getvalue().encode("utf-8", "replace"), form))
    except DomainError:
        return
    checked(found)


NAMES = b"item,member,from,until,returned,note\n"


@pytest.mark.parametrize(
    "rows",
    [
        (b"%s,%s,%s,,,\n" % (b"x" * 100_000, b"y" * 100_000, b"9" * 100_000)) * 10,
        b"\0,\0,2021-03-14,,,\0\n" * 5_000,
        b'"' * 1_000_000,
        b'"a\n' * 200_000,
        (b"Drill,Ana," + b"a" * 120_000 + b" 1 2,,,\n") * 20,
        (b"Drill,Ana," + b"1 " * 60_000 + b",,,\n") * 20,
    ],
    ids=["cells", "zeros", "quotation marks", "open ones", "words", "digits"],
)
def test_made_to_be_slow_it_is_refused_soon(rows: bytes) -> None:
    start = time.process_time()
    try:
        rejected_rows = len(read_history(open_list(NAMES + rows)).rejected)
    except DomainError:
        rejected_rows = 1
    assert rejected_rows > 0
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252"])
def test_whatever_the_encoding(encoding: str) -> None:
    text = "item,member,from\nSäge,Zoë,2021-03-14\n"
    (row,) = read_history(open_list(text.encode(encoding))).rows
    assert (row.past.item, row.past.member) == ("Säge", "Zoë")


def test_what_is_no_character_keeps_its_row_out() -> None:
    data = b"item,member,from\nS\xff\xfege,Zo\xeb,2021-03-14\n".decode("latin-1").encode("utf-16")
    broken = data[:-30] + b"\x00\xd8" + data[-30:]
    found = read_history(open_list(broken))
    assert found.rows == []
    assert len(found.rejected) == 1


def test_each_kind_has_a_body() -> None:
    assert {LOANS_KIND, MEMBERS_KIND, HOURS_KIND} == {*HISTORY_BODIES}
