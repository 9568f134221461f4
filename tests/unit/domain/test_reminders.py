"""domain.reminders: plans, in any situation, told by any clock."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from unit.domain.agreement_views import ADA, BEN, agreement, agreements, at, listings

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.hour_views import OverspentPayment, OverspentView
from p2pshare.domain.matching_views import MatchView
from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, QUIET_HOURS, QuietHours
from p2pshare.domain.reminder_reasons import STATES
from p2pshare.domain.reminder_views import FIRST_MS, LAST_MS, Reason, Situation
from p2pshare.domain.reminders import in_force, next_ms, plan, to_tell
from p2pshare.domain.text import shown

MINUTES = st.integers(0, 1439)
QUIET = st.one_of(st.just(QUIET_HOURS), st.builds(QuietHours, MINUTES, MINUTES))
ZONES = st.one_of(st.integers(-12 * 60, 14 * 60), st.just(ZoneInfo("Europe/Berlin")))
NOWS = st.one_of(
    st.integers(at("2026-10-20T00:00"), at("2027-01-01T00:00")),
    st.integers(FIRST_MS, 4_000_000_000_000),
)
TEXTS = st.text(max_size=20)
MATCHES = st.builds(
    MatchView,
    want=st.sampled_from(["e1" * 16, "search-3"]),
    want_title=TEXTS,
    wanted_by=st.just(BEN),
    offer=st.binary(min_size=16, max_size=16).map(bytes.hex),
    offer_title=TEXTS,
    person=st.just(ADA),
    person_name=TEXTS,
    circle=st.just("00" * 32),
    why=TEXTS,
    since_ms=NOWS,
)
OVERSPENT = st.builds(
    OverspentView,
    circle=st.just("00" * 32),
    person=st.sampled_from([ADA, BEN]),
    name=TEXTS,
    minutes=st.integers(1, 600_000),
    limit=st.just(0),
    balance=st.just(-60),
    payments=st.tuples(
        st.builds(
            OverspentPayment,
            payment=st.binary(min_size=16, max_size=16).map(bytes.hex),
            payee=st.just(ADA),
            payee_name=TEXTS,
            minutes=st.just(60),
            at_ms=NOWS,
            feed=st.just("fe" * 32),
        )
    ),
)


@st.composite
def situations(draw):
    views = draw(st.lists(agreements(), max_size=4, unique_by=lambda view: view.agreement))
    return Situation(
        draw(st.sampled_from([ADA, BEN])),
        views,
        {view.listing: draw(listings()) for view in views},
        draw(st.lists(MATCHES, max_size=2, unique_by=lambda one: (one.want, one.offer))),
        draw(st.lists(OVERSPENT, max_size=2, unique_by=lambda one: one.payments)),
    )


@given(situations(), ZONES, QUIET)
def test_a_plan_is_in_order_names_nothing_twice_and_leaves_quiet_hours_alone(
    situation, zone, quiet
):
    planned = plan(situation, zone, quiet)
    assert [one.due_ms for one in planned] == sorted(one.due_ms for one in planned)
    assert len({one.key for one in planned}) == len(planned)
    for one in planned:
        assert one.due_ms < one.until_ms
        assert FIRST_MS <= one.due_ms <= LAST_MS + 24 * 60 * 60 * 1000
        assert not quiet.covers(one.due_ms, zone)
        assert one.text == shown(one.text)
        assert one.key.startswith(f"{one.reason}:{one.about}")


@given(situations(), ZONES)
def test_nothing_is_said_of_what_is_over_in_dispute_or_somebody_elses(situation, zone):
    agreements_alone = Situation(situation.person, situation.agreements, situation.listings)
    spoken_of = {one.about for one in plan(agreements_alone, zone, NO_QUIET_HOURS)}
    for view in situation.agreements:
        table = AGREEMENTS[view.kind]
        if view.state not in STATES.get(view.kind, ()) or table.alone:
            assert view.agreement not in spoken_of
    stranger = Situation("cc" * 32, situation.agreements, situation.listings)
    assert plan(stranger, zone, NO_QUIET_HOURS) == ()


@given(situations(), ZONES, QUIET, st.lists(NOWS, min_size=1, max_size=6).map(sorted))
def test_however_often_it_is_looked_at_nothing_is_told_twice_or_in_the_night(
    situation, zone, quiet, moments
):
    planned = plan(situation, zone, quiet)
    told: set[str] = set()
    for now_ms in moments:
        telling = to_tell(planned, told, now_ms, zone, quiet)
        keys = {one.key for one in telling}
        assert not keys & told
        assert keys <= {one.key for one in in_force(planned, now_ms)}
        assert not (telling and quiet.covers(now_ms, zone))
        told |= keys
        assert to_tell(planned, told, now_ms, zone, quiet) == []


@given(situations(), ZONES, QUIET, NOWS)
def test_who_looks_whenever_something_is_next_misses_nothing(situation, zone, quiet, now_ms):
    planned = plan(situation, zone, quiet)
    told: set[str] = set()
    for _ in range(2 * len(planned) + 1):
        following = next_ms(planned, told, now_ms, zone, quiet)
        if following is None:
            break
        assert following >= now_ms
        now_ms = following
        telling = to_tell(planned, told, now_ms, zone, quiet)
        assert telling
        told |= {one.key for one in telling}
    assert next_ms(planned, told, now_ms, zone, quiet) is None
    ahead = {one.key for one in planned if one.until_ms > now_ms}
    assert ahead <= told


@given(situations(), ZONES, QUIET, NOWS)
def test_before_the_next_one_there_is_nothing_to_tell(situation, zone, quiet, now_ms):
    planned = plan(situation, zone, quiet)
    following = next_ms(planned, (), now_ms, zone, quiet)
    if following is None or following > now_ms:
        assert to_tell(planned, (), now_ms, zone, quiet) == []
    if following is not None and following > now_ms + 1:
        assert to_tell(planned, (), following - 1, zone, quiet) == []


def test_giving_it_back_stops_all_and_a_new_due_date_reminds_anew():
    out = agreement("loan", "checked_out")
    keys = {one.key for one in plan(Situation(BEN, [out]), 0, QUIET_HOURS)}
    assert {key.split(":")[0] for key in keys} == {"before-due", "due", "overdue"}
    back = agreement("loan", "returned")
    assert plan(Situation(BEN, [back]), 0, QUIET_HOURS) == ()
    renewed = agreement("loan", "checked_out", until_day="2026-12-05")
    later = {one.key for one in plan(Situation(BEN, [renewed]), 0, QUIET_HOURS)}
    assert later
    assert not keys & later


def test_each_reason_is_a_word_of_its_own():
    assert len({reason.value for reason in Reason}) == len(Reason) == 11
