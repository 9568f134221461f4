"""What is asked of an export, and how its answer is said."""

import pytest

from p2pshare.node.exports.formats import FORMATS, format_of
from p2pshare.node.exports.request import ExportRequest, Written


@pytest.mark.parametrize(
    ("number", "what", "said"),
    [
        (0, "loans", "0 loans"),
        (1, "loans", "1 loan"),
        (1, "entries", "1 entry"),
        (2, "entries", "2 entries"),
        (1, "hours", "1 hour"),
    ],
)
def test_how_many_is_said_in_english(number: int, what: str, said: str) -> None:
    assert Written(number, what).words == said


def test_a_request_without_names_is_for_everybody() -> None:
    asked = ExportRequest()
    assert (asked.person_hex, asked.circle_hex, asked.consent) == (None, None, None)
    named = ExportRequest(person=b"\1" * 32, circle=b"\2" * 32)
    assert (named.person_hex, named.circle_hex) == ("01" * 32, "02" * 32)


def test_a_file_name_means_one_format() -> None:
    suffixes = [suffix for form in FORMATS.values() for suffix in form.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for name, form in FORMATS.items():
        assert {format_of(suffix.upper()) for suffix in form.suffixes} <= {name}
    assert format_of("") == format_of(".txt") == "jsonl"
