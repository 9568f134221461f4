"""domain.calendar_events: which agreements are events, when, and in which words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.agreement_views import ADA, BEN, CARL, agreement, agreements, at

from p2pshare.domain.calendar_events import (
    KEPT_MS,
    CalendarEvent,
    Revision,
    Status,
    calendar_events,
)
from p2pshare.domain.text import shown
from p2pshare.domain.views import AgreementView

NOON = at("2026-11-25T12:00")
MOVED = at("2026-11-20T12:00")


def event(
    view: AgreementView, person: str = BEN, moves: int = 2, zone: object = 0
) -> CalendarEvent:
    (found,) = calendar_events([view], {view.agreement: Revision(moves, MOVED)}, person, NOON, zone)
    return found


def test_a_loan_is_whole_days_and_ends_the_day_after():
    loan = agreement("loan", "accepted")
    ben = event(loan)
    assert (ben.uid, ben.sequence, ben.changed_ms) == ("0d" * 16 + "@p2pshare", 1, MOVED)
    assert (ben.starts, ben.ends) == (date(2026, 11, 23), date(2026, 11, 29))
    assert ben.status == Status.CONFIRMED
    assert ben.summary == "Drill, borrowed from Ada"
    assert ben.alarm_text == "Drill goes back to Ada"
    assert ben.alarm == timedelta(days=27 - 23, hours=9), "in the morning of the day before"
    assert not ben.takes_time
    ada = event(loan, ADA)
    assert (ada.uid, ada.starts, ada.ends) == (ben.uid, ben.starts, ben.ends)
    assert ada.summary == "Drill, lent to Ben"
    assert ada.alarm == timedelta(hours=-15)
    assert ada.alarm_text == "Ben will come for Drill"


def test_what_is_lent_by_the_hour_has_instants():
    loan = agreement(
        "loan", "checked_out", until_day="2026-11-23", from_minute=540, until_minute=900
    )
    berlin = event(loan, zone=ZoneInfo("Europe/Berlin"))
    assert berlin.starts == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert berlin.ends == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert berlin.alarm == timedelta(hours=6) - timedelta(days=1)
    assert event(loan, ADA).alarm == timedelta(days=-1)


def test_a_session_takes_time_and_is_called_by_the_other():
    session = agreement(
        *("session", "accepted"),
        title="Guitar",
        until_day="2026-11-23",
        from_minute=1020,
        until_minute=1080,
    )
    assert event(session).summary == "Guitar with Ada"
    assert event(session, ADA).summary == event(session, ADA).alarm_text == "Guitar with Ben"
    assert event(session).alarm == timedelta(hours=-1)
    assert event(session).takes_time
    whole_day = replace(session, from_minute=0, until_minute=1440)
    assert event(whole_day).alarm == timedelta(hours=-15)


@pytest.mark.parametrize(
    ("kind", "state", "status", "has_alarm"),
    [
        ("loan", "requested", Status.TENTATIVE, False),
        ("loan", "accepted", Status.CONFIRMED, True),
        ("loan", "checked_out", Status.CONFIRMED, True),
        ("loan", "returned", Status.CONFIRMED, False),
        ("loan", "closed", Status.CONFIRMED, False),
        ("loan", "declined", Status.CANCELLED, False),
        ("loan", "cancelled", Status.CANCELLED, False),
        ("session", "requested", Status.TENTATIVE, False),
        ("session", "accepted", Status.CONFIRMED, True),
        ("session", "done", Status.CONFIRMED, False),
        ("session", "cancelled", Status.CANCELLED, False),
    ],
)
def test_the_state_says_whether_it_stands(kind, state, status, has_alarm):
    found = event(agreement(kind, state))
    assert found.status == status
    assert (found.alarm is not None) == has_alarm


def test_what_a_neighbour_reads():
    asked = agreement("loan", "requested", quantity=3)
    assert event(asked).summary == "Drill (3 of them), borrowed from Ada"
    assert event(asked).description == "Waiting for an answer.\nloan 0d0d0d0d in p2pshare"
    assert event(asked, ADA).description.startswith("Waiting for your answer.\n")
    assert event(agreement("loan", "checked_out")).description.startswith("Checked out.\n")


def test_what_is_over_is_said_for_a_while_and_what_stands_for_good():
    old = {"0d" * 16: Revision(3, NOON - KEPT_MS - 1)}
    just = {"0d" * 16: Revision(3, NOON - KEPT_MS)}
    for state, stands in (("cancelled", False), ("lost", False), ("checked_out", True)):
        view = agreement("loan", state)
        assert len(calendar_events([view], just, BEN, NOON, 0)) == 1
        assert len(calendar_events([view], old, BEN, NOON, 0)) == stands


def test_only_ones_own_loans_and_sessions():
    revisions = {"0d" * 16: Revision(1, MOVED)}
    assert calendar_events([agreement("loan", "accepted")], revisions, CARL, NOON, 0) == []
    assert calendar_events([agreement("hold", "offered")], revisions, BEN, NOON, 0) == []
    assert calendar_events([agreement("loan", "accepted")], {}, BEN, NOON, 0) == []


@given(st.lists(agreements(), max_size=4), st.sampled_from([ADA, BEN]), st.integers(1, 99))
def test_whatever_was_signed_is_an_event_that_calendars_take(views, person, moves):
    revisions = {view.agreement: Revision(moves, NOON) for view in views}
    for found in calendar_events(views, revisions, person, NOON, ZoneInfo("Europe/Berlin")):
        assert found.starts < found.ends
        assert isinstance(found.starts, datetime) == isinstance(found.ends, datetime)
        assert found.summary == shown(found.summary)
        assert found.description == shown(found.description, newlines=True)
        assert found.alarm_text == shown(found.alarm_text)
        assert found.status != Status.CANCELLED or found.alarm is None
        assert found.sequence == moves - 1
