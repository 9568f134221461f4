"""The tables of the formats hold together."""

import pytest

from p2pshare.domain.lists.formats import FORMATS, PLAIN, ListFormat, Use
from p2pshare.domain.lists.history_formats import HISTORY_FORMATS

EACH = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
OF_THE_PAST = pytest.mark.parametrize("form", HISTORY_FORMATS.values(), ids=HISTORY_FORMATS)


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


# --- what was before --------------------------------------------------------------------------


def test_the_names_of_the_past() -> None:
    assert list(HISTORY_FORMATS) == [
        *("lend-engine-members", "lend-engine-loans"),
        *("timeoverflow-members", "timeoverflow-transfers"),
        *("members", "loans"),
    ]


@OF_THE_PAST
def test_each_name_has_one_meaning_in_the_past_too(form: ListFormat) -> None:
    names = [name for column in form.columns for name in {form.form(one) for one in column.names}]
    assert len(set(names)) == len(names)
    assert {form.form(name) for name in form.telling} <= {*names}
    assert set(form.one_of) <= {column.use for column in form.columns}
    assert bool(form.telling) is not form.by_position
    assert form.past in ("members", "loans", "hours")
    assert form.source


@OF_THE_PAST
def test_what_nobody_needs_to_know_of_members_is_not_read(form: ListFormat) -> None:
    private = ("street", "address line", "city", "postcode", "gender", "birth", "balance", "fee")
    read = [
        name for column in form.columns if column.use is not Use.UNUSED for name in column.names
    ]
    assert [name for name in read if any(word in name.lower() for word in private)] == []
