"""domain.agreement_rules: what takes things off the shelf, and what is told of it."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare import limits
from p2pshare.domain.agreement import AGREEMENTS, fold_agreement
from p2pshare.domain.agreement_bodies import (
    CustodyMove,
    GiftMove,
    GiftRequest,
    RepairMove,
    RepairOpen,
)
from p2pshare.domain.agreement_rules import busy_periods, check_move, draft_move, takes
from p2pshare.domain.bodies import BusyPeriod, ListingBusy, encode_payload
from p2pshare.domain.commands import MoveAgreement
from p2pshare.domain.days import add_days
from p2pshare.domain.gift import GIFT
from p2pshare.domain.loan import LOAN
from p2pshare.domain.repair import REPAIR
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
LISTING = b"L" * 16
ACCEPTED = (("lender", "accept"),)
OUT = (*ACCEPTED, ("lender", "hand-over"))
RETURNED = (*OUT, ("borrower", "give-back"))
CLOSED = (*RETURNED, ("lender", "take-back"))

OPENING = {
    "listing": LISTING,
    "listing_header": b"header",
    "quantity": 1,
    "from_day": TODAY,
    "until_day": TODAY,
}


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


# --- what is taken --------------------------------------------------------------------------


def test_what_is_late_is_taken_until_it_is_back(loan_of):
    out = loan_of(*OUT, until_day="2026-11-25")
    assert takes(out, "2026-11-25").until_day == "2026-11-25"
    assert takes(out, "2026-11-26").until_day is None
    assert takes(loan_of(*ACCEPTED, until_day="2026-11-25"), "2026-11-26").until_day == "2026-11-25"
    for path in ((), CLOSED, (("lender", "decline"),)):
        assert takes(loan_of(*path), TODAY) is None


def test_what_is_given_is_gone(make, ada, ben):
    asked = make.entry(ben, "gift.request", GiftRequest(**OPENING))
    yes = make.entry(ada, "gift.accept", GiftMove(), after=[asked])
    there = make.entry(ada, "gift.hand-over", CustodyMove(), after=[yes])
    assert takes(fold_agreement(GIFT, asked, ada, []), TODAY) is None
    promised = takes(fold_agreement(GIFT, asked, ada, [yes]), TODAY)
    assert (promised.until_day, promised.out) == (None, False)
    given_away = takes(fold_agreement(GIFT, asked, ada, [yes, there]), TODAY)
    assert (given_away.until_day, given_away.out) == (None, True)


def test_what_is_in_repair_is_off_the_shelf(make, ada, ben):
    opened = make.entry(ada, "repair.open", RepairOpen(**OPENING))
    assert fold_agreement(REPAIR, opened, ben, []) is None, "only of what is one's own"
    ticket = fold_agreement(REPAIR, opened, ada, [])
    assert (ticket.state, takes(ticket, TODAY).until_day) == ("assess", None)
    mended = make.entry(ada, "repair.resolve", RepairMove(), after=[opened])
    assert takes(fold_agreement(REPAIR, opened, ada, [mended]), TODAY) is None
    retired = make.entry(ada, "repair.retire", RepairMove(), after=[opened])
    assert takes(fold_agreement(REPAIR, opened, ada, [retired]), TODAY).until_day is None
    foreign = make.entry(ben, "repair.resolve", RepairMove(), after=[opened])
    assert fold_agreement(REPAIR, opened, ada, [foreign]).state == "assess"


# --- moves ----------------------------------------------------------------------------------


def test_a_move_that_stays_is_made_so_many_times(make, ada, ben):
    path = [*OUT, *[("borrower", "report")] * (limits.REPEATED_MOVES_MAX + 3)]
    entries = make.loan(ben, ada, path)
    loan = fold_agreement(LOAN, entries[0], ada, entries[1:])
    reports = [one for one in loan.signatures if one.move == "report"]
    assert len(reports) == limits.REPEATED_MOVES_MAX
    with pytest.raises(DomainError, match="once more changes nothing"):
        check_move(LOAN, loan, ben, "report", 1000)
    check_move(LOAN, loan, ada, "report", 1000)


@given(data=st.data())
def test_whatever_a_command_says_gives_a_body_that_can_be_read_or_one_line(data, make, ada, ben):
    table = data.draw(st.sampled_from(sorted(AGREEMENTS.values(), key=lambda one: one.kind)))
    some = st.none() | st.text(max_size=12)
    command = MoveAgreement(
        person=ada,
        agreement=b"a" * 16,
        move=data.draw(st.sampled_from(table.moves)),
        note=data.draw(st.text(max_size=20)),
        until=data.draw(some | st.just("2026-12-24") | st.just("2026-12-24T10:00")),
        minutes=data.draw(st.none() | st.integers(-5, 10**7)),
        condition=data.draw(some),
        checked=data.draw(st.lists(st.text(max_size=50), max_size=3).map(tuple)),
        missing=data.draw(st.lists(st.text(max_size=50), max_size=3).map(tuple)),
        photos=data.draw(st.lists(st.binary(max_size=33), max_size=2).map(tuple)),
        instead=data.draw(some),
        what=data.draw(some),
        part=data.draw(st.text(max_size=50)),
    )
    opening = table.opening.body
    fields = {**OPENING, "token": b"t" * 8}
    body = opening(**{name: fields[name] for name in fields if name in opening.__struct_fields__})
    asker = ada if table.alone else ben
    first = make.entry(asker, table.kind_of(table.opening.move), body, label="first")
    state = fold_agreement(table, first, ada, [])
    try:
        draft = draft_move(table, state, command, 1000)
    except DomainError as refusal:
        said = str(refusal)
    else:
        said = ""
        _check_it_counts(table, first, ada, draft)
    assert "\n" not in said
    assert len(said) < 300


def _check_it_counts(table, first, ada, draft):
    encode_payload(draft.body)
    moved = replace(first, entry_id=b"m" * 32, author=ada, kind=draft.kind, body=draft.body)
    after = fold_agreement(table, first, ada, [replace(moved, after=(first.entry_id,))])
    assert after.signatures[-1].body == draft.body, "what a rule lets through counts for everybody"


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
    draft = busy_periods(loans, tag_of)
    _, accepted, later, out, returned, _ = (tag_of(loan.agreement) for loan in loans)
    expected = (
        BusyPeriod("2026-11-01", "2026-11-28", 1, True, out),
        BusyPeriod("2026-11-02", "2026-11-28", 2, True, returned),
        BusyPeriod(TODAY, "2026-11-28", 1, False, accepted),
        BusyPeriod("2026-11-24", "2026-11-28", 1, False, later),
    )
    assert draft == ("listing.busy", ListingBusy(periods=expected))
    assert busy_periods(reversed(loans), tag_of) == draft
    published = encode_payload(draft.body)
    assert ben not in published
    assert all(loan.agreement[:8] not in published for loan in loans)
    assert busy_periods([], tag_of).body == ListingBusy()


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
    body = busy_periods([*loans, away], tag_of).body
    assert len(body.periods) == limits.BUSY_PERIODS_MAX
    assert [one.tag for one in body.periods if one.out] == [tag_of(away.agreement)]
    assert max(one.from_day for one in body.periods if not one.out) == loans[-7].from_day
    assert len(encode_payload(body)) + 16 <= limits.BODY_BYTES_MAX
