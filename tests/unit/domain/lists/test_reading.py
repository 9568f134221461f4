"""Lists of each program become rows; every bad row is told by its number and keeps nobody out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.lists import opening
from p2pshare.domain.lists.opening import open_list
from p2pshare.domain.lists.reading import FORMAT_NAMES, ListReading, read_listings
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError

HOMEBOX = """HB.import_ref,HB.name,HB.quantity,HB.description,HB.tags,HB.archived,HB.sold_to,\
HB.manufacturer,HB.model_number,HB.location,HB.asset_id,HB.field.Colour,HB.purchase_price
ref-1,Hammer drill,2,"With bits,
and a case",tools; masonry,false,,Bosch,PSB 500,Shed / Shelf,000-001,green,99.5
,Ladder,,,,,,,,,000-002,,
,Old tent,1,,,true,,,,,000-003,,
,Bike,1,,,,Ben,,,,000-004,,
,Unnumbered,1,,,,,,,,000-000,,
"""
SNIPE_IT = """Company,Name,Asset Tag,Category,Manufacturer,Model,Model Number,Model Notes,\
Checked Out To: Email,Status
ACME,Projector 1,A-1,Projectors,Epson,EB-X,X49,Full HD,ben@example.org,Ready to Deploy
ACME,,A-2,Projectors,Epson,EB-X,,,,Deployed
ACME,Broken one,A-3,,,,,,,Out for Repair / Broken
ACME,No tag,,,,,,,,
"""
LEND_ENGINE = (
    "Id,Code,Name,Short description,Long description,Components,Condition,Care information,"
    "Brand,Loan fee,Keywords,Reservable,Category"
).replace(",", "\t")
LEIHS = """inventory_code,model_id,serial_number,building,room,note,is_borrowable,price
AV-1,17,S/N 1,Main,101,"Beamer
with cable",1,500
AV-2,17,,,,,1,
AV-3,18,,,,Screen,0,
,18,,,,No code,1,
"""


def read_list(data: bytes, form: str | None = None) -> ListReading:
    return read_listings(open_list(data, form))


def read(text: str, form: str | None = None) -> ListReading:
    return read_list(text.encode(), form)


def titles(found: ListReading) -> list[str]:
    return [row.fields.title for row in found.rows]


def rejected(found: ListReading) -> dict[int, str]:
    return {row.row: row.reason for row in found.rejected}


def skipped(found: ListReading) -> dict[int, str]:
    return {row.row: row.reason for row in found.skipped}


# --- the programs -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", [None, "homebox"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_homebox(form: str | None, separator: str) -> None:
    text = HOMEBOX
    if separator == "\t":
        text = HOMEBOX.replace(",", "\t").replace("bits\t", "bits,")
    found = read(text, form)
    assert (found.format, found.separator) == ("homebox", separator)
    assert titles(found) == ["Hammer drill", "Ladder", "Unnumbered"]
    drill = found.rows[0].fields
    assert drill.description == "With bits,\nand a case\n\nManufacturer: Bosch\nModel: PSB 500"
    assert drill.tags == ("tools", "masonry")
    assert (drill.quantity, drill.exchange_type) == (2, ExchangeType.OFFER)
    assert skipped(found) == {4: "it is archived", 5: "it is sold (HB.sold_to)"}
    assert found.rejected == []
    assert [row.key.split("\0") for row in found.rows] == [
        ["homebox", "HB.import_ref", "ref-1"],
        ["homebox", "HB.asset_id", "000-002"],
        ["homebox", "", "unnumbered", "1"],
    ]


def test_snipe_it() -> None:
    found = read(SNIPE_IT)
    assert found.format == "snipe-it"
    assert titles(found) == ["Projector 1", "EB-X"]
    first = found.rows[0].fields
    assert first.category == "Projectors"
    assert first.description == "Full HD\n\nManufacturer: Epson\nModel: X49"
    assert "ben@example.org" not in repr(found)
    assert skipped(found) == {4: "it is not in use (Status)"}
    assert rejected(found) == {5: "Asset Tag is empty"}
    assert found.rows[0].key == "snipe-it\0Asset Tag\0A-1"


def test_lend_engine() -> None:
    rows = [
        "7\tD-1\tDrill\tCordless\t<p>Two <b>batteries</b></p><ul><li>Bits</li></ul>\tCase;  bits"
        "\tGood\tWipe it\tBosch\t2.50\tdrill, tools\tyes\tPower tools",
        "8\t\tSaw\t\t\t\t\t\t\t\t\tno\t",
        "\t\tNeither\t\t\t\t\t\t\t\t\tyes\t",
        "9\tD-9\tShort row",
    ]
    found = read("\n".join([LEND_ENGINE, *rows]))
    assert found.format == "lend-engine"
    assert titles(found) == ["Drill", "Short row"]
    drill = found.rows[0].fields
    assert drill.description == (
        "Cordless\n\nTwo batteries\n\n- Bits\n\nComponents: Case; bits\nCondition: Good\n"
        "Care: Wipe it\nBrand: Bosch"
    )
    assert drill.tags == ("drill", "tools")
    assert drill.category == "Power tools"
    assert skipped(found) == {3: "it is not to be lent (Reservable)"}
    assert rejected(found) == {4: "Code and Id are empty"}


def test_leihs() -> None:
    found = read(LEIHS)
    assert found.format == "leihs"
    assert titles(found) == ["Beamer", "AV-2 (model 17)"]
    assert found.rows[0].fields.description == "with cable\n\nModel: 17"
    assert skipped(found) == {4: "it is not to be lent (is_borrowable)"}
    assert rejected(found) == {5: "inventory_code is empty"}
    named = read("inventory_code,model_id,model_name,note\nA,1,Beamer,Small")
    assert titles(named) == ["Beamer"]
    assert named.rows[0].fields.description == "Small\n\nModel: 1"


@pytest.mark.parametrize(
    "header",
    [
        "title,description,category,tags,quantity,type",
        "Bezeichnung,Beschreibung,Kategorie,Schlagwörter,Anzahl,Art",
        "Nom,Descriptif,Catégorie,Mots-clés,Quantité,Type",
        "Nombre,Descripción,Categoría,Etiquetas,Cantidad,Tipo",
    ],
)
def test_plain_tables_in_four_languages(header: str) -> None:
    found = read(f'{header}\nX,Words,tools,"a; b",3,service')
    (row,) = found.rows
    assert found.format == "csv"
    assert row.fields.title == "X"
    assert row.fields.description == "Words"
    assert (row.fields.category, row.fields.tags) == ("tools", ("a", "b"))
    assert (row.fields.quantity, row.fields.item_type) == (3, ItemType.SERVICE)


def test_our_own_spreadsheet_is_read_back() -> None:
    header = (
        "listing,exchange_type,item_type,transaction_type,title,description,category,tags,"
        "quantity,available,photos,person,person_name,circle,updated"
    )
    found = read(
        f"{header}\n1f,want,service,hours; receive-donate,'=Sums,'-x,learning,a; b,2,1,,,,,\n"
        "2f,barter,good,,Drill,,,,1,1,,,,,\n3f,offer,idea,,Drill,,,,1,1,,,,,\n"
        "4f,offer,good,buy-sell,Drill,,,,1,1,,,,,"
    )
    (row,) = found.rows
    assert row.key == "csv\0id\x001f"
    assert (row.fields.title, row.fields.description) == ("=Sums", "-x")
    assert (row.fields.exchange_type, row.fields.item_type) == (
        ExchangeType.WANT,
        ItemType.SERVICE,
    )
    assert row.fields.transaction_types == (
        TransactionType.HOURS,
        TransactionType.RECEIVE_DONATE,
    )
    assert rejected(found) == {
        3: "exchange_type: 'barter' is not known here",
        4: "item_type: 'idea' is not known here",
        5: "transaction_type: 'buy-sell' is not possible here",
    }


# --- what is wrong with rows ------------------------------------------------------------------


def test_bad_rows_are_told_by_number_and_good_rows_are_read() -> None:
    found = read(
        'name,quantity,text\nDrill,1,"one\ntwo\nthree"\n,1,\nSaw,two,\nTent,-1,\nRope,0,\n'
        "Axe,100001,\nBox,1,a,b,c\n\nLamp,3,\n"
    )
    assert titles(found) == ["Drill", "Lamp"]
    assert [row.row for row in found.rows] == [2, 10]
    assert rejected(found) == {
        3: "it has no name",
        4: "quantity: 'two' is not a whole number",
        5: "quantity: -1 is not a quantity from 1 to 100000",
        6: "quantity: 0 is not a quantity from 1 to 100000",
        7: "quantity: 100001 is not a quantity from 1 to 100000",
        8: "it has 5 cells, and the list has 3 columns",
    }


def test_broken_quotation_marks() -> None:
    found = read('name,text\nDrill,a\n"Saw" big,b\nTent,c\n"Rope,d\nLamp,e\n')
    assert titles(found) == ["Drill", "Tent", "Lamp"]
    assert sorted(rejected(found)) == [3, 5]


def test_parts_of_a_broken_row_are_not_taken_for_rows() -> None:
    found = read('name,text,x\nDrill,"one\ntwo "three" four\nfive",y\nTent,c,z\n')
    assert titles(found) == ["Tent"]
    assert {2, 3} <= set(rejected(found))


def test_unreadable_characters() -> None:
    found = read_list(b"name,text\nS\x81ge,x\nTent,y\n")
    assert titles(found) == ["Tent"]
    assert rejected(found) == {2: "name has characters that cannot be read"}
    assert titles(read_list(b"name,colour\nSaw,\x81\n")) == ["Saw"]


def test_a_doubled_column_that_disagrees() -> None:
    found = read("name,name\nDrill,Drill\nSaw,\n,Tent\nAxe,Hatchet\n")
    assert titles(found) == ["Drill", "Saw", "Tent"]
    assert rejected(found) == {5: "the column name stands twice and says two things"}
    assert found.remarks == ("the column name stands 2 times",)


def test_a_word_that_is_neither_yes_nor_no() -> None:
    found = read("HB.name,HB.archived\nDrill,perhaps\nSaw,0\n")
    assert rejected(found) == {2: "HB.archived: 'perhaps' is neither yes nor no"}
    assert titles(found) == ["Saw"]


def test_long_categories_are_cut_and_long_words_left_to_the_rules() -> None:
    found = read(f"name,category\n{'n' * 500},{'word ' * 40}\n")
    assert len(found.rows[0].fields.category) <= limits.CATEGORY_CHARACTERS_MAX
    assert found.rows[0].fields.category.endswith("word…")
    assert len(found.rows[0].fields.title) == 500


def test_a_title_is_one_line() -> None:
    assert titles(read('name\n"Hammer\n  drill"\n')) == ["Hammer drill"]


# --- keys -------------------------------------------------------------------------------------


def test_the_same_number_twice() -> None:
    found = read("id,name\n1,Drill\n1,Saw\n2,Tent\n")
    assert titles(found) == ["Drill", "Tent"]
    assert rejected(found) == {3: "row 2 has the same id 1"}


def test_without_numbers_titles_identify() -> None:
    found = read("name,text\nDrill,a\nDRILL,b\nDrill,a\nSaw,\n")
    assert [row.key.split("\0")[2:] for row in found.rows] == [
        ["drill", "1"],
        ["drill", "2"],
        ["saw", "1"],
    ]
    assert skipped(found) == {4: "row 2 says the same"}


def test_keys_do_not_change_when_a_row_does() -> None:
    first = read("id,name\n1,Drill\n,Saw\n")
    second = read("name,id,quantity\nBig drill,1,4\nSAW,,2\n")
    assert [row.key for row in first.rows] == [row.key for row in second.rows]


def test_what_is_taken_out_of_use_keeps_its_key() -> None:
    before = read("HB.name,HB.archived\nDrill,0\n")
    after = read("HB.name,HB.archived\nDrill,1\n")
    assert [row.key for row in before.rows] == [row.key for row in after.skipped]


# --- whole files ------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b" , ,\n"])
def test_an_empty_file(data: bytes) -> None:
    with pytest.raises(DomainError, match="the file is empty"):
        read_list(data)


def test_a_header_that_cannot_be_read() -> None:
    with pytest.raises(DomainError, match="its first row cannot be read"):
        read('"name\nDrill\n')


def test_a_header_alone_is_no_error() -> None:
    assert read("name,quantity\n").rows == []


def test_other_encodings_and_ends() -> None:
    text = "Bezeichnung;Anzahl\rSäge;2\rÖlkanne;1\r"
    for encoding in ("utf-8-sig", "utf-16", "cp1252", "mac_roman"):
        assert titles(read_list(text.encode(encoding))) == ["Säge", "Ölkanne"]


@pytest.mark.parametrize(("name", "number"), [("LIST_ROWS_MAX", 3), ("LIST_BYTES_MAX", 1 << 20)])
def test_both_sides_of_a_limit(name: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, name, number)
    if name == "LIST_ROWS_MAX":
        fits, more = b"name\na\nb\nc\n", b"name\na\nb\nc\nd\n"
    else:
        fits, more = b"name\n".ljust(number), b"name\n".ljust(number + 1)
    read_list(fits)
    with pytest.raises(DomainError, match="split it"):
        read_list(more)


@given(st.binary(max_size=400), st.sampled_from([None, *FORMAT_NAMES]))
def test_any_bytes_are_read_or_refused(data: bytes, form: str | None) -> None:
    read_or_refused(data, form)


@given(
    st.sampled_from([HOMEBOX, SNIPE_IT, LEND_ENGINE, LEIHS, "name,text,quantity\n"]),
    st.binary(max_size=200),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_any_bytes_after_a_header_are_read(header: str, data: bytes, encoding: str) -> None:
    read_or_refused(header.encode(encoding) + data, None)


@given(st.text(alphabet='HBname.,;\t"\r\n0-1xé<&', max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(f"HB.name,HB.quantity,HB.description\n{text}".encode(), None)


def read_or_refused(data: bytes, form: str | None) -> None:
    try:
        found = read_list(data, form)
    except DomainError as error:
        refusal = str(error)
        assert refusal
        assert "\n" not in refusal
        return
    numbers = [one.row for one in (*found.rows, *found.skipped, *found.rejected)]
    assert len(set(numbers)) == len(numbers)
    keys = [row.key for row in found.rows]
    assert len(set(keys)) == len(keys)
    assert all(row.fields.title for row in found.rows)
