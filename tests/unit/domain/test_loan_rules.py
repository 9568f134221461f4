"""domain.loan_rules: asking, moving, and promising nothing twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.rule_kit import refused

from p2pshare import limits
from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.agreement_bodies import GiveBack, LoanAccept, LoanMove
from p2pshare.domain.agreement_rules import Shelf, draft_move
from p2pshare.domain.bodies import BusyPeriod, LoanPolicy, encode_payload
from p2pshare.domain.commands import MoveAgreement, RequestLoan
from p2pshare.domain.days import add_days, end_of_day_ms, instant_ms
from p2pshare.domain.loan import LOAN
from p2pshare.domain.loan_rules import move_loan, request_loan
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
NOON_MS = end_of_day_ms(TODAY, 0) - 12 * 3_600_000
LISTING = b"L" * 16


# --- asking ---------------------------------------------------------------------------------


def ask(ben, **fields):
    return RequestLoan(**{"person": ben, "listing": LISTING, **fields})


def test_a_request_copies_what_was_seen_and_fills_in_the_days(ben, drill):
    kind, body = request_loan(drill, b"header", ask(ben, note=" Sat? "), TODAY)
    assert kind == "loan.request"
    assert (body.listing, body.listing_header) == (LISTING, b"header")
    assert (body.title, body.terms, body.quantity) == ("Drill", ("clean",), 1)
    assert (body.from_day, body.until_day, body.note) == (TODAY, "2026-11-30", "Sat?")


def test_the_days_asked_for(ben, drill):
    last = add_days(TODAY, limits.LOAN_DAYS_MAX)
    for fields, expected in [
        ({"from_day": "2026-12-01"}, ("2026-12-01", "2026-12-08")),
        ({"until_day": TODAY}, (TODAY, TODAY)),
        ({"from_day": TODAY, "until_day": last}, (TODAY, last)),
    ]:
        body = request_loan(drill, b"header", ask(ben, **fields), TODAY).body
        assert (body.from_day, body.until_day) == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"from_day": "2026-11-22"}, "first day is past"),
        ({"from_day": "Saturday"}, "first day must be a date"),
        ({"until_day": "2026-11-31"}, "last day must be a date"),
        ({"until_day": "2026-11-22"}, "before the first"),
        ({"until_day": add_days(TODAY, limits.LOAN_DAYS_MAX + 1)}, "at most 3660 days"),
        ({"from_day": "9999-12-31"}, "beyond the calendar"),
        ({"quantity": 0}, "quantity must be"),
        ({"quantity": 2}, "only 1 of that"),
        ({"note": "x" * (limits.NOTE_CHARACTERS_MAX + 1)}, "note is too long"),
    ],
)
def test_what_cannot_be_asked_for(ben, drill, fields, reason):
    refused(reason, request_loan, drill, b"header", ask(ben, **fields), TODAY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exchange_type": ExchangeType.WANT}, "that is a want"),
        ({"transaction_types": ("receive-donate",)}, "not for lending"),
        ({"transaction_types": ()}, "not for lending"),
        ({"closed": True}, "closed"),
        ({"expires": "2026-11-22"}, "ended on 2026-11-22"),
    ],
)
def test_what_cannot_be_borrowed(ben, drill, changes, reason):
    refused(reason, request_loan, replace(drill, **changes), b"header", ask(ben), TODAY)


def test_nobody_borrows_from_themselves(ada, drill):
    refused("your own listing", request_loan, drill, b"header", ask(ada), TODAY)


def test_the_largest_request_fits_into_an_entry_sealed_to_both(ben, drill):
    wide = replace(
        drill, title="🛠" * limits.TITLE_CHARACTERS_MAX, terms=("🛠" * 40,) * limits.TERMS_MAX
    )
    command = ask(ben, note="🛠" * limits.NOTE_CHARACTERS_MAX)
    body = request_loan(wide, b"h" * limits.HEADER_BYTES_MAX, command, TODAY).body
    box = 16 + len(encode_payload(body)) + 20 + 48  # salt, payload with its kind, HPKE's overhead
    assert 33 + 2 * box <= limits.BODY_BYTES_MAX


# --- moving ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def loan_of(make, ada, ben):
    """A loan of Ada's drill to Ben after ``path``, for some days."""

    def build(*path, from_day=TODAY, until_day="2026-11-28", quantity=1):
        request = make.request(
            listing=LISTING, from_day=from_day, until_day=until_day, quantity=quantity
        )
        entries = make.loan(ben, ada, path, request=request)
        return fold_agreement(LOAN, entries[0], ada, entries[1:])

    return build


ACCEPTED = (("lender", "accept"),)
OUT = (*ACCEPTED, ("lender", "hand-over"))
RETURNED = (*OUT, ("borrower", "give-back"))
CLOSED = (*RETURNED, ("lender", "take-back"))


@pytest.fixture(scope="session")
def move(drill):
    """Make a move of a loan, of whose listing there are so many, beside other agreements."""

    def make_move(
        loan, person, name, *, others=(), quantity=1, zone=0, now_ms=NOON_MS, listing=drill, **said
    ):
        command = MoveAgreement(person=person, agreement=loan.agreement, move=name, **said)
        shelf = Shelf(listing=replace(listing, quantity=quantity), agreements=tuple(others))
        return move_loan(loan, command, now_ms, zone, shelf)

    return make_move


def test_an_accept_signs_the_end_of_the_last_day_where_the_owner_is(move, ada, loan_of):
    for zone in (0, 60, -300):
        kind, body = move(loan_of(), ada, "accept", zone=zone, note="sure")
        due = end_of_day_ms("2026-11-28", zone)
        assert (kind, body) == ("loan.accept", LoanAccept(due_at_ms=due, note="sure"))


def test_other_moves_are_a_note(move, ada, ben, loan_of):
    draft = move(loan_of(*OUT), ben, "give-back", note=" clean\nand dry ")
    assert draft == ("loan.give-back", GiveBack(note="clean\nand dry"))
    refused("note is too long", lambda: move(loan_of(), ada, "decline", note="x" * 1001))


def test_a_move_that_must_say_more_is_not_made_of_a_note(ada, loan_of):
    loan = loan_of()
    accept = MoveAgreement(person=ada, agreement=loan.agreement, move="accept")
    refused("accept cannot say that", draft_move, LOAN, loan, accept, NOON_MS)
    decline = replace(accept, move="decline", note="sorry")
    expected = ("loan.decline", LoanMove(note="sorry"))
    assert draft_move(LOAN, loan, decline, NOON_MS) == expected


def test_refused_moves_say_what_is_possible(move, make, ada, ben, loan_of):
    def attempt(loan, person, name):
        return move(loan, person, name)

    refused(
        "accept is not possible for the borrower while it is requested; possible now: cancel",
        attempt,
        loan_of(),
        ben,
        "accept",
    )
    refused("no move is possible now", attempt, loan_of(("lender", "decline")), ada, "accept")
    refused("there is no move fly; there are accept, ", attempt, loan_of(), ada, "fly")
    refused("only the borrower and the lender", attempt, loan_of(), make.person("x"), "accept")
    refused("you have signed hand-over already", attempt, loan_of(*OUT), ada, "hand-over")
    refused("you have signed request already", attempt, loan_of(), ben, "request")
    refused(
        "lost is not possible for the lender while it is accepted",
        attempt,
        loan_of(*ACCEPTED),
        ada,
        "lost",
    )


@pytest.mark.parametrize("path", [ACCEPTED, OUT, RETURNED])
def test_what_is_promised_is_not_promised_twice(move, ada, loan_of, path):
    other = loan_of(*path, from_day="2026-11-28", until_day="2026-12-02")
    begins = "2026-11-28" if path == ACCEPTED else TODAY  # handed over early, it is away already
    refused(
        f"from {begins}.* until 2026-11-28",
        lambda: move(loan_of(), ada, "accept", others=[other]),
    )
    assert move(loan_of(), ada, "accept", others=[other], quantity=2)
    before = loan_of(*path, from_day="2026-11-29", until_day="2026-12-02")
    if path == ACCEPTED:
        assert move(loan_of(), ada, "accept", others=[before])
    else:
        refused(f"from {TODAY}", lambda: move(loan_of(), ada, "accept", others=[before]))
    after = loan_of(*path, from_day="2026-11-20", until_day="2026-11-27")
    asked = loan_of(from_day="2026-11-28", until_day="2026-11-30")
    assert move(asked, ada, "accept", others=[after])


@pytest.mark.parametrize(
    "path", [(), (("lender", "decline"),), (*ACCEPTED, ("lender", "cancel")), CLOSED]
)
def test_what_is_not_promised_blocks_nothing(move, ada, loan_of, path):
    assert move(loan_of(), ada, "accept", others=[loan_of(*path)])


def test_what_is_overdue_blocks_until_it_is_back(move, ada, loan_of):
    late = {"from_day": "2026-11-01", "until_day": "2026-11-10"}
    far = loan_of(from_day="2027-03-01", until_day="2027-03-02")
    for path in (OUT, RETURNED):
        refused(
            "get the thing back first",
            lambda path=path: move(far, ada, "accept", others=[loan_of(*path, **late)]),
        )
    assert move(far, ada, "accept", others=[loan_of(*CLOSED, **late)])
    assert move(far, ada, "accept", others=[loan_of(*ACCEPTED, **late)])


def test_quantities_add_up(move, ada, loan_of):
    others = [loan_of(*ACCEPTED, quantity=2), loan_of(*OUT, quantity=1)]
    three = loan_of(quantity=3)
    assert move(three, ada, "accept", others=others, quantity=6)
    refused("overlaps", lambda: move(three, ada, "accept", others=others, quantity=5))


def test_only_loans_of_the_same_listing_count_and_not_the_loan_itself(move, ada, loan_of):
    loan = loan_of()
    elsewhere = replace(loan_of(*OUT), listing=b"M" * 16)
    itself = replace(loan, underlying="accepted", state="accepted")
    assert move(loan, ada, "accept", others=[elsewhere, itself])


def test_days_gone_by_count_for_nothing(move, ada, loan_of):
    late = loan_of(from_day="2026-11-20", until_day="2026-11-25")
    unfetched = loan_of(*ACCEPTED, from_day="2026-11-20", until_day="2026-11-22")
    assert move(late, ada, "accept", others=[unfetched])
    past = loan_of(from_day="2026-11-01", until_day="2026-11-22")
    refused("have passed", lambda: move(past, ada, "accept"))
    assert move(past, ada, "decline")


def test_hostile_days_are_declined(move, ada, loan_of):
    reversed_days = loan_of(from_day="2026-12-24", until_day="2026-12-23")
    refused("end before they begin", lambda: move(reversed_days, ada, "accept"))
    endless = loan_of(until_day="9999-12-31")
    refused("longer than 3660 days", lambda: move(endless, ada, "accept"))


def test_a_listing_has_no_more_promises_than_busy_can_tell(move, ada, loan_of):
    promised = [
        replace(loan_of(*ACCEPTED), agreement=number.to_bytes(16, "big"))
        for number in range(limits.BUSY_PERIODS_MAX)
    ]
    many = limits.QUANTITY_MAX
    assert move(loan_of(), ada, "accept", others=promised[1:], quantity=many)
    refused(
        "too much of that listing",
        lambda: move(loan_of(), ada, "accept", others=promised, quantity=many),
    )


# --- policies, hours of a day, terms --------------------------------------------------------

NINE, TWELVE, FIFTEEN = 9 * 60, 12 * 60, 15 * 60


def with_policy(drill, **fields):
    return replace(drill, policy=LoanPolicy(**fields))


def test_a_policy_bounds_the_days(ben, drill):
    strict = with_policy(drill, longest_days=3)
    body = request_loan(strict, b"header", ask(ben), TODAY).body
    assert (body.from_day, body.until_day) == (TODAY, "2026-11-26"), "as long as it may be"
    longest = ask(ben, until_day="2026-11-26")
    assert request_loan(strict, b"header", longest, TODAY).body.until_day == "2026-11-26"
    too_long = replace(longest, until_day="2026-11-27")
    refused("at most 3 days; choose 2026-11-26", request_loan, strict, b"header", too_long, TODAY)


def test_terms_bound_the_days_too_and_the_strictest_wins(ben, drill):
    weekly = replace(with_policy(drill, longest_days=9), terms=("BORROW-7D/1", "NEW-ONE/3"))
    too_long = ask(ben, until_day="2026-12-01")
    refused("at most 7 days", request_loan, weekly, b"header", too_long, TODAY)
    assert request_loan(weekly, b"header", ask(ben), TODAY).body.terms == weekly.terms


def test_by_the_hour_where_its_owner_lends_so(ben, drill):
    hours = ask(ben, from_day="2026-11-24T09:00", until_day="2026-11-24T12:00")
    refused("lent by the day", request_loan, drill, b"header", hours, TODAY)
    hourly = with_policy(drill, by_hour=True)
    body = request_loan(hourly, b"header", hours, TODAY).body
    assert (body.from_day, body.from_minute) == ("2026-11-24", NINE)
    assert (body.until_day, body.until_minute) == ("2026-11-24", TWELVE)
    backwards = replace(hours, until_day="2026-11-24T09:00")
    refused("end before it begins", request_loan, hourly, b"header", backwards, TODAY)
    rest_of_day = request_loan(hourly, b"header", replace(hours, until_day=None), TODAY).body
    assert (rest_of_day.until_day, rest_of_day.until_minute) == ("2026-11-24", 1440)


def test_an_induction_that_is_lacking_is_said(ben, drill):
    lacking = "this needs an induction by Ada; ask them for one"
    refused(lacking, request_loan, drill, b"header", ask(ben), TODAY, lacking)


def by_hour(make, drill, borrower, lender, start, end, path=ACCEPTED):
    request = make.request(
        listing=LISTING,
        from_day="2026-11-24",
        until_day="2026-11-24",
        from_minute=start,
        until_minute=end,
    )
    entries = make.loan(borrower, lender, path, request=request)
    return fold_agreement(LOAN, entries[0], lender, entries[1:])


def test_it_goes_out_again_the_same_day(make, move, ada, ben, drill):
    morning = by_hour(make, drill, ben, ada, NINE, TWELVE)
    noon = by_hour(make, drill, ben, ada, TWELVE, FIFTEEN, path=())
    due = move(noon, ada, "accept", others=[morning]).body.due_at_ms
    assert due == end_of_day_ms("2026-11-24", 0) + 1 - 9 * 3_600_000
    overlapping = by_hour(make, drill, ben, ada, TWELVE - 1, FIFTEEN, path=())
    refused("11:59", lambda: move(overlapping, ada, "accept", others=[morning]))


def test_it_rests_between_two_loans_on_both_sides(make, move, ada, ben, drill):
    resting = with_policy(drill, by_hour=True, buffer_minutes=60)
    morning = by_hour(make, drill, ben, ada, NINE, TWELVE)
    for start, end, fits in (
        (TWELVE, FIFTEEN, False),
        (TWELVE + 60, FIFTEEN, True),
        (NINE - 60, NINE, False),
        (NINE - 120, NINE - 60, True),
    ):
        asked = by_hour(make, drill, ben, ada, start, end, path=())

        def accept(asked=asked):
            return move(asked, ada, "accept", others=[morning], listing=resting)

        if fits:
            assert accept()
        else:
            refused("overlaps", accept)


def test_what_was_due_this_morning_and_is_not_back_blocks_this_afternoon(
    make, move, ada, ben, drill
):
    morning = by_hour(make, drill, ben, ada, NINE, TWELVE, path=OUT)
    afternoon = by_hour(make, drill, ben, ada, FIFTEEN, FIFTEEN + 60, path=())

    def accept_at(minute):
        now_ms = instant_ms("2026-11-24", minute, 0)
        return move(afternoon, ada, "accept", others=[morning], now_ms=now_ms)

    assert accept_at(TWELVE)
    refused("get the thing back first", accept_at, TWELVE + 1)


def test_what_another_computer_of_the_owner_has_lent_blocks_while_it_is_late(ada, loan_of, drill):
    loan = loan_of()
    command = MoveAgreement(person=ada, agreement=loan.agreement, move="accept")
    for until_day, out, fits in (
        ("2026-11-22", True, False),
        ("2026-11-22", False, True),
        (TODAY, True, False),
    ):
        told = BusyPeriod("2026-11-20", until_day, 1, out, b"elsewher")
        shelf = Shelf(drill, elsewhere=(told,))
        if fits:
            assert move_loan(loan, command, NOON_MS, 0, shelf)
        else:
            refused("get the thing back first", move_loan, loan, command, NOON_MS, 0, shelf)


# --- longer, reports, settling --------------------------------------------------------------


def test_longer_is_asked_for_and_granted(move, ada, ben, loan_of):
    out = loan_of(*OUT)
    asked = move(out, ben, "renew", until="2026-12-02")
    assert (asked.kind, asked.body.until_day) == ("loan.renew", "2026-12-02")
    for until, reason in (
        (None, "say until when"),
        ("2026-11-28", "yours until 2026-11-28 anyway"),
        ("soon", "must be a date"),
        ("2037-01-01", "at most 3660 days"),
    ):
        refused(reason, lambda until=until: move(out, ben, "renew", until=until))
    refused("grant is not possible", lambda: move(out, ada, "grant", until="2026-12-02"))
    waiting = replace(out, asked_until=("2026-12-02", 1440))
    granted = move(waiting, ada, "grant").body
    assert (granted.until_day, granted.until_minute) == ("2026-12-02", 1440)
    assert granted.due_at_ms == end_of_day_ms("2026-12-02", 0)
    shorter = move(waiting, ada, "grant", until="2026-11-30").body
    assert shorter.until_day == "2026-11-30"
    assert move(waiting, ada, "refuse", note="no").kind == "loan.refuse"


def test_however_long_is_asked_for_it_is_granted_no_longer_than_a_loan_can_be(move, ada, loan_of):
    waiting = replace(loan_of(*OUT), asked_until=("9999-12-31", 1440))
    refused("at most 3660 days", lambda: move(waiting, ada, "grant"))
    assert move(waiting, ada, "grant", until="2026-12-31")


def test_longer_is_not_granted_over_another_s_promise(move, ada, loan_of):
    waiting = replace(loan_of(*OUT), asked_until=("2026-12-02", 1440))
    other = replace(
        loan_of(*ACCEPTED, from_day="2026-12-01", until_day="2026-12-05"), agreement=b"o" * 16
    )
    refused("from 2026-12-01", lambda: move(waiting, ada, "grant", others=[other, waiting]))
    assert move(waiting, ada, "grant", until="2026-11-30", others=[other, waiting])


def test_the_policy_says_how_often(make, move, ben, ada, drill):
    entries = make.loan(ben, ada, [*OUT, ("borrower", "renew"), ("lender", "grant")])
    loan = fold_agreement(LOAN, entries[0], ada, entries[1:])
    assert loan.until_day == "2026-12-24"
    once = with_policy(drill, renewals=1)
    refused("at most 1 times", lambda: move(loan, ben, "renew", until="2026-12-30", listing=once))
    twice = with_policy(drill, renewals=2)
    assert move(loan, ben, "renew", until="2026-12-30", listing=twice)


def test_what_is_reported_and_what_is_missing(move, ada, ben, loan_of, drill):
    out = loan_of(*OUT)
    report = move(out, ben, "report", what="damage", part="chuck", note="jams")
    assert (report.body.what, report.body.part) == ("damage", "chuck")
    refused("report has to say more: what happened", lambda: move(out, ben, "report"))
    refused("no report 'fire'", lambda: move(out, ben, "report", what="fire"))
    refused("no place for a condition", lambda: move(out, ben, "report", condition="good"))
    kit = replace(drill, parts=("chuck", "key"))
    back = move(out, ben, "give-back", missing=("key", " key "), condition="worn", listing=kit)
    assert (back.body.missing, back.body.condition) == (("key",), "worn")
    refused(
        "'hat' is no part of it; it has chuck, key",
        lambda: move(out, ada, "take-back", missing=("hat",), listing=kit),
    )
    assert move(out, ben, "give-back", instead="hired").body.instead == "hired"
    refused("no answer 'stolen'", lambda: move(out, ben, "give-back", instead="stolen"))


def test_what_both_settle_on_is_one_text(make, move, ada, ben):
    entries = make.loan(ben, ada, [*OUT, ("borrower", "dispute")])
    disputed = fold_agreement(LOAN, entries[0], ada, entries[1:])
    refused("say what you propose", lambda: move(disputed, ada, "settle"))
    entries.append(
        make.entry(ada, "loan.settle", LoanMove(note="Ben pays 5 euros"), after=entries[-1:])
    )
    proposed = fold_agreement(LOAN, entries[0], ada, entries[1:])
    assert proposed.state == "disputed"
    agreed = move(proposed, ben, "settle").body
    assert agreed.note == "Ben pays 5 euros"
    entries.append(make.entry(ben, "loan.settle", agreed, after=entries[-1:]))
    assert fold_agreement(LOAN, entries[0], ada, entries[1:]).state == "settled"


# --- whatever is accepted -------------------------------------------------------------------

MOMENTS = st.tuples(st.integers(0, 9), st.integers(0, 3)).map(
    lambda one: one[0] * 1440 + one[1] * 360
)
REQUESTS = st.lists(st.tuples(MOMENTS, st.integers(1, 12), st.integers(1, 2)), max_size=12)


@given(REQUESTS, st.integers(1, 3), st.sampled_from([0, 180, 360, 1440]))
def test_whoever_accepts_by_the_rules_never_promises_more_than_there_is(
    make, move, ada, ben, drill, asked, quantity, rest
):
    listing = with_policy(drill, by_hour=True, buffer_minutes=rest)
    taken = [0] * (20 * 1440 // 60)
    accepted = []
    for number, (start, quarters, wanted) in enumerate(asked):
        end = start + quarters * 360
        request = make.request(
            listing=LISTING,
            from_day=add_days(TODAY, start // 1440),
            from_minute=start % 1440,
            until_day=add_days(TODAY, (end - 1) // 1440),
            until_minute=(end - 1) % 1440 + 1,
            quantity=wanted,
            note=str(number),
        )
        opening = make.entry(ben, "loan.request", request, label=f"asked {number}")
        loan = fold_agreement(LOAN, opening, ada, [])
        try:
            draft = move(
                loan, ada, "accept", others=accepted, quantity=quantity, listing=listing, now_ms=0
            )
        except DomainError:
            continue
        promise = make.entry(ada, draft.kind, draft.body, after=[opening], label=f"yes {number}")
        accepted.append(fold_agreement(LOAN, opening, ada, [promise]))
        whole = (end % 1440 == 0 and rest // 1440 * 1440) or (end % 1440 and rest) or 0
        for hour in range(start // 60, (end + whole) // 60):
            taken[hour] += wanted
    assert max(taken) <= quantity
    assert bool(accepted) == any(wanted <= quantity for _, _, wanted in asked)


@given(REQUESTS, st.lists(st.integers(0, 9 * 24), min_size=12, max_size=12).map(sorted))
def test_at_whatever_hour_it_is_accepted_what_is_to_come_is_promised_once(
    make, move, ada, ben, drill, asked, hours
):
    """Of requests that have begun, what is left of them counts; nothing that is over does."""
    listing = with_policy(drill, by_hour=True)
    taken = [0] * (20 * 24)
    accepted = []
    for number, ((start, quarters, wanted), hour) in enumerate(zip(asked, hours, strict=False)):
        end = start + quarters * 360
        request = make.request(
            listing=LISTING,
            from_day=add_days(TODAY, start // 1440),
            from_minute=start % 1440,
            until_day=add_days(TODAY, (end - 1) // 1440),
            until_minute=(end - 1) % 1440 + 1,
            quantity=wanted,
        )
        opening = make.entry(ben, "loan.request", request, label=f"begun {number}")
        loan = fold_agreement(LOAN, opening, ada, [])
        now_ms = instant_ms(add_days(TODAY, hour // 24), hour % 24 * 60, 0)
        fits = all(one + wanted <= 2 for one in taken[max(hour, start // 60) : end // 60])
        try:
            draft = move(
                loan, ada, "accept", others=accepted, quantity=2, listing=listing, now_ms=now_ms
            )
        except DomainError:
            assert not fits or end <= hour * 60
            continue
        assert fits
        assert end > hour * 60
        promise = make.entry(ada, draft.kind, draft.body, after=[opening], label=f"ok {number}")
        accepted.append(fold_agreement(LOAN, opening, ada, [promise]))
        for one in range(start // 60, end // 60):
            taken[one] += wanted


def test_what_began_yesterday_evening_does_not_hide_in_the_minute_of_another_day(
    make, move, ada, ben, drill
):
    """The minute of its first day is none of today: found by a fuzz of two computers."""
    whole = by_hour(make, drill, ben, ada, 0, 1440, path=(("lender", "accept"),))
    request = make.request(
        listing=LISTING,
        from_day="2026-11-23",
        from_minute=1350,
        until_day="2026-11-24",
        until_minute=960,
    )
    opening = make.entry(ben, "loan.request", request)
    night = fold_agreement(LOAN, opening, ada, [])
    now_ms = instant_ms("2026-11-24", 660, 0)
    refused("overlaps", lambda: move(night, ada, "accept", others=[whole], now_ms=now_ms))
