"""domain.repair_rules: a ticket for one's own things, and the want that asks for a fixer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.rule_kit import refused

from p2pshare import limits
from p2pshare.domain.agreement import fold_agreement
from p2pshare.domain.bodies import encode_payload
from p2pshare.domain.commands import MoveAgreement, OpenRepair
from p2pshare.domain.repair import REPAIR
from p2pshare.domain.repair_rules import FIXER_CATEGORY, fixer_wanted, move_repair, open_repair
from p2pshare.domain.rules import put_listing
from p2pshare.domain.vocabulary import ExchangeType, ItemType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
LISTING = b"L" * 16
WANT = b"W" * 16


def ticket(person, **fields):
    return OpenRepair(**{"person": person, "listing": LISTING, **fields})


def test_a_ticket_is_about_one_s_own_thing(ada, drill):
    kind, body = open_repair(drill, b"header", ticket(ada, note=" Sparks "), TODAY, WANT)
    assert kind == "repair.open"
    assert (body.listing, body.listing_header, body.title) == (LISTING, b"header", "Drill")
    assert (body.from_day, body.until_day, body.quantity) == (TODAY, TODAY, 1)
    assert (body.want, body.note) == (WANT, "Sparks")
    assert open_repair(drill, b"header", ticket(ada), TODAY).body.want is None


@pytest.mark.parametrize(
    ("changes", "fields", "reason"),
    [
        ({"exchange_type": ExchangeType.WANT}, {}, "only a thing that you offer"),
        ({"item_type": ItemType.SERVICE}, {}, "only a thing that you offer"),
        ({}, {"quantity": 0}, "quantity must be"),
        ({}, {"quantity": 2}, "only 1 of that"),
        ({}, {"note": "x" * (limits.NOTE_CHARACTERS_MAX + 1)}, "note is too long"),
    ],
)
def test_what_cannot_be_repaired(ada, drill, changes, fields, reason):
    refused(reason, open_repair, replace(drill, **changes), b"h", ticket(ada, **fields), TODAY)


def test_nobody_repairs_what_is_another_s(ben, drill):
    refused("only its owner", open_repair, drill, b"header", ticket(ben), TODAY)


def test_a_closed_thing_can_be_repaired(ada, drill):
    assert open_repair(replace(drill, closed=True), b"h", ticket(ada), TODAY).kind == "repair.open"


def test_a_fixer_is_wanted_in_words_that_a_listing_may_have(ada, drill):
    longest = replace(drill, title="🛠" * limits.TITLE_CHARACTERS_MAX)
    for listing in (drill, longest):
        want = fixer_wanted(listing, ticket(ada, note="It sparks."))
        body = put_listing(want, TODAY).body
        assert (body.exchange_type, body.item_type) == (ExchangeType.WANT, ItemType.SERVICE)
        assert body.title.startswith("Fixer wanted: ")
        assert (body.description, body.category) == ("It sparks.", FIXER_CATEGORY)


@pytest.fixture(scope="session")
def repair(make, ada):
    entries = make.agreement(REPAIR, ada, ada, [])
    return fold_agreement(REPAIR, entries[0], ada, [])


def test_the_keeper_moves_it_and_nobody_else(repair, ada, ben):
    command = MoveAgreement(person=ada, agreement=repair.agreement, move="await-parts", note="Bit")
    kind, body = move_repair(repair, command, 1000)
    assert (kind, body.note) == ("repair.await-parts", "Bit")
    for changes, reason in (
        ({"person": ben}, "only the keeper can do that"),
        ({"move": "assess"}, "not possible for the keeper while it is assess"),
        ({"move": "accept"}, "there is no move accept"),
        ({"condition": "good"}, "no place for a condition"),
    ):
        refused(reason, move_repair, repair, replace(command, **changes), 1000)


@given(note=st.text(max_size=200), quantity=st.integers(-(2**60), 2**60))
def test_whatever_is_typed_gives_a_readable_body_or_one_line(ada, drill, note, quantity):
    command = ticket(ada, note=note, quantity=quantity, fixer=True)
    for rule in (
        lambda: open_repair(drill, b"header", command, TODAY),
        lambda: put_listing(fixer_wanted(drill, command), TODAY),
    ):
        try:
            draft = rule()
        except DomainError as refusal:
            said = str(refusal)
        else:
            said = ""
            assert encode_payload(draft.body)
        assert "\n" not in said
