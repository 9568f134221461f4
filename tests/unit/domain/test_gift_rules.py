"""domain.gift_rules: asking to be given something, and promising it to one person only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.rule_kit import refused

from p2pshare import limits
from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.agreement_rules import Shelf
from p2pshare.domain.bodies import BusyPeriod, encode_payload
from p2pshare.domain.commands import MoveAgreement, RequestGift
from p2pshare.domain.days import end_of_day_ms
from p2pshare.domain.gift import GIFT
from p2pshare.domain.gift_rules import move_gift, request_gift
from p2pshare.domain.loan import LOAN
from p2pshare.domain.vocabulary import ExchangeType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
NOON_MS = end_of_day_ms(TODAY, 0) - 12 * 3_600_000
LISTING = b"L" * 16


@pytest.fixture(scope="session")
def sofa(drill):
    """Ada gives a sofa away, of which there is one."""
    return replace(drill, title="Sofa", transaction_types=("receive-donate",), parts=("cushion",))


@pytest.fixture(scope="session")
def gift_of(make, ada, ben):
    """A gift of Ada's to Ben after ``path``."""

    def build(*path, **opening):
        entries = make.agreement(GIFT, ben, ada, path, **opening)
        return fold_agreement(GIFT, entries[0], ada, entries[1:])

    return build


def ask(ben, **fields):
    return RequestGift(**{"person": ben, "listing": LISTING, **fields})


def moving(person, gift, move, **said):
    return MoveAgreement(person=person, agreement=gift.agreement, move=move, **said)


# --- asking ---------------------------------------------------------------------------------


def test_a_request_copies_what_was_seen(ben, sofa):
    kind, body = request_gift(sofa, b"header", ask(ben, note=" For us? "), TODAY)
    assert kind == "gift.request"
    assert (body.listing, body.listing_header, body.title) == (LISTING, b"header", "Sofa")
    assert (body.from_day, body.until_day, body.quantity) == (TODAY, TODAY, 1)
    assert (body.terms, body.note) == (("clean",), "For us?")


@pytest.mark.parametrize(
    ("changes", "fields", "reason"),
    [
        ({"exchange_type": ExchangeType.WANT}, {}, "that is a want"),
        ({"transaction_types": ("borrow-lend",)}, {}, "not given away"),
        ({"closed": True}, {}, "closed"),
        ({"expires": "2026-11-22"}, {}, "ended on 2026-11-22"),
        ({}, {"quantity": 0}, "quantity must be"),
        ({}, {"quantity": 2}, "only 1 of that"),
        ({}, {"note": "x" * (limits.NOTE_CHARACTERS_MAX + 1)}, "note is too long"),
    ],
)
def test_what_cannot_be_asked_for(ben, sofa, changes, fields, reason):
    refused(reason, request_gift, replace(sofa, **changes), b"header", ask(ben, **fields), TODAY)


def test_what_was_given_away_is_not_asked_for(ben, sofa):
    two = replace(sofa, quantity=2)
    given_away = BusyPeriod(TODAY, None, 1, True, b"g" * 8)
    promised = BusyPeriod(TODAY, None, 1, False, b"p" * 8)
    lent = BusyPeriod(TODAY, "2026-12-01", 1, True, b"l" * 8)
    busy = [given_away, promised, lent]
    assert request_gift(two, b"header", ask(ben), TODAY, busy)
    refused("not left", request_gift, sofa, b"header", ask(ben), TODAY, busy)
    refused("not left", request_gift, two, b"header", ask(ben, quantity=2), TODAY, busy)


def test_nobody_gives_to_themselves(ada, sofa):
    refused("your own listing", request_gift, sofa, b"header", ask(ada), TODAY)


# --- giving ---------------------------------------------------------------------------------


def accept(gift, ada, shelf):
    return move_gift(gift, moving(ada, gift, "accept", note="Yes"), NOON_MS, 0, shelf)


def test_it_is_promised_while_it_is_there(gift_of, ada, sofa):
    kind, body = accept(gift_of(), ada, Shelf(sofa))
    assert (kind, body.note) == ("gift.accept", "Yes")


def test_it_is_promised_once(gift_of, make, ada, ben, sofa):
    others = [
        gift_of("accept"),
        gift_of("accept", "hand-over"),
        fold_agreement(
            LOAN,
            (lent := make.loan(ben, ada, [("lender", "accept"), ("lender", "hand-over")]))[0],
            ada,
            lent[1:],
        ),
    ]
    for other in others:
        refused("overlaps", accept, gift_of(), ada, Shelf(sofa, (other,)))
        two = replace(sofa, quantity=2)
        assert accept(gift_of(), ada, Shelf(two, (other,))).kind == "gift.accept"
        refused("overlaps", accept, gift_of(quantity=2), ada, Shelf(two, (other,)))
    elsewhere = BusyPeriod("2027-05-01", "2027-05-02", 1, False, b"t" * 8)
    refused(
        "from 2027-05-01 until 2027-05-02", accept, gift_of(), ada, Shelf(sofa, (), (elsewhere,))
    )
    for gone in (gift_of("decline"), gift_of("accept", ("giver", "cancel"))):
        assert accept(gift_of(), ada, Shelf(sofa, (gone,))).kind == "gift.accept"


def test_the_request_itself_is_not_in_its_own_way(gift_of, ada, sofa):
    gift = gift_of()
    assert accept(gift, ada, Shelf(sofa, (gift,))).kind == "gift.accept"


def test_what_is_not_in_hand_is_not_promised(gift_of, ada):
    refused("not on this computer", accept, gift_of(), ada, Shelf(None))


def test_how_it_was_is_said_when_it_changes_hands(gift_of, ada, ben, sofa):
    gift = gift_of("accept")
    said = moving(ada, gift, "hand-over", condition="worn", missing=("cushion",))
    body = move_gift(gift, said, NOON_MS, 0, Shelf(sofa)).body
    assert (body.condition, body.missing) == ("worn", ("cushion",))
    for person, move, more, reason in [
        (ada, "hand-over", {"missing": ("leg",)}, "'leg' is no part of it; it has cushion"),
        (ada, "decline", {}, "not possible for the giver while it is accepted"),
        (ben, "hand-over", {}, "not possible for the recipient"),
        (ada, "cancel", {"condition": "worn"}, "no place for a condition"),
        (ada, "hand-over", {"minutes": 5}, "no place for how many minutes"),
        (ada, "hand-over", {"condition": "fine"}, "no condition 'fine'; there are as-new, good"),
        (bytes(32), "receive", {}, "only the recipient and the giver"),
        (ada, "lend", {}, "there is no move lend"),
    ]:
        command = moving(person, gift, move, **more)
        refused(reason, move_gift, gift, command, NOON_MS, 0, Shelf(sofa))


@given(data=st.data())
def test_whatever_is_asked_gives_a_readable_body_or_one_line(data, ben, sofa):
    command = ask(
        ben,
        note=data.draw(st.text(max_size=50)),
        quantity=data.draw(st.integers(-(2**60), 2**60)),
    )
    listing = replace(sofa, quantity=data.draw(st.integers(1, limits.QUANTITY_MAX)))
    try:
        body = request_gift(listing, b"header", command, TODAY).body
    except DomainError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert encode_payload(body)
        assert 1 <= body.quantity <= listing.quantity
    assert "\n" not in said
