"""domain.reminder_reasons: each occasion, when it comes, when it passes, and who is told."""

from dataclasses import replace

import pytest
from unit.domain.agreement_views import ADA, BEN, CARL, agreement, at, busy, listing_days

from p2pshare.domain.hour_views import OverspentPayment, OverspentView
from p2pshare.domain.matching_views import MatchView
from p2pshare.domain.quiet_hours import QUIET_HOURS
from p2pshare.domain.reminder_reasons import late_since_ms
from p2pshare.domain.reminder_views import Reason, Situation
from p2pshare.domain.reminders import in_force, plan
from p2pshare.domain.views import AgreementView, SignedMoveView

LISTING = "d1" * 16


def said(situation: Situation, moment: str) -> list[tuple[str, str]]:
    """(reason, text) of what is in force at a moment in UTC."""
    planned = plan(situation, 0, QUIET_HOURS)
    return [(str(one.reason), one.text) for one in in_force(planned, at(moment))]


def of(view: AgreementView, person: str, moment: str, **fields: object) -> list[tuple[str, str]]:
    return said(replace(Situation(person, [view]), **fields), moment)


def test_a_loan_reminds_its_borrower_step_by_step():
    loan = agreement("loan", "checked_out")
    steps = [
        ("2026-11-26T20:00", None),
        ("2026-11-27T07:59", None),
        ("2026-11-27T08:00", "“Drill” goes back to Ada tomorrow, Saturday 28 November."),
        ("2026-11-28T07:00", None),
        ("2026-11-28T08:00", "“Drill” goes back to Ada today."),
        ("2026-11-28T23:59", "“Drill” goes back to Ada today."),
        ("2026-11-29T07:59", None),
        (
            "2026-11-29T08:00",
            "“Drill” was due back with Ada on Saturday 28 November."
            " Please bring it back, or ask to keep it longer.",
        ),
        (
            "2026-12-02T08:00",
            "“Drill” has been overdue for three days: Ada expected it back on Saturday 28 November."
            " Please bring it back, or say what has happened.",
        ),
    ]
    for moment, text in steps:
        assert [one for _, one in of(loan, BEN, moment)] == ([] if text is None else [text]), moment
    reasons = [
        of(loan, BEN, f"{day}T12:00")[0][0]
        for day in ("2026-11-27", "2026-11-28", "2026-11-29", "2026-12-06", "2026-12-13")
    ]
    assert reasons == ["before-due", "due", "overdue", "overdue", "overdue"]
    assert "for a week" in of(loan, BEN, "2026-12-06T12:00")[0][1]
    assert "for two weeks" in of(loan, BEN, "2027-03-01T12:00")[0][1]


def test_its_owner_hears_of_it_when_it_is_late_and_strangers_never():
    loan = agreement("loan", "checked_out")
    assert of(loan, ADA, "2026-11-28T12:00") == []
    text = "Ben should have brought back “Drill” on Saturday 28 November."
    assert of(loan, ADA, "2026-11-29T12:00") == [("overdue", text)]
    later = "Ben has kept “Drill” for a week longer than agreed (Saturday 28 November)."
    assert of(loan, ADA, "2026-12-07T12:00") == [("overdue", f"{later} You could call round.")]
    assert of(loan, CARL, "2026-12-07T12:00") == []


def test_what_is_lent_by_the_hour_is_spoken_of_within_the_hour_too():
    loan = agreement(
        "loan",
        "checked_out",
        from_day="2026-11-28",
        from_minute=9 * 60,
        until_minute=15 * 60,
        moved="2026-11-28T09:00",
    )
    assert of(loan, BEN, "2026-11-28T09:00") == [
        ("due", "“Drill” goes back to Ada today by 15:00.")
    ]
    within = "“Drill” is due back with Ada at 15:00, within the hour."
    assert of(loan, BEN, "2026-11-28T14:00") == [("due", within)]
    late = of(loan, BEN, "2026-11-28T15:01")
    assert late[0][0] == "overdue"
    assert "on Saturday 28 November, 15:00." in late[0][1]


def test_a_request_waits_for_its_owner():
    loan = agreement("loan", "requested", moved="2026-11-20T22:00")
    asks = "Ben asks you for “Drill”, Monday 23 November to Saturday 28 November."
    assert of(loan, ADA, "2026-11-20T23:00") == []
    assert of(loan, ADA, "2026-11-21T08:00") == [("request", f"{asks} Can you say yes or no?")]
    assert of(loan, BEN, "2026-11-21T08:00") == []
    (again,) = of(loan, ADA, "2026-11-24T08:00")
    assert again[1].startswith("Ben is still waiting for your answer about “Drill”")
    hour = agreement("session", "requested", until_day="2026-11-23", from_minute=540)
    assert "“Drill”, Monday 23 November, 09:00." in of(hour, ADA, "2026-11-21T08:00")[0][1]


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("2026-12-05T24:00", "Saturday 5 December"),
        ("2026-11-28T18:30", "Saturday 28 November, 18:30"),
    ],
)
def test_asking_to_keep_it_longer_is_told_to_the_owner(asked, until):
    loan = agreement("loan", "checked_out", asked_until=asked, moved="2026-11-25T12:00")
    text = f"Ben would like to keep “Drill” until {until}. Is that all right?"
    assert of(loan, ADA, "2026-11-25T12:00") == [("renewal", text)]
    assert of(loan, BEN, "2026-11-25T12:00") == []
    assert of(replace(loan, asked_until=None), ADA, "2026-11-25T12:00") == []


def test_who_was_refused_and_asks_for_the_same_day_again_is_heard_again():
    signed = [
        SignedMoveView(move, person, at(f"2026-11-2{day}T12:00"), "")
        for day, (move, person) in enumerate([("renew", BEN), ("refuse", ADA), ("renew", BEN)], 4)
    ]

    def keys(count):
        loan = agreement(
            "loan", "checked_out", asked_until="2026-12-02T24:00", signed_by=tuple(signed[:count])
        )
        planned = plan(Situation(ADA, [loan]), 0, QUIET_HOURS)
        return {one.key for one in planned if one.reason is Reason.RENEWAL}

    assert len(keys(1) | keys(3)) == 2


def test_who_has_it_hears_that_others_wait():
    loan = agreement("loan", "checked_out")
    one, two = ({LISTING: listing_days(waiting=count)} for count in (1, 2))
    (first,) = of(loan, BEN, "2026-11-22T12:00", listings=one)
    assert first[0] == "someone-waits"
    assert first[1].startswith("Somebody is waiting for “Drill”, which you have until Saturday 28")
    (second,) = of(loan, BEN, "2026-11-22T12:00", listings=two)
    assert second[1].startswith("2 people are waiting for “Drill”")
    assert of(loan, BEN, "2026-11-20T20:00", listings=one) == [], "nobody had said so yet"
    assert of(loan, BEN, "2026-11-22T12:00", listings={LISTING: listing_days()}) == []
    assert of(loan, ADA, "2026-11-22T12:00", listings=one) == []
    assert of(replace(loan, state="returned"), BEN, "2026-11-22T12:00", listings=one) == []


def test_a_turn_is_told_until_it_has_passed():
    hold = agreement(
        "hold", "offered", offered_until_ms=at("2026-11-22T18:00"), moved="2026-11-20T18:00"
    )
    text = "It is your turn: “Drill” of Ada is kept for you until Sunday 22 November, 18:00."
    assert of(hold, BEN, "2026-11-20T18:00") == [("your-turn", text)]
    assert of(hold, BEN, "2026-11-22T18:00") == [("your-turn", text)]
    assert of(hold, BEN, "2026-11-22T18:01") == []
    assert of(hold, ADA, "2026-11-20T18:00") == []
    assert of(replace(hold, state="taken"), BEN, "2026-11-20T18:00") == []


def test_both_are_reminded_of_a_session():
    session = agreement(
        "session",
        "accepted",
        title="Guitar",
        until_day="2026-11-23",
        from_minute=17 * 60,
        until_minute=18 * 60,
    )
    tomorrow = "“Guitar” with {} is tomorrow, Monday 23 November, 17:00."
    hour = "“Guitar” with {} begins at 17:00, within the hour."
    for person, other in ((ADA, "Ben"), (BEN, "Ada")):
        assert of(session, person, "2026-11-21T12:00") == []
        assert of(session, person, "2026-11-22T08:00") == [("session", tomorrow.format(other))]
        assert of(session, person, "2026-11-23T08:00") == []
        assert of(session, person, "2026-11-23T16:00") == [("session", hour.format(other))]
        assert of(session, person, "2026-11-23T17:00") == []


def test_a_session_without_a_time_is_spoken_of_on_its_day():
    session = agreement("session", "accepted", title="Guitar", until_day="2026-11-23")
    assert of(session, BEN, "2026-11-22T12:00")[0][1].endswith("tomorrow, Monday 23 November.")
    assert of(session, BEN, "2026-11-23T12:00") == [("session", "“Guitar” with Ada is today.")]
    assert of(session, BEN, "2026-11-24T12:00") == []


# --- late with somebody else --------------------------------------------------------------------


def test_the_next_borrower_hears_that_it_is_late_with_somebody_else():
    loan = agreement("loan", "accepted", moved="2026-11-10T12:00")
    mine = busy("2026-11-23", "2026-11-28")
    late = busy("2026-11-15", "2026-11-20", out=True, tag=b"\1" * 8)
    days = {LISTING: listing_days(late, mine)}
    assert of(loan, BEN, "2026-11-20T12:00", listings=days) == []
    (told,) = of(loan, BEN, "2026-11-21T08:00", listings=days)
    assert told[0] == "late-elsewhere"
    assert told[1] == (
        "“Drill”, promised to you from Monday 23 November, is late with somebody else."
        " Ask Ada before you set out."
    )
    assert of(loan, ADA, "2026-11-21T08:00", listings=days) == []
    back = {LISTING: listing_days(mine)}
    assert of(loan, BEN, "2026-11-21T08:00", listings=back) == []


def test_long_before_ones_days_it_does_not_matter_yet():
    loan = agreement("loan", "accepted", from_day="2026-12-20", until_day="2026-12-22")
    late = busy("2026-11-15", "2026-11-20", out=True, tag=b"\1" * 8)
    days = {LISTING: listing_days(late, busy("2026-12-20", "2026-12-22"))}
    assert of(loan, BEN, "2026-12-16T12:00", listings=days) == []
    assert of(loan, BEN, "2026-12-17T12:00", listings=days) != []


@pytest.mark.parametrize(
    ("quantity", "others", "since"),
    [
        (1, [busy("2026-11-15", "2026-11-20", out=True)], "2026-11-20T23:59:59.999"),
        (2, [busy("2026-11-15", "2026-11-20", out=True)], None),
        (2, [busy("2026-11-15", "2026-11-20", out=True, quantity=2)], "2026-11-20T23:59:59.999"),
        (
            2,
            [
                busy("2026-11-10", "2026-11-12", out=True),
                busy("2026-11-15", "2026-11-20", out=True),
            ],
            "2026-11-20T23:59:59.999",
        ),
        (
            2,
            [
                busy("2026-11-15", "2026-11-20", out=True),
                busy("2026-11-20", "2026-12-20", out=True),
            ],
            "2026-11-20T23:59:59.999",
        ),
        (1, [busy("2026-11-15", "2026-11-20")], None),
        (1, [busy("2026-12-15", "2026-12-20")], None),
        (
            1,
            [busy("2026-11-22", "2026-11-23", out=True, until_minute=480)],
            "2026-11-23T08:00",
        ),
    ],
)
def test_since_when_something_is_missing(quantity, others, since):
    loan = agreement("loan", "accepted", from_minute=540)
    days = listing_days(
        busy("2026-11-23", "2026-11-28", from_minute=540), *others, quantity=quantity
    )
    assert late_since_ms(loan, days, 0) == (None if since is None else at(since))


# --- wants, hours, and what nobody can mean -----------------------------------------------------


def test_a_want_that_is_offered():
    match = MatchView(
        *("e1" * 16, "Long ladder", BEN, "f1" * 16, "Ladder", ADA, "Ada", "00" * 32),
        why="the same word",
        since_ms=at("2026-11-20T12:00"),
    )
    text = "You were looking for “Long ladder”: Ada now offers “Ladder”."
    situation = Situation(BEN, matches=[match])
    assert said(situation, "2026-11-20T12:00") == [("want-offered", text)]
    (planned,) = plan(situation, 0, QUIET_HOURS)
    assert planned.about == "f1" * 16


@pytest.mark.parametrize(("person", "who"), [(BEN, "You have paid"), (ADA, "Ben has paid")])
def test_hours_that_were_spent_twice_are_told_to_everybody_concerned(person, who):
    payment = OverspentPayment("9a" * 16, ADA, "Ada", 90, at("2026-11-20T12:00"), "fe" * 32)
    overspent = OverspentView("00" * 32, BEN, "Ben", 90, 60, -150, (payment,))
    situation = Situation(person, overspent=[overspent])
    ((reason, text),) = said(situation, "2026-11-20T12:00")
    assert reason == "overspent"
    assert text.startswith(f"{who} 1:30 hours more than")
    assert said(situation, "2026-12-05T12:00") == []


def test_a_move_that_comes_late_does_not_speak_of_what_has_passed():
    loan = agreement("loan", "checked_out", moved="2026-11-28T12:00")
    planned = plan(Situation(BEN, [loan]), 0, QUIET_HOURS)
    assert [one.reason for one in planned] == ["due", *["overdue"] * 4]
    assert planned[0].due_ms == at("2026-11-28T12:00")


def test_peers_may_sign_any_day_and_any_word():
    hostile = agreement(
        "loan",
        "checked_out",
        title="Drill\n\u202ellirD",
        owner_name="",
        due_at_ms=2**53,
        signed_by=(SignedMoveView("request", BEN, 0, ""),),
    )
    assert plan(Situation(BEN, [hostile]), -60, QUIET_HOURS) == ()
    (early, *_) = plan(
        Situation(BEN, [replace(hostile, due_at_ms=at("2026-11-28T12:00"))]), 0, QUIET_HOURS
    )
    assert early.text.startswith("“Drill\\u{a}\\u{202e}llirD” goes back to somebody tomorrow")
