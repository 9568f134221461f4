"""Markup goes, words stay; text that only looks a little like markup is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.lists.plain import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ("<ul><li>Bits</li><li>Case</li></ul>", "- Bits\n- Case"),
        ("A &amp; B&nbsp;&euro;5 &#233;", "A & B €5 é"),
        ("<p>Words\nwrapped   in the\nsource</p>", "Words wrapped in the source"),
        ("<b>Bold</b> and <i>not</i>", "Bold and not"),
        ("<script>alert(1)</script>Safe<style>p{}</style>", "Safe"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        ("<div><div>Deep</div></div>", "Deep"),
        ("<p>Not closed", "Not closed"),
        ("</script></p>Stray", "Stray"),
        ("<!-- note -->Seen", "Seen"),
        ("plain\nlines\n\n  stay", "plain\nlines\n\n  stay"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("R&D", "R&D"),
        ("", ""),
    ],
)
def test_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


@given(st.text(alphabet="<>/!-&;#x1ap br\n\"'=", max_size=60))
def test_no_markup_is_an_error(html: str) -> None:
    assert plain_text(html).strip() == plain_text(html)
