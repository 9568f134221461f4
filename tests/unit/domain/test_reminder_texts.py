"""domain.reminder_texts: each reason has words of its own; peers' words do no harm in them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain import reminder_texts as texts
from p2pshare.domain.text import shown

#: Each text, made of two words that peers wrote: a title and a name.
SAYINGS: list[Callable[[str, str], str]] = [
    lambda title, name: texts.before_due(title, name, "Saturday 28 November"),
    lambda title, name: texts.due_today(title, name, ""),
    lambda title, name: texts.due_within_the_hour(title, name, "15:00"),
    lambda title, name: texts.overdue_with_me(title, name, "Saturday 28 November", 0),
    lambda title, name: texts.overdue_with_me(title, name, "Saturday 28 November", 3),
    lambda title, _name: texts.someone_waits(title, 2, "Saturday 28 November"),
    lambda title, name: texts.overdue_with_other(title, name, "Saturday 28 November", 0),
    lambda title, name: texts.overdue_with_other(title, name, "Saturday 28 November", 14),
    lambda title, name: texts.asks_me(title, name, "Saturday 28 November"),
    lambda title, name: texts.still_asks_me(title, name, "Saturday 28 November"),
    lambda title, name: texts.renewal_asked(title, name, "Saturday 28 November"),
    lambda title, name: texts.your_turn(title, name, "Saturday 28 November, 18:00"),
    lambda title, name: texts.late_elsewhere(title, name, "Saturday 28 November"),
    lambda title, name: texts.want_offered(title, title, name),
    lambda title, name: texts.session_tomorrow(title, name, "Saturday 28 November"),
    lambda title, name: texts.session_today(title, name),
    lambda title, name: texts.session_within_the_hour(title, name, "15:00"),
    lambda _title, name: texts.overspent(name, 90, own=False),
    lambda _title, name: texts.overspent(name, 90, own=True),
]


def test_no_two_say_the_same() -> None:
    assert len({say("Drill", "Ada") for say in SAYINGS}) == len(SAYINGS)


@given(st.text(), st.text())
def test_whatever_peers_wrote_is_one_harmless_line(title: str, name: str) -> None:
    for say in SAYINGS:
        said = say(title, name)
        assert said == shown(said)
        assert "\n" not in said


def test_who_or_what_has_no_name_is_spoken_of_all_the_same() -> None:
    said = texts.before_due("", "", "Saturday 28 November")
    assert said == "what you agreed about goes back to somebody tomorrow, Saturday 28 November."


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-28", "Saturday 28 November"),
        ("1970-01-01", "Thursday 1 January"),
        ("9999-12-31", "Friday 31 December"),
    ],
)
def test_days_are_words(day: str, words: str) -> None:
    assert texts.day_words(day) == words


def test_instants_are_words_on_the_local_clock() -> None:
    assert texts.moment_words(1_795_392_375_999, 60) == "Monday 23 November, 01:06"
    assert texts.moment_words(1_795_392_375_999, -60) == "Sunday 22 November, 23:06"
