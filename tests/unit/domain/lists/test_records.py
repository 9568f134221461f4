"""Text is cut where spreadsheets cut it, and numbered as they number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.lists.records import SEPARATORS, Record, find_table


def cut(text: str) -> list[tuple[int, tuple[str, ...]]]:
    records = list(find_table(text).records())
    assert not any(record.error for record in records)
    return [(record.number, record.cells) for record in records]


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_ends_of_lines(separator: str, end: str) -> None:
    text = end.join(["name?count", '"a?b"?2', "c?"]).replace("?", separator) + end
    assert find_table(text).separator == separator
    assert cut(text) == [(1, ("name", "count")), (2, (f"a{separator}b", "2")), (3, ("c", ""))]


def test_a_quoted_line_break_is_in_one_row() -> None:
    text = 'name,text\na,"one\ntwo\r\nthree"\nb,"say ""hi"""\n'
    assert cut(text) == [
        (1, ("name", "text")),
        (2, ("a", "one\ntwo\r\nthree")),
        (3, ("b", 'say "hi"')),
    ]


def test_blank_rows_are_counted_and_passed_over() -> None:
    assert cut("\n\nname,x\n\na,1\n,\n  ,\nb,2") == [
        (3, ("name", "x")),
        (5, ("a", "1")),
        (8, ("b", "2")),
    ]


def test_the_line_that_excel_hides_is_not_counted() -> None:
    assert cut("sep=;\r\nname;text\r\na;b,c,d\r\n") == [(1, ("name", "text")), (2, ("a", "b,c,d"))]


def test_other_separators_inside_quotation_marks_do_not_count() -> None:
    assert find_table('"a;b;c;d",e\n').separator == ","
    assert find_table('name;"size, weight, colour"\n').separator == ";"


def test_a_list_of_one_column_needs_no_separator() -> None:
    assert cut("name\nDrill, big\nSaw; small\n") == [
        (1, ("name",)),
        (2, ("Drill, big",)),
        (3, ("Saw; small",)),
    ]


def test_spaces_before_quotation_marks() -> None:
    assert cut('name, "text"\na, "b, c"\n') == [(1, ("name", "text")), (2, ("a", "b, c"))]


def test_a_broken_row_keeps_no_other_from_being_read() -> None:
    records = list(find_table('name,x\na,1\n"b"c,2\nd,3\n').records())
    assert [record.number for record in records] == [1, 2, 3, 4]
    assert "do not fit" in records[2].error
    assert records[3] == Record(4, ("d", "3"), suspect=True)


def test_a_quotation_mark_that_is_never_closed() -> None:
    records = list(find_table('name,x\n"a,1\nb,2\nc,3\n').records())
    assert "never closed" in records[1].error
    assert [record.cells for record in records[2:]] == [("b", "2"), ("c", "3")]


def test_a_cell_that_goes_on_and_on() -> None:
    text = 'name,x\n"' + "a" * 200_000 + '",1\nb,2\n'
    records = list(find_table(text).records())
    assert "never closed" in records[1].error
    assert records[2].cells == ("b", "2")


def test_patience_has_an_end() -> None:
    text = "name,x\n" + 'x","\n' * 40_000
    records = list(find_table(text).records())
    assert "from here on" in records[-1].error


@given(st.text(alphabet='ab,;\t|"\r\n =', max_size=80))
def test_any_text_is_cut(text: str) -> None:
    numbers = [record.number for record in find_table(text).records()]
    assert numbers == sorted(set(numbers))


@given(
    st.lists(
        st.lists(st.text(alphabet='ab,"\n\r é', max_size=6), min_size=2, max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_quoted_is_read_as_written(rows: list[list[str]]) -> None:
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    expected = [
        (number, tuple(row)) for number, row in enumerate(rows, 1) if any(map(str.strip, row))
    ]
    if expected and expected[0][0] == 1:
        assert cut(text) == expected
