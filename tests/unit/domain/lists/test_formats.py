"""The tables of the formats hold together."""

import pytest

from p2pshare.domain.lists.formats import FORMATS, PLAIN, ListFormat, Use

EACH = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)


def test_their_names() -> None:
    assert list(FORMATS) == ["homebox", "snipe-it", "lend-engine", "leihs", "csv"]


@EACH
def test_each_name_has_one_meaning(form: ListFormat) -> None:
    names = [name for column in form.columns for name in {form.form(one) for one in column.names}]
    assert len(set(names)) == len(names)


@EACH
def test_what_tells_and_what_is_needed_are_columns_of_it(form: ListFormat) -> None:
    names = {form.form(name) for column in form.columns for name in column.names}
    assert {form.form(name) for name in form.telling} <= names
    assert set(form.one_of) <= {column.use for column in form.columns}
    assert bool(form.telling) is (form is not PLAIN)


@EACH
def test_details_have_labels(form: ListFormat) -> None:
    assert all(bool(column.label) is (column.use is Use.DETAIL) for column in form.columns)


@EACH
def test_nothing_private_is_read(form: ListFormat) -> None:
    private = ("price", "serial", "supplier", "location", "purchase", "checked out", "invoice")
    read = [
        name
        for column in form.columns
        if column.use not in (Use.UNUSED, Use.SOLD)
        for name in column.names
    ]
    assert [name for name in read if any(word in name.lower() for word in private)] == []
