"""domain.rules: what may be signed, and one clear line where it may not."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.domain.rule_kit import refused

from p2pshare import limits
from p2pshare.domain import rules
from p2pshare.domain.bodies import (
    EntryErase,
    ListingClose,
    ListingPut,
    LoanPolicy,
    PersonProfile,
    decode_payload,
    encode_payload,
)
from p2pshare.domain.commands import (
    AddListing,
    CloseListing,
    EditListing,
)
from p2pshare.domain.days import end_of_day_ms
from p2pshare.domain.vocabulary import ExchangeType, ItemType, TransactionType
from p2pshare.errors import DomainError

TODAY = "2026-11-23"
NOON_MS = end_of_day_ms(TODAY, 0) - 12 * 3_600_000
LISTING = b"L" * 16


# --- people ---------------------------------------------------------------------------------


def test_a_name():
    assert rules.set_name(" Ada ") == ("person.profile", PersonProfile(name="Ada"))
    refused("the name is empty", rules.set_name, "  ")
    assert rules.clean_name("x" * limits.PERSON_NAME_CHARACTERS_MAX)
    refused("too long", rules.clean_name, "x" * (limits.PERSON_NAME_CHARACTERS_MAX + 1))
    refused("cannot be used", rules.clean_name, "a\nb")


# --- listings -------------------------------------------------------------------------------


def offer(ada, **fields):
    return AddListing(
        **{"person": ada, "exchange_type": ExchangeType.OFFER, "title": "Drill", **fields}
    )


def test_a_listing_is_cleaned_and_defaults_are_written_out(ada):
    command = offer(
        ada,
        title=" Drill ",
        description="a\r\nb",
        tags=("diy", " diy ", "", "tools"),
        expires=TODAY,
        photos=(b"p" * 32, b"p" * 32),
    )
    kind, body = rules.put_listing(command, TODAY)
    assert kind == "listing.put"
    assert body == ListingPut(
        exchange_type=ExchangeType.OFFER,
        item_type=ItemType.GOOD,
        transaction_types=("borrow-lend",),
        title="Drill",
        description="a\nb",
        tags=("diy", "tools"),
        quantity=1,
        expires=TODAY,
        photos=(b"p" * 32,),
    )
    assert decode_payload(kind, encode_payload(body)) == body


def test_a_service_is_paid_in_hours_unless_it_says_otherwise(ada):
    service = offer(ada, item_type=ItemType.SERVICE)
    assert rules.put_listing(service, TODAY).body.transaction_types == ("hours",)
    given_away = replace(service, transaction_types=(TransactionType.RECEIVE_DONATE,) * 2)
    assert rules.put_listing(given_away, TODAY).body.transaction_types == ("receive-donate",)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"title": " "}, "the title is empty"),
        ({"title": "x" * (limits.TITLE_CHARACTERS_MAX + 1)}, "the title is too long"),
        ({"description": "x" * (limits.DESCRIPTION_CHARACTERS_MAX + 1)}, "the description is too"),
        ({"category": "x" * (limits.CATEGORY_CHARACTERS_MAX + 1)}, "the category is too long"),
        ({"tags": ("x" * (limits.TAG_CHARACTERS_MAX + 1),)}, "a tag is too long"),
        ({"tags": tuple(map(str, range(limits.TAGS_MAX + 1)))}, "at most 12 tags"),
        ({"terms": ("BORROW-7D", "BORROW-14D")}, "contradict each other"),
        ({"terms": ("BORROW-7Z",)}, "no terms called"),
        ({"parts": tuple(map(str, range(limits.PARTS_MAX + 1)))}, "at most 40 parts"),
        ({"witnesses": tuple(bytes([one]) * 32 for one in range(17))}, "at most 16 witnesses"),
        ({"policy": LoanPolicy(longest_days=0)}, "longest loan, in days, must be 1 to 3660"),
        ({"policy": LoanPolicy(renewals=101)}, "number of renewals must be 0 to 100"),
        ({"policy": LoanPolicy(buffer_minutes=-1)}, "minutes between loans must be 0 to"),
        ({"policy": LoanPolicy(hold_hours=745)}, "hours that a turn stands must be 1 to 744"),
        ({"policy": LoanPolicy(notice="x" * 1001)}, "the notice is too long"),
        ({"policy": LoanPolicy(deposit="x" * 121)}, "the deposit is too long"),
        ({"photos": tuple(bytes([n]) * 32 for n in range(limits.PHOTOS_MAX + 1))}, "at most 8"),
        ({"photos": (b"short",)}, "cannot be written"),
        ({"quantity": 0}, "the quantity must be"),
        ({"quantity": limits.QUANTITY_MAX + 1}, "the quantity must be"),
        ({"expires": "2026-11-22"}, "is past"),
        ({"expires": "soon"}, "must be a date like"),
        ({"title": "a\u202eb"}, "U\\+202E"),
        ({"description": "🛠" * 4000, "title": "🛠" * 120}, "too much text for one entry"),
    ],
)
def test_what_cannot_be_listed(ada, fields, reason):
    refused(reason, rules.put_listing, offer(ada, **fields), TODAY)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * limits.TITLE_CHARACTERS_MAX},
        {"description": "x" * limits.DESCRIPTION_CHARACTERS_MAX},
        {"category": "x" * limits.CATEGORY_CHARACTERS_MAX},
        {"tags": ("x" * limits.TAG_CHARACTERS_MAX,)},
        {"tags": tuple(map(str, range(limits.TAGS_MAX)))},
        {"parts": tuple(map(str, range(limits.PARTS_MAX)))},
        {
            "policy": LoanPolicy(
                longest_days=3660, renewals=0, buffer_minutes=44_640, hold_hours=744
            )
        },
        {"witnesses": tuple(bytes([one]) * 32 for one in range(16))},
        {"photos": tuple(bytes([n]) * 32 for n in range(limits.PHOTOS_MAX))},
        {"quantity": limits.QUANTITY_MAX},
    ],
)
def test_what_just_fits_is_listed_as_it_is(ada, fields):
    body = rules.put_listing(offer(ada, **fields), TODAY).body
    assert {name: getattr(body, name) for name in fields} == fields


def test_an_edit_changes_what_is_given_and_nothing_else(ada, drill):
    edit = EditListing(person=ada, listing=LISTING, title="Hammer drill", tags=("diy",), quantity=2)
    kind, body = rules.edit_listing(drill, edit, TODAY)
    assert kind == "listing.put"
    assert (body.title, body.tags, body.quantity) == ("Hammer drill", ("diy",), 2)
    assert (body.terms, body.transaction_types) == (drill.terms, drill.transaction_types)
    every_field = EditListing(
        person=ada,
        listing=LISTING,
        title="Lesson",
        item_type=ItemType.SERVICE,
        transaction_types=(),
        description="d",
        category="c",
        tags=(),
        quantity=3,
        expires=TODAY,
        photos=(b"p" * 32,),
        terms=(),
    )
    assert rules.edit_listing(drill, every_field, TODAY).body == ListingPut(
        exchange_type=ExchangeType.OFFER,
        item_type=ItemType.SERVICE,
        transaction_types=("hours",),
        title="Lesson",
        description="d",
        category="c",
        quantity=3,
        expires=TODAY,
        photos=(b"p" * 32,),
    )


def test_an_edit_is_the_owner_s_and_changes_something(ada, ben, drill):
    same = EditListing(person=ada, listing=LISTING, title="Drill")
    refused("nothing would change", rules.edit_listing, drill, same, TODAY)
    assert rules.edit_listing(replace(drill, closed=True), same, TODAY).body.title == "Drill"
    foreign = EditListing(person=ben, listing=LISTING, title="Mine")
    refused("only its owner can edit", rules.edit_listing, drill, foreign, TODAY)
    past = EditListing(person=ada, listing=LISTING, expires="2020-01-01")
    refused("is past", rules.edit_listing, drill, past, TODAY)


def test_closing(ada, ben, drill):
    close = CloseListing(person=ada, listing=LISTING)
    assert rules.close_listing(drill, close) == ("listing.close", ListingClose())
    refused("closed already", rules.close_listing, replace(drill, closed=True), close)
    refused("only its owner can close", rules.close_listing, drill, replace(close, person=ben))


# --- forgetting -----------------------------------------------------------------------------


def test_forgetting_names_everything_in_as_many_entries_as_it_takes():
    most = limits.ERASED_ENTRIES_PER_BODY_MAX
    entries = [number.to_bytes(32, "big") for number in range(most + 1)]
    assert len(rules.forget(entries[:most])) == 1
    drafts = rules.forget([*entries, *entries])
    assert [draft.kind for draft in drafts] == ["entry.erase"] * 2
    assert all(isinstance(draft.body, EntryErase) for draft in drafts)
    assert [entry for draft in drafts for entry in draft.body.entries] == entries
    refused("nothing of yours to forget", rules.forget, [])


# --- whatever is typed ----------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=140)


@given(
    title=ANY_TEXT,
    description=ANY_TEXT,
    tags=st.lists(ANY_TEXT, max_size=14).map(tuple),
    quantity=st.integers(-1, limits.QUANTITY_MAX + 1),
    expires=st.none() | ANY_TEXT | st.sampled_from([TODAY, "2020-01-01", "2030-02-30"]),
)
def test_what_is_typed_is_refused_or_every_node_reads_it(ada, **fields):
    try:
        kind, body = rules.put_listing(offer(ada, **fields), TODAY)
    except DomainError:
        return
    assert decode_payload(kind, msgspec.msgpack.encode(body)) == body
