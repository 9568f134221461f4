"""domain.session_rules: asking for somebody's time, and saying that it took place."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.rule_kit import refused

from p2pshare import limits
from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.bodies import encode_payload
from p2pshare.domain.commands import MoveAgreement, RequestSession
from p2pshare.domain.session import SESSION
from p2pshare.domain.session_rules import move_session, request_session
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
LISTING = b"L" * 16
NOW_MS = 1000


@pytest.fixture(scope="session")
def lesson(drill):
    """Ada teaches the guitar."""
    return replace(drill, title="Guitar", item_type=ItemType.SERVICE, transaction_types=("hours",))


@pytest.fixture(scope="session")
def session_of(make, ada, ben):
    """A session of Ada's with Ben after ``path``."""

    def build(*path):
        entries = make.agreement(SESSION, ben, ada, path)
        return fold_agreement(SESSION, entries[0], ada, entries[1:])

    return build


def ask(ben, **fields):
    return RequestSession(**{"person": ben, "listing": LISTING, **fields})


# --- asking ---------------------------------------------------------------------------------


def when(body):
    return body.from_day, body.from_minute, body.until_day, body.until_minute, body.minutes


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (TODAY, 0, TODAY, 1440, 0)),
        ({"at": "2026-11-28"}, ("2026-11-28", 0, "2026-11-28", 1440, 0)),
        ({"at": "2026-11-28T14:30"}, ("2026-11-28", 870, "2026-11-28", 930, 0)),
        (
            {"at": "2026-11-28T14:30", "minutes": 90},
            ("2026-11-28", 870, "2026-11-28", 960, 90),
        ),
        (
            {"at": "2026-11-28 23:30", "minutes": 90},
            ("2026-11-28", 1410, "2026-11-28", 1440, 90),
        ),
        ({"minutes": 45}, (TODAY, 0, TODAY, 1440, 45)),
    ],
)
def test_when_it_is(ben, lesson, fields, expected):
    kind, body = request_session(lesson, b"header", ask(ben, **fields), TODAY)
    assert kind == "session.request"
    assert when(body) == expected
    assert (body.title, body.terms, body.listing_header) == ("Guitar", ("clean",), b"header")


@pytest.mark.parametrize(
    ("changes", "fields", "reason"),
    [
        ({"item_type": ItemType.GOOD}, {}, "a thing, not a skill"),
        ({"closed": True}, {}, "closed"),
        ({"expires": "2026-11-22"}, {}, "ended on"),
        ({}, {"at": "2026-11-22"}, "that day is past"),
        ({}, {"at": "tomorrow"}, "must be a date"),
        ({}, {"at": "2026-11-28T25:00"}, "no time like that"),
        ({}, {"at": "2026-11-28T24:00"}, "the end of the day"),
        ({}, {"minutes": 0}, "one minute to"),
        ({}, {"minutes": limits.SESSION_MINUTES_MAX + 1}, "one minute to"),
        ({}, {"note": "x" * (limits.NOTE_CHARACTERS_MAX + 1)}, "note is too long"),
    ],
)
def test_what_cannot_be_asked_for(ben, lesson, changes, fields, reason):
    listing = replace(lesson, **changes)
    refused(reason, request_session, listing, b"header", ask(ben, **fields), TODAY)


def test_nobody_teaches_themselves(ada, lesson):
    refused("your own listing", request_session, lesson, b"header", ask(ada), TODAY)


def test_a_want_is_answered_and_an_induction_is_needed_for_an_offer_only(ben, lesson):
    want = replace(lesson, exchange_type=ExchangeType.WANT)
    missing = "this needs an induction by Ada; ask them for one"
    refused("needs an induction", request_session, lesson, b"h", ask(ben), TODAY, missing)
    assert request_session(want, b"h", ask(ben), TODAY, missing).kind == "session.request"


@given(data=st.data())
def test_whatever_is_asked_gives_a_readable_body_or_one_line(data, ben, lesson):
    days = st.dates().map(str)
    times = st.times().map(lambda time: f"T{time.hour:02}:{time.minute:02}")
    command = ask(
        ben,
        at=data.draw(
            st.none()
            | st.text(max_size=20)
            | days
            | st.tuples(days, times | st.just("T24:00")).map("".join)
        ),
        minutes=data.draw(st.none() | st.integers(-(2**60), 2**60) | st.integers(1, 2000)),
        note=data.draw(st.text(max_size=50)),
    )
    try:
        body = request_session(lesson, b"header", command, TODAY).body
    except DomainError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert encode_payload(body)
        assert TODAY <= body.from_day == body.until_day
        assert 0 <= body.from_minute < body.until_minute <= limits.DAY_MINUTES
    assert "\n" not in said


# --- moving ---------------------------------------------------------------------------------


def move(session, person, name, **said):
    command = MoveAgreement(person=person, agreement=session.agreement, move=name, **said)
    return move_session(session, command, NOW_MS)


def test_that_it_took_place_says_how_long(session_of, ada, ben):
    accepted = session_of("accept")
    for person in (ada, ben):
        draft = move(accepted, person, "done", minutes=90)
        assert (draft.kind, draft.body.minutes) == ("session.done", 90)
    refused("done has to say more: how many minutes", move, accepted, ada, "done")
    for minutes in (0, -1, limits.SESSION_MINUTES_MAX + 1):
        with pytest.raises(DomainError, match="one minute to"):
            move(accepted, ada, "done", minutes=minutes)
    with pytest.raises(DomainError, match="no place for how many minutes"):
        move(session_of(), ada, "accept", minutes=5)


def test_who_may_do_what(session_of, ada, ben):
    asked = session_of()
    assert move(asked, ada, "accept").kind == "session.accept"
    for person, name in ((ben, "accept"), (ada, "cancel"), (ada, "settle")):
        with pytest.raises(DomainError):
            move(asked, person, name, note="x")
    with pytest.raises(DomainError, match="only the asker and the host"):
        move(asked, bytes(32), "accept")


def test_settled_is_what_both_signed(session_of, ada, ben):
    disputed = session_of("accept", ("asker", "done"), ("host", "dispute"))
    with pytest.raises(DomainError, match="say what you propose"):
        move(disputed, ada, "settle")
    proposal = move(disputed, ada, "settle", note="Half of it")
    assert proposal.body.note == "Half of it"
