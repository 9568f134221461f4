"""domain.induction: statements, who may make them, and what is missing without one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.bodies import InductionGrant, ListingClose
from p2pshare.domain.commands import GrantInduction
from p2pshare.domain.induction import (
    GRANT_KIND,
    Induction,
    grant_induction,
    induction_of,
    missing_induction,
    needs_induction,
    valid_inductions,
    witnesses_of,
)
from p2pshare.errors import DomainError


@pytest.fixture(scope="module")
def cleo(make):
    return make.person("Cleo")


@pytest.fixture(scope="module")
def dora(make):
    return make.person("Dora")


@pytest.fixture(scope="module")
def names(ada, ben, cleo, dora):
    return {ada: "Ada", ben: "Ben", cleo: "Cleo", dora: "Dora"}


@pytest.fixture(scope="module")
def laser(drill, ben):
    """Ada's laser cutter, for which Ben may give inductions too."""
    return replace(drill, title="Laser cutter", induction=True, witnesses=(ben,))


@pytest.fixture(scope="module")
def stated(make, laser):
    """A statement about the laser cutter (or another listing) as it is folded."""

    def made(witness, person, listing=laser.listing):
        body = InductionGrant(listing=listing, person=person)
        found = induction_of(make.entry(witness, GRANT_KIND, body))
        assert found is not None
        return found

    return made


# --- the fold -------------------------------------------------------------------------------


def test_a_statement_is_as_its_author_signed_it(make, ben, cleo, laser):
    entry = make.entry(ben, GRANT_KIND, InductionGrant(listing=laser.listing, person=cleo))
    assert induction_of(entry) == Induction(
        induction=entry.entry_id[:16],
        listing=laser.listing,
        person=cleo,
        witness=ben,
        entry_id=entry.entry_id,
    )


def test_nobody_witnesses_for_themselves(make, ada, laser):
    body = InductionGrant(listing=laser.listing, person=ada)
    assert induction_of(make.entry(ada, GRANT_KIND, body)) is None


def test_an_entry_without_its_body_or_of_another_kind_states_nothing(make, ben):
    assert induction_of(make.entry(ben, GRANT_KIND, None)) is None
    assert induction_of(make.entry(ben, "listing.close", ListingClose())) is None


# --- whether one is needed ------------------------------------------------------------------


def test_an_owner_asks_for_it_by_a_flag_or_by_the_terms(drill, laser):
    assert not needs_induction(drill)
    assert needs_induction(laser)
    assert needs_induction(replace(drill, terms=("REFILL/1", "TRAINING-NEEDED/1")))
    assert not needs_induction(replace(drill, terms=("TRAINING-NEEDED/99",)))


def test_the_owner_is_a_witness_and_each_counts_once(laser, ada, ben):
    assert witnesses_of(laser) == (ada, ben)
    assert witnesses_of(replace(laser, witnesses=(ben, ada, ben))) == (ada, ben)


# --- what is missing ------------------------------------------------------------------------


def test_without_one_it_is_said_whom_to_ask(laser, cleo, dora, names):
    alone = replace(laser, witnesses=())
    many = replace(laser, witnesses=(*laser.witnesses, dora))
    assert missing_induction(alone, cleo, (), names) == (
        "this needs an induction by Ada; ask them for one"
    )
    assert missing_induction(laser, cleo, (), names) == (
        "this needs an induction by Ada or Ben; ask one of them"
    )
    assert missing_induction(many, cleo, (), names) == (
        "this needs an induction by Ada, Ben or Dora; ask one of them"
    )


def test_a_witness_whose_name_is_not_known_is_named_by_the_id(laser, ada, ben, cleo):
    said = missing_induction(laser, cleo, (), {ada: "Ada", ben: ""})
    assert said == f"this needs an induction by Ada or {ben.hex()[:8]}; ask one of them"


def test_a_statement_of_a_witness_is_enough(laser, stated, ada, ben, cleo, names):
    for witness in (ada, ben):
        assert missing_induction(laser, cleo, [stated(witness, cleo)], names) is None


def test_other_statements_help_nobody(laser, stated, ada, ben, cleo, dora, names):
    statements = [
        stated(dora, cleo),  # no witness
        stated(ben, dora),  # somebody else's
        stated(ada, cleo, listing=b"M" * 16),  # another listing
    ]
    assert missing_induction(laser, cleo, statements, names) is not None


def test_who_may_show_others_needs_none_and_neither_does_who_asks_for_anything_else(
    laser, drill, ada, ben, cleo, names
):
    assert missing_induction(laser, ada, (), names) is None
    assert missing_induction(laser, ben, (), names) is None
    assert missing_induction(drill, cleo, (), names) is None


def test_a_witness_who_is_no_longer_named_has_no_say(laser, stated, ben, cleo, names):
    statements = [stated(ben, cleo)]
    assert missing_induction(laser, cleo, statements, names) is None
    without = replace(laser, witnesses=())
    assert missing_induction(without, cleo, statements, names) is not None
    assert missing_induction(without, ben, statements, names) is not None


PEOPLE = [bytes([number]) * 32 for number in range(5)]
LISTINGS = [b"L" * 16, b"M" * 16]
statement_lists = st.lists(
    st.builds(
        Induction,
        induction=st.binary(min_size=16, max_size=16),
        listing=st.sampled_from(LISTINGS),
        person=st.sampled_from(PEOPLE),
        witness=st.sampled_from(PEOPLE),
        entry_id=st.just(b""),
    ).filter(lambda one: one.person != one.witness),
    max_size=8,
    unique_by=lambda one: one.induction,
)
witness_lists = st.lists(st.sampled_from(PEOPLE), max_size=3).map(tuple)


@given(statement_lists, witness_lists, st.sampled_from(PEOPLE), st.randoms())
def test_who_may_use_it_follows_from_the_statements_in_any_order(
    drill, statements, witnesses, person, random
):
    listing = replace(drill, owner=PEOPLE[0], induction=True, witnesses=witnesses)
    said = {PEOPLE[0], *witnesses}
    shown = {one.person for one in statements if one.witness in said and one.listing == LISTINGS[0]}
    missing = missing_induction(listing, person, statements, {})
    assert (missing is None) == (person in said | shown)
    shuffled = [*statements, *statements]
    random.shuffle(shuffled)
    assert missing_induction(listing, person, shuffled, {}) == missing
    assert valid_inductions(listing, shuffled) == valid_inductions(listing, statements)


@given(statement_lists, witness_lists, witness_lists, st.sampled_from(PEOPLE))
def test_more_witnesses_or_statements_never_lock_anybody_out(drill, statements, some, more, person):
    few = replace(drill, owner=PEOPLE[0], induction=True, witnesses=some)
    many = replace(few, witnesses=(*some, *more))
    assert set(valid_inductions(few, statements)) <= set(valid_inductions(many, statements))
    for count in range(len(statements)):
        if missing_induction(few, person, statements[:count], {}) is None:
            assert missing_induction(few, person, statements, {}) is None
            assert missing_induction(many, person, statements, {}) is None


# --- granting -------------------------------------------------------------------------------


def grant(listing, witness, person, statements=()):
    command = GrantInduction(person=witness, listing=listing.listing, inducted=person)
    return grant_induction(listing, command, statements)


def test_the_owner_and_the_witnesses_may_grant_one(laser, ada, ben, cleo):
    for witness in (ada, ben):
        draft = grant(laser, witness, cleo)
        assert draft.kind == GRANT_KIND
        assert draft.body == InductionGrant(listing=laser.listing, person=cleo)


def test_nobody_else_may_and_not_for_everybody(laser, drill, stated, ada, ben, cleo, dora):
    for listing, witness, person, statements, said in (
        (drill, ada, cleo, (), "no induction is needed"),
        (laser, cleo, dora, (), "only its owner, or a witness the owner names"),
        (laser, dora, dora, (), "only its owner, or a witness the owner names"),
        (laser, ben, ben, (), "nobody can witness for themselves"),
        (laser, ben, ada, (), "need no induction themselves"),
        (laser, ada, ben, (), "need no induction themselves"),
        (laser, ben, cleo, (stated(ben, cleo),), "you have said so already"),
    ):
        with pytest.raises(DomainError, match=said):
            grant(listing, witness, person, statements)


def test_a_second_witness_may_say_it_too(laser, stated, ada, ben, cleo, names):
    statements = [stated(ben, cleo), stated(ben, cleo, listing=b"M" * 16)]
    assert grant(laser, ada, cleo, statements)
    both = [*statements, stated(ada, cleo)]
    assert missing_induction(replace(laser, witnesses=()), cleo, both, names) is None
