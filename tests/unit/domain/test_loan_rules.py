"""domain.loan_rules: asking, moving, and promising nothing twice."""

import hashlib
from dataclasses import replace

import pytest

from p2pshare import limits
from p2pshare.domain import rules
from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.bodies import (
    BusyPeriod,
    ListingBusy,
    LoanAccept,
    LoanMove,
    encode_payload,
)
from p2pshare.domain.commands import MoveLoan, RequestLoan
from p2pshare.domain.days import add_days, end_of_day_ms
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
NOON_MS = end_of_day_ms(TODAY, 0) - 12 * 3_600_000
LISTING = b"L" * 16


def refused(reason, rule, *arguments):
    with pytest.raises(DomainError, match=reason) as refusal:
        rule(*arguments)
    assert "\n" not in str(refusal.value)


# --- asking ---------------------------------------------------------------------------------


def ask(ben, **fields):
    return RequestLoan(**{"person": ben, "listing": LISTING, **fields})


def test_a_request_copies_what_was_seen_and_fills_in_the_days(ben, drill):
    kind, body = rules.request_loan(drill, b"header", ask(ben, note=" Sat? "), TODAY)
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
        body = rules.request_loan(drill, b"header", ask(ben, **fields), TODAY).body
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
    refused(reason, rules.request_loan, drill, b"header", ask(ben, **fields), TODAY)


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
    refused(reason, rules.request_loan, replace(drill, **changes), b"header", ask(ben), TODAY)


def test_nobody_borrows_from_themselves(ada, drill):
    refused("your own listing", rules.request_loan, drill, b"header", ask(ada), TODAY)


def test_the_largest_request_fits_into_an_entry_sealed_to_both(ben, drill):
    wide = replace(
        drill, title="🛠" * limits.TITLE_CHARACTERS_MAX, terms=("🛠" * 40,) * limits.TERMS_MAX
    )
    command = ask(ben, note="🛠" * limits.NOTE_CHARACTERS_MAX)
    body = rules.request_loan(wide, b"h" * limits.HEADER_BYTES_MAX, command, TODAY).body
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


def move(loan, person, name, *, others=(), quantity=1, zone=0, now_ms=NOON_MS, note=""):
    command = MoveLoan(person=person, loan=loan.agreement, move=name, note=note)
    return rules.move_loan(loan, command, now_ms, zone, others, quantity)


def test_an_accept_signs_the_end_of_the_last_day_where_the_owner_is(ada, loan_of):
    for zone in (0, 60, -300):
        kind, body = move(loan_of(), ada, "accept", zone=zone, note="sure")
        due = end_of_day_ms("2026-11-28", zone)
        assert (kind, body) == ("loan.accept", LoanAccept(due_at_ms=due, note="sure"))


def test_other_moves_are_a_note(ada, ben, loan_of):
    draft = move(loan_of(*OUT), ben, "give-back", note=" clean\nand dry ")
    assert draft == ("loan.give-back", LoanMove(note="clean\nand dry"))
    refused("note is too long", lambda: move(loan_of(), ada, "decline", note="x" * 1001))


def test_a_move_that_must_say_more_is_not_made_of_a_note(ada, loan_of):
    loan = loan_of()
    accept = MoveLoan(person=ada, loan=loan.agreement, move="accept")
    refused("say more than a note", rules.noted_move, LOAN, loan, accept, NOON_MS)
    decline = replace(accept, move="decline", note="sorry")
    expected = ("loan.decline", LoanMove(note="sorry"))
    assert rules.noted_move(LOAN, loan, decline, NOON_MS) == expected


def test_refused_moves_say_what_is_possible(make, ada, ben, loan_of):
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
def test_what_is_promised_is_not_promised_twice(ada, loan_of, path):
    other = loan_of(*path, from_day="2026-11-28", until_day="2026-12-02")
    refused(
        "from 2026-11-28 until 2026-11-28",
        lambda: move(loan_of(), ada, "accept", others=[other]),
    )
    assert move(loan_of(), ada, "accept", others=[other], quantity=2)
    free = loan_of(*path, from_day="2026-11-29", until_day="2026-12-02")
    assert move(loan_of(), ada, "accept", others=[free])


@pytest.mark.parametrize(
    "path", [(), (("lender", "decline"),), (*ACCEPTED, ("lender", "cancel")), CLOSED]
)
def test_what_is_not_promised_blocks_nothing(ada, loan_of, path):
    assert move(loan_of(), ada, "accept", others=[loan_of(*path)])


def test_what_is_overdue_blocks_until_it_is_back(ada, loan_of):
    late = {"from_day": "2026-11-01", "until_day": "2026-11-10"}
    far = loan_of(from_day="2027-03-01", until_day="2027-03-02")
    for path in (OUT, RETURNED):
        refused(
            "get the thing back first",
            lambda path=path: move(far, ada, "accept", others=[loan_of(*path, **late)]),
        )
    assert move(far, ada, "accept", others=[loan_of(*CLOSED, **late)])
    assert move(far, ada, "accept", others=[loan_of(*ACCEPTED, **late)])


def test_quantities_add_up(ada, loan_of):
    others = [loan_of(*ACCEPTED, quantity=2), loan_of(*OUT, quantity=1)]
    three = loan_of(quantity=3)
    assert move(three, ada, "accept", others=others, quantity=6)
    refused("overlaps", lambda: move(three, ada, "accept", others=others, quantity=5))


def test_only_loans_of_the_same_listing_count_and_not_the_loan_itself(ada, loan_of):
    loan = loan_of()
    elsewhere = replace(loan_of(*OUT), listing=b"M" * 16)
    itself = replace(loan, underlying="accepted", state="accepted")
    assert move(loan, ada, "accept", others=[elsewhere, itself])


def test_days_gone_by_count_for_nothing(ada, loan_of):
    late = loan_of(from_day="2026-11-20", until_day="2026-11-25")
    unfetched = loan_of(*ACCEPTED, from_day="2026-11-20", until_day="2026-11-22")
    assert move(late, ada, "accept", others=[unfetched])
    past = loan_of(from_day="2026-11-01", until_day="2026-11-22")
    refused("have passed", lambda: move(past, ada, "accept"))
    assert move(past, ada, "decline")


def test_hostile_days_are_declined(ada, loan_of):
    reversed_days = loan_of(from_day="2026-12-24", until_day="2026-12-23")
    refused("end before they begin", lambda: move(reversed_days, ada, "accept"))
    endless = loan_of(until_day="9999-12-31")
    refused("longer than 3660 days", lambda: move(endless, ada, "accept"))


def test_a_listing_has_no_more_promises_than_busy_can_tell(ada, loan_of):
    promised = [
        replace(loan_of(*ACCEPTED), agreement=number.to_bytes(16, "big"))
        for number in range(limits.BUSY_PERIODS_MAX)
    ]
    many = limits.QUANTITY_MAX
    assert move(loan_of(), ada, "accept", others=promised[1:], quantity=many)
    refused("too many", lambda: move(loan_of(), ada, "accept", others=promised, quantity=many))


# --- busy -----------------------------------------------------------------------------------


def tag_of(agreement):
    """A name for a promise that nobody can link to the agreement's id, as the node derives one."""
    return hashlib.sha256(b"secret" + agreement).digest()[:8]


def test_busy_tells_days_and_quantity_and_nobody_s_name(ben, loan_of):
    loans = [
        loan_of(),
        loan_of(*ACCEPTED),
        loan_of(*ACCEPTED, from_day="2026-11-24"),
        loan_of(*OUT, from_day="2026-11-01"),
        loan_of(*RETURNED, from_day="2026-11-02", quantity=2),
        loan_of(*CLOSED),
    ]
    draft = rules.busy_periods(LOAN, loans, tag_of)
    _, accepted, later, out, returned, _ = (tag_of(loan.agreement) for loan in loans)
    expected = (
        BusyPeriod("2026-11-01", "2026-11-28", 1, True, out),
        BusyPeriod("2026-11-02", "2026-11-28", 2, True, returned),
        BusyPeriod(TODAY, "2026-11-28", 1, False, accepted),
        BusyPeriod("2026-11-24", "2026-11-28", 1, False, later),
    )
    assert draft == ("listing.busy", ListingBusy(periods=expected))
    assert rules.busy_periods(LOAN, reversed(loans), tag_of) == draft
    published = encode_payload(draft.body)
    assert ben not in published
    assert all(loan.agreement[:8] not in published for loan in loans)
    assert rules.busy_periods(LOAN, [], tag_of).body == ListingBusy()


def test_busy_never_grows_too_large_and_keeps_what_is_out(loan_of):
    promised = loan_of(*ACCEPTED)
    loans = [
        replace(
            promised,
            agreement=number.to_bytes(16, "big"),
            from_day=add_days(TODAY, number),
            until_day=add_days(TODAY, number),
        )
        for number in range(limits.BUSY_PERIODS_MAX + 5)
    ]
    away = loan_of(*OUT, from_day="2028-01-01", until_day="2028-01-02")
    body = rules.busy_periods(LOAN, [*loans, away], tag_of).body
    assert len(body.periods) == limits.BUSY_PERIODS_MAX
    assert [one.tag for one in body.periods if one.out] == [tag_of(away.agreement)]
    assert max(one.from_day for one in body.periods if not one.out) == loans[-7].from_day
    assert len(encode_payload(body)) + 16 <= limits.BODY_BYTES_MAX
