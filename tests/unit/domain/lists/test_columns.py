"""A list is recognised by its columns; what is missing, doubled or unknown is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.lists.columns import Header, read_header
from p2pshare.domain.lists.formats import FORMATS, Use
from p2pshare.errors import DomainError
from p2pshare.limits import LIST_COLUMNS_MAX

HOMEBOX = "HB.import_ref,HB.location,HB.labels,HB.asset_id,HB.archived,HB.name,HB.quantity"
SNIPE_IT = "Company,Name,Asset Tag,Category,Supplier,Manufacturer,Location,Model,Model Number"
LEND_ENGINE = "Code\tName\tShort description\tLong description\tKeywords\tReservable\tCategory"
LEIHS = "inventory_code,model_id,serial_number,building,room,note,is_borrowable"


def header_of(names: str, separator: str = ",", form: str | None = None) -> Header:
    return read_header(names.split(separator), form)


@pytest.mark.parametrize(
    ("names", "separator", "form"),
    [
        (HOMEBOX, ",", "homebox"),
        ("HB.name", ",", "homebox"),
        (SNIPE_IT, ",", "snipe-it"),
        ("asset tag,MODEL", ",", "snipe-it"),
        (LEND_ENGINE, "\t", "lend-engine"),
        ("Id,Name,Loan fee", ",", "lend-engine"),
        (LEIHS, ",", "leihs"),
        ("name,category,used_by", ",", "csv"),
        ("Bezeichnung;Anzahl", ";", "csv"),
        ("nom;catégorie", ";", "csv"),
        ("Título;Descripción", ";", "csv"),
        ("id,name,description,keywords,quantity", ",", "csv"),
        ("inventory_code,name", ",", "csv"),
    ],
)
def test_the_format_is_recognised(names: str, separator: str, form: str) -> None:
    assert header_of(names, separator).format.name == form


@pytest.mark.parametrize("names", ["", "a,b,c", "hb.name", "Drill,Saw,Tent", "description,tags"])
def test_it_is_not_recognised(names: str) -> None:
    with pytest.raises(DomainError, match="not known from which program"):
        header_of(names)


@pytest.mark.parametrize(
    ("names", "form", "needed"),
    [
        ("HB.location,HB.quantity", "homebox", "HB.name"),
        ("hb.name", "homebox", "HB.name"),
        ("Name,Model", "snipe-it", "Asset Tag"),
        ("Asset Tag,Category", "snipe-it", "Name or Model"),
        ("Code,Category", "lend-engine", "Name"),
        ("Name,Category", "lend-engine", "Code or Id"),
        ("inventory_code,note", "leihs", "model_id"),
        ("category,tags", "csv", "title or name"),
    ],
)
def test_a_missing_column_is_named(names: str, form: str, needed: str) -> None:
    with pytest.raises(DomainError, match=f"{form} list needs the column {needed}"):
        header_of(names, form=form)


def test_doubled_and_unknown_columns_are_remarked() -> None:
    header = header_of("name,Name,colour,size,photos,")
    assert header.remarks == (
        "the column name stands 2 times",
        "not taken over: photos",
        "unknown columns, not taken over: colour, size",
    )
    assert header.of(Use.TITLE)[0].places == (0, 1)
    assert header.width == 6


def test_custom_fields_of_homebox_are_not_strange() -> None:
    assert header_of("HB.name,HB.field.Colour").remarks == ()
    assert header_of("HB.name,HB.colour").remarks != ()


def test_names_of_one_meaning_stand_in_their_order() -> None:
    header = header_of("Nombre;Anzahl;Werkzeug;Titel", ";")
    assert [one.name for one in header.of(Use.TITLE)] == ["Titel", "Werkzeug"]
    assert [one.name for one in header.of(Use.QUANTITY)] == ["Nombre", "Anzahl"]


def test_a_french_number_and_a_spanish_name() -> None:
    french = header_of("nom;nombre", ";")
    assert [one.name for one in french.of(Use.QUANTITY)] == ["nombre"]
    spanish = header_of("nombre;cantidad", ";")
    assert [one.name for one in spanish.of(Use.TITLE)] == ["nombre"]


def test_columns_are_bounded() -> None:
    assert read_header(["name"] * LIST_COLUMNS_MAX, None).width == LIST_COLUMNS_MAX
    with pytest.raises(DomainError, match=f"more than {LIST_COLUMNS_MAX} columns"):
        read_header(["name"] * (LIST_COLUMNS_MAX + 1), None)


def test_what_is_said_of_columns_is_harmless() -> None:
    with pytest.raises(DomainError) as refused:
        read_header(["\u202ex\x1b[31m", "y" * 400], None)
    assert "\x1b" not in str(refused.value)
    assert "\u202e" not in str(refused.value)
    assert len(str(refused.value)) < 300


@given(st.lists(st.text(max_size=12), max_size=8), st.sampled_from([None, *FORMATS]))
def test_any_header_is_read_or_refused(names: list[str], form: str | None) -> None:
    try:
        assert read_header(names, form).width == len(names)
    except DomainError as error:
        refusal = str(error)
        assert "\n" not in refusal
