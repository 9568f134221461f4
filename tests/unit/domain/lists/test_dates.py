"""Days are read in the forms that programs and people write them in, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.days import is_day
from p2pshare.domain.lists import dates
from p2pshare.errors import DomainError


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2021-03-14", "2021-03-14"),
        ("2021-3-4", "2021-03-04"),
        (" 2021-03-14 15:05:00 ", "2021-03-14"),
        ("2021-03-14T15:05:00.123Z", "2021-03-14"),
        ("2021-03-14T15:05:00+01:00", "2021-03-14"),
        ("2021/03/14", "2021-03-14"),
        ("14 Mar 2021 3:05 pm", "2021-03-14"),  # as Lend Engine's report has it
        ("04 Mar 2021 11:30 am", "2021-03-04"),
        ("14/03/2021", "2021-03-14"),
        ("3/4/2021 3:05 PM", "2021-04-03"),
        ("14.3.2021", "2021-03-14"),
        ("14. 3. 2021", "2021-03-14"),
        ("14. März 2021", "2021-03-14"),
        ("1er août 2021", "2021-08-01"),
        ("14 de marzo de 2021", "2021-03-14"),
        ("March 14th, 2021", "2021-03-14"),
        ("2021-03-14 00:00:00 UTC", "2021-03-14"),
        ("", ""),
        ("  ", ""),
        ("0000-00-00 00:00:00", ""),
        ("0001-01-01", ""),
    ],
)
def test_a_day(cell: str, day: str) -> None:
    assert dates.day(cell, "Checked out") == day


@pytest.mark.parametrize(
    "cell",
    [
        *("yesterday", "2021", "14", "2021-13-01", "31/02/2021", "14/03/21", "1969-12-31"),
        *("14 Foo 2021", "2021-03-14 Drill", "44269", "=TODAY()", "2021-03-1400", "٢٠٢١-٠٣-١٤"),
    ],
)
def test_no_day(cell: str) -> None:
    with pytest.raises(DomainError, match=r"^Checked out: '.*' is no date$"):
        dates.day(cell, "Checked out")


def test_the_month_may_come_first() -> None:
    assert dates.day("3/4/2021", "date", by_month_first=True) == "2021-03-04"
    assert dates.day("3.4.2021", "date", by_month_first=True) == "2021-04-03"
    assert dates.day("2021-04-03", "date", by_month_first=True) == "2021-04-03"


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        (["3/4/2021", "3/14/2021"], True),
        (["3/4/2021", "14/3/2021"], False),
        (["3/4/2021", "5/6/2021"], None),
        (["3/14/2021", "14/3/2021"], None),
        (["99/99/2021", "14 Mar 2021", ""], None),
    ],
)
def test_what_a_list_says_of_its_dates(cells: list[str], verdict: bool | None) -> None:
    assert dates.month_first(cells) is verdict


def test_which_dates_have_two_meanings() -> None:
    assert dates.is_ambiguous("3/4/2021")
    assert not any(
        map(dates.is_ambiguous, ["3.4.2021", "14/3/2021", "2021-03-04", "4 Mar 2021", ""])
    )


@given(st.dates(), st.booleans())
def test_every_date_comes_back(date: object, by_month_first: bool) -> None:
    said = str(date)
    if said >= "1970-01-01":
        assert dates.day(said, "d", by_month_first=by_month_first) == said


@given(st.text(st.sampled_from("0123456789 -/.:TZamp,"), max_size=40) | st.text())
def test_any_text_is_a_day_or_refused(cell: str) -> None:
    try:
        found = dates.day(cell, "d")
    except DomainError:
        found = ""
    assert found == "" or is_day(found)
    dates.month_first([cell])
    dates.is_ambiguous(cell)


def test_a_refusal_is_short() -> None:
    with pytest.raises(DomainError) as refused:
        dates.day("no date " * 100, "d")
    assert len(str(refused.value)) < 80
